"""The one exception that is addressed to the user."""


class PremotorError(ValueError):
    """A problem that the user can mend, said in one sentence.

    The message names the file, key or column, the value found and what is allowed.
    The command line prints it as ``error: <message>`` and exits with status 2, without a traceback.
    """
