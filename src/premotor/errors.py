"""The one exception that is addressed to the user, and what it says of a library that is missing."""


class PremotorError(ValueError):
    """A problem that the user can mend, said in one sentence.

    The message names the file, key or column, the value found and what is allowed.
    The command line prints it as ``error: <message>`` and exits with status 2, without a traceback.
    """


def missing_library(what: str, library: str, extra: str) -> PremotorError:
    """Return the error for something that needs a library of an extra which is not installed."""
    return PremotorError(f"{what} needs {library}, which is not installed: pip install 'premotor[{extra}]'")
