"""Shapes and types of arrays are checked against their annotations at every call, with PREMOTOR_SHAPES=1.

Only annotations of arrays are checked: other types are mypy's, and many name classes that are imported for it alone.
"""

import inspect
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jaxtyping

SOURCES = Path(__file__).parents[1] / "src"


def install() -> None:
    """Check every module of the package that annotates arrays; before any of them is imported."""
    files = (file for file in (SOURCES / "premotor").rglob("*.py") if "from jaxtyping import" in file.read_text())
    names = [".".join(file.relative_to(SOURCES).with_suffix("").parts) for file in files]
    jaxtyping.install_import_hook(names, "shape_checks.arrays_only")


def arrays_only(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arguments and results of arrays are checked by beartype."""
    from beartype import beartype

    hints = {name: hint for name, hint in inspect.get_annotations(function).items() if _of_arrays(hint)}
    if not hints:
        return function
    function.__annotations__ = hints
    return beartype(function)


def _of_arrays(hint: Any) -> bool:
    """Whether a hint is of arrays with shapes, or a union, tuple or dictionary of such and of plain types."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType, tuple, dict, list):
        inner = [part for part in typing.get_args(hint) if part not in (None, type(None), ..., str)]
        return bool(inner) and all(_of_arrays(part) for part in inner)
    return inspect.isclass(hint) and issubclass(hint, jaxtyping.AbstractArray)
