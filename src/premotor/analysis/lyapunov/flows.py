"""Differential equations as maps: one step of a solver, whose tangent is exact like that of any map."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import equinox as eqx
import jax
from jax import Array

from premotor.errors import PremotorError
from premotor.on_device import PyTree

if TYPE_CHECKING:
    import diffrax


class RungeKutta(eqx.Module):
    """One step of the classical Runge–Kutta scheme of order 4 with a fixed step, as a map.

    The tangent dynamics of this map is that of the numerical solution, not of the equation: the exponents have the
    scheme's error, of order step⁴. Halve the step to see it.

    Attributes:
        rhs: dx/dt, called with all that the map is called with: (parameters,) state (, input).
        dt: time of one call.
        substeps: steps of dt / substeps in one call, the input held.
        parameterised: whether the first argument is not the state but parameters.
    """

    rhs: Callable[..., Array]
    dt: float = eqx.field(static=True)
    substeps: int = eqx.field(static=True)
    parameterised: bool = eqx.field(static=True)

    def __call__(self, *arguments: PyTree) -> Array:
        """The state, `dt` later."""
        before, state, after = _parted(arguments, self.parameterised)
        h = self.dt / self.substeps

        def derivative(x: Array) -> Array:
            return self.rhs(*before, x, *after)

        def one(x: Array, _: None) -> tuple[Array, None]:
            k1 = derivative(x)
            k2 = derivative(x + 0.5 * h * k1)
            k3 = derivative(x + 0.5 * h * k2)
            k4 = derivative(x + h * k3)
            return x + h / 6 * (k1 + 2 * (k2 + k3) + k4), None

        return one(state, None)[0] if self.substeps == 1 else jax.lax.scan(one, state, length=self.substeps)[0]


class DiffraxMap(eqx.Module):
    """A map that solves a differential equation over `dt` with a solver of Diffrax; see `diffrax_map`."""

    rhs: Callable[..., Array]
    solver: "diffrax.AbstractSolver"
    controller: "diffrax.AbstractStepSizeController"
    dt: float = eqx.field(static=True)
    parameterised: bool = eqx.field(static=True)

    def __call__(self, *arguments: PyTree) -> Array:
        """The state, `dt` later."""
        import diffrax

        before, state, after = _parted(arguments, self.parameterised)
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, x, args: self.rhs(*before, x, *after)),
            self.solver,
            t0=0.0,
            t1=self.dt,
            dt0=None if isinstance(self.controller, diffrax.PIDController) else self.dt,
            y0=state,
            stepsize_controller=self.controller,
            adjoint=diffrax.ForwardMode(),
        )
        return solution.ys[-1]


def runge_kutta(
    rhs: Callable[..., Array], dt: float = 0.01, *, substeps: int = 1, parameterised: bool = False
) -> RungeKutta:
    """A differential equation dx/dt = rhs(x) as a map for `lyapunov_spectrum`, which is to be given the same `dt`.

    Args:
        rhs: dx/dt of a state (n,), in JAX; called with parameters before and an input after, where there are any.
        dt: time of one step of the map, in the equation's unit of time. The default suits equations whose fastest
            rate is some 20 per unit of time, such as Lorenz'.
        substeps: steps of the scheme in one of the map.
        parameterised: whether `rhs` takes parameters first (`lyapunov_spectrum(…, parameters=…)`).

    Raises:
        PremotorError: a step that is not positive.
    """
    if not dt > 0 or substeps < 1:
        raise PremotorError(f"dt is {dt} and substeps {substeps}; both must be positive")
    return RungeKutta(rhs, float(dt), substeps, parameterised)


def diffrax_map(
    rhs: Callable[..., Array],
    dt: float = 0.01,
    *,
    solver: "diffrax.AbstractSolver | None" = None,
    controller: "diffrax.AbstractStepSizeController | None" = None,
    parameterised: bool = False,
) -> DiffraxMap:
    """The same with a solver of Diffrax, for stiff equations or a tolerance instead of a step; see `runge_kutta`.

    Args:
        rhs: dx/dt, as for `runge_kutta`.
        dt: time of one step of the map, in which the solver may take many.
        solver: of `diffrax`; `Tsit5()` when None.
        controller: of the solver's step, of `diffrax`; `PIDController(rtol=1e-8, atol=1e-10)` when None.
        parameterised: whether `rhs` takes parameters first.

    Raises:
        PremotorError: Diffrax is not installed, or a step that is not positive.
    """
    try:
        import diffrax
    except ImportError as error:
        raise PremotorError("diffrax is not installed; install it with: pip install 'premotor[ode]'") from error
    if not dt > 0:
        raise PremotorError(f"dt is {dt}; it must be positive")
    solver = diffrax.Tsit5() if solver is None else solver
    controller = diffrax.PIDController(rtol=1e-8, atol=1e-10) if controller is None else controller
    return DiffraxMap(rhs, solver, controller, float(dt), parameterised)


def _parted(arguments: tuple[PyTree, ...], parameterised: bool) -> tuple[tuple[PyTree, ...], Array, tuple[PyTree, ...]]:
    """Parameters, state and inputs of the arguments of a map."""
    place = int(parameterised)
    return arguments[:place], arguments[place], arguments[place + 1 :]
