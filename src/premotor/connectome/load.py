"""From a word, a file, a folder or a server to a circuit."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from premotor.connectome.builtin import circuit_names, load_builtin
from premotor.connectome.circuit import Circuit
from premotor.connectome.provenance import arguments_of
from premotor.connectome.readers import Reading, Source, column_names, open_source, reader_of
from premotor.connectome.readers.effectors import with_effectors
from premotor.connectome.readers.source import not_looked_into
from premotor.connectome.selection import Condition, from_files
from premotor.connectome.servers import Progress, load_from_server, server_of
from premotor.connectome.signs import SignPolicy, sign_policy
from premotor.connectome.storage import PROVENANCE, read_record
from premotor.connectome.tables import Table, is_table
from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.settings import note

FORMATS = (
    "premotor reads tables with a line of column names (.csv, .tsv, .txt, all also .gz, .feather, .parquet, .xlsx), "
    "matrices (.npy, .npz, .csv, .xlsx), .graphml (also .gz), BrainRNN's .json and SONATA's .h5"
)
"""What is read, for those who name something else."""
_HINTS = {
    ".gml": "write it as GraphML: networkx.write_graphml(networkx.read_gml(FILE), 'graph.graphml')",
    ".nml": "NeuroML describes cells; write its connections as a table with the columns pre, post and count",
    ".sqlite": "write its tables as CSV: pandas.read_sql('select * from TABLE', sqlite3.connect(FILE)).to_csv(...)",
    ".xls": "save it as .xlsx or .csv",
    ".mat": "write its matrix as .npy: numpy.save('W.npy', scipy.io.loadmat(FILE)['NAME'])",
    ".pkl": "a pickle can run code, so that none is read; write its tables as CSV or Parquet",
    ".json": "write its edges as a table with the columns pre, post and count",
}
_HINTS |= dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".7z", ".tar"), "unpack it first")
NAMELESS = "one without a name"
_SAME = {".neuroml": ".nml", ".db": ".sqlite", ".sqlite3": ".sqlite", ".pickle": ".pkl"}
_HINTS |= {suffix: _HINTS[other] for suffix, other in _SAME.items()}


def load_circuit(
    source: str | os.PathLike[str],
    signs: SignPolicy | str | None = None,
    *,
    select: Mapping[str, Condition] | None = None,
    min_synapses: int | None = None,
    columns: Mapping[str, str] | Sequence[str] | str | None = None,
    header: bool = True,
    scale: float | None = None,
    also: Sequence[str | os.PathLike[str]] = (),
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
        columns: names of the source's columns that premotor does not know by itself, as ``{"id": "cell"}`` or
            ``"id=cell,class=kind"``; ``ignore`` leaves columns out (``"ignore=size|age"``). Words without ``=`` name
            the columns of tables without a header: ``"pre,post,count"``.
        header: whether tables begin with a line of column names; their columns are called 1, 2, … where not.
        scale: multiplies weights that are no counts; the products are rounded, and negative weights are those of
            inhibitory neurons. None: all counts have to be whole.
        also: further files, or folders of files, that belong to the source.
        refresh: ask the server again, although the answer is in the cache (see `cache_folder`).
        progress: is told in words how far a download is.

    Raises:
        PremotorError: nothing there, an unknown format, bad contents, or no neuron that meets the conditions, in
            one sentence.
    """
    policy = None if signs is None else sign_policy(signs)
    select = from_files(select or {})
    named = column_names(columns or {})
    if isinstance(columns, str) or (columns and not isinstance(columns, Mapping)):
        header = header and any("=" in word for word in ([columns] if isinstance(columns, str) else columns))
    if scale is not None and not 0 < scale < float("inf"):
        raise PremotorError(f"scale is {scale!r}; it has to be a number above 0")
    reading = Reading(named, header, scale, tuple(Path(path) for path in also))
    remote = server_of(source) is not None and not os.path.lexists(source)
    if reading != Reading() and (remote or (isinstance(source, str) and source in circuit_names())):
        raise PremotorError(f"columns, header, scale and also are about files; {source} is none")
    if remote:
        return load_from_server(str(source), policy, select, min_synapses, refresh=refresh, progress=progress)
    circuit = _load(source, policy, reading)
    return circuit.select(min_synapses=min_synapses, **select)


def _load(source: str | os.PathLike[str], policy: SignPolicy | None, reading: Reading) -> Circuit:
    if isinstance(source, str) and source in circuit_names():
        return load_builtin(source, policy)
    path = Path(source)
    if isinstance(source, str) and not os.path.lexists(path) and path.name == source and not path.suffix:
        return load_builtin(source, policy)
    part = ""
    if ":" in path.name and not os.path.lexists(path):
        name, part = path.name.rsplit(":", 1)
        path = path.with_name(name) if name else path
    return read_source(open_source(path, part, reading), policy)


