"""Readers: one file a format, each a class with ``@READERS.register("name")``, here or in a file of the user's."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome.assemble import assemble as assemble, canonical_columns as canonical_columns
    from premotor.connectome.columns import column_names as column_names
    from premotor.connectome.edges import Edges as Edges
    from premotor.connectome.neuron_table import read_neurons as read_neurons
    from premotor.connectome.readers.rows import Rows as Rows, read_rows as read_rows
    from premotor.connectome.readers.source import (
        READERS as READERS,
        Reader as Reader,
        Reading as Reading,
        Source as Source,
        open_source as open_source,
        reader_of as reader_of,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
