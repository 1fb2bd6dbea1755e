"""Optional libraries: one sentence where one is missing."""

from premotor.errors import PremotorError


def missing(what: str, library: str, extra: str) -> PremotorError:
    """Return the error for something that needs a library of an extra which is not installed."""
    return PremotorError(f"{what} needs {library}, which is not installed: pip install 'premotor[{extra}]'")
