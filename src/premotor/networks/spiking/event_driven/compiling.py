"""How the loops of the spiking room are compiled."""

from typing import Any

UNCACHED: dict[str, Any] = {"nogil": True, "_nrt": False}
"""Without numba's counting of references: the functions allocate nothing, and counting takes half of the time."""

COMPILED: dict[str, Any] = {**UNCACHED, "cache": True}
"""The same, kept on the disk from one process to the next."""
