"""Readers: one file a format, each a class with ``@READERS.register("name")``, here or in a file of the user's."""

from premotor.connectome.readers.source import READERS, Reader, Source, open_source, reader_of

__all__ = ["READERS", "Reader", "Source", "open_source", "reader_of"]
