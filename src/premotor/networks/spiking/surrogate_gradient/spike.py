"""Spikes as a function of the potential above the threshold: the step, and the smooth curve that lends it a slope.

The curve is the fast sigmoid of Zenke & Ganguli (2018, Neural Computation 30:1514-1541), scaled to go from 0 to 1:
½ (1 + x / (w + |x|)), with the slope ½ w / (w + |x|)². All but `spike` works on arrays of NumPy and JAX alike.
"""

from functools import partial
from types import ModuleType

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from premotor.on_device import Numbers


def step[X: Numbers | float](x: X, xp: ModuleType = jnp) -> X:
    """1 where x > 0, and 0 elsewhere; of functions that an ONNX model has, too."""
    return xp.maximum(xp.sign(x), 0.0)


def smooth_spike(x: Numbers, width: float, xp: ModuleType = jnp) -> Numbers:
    """The fast sigmoid of x (mV) with a width w (mV)."""
    return 0.5 * (1.0 + x / (width + xp.absolute(x)))


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def spike(x: Float[Array, "..."], width: float) -> Float[Array, "..."]:
    """1 where x > 0 (mV) and 0 elsewhere, with the slope of `smooth_spike`."""
    return step(x)


@spike.defjvp
def _spike_slope(width: float, primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (change,) = primals, tangents
    return step(x), change * (0.5 * width / (width + jnp.abs(x)) ** 2)