def read_source(source: Source, policy: SignPolicy | None = None) -> Circuit:
    """Read what was opened, by the reader that knows it, and say what was not used.

    Raises:
        PremotorError: none knows it, or bad contents.
    """
    reader = reader_of(source)
    if reader is None:
        raise _unknown(source)
    graph = any(".graphml" in file.name.lower() for file in source.files)
    if source.reading.columns and not source.tables and not graph:
        raise PremotorError(f"{source.path} has no tables or GraphML, whose columns could be named")
    try:
        circuit = reader.read(source, policy)
    except PremotorError as error:
        if not source.damaged:
            raise
        # What cannot be read may be what is missing.
        raise PremotorError(f"{error}; {'; '.join(source.damaged.values())}") from None
    if source.effectors:
        types = read_record(source.file(PROVENANCE), "", "effector_types")[1]
        files = [file.name for file in source.effectors]
        circuit = with_effectors(circuit, source.effectors, types, source.reading.scale, files=files)
    if source.reading.scale is not None and "scale" not in _loaded(circuit):
        raise PremotorError(f"{source.path} has whole counts in its format; a scale has no effect on it")
    return _told(source, circuit)


def _loaded(circuit: Circuit) -> dict[str, object]:
    """Return the arguments of the last step of loading."""
    steps = [step for step in circuit.provenance.steps if step.get("operation") == "load"]
    return arguments_of(steps[-1]) if steps else {}


def _unknown(source: Source) -> PremotorError:
    path = source.path
    found = "; ".join(f"{file.name}: {listed(header, 20)}" for file, header in list(source.tables.items())[:4])
    said = (
        f" (columns found: {found}; say --columns pre=NAME,post=NAME,count=NAME for other names)"
        if found
        else f" (no tables in it; {FORMATS})"
    )
    suffixes = dict.fromkeys(file.suffix.lower() for file in source.files)
    return PremotorError(
        f"{path} holds no connection table that premotor knows{said}"
        + "".join(f"; {suffix}: {_HINTS[suffix]}" for suffix in suffixes if suffix in _HINTS)
        + "".join(f"; {reason}" for reason in source.damaged.values())
    )


def _told(source: Source, circuit: Circuit) -> Circuit:
    """Say what was read of nothing, and what the circuit lacks; return it with that in its record."""
    steps = list(circuit.provenance.steps)
    place = max((number for number, step in enumerate(steps) if step.get("operation") == "load"), default=-1)
    arguments = _loaded(circuit)
    files = arguments.get("files", [])
    used = [*(files if isinstance(files, list) else []), PROVENANCE]
    unused = [file for file in source.files if file.name not in used and file not in source.damaged]
    for file, reason in source.damaged.items():
        note(f"{file.name} was not used: {reason}")
    for file in [file for file in unused if isinstance(file, Table) and file.unused]:
        note(f"{file.name} was not used, because {file.unused}")
        unused.remove(file)
    if unused and len(used) > 1 and source.whole():
        were = "was" if len(unused) == 1 else "were"
        note(
            f"{listed((file.name for file in unused), 20)} {were} not used by the reader {arguments.get('reader')!r}"
            + ("" if all(is_table(file) for file in unused) else f"; {FORMATS}")
        )
    tables = {**source.tables, **source.effectors}
    read = [file for file in tables if isinstance(file, Table) and file.read]
    left = {file.name: [name or NAMELESS for name in tables[file] if name not in file.read] for file in read}
    left = {name: rest for name, rest in left.items() if rest}
    for name, rest in left.items():
        note(f"{name}: columns not used: {listed(rest, 20)}")
    if left and place >= 0:
        arguments["columns not used"] = "; ".join(f"{name}: {listed(rest, 20)}" for name, rest in left.items())
    if source.reading.columns:
        arguments["columns"] = dict(source.reading.columns)
    if not source.reading.header:
        arguments["header"] = False
    if arguments and steps[place].get("arguments") != arguments:
        steps[place] = {**steps[place], "arguments": arguments}
        circuit = replace(circuit, provenance=replace(circuit.provenance, steps=tuple(steps)))
    if place <= 0:  # what premotor saved was told when it was first read
        _tell_lacking(source, circuit)
    return circuit


def _tell_lacking(source: Source, circuit: Circuit) -> None:
    neurons = circuit.neurons
    lacking = [word for word in ("type", "class") if not any(neurons[word])]
    lacking += [] if neurons["sign"].to_numpy().any() else ["transmitter", "sign"]
    if lacking:
        words = ", ".join(lacking[:-1]) + (" or " if len(lacking) > 1 else "") + lacking[-1]
        note(
            f"no neuron of {source.path.name} has a {words}; "
            + (f"columns of other names are given by --columns {lacking[0]}=NAME, " if source.whole() else "")
            + "a table of neurons that lies elsewhere by --also FILE"
            + not_looked_into(source)
        )
    if not circuit.synapses.nnz:
        note(f"{source.path.name} holds no chemical synapse")
