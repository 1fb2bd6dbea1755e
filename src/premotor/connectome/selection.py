"""Which neurons meet conditions on the columns of the neuron table."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from premotor.connectome.vocabulary import listed
from premotor.errors import PremotorError

if TYPE_CHECKING:
    import pandas as pd


def matching_neurons(neurons: "pd.DataFrame", conditions: Mapping[str, Any]) -> np.ndarray:
    """Return which neurons meet every condition, bool (neurons,).

    Raises:
        PremotorError: an unknown column, or a condition that its column can not be compared with.
    """
    keep = np.ones(len(neurons), bool)
    for name, condition in conditions.items():
        keep &= _matches(_column(neurons, name), name, condition)
    return keep


def describe(conditions: Mapping[str, Any]) -> dict[str, Any]:
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


def _matches(column: "pd.Series", name: str, condition: Any) -> np.ndarray:
    import pandas as pd

    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if isinstance(condition, str):
        if not numeric:
            return column.astype("str").fillna("").str.fullmatch(_pattern(condition)).to_numpy(bool)
        values: list[Any] = [_number(word, name) for word in condition.split("|")]
    elif isinstance(condition, (list, tuple, set, frozenset, range, np.ndarray, pd.Series, pd.Index)):
        values = [value.item() if isinstance(value, np.generic) else value for value in condition]
    else:
        values = [condition.item() if isinstance(condition, np.generic) else condition]
    allowed = (int, float, bool) if numeric or pd.api.types.is_bool_dtype(column) else (str,)
    for value in values:
        if not isinstance(value, allowed):
            kind = "numbers" if numeric else "text"
            raise PremotorError(f"the column {name!r} holds {kind}; {value!r} can not be compared with it")
    return column.isin(values).to_numpy(bool, na_value=False)


def _pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression of a text with the wildcards * ? |."""
    alternatives = (
        "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in part) for part in text.split("|")
    )
    return re.compile("|".join(f"(?:{part})" for part in alternatives), re.DOTALL)


def _number(word: str, name: str) -> int | float:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        raise PremotorError(f"the column {name!r} holds numbers; {word!r} can not be compared with it") from None


def _described(value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if isinstance(value, np.generic):
        return value.item()
    values = [item.item() if isinstance(item, np.generic) else item for item in value]
    return values if len(values) <= 10 else f"{len(values)} values"
