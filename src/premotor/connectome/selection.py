"""Which neurons meet conditions on the columns of the neuron table."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError
from premotor.files import read_bytes
from premotor.settings import note

if TYPE_CHECKING:
    import pandas as pd

type Value = str | bool | int | float | np.generic
type Condition = Value | Iterable[Value] | None
"""A text with wildcards, a value, or several of which one is enough (`Circuit.select`)."""


class Listed(list[str]):
    """Values of a condition that were read from a file, whose name is `file`."""

    def __init__(self, values: Iterable[str], file: str):
        super().__init__(values)
        self.file = file


def from_files(conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    """Return the conditions with ``@FILE`` replaced by the values in the file: one a line, or a column of a table.

    In text lines that begin with # are comments. Of a table (.csv, .tsv …) the column of the condition's name counts,
    or the only one. A column whose name is a word of Python may have an underscore behind it: ``class_``.

    Raises:
        PremotorError: the file is unreadable, empty, or a table without that column; or a column is given in both ways.
    """
    plain = {name[:-1] if _is_word(name) else name: value for name, value in conditions.items()}
    if len(plain) < len(conditions):
        twice = next(name for name in conditions if _is_word(name))
        raise PremotorError(f"there are two conditions on one column: {twice} and {twice[:-1]}")
    return {
        name: _read(name, Path(value[1:])) if isinstance(value, str) and value.startswith("@") else value
        for name, value in plain.items()
    }


def _is_word(name: str) -> bool:
    """Whether it is a word of Python with an underscore behind it."""
    return name.endswith("_") and iskeyword(name[:-1])


def _read(name: str, path: Path) -> Listed:
    from premotor.connectome.tables import is_table, read_table

    if is_table(path) and not path.name.lower().endswith((".txt", ".txt.gz")):
        table = read_table(path)
        column = name if name in table.column_names else table.column_names[0] if table.num_columns == 1 else None
        if column is None:
            raise PremotorError(
                f"{path} has no column {name!r}{closest(name, table.column_names)}; it has {listed(table.column_names)}"
            )
        # The first line of a list without a header is a value, too.
        words = [*([] if column == name else [column]), *(str(word) for word in table[column].to_pylist())]
    else:
        try:
            words = read_bytes(path).decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise PremotorError(f"cannot read {path}: {error}") from None
    values = [word.strip() for word in words if word.strip() and not word.startswith("#")]
    if not values:
        raise PremotorError(f"{path} holds no values for the condition on {name!r}")
    return Listed(dict.fromkeys(values), path.name)


def matching_neurons(neurons: "pd.DataFrame", conditions: Mapping[str, Condition]) -> np.ndarray:
    """Return which neurons meet every condition, bool (neurons,).

    A value, or an alternative of a pattern, that no neuron has is said, with the nearest; where no neuron at all is
    left, that is for the error that follows (`not_found`).

    Raises:
        PremotorError: an unknown column, or a condition that its column can not be compared with.
    """
    keep, told = _met(neurons, conditions)
    for words in told if keep.any() else ():
        note(words)
    return keep


def not_found(neurons: "pd.DataFrame", conditions: Mapping[str, Condition]) -> str:
    """Return what to add to an error on conditions that no neuron meets: " (…)", or nothing."""
    told = _met(neurons, conditions)[1]
    return f" ({'; '.join(told)})" if told else ""


def _met(neurons: "pd.DataFrame", conditions: Mapping[str, Condition]) -> tuple[np.ndarray, list[str]]:
    keep, told = np.ones(len(neurons), bool), list[str]()
    for name, condition in from_files(conditions).items():
        keep &= _matches(_column(neurons, name), name, condition, told)
    return keep, told


def describe(conditions: Mapping[str, Condition]) -> dict[str, object]:
    """Return the conditions in a form that JSON can hold; long lists as their length."""
    return {name: _described(value) for name, value in conditions.items()}


def closest(word: str, words: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for the nearest of `words`, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(words), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _column(neurons: "pd.DataFrame", name: str) -> "pd.Series":
    import pandas as pd

    if name == "id":
        return pd.Series(neurons.index.to_numpy())
    if name not in neurons:
        names = ["id", *map(str, neurons.columns)]
        raise PremotorError(f"the neuron table has no column {name!r}{closest(name, names)}; it has {listed(names)}")
    return neurons[name]


def _matches(column: "pd.Series", name: str, condition: Condition, told: list[str]) -> np.ndarray:
    import pandas as pd

    flags = pd.api.types.is_bool_dtype(column)
    numeric = pd.api.types.is_numeric_dtype(column) and not flags
    if isinstance(condition, str):
        if not numeric:
            words = column.astype("str").fillna("")
            # True and False, also as a table has them in text, may be written in any case.
            flags = flags or (condition.lower() in _FLAGS and set(words.str.lower()) <= {*_FLAGS, ""})
            return _matched(
                words.str.lower() if flags else words, name, condition.lower() if flags else condition, told
            )
        values: list[object] = [_number(word, name) for word in condition.split("|")]
    elif isinstance(condition, Listed) and numeric:
        values = [_number(word, name) for word in condition]
    elif isinstance(condition, (list, tuple, set, frozenset, range, np.ndarray, pd.Series, pd.Index)):
        values = [value.item() if isinstance(value, np.generic) else value for value in condition]
    else:
        values = [condition.item() if isinstance(condition, np.generic) else condition]
    if flags:
        values = [_FLAGS.get(value.lower(), value) if isinstance(value, str) else value for value in values]
    elif not numeric and values and all(isinstance(value, bool) for value in values):
        # True and False as a table has them in text.
        words = column.astype("str").fillna("").str.lower()
        if words.isin(["true", "false", ""]).all():
            return words.isin([str(value).lower() for value in values]).to_numpy(bool)
    allowed = (int, float, bool) if numeric or flags else (str,)
    for value in values:
        if not isinstance(value, allowed):
            kind = "numbers" if numeric else "True and False" if flags else "text"
            raise PremotorError(f"the column {name!r} holds {kind}; {value!r} can not be compared with it")
    present = set(column.dropna().unique())
    _tell_absent(name, [value for value in values if value not in present], column, told)
    return column.isin(values).to_numpy(bool, na_value=False)


_FLAGS = {"true": True, "false": False}
_MOST_TOLD = 5


def _matched(words: "pd.Series", name: str, condition: str, told: list[str]) -> np.ndarray:
    """Return which words match a pattern, bool (neurons,)."""
    different = words.unique()
    found = {word: False for word in different}
    absent = []
    for part in dict.fromkeys(condition.split("|")):
        pattern = _pattern(part)
        hits = [word for word in different if pattern.fullmatch(word)]
        found.update(dict.fromkeys(hits, True))
        absent += [] if hits else [part]
    _tell_absent(name, absent, words, told)
    return words.map(found).to_numpy(bool)


def _tell_absent(name: str, absent: Sequence[object], column: "pd.Series", told: list[str]) -> None:
    if absent:
        words = [str(word) for word in column.dropna().unique() if str(word)] if isinstance(absent[0], str) else []
        shown = listed(f"{value!r}{closest(str(value), words)}" for value in absent[:_MOST_TOLD])
        more = f" and {len(absent) - _MOST_TOLD} more" if len(absent) > _MOST_TOLD else ""
        told.append(f"the condition on {name!r}: no neuron has {shown}{more}")


def _pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression of a text with the wildcards * and ?."""
    return re.compile("".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text), re.DOTALL)


def _number(word: str, name: str) -> int | float:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        raise PremotorError(f"the column {name!r} holds numbers; {word!r} can not be compared with it") from None


def _described(value: Condition) -> object:
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if isinstance(value, np.generic):
        return value.item()
    values = [item.item() if isinstance(item, np.generic) else item for item in value]
    if isinstance(value, Listed):
        return f"{len(values)} values of {value.file}"
    return values if len(values) <= 10 else f"{len(values)} values"
