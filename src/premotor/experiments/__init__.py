"""Experiments: settings, run folders, training, evaluation, lesions, comparison with null models."""

from premotor.experiments.building import build_circuit, controller_for
from premotor.experiments.comparison import compare, comparison_folder
from premotor.experiments.doctor import Finding, examine
from premotor.experiments.episodes import Episodes
from premotor.experiments.evaluation import evaluate
from premotor.experiments.lesions import silence_synapses
from premotor.experiments.loading import dump_experiment, load_experiment, preset_names
from premotor.experiments.playing import Player, play_in_viewer, play_to_video, player
from premotor.experiments.reference import make_reference
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
    "Finding",
    "Player",
    "Run",
    "RunFolder",
    "StopSettings",
    "build_circuit",
    "compare",
    "comparison_folder",
    "controller_for",
    "dump_experiment",
    "evaluate",
    "examine",
    "load_experiment",
    "make_reference",
    "play_in_viewer",
    "play_to_video",
    "player",
    "preset_names",
    "resume",
    "silence_synapses",
    "train",
]
