"""Readers: one file a format, each a class with ``@READERS.register("name")``, here or in a file of the user's."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome.assemble import assemble, canonical_columns
    from premotor.connectome.edges import Edges
    from premotor.connectome.neuron_table import read_neurons
    from premotor.connectome.readers.columns import read_edges
    from premotor.connectome.readers.source import READERS, Reader, Source, open_source, reader_of
else:
    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "READERS",
    "Edges",
    "Reader",
    "Source",
    "assemble",
    "canonical_columns",
    "open_source",
    "read_edges",
    "read_neurons",
    "reader_of",
]
