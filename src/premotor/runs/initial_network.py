"""Networks that start from parameters that `premotor dynamics train` found."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from premotor.errors import PremotorError
from premotor.runs.arrays import load_arrays
from premotor.runs.settings import Experiment


def starting_arrays(experiment: Experiment) -> Mapping[str, np.ndarray] | None:
    """Parameters that `network.initial` names; None where it names none.

    A result folder of `premotor dynamics train` holds those of the circuit and of each of its null models; the
    one that `circuit.null` and `circuit.null_seed` describe is taken.

    Raises:
        PremotorError: no such file or folder, or no network of this wiring in it.
    """
    named = getattr(experiment.network, "initial", None)
    if named is None:
        return None
    circuit = experiment.circuit
    name = "circuit" if circuit.null is None else f"{circuit.null}-{circuit.null_seed}"
    return trained_arrays(Path(named), name, "network.initial")


def trained_arrays(path: Path, name: str, setting: str) -> Mapping[str, np.ndarray]:
    """Parameters of a trained network: of a file, or of the network of this name in a result folder.

    Raises:
        PremotorError: there is none; `setting` is what named the path.
    """
    if path.is_dir():
        file = path / "networks" / name / "network.safetensors"
        if not file.exists():
            kept = sorted(f.parent.name for f in path.glob("networks/*/network.safetensors"))
            raise PremotorError(
                f"{setting}: {path} holds no trained network {name}; "
                + (f"it holds {', '.join(kept)}" if kept else "is it a finished result of premotor dynamics train?")
            )
        path = file
    elif not path.exists():
        raise PremotorError(f"{setting}: there is no file or folder {path}")
    return load_arrays(path)
