"""The compiled loop of the spiking agent: network, decision, task, critic, plasticity, homeostasis, input.

Within a step come, in this order: the network for one step's time, the decision, the task, the critic, plasticity,
(where the episode ended) forgetting of tags and a new start, the log, the input, homeostasis. The network itself runs
on from one episode to the next. `acting` takes the same steps one by one, for any task.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from premotor.compiling import Flags, Floats, Ints, Keys, Shorts, kernel
from premotor.learning.plasticity.critics import Critic, judge
from premotor.networks.spiking.event_driven.events import (
    COUNTED,
    SPIKES,
    State,
    Wiring,
    advance,
    encode,
    set_intervals,
)
from premotor.networks.spiking.event_driven.plasticity import (
    Balance,
    Plastic,
    Tagging,
    control_gain,
    forget,
    normalise_inputs,
    observe,
    reward_synapses,
)
from premotor.networks.spiking.random_numbers import uniform
from premotor.tasks.cartpole import FARTHEST, STEEPEST, cartpole_step

STEP, EPISODE_STEP, EPISODES, TIES, EPISODE_TIES, LOGGED, RASTER, BEGUN, BOOK = range(9)
"""Entries of `World.book`: steps so far, steps of this episode, episodes that ended, undecided moves in all and in
this episode, steps logged, spikes logged, whether an episode is under way."""


DEAD_BAND = 0.01
"""Hz around the target in which windowed gain control changes nothing."""


class Interface(NamedTuple):
    """How the network is joined to its task."""

    edges: Floats
    """Of the receptive fields, see `coding`."""
    first: Ints
    period: float
    """Between two spikes of a driven source, ms."""
    step: float
    """Time of the network in one step of the task, ms."""
    hold: int
    """Steps for which an observation drives the sources."""
    restart: bool
    """Whether every such stretch begins with a spike of each driven source."""
    action: Ints
    """For which action each cell votes, −1 for none, (cells,)."""


class Lessons(NamedTuple):
    """How the network learns while it acts."""

    on: bool
    rule: Tagging
    critic: Critic
    group: Ints
    """Of each plastic synapse, by the cell that it ends on: 1 + the action of a motor cell; 0 for a hidden cell, or 1 +
    actions + its action where it has one, (plastic,)."""
    gain: Floats
    """Part of the reward that each group gets, by action; the last row is for ties: (actions + 1, 1 + 2 actions)."""
    tie_as_drawn: bool
    """Whether a tie counts as the random action that followed it."""
    forget: bool
    """Whether tags are taken away where an episode ends."""
    normalise_every: int
    """Steps; 0: never."""
    balance: Balance
    control_from: int
    """Steps before gain control begins."""
    control_every: int
    """Steps; 0: never."""
    control_change: float
    control_group: Ints
    """Group of each cell under gain control, −1 for none, (cells,)."""
    control_size: Ints
    """Cells of each group."""
    control_target: Floats
    """Hz"""
    control_window: int
    """Decisions over which spikes are counted; 0: since the last control."""
    control_spikes: Ints
    """Spikes of each group within the window, or since the last control; changes."""
    control_history: Ints
    """The same of each decision of the window, a ring, (window, groups); changes."""
    control_seen: Ints
    """Decisions counted since these lessons began, (1,); changes."""
    input_goal: Floats
    """Mean plastic weight onto each cell that normalisation brings back, mV; changes."""


class World(NamedTuple):
    """The task's state and the agent's bookkeeping; all arrays, all change."""

    body: Floats
    """CartPole's state, (4,)."""
    before: Floats
    """The same before the last action."""
    votes: Ints
    """(actions,)"""
    interval: Floats
    """Of the sources, ms."""
    book: Ints
    key: Keys
    """Of the random actions, (1,) uint64."""


class Log(NamedTuple):
    """What is kept; an array of length 0 keeps nothing."""

    length: Ints
    """Steps of each episode, (episodes,)."""
    undecided: Ints
    """Undecided moves of each episode, (episodes,)."""
    centred: Floats
    """Sum over the steps of each episode of 1 − ½ (x / 2.4 m)² − ½ (θ / 12°)², (episodes,)."""
    action: NDArray[np.int8]
    """(steps,)"""
    tie: Flags
    reward: Floats
    observation: Floats
    """Before the action, (steps, 4)."""
    counts: NDArray[np.uint8]
    """Spikes of every cell, (steps, cells)."""
    raster_time: Floats
    """ms"""
    raster_cell: Shorts


