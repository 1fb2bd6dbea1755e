"""neuPrint: ``neuprint:[SERVER/]DATASET``, as neuprint:manc:v1.2.1 or neuprint:neuprint-cns.janelia.org/cns:v0.9.

Conditions on id, type, instance and status go to the server as they are; so does ``roi`` (exact names: neurons
with synapses in one of these regions). All others are judged on the table of neurons. Unless a condition names
a status, only neurons with status Traced are taken. Connections are asked for among the chosen neurons only,
from `min_synapses` on; counts are those of the whole volume (``weight``), over all regions.

The token comes from the environment variable NEUPRINT_APPLICATION_CREDENTIALS. It is sent to servers of janelia.org
alone, and to those that the environment variable PREMOTOR_NEUPRINT_SERVERS names, with commas between.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
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
from premotor.errors import PremotorError, missing_library

if TYPE_CHECKING:
    import requests

TOKEN = "NEUPRINT_APPLICATION_CREDENTIALS"
ALLOWED = "PREMOTOR_NEUPRINT_SERVERS"
_HOST = "neuprint.janelia.org"
_TIMEOUTS = (10.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""
_BATCH, _MOST_TARGETS = 250, 4000
_N = "\0"
"""Stands for the neuron's variable until it is known; quoted text never holds it."""
_CITATIONS = {
    "manc": "Takemura et al. 2024, A connectome of the male Drosophila ventral nerve cord, eLife 13:RP97769",
    "hemibrain": "Scheffer et al. 2020, A connectome of the adult Drosophila central brain, eLife 9:e57443",
}
_TEXT = ("type", "instance", "status")
_PROPERTIES = (
    *_TEXT,
    *(
        "class",
        "subclass",
        "superclass",
        "somaSide",
        "rootSide",
        "group",
        "serial",
        "hemilineage",
        "trueHl",
        "itoleeHl",
    ),
    *("predictedNt", "predictedNtProb", "predictedNtConfidence", "consensusNt", "celltypePredictedNt"),
    *("celltypePredictedNtConfidence", "entryNerve", "exitNerve", "somaNeuromere", "target", "origin", "modality"),
    *("birthtime", "systematicType", "synonyms", "size", "pre", "post", "inputRois", "outputRois"),
)


@SERVERS.register("neuprint")
class NeuPrint(Server):
    """neuPrint (premotor[neuprint]): hemibrain, MANC, optic lobe, male CNS and others, by dataset."""

    example = "neuprint:manc:v1.2.1"
    own_conditions: ClassVar = {"roi": "neurons with synapses in one of these regions"}

    def open(self, text: str, select: Mapping[str, Condition]) -> Session:
        """Connect to a dataset."""
        host, dataset = address(text, _HOST)
        if not dataset:
            raise PremotorError(f"neuprint:{text} names no dataset; neuprint:manc:v1.2.1 would be one")
        where = _where(select)
        client = _Client(host, dataset)
        name, _, version = dataset.partition(":")
        about: Origin = {"server": host, "dataset": name, "version": version, "citation": _CITATIONS.get(name, "")}

        def neurons() -> pa.Table:
            named = [word for word in select if word not in (*_PROPERTIES, "id", "roi", "side", "transmitter")]
            properties = [*_PROPERTIES, *named]
            wanted = ", ".join(f"n.{_quoted(word)} AS {_quoted(word)}" for word in properties)
            query = f"MATCH (n:Neuron) WHERE {where('n')} RETURN n.bodyId AS id, {wanted} ORDER BY n.bodyId"
            data = client.ask(query, 1 + len(properties))
            columns = list(zip(*data, strict=True)) or [() for _ in range(len(properties) + 1)]
            arrays = {
                word: arrow_column(list(column)) for word, column in zip(("id", *properties), columns, strict=True)
            }
            return pa.table({word: array for word, array in arrays.items() if not pa.types.is_null(array.type)})

        def connections(ids: np.ndarray, least: int, progress: Progress) -> Edges:
            target = where("m")
            if ids.size <= _MOST_TARGETS:
                target = f"m.bodyId IN {ids.tolist()}"
            parts = batches(ids, _BATCH)
            rows: list[list[object]] = []
            for number, part in enumerate(parts, start=1):
                progress(f"asking {host} for connections: {number} of {len(parts)}")
                rows += client.ask(
                    f"MATCH (n:Neuron)-[e:ConnectsTo]->(m:Neuron) WHERE n.bodyId IN {part.tolist()} AND {target} "
                    f"AND e.weight >= {least} RETURN n.bodyId AS pre, m.bodyId AS post, e.weight AS weight",
                    3,
                )
            return _edges(rows, host)

        return Session(about, neurons, connections)


