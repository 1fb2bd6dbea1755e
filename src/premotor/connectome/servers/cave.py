"""CAVE: ``cave:[SERVER/]DATASTACK:VERSION``, as cave:flywire_fafb_public:783 (a materialization version).

The neurons are those of a table of cells, of which the first row of each root id counts; a table with a row per
``classification_system`` (FlyWire's) becomes a column a system. The condition ``cells`` names another table,
``synapses`` another table or view of synapses than the datastack's. Conditions are judged on the table of
cells; then the synapses among the chosen neurons are asked for, and counted a pair. CAVE hands out some hundred
thousand rows a query: what is cut off is asked for again in smaller parts.

The token is the one that caveclient keeps (``CAVEclient().auth.save_token``), or that of CAVE_TOKEN.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa

from premotor.connectome.edges import Edges
from premotor.connectome.selection import Condition, closest
from premotor.connectome.servers.cache import Origin
from premotor.connectome.servers.server import (
    SERVERS,
    Progress,
    Server,
    Session,
    address,
    arrow_column,
    batches,
    brief,
    words_of,
)
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError, missing_library

if TYPE_CHECKING:
    import requests
    from caveclient.materializationengine import MaterializationClient

TOKEN = "CAVE_TOKEN"
_HOST = "https://global.daf-apis.com"
_BATCH, _MOST_NEURONS = 20, 5000
_LIMITED = "limited query"
_PAIR = ["pre_pt_root_id", "post_pt_root_id"]


@dataclass(frozen=True)
class Tables:
    """Which tables of a datastack hold the cells and the synapses ("" for the datastack's own)."""

    cells: str
    systems: tuple[str, ...] = ()
    synapses: str = ""
    citation: str = ""


_TABLES = {
    "flywire_fafb_public": Tables(
        "hierarchical_neuron_annotations",
        ("super_class", "cell_class", "cell_sub_class", "cell_type"),
        "valid_synapses_nt_np_v6",
        "Dorkenwald et al. 2024, Neuronal wiring diagram of an adult brain, Nature 634:124-138",
    ),
    "minnie65_public": Tables(
        "aibs_metamodel_celltypes_v661",
        citation="The MICrONS Consortium 2025, Functional connectomics spanning multiple areas, Nature 640:435-447",
    ),
}
"""Of well-known datastacks; others need the condition `cells`."""


@SERVERS.register("cave")
class Cave(Server):
    """CAVE (premotor[cave]): FlyWire, MICrONS and others, by datastack and materialization version."""

    example = "cave:flywire_fafb_public:783"
    own_conditions: ClassVar = {
        "cells": "the table of cells to take",
        "synapses": "the table or view of synapses to count",
    }

    def open(self, text: str, select: Mapping[str, Condition]) -> Session:
        """Connect to a dataset."""
        host, name = address(text, _HOST)
        stack, _, number = name.partition(":")
        if not stack or not number.isdigit():
            raise PremotorError(f"cave:{text} has to be DATASTACK:VERSION, as cave:flywire_fafb_public:783")
        known = _TABLES.get(stack, Tables(""))
        own = {key: words_of(select[key], key)[0] for key in ("cells", "synapses") if key in select}
        client = _Client(host, stack, int(number))
        cells = own.get("cells", known.cells)
        if not cells:
            there = listed(client.tables, 40)
            raise PremotorError(f"cave:{text} needs a table of cells, by the condition cells=NAME; it has {there}")
        systems = known.systems if cells == known.cells else ()
        synapses = own.get("synapses", known.synapses) or client.synapse_table
        about: Origin = {
            "server": host,
            "dataset": stack,
            "version": number,
            "citation": known.citation,
            "cells": cells,
            "synapses": synapses,
        }

        def connections(ids: np.ndarray, least: int, progress: Progress) -> Edges:
            if ids.size > _MOST_NEURONS:
                raise PremotorError(
                    f"{ids.size} neurons of {stack} are too many to ask a server for, synapse by synapse; select at "
                    f"most {_MOST_NEURONS}, or download the release's tables"
                )
            frames = []
            parts = batches(ids, _BATCH)
            for count, part in enumerate(parts, start=1):
                progress(f"asking {host} for synapses: {count} of {len(parts)}")
                frames += client.pairs(synapses, part, ids)
            found = pd.concat(frames) if frames else pd.DataFrame(columns=_PAIR, dtype=np.int64)
            total = found.groupby(_PAIR, as_index=False)["count"].sum() if len(found) else found.assign(count=0)
            return Edges(*(total[column].to_numpy(np.int64) for column in (*_PAIR, "count")))

        return Session(about, lambda: _cells(client, cells, systems), connections)


class _Client:
    """caveclient's client; every way in which it fails is one sentence."""

    def __init__(self, host: str, stack: str, version: int) -> None:
        try:
            from caveclient import CAVEclient
        except ImportError:
            raise missing_library(f"cave:{stack}", "caveclient", "cave") from None
        self.host, self.version, self.limited = host, version, False
        token = os.environ.get(TOKEN) or None

        def connect() -> "MaterializationClient":
            world = CAVEclient(server_address=host, auth_token=token)
            if not world.auth.token:
                raise PremotorError(
                    f"{host} wants a token: get one at {host}/auth/api/v1/create_token and keep it with "
                    f"caveclient.CAVEclient().auth.save_token(...), or put it into the environment variable {TOKEN}"
                )
            stacks = world.info.get_datastacks()
            if stack not in stacks:
                near = closest(stack, stacks)
                raise PremotorError(f"{host} has no datastack {stack!r}{near}; it has {listed(sorted(stacks), 40)}")
            client = CAVEclient(stack, server_address=host, auth_token=token, write_server_cache=False)
            versions = client.materialize.get_versions(expired=True)
            if version not in versions:
                raise PremotorError(f"{stack} has no version {version}; it has {listed(sorted(versions), 40)}")
            return client.materialize

        self.materialize = self._tried(connect)
        self.materialize.session.hooks["response"].append(self._heard)
        self.tables: list[str] = sorted(self._tried(lambda: self.materialize.get_tables(version=version)))
        views = self._tried(lambda: self.materialize.get_views(version=version))
        self.views = set(views)
        self.synapse_table: str = self.materialize.synapse_table or ""

    def rows(self, table: str, merge: bool = False, **filters: object) -> tuple[pd.DataFrame, bool]:
        """Return rows of a table or view, and whether the server has cut them off."""
        if table not in self.views and table not in self.tables:
            names = [*self.tables, *sorted(self.views)]
            raise PremotorError(
                f"{self.host} has no table {table!r}{closest(table, names)}; it has {listed(names, 40)}"
            )
        self.limited = False
        common = {"materialization_version": self.version, "split_positions": True, "metadata": False, **filters}
        if table in self.views:
            frame = self._tried(lambda: self.materialize.query_view(table, **common))
        else:
            frame = self._tried(
                lambda: self.materialize.query_table(table, merge_reference=merge, log_warning=False, **common)
            )
        return frame, self.limited

    def pairs(self, table: str, pre: np.ndarray, post: np.ndarray) -> list[pd.DataFrame]:
        """Return the counted pairs of these synapses, asked for in halves where the server cuts off."""
        wanted = {"pre_pt_root_id": pre.tolist(), "post_pt_root_id": post.tolist()}
        frame, limited = self.rows(table, filter_in_dict=wanted, select_columns=_PAIR)
        if not limited:
            if not set(_PAIR) <= set(frame):
                raise PremotorError(f"{table} has no columns {' and '.join(_PAIR)}; it is no table of synapses")
            return [frame.groupby(_PAIR, as_index=False).size().rename(columns={"size": "count"})]
        if pre.size * post.size == 1:
            raise PremotorError(f"{self.host} cuts off the synapses from {pre[0]} to {post[0]}")
        if pre.size > 1:
            return [part for half in np.array_split(pre, 2) for part in self.pairs(table, half, post)]
        return [part for half in np.array_split(post, 2) for part in self.pairs(table, pre, half)]

    def _heard(self, response: "requests.Response", *_: object, **__: object) -> "requests.Response":
        self.limited |= _LIMITED in response.headers.get("Warning", "").lower()
        return response

    def _tried[T](self, call: Callable[[], T]) -> T:
        from caveclient.base import ServerIncompatibilityError
        from requests import HTTPError, RequestException

        try:
            return call()
        except PremotorError:
            raise
        except HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            if status in (401, 403):
                raise PremotorError(
                    f"{self.host} refuses the token ({status}); get one at {self.host}/auth/api/v1/create_token, and "
                    "accept the datastack's terms of service"
                ) from None
            raise PremotorError(f"{self.host} answers with the error {status}: {brief(error)}") from None
        except RequestException as error:
            raise PremotorError(
                f"{self.host} cannot be reached ({type(error).__name__}); is there a network?"
            ) from None
        except ServerIncompatibilityError as error:
            raise PremotorError(f"{self.host} does not fit the caveclient installed here: {brief(error)}") from None
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise PremotorError(f"{self.host} does not answer as a CAVE server does ({brief(error)})") from None


def _cells(client: _Client, table: str, systems: tuple[str, ...]) -> pa.Table:
    """Return the table of cells, one row a root id, positions and bookkeeping left out."""
    if systems:
        parts = [_one_system(client, table, system) for system in systems]
        frame = pd.concat(parts, axis=1).rename_axis("id").reset_index()
    else:
        frame, limited = client.rows(table, merge=True)
        if limited:
            raise PremotorError(f"{client.host} hands out only a part of {table}; name a smaller table of cells")
        if "pt_root_id" not in frame:
            raise PremotorError(f"{table} has no column pt_root_id; found {listed(frame.columns, 40)}")
        frame = frame[frame["pt_root_id"] != 0].drop_duplicates("pt_root_id")
        left = [name for name in frame if name in _BOOKKEEPING or str(name).rpartition("_")[0].endswith("position")]
        frame = frame.drop(columns=left).rename(columns={"pt_root_id": "id"})
        frame.insert(0, "id", frame.pop("id"))
    columns = {str(name): [_plain(value) for value in frame[name]] for name in frame}
    return pa.table({name: arrow_column(values) for name, values in columns.items()})


_BOOKKEEPING = {"id", "id_ref", "valid", "valid_ref", "created", "created_ref", "superceded_id", "target_id", "user_id"}


def _one_system(client: _Client, table: str, system: str) -> pd.Series:
    frame, limited = client.rows(table, merge=True, filter_equal_dict={"classification_system": system})
    if limited:
        raise PremotorError(f"{client.host} hands out only a part of {table} where it is about {system}")
    if not {"pt_root_id", "cell_type"} <= set(frame):
        raise PremotorError(f"{table} has no columns pt_root_id and cell_type; found {listed(frame.columns, 40)}")
    frame = frame[frame["pt_root_id"] != 0].drop_duplicates("pt_root_id")
    return frame.set_index("pt_root_id")["cell_type"].rename(system)


def _plain(value: object) -> str | bool | int | float | None:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (str, bool, int)) or (isinstance(value, float) and value == value):
        return value
    return None if value is None or isinstance(value, float) or value is pd.NaT or value is pd.NA else str(value)
