"""Experiments with spiking agents: settings, run folders, training, evaluation, mocked inputs."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.runs.nwb import export_nwb as export_nwb
    from premotor.runs.spiking.borders import border_responses as border_responses
    from premotor.runs.spiking.combinations import (
        mock_combinations as mock_combinations,
        read_combinations as read_combinations,
        stride_for as stride_for,
    )
    from premotor.runs.spiking.connectivity import (
        DescribedNetwork as DescribedNetwork,
        connection_table as connection_table,
        degree_table as degree_table,
        described_network as described_network,
        projection_table as projection_table,
    )
    from premotor.runs.spiking.evaluation import (
        evaluate_spiking as evaluate_spiking,
        mock_inputs as mock_inputs,
        unmoved_inputs as unmoved_inputs,
    )
    from premotor.runs.spiking.history import (
        Ancestor as Ancestor,
        differences as differences,
        episode_lengths as episode_lengths,
        evaluate_checkpoints as evaluate_checkpoints,
        lineage as lineage,
        phase_table as phase_table,
        plastic_table as plastic_table,
        read_checkpoint_tests as read_checkpoint_tests,
        training_rows as training_rows,
        training_scores as training_scores,
        weight_histograms as weight_histograms,
        weights_over_time as weights_over_time,
    )
    from premotor.runs.spiking.models import (
        Model as Model,
        choose_starts as choose_starts,
        evaluate_models as evaluate_models,
        pairs_of_models as pairs_of_models,
        random_lengths as random_lengths,
        rates_of_models as rates_of_models,
        rerun_starts as rerun_starts,
        variance_of_models as variance_of_models,
    )
    from premotor.runs.spiking.original_run import Imported as Imported, import_original as import_original
    from premotor.runs.spiking.potentials import (
        chosen_cells as chosen_cells,
        potentials_of_test as potentials_of_test,
    )
    from premotor.runs.spiking.records import (
        Record as Record,
        SpikeTrain as SpikeTrain,
        cell_groups as cell_groups,
        episode_table as episode_table,
        export_parquet as export_parquet,
        mean_rates as mean_rates,
        motor_votes as motor_votes,
        rates_over_time as rates_over_time,
        read_test as read_test,
        spikes_of_test as spikes_of_test,
        tables_of_test as tables_of_test,
        variance_over_time as variance_over_time,
    )
    from premotor.runs.spiking.run import Arena as Arena, Hooks as Hooks, SpikingRun as SpikingRun
    from premotor.runs.spiking.settings import (
        CartPoleSettings as CartPoleSettings,
        CircuitWiring as CircuitWiring,
        SpikingExperiment as SpikingExperiment,
        WiringSettings as WiringSettings,
        load_spiking as load_spiking,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
