"""Circuits from servers: neuPrint and CAVE. Downloads are kept, and nothing is asked for twice."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome.servers.cache import Entry, cache_folder, cached, clear_cache
    from premotor.connectome.servers.loading import load_from_server
    from premotor.connectome.servers.server import SERVERS, Progress, Server, server_of
else:
    __getattr__, __dir__ = lazy_exports(__name__)

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
