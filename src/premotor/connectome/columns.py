"""Column names across all sources: synonyms, the roles of tables, and the names that a user gives."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from premotor.connectome.selection import closest
from premotor.connectome.vocabulary import listed, plain
from premotor.errors import PremotorError

Header = tuple[str, ...]

ID_NAMES = (
    *("id", "neuron_id", "bodyId", "body", "body_id", "root_id", "pt_root_id", "Root ID"),
    *("cell_id", "node_id", "segment_id", "neuron", "cell", "node"),
)
PRE_NAMES = ("pre", "pre_id", "bodyId_pre", "source", "presynaptic", "source_id", "from", "pre_name")
POST_NAMES = ("post", "post_id", "bodyId_post", "target", "postsynaptic", "target_id", "to", "post_name")
COUNT_NAMES = (
    *(
        "count",
        "counts",
        "weight",
        "weights",
        "synapses",
        "syn_count",
        "synapse_count",
        "n_synapses",
        "n_syn",
        "n_syns",
    ),
    *("num_synapses", "number_of_synapses", "value", "strength"),
)
KIND_NAMES = ("edge_type", "type", "kind", "synapse_type", "connection_type")
REGION_NAMES = ("roi", "neuropil")
GAP_NAMES = ("a", "b", "count")
EFFECTOR = "effector"
_NO_COUNT = {"", "id", "edgeid", "key", "index", "label", "row"}
_OF_EDGES = ("pre", "post", "count", "type", "edge_type")
_OF_NEURONS = (
    *("id", "name", "type", "class", "transmitter", "transmitter_confidence", "side", "sign", "role", "hemilineage"),
)
IGNORED = "ignore"


def first(names: tuple[str, ...], header: Sequence[str]) -> str | None:
    """Return the header's word for the first of `names` that it has, whatever its capitals and underscores, or None."""
    words = {plain(word): word for word in reversed(header)}
    return next((words[plain(name)] for name in names if plain(name) in words), None)


def id_column(header: Header) -> str | None:
    """Return the name of the id column of a neuron table, or None where there is none."""
    return first(ID_NAMES, header)


def is_connections(header: Header) -> bool:
    """Return whether a table lists connections: a presynaptic and a postsynaptic column."""
    return first(PRE_NAMES, header) is not None and first(POST_NAMES, header) is not None


def is_effectors(header: Header) -> bool:
    """Return whether a table lists effectors (their names first), or synapses onto them."""
    return header[:1] == (EFFECTOR,) or (
        first((EFFECTOR,), header) is not None and first(PRE_NAMES, header) is not None
    )


RELEASE_ENDS = (("pre_root_id", "post_root_id"), ("pre_pt_root_id", "post_pt_root_id"), ("body_pre", "body_post"))


def is_known(header: Header) -> bool:
    """Return whether some reader knows a table's columns: connections, gap junctions or neurons."""
    edges = _lists_edges(header) or gap_columns(header) is not None
    return edges or is_neurons(header) or is_effectors(header)


def _lists_edges(header: Header) -> bool:
    """Return whether a table lists connections under the names of any source."""
    release = any(first(ends[:1], header) and first(ends[1:], header) for ends in RELEASE_ENDS)
    return release or is_connections(header)


def gap_columns(header: Header) -> tuple[str, str, str] | None:
    """Return the columns of premotor's own list of gap junctions, a, b and count, or None."""
    a, b, count = (first((name,), header) for name in GAP_NAMES)
    return None if a is None or b is None or count is None else (a, b, count)


def is_neurons(header: Header) -> bool:
    """Return whether a table lists neurons: an id column, and no connections."""
    return id_column(header) is not None and not is_connections(header)


def unexplained(names: Iterable[str]) -> list[str]:
    """Return those of some columns of numbers that could be counts."""
    return [name for name in names if plain(name) not in _NO_COUNT]


def refuse_uncounted(path: object, numeric: Sequence[str]) -> None:
    """Refuse to count every row as one synapse where a column holds numbers that nothing explains.

    Raises:
        PremotorError: naming the first such column.
    """
    if "" in numeric:
        raise PremotorError(
            f"{path} has no column with synapse counts ({', '.join(COUNT_NAMES)}), but a column without a name holds "
            "numbers; give it a name, such as count"
        )
    strange = unexplained(numeric)
    if strange:
        raise PremotorError(
            f"{path} has no column with synapse counts ({', '.join(COUNT_NAMES)}), but its column {strange[0]!r} holds "
            f"numbers: say --columns count={strange[0]} if it counts synapses, and --columns {IGNORED}={strange[0]} if "
            "it does not"
        )