@kernel
def copy(values: Floats, into: Floats) -> None:
    """Copy one vector into another."""
    for place in range(len(into)):
        into[place] = values[place]


@kernel
def decide(state: State, interface: Interface, world: World) -> int:
    """Count the step's votes: the action with most spikes, −1 for a tie."""
    votes, action, cells = world.votes, interface.action, state.spike_cell
    votes[:] = 0
    for place in range(state.cursor[COUNTED], state.cursor[SPIKES]):
        choice = action[cells[place]]
        if choice >= 0:
            votes[choice] += 1
    best, ties = 0, 1
    for choice in range(1, len(votes)):
        if votes[choice] > votes[best]:
            best, ties = choice, 1
        elif votes[choice] == votes[best]:
            ties += 1
    return best if ties == 1 else -1


@kernel
def keep_house(plastic: Plastic, lessons: Lessons, weight: Floats, step: int, seconds: float) -> None:
    """Homeostasis after a step of the task; `seconds` is how long a step is."""
    if lessons.control_window == 0 and lessons.control_every > 0 and step % lessons.control_every == 0:
        change = lessons.control_change if step >= lessons.control_from else 0.0
        move_goals(lessons, seconds * lessons.control_every, change, 0.0)
        lessons.control_spikes[:] = 0
    if lessons.normalise_every > 0 and step % lessons.normalise_every == 0:
        normalise_inputs(plastic, weight, lessons.input_goal)


@kernel
def move_goals(lessons: Lessons, seconds: float, change: float, band: float) -> None:
    """Gain control by the spikes that were counted in `seconds`."""
    control_gain(
        lessons.input_goal,
        lessons.control_group,
        lessons.control_spikes,
        lessons.control_size,
        lessons.control_target,
        seconds,
        change,
        band,
    )


@kernel
def count_groups(state: State, lessons: Lessons, seconds: float) -> None:
    """Count the spikes of a step of `seconds` for gain control, which acts at once where it has a window.

    The window's control follows the original program: with the decision after every `control_every`-th, once the
    window is full.
    """
    spikes, window = lessons.control_spikes, lessons.control_window
    row = lessons.control_seen[0] % window if window > 0 else 0
    if window > 0:
        for group in range(len(spikes)):
            spikes[group] -= lessons.control_history[row, group]
            lessons.control_history[row, group] = 0
    for place in range(state.cursor[COUNTED], state.cursor[SPIKES]):
        group = lessons.control_group[state.spike_cell[place]]
        if group >= 0:
            spikes[group] += 1
            if window > 0:
                lessons.control_history[row, group] += 1
    if window > 0:
        seen = lessons.control_seen[0] + 1
        lessons.control_seen[0] = seen
        due = lessons.control_every > 0 and (seen - 1) % lessons.control_every == 0
        if due and seen >= max(window, lessons.control_from):
            move_goals(lessons, seconds * window, lessons.control_change, DEAD_BAND)


@kernel
def reinforce(
    plastic: Plastic, lessons: Lessons, state: State, action: int, tie: bool, reward: float, t: float
) -> None:
    """Change the weights by the reward of an action at time `t` (ms)."""
    row = len(lessons.gain) - 1 if tie and not lessons.tie_as_drawn else action
    reward_synapses(plastic, lessons.rule, state.weight, lessons.group, lessons.gain[row], lessons.balance, reward, t)


@kernel
def write_log(log: Log, state: State, world: World, action: int, tie: bool, reward: float) -> None:
    """Log a step."""
    book = world.book
    place = book[LOGGED]
    if place < len(log.action):
        log.action[place] = action
        log.tie[place] = tie
        log.reward[place] = reward
        for variable in range(len(world.before)):
            log.observation[place, variable] = world.before[variable]
    if place < len(log.counts):
        log.counts[place, :] = 0
        for number in range(state.cursor[COUNTED], state.cursor[SPIKES]):
            log.counts[place, state.spike_cell[number]] += 1
    if len(log.raster_time):
        for number in range(state.cursor[COUNTED], state.cursor[SPIKES]):
            log.raster_time[book[RASTER]] = state.spike_time[number]
            log.raster_cell[book[RASTER]] = state.spike_cell[number]
            book[RASTER] += 1
    book[LOGGED] += 1


