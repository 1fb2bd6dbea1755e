"""The command line: words to calls, nothing else."""

from premotor.cli.entry import main

__all__ = ["main"]
