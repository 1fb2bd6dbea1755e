"""What a kind of server has to offer: a table of neurons, and the connections among some of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from premotor.connectome.selection import Condition
from premotor.errors import PremotorError
from premotor.registry import Registry, derived_from

if TYPE_CHECKING:
    import pyarrow as pa

    from premotor.connectome.edges import Edges
    from premotor.connectome.servers.cache import Origin

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Session:
    """An open connection to one dataset.

    Attributes:
        about: server, dataset, version and what else the record has to say; citation where it is known.
        neurons: the table of neurons, which may hold more than meet the conditions; column "id" first.
        connections: rows among these ids (sorted int64) with at least so many synapses, a row a pair or more;
            the last argument tells how far it is.
    """

    about: "Origin"
    neurons: Callable[[], "pa.Table"]
    connections: Callable[[np.ndarray, int, Progress], "Edges"]


class Server(ABC):
    """One kind of server; the name that it is registered under is the word before the first colon of a source.

    Attributes:
        example: a source of this kind.
        own_conditions: conditions that only the server can judge, with what they mean.
    """

    example: ClassVar[str]
    own_conditions: ClassVar[Mapping[str, str]]

    @abstractmethod
    def open(self, text: str, select: Mapping[str, Condition]) -> Session:
        """Connect; `text` is the source without the word, `select` the conditions.

        Raises:
            PremotorError: no library, token, network or dataset.
        """


SERVERS: Registry[type[Server]] = Registry(
    "server",
    {name: f"premotor.connectome.servers.{name}" for name in ("neuprint", "cave")},
    check=derived_from(Server),
)
"""Every kind of server by the word before the first colon of a source."""


def server_of(source: object) -> str | None:
    """Return the kind of server that a source names, as "neuprint:manc:v1.2.1" does, or None."""
    word, colon, _ = source.partition(":") if isinstance(source, str) else ("", "", "")
    return word if colon and word in SERVERS else None


def address(text: str, default: str) -> tuple[str, str]:
    """Split ``[SERVER/]DATASET`` into server and dataset."""
    server, slash, dataset = text.rpartition("/")
    return (server, dataset) if slash else (default, dataset)


def words_of(condition: Condition, name: str) -> list[str]:
    """Return the exact words of a condition: text with ``|`` for or, or a list of texts.

    Raises:
        PremotorError: it is something else, or has wildcards.
    """
    words = condition.split("|") if isinstance(condition, str) else np.atleast_1d(np.asarray(condition)).tolist()
    if not words or not all(isinstance(word, str) and word and not set(word) & set("*?") for word in words):
        raise PremotorError(f"{name} is {condition!r}; it takes exact names, joined by |")
    return [str(word) for word in words]


def batches(ids: np.ndarray, size: int) -> list[np.ndarray]:
    """Return the ids in parts of at most `size`."""
    return [ids[start : start + size] for start in range(0, ids.size, size)]


def brief(error: Exception) -> str:
    """Return what an error says, in one line that is not too long; its end says the most."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else "… " + text[-297:]


def arrow_column(values: Sequence[object]) -> "pa.Array":
    """Return what JSON said of one property as a column; values of several kinds become text."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
