"""What may learn, by name: from everything to nothing but one scale, each as settings put over an experiment's own."""

import re
from collections.abc import Callable

from premotor.errors import PremotorError
from premotor.networks import is_baseline
from premotor.networks.settings import NETWORKS, CellTypeSettings, RateNetworkSettings
from premotor.registry import Registry
from premotor.runs.kinds import kind_of
from premotor.runs.settings import Experiment, RunSettings
from premotor.runs.spiking.settings import CircuitWiring, SpikingExperiment, WiringSettings

Rule = Callable[..., dict[str, object]]
LEARNS: Registry[Rule] = Registry("rule of what may learn", {})
"""What may learn by name; an entry is a function of settings (and, as ``budget(100)``, of a number) that returns
overrides by dotted key, or refuses settings that it can not be had with."""

_WRITTEN = re.compile(r"([a-z][\w-]*)(?:\((\d+)\))?")
_USUAL = {"magnitudes": 20.0, "gains": 5.0, "biases": 5.0, "time_constants": 5.0}
"""Step sizes of what the experiment itself holds fixed; in networks by cell type 1."""


def overrides(settings: RunSettings, name: str) -> dict[str, object]:
    """What to put over the settings of an experiment so that nothing else learns than a rule says.

    Args:
        settings: of an experiment, with its wiring or baseline in place already.
        name: of one of `LEARNS`, as ``maps`` or ``budget(100)``.

    Returns:
        Values by dotted key, as `load_settings` takes them.

    Raises:
        PremotorError: there is no such rule, or this experiment can not have it.
    """
    rule, number = _parsed(name)
    make = LEARNS[rule]
    return make(settings) if number is None else make(settings, number)


def known_rule(name: str) -> str:
    """The name itself.

    Raises:
        PremotorError: there is no such rule, or it lacks its number.
    """
    LEARNS.known(_parsed(name)[0])
    return name


def _parsed(name: str) -> tuple[str, int | None]:
    """A rule and its number: budget(100)."""
    written = _WRITTEN.fullmatch(name.strip())
    rule = written[1] if written else name
    number = None if written is None or written[2] is None else int(written[2])
    if (rule == "budget") != (number is not None):
        wanted = "budget takes a number, as in budget(100)" if rule == "budget" else f"{rule} takes no number"
        raise PremotorError(f"what may learn is {name!r}, but {wanted}")
    return rule, number


@LEARNS.register("given")
def given(settings: RunSettings) -> dict[str, object]:
    """What the experiment's own settings say."""
    return {}


@LEARNS.register("everything")
def everything(settings: RunSettings) -> dict[str, object]:
    """The maps and all parameters of the network; of a spiking network all synapses, inhibitory ones too."""
    if isinstance(settings, SpikingExperiment):
        return _plastic(settings, lambda wiring, pre, post: True, "all")
    chosen = _control(settings, "everything")
    if is_baseline(chosen.network.kind):
        return {**_units(chosen, True), **_maps(chosen)}
    _rates(settings, "everything")
    return {**_network(chosen, *_USUAL), **_maps(chosen)}


@LEARNS.register("readout")
def readout(settings: RunSettings) -> dict[str, object]:
    """The output map alone, as in an echo state network (Jaeger 2001); of spiking ones excitation of outputs."""
    if isinstance(settings, SpikingExperiment):
        return _plastic(settings, lambda wiring, pre, post: post in wiring.voting, "outputs")
    return _reservoir(settings, "readout", False)


@LEARNS.register("maps")
def maps(settings: RunSettings) -> dict[str, object]:
    """The maps alone: the circuit is a reservoir. Of spiking ones excitation by inputs and of outputs."""
    if isinstance(settings, SpikingExperiment):
        return _plastic(settings, lambda wiring, pre, post: pre == wiring.inputs or post in wiring.voting, "maps")
    return _reservoir(settings, "maps", True)


@LEARNS.register("magnitudes")
def magnitudes(settings: RunSettings) -> dict[str, object]:
    """The magnitudes of synapses and gap junctions alone; the maps stay random, or anatomical."""
    chosen = _rates(settings, "magnitudes")
    return {**_network(chosen, "magnitudes"), **_fixed(chosen)}


@LEARNS.register("types")
def types(settings: RunSettings) -> dict[str, object]:
    """Gains, biases and time constants, one of each a cell type, and the four global strengths; the maps are fixed."""
    chosen = _rates(settings, "types")
    network = chosen.network
    if network.kind == "cell-types":
        return {**_network(chosen, "gains", "biases", "time_constants"), **_fixed(chosen)}
    if network.kind != "rate":
        raise PremotorError(
            f"what may learn is 'types', but the network is of the kind {network.kind}; rate or cell-types is needed"
        )
    shared = set(RateNetworkSettings.model_fields) - {"kind", "learning_rates", "groups", "initial"}
    made = network.model_dump(mode="json", include=shared) | {"kind": "cell-types", "types": None, "neuromuscular": 1.0}
    low, high = CellTypeSettings().time_constants
    made["time_constants"] = [min(low, network.time_constant), max(high, network.time_constant)]
    return {f"network.{key}": value for key, value in made.items()} | _fixed(chosen)


