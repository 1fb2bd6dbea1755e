"""Arrays of NumPy as arrays of JAX, with nothing compiled.

Outside of a compiled function each `jnp.zeros`, `jnp.eye` or ``jnp.asarray(values, dtype)`` of a new shape is a program
of its own, which takes 8 to 30 ms to compile and 5 to read again; a start would have hundreds of them.
"""

from typing import Any

import jax
import numpy as np


def on_device(values: Any, dtype: Any = None) -> jax.Array:
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
