"""Spiking networks stepped by a clock: leaky integrate-and-fire cells at the size of a whole brain."""
