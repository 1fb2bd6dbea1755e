"""Spiking networks on a clock, whose gradients are those of smoothed spikes."""
