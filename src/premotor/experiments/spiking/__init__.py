"""Experiments with spiking agents: settings, run folders, training, evaluation, mocked inputs."""

from premotor.experiments.spiking.evaluation import evaluate_spiking, mock_inputs
from premotor.experiments.spiking.run import SpikingRun, is_spiking
from premotor.experiments.spiking.settings import (
    EvolutionLearning,
    PlasticLearning,
    SpikingExperiment,
    is_spiking_source,
    load_spiking,
    spiking_presets,
)
from premotor.experiments.spiking.training import continue_spiking, resume_spiking, train_spiking

__all__ = [
    "EvolutionLearning",
    "PlasticLearning",
    "SpikingExperiment",
    "SpikingRun",
    "continue_spiking",
    "evaluate_spiking",
    "is_spiking",
    "is_spiking_source",
    "load_spiking",
    "mock_inputs",
    "resume_spiking",
    "spiking_presets",
    "train_spiking",
]
