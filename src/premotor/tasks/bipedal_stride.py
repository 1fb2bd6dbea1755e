"""A stride of BipedalWalker in which the legs pass each other, from the walker that comes with Gymnasium.

Gymnasium's own hand-written controller (`BipedalWalkerHeuristics`: one leg carries while the other swings, then they
change) walks with alternating legs, but unevenly, and falls in most episodes. The mean over the strides of those that
do not fall, with what either leg does counted for both, is an even stride, which an expert can learn by imitation.
"""

from typing import NamedTuple

import numpy as np

from premotor.errors import PremotorError
from premotor.settings import note
from premotor.tasks.bipedal_environment import FALL
from premotor.tasks.bipedal_reference import (
    ANGLES,
    CONTACTS,
    FORWARD,
    FRAMES_PER_SECOND,
    KNEE_OFFSET,
    RATES,
    SAMPLES,
    SPEED_SCALE,
    TOP_SPEEDS,
    BipedalReference,
    Motion,
    motion_of,
)

EPISODES = 60
"""Of the hand-written walker, by seeds 0, 1, …; a third of them end without a fall."""
BEGINNING = 100
"""Control steps at the start of an episode that are left out."""
PERIODS = (45, 80)
"""Shortest and longest stride that counts, control steps; outside of them a leg has stumbled."""
HARMONICS = 6
"""Of the stride that are kept of the joint angles."""
SECONDS = 13
"""Length of the reference that repeats the stride."""


class _Half(NamedTuple):
    """What one leg does over a stride, (strides, samples, 3): hip, knee (rad), contact; periods (s); speeds (m/s)."""

    leg: np.ndarray
    period: np.ndarray
    speed: np.ndarray


def make_bipedal_stride(episodes: int = EPISODES) -> BipedalReference:
    """The even stride, repeated; without actions, since nobody has walked it.

    Args:
        episodes: of the hand-written walker, by seeds 0, 1, ….

    Raises:
        PremotorError: no stride in these episodes.
    """
    walks = [motion for motion in map(_episode, range(episodes)) if motion is not None]
    strides = [part for motion in walks for part in _strides(motion)]
    if not strides:
        raise PremotorError(f"in none of {episodes} episodes did Gymnasium's own walker get to the end")
    halves = _Half(*(np.concatenate(part) for part in zip(*strides, strict=True)))
    note(f"the mean of {len(halves.period)} strides, of the {len(walks)} of {episodes} episodes without a fall")
    mean, period, speed = halves.leg.mean(0), float(halves.period.mean()), float(halves.speed.mean())
    waves = np.fft.rfft(mean[:, :2], axis=0)
    waves[HARMONICS + 1 :] = 0
    smooth = np.fft.irfft(waves, SAMPLES, axis=0)
    landing = int(np.argmax(np.diff(mean[:, 2] > 0.5, prepend=mean[-1, 2] > 0.5) & (mean[:, 2] > 0.5)))
    phase = np.arange(round(SECONDS * FRAMES_PER_SECOND)) / FRAMES_PER_SECOND / period + landing / SAMPLES
    seen = np.zeros((len(phase), 24))
    grid = np.arange(SAMPLES + 1) / SAMPLES
    for leg, shift in enumerate((0.0, 0.5)):
        place = np.mod(phase + shift, 1.0)
        for joint in range(2):
            angle = np.interp(place, grid, np.append(smooth[:, joint], smooth[0, joint]))
            column = 2 * leg + joint
            seen[:, ANGLES[column]] = angle + KNEE_OFFSET[column]
            seen[:, RATES[column]] = np.gradient(angle) * FRAMES_PER_SECOND / TOP_SPEEDS[column]
        seen[:, CONTACTS[leg]] = np.interp(place, grid, np.append(mean[:, 2], mean[0, 2])) > 0.5
    seen[:, FORWARD] = speed * SPEED_SCALE
    return BipedalReference(seen, np.zeros((len(phase), 4)))


def _episode(seed: int) -> Motion | None:
    """The motion of the hand-written walker in an episode; None where it fell."""
    import gymnasium
    from gymnasium.envs.box2d.bipedal_walker import BipedalWalkerHeuristics

    environment = gymnasium.make("BipedalWalker-v3")
    walker, action = BipedalWalkerHeuristics(), np.zeros(4)
    environment.reset(seed=seed)
    rows = []
    ended = cut = fallen = False
    while not (ended or cut):
        observation, reward, ended, cut, _ = environment.step(action)
        fallen = ended and float(reward) <= FALL
        rows.append(observation)
        action = np.array(walker.step_heuristic(observation))
    environment.close()
    return None if fallen else motion_of(np.array(rows))


def _strides(motion: Motion) -> list[_Half]:
    """What each leg does from one time it passes the other on the way forward to the next."""
    found = []
    apart = motion.angles[:, 0] - motion.angles[:, 2]
    for leg, ahead in enumerate((apart, -apart)):
        passing = np.flatnonzero((ahead[1:] > 0) & (ahead[:-1] <= 0)) + 1
        kept: list[int] = []
        for step in passing[passing > BEGINNING].tolist():  # legs may touch in passing, and pass twice
            if not kept or step - kept[-1] >= 35:
                kept.append(step)
        pieces = [(a, b) for a, b in zip(kept[:-1], kept[1:], strict=True) if PERIODS[0] <= b - a <= PERIODS[1]]
        if not pieces:
            continue
        own = np.column_stack([motion.angles[:, 2 * leg : 2 * leg + 2], motion.contacts[:, leg]])
        found.append(
            _Half(
                np.stack([_resampled(own[a : b + 1]) for a, b in pieces]),
                np.array([b - a for a, b in pieces]) / FRAMES_PER_SECOND,
                np.array([motion.speed[a:b].mean() for a, b in pieces]),
            )
        )
    return found


def _resampled(rows: np.ndarray) -> np.ndarray:
    """A stride at `SAMPLES` equal phases."""
    grid = np.arange(SAMPLES) / SAMPLES * (len(rows) - 1)
    return np.stack([np.interp(grid, np.arange(len(rows)), column) for column in rows.T], axis=1)
