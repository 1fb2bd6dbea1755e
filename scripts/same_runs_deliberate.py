"""Differences that are meant: in which cases, where, and why. Each is in the changelog too."""

import re
from typing import NamedTuple


class Deliberate(NamedTuple):
    """A difference that is meant."""

    case: str
    """Names of the cases, as a regular expression."""
    where: str
    """Places, as `same_runs.py` prints them, as a regular expression."""
    why: str


ROUNDED = "5ddb318"
"""The commit that draws first weights and the noise of exploration by NumPy, which rounds them otherwise (Start)."""

DELIBERATE: tuple[Deliberate, ...] = (
    Deliberate(".*", r".*report\.html:section \d+How to reproduce it", "a methods paragraph stands before it"),
    Deliberate(
        ".*",
        r".*report\.html:section \d+(Against (null models|other networks)|Methods, for a paper)",
        "a section about senses stands before it",
    ),
    Deliberate(".*", r".*\.yaml:agent", "settings need no `agent: spiking` any more; it is read as before"),
    Deliberate(
        "cartpole-stdp-published",
        r".*agent/lessons/control_spikes",
        "gain control of the faithful rule counts over a window",
    ),
    Deliberate("fly.*", r".*reward(/|\.)wobble.*", "a new term of the reward, of weight 0"),
    Deliberate(
        "fly.*", r".*reward(/|\.)(crab|neighbours|diagonals|short_swing).*", "new terms of the reward, of weight 0"
    ),
    Deliberate("fly.*", r".*task\.least_swing", "a new setting, of a term of weight 0"),
    Deliberate(".*", r".*learning\.(critic_first|stagger)", "new settings, null and false"),
    Deliberate(
        ".*", r".*(reward\.(sharpness|contact)|task\.pose_limit|cloning\.expert)", "new settings, without effect"
    ),
    Deliberate("arm.*", r".*task\.(start_range|fall_angle|fall_cost)", "new settings, without effect"),
    Deliberate("arm-original", r".*", "exploration has keras-rl's time step of 0.01"),
    Deliberate("circuits", r"worm/(edge|node)_types\.csv:.*", "SONATA has effectors and what reaches them"),
    Deliberate(
        "cartpole.*|spiking-seeds|sweep-spiking",
        r".*agent/state/(cursor|head|tail|pool_next|pool_time|pool_synapse|scratch_time|scratch_synapse)",
        "the calendar of events has more slots; the spikes are the same",
    ),
    Deliberate("fly-legs", r".*", "the preset learns for longer, with rules between legs"),
    Deliberate("fly-walk-ppo", r".*", "the preset goes on from fly-set-out, which is what it was"),
    Deliberate("bipedal-walk", r".*", "the preset explores less towards the end, and learns for longer"),
    Deliberate("bipedal-expert", r".*", "the preset learns a walk on legs that pass each other"),
    Deliberate("cartpole-stdp", r"again/settings\.yaml:parent", "the parent of a run is the setting `initial`"),
    Deliberate(
        "walk.*|compare",
        r".*\bscore(\]?\..*)?|run/comparison\.json:summary\[\d+\]\.mean",
        "the score of two legs counts only episodes that are a walk",
    ),
    Deliberate(
        "spiking-seeds",
        r"run/(seeds\.json:\[\d+\]\.(wiring|mean)|runs/wiring-\d/settings\.yaml:name)",
        "wirings are members of a comparison, named as these are; comparison.json replaces seeds.json",
    ),
    Deliberate("sweep.*", r"run/sweep\.yaml:kind", "kinds are called control and simulation"),
    Deliberate("sweep-spiking", r"run/sweep\.yaml:score", "of every kind it is `score`, here the mean as ever"),
    Deliberate("sweep-simulate", r"run/sweep\.yaml:episodes", "a simulation has no episodes"),
    Deliberate(
        "transition|spectrum",
        r".*summary\.json:(theory_continuous|theory(\[\d+\])?|groups\.\w+\.(disagreement|crossing).*)",
        "theory is that of the steps taken; where networks disagree is told; an interval of the crossing needs all",
    ),
    Deliberate(
        "transition|spectrum|spectrum-training.*",
        r".*settings\.yaml:(around|learning\.trainable\.budget)",
        "new settings",
    ),
    Deliberate(
        "spectrum-training.*",
        r".*/networks/[\w-]+/checkpoints/.*",
        "a training has one folder of checkpoints; those of a network that is done are not kept",
    ),
)


def reason_for(case: str, where: str) -> str | None:
    """Why a case differs in a place; None where it should not."""
    for one in DELIBERATE:
        if re.fullmatch(one.case, case) and re.fullmatch(one.where, where):
            return one.why
    return None
