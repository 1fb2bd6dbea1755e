"""Settings of a run of the program of Hasegan et al. (2022), in words of ours; what has no counterpart is listed."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from premotor.errors import PremotorError
from premotor.networks.spiking.event_driven.random_settings import NETWORKS

MODES = ("all", "motor", "chosen", "opposed")
"""By `targetedRL`."""
CELL_KEYS = {
    "RMP": "resting_potential",
    "VTH": "threshold",
    "Vblock": "block",
    "refrac": "refractory",
    "ahpwt": "ahp_step",
    "tauahp": "ahp_time_constant",
    "RRWght": "threshold_rise",
    "tauRR": "rise_time_constant",
}
TAUS = ("tauAM", "tauNM", "tauGA", "tauAM2", "tauNM2", "tauGA2")
RECEPTORS = ("AM", "NM", "GA", "AM2", "NM2", "GA2")
SILENT = (
    *("verbose", "sim.verbose", "sim.record", "sim.normalizeInPrint", "sim.normalizeVerbose", "sim.doquit", "sim.do"),
    *("sim.save", "sim.plot", "sim.outdir", "sim.duration", "net.synMechParams", "net.synToMech", "env.savemp4"),
    *("env.render", "env.episodes", "observationsToKeep", "rewardsToKeep", "simtype", "moves", "ES.eval", "ES.save"),
    "STDP-RL.AMPA.verbose",
)
"""Keys, and beginnings of keys, that change nothing that a network does."""


class Translated(NamedTuple):
    """Settings of ours, and what they leave out."""

    settings: dict[str, Any]
    order: tuple[str, ...]
    """Populations in the order in which the program numbers their cells."""
    sizes: tuple[int, ...]
    left: tuple[str, ...]
    """Settings of the program without a counterpart, as ``key = value``."""


class _Read:
    """A configuration that remembers which of its keys were asked for."""

    def __init__(self, data: Mapping[str, object], file: str):
        self.data, self.file, self.used = data, file, set[str]()

    def get(self, key: str, default: object = None) -> Any:
        """The value of a dotted key; PremotorError where it is missing and has no default."""
        value: object = self.data
        self.used.add(key)
        for part in key.split("."):
            if not isinstance(value, Mapping) or part not in value:
                if default is None:
                    raise PremotorError(f"{self.file} has no {key}; it is no configuration of the CartPole model")
                return default
            value = value[part]
        return value

    def left(self) -> Iterator[str]:
        """What was never asked for and is not off."""
        for key, value in _leaves(self.data):
            asked = any(f"{key}.".startswith(f"{used}.") for used in self.used)
            if not asked and not any(key.startswith(word) for word in SILENT) and value not in (0, False, None, ""):
                yield f"{key} = {value}"


def translated(data: object, file: str, evolved: bool) -> Translated:
    """Settings of ours from a configuration of the program.

    Args:
        data: the configuration, as its JSON file holds it.
        file: its name, for errors.
        evolved: whether the run was one of evolution.

    Raises:
        PremotorError: something is missing, or of a kind that the model here does not have.
    """
    if not isinstance(data, Mapping):
        raise PremotorError(f"{file} holds {type(data).__name__}, but should hold an object")
    read = _Read(data, file)
    for key in ("net.ECellModel", "net.ICellModel"):
        if read.get(key) != "INTF7":
            raise PremotorError(f"{file}: {key} is {read.get(key)!r}; only INTF7 has a counterpart")
    pops, scale = read.get("net.allpops"), float(read.get("net.scale", 1))
    sizes = {str(name): int(size * scale) for name, size in pops.items()}
    gain = read.get("net.Gain")
    rule = read.get("STDP-RL.AMPA")
    tags = {
        "hebbian": gain["EE"] * rule["RLhebbwt"],
        "anti_hebbian": -gain["EE"] * rule["RLantiwt"],
        "hebbian_length": rule["RLlenhebb"],
        "anti_hebbian_length": rule["RLlenanti"],
        "longest": rule["RLwindhebb"],
        "exponential": bool(rule["useRLexp"]),
        "highest": gain["EE"] * rule["wmax"],
        "soft": bool(rule.get("softthresh", 0)),
    }
    if rule.get("STDPon"):
        tags |= {"stdp_hebbian": gain["EE"] * rule["hebbwt"], "stdp_anti_hebbian": -gain["EE"] * rule["antiwt"]}
        tags |= {"stdp_length": rule["tauhebb"], "stdp_anti_length": rule["tauanti"]}
    mode = MODES[int(read.get("sim.targetedRL", 0))]
    targeting = {
        "mode": mode,
        "chosen": read.get("sim.targetedRLMainFctr", 1.0),
        "other": -read.get("sim.targetedRLOppFctr", 1.0),
        "hidden": read.get("sim.targetedRLDscntFctr", 1.0) if read.get("sim.targetedNonEM", 0) else 0.0,
    }
    critic = {"kind": "balance"} | {
        ours: read.get(f"critic.{theirs}")
        for theirs, ours in (("total_gain", "gain"), ("max_reward", "highest"), ("posRewardBias", "positive_bias"))
    }
    critic["spin_weight"] = read.get("critic.angv_bias", 0.7)
    critic["negative_bias"] = read.get("critic.negRewardBias", 1.0)
    critic["clear_flips"] = bool(read.get("critic.clear_flips", 0))
    biases = read.get("critic.biases", {})
    if biases:
        critic["biases"] = tuple(biases.get(name, 1.0) for name in ("loc", "vel", "ang", "angv"))
    if read.get("critic.modulation.type", "") == "linear":
        critic["modulation"] = int(read.get("critic.modulation.steps"))
    targets = read.get("net.popTargetFreq", {})
    homeostasis = {
        "normalise_every": read.get("sim.normalizeInStepSize", 25) if read.get("sim.normalizeSynInputs", 0) else 0,
        "balance": "outputs" if read.get("sim.normalizeByOutputBalancing", 0) else "none",
        "balance_limits": tuple(read.get("sim.normalizeOutBalMinMax", [0.1, 2.0])),
        "control_every": (
            read.get("sim.normalizeByGainControlEvery", 75) if read.get("sim.normalizeByGainControl", 0) else 0
        ),
        "control_from": read.get("sim.normalizeByGainControlSteps", 500),
        "control_change": read.get("sim.normalizeByGainControlValue", 1e-4),
    }
    voting = list(read.get("pop_to_moves"))
    homeostasis["hidden_rate"] = targets.get("EA", 5.5)
    homeostasis["motor_rate"] = targets.get(voting[0], 6.0)
    settings: dict[str, object] = {
        "kind": "spiking",
        "name": "imported",
        "task": _task(read),
        "wiring": _wiring(read, sizes, gain, voting),
        "interface": {
            "fields": [_field(one, file) for one in read.get("env.observation_map")],
            "rate": read.get("net.InputMaxRate", 50.0),
            "step": read.get("sim.tstepPerAction", 50),
            "hold": read.get("actionsPerPlay", 1),
        },
        "plasticity": {
            "faithful": True,
            "tags": tags,
            "targeting": targeting,
            "critic": critic,
            "homeostasis": homeostasis,
            "forget": bool(read.get("sim.resetEligTrace", 0)),
        },
        "learning": _learning(read) if evolved else {"kind": "plasticity", **_length(read)},
    }
    for rule_of, on in (("AMPAI", read.get("net.STDPconns.EI", 0)), ("NMDA", read.get("STDP-RL.NMDA.RLon", 0))):
        if not on:  # of synapses that do not learn
            read.used.add(f"STDP-RL.{rule_of}")
    if read.get("net.noiseDamping", {}) == {"E": 0, "I": 0}:  # what its weights are multiplied by
        read.used.add("noise")
    return Translated(settings, tuple(sizes), tuple(sizes.values()), tuple(read.left()))


def _leaves(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{prefix}.{key}".lstrip("."))
    else:
        yield prefix, value


def _task(read: _Read) -> dict[str, object]:
    name = str(read.get("env.name"))
    return {"kind": "cartpole"} if name.startswith("CartPole") else {"kind": "gymnasium", "id": name}


def _field(one: Mapping[str, Any], file: str) -> dict[str, object]:
    if one.get("type") != "rf_normal":
        raise PremotorError(
            f"{file}: env.observation_map has the type {one.get('type')!r}; only rf_normal is brought over"
        )
    return {"kind": "normal", "bins": int(one["bins"]), "mean": one["mean"], "deviation": one["std"]}


def _learning(read: _Read) -> dict[str, object]:
    strategy = {"kind": "multiplicative", "population": read.get("ES.population_size"), "sigma": read.get("ES.sigma")}
    strategy["learning_rate"] = read.get("ES.learning_rate", 1.0)
    for key in ("ES.decay_lr", "ES.decay_sigma"):  # 1: none
        if read.get(key, 1.0) == 1.0:
            continue
        read.used.discard(key)
    episodes = int(read.get("ES.episodes_per_iter", 1))
    return {
        "kind": "evolution",
        "iterations": int(read.get("ES.iterations")),
        "episodes": episodes,
        "same_starts": True,
        "strategy": strategy,
    }


def _length(read: _Read) -> dict[str, object]:
    read.used.add("ES")
    steps = 1000.0 * float(read.get("sim.duration")) / float(read.get("sim.tstepPerAction", 50))
    return {"steps": max(1, round(min(steps, 1e9))), "episodes": 1_000_000}


def _wiring(read: _Read, sizes: Mapping[str, int], gain: Mapping[str, float], voting: list[str]) -> dict[str, object]:
    learns = bool(read.get("net.STDPconns.EE", 0)) and bool(read.get("STDP-RL.AMPA.RLon", 1))
    spread, slow = read.get("net.weightVar", 0.0), not read.get("net.deactivateNMDA", 0)
    projections = {}
    for pre, posts in read.get("net.cmat").items():
        for post, entry in posts.items():
            count = int(entry["conv"] if "conv" in entry else entry.get("p", 0) * sizes[pre])
            if count < 1:
                continue
            synapses = {}
            for receptor in (name for name in RECEPTORS if name in entry and (slow or not name.startswith("NM"))):
                plastic = learns and receptor == "AM2" and pre[0] == post[0] == "E"
                synapse = {"weight": round(entry[receptor] * gain[pre[0] + post[0]], 12)}
                synapses[receptor] = synapse | ({"spread": spread, "plastic": True} if plastic else {})
            projections[f"{pre}-{post}"] = {"convergence": count, "synapses": synapses}
    kinds = {name: "E" if name.startswith("E") else "IL" if "L" in name else "I" for name in sizes}
    wiring: dict[str, object] = {
        "kind": "random",
        "seed": int(read.get("sim.seeds.conn", 0)),
        "populations": {name: {"size": size, "cell": kinds[name]} for name, size in sizes.items()},
        "projections": projections,
        "cells": {
            kind: {ours: read.get(f"cell.{kind}.{theirs}") for theirs, ours in CELL_KEYS.items()}
            | {"receptor_time_constants": tuple(read.get(f"cell.{kind}.{tau}") for tau in TAUS)}
            for kind in sorted(set(kinds.values()))
        },
        "inputs": read.get("net.inputPop"),
        "outputs": voting[0] if len(voting) == 1 else tuple(voting),
        "stimulus": {"weight": read.get("net.stimModW", 35.0), "delay": tuple(read.get("net.delays.STIMMOD"))},
        "delays": {
            receptor: tuple(read.get("net.delays.soma2" if receptor == "GA2" else "net.delays.soma"))
            for receptor in RECEPTORS
        },
    }
    read.used.add("net.delays.dend")  # of cells with dendrites
    base = NETWORKS["hasegan2022"]
    if list(base["populations"]) != list(sizes):
        return {"base": None, **wiring}
    return wiring | {"projections": dict.fromkeys(base["projections"].keys() - projections.keys()) | projections}
