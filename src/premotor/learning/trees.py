"""Trees of arrays by name: what snapshots are made of."""

from collections.abc import Mapping
from typing import TypeGuard

import jax
import jax.numpy as jnp
import numpy as np

from premotor.errors import PremotorError
from premotor.on_device import PyTree

Arrays = dict[str, np.ndarray]
Leaf = jax.Array | np.ndarray | bool | int | float

RENAMED = {"log_spread": "log_std"}
"""Former names of arrays, which files from before go on using, and their present ones."""


def flatten(tree: PyTree, prefix: str = "") -> Arrays:
    """The leaves of a tree by path, such as ``controller/network/bias``; all leaves are arrays or numbers."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {prefix + _name(path): _plain(leaf) for path, leaf in leaves}


def fill[Tree](template: Tree, arrays: Mapping[str, np.ndarray], source: object, prefix: str = "") -> Tree:
    """A tree like `template` whose leaves are taken from `arrays`; `source` names them in errors.

    The template's leaves may be mere shapes (`jax.ShapeDtypeStruct`).

    Raises:
        PremotorError: a leaf is missing, superfluous, or of another shape or type than in the template.
    """
    arrays = {"/".join(RENAMED.get(part, part) for part in name.split("/")): a for name, a in arrays.items()}
    leaves, structure = jax.tree_util.tree_flatten_with_path(template)
    wanted = {prefix + _name(path): leaf for path, leaf in leaves}
    stray = [name for name in arrays if name.startswith(prefix) and name not in wanted]
    if stray:
        raise PremotorError(f"{source} holds {stray[0]}, which this experiment does not have")
    filled = []
    for name, leaf in wanted.items():
        if name not in arrays:
            raise PremotorError(f"{source} lacks {name}")
        value, plain = arrays[name], leaf if isinstance(leaf, jax.ShapeDtypeStruct) else _plain(leaf)
        # A NumPy array in a state is a memory that grows: longer or shorter than the one at the start.
        grows = isinstance(leaf, np.ndarray) and value.ndim == plain.ndim > 0
        same = value.shape[1:] == plain.shape[1:] if grows else value.shape == plain.shape
        if not same or value.dtype != plain.dtype:
            raise PremotorError(
                f"{source}: {name} is {value.dtype}{list(value.shape)}, but this experiment has "
                f"{plain.dtype}{list(plain.shape)}"
            )
        filled.append(_like(leaf, value))
    return jax.tree_util.tree_unflatten(structure, filled)


def strong[Tree](tree: Tree) -> Tree:
    """The same values without JAX's weak types, which files do not keep and which would change a program."""
    return jax.tree.map(lambda x: jnp.asarray(x, x.dtype) if getattr(x, "weak_type", False) else x, tree)


def _name(path: jax.tree_util.KeyPath) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _is_key(leaf: object) -> TypeGuard[jax.Array]:
    return isinstance(leaf, jax.Array) and bool(jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key))


def _plain(leaf: Leaf) -> np.ndarray:
    return np.asarray(jax.random.key_data(leaf) if _is_key(leaf) else leaf)


def _like(leaf: Leaf | jax.ShapeDtypeStruct, value: np.ndarray) -> Leaf:
    """`value` as the kind of thing that `leaf` is: random key, JAX array, NumPy array or Python number."""
    if _is_key(leaf):
        return jax.random.wrap_key_data(jnp.asarray(value), impl=jax.random.key_impl(leaf))
    if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct):
        return jnp.asarray(value, leaf.dtype)
    return value.copy() if isinstance(leaf, np.ndarray) else type(leaf)(value.item())
