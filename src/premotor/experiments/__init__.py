"""Experiments: settings, run folders, training, evaluation, lesions, comparison with null models."""

from premotor.experiments.building import build_circuit, controller_for
from premotor.experiments.episodes import Episodes
from premotor.experiments.evaluation import evaluate
from premotor.experiments.lesions import silence_synapses
from premotor.experiments.loading import dump_experiment, load_experiment, preset_names
from premotor.experiments.run import Run
from premotor.experiments.run_folder import RunFolder
from premotor.experiments.settings import (
    CheckpointSettings,
    CircuitSettings,
    EvaluationSettings,
    Experiment,
    StopSettings,
)
from premotor.experiments.training import resume, train

__all__ = [
    "CheckpointSettings",
    "CircuitSettings",
    "Episodes",
    "EvaluationSettings",
    "Experiment",
    "Run",
    "RunFolder",
    "StopSettings",
    "build_circuit",
    "controller_for",
    "dump_experiment",
    "evaluate",
    "load_experiment",
    "preset_names",
    "resume",
    "silence_synapses",
    "train",
]
