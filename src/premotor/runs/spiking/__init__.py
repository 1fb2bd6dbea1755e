"""Experiments with spiking agents: settings, run folders, training, evaluation, mocked inputs."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.runs.spiking.combinations import mock_combinations, read_combinations, stride_for
    from premotor.runs.spiking.evaluation import evaluate_spiking, mock_inputs
    from premotor.runs.spiking.exports import export_nwb, export_parquet, tables_of_test
    from premotor.runs.spiking.history import (
        Ancestor,
        differences,
        episode_lengths,
        evaluate_checkpoints,
        lineage,
        plastic_table,
        read_checkpoint_tests,
        training_rows,
        training_scores,
        weights_over_time,
    )
    from premotor.runs.spiking.models import (
        Model,
        choose_starts,
        evaluate_models,
        pairs_of_models,
        random_lengths,
        rates_of_models,
        rerun_starts,
        variance_of_models,
    )
    from premotor.runs.spiking.records import (
        Record,
        SpikeTrain,
        cell_groups,
        episode_table,
        mean_rates,
        motor_votes,
        rates_over_time,
        read_test,
        spikes_of_test,
        variance_over_time,
    )
    from premotor.runs.spiking.run import Arena, Hooks, SpikingRun
    from premotor.runs.spiking.settings import (
        CartPoleSettings,
        CircuitWiring,
        SpikingExperiment,
        WiringSettings,
        load_spiking,
    )
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "Ancestor",
    "Arena",
    "CartPoleSettings",
    "CircuitWiring",
    "Hooks",
    "Model",
    "Record",
    "SpikeTrain",
    "SpikingExperiment",
    "SpikingRun",
    "WiringSettings",
    "cell_groups",
    "choose_starts",
    "differences",
    "episode_lengths",
    "episode_table",
    "evaluate_spiking",
    "export_nwb",
    "export_parquet",
    "lineage",
    "load_spiking",
    "mean_rates",
    "mock_combinations",
    "mock_inputs",
    "motor_votes",
    "pairs_of_models",
    "plastic_table",
    "random_lengths",
    "rates_of_models",
    "rates_over_time",
    "read_checkpoint_tests",
    "read_combinations",
    "read_test",
    "rerun_starts",
    "spikes_of_test",
    "stride_for",
    "tables_of_test",
    "evaluate_checkpoints",
    "evaluate_models",
    "training_rows",
    "training_scores",
    "variance_of_models",
    "variance_over_time",
    "weights_over_time",
]
