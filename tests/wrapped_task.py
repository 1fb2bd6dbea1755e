"""A task as a user may write it: with a body, but no `PhysicsTask`."""

from typing import Any

from premotor.bodies import BackEnd
from premotor.bodies.back_ends import CPU
from premotor.tasks import PhysicsTask, Task, VectorEnvironment
from premotor.tasks.base import Records


class WrappedTask(Task):
    """Another task, of which it gives only what every task has to."""

    def __init__(self, inner: PhysicsTask):
        self.inner, self.settings, self.body, self.time_limit = inner, inner.settings, inner.body, inner.time_limit
        self.observation_names, self.action_names = inner.observation_names, inner.action_names

    @property
    def control_period(self) -> float:
        return self.inner.control_period

    def metrics(self, records: Records) -> dict[str, float]:
        return self.inner.metrics(records)

    def environment(
        self, environments: int, *, threads: int = 0, seed: int = 0, back_end: BackEnd = CPU
    ) -> VectorEnvironment:
        return self.inner.environment(environments, threads=threads, seed=seed, back_end=back_end)


class OwnWorlds:
    """What steps a body in a way of its own."""


class ElsewhereTask(WrappedTask):
    """The same, whose body something else steps."""

    def environment(self, *_: Any, **__: Any) -> Any:
        return OwnWorlds()
