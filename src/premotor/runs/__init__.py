"""Experiments: settings, run folders, training, evaluation, lesions."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome import (
        cache_folder as cache_folder,
        cached as cached,
        clear_cache as clear_cache,
        export_circuit as export_circuit,
        six_legs as six_legs,
    )
    from premotor.networks import Controller as Controller
    from premotor.runs.building import (
        build_circuit as build_circuit,
        controller_for as controller_for,
        starting_arrays as starting_arrays,
    )
    from premotor.runs.closed_loop import (
        ClosedLoop as ClosedLoop,
        LoopLine as LoopLine,
        read_closed_loop as read_closed_loop,
    )
    from premotor.runs.doctor import Finding as Finding, examine as examine
    from premotor.runs.episode_nwb import export_episode_nwb as export_episode_nwb
    from premotor.runs.episodes import Episodes as Episodes
    from premotor.runs.evaluation import evaluate as evaluate, silence_synapses as silence_synapses
    from premotor.runs.flygym_policy import FlygymPolicy as FlygymPolicy
    from premotor.runs.kinds import KINDS as KINDS, Evaluation as Evaluation, Kind as Kind, Work as Work
    from premotor.runs.listing import circuits as circuits, listed as listed, settings_schema as settings_schema
    from premotor.runs.loading import (
        dump_settings as dump_settings,
        load_experiment as load_experiment,
        load_settings as load_settings,
        preset_names as preset_names,
        presets as presets,
    )
    from premotor.runs.nwb import check_nwb as check_nwb, write_nwb as write_nwb
    from premotor.runs.onnx_export import export_onnx as export_onnx, onnx_model as onnx_model
    from premotor.runs.own_loop import (
        GymnasiumPolicy as GymnasiumPolicy,
        LoadedController as LoadedController,
        load_controller as load_controller,
    )
    from premotor.runs.playing import (
        Player as Player,
        Video as Video,
        play as play,
        play_to_video as play_to_video,
        player as player,
    )
    from premotor.runs.reference import (
        make_bipedal_reference as make_bipedal_reference,
        make_reference as make_reference,
        record_walk as record_walk,
        save_bipedal_stride as save_bipedal_stride,
    )
    from premotor.runs.run import Run as Run
    from premotor.runs.run_folder import RunFolder as RunFolder
    from premotor.runs.sequence import SequenceSettings as SequenceSettings, learn_sequence as learn_sequence
    from premotor.runs.serving import ControllerServer as ControllerServer, serve as serve
    from premotor.runs.settings import (
        CheckpointSettings as CheckpointSettings,
        CircuitSettings as CircuitSettings,
        CompareSettings as CompareSettings,
        EvaluationSettings as EvaluationSettings,
        Experiment as Experiment,
        InitialSettings as InitialSettings,
        StopSettings as StopSettings,
    )
    from premotor.runs.shipping import (
        Shipped as Shipped,
        ship as ship,
        shipped as shipped,
        shipped_names as shipped_names,
    )
    from premotor.runs.simulation.screen import Pruning as Pruning, prune as prune, screen as screen
    from premotor.runs.simulation.settings import (
        SimulationSettings as SimulationSettings,
        load_simulation as load_simulation,
    )
    from premotor.runs.simulation.simulate import Simulation as Simulation, simulate as simulate
    from premotor.runs.training import resume as resume, train as train
    from premotor.runs.viewing import LivePlots as LivePlots, play_live as play_live
    from premotor.tasks import (
        BipedalReference as BipedalReference,
        BipedalTask as BipedalTask,
        PhysicsTask as PhysicsTask,
        ReferenceGait as ReferenceGait,
        Task as Task,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