def count_column(path: object, header: Header) -> str:
    """Return the name of the count column.

    Raises:
        PremotorError: there is none.
    """
    name = first(COUNT_NAMES, header)
    if name is None:
        raise PremotorError(
            f"{path} has no column with synapse counts: one of {', '.join(COUNT_NAMES)} is needed (or --columns "
            f"count=NAME), found {listed(header)}"
        )
    return name


def only(paths: Sequence[Path], what: str, where: Path) -> Path:
    """Return the one path of a list.

    Raises:
        PremotorError: there are several, so that it is not clear which is meant.
    """
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise PremotorError(f"{where} holds {len(paths)} {what} ({names}); keep one of them in the folder")
    return paths[0]


def column_names(said: Mapping[str, object] | Sequence[str] | str) -> dict[str, str]:
    """Return what a user says about columns: the source's name by premotor's word, as ``{"id": "cell"}``.

    In text ``"id=cell,class=kind"``; without ``=`` the words name the columns of tables without a header, in their
    order: ``"pre,post,count"`` is ``{"pre": "1", "post": "2", "count": "3"}``.

    Raises:
        PremotorError: a word that premotor does not have, with the nearest, or twice.
    """
    if isinstance(said, Mapping):
        pairs = [(str(word), str(name)) for word, name in said.items()]
    else:
        words = [word.strip() for word in (said.split(",") if isinstance(said, str) else said)]
        if any("=" in word for word in words):
            pairs = [(word.partition("=")[0].strip(), word.partition("=")[2].strip()) for word in words]
        else:
            pairs = [(word, str(place)) for place, word in enumerate(words, start=1) if word]
    known = dict.fromkeys((*_OF_EDGES, *_OF_NEURONS, IGNORED))
    for word, name in pairs:
        if word not in known:
            raise PremotorError(f"columns names {word!r}{closest(word, known)}; its words are {', '.join(known)}")
        if not name:
            raise PremotorError(f"columns names no column for {word!r}; it should look like id=cell,class=kind")
    if len(dict(pairs)) < len(pairs):
        raise PremotorError(f"columns names a word twice: {listed(f'{word}={name}' for word, name in pairs)}")
    return dict(pairs)


def renamings(header: Sequence[str], columns: Mapping[str, str], edges: bool | None = None) -> dict[str, str]:
    """Return premotor's word for each column of a table that the user has named, by the table's own word.

    Of a table of connections only ends, counts and kinds are named, of others the rest; a column that bears the word
    already becomes ``file_…``. `edges`: whether it lists connections; None: as its columns say.
    """
    own = {word: column for word, name in columns.items() if (column := _found(header, name)) is not None}
    if edges is None:
        edges = {"pre", "post"} <= set(own) or _lists_edges(tuple(header))
    allowed = _OF_EDGES if edges else _OF_NEURONS
    renamed = {column: word for word, column in own.items() if word in allowed}
    if edges and "type" in renamed.values():
        renamed = {column: "edge_type" if word == "type" else word for column, word in renamed.items()}
    taken = {plain(word) for word in renamed.values()}
    taken |= {"superclass"} if "class" in taken else set()  # which goes before a class otherwise
    for column in header:
        if column not in renamed and plain(column) in taken:
            renamed[column] = f"file_{column}"
    return renamed


def ignored(header: Sequence[str], columns: Mapping[str, str]) -> set[str]:
    """Return the columns of a table that the user wants to be left out."""
    found = (_found(header, name.strip()) for name in columns.get(IGNORED, "").split("|") if name.strip())
    return {column for column in found if column is not None}


def refuse_unfound(columns: Mapping[str, str], headers: Iterable[Sequence[str]], where: object) -> None:
    """Refuse names of columns that no table has.

    Raises:
        PremotorError: naming the first, and the nearest that there is.
    """
    every = list(dict.fromkeys(name for header in headers for name in header))
    for word, said in columns.items():
        for name in said.split("|") if word == IGNORED else [said]:
            if _found(every, name.strip()) is None:
                raise PremotorError(
                    f"{where} has no column {name.strip()!r}{closest(name, every)}, which is to be {word!r}; found "
                    f"{listed(every, 30)}"
                )


def _found(header: Sequence[str], name: str) -> str | None:
    return name if name in header else first((name,), header)
