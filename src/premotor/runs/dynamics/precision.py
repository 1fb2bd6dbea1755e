"""JAX in a precision for a while."""

from contextlib import AbstractContextManager

import jax


def in_precision(precision: str) -> AbstractContextManager[None]:
    """JAX in "float64" or "float32" within the block, in this thread, whatever it is set to elsewhere."""
    return jax.enable_x64(precision == "float64")
