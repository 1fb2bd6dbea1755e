"""The numbers of `jax.random` where the host prepares something: made by NumPy, so that nothing is compiled for them.

A program that draws normal deviates takes 0.4 to 0.8 s of the processor to compile, one for each shape. Keys, bits and
uniform numbers are those of JAX; normal deviates are, up to rounding. Where JAX is set to another generator than
Threefry, or inside of a function that is being traced, `jax.random` itself is asked.
"""

from collections.abc import Callable, Sequence

import jax
import numpy as np

from premotor.on_device import Numbers, on_device

Shape = Sequence[int]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)
_MIDDLE = (
    "2.81022636e-08 3.43273939e-07 -3.5233877e-06 -4.39150654e-06 2.1858087e-4 "
    "-1.25372503e-3 -4.17768164e-3 0.246640727 1.50140941"
)
_TAIL = (
    "-2.00214257e-4 1.00950558e-4 1.34934322e-3 -3.67342844e-3 5.73950773e-3 "
    "-7.6224613e-3 9.43887047e-3 1.00167406 2.83297682"
)
"""Coefficients of two polynomials, the highest power's first."""


def key_of(seed: int) -> jax.Array:
    """What `jax.random.PRNGKey` gives."""
    if not _known():
        return jax.random.PRNGKey(seed)
    high = (seed >> 32) & 0xFFFFFFFF if jax.config.jax_enable_x64 else 0
    return on_device([high, seed & 0xFFFFFFFF], np.uint32)


def folded(key: Numbers, number: int) -> jax.Array:
    """What `jax.random.fold_in` gives for a number from 0 to 2³² − 1."""
    if not _known(key):
        return jax.random.fold_in(key, number)
    return on_device(_threefry(key, np.uint32(0), np.uint32(number)))


def folded_rows(key: Numbers, numbers: np.ndarray) -> np.ndarray:
    """The same for many numbers, as one array of NumPy, (numbers, 2)."""
    if not _known(key):
        return np.asarray(jax.vmap(jax.random.fold_in, (None, 0))(key, numbers))
    return np.stack(_threefry(key, np.uint32(0), numbers.astype(np.uint32)), axis=-1)


def split(key: Numbers, count: int = 2) -> tuple[jax.Array, ...]:
    """What `jax.random.split` gives, one by one."""
    return tuple(map(on_device, key_rows(key, count))) if _known(key) else tuple(jax.random.split(key, count))


def key_rows(key: Numbers, count: int) -> Numbers:
    """The same as one array of NumPy, (…, count, 2), of one key or of rows of them."""
    if not _known(key):
        return _each(lambda one: jax.random.split(one, count), key)
    return np.stack(_counted(key, count), axis=-1)


def uniform(key: Numbers, shape: Shape, low: float = 0.0, high: float = 1.0) -> Numbers:
    """What `jax.random.uniform` gives in float32; of rows of keys for each, keys first."""
    if not _known(key):
        return _each(lambda one: jax.random.uniform(one, shape, np.float32, low, high), key)
    first, second = _counted(key, int(np.prod(shape)))
    bits = ((first ^ second) >> np.uint32(9)) | np.float32(1).view(np.uint32)
    least, most = np.float32(low), np.float32(high)
    drawn = (bits.view(np.float32) - np.float32(1)) * (most - least) + least
    return np.maximum(least, drawn).reshape((*np.shape(key)[:-1], *shape))


def normal(key: Numbers, shape: Shape) -> Numbers:
    """What `jax.random.normal` gives in float32, to 5 parts in 10⁷: √2 times the inverse of erf (Giles 2012).

    Of rows of keys for each, keys first.
    """
    if not _known(key):
        return _each(lambda one: jax.random.normal(one, shape, np.float32), key)
    x = uniform(key, shape, np.nextafter(np.float32(-1), np.float32(0)), 1.0)
    w = -np.log1p(-x * x)
    middle = w < 5
    t = np.where(middle, w - np.float32(2.5), np.sqrt(w) - np.float32(3)).astype(np.float64)
    result = np.zeros(x.shape, np.float32)
    for one, other in zip(
        _MIDDLE.split(), _TAIL.split(), strict=True
    ):  # rounded once a term, as fused instructions are
        result = (result * t + np.where(middle, np.float32(one), np.float32(other))).astype(np.float32)
    return np.float32(2**0.5) * (result * x)


def permutation(key: Numbers, count: int) -> Numbers:
    """What `jax.random.permutation` gives of the numbers below `count`; of rows of keys for each, keys first."""
    if not _known(key):
        return _each(lambda one: jax.random.permutation(one, count), key)
    rounds = int(np.ceil(3 * np.log(max(1, count)) / np.log(np.iinfo(np.uint32).max)))
    order = np.broadcast_to(np.arange(count, dtype=np.int32), (*np.shape(key)[:-1], count))
    for _ in range(rounds):  # sorted by random numbers, so often that ties hardly count
        key, own = np.moveaxis(np.asarray(key_rows(key, 2)), -2, 0)
        first, second = _counted(own, count)
        order = np.take_along_axis(order, np.argsort(first ^ second, axis=-1, kind="stable"), axis=-1)
    return order


def orthogonal(key: jax.Array, shape: tuple[int, int], gain: float = 1.0) -> Numbers:
    """What `jax.nn.initializers.orthogonal` gives in float32, up to rounding."""
    rows, columns = shape
    if not _known(key):
        return jax.nn.initializers.orthogonal(gain)(key, shape, np.float32)
    if not rows * columns:
        return np.zeros(shape, np.float32)
    made, triangle = np.linalg.qr(normal(key, (max(shape), min(shape))))
    made = made * np.sign(np.diag(triangle))
    return np.float32(gain) * (made if rows >= columns else made.T)


def _each(drawn: Callable[[Numbers], jax.Array], key: Numbers) -> Numbers:
    """What is drawn for a raw key, or for each of a row of them."""
    typed = jax.numpy.issubdtype(key.dtype, jax.dtypes.prng_key)
    return drawn(key) if key.ndim == (0 if typed else 1) else jax.vmap(drawn)(key)


def _known(key: Numbers | None = None) -> bool:
    """Whether keys are those of Threefry, counted as JAX does now, and `key` is one that is known here."""
    usual = jax.config.jax_default_prng_impl == "threefry2x32" and jax.config.jax_threefry_partitionable
    return bool(usual) and (key is None or (not isinstance(key, jax.core.Tracer) and key.dtype == np.uint32))


def _counted(key: Numbers, count: int) -> tuple[np.ndarray, np.ndarray]:
    numbers, keys = np.arange(count, dtype=np.uint64), np.asarray(key)[..., None, :]
    return _threefry(keys, (numbers >> np.uint64(32)).astype(np.uint32), numbers.astype(np.uint32))


def _threefry(key: Numbers, high: np.ndarray | np.uint32, low: np.ndarray | np.uint32) -> tuple[np.ndarray, np.ndarray]:
    """Twenty rounds of Threefry-2x32 (Salmon et al. 2011, *SC*) on counters."""
    one, other = np.moveaxis(np.asarray(key), -1, 0)
    keys = one, other, one ^ other ^ _PARITY
    with np.errstate(over="ignore"):
        x, y = high + keys[0], low + keys[1]
        for group in range(5):
            for places in _ROTATIONS[group % 2]:
                x = x + y
                y = x ^ ((y << np.uint32(places)) | (y >> np.uint32(32 - places)))
            x, y = x + keys[(group + 1) % 3], y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x, y
