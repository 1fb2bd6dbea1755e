"""The field's words for class, transmitter and side, whatever word the source uses."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


CLASSES = ("sensory", "ascending", "descending", "interneuron", "motor", "other", "")
"""Canonical classes; the empty string means that the source says nothing."""

SIDES = ("left", "right", "middle", "")
"""Canonical sides of the cell body; the empty string means unknown."""

UNKNOWN = "unknown"
"""The transmitter of a neuron for which the source gives none."""

_TRANSMITTERS = {
    "acetylcholine": ("ach", "acetylcholine", "cholinergic"),
    "gaba": ("gaba", "gabaergic", "gamma-aminobutyric acid"),
    "glutamate": ("glut", "glu", "glutamate", "glutamatergic"),
    "histamine": ("his", "hist", "histamine", "histaminergic"),
    "dopamine": ("da", "dop", "dopamine", "dopaminergic"),
    "serotonin": ("ser", "5ht", "5-ht", "serotonin", "serotonergic"),
    "octopamine": ("oct", "octopamine", "octopaminergic"),
    "tyramine": ("tyr", "ta", "tyramine", "tyraminergic"),
    "betaine": ("betaine",),
    UNKNOWN: ("", "unknown", "unk", "unclear", "neither", "none", "nan", "na", "n/a", "null", "tbd", "?"),
}
TRANSMITTERS = tuple(_TRANSMITTERS)
"""Names of transmitters, and "unknown"."""

_TRANSMITTER_OF = {alias: name for name, aliases in _TRANSMITTERS.items() for alias in aliases}

_NO_CLASS = {"", "nan", "na", "n/a", "none", "null", "unknown", "tbd"}
_CLASS_OF_TOKEN = (
    ("sensory", ("sensory", "sn", "sensor", "receptor", "photoreceptor", "photoreceptors", "afferent")),
    ("motor", ("motor", "motorneuron", "motorneurons", "motoneuron", "motoneurons", "mn")),
    ("ascending", ("ascending", "an")),
    ("descending", ("descending", "dn")),
    ("interneuron", ("interneuron", "interneurons", "intrinsic", "in", "inter", "central", "optic", "visual")),
)

_CLASS_OF_LETTER = {"s": "sensory", "m": "motor", "i": "interneuron"}

_SIDE_OF = {
    **dict.fromkeys(("l", "lhs", "left"), "left"),
    **dict.fromkeys(("r", "rhs", "right"), "right"),
    **dict.fromkeys(("m", "mid", "midline", "middle", "center", "centre", "medial"), "middle"),
}


def canonical_transmitter(word: str) -> str:
    """Return the transmitter's name in lower case ("ACH" → "acetylcholine"); a new word is kept as it is.

    Of several the first that is known counts.
    """
    key = word.strip().lower()
    if key in _TRANSMITTER_OF:
        return _TRANSMITTER_OF[key]
    # Additions, as in "acetylcholine (predicted)", and further ones, as in "GABA;ACh": the first is the primary one.
    parts = [part.strip() for part in re.split(r"[;,/|+]", re.sub(r"\(.*?\)|\[.*?\]|\?", " ", key))]
    return next((_TRANSMITTER_OF[part] for part in parts if part and part in _TRANSMITTER_OF), key)


def canonical_class(word: str) -> str:
    """Return the canonical class of a source's word ("intrinsic neuron", "vnc_motor", …).

    The first match in the order sensory, motor, ascending, descending, interneuron decides, so that a
    sensory ascending neuron is sensory; a word that matches none (glia, endocrine, efferent) is "other".
    """
    key = word.strip().lower()
    if key in _NO_CLASS:
        return ""
    if key in _CLASS_OF_LETTER:
        return _CLASS_OF_LETTER[key]
    tokens = set(re.split(r"[^a-z]+", key))
    for name, words in _CLASS_OF_TOKEN:
        if tokens.intersection(words):
            return name
    return "other"


def canonical_side(word: str) -> str:
    """Return "left", "right", "middle" or "" for a source's word (L, LHS, left, Midline, …)."""
    return _SIDE_OF.get(word.strip().lower(), "")


def plain(name: str) -> str:
    """Return a column's name without capitals, underscores and other marks, by which synonyms are compared."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def listed(names: Iterable[object], most: int = 100) -> str:
    """Return names for an error message: all of them, unless there are very many; each at most 80 characters long."""
    words = [name if len(name) <= 80 else f"{name[:77]}..." for name in map(str, names)]
    more = f", ... ({len(words)} in all)" if len(words) > most else ""
    return (", ".join(words[:most]) + more) or "none"


def translate(column: "pd.Series", rule: Callable[[str], str]) -> "pd.Series":
    """Apply one of the functions above to a column, once for each different word."""
    import pandas as pd

    words = text_of(column)
    found = {word: rule(word) for word in dict.fromkeys(words)}
    return pd.Series(pd.array([found[word] for word in words], dtype="str"), index=column.index)


def text_of(column: "pd.Series") -> list[str]:
    """Return a column as text, empty where it has no value."""
    text = column if column.dtype == "str" else column.astype("str")
    return text.fillna("").tolist() if text.hasnans else text.tolist()
