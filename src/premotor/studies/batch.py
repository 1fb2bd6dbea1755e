"""A batch file for Slurm: an experiment with several seeds as a job array that can be cut short and goes on."""

import os
import shlex
from pathlib import Path

from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.runs.loading import Overrides, dump_settings, load_settings

TEMPLATE = """#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array={first}-{last}
#SBATCH --time={time}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={cores}
#SBATCH --mem={memory}G
#SBATCH --output={name}-%A_%a.log
#SBATCH --requeue
#SBATCH --signal=TERM@120
{partition}
# Made by premotor. One task a seed. On the termination signal a run writes a checkpoint; submitted again, it goes on.
set -eu
export XLA_FLAGS=--xla_cpu_multi_thread_eigen=false
run=runs/{name}-s$SLURM_ARRAY_TASK_ID
if [ -d "$run" ]; then
    exec premotor resume "$run"
fi
exec premotor train {settings} --output "$run" --seed "$SLURM_ARRAY_TASK_ID" --threads {cores}
"""


def batch_file(
    experiment: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    overrides: Overrides = (),
    seeds: int = 1,
    hours: float = 4.0,
    cores: int = 4,
    memory: int = 8,
    partition: str | None = None,
) -> Path:
    """Write a Slurm batch file and return its path; the complete settings go into a YAML file beside it.

    Args:
        experiment: a preset's name or a YAML file.
        output: the file to write.
        overrides: settings by dotted key.
        seeds: how many, from the experiment's own on; one task of the job array each.
        hours: time limit of a task.
        cores: of a task.
        memory: of a task, GB.
        partition: of the cluster; None: its default.

    Raises:
        PremotorError: settings that are wrong, a time limit that is not positive, or a folder that does not exist.
    """
    settings = load_settings(experiment, overrides)
    if not hours > 0:
        raise PremotorError(f"hours is {hours}; it must be more than 0")
    path = Path(output)
    if not path.parent.is_dir():
        raise PremotorError(f"the folder {path.parent} does not exist")
    file = path.with_suffix(".yaml").resolve()
    if Path(experiment).resolve() == file:
        raise PremotorError(f"{file} would be written over; give the batch file another name with --output")
    write_atomically(file, dump_settings(settings))
    minutes = max(1, round(60 * hours))
    text = TEMPLATE.format(
        name=settings.name,
        first=settings.seed,
        last=settings.seed + seeds - 1,
        time=f"{minutes // 60:02d}:{minutes % 60:02d}:00",
        cores=cores,
        memory=memory,
        partition=f"#SBATCH --partition={partition}\n" if partition else "",
        settings=shlex.quote(str(file)),
    )
    write_atomically(path, text)
    return path
