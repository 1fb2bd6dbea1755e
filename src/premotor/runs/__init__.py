"""Experiments: settings, run folders, training, evaluation, lesions."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome import cache_folder, cached, clear_cache, export_circuit, six_legs
    from premotor.runs.building import build_circuit, controller_for, starting_arrays
    from premotor.runs.closed_loop import ClosedLoop, LoopLine, read_closed_loop
    from premotor.runs.doctor import Finding, examine
    from premotor.runs.episodes import Episodes
    from premotor.runs.evaluation import evaluate, silence_synapses
    from premotor.runs.kinds import KINDS, Evaluation, Kind, Work
    from premotor.runs.loading import (
        dump_experiment,
        dump_settings,
        load_experiment,
        load_settings,
        preset_names,
        presets,
    )
    from premotor.runs.playing import Player, play_to_video, player
    from premotor.runs.reference import make_bipedal_reference, make_reference, record_walk
    from premotor.runs.run import Run
    from premotor.runs.run_folder import RunFolder
    from premotor.runs.sequence import SequenceSettings, learn_sequence
    from premotor.runs.settings import (
        CheckpointSettings,
        CircuitSettings,
        CompareSettings,
        EvaluationSettings,
        Experiment,
        InitialSettings,
        StopSettings,
    )
    from premotor.runs.shipping import Shipped, ship, shipped, shipped_names
    from premotor.runs.simulation.nwb import check_nwb, write_nwb
    from premotor.runs.simulation.screen import Pruning, prune, screen
    from premotor.runs.simulation.settings import SimulationSettings, dump_simulation, load_simulation
    from premotor.runs.simulation.simulate import Simulation, simulate
    from premotor.runs.training import resume, train
    from premotor.runs.viewing import LivePlots, play_in_viewer, play_live
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "CheckpointSettings",
    "CircuitSettings",
    "ClosedLoop",
    "CompareSettings",
    "Episodes",
    "EvaluationSettings",
    "Experiment",
    "Finding",
    "InitialSettings",
    "KINDS",
    "Kind",
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
    "Evaluation",
    "Work",
    "build_circuit",
    "cache_folder",
    "cached",
    "check_nwb",
    "clear_cache",
    "controller_for",
    "dump_experiment",
    "dump_settings",
    "dump_simulation",
    "evaluate",
    "examine",
    "export_circuit",
    "learn_sequence",
    "load_experiment",
    "load_settings",
    "load_simulation",
    "make_bipedal_reference",
    "make_reference",
    "play_in_viewer",
    "play_live",
    "play_to_video",
    "player",
    "preset_names",
    "presets",
    "prune",
    "read_closed_loop",
    "record_walk",
    "resume",
    "screen",
    "ship",
    "shipped",
    "shipped_names",
    "silence_synapses",
    "simulate",
    "six_legs",
    "starting_arrays",
    "train",
    "write_nwb",
]
