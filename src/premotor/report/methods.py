"""What a paper has to say about a run: a methods paragraph with its numbers filled in, and what to cite."""

from abc import abstractmethod
from typing import Any

from premotor.report.dynamics import DynamicsRecord
from premotor.report.page import Block, Code, Section, Text, count, decimal, large
from premotor.report.reading import RunRecord
from premotor.report.sections import SECTIONS, Record, ReportSection
from premotor.report.spiking.record import SpikingRecord

LEARNERS = {
    "ppo": ("proximal policy optimisation", "Schulman et al. 2017, arXiv:1707.06347"),
    "ddpg": ("deep deterministic policy gradients", "Lillicrap et al. 2016, arXiv:1509.02971"),
    "td3": ("twin delayed deterministic policy gradients", "Fujimoto et al. 2018, arXiv:1802.09477"),
    "sac": ("the soft actor-critic", "Haarnoja et al. 2018, arXiv:1801.01290"),
    "cloning": ("imitation of recorded actions", ""),
}
STRATEGIES = {
    "mirrored": ("an evolution strategy with mirrored samples", "Salimans et al. 2017, arXiv:1703.03864"),
    "evosax": ("evolution", "Lange 2022, evosax, arXiv:2212.04180"),
}
"""Learners in words, each with its source; others are named as they are registered."""
RULES = ("reward-modulated spike-timing-dependent plasticity", "Hasegan et al. 2022, doi:10.3389/fncom.2022.1017284")
MUJOCO = "Todorov et al. 2012, MuJoCo, doi:10.1109/IROS.2012.6386109"
GYMNASIUM = "Towers et al. 2024, Gymnasium, arXiv:2407.17032"
LYAPUNOV = "Benettin et al. 1980, doi:10.1007/BF02128236"


class Methods[R: Record](ReportSection[R]):
    """A methods paragraph; a subclass tells it for one kind of folder."""

    order = 85

    def applies(self, record: R) -> bool:
        """Whether the folder has settings and provenance of its own."""
        return bool(record.provenance) and (record.folder / record.settings_name).exists()

    def build(self, record: R) -> Section:
        """The paragraph and the references."""
        text, sources = self.told(record)
        versions = _versions(record)
        if versions:
            text += f" Software: {versions}."
        blocks: list[Block] = [Text(text), Code("\n".join(dict.fromkeys(source for source in sources if source)))]
        return Section("Methods, for a paper", blocks, lead="A paragraph to start from, and what it has to cite.")

    @abstractmethod
    def told(self, record: R) -> tuple[str, list[str]]:
        """The paragraph without software, and references."""


@SECTIONS.register("methods")
class MethodsOfRun(Methods[RunRecord]):
    """Of a run of control."""

    about = RunRecord

    def told(self, record: RunRecord) -> tuple[str, list[str]]:
        """Circuit, maps, task, learning, test."""
        run, settings, body = record.run, record.run.settings, record.body
        controller = run.controller("initial")
        sources = []
        text = f"{record.network}."
        if run.wired:
            sources.append(run.circuit.provenance.citation)
            text += " Signs and support of all synapses were held fixed."
            if settings.circuit.null:
                text += f" The wiring was the null model {settings.circuit.null}, seed {settings.circuit.null_seed}."
        if controller.fixed_maps:
            within = "circuit" if run.wired else "network"
            text += f" No map into or out of the {within} was trained."
        else:
            text += (
                f" Its {count(len(controller.observation_names), 'observation')} entered at "
                f"{count(len(controller.input_neurons), 'unit')}, and {count(len(controller.output_neurons), 'unit')} "
                f"drove {count(len(controller.action_names), 'actuator')}."
            )
        if body is None:
            text += f" It acted in {settings.task.id} every {_ms(record)}."
            sources.append(GYMNASIUM)
        else:
            text += f" The task was {settings.task.kind} with the body {body.name} in MuJoCo, controlled every "
            text += f"{_ms(record)}."
            sources.append(MUJOCO)
        how, source = _learner(settings.learning)
        text += (
            f" {count(controller.learned, 'number')} learned by {how} over {large(run.step)} control steps (seed "
            f"{settings.seed})."
        )
        sources.append(source)
        if record.test is not None:
            text += (
                f" The best controller by evaluations during learning (step {record.test['step']:,}) was tested, "
                f"without exploration, in {record.test['episodes']} episodes whose starts learning never saw."
            )
        return text, sources


@SECTIONS.register("spiking-methods")
class MethodsOfSpiking(Methods[SpikingRecord]):
    """Of a spiking agent."""

    about = SpikingRecord

    def told(self, record: SpikingRecord) -> tuple[str, list[str]]:
        """Network, learning, test."""
        run = record.run
        network, learning = run.network(), run.settings.learning
        text = (
            f"A network of {count(network.cells, 'spiking cell')} and {count(len(network.pre), 'synapse')}, "
            f"{int(network.plastic.sum()):,} of them plastic (wiring {run.settings.wiring.kind}, seed "
            f"{run.settings.wiring.seed}), integrated exactly between events."
        )
        how, source = _learner(learning)
        text += f" It learned by {how} in {count(run.iteration, 'iteration')} (seed {run.settings.seed})."
        if record.test is not None:
            figures = record.test.figures
            text += f" It was tested in {figures['episodes']} episodes without learning (seed {figures['seed']})."
        wiring = [] if run.wiring is None else [run.wiring.provenance.citation]
        return text, [*wiring, GYMNASIUM, source, RULES[1]]


@SECTIONS.register("dynamics-methods")
class MethodsOfDynamics(Methods[DynamicsRecord]):
    """Of an analysis of dynamics."""

    about = DynamicsRecord

    def told(self, record: DynamicsRecord) -> tuple[str, list[str]]:
        """Networks and method."""
        wiring = record.result.wiring
        text = (
            f"{record.subtitle} Lyapunov exponents are means of the logarithms of the diagonal of R in repeated QR "
            "decompositions of the tangent flow."
        )
        return text, [*([] if wiring is None else [wiring.provenance.citation]), LYAPUNOV]


def _learner(settings: Any) -> tuple[str, str]:
    """A learner in words, and its source where it is known."""
    if settings.kind == "evolution":
        strategy = settings.strategy
        how, source = STRATEGIES.get(strategy.kind, (f"evolution ({strategy.kind})", ""))
        name = getattr(strategy, "algorithm", "")
        return (f"{how} ({name.replace('_', '-')})" if name else how), source
    return RULES if settings.kind == "plasticity" else LEARNERS.get(settings.kind, (settings.kind, ""))


def _ms(record: RunRecord) -> str:
    return decimal(1000 * record.task.control_period, 0, "ms")


def _versions(record: Record) -> str:
    """Versions of the last session, as words."""
    sessions = record.provenance.get("sessions")
    last = sessions[-1] if isinstance(sessions, list) and sessions else {}
    found = last.get("versions") if isinstance(last, dict) else None
    named = {"premotor": "premotor", "mujoco": "MuJoCo", "jax": "JAX", "numba": "numba", "python": "Python"}
    return ", ".join(f"{word} {found[key]}" for key, word in named.items() if isinstance(found, dict) and key in found)
