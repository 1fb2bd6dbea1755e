"""From a server to a circuit: the neurons first, those that meet the conditions, then only their connections."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from premotor.connectome.assemble import assemble, canonical_columns
from premotor.connectome.circuit import Circuit
from premotor.connectome.edges import Edges, positions
from premotor.connectome.neuron_table import read_neurons, table_of_neurons
from premotor.connectome.provenance import Provenance
from premotor.connectome.selection import Condition, describe
from premotor.connectome.servers import cache
from premotor.connectome.servers.server import SERVERS, Progress, Server, Session
from premotor.connectome.signs import SignPolicy
from premotor.connectome.tables import readable
from premotor.errors import PremotorError

_NO_EDGES = Edges(*(np.zeros(0, np.int64) for _ in range(3)))


def load_from_server(
    source: str,
    signs: SignPolicy | None,
    select: Mapping[str, Condition],
    min_synapses: int | None,
    *,
    refresh: bool = False,
    progress: Progress | None = None,
) -> Circuit:
    """Return the neurons that meet the conditions, as of `Circuit.select`, and the connections among them.

    Nothing else is downloaded, and what was downloaded before is taken from the cache, unless `refresh`.

    Raises:
        PremotorError: no library, token, network, dataset or column, or no neuron that meets the conditions.
    """
    if min_synapses is not None and (isinstance(min_synapses, bool) or min_synapses < 1):
        raise PremotorError(f"min_synapses is {min_synapses!r}; it has to be a whole number from 1")
    # Signs are no property of the server's: a condition on them is judged at the end.
    asked = {name: value for name, value in select.items() if name != "sign"}
    name, _, text = source.partition(":")
    server = SERVERS[name]()
    query: cache.Query = {"select": _exactly(asked), "min_synapses": min_synapses or 1}
    entry = None if refresh else cache.find(source, query)
    if entry is None:
        session = server.open(text, asked)
        entry = _download(server, session, source, query, asked, min_synapses or 1, progress or _silent)
    about = entry.about
    path = entry.folder / cache.NEURONS
    with readable(entry.folder):
        edges = cache.edges_of(entry)
    about_server = {key: about.get(key) for key in ("server", "dataset", "version", "date") if about.get(key)}
    circuit = assemble(
        canonical_columns(read_neurons(path), path),
        edges,
        Provenance(about["dataset"], about.get("version", ""), about.get("citation", "")),
        reader=name,
        where=str(entry.folder),
        strict=True,
        signs=signs,
        arguments={**about_server, "select": describe(asked), "min_synapses": min_synapses or 1},
    )
    return circuit.select(sign=select["sign"]) if "sign" in select else circuit


def _download(
    server: Server,
    session: Session,
    source: str,
    query: cache.Query,
    select: Mapping[str, Condition],
    least: int,
    progress: Progress,
) -> cache.Entry:
    progress(f"asking {session.about['server']} for the neurons of {session.about['dataset']}")
    table = session.neurons()
    if not table.num_rows:
        words = ", ".join(f"{key}={value!r}" for key, value in describe(select).items())
        raise PremotorError(f"{source} has no neurons" + (f" that meet {words}" if words else ""))
    ids = np.sort(_chosen(table, server, source, select).ids)
    order = np.sort(table["id"].to_numpy())
    assert np.unique(order).size == order.size
    edges = session.connections(ids, least, progress)
    known = (positions(ids, edges.pre) >= 0) & (positions(ids, edges.post) >= 0)
    total = pd.DataFrame({"pre": edges.pre[known], "post": edges.post[known], "count": edges.count[known]})
    sums = total.groupby(["pre", "post"])["count"].sum()
    sums = sums[sums >= least]
    pre, post = (sums.index.get_level_values(name).to_numpy(np.int64) for name in ("pre", "post"))
    pairs = Edges(pre, post, sums.to_numpy(np.int64))
    kept = table.filter(pa.array(positions(ids, table["id"].to_numpy()) >= 0))
    about: cache.Answer = {
        **session.about,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "neurons": int(ids.size),
        "connections": int(pairs.count.size),
    }
    return cache.keep(source, query, kept, pairs, about)


def _chosen(table: pa.Table, server: Server, source: str, select: Mapping[str, Condition]) -> Circuit:
    """Return a circuit without edges of the neurons that meet the conditions which the table can judge."""
    frame = canonical_columns(table_of_neurons(table, source), source)
    bare = assemble(frame, _NO_EDGES, Provenance(source), reader="server", where=source)
    judged = {name: value for name, value in select.items() if name not in server.own_conditions}
    return bare.select(min_synapses=None, **judged)


def _exactly(select: Mapping[str, Condition]) -> dict[str, object]:
    """Return the conditions whole, in a form that JSON can hold: they name the download."""
    result: dict[str, object] = {}
    for name, value in sorted(select.items()):
        if isinstance(value, (str, bool, int, float, np.generic)):
            result[name] = value.item() if isinstance(value, np.generic) else value
        elif isinstance(value, Iterable):
            result[name] = np.asarray(list(value)).tolist()
        else:
            raise PremotorError(f"the condition on {name!r} is {value!r}; it has to be text, a number or a list")
    return result


def _silent(words: str) -> None:
    """Say nothing."""
