"""A state and its tangents pushed together, so that a large weight matrix is read once a step."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import Jaxpr, JaxprEqn, Literal, Var

LARGE = 2**20
"""Bytes of a matrix from which one reading costs more than what joining needs: about half of a core's own cache."""
FEW = 16
"""Tangents below which the product of a matrix and columns is the faster one, above that of rows and a matrix."""
WRAPPERS = ("jit", "pjit")


class Moving(NamedTuple):
    """A value and how it moves with the state: tangents (k, …), or None where it does not depend on it."""

    value: Array
    tangents: Array | None = None


class JointStep(NamedTuple):
    """A map of (number of the step, state) whose large matrices meet the state and its tangents in one product."""

    program: Jaxpr
    known: dict[Var, "Moving"]
    """What depends neither on the state nor on the number of the step, such as weights times dt: computed once."""

    @classmethod
    def of(cls, step: Callable[[Array, Array], Array], index: Array, state: Array) -> Self | None:
        """The map in this form; None where it multiplies no large matrix with as much as one vector."""
        program = jax.make_jaxpr(step)(index, state)
        if not _has_large_product(program.jaxpr):
            return None
        known = dict(zip(program.jaxpr.constvars, map(Moving, program.consts), strict=True))
        for equation in program.jaxpr.eqns:
            if all(isinstance(atom, Literal) or atom in known for atom in equation.invars):
                operands = [Moving(a.val) if isinstance(a, Literal) else known[a] for a in equation.invars]
                known.update(zip(equation.outvars, _linearised(program.jaxpr, equation, operands), strict=True))
        return cls(program.jaxpr, known)

    def push(self, index: Array, state: Array, rows: Array) -> tuple[Array, Array]:
        """One step of a state (n,) and of tangent vectors in rows (k, n).

        The same numbers as `push` gives, but for the order of the sums in products of large matrices. It cannot be
        differentiated.
        """
        (after,) = _pushed(self.program, self.known, [Moving(index), Moving(state, rows)])
        return after.value, jnp.zeros_like(rows) if after.tangents is None else after.tangents


def _has_large_product(jaxpr: Jaxpr) -> bool:
    """Whether a matrix meets the state in it; where the state goes in, is seen later."""
    for equation in jaxpr.eqns:
        if equation.primitive.name in WRAPPERS and _has_large_product(equation.params["jaxpr"].jaxpr):
            return True
        if any(_large_matrix(equation, place) for place in (0, 1)):
            return True
    return False


def _large_matrix(equation: JaxprEqn, place: int) -> bool:
    """Whether this is the product of a large matrix, as operand number `place`, and as much as one vector."""
    if equation.primitive.name != "dot_general":
        return False
    contracting, batch = equation.params["dimension_numbers"]
    matrix, vector = _shaped(equation.invars[place]), _shaped(equation.invars[1 - place])
    kept = _shaped(equation.outvars[0]).dtype == matrix.dtype == vector.dtype
    return (
        kept
        and not batch[0]
        and matrix.ndim == 2
        and len(contracting[0]) == 1
        and vector.size == matrix.shape[contracting[place][0]]
        and matrix.size * matrix.dtype.itemsize >= LARGE
    )


def _shaped(atom: Var | Literal) -> jax.core.ShapedArray:
    """Shape and type of a value in a program."""
    assert isinstance(atom.aval, jax.core.ShapedArray)
    return atom.aval


def _pushed(jaxpr: Jaxpr, known: Mapping[Var, Moving], arguments: Sequence[Moving]) -> list[Moving]:
    """The results of a program, some of whose values are known."""
    known = {**known, **dict(zip(jaxpr.invars, arguments, strict=True))}

    def read(atom: Var | Literal) -> Moving:
        return Moving(atom.val) if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        if equation.outvars[0] in known:
            continue
        operands = [read(atom) for atom in equation.invars]
        moving = [operand.tangents is not None for operand in operands]
        inner = equation.params["jaxpr"] if equation.primitive.name in WRAPPERS else None
        if inner is not None and any(moving) and _has_large_product(inner.jaxpr):
            constants = dict(zip(inner.jaxpr.constvars, map(Moving, inner.consts), strict=True))
            results = _pushed(inner.jaxpr, constants, operands)
        elif len(moving) == 2 and sum(moving) == 1 and _large_matrix(equation, moving.index(False)):
            results = [_product(equation, operands, moving.index(False))]
        else:
            results = _linearised(jaxpr, equation, operands)
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _product(equation: JaxprEqn, operands: Sequence[Moving], place: int) -> Moving:
    """Matrix times vector and matrix times tangents in one product."""
    vector, tangents = operands[1 - place]
    assert tangents is not None
    axis = equation.params["dimension_numbers"][0][place][0]
    matrix, rows = operands[place].value, jnp.concatenate([vector.reshape(1, -1), tangents.reshape(len(tangents), -1)])
    if len(rows) == 2 and axis == 1:
        # XLA has no quick product with two columns: one reduction with two sums reads the matrix once.
        zero = jnp.zeros((), matrix.dtype)
        terms = (matrix * rows[0], matrix * rows[1])
        both = jax.lax.reduce(terms, (zero, zero), lambda one, other: (one[0] + other[0], one[1] + other[1]), (1,))
        result = jnp.stack(both)
    elif axis == 1:
        result = (
            (matrix @ rows.T).T if len(rows) <= FEW else jax.lax.dot_general(rows, matrix, (((1,), (1,)), ((), ())))
        )
    else:
        result = rows @ matrix
    shape = _shaped(equation.outvars[0]).shape
    return Moving(result[0].reshape(shape), result[1:].reshape(-1, *shape))


def _linearised(jaxpr: Jaxpr, equation: JaxprEqn, operands: Sequence[Moving]) -> list[Moving]:
    """Any other operation, by JAX's own rule for it."""
    variables = [atom for atom in dict.fromkeys(a for a in equation.invars if not isinstance(a, Literal))]
    values = {atom: operand for atom, operand in zip(equation.invars, operands, strict=True) if atom in variables}
    names = jaxpr.debug_info.with_unknown_names()
    parts = {"constvars": [], "invars": variables, "outvars": equation.outvars, "eqns": [equation]}
    alone = jaxpr.replace(**parts, debug_info=names)
    turning = [atom for atom in variables if values[atom].tangents is not None]

    def run(*moved: Array) -> tuple[list[Array], list[Array]]:
        given = dict(zip(turning, moved, strict=True))
        results = jax.core.eval_jaxpr(alone, (), *(given.get(atom, values[atom].value) for atom in variables))
        return [r for r in results if jnp.issubdtype(r.dtype, jnp.inexact)], results

    if not turning:
        return [Moving(value) for value in run()[1]]
    _, tangent, results = jax.linearize(run, *(values[atom].value for atom in turning), has_aux=True)
    moved = iter(jax.vmap(tangent)(*(values[atom].tangents for atom in turning)))
    return [Moving(r, next(moved) if jnp.issubdtype(r.dtype, jnp.inexact) else None) for r in results]
