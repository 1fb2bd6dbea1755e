"""Networks of spiking neurons: clock-driven for whole brains, event-driven with plasticity for agents that learn."""