class _Client:
    """neuprint-python's client; every way in which it fails is one sentence."""

    def __init__(self, host: str, dataset: str) -> None:
        try:
            import neuprint
        except ImportError:
            raise missing_library(f"neuprint:{dataset}", "neuprint-python", "neuprint") from None
        self.host = host
        allowed = {word.strip() for word in os.environ.get(ALLOWED, "").split(",")}
        if not (re.fullmatch(r"([a-z0-9-]+\.)*janelia\.org", host) or host in allowed):
            raise PremotorError(
                f"{host} is no server that the token of {TOKEN} is sent to; if you trust it, put its name into the "
                f"environment variable {ALLOWED}"
            )
        if not os.environ.get(TOKEN):
            raise PremotorError(
                f"{host} wants a token: log in at https://{host}, copy the Auth Token of your account there, and put "
                f"it into the environment variable {TOKEN}"
            )

        class Timed(neuprint.Client):
            def _fetch(self, *words: object, **more: object) -> "requests.Response":
                self.session.request = partial(type(self.session).request, self.session, timeout=_TIMEOUTS)
                return super()._fetch(*words, **more)

        try:
            self.client = self._tried(lambda: Timed(host, dataset=dataset))
        except RuntimeError as error:
            names = sorted(map(str, neuprint.Client.DATASETS_CACHE.get(f"https://{host}", {})))
            if not names:
                raise PremotorError(f"{host} is no server to ask: {_brief(error)}") from None
            raise PremotorError(
                f"{host} has no dataset {dataset!r}{closest(dataset, names)}; it has {', '.join(names)}"
            ) from None

    def ask(self, cypher: str, width: int) -> list[list[object]]:
        """Return the rows of so many values that answer a query."""
        answer = self._tried(lambda: self.client.fetch_custom(cypher, format="json"))
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise PremotorError(f"{self.host} answers with something that is no table; is it a neuPrint server?")
        for row in rows:
            if len(row) != width:
                raise PremotorError(
                    f"{self.host} answers with a row of {len(row)} values, where {width} were asked for"
                )
            if type(row[0]) is not int or not 0 <= row[0] < 2**63:
                raise PremotorError(
                    f"{self.host} answers with the neuron id {str(row[0])[:40]!r}, which is no whole number"
                )
        return rows

    def _tried[T](self, call: Callable[[], T]) -> T:
        from requests import HTTPError, RequestException

        try:
            return call()
        except HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            if status in (401, 403):
                raise PremotorError(
                    f"{self.host} refuses the token of {TOKEN} ({status}); copy a fresh one from https://{self.host}"
                ) from None
            raise PremotorError(f"{self.host} answers with the error {status}: {_brief(error)}") from None
        except RequestException as error:
            raise PremotorError(
                f"{self.host} cannot be reached ({type(error).__name__}); is there a network?"
            ) from None
        except (ValueError, AttributeError, TypeError) as error:
            raise PremotorError(f"{self.host} does not answer as a neuPrint server does ({_brief(error)})") from None


def _where(select: Mapping[str, Condition]) -> Callable[[str], str]:
    """Return a function from a variable's name to the Cypher condition that the server can judge."""
    parts: list[str] = []
    for name, value in select.items():
        if name in _TEXT and isinstance(value, str):
            # A neuron without a type has the type "" here, and none there.
            parts.append(f"coalesce({_N}.{name}, '') =~ {json.dumps(_java_pattern(value))}")
        elif name in _TEXT and isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value):
            parts.append(f"coalesce({_N}.{name}, '') IN {json.dumps(list(value))}")
        elif name == "id":
            words = value.split("|") if isinstance(value, str) else [str(word) for word in np.ravel(np.asarray(value))]
            if not all(re.fullmatch("[0-9]{1,19}", word) for word in words):
                raise PremotorError(f"id is {value!r}; neuron ids are whole numbers, joined by |")
            parts.append(f"{_N}.bodyId IN [{', '.join(words)}]")
        elif name == "roi":
            regions = [f"coalesce({_N}.{_quoted(word)}, false)" for word in words_of(value, "roi")]
            parts.append(f"({' OR '.join(regions)})")
    if "status" not in select:
        parts.append(f"{_N}.status = 'Traced'")
    return lambda variable: " AND ".join(parts).replace(_N, variable)


def _java_pattern(text: str) -> str:
    """Return the wildcards * ? | as the server's regular expression."""
    words = (
        "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in part) for part in text.split("|")
    )
    return "|".join(words)


def _quoted(word: str) -> str:
    return "`" + word.replace("`", "``") + "`"


def _edges(rows: Sequence[Sequence[object]], host: str) -> Edges:
    for row in rows:
        if any(type(number) is not int or not 0 <= number < 2**63 for number in row):
            raise PremotorError(f"{host} answers with the connection {str(row)[:80]}, which is not of whole numbers")
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Edges(table[:, 0], table[:, 1], table[:, 2])


def _brief(error: Exception) -> str:
    """What an error says, without the token, which a server may echo."""
    secret = os.environ.get(TOKEN, "")
    words = re.findall(r"[A-Za-z0-9._~+/=-]{8,}", secret) or [secret]
    text = " ".join(str(error).split())
    for word in sorted({secret, *words}, key=len, reverse=True):
        text = text.replace(word, "(the token)") if word else text
    return brief(RuntimeError(text))
