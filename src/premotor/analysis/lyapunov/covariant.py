"""Covariant Lyapunov vectors: the directions that grow with the exponents, at every point of the trajectory."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from premotor.analysis.lyapunov.estimates import block_errors, vector_participation
from premotor.analysis.lyapunov.run import Run
from premotor.analysis.lyapunov.system import Precision, System, in_precision, made
from premotor.analysis.lyapunov.tangent import orthonormalised, push, random_frame
from premotor.errors import PremotorError
from premotor.on_device import PyTree


@dataclass(frozen=True)
class CovariantVectors:
    """Covariant Lyapunov vectors along a trajectory.

    Attributes:
        vectors: of length 1, in columns, at every sample, (samples, n, k).
        states: where they stand, (samples, n).
        growth: ln of the factor by which each grows until the next sample, (samples − 1, k).
        qr_interval: steps between samples.
        dt: time of one step.
    """

    vectors: NDArray[np.floating]
    states: NDArray[np.floating]
    growth: NDArray[np.float64]
    qr_interval: int
    dt: float

    @property
    def exponents(self) -> NDArray[np.float64]:
        """Mean growth rates of the vectors, (k,): the Lyapunov exponents of these samples."""
        return self.growth.mean(0) / (self.qr_interval * self.dt)

    @property
    def standard_errors(self) -> NDArray[np.float64]:
        """Of the exponents, as those of `LyapunovSpectrum`, (k,)."""
        return block_errors(self.growth, np.full(len(self.growth), self.qr_interval), self.dt)

    @property
    def participation(self) -> NDArray[np.float64]:
        """Participation ratio of every vector, mean over the samples, (k,)."""
        return vector_participation(self.vectors).mean(0)

    def angle(self, first: slice, second: slice) -> NDArray[np.float64]:
        """Smallest angle between the spans of two groups of vectors at every sample, rad, (samples,).

        Angles that come near 0 between the stable and the unstable directions tell that the system is not hyperbolic.
        """
        one, two = (np.linalg.qr(self.vectors[:, :, group])[0] for group in (first, second))
        largest = np.linalg.svd(np.swapaxes(one, 1, 2) @ two, compute_uv=False)[:, 0]
        return np.arccos(np.clip(largest, 0.0, 1.0))


def covariant_vectors(
    step: Callable[..., Array],
    state: ArrayLike,
    *,
    exponents: int | None = None,
    steps: int,
    dt: float = 1.0,
    transient: int | None = None,
    frame_transient: int | None = None,
    backward_transient: int | None = None,
    qr_interval: int | None = None,
    parameters: PyTree = None,
    inputs: PyTree = None,
    key: Array | None = None,
    precision: Precision = "float64",
) -> CovariantVectors:
    """Covariant Lyapunov vectors by the backward iteration of Ginelli et al. (2007, Phys. Rev. Lett. 99:130601).

    Forward, the frames and triangles of all QR intervals are kept; backward, a random triangle is drawn through them
    and settles, during `backward_transient` steps after the last sample, to the vectors' coordinates. Memory:
    n · k numbers a sample.

    Args:
        step: the map, as for `lyapunov_spectrum`.
        state: where to start, (n,).
        exponents: number k of leading vectors; all n when None.
        steps: between the first and the last sample; a multiple of `qr_interval`, or cut to one.
        dt: time of one step.
        transient: steps of the state before all else; a tenth of `steps` when None.
        frame_transient: further steps, until the frame has turned to its directions; a tenth of `steps` when None.
        backward_transient: steps after the last sample that the backward iteration needs to settle; a tenth of
            `steps` when None. Neighbouring exponents need some 30 / (λ_i − λ_i+1) units of time.
        qr_interval: steps between two samples; chosen as by `lyapunov_spectrum` when None.
        parameters: handed to `step` first.
        inputs: what drives the map, as for `lyapunov_spectrum`; long enough for the backward transient too.
        key: of `jax.random`; `jax.random.key(0)` when None.
        precision: "float64" or "float32".

    Raises:
        PremotorError: as `lyapunov_spectrum`; or a batch of states; or a map that is not invertible.
    """
    spans = {"transient": transient, "frame_transient": frame_transient, "backward_transient": backward_transient}
    before, settling, after = (steps // 10 if span is None else span for span in spans.values())
    if steps < 1 or min(before, settling, after) < 0 or (qr_interval is not None and qr_interval < 1):
        raise PremotorError("steps and qr_interval must be at least 1, the transients at least 0")
    with in_precision(precision) as dtype:
        total = before + settling + steps + after
        system, parameters, states, batch = made(step, state, parameters, inputs, total, dtype)
        size = states.shape[-1]
        k = size if exponents is None else exponents
        if batch or not 1 <= k <= size:
            raise PremotorError(f"state has shape {np.shape(state)} and exponents is {k}; (n,) and 1 to n are allowed")
        forward, backward = jax.random.split(jax.random.key(0) if key is None else key)
        run = Run.start(system, parameters, states, precision, qr_interval, steps)
        run.move(before)
        run.add_frame(random_frame(forward, size, k, dtype))
        run.measure(settling)
        interval = min(run.choice.interval, steps)
        samples, more = steps // interval, -(-after // interval)
        single = jax.tree.map(lambda x: x[0] if eqx.is_array(x) else x, parameters)
        trajectory, frames, triangles = _recorded(
            system, single, run.states[0], run.frames[0], *run.indices(run.index, interval), samples + more
        )
        random = jnp.triu(jax.random.normal(backward, (k, k), dtype)) + jnp.eye(k, dtype=dtype)
        coordinates, growth = _drawn_back(triangles, random)
        vectors = np.asarray(frames[: samples + 1] @ coordinates[: samples + 1])
        if not np.isfinite(vectors).all():
            raise PremotorError("the covariant vectors are not finite; the map is not invertible or diverges")
        kept = np.asarray(growth[:samples], np.float64)
        return CovariantVectors(vectors, np.asarray(trajectory[: samples + 1]), kept, interval, dt)


@eqx.filter_jit
def _recorded(
    system: System, parameters: PyTree, state: Array, frame: Array, start: Array, interval: Array, count: int
) -> tuple[Array, Array, Array]:
    """States (count + 1, n), frames (count + 1, n, k) and triangles (count, k, k) of `count` intervals."""

    def one(carry: tuple[Array, Array, Array], _: None) -> tuple[tuple[Array, Array, Array], tuple[Array, ...]]:
        state, frame, index = carry

        def along(j: Array, pair: tuple[Array, Array]) -> tuple[Array, Array]:
            return push(system.at(parameters, index + j), *pair)

        state, frame = jax.lax.fori_loop(0, interval, along, (state, frame))
        frame, triangle = orthonormalised(frame)
        return (state, frame, index + interval), (state, frame, triangle)

    _, (states, frames, triangles) = jax.lax.scan(one, (state, frame, start), None, length=count)
    return jnp.concatenate([state[None], states]), jnp.concatenate([frame[None], frames]), triangles


@jax.jit
def _drawn_back(triangles: Array, last: Array) -> tuple[Array, Array]:
    """Coordinates of the vectors in the frames (count + 1, k, k), and ln of their growth to the next (count, k)."""

    def normalised(columns: Array) -> tuple[Array, Array]:
        lengths = jnp.linalg.norm(columns, axis=0)
        return columns / lengths, lengths

    def one(after: Array, triangle: Array) -> tuple[Array, tuple[Array, Array]]:
        here, lengths = normalised(jax.scipy.linalg.solve_triangular(triangle, after))
        return here, (here, -jnp.log(lengths))

    last, _ = normalised(last)
    _, (coordinates, growth) = jax.lax.scan(one, last, triangles, reverse=True)
    return jnp.concatenate([coordinates, last[None]]), growth
