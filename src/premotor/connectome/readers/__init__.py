"""Readers: one file a format. To add one, write a module with a `READER` and name it in `READERS`."""

from premotor.connectome.readers import (
    brain_rnn,
    cave,
    edge_list,
    flywire,
    graphml,
    male_cns,
    matrix,
    random_net,
    shiu,
    sonata,
    tables,
)
from premotor.connectome.readers.source import Reader, Source, open_source

READERS: tuple[Reader, ...] = (
    random_net.READER,
    sonata.READER,
    brain_rnn.READER,
    graphml.READER,
    shiu.READER,
    flywire.READER,
    cave.READER,
    male_cns.READER,
    edge_list.READER,
    tables.READER,
    matrix.READER,
)
"""Every format, the most specific first; the first that matches reads."""

__all__ = ["READERS", "Reader", "Source", "open_source"]
