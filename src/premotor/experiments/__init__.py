"""Experiments: settings, run folders, training, evaluation, lesions, comparison with null models."""

from premotor.experiments.batch import batch_file
from premotor.experiments.bipedal_expert import make_bipedal_reference, record_walk
from premotor.experiments.building import (
    build_circuit,
    cache_folder,
    cached,
    clear_cache,
    controller_for,
    export_circuit,
    six_legs,
)
from premotor.experiments.closed_loop import ClosedLoop, LoopLine, read_closed_loop
from premotor.experiments.comparison import compare, comparison_folder
from premotor.experiments.doctor import Finding, examine
from premotor.experiments.episodes import Episodes
from premotor.experiments.evaluation import evaluate
from premotor.experiments.lesions import silence_synapses
from premotor.experiments.live import LivePlots, play_live
from premotor.experiments.loading import dump_experiment, load_experiment, preset_names
from premotor.experiments.playing import Player, play_to_video, player
from premotor.experiments.reference import make_reference
from premotor.experiments.run import Run
from premotor.experiments.run_folder import RunFolder
from premotor.experiments.sequence import SequenceSettings, learn_sequence
from premotor.experiments.settings import (
    CheckpointSettings,
    CircuitSettings,
    CompareSettings,
    EvaluationSettings,
    Experiment,
    StopSettings,
)
from premotor.experiments.shipping import Shipped, ship, shipped, shipped_names
from premotor.experiments.simulation import Simulation, simulate
from premotor.experiments.simulation_nwb import check_nwb, write_nwb
from premotor.experiments.simulation_pruning import Pruning, prune
from premotor.experiments.simulation_screen import screen
from premotor.experiments.simulation_settings import (
    SimulationSettings,
    dump_simulation,
    load_simulation,
    simulation_presets,
)
from premotor.experiments.starting import starting_arrays
from premotor.experiments.training import resume, train
from premotor.experiments.viewing import play_in_viewer

__all__ = [
    "CheckpointSettings",
    "CircuitSettings",
    "ClosedLoop",
    "CompareSettings",
    "Episodes",
    "EvaluationSettings",
    "Experiment",
    "Finding",
    "LivePlots",
    "LoopLine",
    "Player",
    "Pruning",
    "Run",
    "RunFolder",
    "SequenceSettings",
    "Shipped",
    "Simulation",
    "SimulationSettings",
    "StopSettings",
    "batch_file",
    "build_circuit",
    "cache_folder",
    "cached",
    "check_nwb",
    "clear_cache",
    "compare",
    "comparison_folder",
    "controller_for",
    "dump_experiment",
    "dump_simulation",
    "evaluate",
    "examine",
    "export_circuit",
    "six_legs",
    "learn_sequence",
    "load_experiment",
    "load_simulation",
    "make_bipedal_reference",
    "make_reference",
    "play_in_viewer",
    "play_live",
    "play_to_video",
    "player",
    "preset_names",
    "read_closed_loop",
    "prune",
    "record_walk",
    "resume",
    "screen",
    "ship",
    "shipped",
    "shipped_names",
    "silence_synapses",
    "simulate",
    "simulation_presets",
    "starting_arrays",
    "train",
    "write_nwb",
]
