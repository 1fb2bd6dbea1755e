"""Selections and drives in words: ``type=DNg100:250`` and the like."""

import re
from typing import Any

from premotor.errors import PremotorError

KINDS = ("constant", "pulse", "poisson", "file")
_DRIVE = re.compile(rf"(?P<who>.*?):(?P<what>(?:{'|'.join(KINDS)})(?:,.*)?|[-+.\d].*)", re.DOTALL)


def read_conditions(text: str) -> dict[str, str]:
    """``type=IN*|MN*;side=left`` as conditions on columns; ``all`` as none.

    Raises:
        PremotorError: a part without a column, without a pattern, or a column twice.
    """
    if text.strip() == "all":
        return {}
    conditions: dict[str, str] = {}
    for part in text.split(";"):
        column, equals, pattern = (word.strip() for word in part.partition("="))
        if not (equals and column and pattern):
            raise PremotorError(f"the selection {text!r} should look like 'type=IN*|MN*', or be 'all'")
        if column in conditions:
            raise PremotorError(f"the selection {text!r} names the column {column!r} twice; join with |")
        conditions[column] = pattern
    return conditions


def read_drive(text: str) -> dict[str, Any]:
    """A drive in words as the settings of one.

    ``SELECTION:AMPLITUDE`` or ``SELECTION:KIND``, then settings of the drive as ``,name=value``:
    ``type=DNg100:250,start=0.1``, ``class=sensory:pulse,amplitude=8,period=0.5,width=0.1``,
    ``id=12|13:poisson,rate=100``, ``all:file,path=drive.csv``.

    Raises:
        PremotorError: the text has another form.
    """
    found = _DRIVE.fullmatch(text.strip())
    if found is None:
        raise PremotorError(
            f"the drive {text!r} should look like 'type=DNg100:250' or 'class=sensory:poisson,rate=100' "
            f"(kinds are {', '.join(KINDS)})"
        )
    drive: dict[str, Any] = {"kind": "constant", "neurons": read_conditions(found["who"])}
    first, *rest = found["what"].split(",")
    if first in KINDS:
        drive["kind"] = first
    else:
        drive["amplitude"] = _number(first, text)
    for word in rest:
        name, equals, value = (part.strip() for part in word.partition("="))
        if not (equals and name and value) or name in ("kind", "neurons") or name in drive:
            raise PremotorError(f"the drive {text!r}: {word.strip()!r} should look like 'start=0.5', once")
        drive[name] = value if name == "path" else _number(value, text)
    return drive


def _number(word: str, text: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise PremotorError(f"the drive {text!r}: {word!r} is no number") from None
