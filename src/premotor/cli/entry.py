"""From the words of a command line to an exit status."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from io import TextIOWrapper

import typer
from typer.core import TyperGroup

from premotor.cli.analyse import analyse
from premotor.cli.circuits import circuits
from premotor.cli.commands import app
from premotor.cli.compiled import begin_soon, keep_compiled
from premotor.cli.controllers import export, serve
from premotor.cli.dynamics import dynamics
from premotor.cli.engines import engine
from premotor.cli.help import Commands
from premotor.cli.listing import list_names, schema
from premotor.cli.reference import reference
from premotor.cli.reproduce import reproduce
from premotor.cli.run_lists import runs
from premotor.cli.showing import play, report
from premotor.cli.simulations import sequence, simulate
from premotor.cli.spiking import spiking
from premotor.cli.studies import batch, compare, sweep
from premotor.cli.study import study
from premotor.errors import PremotorError
from premotor.plugins import load_packages, load_plugin

app.add_typer(circuits, cls=Commands, name="circuit")
app.add_typer(reference, cls=Commands, name="reference")
app.add_typer(dynamics, cls=Commands, name="dynamics")
app.add_typer(spiking, cls=Commands, name="spiking")
app.add_typer(analyse, cls=Commands, name="analyse")
app.add_typer(study, name="study")
app.add_typer(engine, name="engine")
app.add_typer(runs, name="runs")
app.command()(play)
app.command()(report)
app.command()(simulate)
app.command()(sequence)
app.command()(compare)
app.command()(batch)
app.command()(sweep)
app.command()(reproduce)
app.command("list")(list_names)
app.command()(schema)
app.command()(serve)
app.command()(export)

LEARNING = ("train", "resume", "compare", "batch", "sweep", "study")
"""Commands whose processes learn; those that several of them start inherit what is set for them."""
FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
WORKER = {"PREMOTOR_PARENT", "PREMOTOR_LEASE"}
"""Variables by which a study tells a process that it is one of its workers."""

# Typer brings its own copy of click in some versions; its own exceptions lead to the right base class.
_Refusal: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException" and issubclass(kind, Exception)
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0; 2 for input that the user can mend; 1 for what the machine refuses;
    130 for Ctrl-C.

    What can be mended is one line on the standard error stream, without a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")  # a question mark in place of a traceback
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in LEARNING:
        begin_soon(os.environ)
    with interrupts_heard():
        if not WORKER & os.environ.keys():
            keep_compiled(os.environ)
            return _run(words)
        from premotor.studies.workers import as_worker

        try:
            return as_worker(lambda words: _run(list(words)), words)
        except PremotorError as error:  # another worker has the run
            return _refuse(str(error), FAILED)


@contextmanager
def interrupts_heard() -> Iterator[None]:
    """Send a Ctrl-C again that came where Python can only ignore it, as in a callback of the garbage collector."""
    before = sys.unraisablehook

    def hook(lost: "sys.UnraisableHookArgs") -> None:
        if lost.exc_type is KeyboardInterrupt:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            before(lost)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _run(words: list[str]) -> int:
    try:
        words, plugins = split_plugins(words)
        load_packages()
        for file in plugins:
            load_plugin(file)
        words, settings = split_settings(words, options_of(words))
        status = app(args=words, prog_name="premotor", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except PremotorError as error:
        return _refuse(str(error))
    except _Refusal as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # a group of commands without one
            print(str(error), file=sys.stderr)
            return BAD_INPUT
        return _refuse(error.format_message() if hasattr(error, "format_message") else str(error))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return 0  # the reader of our output has gone, as in `premotor circuit info celegans | head`
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        return _refuse(f"{error.strerror or error}{place}", FAILED)
    except MemoryError as error:
        return _refuse(f"there is not enough memory{f': {error}' if str(error) else ''}", FAILED)
    except UnicodeEncodeError as error:
        text = error.object[max(0, error.start - 40) : error.end + 40].encode(errors="replace").decode()
        return _refuse(f"a name has bytes that are no UTF-8 text ({text}); rename it, or set LC_ALL=C.UTF-8", FAILED)
    except RecursionError:
        return _refuse("something in the input is nested too deep", FAILED)
    return status if isinstance(status, int) else 0


def split_plugins(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words without ``--plugin FILE``, which may stand anywhere and many times, and those files.

    Raises:
        PremotorError: no file follows.
    """
    rest: list[str] = []
    files: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return [*rest, word, *waiting], files
        key, equals, file = word.partition("=")
        if key != "--plugin":
            rest.append(word)
            continue
        if not equals:
            if not waiting or waiting[0].startswith("--"):
                raise PremotorError("--plugin needs a Python file, as in --plugin my_task.py")
            file = waiting.pop(0)
        files.append(file)
    return rest, files


def options_of(words: Sequence[str]) -> frozenset[str] | None:
    """The options of a command that takes settings of any kind; None of any other."""
    if words[:1] not in (["train"], ["compare"], ["batch"], ["sweep"]):
        return None
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    found = {name for part in command.commands[words[0]].params for name in (*part.opts, *part.secondary_opts)}
    return frozenset({*found, "--help"})


def split_settings(words: Sequence[str], options: frozenset[str] | None = None) -> tuple[list[str], list[str]]:
    """The command's own words, and the settings among them: ``--a.key VALUE`` or ``--a.key=VALUE``.

    Where `options` are given, any other ``--key`` that is not near to one of them is a setting as well.
    """
    rest: list[str] = []
    settings: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        key, equals, _ = word.partition("=")
        if word == "--":
            rest += [word, *waiting]
            break
        bare = options is not None and key not in options and not get_close_matches(key, options, 1, 0.8)
        if not key.startswith("--") or not ("." in key or bare):
            rest.append(word)
            continue
        settings.append(word)
        if not equals and waiting and not waiting[0].startswith("--"):
            settings.append(waiting.pop(0))
    return rest, settings


def _refuse(message: str, status: int = BAD_INPUT) -> int:
    with suppress(OSError):
        print(f"error: {' '.join(message.split())}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:  # nobody can be told, at the end of the interpreter neither
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return status
