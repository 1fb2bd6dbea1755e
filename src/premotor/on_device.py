"""Arrays of NumPy as arrays of JAX, with nothing compiled.

Outside of a compiled function each `jnp.zeros`, `jnp.eye` or ``jnp.asarray(values, dtype)`` of a new shape is a program
of its own, which takes 8 to 30 ms to compile and 5 to read again; a start would have hundreds of them.
"""

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from jax.typing import DTypeLike

Numbers = jax.Array | np.ndarray
"""An array of JAX or of NumPy, in functions that work with both."""

type PyTree = Any
"""A tree of arrays whose structure only another part of the program knows, such as what a user's class keeps."""


def on_device(values: ArrayLike, dtype: "DTypeLike | None" = None) -> jax.Array:
    """What `jnp.array` gives, made by NumPy: a copy, of the type that JAX has for it and never of a weak one.

    In a function that is being traced it is a part of its program.

    Args:
        values: numbers, or an array of NumPy.
        dtype: None: as they are.
    """
    if isinstance(values, jax.core.Tracer):
        return jax.numpy.asarray(values, dtype)
    array: jax.Array = jax.device_put(np.array(values, dtype))  # a copy: JAX may keep to NumPy's memory
    return array
