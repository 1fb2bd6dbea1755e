"""Readers: one file a format. To add one, write a module with a `READER` and name it in `READERS`."""

from premotor.connectome.readers import tables
from premotor.connectome.readers.source import Reader, Source, open_source

READERS: tuple[Reader, ...] = (tables.READER,)
"""Every format, the most specific first; the first that matches reads."""

__all__ = ["READERS", "Reader", "Source", "open_source"]
