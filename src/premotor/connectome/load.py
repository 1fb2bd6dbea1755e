"""From a word, a file, a folder or a server to a circuit."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from premotor.connectome.builtin import circuit_names, load_builtin
from premotor.connectome.circuit import Circuit
from premotor.connectome.readers import Source, open_source, reader_of
from premotor.connectome.servers import Progress, load_from_server, server_of
from premotor.connectome.signs import SignPolicy, sign_policy
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.settings import note

FORMATS = (
    "premotor reads tables with a line of column names (.csv, .tsv, both also .gz, .feather, .parquet), matrices "
    "(.npy, .npz, .csv), .graphml, BrainRNN's .json and SONATA's .h5"
)
"""What is read, for those who name something else."""


def load_circuit(
    source: str | os.PathLike[str],
    signs: SignPolicy | str | None = None,
    *,
    select: Mapping[str, Any] | None = None,
    min_synapses: int | None = None,
    refresh: bool = False,
    progress: Progress | None = None,
) -> Circuit:
    """Load a circuit: a built-in name (see `circuit_names`), a file, a folder of tables, ``file:part``, or a server's.

    The format of files is recognised by the tables' headers. Signs come from `signs` (a policy or its name);
    without it from the table's own column `sign`, else from the default policy ("celegans": Kunert et al. 2014).

    Args:
        source: as above; on a server ``neuprint:[SERVER/]DATASET`` or ``cave:[SERVER/]DATASTACK:VERSION``.
        signs: the policy.
        select: conditions as of `Circuit.select`. From a server only what meets them is downloaded.
        min_synapses: drop the ordered pairs with fewer synapses.
        refresh: ask the server again, although the answer is in the cache (see `cache_folder`).
        progress: is told in words how far a download is.

    Raises:
        PremotorError: nothing there, an unknown format, bad contents, or no neuron that meets the conditions, in
            one sentence.
    """
    policy = None if signs is None else sign_policy(signs)
    if server_of(source) is not None and not os.path.lexists(source):
        return load_from_server(str(source), policy, select or {}, min_synapses, refresh=refresh, progress=progress)
    circuit = _load(source, policy)
    return circuit.select(min_synapses=min_synapses, **(select or {}))


def _load(source: str | os.PathLike[str], policy: SignPolicy | None) -> Circuit:
    if isinstance(source, str) and source in circuit_names():
        return load_builtin(source, policy)
    path = Path(source)
    if isinstance(source, str) and not os.path.lexists(path) and path.name == source and not path.suffix:
        return load_builtin(source, policy)
    part = ""
    if ":" in path.name and not os.path.lexists(path):
        name, part = path.name.rsplit(":", 1)
        path = path.with_name(name) if name else path
    opened = open_source(path, part)
    reader = reader_of(opened)
    if reader is not None:
        try:
            circuit = reader.read(opened, policy)
        except PremotorError as error:
            if not opened.damaged:
                raise
            # What cannot be read may be what is missing.
            raise PremotorError(f"{error}; {'; '.join(opened.damaged.values())}") from None
        _tell_unused(opened, circuit)
        return circuit
    found = "; ".join(f"{file.name}: {listed(header, 20)}" for file, header in list(opened.tables.items())[:4])
    raise PremotorError(
        f"{path} holds no connection table that premotor knows"
        + (f" (columns found: {found})" if found else f" (no tables in it; {FORMATS})")
        + "".join(f"; {reason}" for reason in opened.damaged.values())
    )


def _tell_unused(source: Source, circuit: Circuit) -> None:
    """Name the tables of a folder of which nothing was read."""
    for file, reason in source.damaged.items():
        note(f"{file.name} was not used: {reason}")
    loads = [step.get("arguments", {}) for step in circuit.provenance.steps if step.get("operation") == "load"]
    used = loads[-1].get("files", []) if loads else []
    for file in source.tables:
        if used and file.name not in used:
            note(f"{file.name} was not used by the reader {loads[-1].get('reader')!r}")
