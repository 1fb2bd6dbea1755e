"""Settings of a spiking network that learns by surrogate gradients; they do not load JAX."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from premotor.networks.settings import BaselineSettings
from premotor.networks.spiking.event_driven.coding import Fields, NormalFields, inputs_needed
from premotor.networks.spiking.event_driven.random_settings import RandomNetworkSettings


class ClockedWiring(RandomNetworkSettings):
    """The wiring of `SurrogateGradientNetwork`: the same as an event-driven network of these settings has."""

    seed: int = Field(0, ge=0)
    """Which one."""

    @model_validator(mode="after")
    def _runs_on_a_clock(self) -> Self:
        if self.cell != "conductance":
            raise ValueError(f"cell is {self.cell!r}; on a clock there is the cell conductance alone")
        onto = [name for name in self.projections if name.endswith(f"-{self.inputs}")]
        if onto:
            raise ValueError(f"projections.{onto[0]} ends on the inputs, which only receptive fields drive on a clock")
        if self.noise:
            raise ValueError("noise is given; on a clock no random spikes come from outside")
        if not self.stimulus.receptor.startswith("AM"):
            raise ValueError(f"stimulus.receptor is {self.stimulus.receptor}; on a clock it has to be AM or AM2")
        return self


class SurrogateGradientSettings(BaselineSettings):
    """Dynamics of `SurrogateGradientNetwork`."""

    OWN_MAPS: ClassVar[bool] = True
    kind: Literal["surrogate-gradient"] = "surrogate-gradient"
    wiring: ClockedWiring = ClockedWiring()
    """Populations, projections and weights at the start; those that are `plastic` learn."""
    fields: tuple[Fields, ...] | None = None
    """Receptive fields, one entry for each variable of the observation; null: bins of equal probability under a
    standard normal distribution, as many for each variable as there are input cells."""
    rate: float = Field(50.0, gt=0)
    """Of a driven source, Hz."""
    step: float = Field(50.0, gt=0)
    """Time of the network in one control step, ms."""
    clock: float = Field(1.0, gt=0, le=1)
    """Time between two ticks, ms; delays are rounded to ticks."""
    width: float = Field(2.0, gt=0)
    """Where the slope of the smoothed spike is a quarter of its highest, mV from the threshold."""
    sharpness: float = Field(1.0, gt=0)
    """Preference for an action by each spike that votes for it, in nats: learning draws actions by it, tests take the
    one that is preferred most."""
    learning_rate: float = Field(1.0, ge=0)
    """Step size of the logarithms of the plastic weights, relative to that of learning."""

    def fields_for(self, variables: int) -> tuple[Fields, ...]:
        """Receptive fields of so many variables.

        Raises:
            ValueError: those given are of another number of variables, or have more bins than there are input cells.
        """
        cells = self.wiring.size(self.wiring.inputs)
        if self.fields is None:
            if cells // variables < 2:
                raise ValueError(
                    f"wiring.populations.{self.wiring.inputs}.size is {cells}, but {variables} variables need two "
                    "input cells each"
                )
            return (NormalFields(bins=cells // variables),) * variables
        if len(self.fields) != variables:
            raise ValueError(f"fields has {len(self.fields)} entries, but the task has {variables} variables")
        if inputs_needed(self.fields) > cells:
            raise ValueError(
                f"wiring.populations.{self.wiring.inputs}.size is {cells}, but the receptive fields have "
                f"{inputs_needed(self.fields)} bins; they need a cell each"
            )
        return self.fields

    @property
    def ticks(self) -> int:
        """In a control step."""
        return round(self.step / self.clock)

    def stimuli(self) -> tuple[int, ...]:
        """Ticks at which the spikes of a driven source arrive in each control step."""
        delay = sum(self.wiring.stimulus.delay) / 2
        times = [number * 1000.0 / self.rate for number in range(int(self.step * self.rate / 1000.0) + 1)]
        return tuple(max(1, round((time + delay) / self.clock)) for time in times if time < self.step - 1e-9)

    @model_validator(mode="after")
    def _whole_ticks(self) -> Self:
        if abs(self.ticks * self.clock - self.step) > 1e-6 * self.step:
            raise ValueError(f"step is {self.step:g} ms, which is no whole number of ticks of {self.clock:g} ms")
        if self.stimuli()[-1] >= self.ticks or len(set(self.stimuli())) < len(self.stimuli()):
            raise ValueError(
                f"rate is {self.rate:g} Hz, but every spike of a source has to arrive within its step of {self.step:g} "
                f"ms, and each at a tick of its own"
            )
        return self
