"""A line before whatever takes a while."""

import sys


def announce(what: str) -> None:
    """Say on the standard error stream what is about to begin."""
    print(f"{what} …", file=sys.stderr, flush=True)
