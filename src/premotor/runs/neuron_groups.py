"""What the neurons of a controller are shown by: their classes, or the layers of a baseline."""

from premotor.connectome import Circuit
from premotor.networks import Baseline, Controller
from premotor.runs.settings import Experiment

CLASS_ORDER = ("sensory", "ascending", "descending", "interneuron", "motor", "other")
"""The order of classes of neurons in every figure: from what enters to what leaves."""


def neuron_groups(controller: Controller, circuit: Circuit, settings: Experiment) -> list[str]:
    """The class of each neuron, "unknown" without one; of a baseline what each unit belongs to."""
    if isinstance(controller.network, Baseline):
        return controller.network.groups
    return [str(name) or "unknown" for name in circuit.neurons["class"]]
