"""Circuits from servers: neuPrint and CAVE. Downloads are kept, and nothing is asked for twice."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.connectome.servers.cache import (
        Entry as Entry,
        cache_folder as cache_folder,
        cached as cached,
        clear_cache as clear_cache,
    )
    from premotor.connectome.servers.loading import load_from_server as load_from_server
    from premotor.connectome.servers.server import (
        SERVERS as SERVERS,
        Progress as Progress,
        Server as Server,
        server_of as server_of,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
