"""Where the runs of a study run: processes of this machine, Slurm, Ray, Dask, or an engine of your own."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.studies.engines.base import (
        ENGINES as ENGINES,
        Ended as Ended,
        Engine as Engine,
        EngineSettings as EngineSettings,
        engine_for as engine_for,
        engine_settings as engine_settings,
        status_of as status_of,
    )
    from premotor.studies.engines.checking import Finding as Finding, check_engine as check_engine
    from premotor.studies.engines.dask_scheduler import DaskEngine as DaskEngine, DaskSettings as DaskSettings
    from premotor.studies.engines.local import LocalEngine as LocalEngine, LocalSettings as LocalSettings
    from premotor.studies.engines.ray_cluster import RayEngine as RayEngine, RaySettings as RaySettings
    from premotor.studies.engines.slurm import SlurmEngine as SlurmEngine, SlurmSettings as SlurmSettings
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
