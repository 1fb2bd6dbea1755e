"""What a spiking cell of the event-driven stack has to be, and the registry of cells; ms and mV."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from premotor.errors import PremotorError
from premotor.registry import Registry
from premotor.settings import Settings

RECEPTORS = ("AM", "NM", "GA", "AM2", "NM2", "GA2")
"""AMPA, NMDA and GABA-A, each twice; the position is the kind of a synapse. What each does is the cell's affair."""


class CellSettings(Settings):
    """A type of cell; a cell's own settings inherit from it and say their `kind`."""

    if TYPE_CHECKING:  # no field here, so that files list the others as they did
        kind: str

    refractory: float = Field(5.0, ge=0.1)
    """ms."""


class SpikingCell:
    """A model of cells, whose members the compiled event loop uses; it has no instances.

    A cell of one's own inherits from it, says what is missing, and is registered::

        @CELLS.register("my-cell")
        class MyCell(SpikingCell): ...
    """

    settings: ClassVar[type[CellSettings]]
    """Parameters of a type of cell; `kind` is the name that the model is registered under."""
    types: ClassVar[tuple[CellSettings, CellSettings, CellSettings]]
    """What excitatory, inhibitory, and slowly inhibitory neurons become."""
    columns: ClassVar[int]
    """Numbers in the state of a cell."""
    receive: ClassVar[Callable[..., bool]]
    """(table, kind, cells, i, t, receptor, weight): bring cell `i` to time `t` (ms), let an event of `weight` (mV)
    reach a receptor, and say whether the cell fires. `table` is (types, parameters), `kind` the cell's row in it, and
    `cells` (cells, columns) the states, changed in place. A static method, compiled by `premotor.compiling.part`."""

    @classmethod
    def table(cls, types: Sequence[Any]) -> NDArray[np.float64]:
        """Parameters of the cell types as `receive` reads them, (types, parameters)."""
        raise NotImplementedError

    @classmethod
    def resting(cls, count: int) -> NDArray[np.float64]:
        """The state of `count` cells at rest at time 0, (cells, columns)."""
        return np.zeros((count, cls.columns))

    @classmethod
    def potential(
        cls, table: NDArray[np.float64], kinds: NDArray[np.int64], cells: NDArray[np.float64], time: float
    ) -> NDArray[np.float64]:
        """Membrane potentials at a time (ms) after the last event of each, mV, (cells,); optional.

        Args:
            table: of the network's cell types.
            kinds: each cell's row in it, (cells,).
            cells: their states, (cells, columns); they stay as they are.
            time: ms.
        """
        raise PremotorError(f"the model {cls.__name__} of the cells does not say membrane potentials")


def _check(name: str, entry: object) -> None:
    if not (isinstance(entry, type) and issubclass(entry, SpikingCell)):
        raise PremotorError(
            f"the spiking cell {name!r} is {entry!r}; it has to be a class that inherits from SpikingCell"
        )
    members: Mapping[str, object] = {
        key: value for base in reversed(entry.__mro__) for key, value in vars(base).items()
    }
    for member in ("settings", "types", "columns", "table", "receive"):
        if member not in members or members[member] is vars(SpikingCell).get(member):
            raise PremotorError(f"the spiking cell {name!r}: the class {entry.__qualname__} has no {member}")
    kind, settings = entry.settings.model_fields.get("kind"), entry.settings.__qualname__
    if kind is None or kind.default != name:
        raise PremotorError(f"the spiking cell {name!r}: {settings} needs kind: Literal[{name!r}] = {name!r}")


CELLS: Registry[type[SpikingCell]] = Registry(
    "spiking cell", {"conductance": "premotor.networks.spiking.event_driven.conductance_cell"}, _check
)
"""Every cell of the event-driven stack, by the name that `wiring.cell` takes."""