@LEARNS.register("scale")
def scale(settings: RunSettings) -> dict[str, object]:
    """One number: a factor of all chemical synapses. The maps are fixed."""
    return _shared(settings, "scale", 1)


@LEARNS.register("budget")
def budget(settings: RunSettings, number: int) -> dict[str, object]:
    """So many numbers: factors, each of one of as many equal random groups of chemical synapses. The maps are fixed."""
    if number < 1:
        raise PremotorError(f"what may learn is 'budget({number})'; at least budget(1) is needed")
    return _shared(settings, "budget", number)


def _control(settings: RunSettings, rule: str) -> Experiment:
    """The same settings; refuse those of another kind than control."""
    if isinstance(settings, Experiment):
        return settings
    kind = kind_of(settings).name
    known = "given, everything, readout, maps" if kind == "spiking" else "given"
    raise PremotorError(
        f"what may learn is {rule!r}, which an experiment of the kind {kind} can not have; it can have {known}"
    )


def _rates(settings: RunSettings, rule: str) -> Experiment:
    """The same settings; refuse a network without the step sizes of a rate network."""
    chosen = _control(settings, rule)
    kind = chosen.network.kind
    if not hasattr(chosen.network, "learning_rates"):
        wired = not is_baseline(kind)
        known = ", ".join(name for name in NETWORKS if not is_baseline(name)) if wired else "given, everything, maps"
        what = "whose step sizes are its own; networks that can are" if wired else "which has no synapses; it can have"
        raise PremotorError(f"what may learn is {rule!r}, but the network is of the kind {kind}, {what} {known}")
    return chosen


def _network(settings: Experiment, *learn: str) -> dict[str, object]:
    """Step sizes: as the experiment has them where the kind learns in it, 0 for all other kinds than `learn`."""
    network = settings.network
    rates = network.learning_rates
    usual = dict.fromkeys(_USUAL, 1.0) if network.kind == "cell-types" else dict(_USUAL)
    if network.kind == "layered":
        usual["time_constants"] = 0.0  # it has none
    return {
        f"network.learning_rates.{kind}": (getattr(rates, kind) or usual[kind]) if kind in learn else 0.0
        for kind in _USUAL
    } | ({"network.groups": None} if network.groups is not None else {})


def _maps(settings: Experiment, inputs: bool = True) -> dict[str, object]:
    """Maps that learn as the experiment has them, or with the usual step."""
    chosen = settings.maps
    if chosen.muscles is not None:
        return {}
    return {
        "maps.input_rate": (chosen.input_rate or 1.0) if inputs else 0.0,
        "maps.output_rate": chosen.output_rate or 1.0,
    }


def _units(settings: Experiment, learn: bool) -> dict[str, object]:
    """The step size of a baseline's own weights, where it has some."""
    rate = settings.network.model_dump().get("rate")
    return {} if rate is None else {"network.rate": (rate or 1.0) if learn else 0.0}


def _fixed(settings: Experiment) -> dict[str, object]:
    return {} if settings.maps.muscles is not None else {"maps.input_rate": 0.0, "maps.output_rate": 0.0}


def _reservoir(settings: RunSettings, rule: str, inputs: bool) -> dict[str, object]:
    chosen = _control(settings, rule)
    if chosen.maps.muscles is not None:
        raise PremotorError(
            f"what may learn is {rule!r}, but maps.muscles are the circuit's own synapses onto muscles and declared "
            "senses, none of which learns; magnitudes, types, scale and budget(n) are there"
        )
    if is_baseline(chosen.network.kind):
        return {**_units(chosen, False), **_maps(chosen, inputs)}
    _rates(settings, rule)
    return {**_network(chosen), **_maps(chosen, inputs)}


def _shared(settings: RunSettings, rule: str, groups: int) -> dict[str, object]:
    chosen = _rates(settings, rule)
    factors = {
        "network.groups": groups,
        "network.learning_rates.factors": chosen.network.learning_rates.factors or 1.0,
    }
    return {**_network(chosen), **factors, **_fixed(chosen)}


def _plastic(
    settings: SpikingExperiment, learns: Callable[[WiringSettings, str, str], bool], circuit: str
) -> dict[str, object]:
    """Which synapses of a spiking network learn: of a circuit by a word, of random wiring by projection."""
    wiring = settings.wiring
    if isinstance(wiring, CircuitWiring):
        return {"wiring.plastic": circuit}
    found: dict[str, object] = {}
    for name, projection in wiring.projections.items():
        pre, _, post = name.partition("-")
        for receptor, synapse in projection.synapses.items():
            wanted = learns(wiring, pre, post) and not receptor.startswith("NM")  # the slow part never learns
            wanted &= circuit == "all" or not projection.inhibits
            if synapse.plastic != wanted:
                found[f"wiring.projections.{name}.synapses.{receptor}.plastic"] = wanted
    return found
