"""Circuits from servers: neuPrint and CAVE. Downloads are kept, and nothing is asked for twice.

To add a server, write a module with a `SERVER` and name it in `SERVERS`.
"""

from premotor.connectome.servers import cave, neuprint
from premotor.connectome.servers.cache import Entry, cache_folder, cached, clear_cache
from premotor.connectome.servers.loading import load_from_server
from premotor.connectome.servers.server import Progress, Server

SERVERS: tuple[Server, ...] = (neuprint.SERVER, cave.SERVER)
"""Every kind of server; the word before the first colon of a source chooses."""


def server_of(source: object) -> Server | None:
    """Return the kind of server that a source names, as "neuprint:manc:v1.2.1" does, or None."""
    if not isinstance(source, str):
        return None
    word, colon, _ = source.partition(":")
    return next((server for server in SERVERS if colon and server.name == word), None)


__all__ = [
    "SERVERS",
    "Entry",
    "Progress",
    "Server",
    "cache_folder",
    "cached",
    "clear_cache",
    "load_from_server",
    "server_of",
]
