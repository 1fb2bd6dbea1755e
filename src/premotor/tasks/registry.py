"""Every task by its name, and what a class has to have to be one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.registry import Registry
from premotor.tasks.settings import TaskSettings

if TYPE_CHECKING:
    from premotor.tasks.base import Task


def check_task(name: str, task: "type[Task]") -> None:
    """PremotorError in one sentence where a class is no complete task."""
    from premotor.tasks.base import Task  # which is slow to import, and needs this module

    if not (isinstance(task, type) and issubclass(task, Task)):
        raise PremotorError(f"the task {name!r} should be a class derived from premotor.tasks.Task or PhysicsTask")
    lacking = sorted(task.__abstractmethods__)
    if lacking:
        raise PremotorError(f"the task {name!r}: {task.__name__} lacks {listed(lacking)}")
    settings = vars(task).get("settings_type") or next(
        (vars(base)["settings_type"] for base in task.__mro__ if "settings_type" in vars(base)), None
    )
    if settings is None:
        raise PremotorError(f"the task {name!r}: {task.__name__} lacks settings_type, the class of its settings")
    if not issubclass(settings, TaskSettings) or settings.model_fields["kind"].default != name:
        raise PremotorError(
            f"the task {name!r}: {settings.__name__}, the settings of {task.__name__}, should derive from TaskSettings "
            f'and say kind: Literal["{name}"] = "{name}"'
        )


def listed(names: Iterable[str]) -> str:
    """Names as in "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


_HOMES = {
    "walk": ("walk", "settings:WalkSettings"),
    "arm-balance": ("arm", "settings:BalanceSettings"),
    "arm-reach": ("reach", "settings:ReachSettings"),
    "bipedal": ("bipedal", "gymnasium_settings:BipedalSettings"),
    "gymnasium": ("gymnasium_task", "gymnasium_settings:GymnasiumSettings"),
    "fly-stand": ("fly_tasks", "fly_settings:FlyStandSettings"),
    "fly-walk": ("fly_tasks", "fly_settings:FlyWalkSettings"),
}
TASKS: "Registry[type[Task]]" = Registry(
    "task",
    {name: f"premotor.tasks.{module}" for name, (module, _) in _HOMES.items()},
    check_task,
    settings={name: f"premotor.tasks.{place}" for name, (_, place) in _HOMES.items()},
    attribute="settings_type",
)
"""Every task, by the name that `task.kind` takes."""
