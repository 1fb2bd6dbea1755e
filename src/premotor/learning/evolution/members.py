"""Where the members of a generation live: in threads of this process, or wherever an engine has room."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from premotor.learning.plasticity import in_parallel


class Share(Protocol):
    """Calls a function on each item, anywhere, and gives the results in their order; both travel by pickle."""

    def __call__[T, R](self, live: Callable[[T], R], members: Sequence[T], /) -> list[R]:
        """The results, in the order of the members."""


_share: Share | None = None


@contextmanager
def shared_by(share: Share | None) -> Iterator[None]:
    """Members of spiking networks live where `share` puts them, as long as the context lasts; None: here.

    What a member's life comes to is a function of its weights, its seed and its starts, so no number depends on it.
    """
    global _share
    before, _share = _share, share
    try:
        yield
    finally:
        _share = before


def lives_of[T, R](live: Callable[[T], R], members: Sequence[T], threads: int) -> list[R]:
    """The results of `live` on each member, in their order."""
    return in_parallel(live, members, threads) if _share is None else _share(live, members)