@kernel
def encode_observation(state: State, interface: Interface, world: World, observation: Floats) -> None:
    """Let an observation (variables,) drive the sources from now on."""
    copy(observation, world.body)
    encode(observation, interface.edges, interface.first, interface.period, world.interval)
    set_intervals(state, world.interval, world.book[STEP] * interface.step, interface.restart)


@kernel
def select_action(wiring: Wiring, state: State, interface: Interface, world: World) -> int:
    """Run the network for one step; the action, or −1 − the random one after a tie."""
    book = world.book
    advance(wiring, state, (book[STEP] + 1) * interface.step)
    action = decide(state, interface, world)
    if action >= 0:
        return action
    book[TIES] += 1
    book[EPISODE_TIES] += 1
    return -1 - int(uniform(world.key[0], book[STEP]) * len(world.votes))


@kernel
def learn_from(
    state: State,
    plastic: Plastic,
    interface: Interface,
    lessons: Lessons,
    world: World,
    action: int,
    tie: bool,
    reward: float,
    end: bool,
) -> None:
    """End a step: learn from its reward (within ±1), and count it; `end` says that the episode is over."""
    book = world.book
    t = (book[STEP] + 1) * interface.step
    if lessons.on:
        count_groups(state, lessons, interface.step / 1000.0)
        observe(plastic, lessons.rule, state, t)
        if reward != 0.0:
            reinforce(plastic, lessons, state, action, tie, reward, t)
        if end and lessons.forget:
            forget(plastic)
    else:
        state.cursor[SPIKES] = state.cursor[COUNTED] = 0
    book[STEP] += 1
    book[EPISODE_STEP] += 1


@kernel
def balance_pole(
    wiring: Wiring,
    state: State,
    plastic: Plastic,
    interface: Interface,
    lessons: Lessons,
    world: World,
    log: Log,
    starts: Floats,
    steps: int,
    longest: int,
) -> None:
    """Act in CartPole until the log of episodes or the start states are used up, or `steps` have been made.

    Args:
        wiring: of the network.
        state: of the network.
        plastic: its plastic synapses.
        interface: to the task.
        lessons: how it learns.
        world: the task's state.
        log: what is kept; `log.length` says how many episodes.
        starts: start states, (episodes, 4); episode k starts at row k, unless it is under way already.
        steps: in all, counted from the world's beginning.
        longest: steps after which an episode is cut.
    """
    book, body, before = world.book, world.body, world.before
    if book[BEGUN] == 0:
        encode_observation(state, interface, world, starts[0])
        book[BEGUN] = 1
    while book[STEP] < steps and book[EPISODES] < len(log.length):
        choice = select_action(wiring, state, interface, world)
        tie, action = choice < 0, choice if choice >= 0 else -1 - choice
        copy(body, before)
        fell = cartpole_step(body, action)
        reward = judge(lessons.critic, before, action, tie, body, fell)
        ended = fell or book[EPISODE_STEP] + 1 >= longest
        log.centred[book[EPISODES]] += 1.0 - 0.5 * (body[0] / FARTHEST) ** 2 - 0.5 * (body[2] / STEEPEST) ** 2
        write_log(log, state, world, action, tie, reward)
        learn_from(state, plastic, interface, lessons, world, action, tie, reward, ended)
        if ended:
            log.length[book[EPISODES]] = book[EPISODE_STEP]
            log.undecided[book[EPISODES]] = book[EPISODE_TIES]
            book[EPISODES] += 1
            book[EPISODE_STEP] = book[EPISODE_TIES] = 0
            if book[EPISODES] < len(starts):
                copy(starts[book[EPISODES]], body)
            else:
                book[BEGUN] = 0
        if book[EPISODE_STEP] % interface.hold == 0:
            encode_observation(state, interface, world, body)
        if lessons.on:
            keep_house(plastic, lessons, state.weight, book[STEP], interface.step / 1000.0)
