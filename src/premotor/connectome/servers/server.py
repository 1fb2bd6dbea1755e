"""What a kind of server has to offer: a table of neurons, and the connections among some of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from premotor.connectome.edges import Edges
from premotor.errors import PremotorError

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

    about: dict[str, str]
    neurons: Callable[[], pa.Table]
    connections: Callable[[np.ndarray, int, Progress], Edges]


@dataclass(frozen=True)
class Server:
    """One kind of server.

    Attributes:
        name: the word before the first colon of a source.
        description: one line: what is asked for, and how.
        example: a source of this kind.
        own_conditions: conditions that only the server can judge, with what they mean.
        open: connects; given the source without the word, and the conditions. Raises PremotorError.
    """

    name: str
    description: str
    example: str
    own_conditions: dict[str, str]
    open: Callable[[str, Mapping[str, Any]], Session]


def address(text: str, default: str) -> tuple[str, str]:
    """Split ``[SERVER/]DATASET`` into server and dataset."""
    server, slash, dataset = text.rpartition("/")
    return (server, dataset) if slash else (default, dataset)


def words_of(condition: Any, name: str) -> list[str]:
    """Return the exact words of a condition: text with ``|`` for or, or a list of texts.

    Raises:
        PremotorError: it is something else, or has wildcards.
    """
    words = condition.split("|") if isinstance(condition, str) else list(np.atleast_1d(condition))
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


def arrow_column(values: list[Any]) -> pa.Array:
    """Return what JSON said of one property as a column; values of several kinds become text."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
