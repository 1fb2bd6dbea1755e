"""Serve the live page, or write a page that needs no server."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from premotor.errors import PremotorError
from premotor.files import write_atomically
from premotor.runs import Player
from premotor.runs.evaluation import TEST_SEED
from premotor.view.live import FRAMES, LivePage
from premotor.view.scene import Scene
from premotor.view.session import KEPT, LiveSession
from premotor.view.token_gate import TokenGate

if TYPE_CHECKING:
    import viser


def start_server(host: str, port: int) -> "viser.ViserServer":
    """A server of viser; of ports that are taken it takes the next.

    Raises:
        PremotorError: viser or mjviser is not installed, or there is no such port.
    """
    if not 0 <= port < 2**16:
        raise PremotorError(f"port is {port}; it must be 0 to {2**16 - 1}")
    try:
        import mjviser  # noqa: F401
        import viser
    except ImportError as error:
        raise PremotorError(
            f"--browser needs {error.name}: install premotor with the extra `view` (pip install 'premotor[view]')"
        ) from error
    return viser.ViserServer(host=host, port=port, label="premotor", verbose=False)


LOCAL = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")


def server_for(host: str, port: int) -> "viser.ViserServer":
    """A server that `announced` opens to `host`: on this machine alone, at any port where a gate stands before it."""
    return start_server(host, port) if host in LOCAL else start_server(LOCAL[0], 0)


@contextmanager
def announced(server: "viser.ViserServer", host: str, port: int, say: Callable[[str], object]) -> Iterator[None]:
    """Tell the address of a page; for other machines than this one open a gate that asks for a token.

    Raises:
        PremotorError: nothing can listen at that address.
    """
    if host in LOCAL:
        say(f"open http://{host}:{server.get_port()} in a browser; Ctrl-C ends it")
        say(f"from another machine: ssh -L {server.get_port()}:localhost:{server.get_port()} THIS-MACHINE")
        yield
        return
    with TokenGate(host, port, server.get_port()) as gate:
        name = socket.gethostname() if host in EVERYWHERE else host
        say(f"open http://{name}:{gate.port}/?token={gate.token} in a browser; Ctrl-C ends it")
        say("whoever has this address can see and disturb the body; in a network that you do not trust, use ssh -L")
        yield


def play_in_browser(
    shown: Player,
    seconds: float | None = None,
    seed: int = TEST_SEED,
    speed: float = 1.0,
    host: str = "127.0.0.1",
    port: int = 8080,
    say: Callable[[str], object] = print,
    beside: Player | None = None,
) -> LivePage:
    """Serve the live page of a controller until `seconds` of the clock are over, or for ever.

    Args:
        shown: what plays.
        seconds: at most; None: until it is interrupted.
        seed: of the episodes' starts.
        speed: over real time.
        host: address to listen on, by default of this machine alone; for other machines the page asks for a token.
        port: to listen on; where it is taken another free one, or with a token PremotorError.
        say: is told the address.
        beside: another controller of the same body, shown with it from the same starts: a null model, for example.

    Raises:
        PremotorError: the task has no body, the other has another one, viser is not installed, or a number that can
            not be.
    """
    _check_seconds(seconds)
    session = LiveSession(shown, seed)
    other = None if beside is None else LiveSession(beside, seed)
    server = server_for(host, port)
    try:
        page = LivePage(server, session, say, speed, other)
        with announced(server, host, port, say):
            page.run(seconds)
    finally:
        server.stop()
    return page


def write_page(
    shown: Player, file: Path, seconds: float = KEPT, seed: int = TEST_SEED, beside: Player | None = None
) -> Path:
    """Some seconds as one HTML file that needs no server: body and neurons in 3D, to be turned, paused and scrubbed.

    Args:
        shown: what plays; after a fall another episode begins.
        file: to write, ``*.html``.
        seconds: of simulated time.
        seed: of the episodes' starts.
        beside: another controller of the same body, shown with it.

    Raises:
        PremotorError: the task has no body, the other has another one, viser is not installed, or the file can not be
            written.
    """
    _check_seconds(seconds)
    if file.suffix.lower() != ".html":
        raise PremotorError(f"{file} should end in .html")
    if not file.parent.is_dir():
        raise PremotorError(f"the folder {file.parent} does not exist")
    session = LiveSession(shown, seed)
    other = None if beside is None else LiveSession(beside, seed)
    server = start_server("127.0.0.1", 0)
    try:
        scene = Scene(server, session, other)
        server.gui.configure_theme(dark_mode=True)
        serializer = server.get_scene_serializer()
        stride = max(1, round(1 / FRAMES / session.task.control_period))
        for number in range(round(seconds / session.task.control_period)):
            session.step()
            if other is not None:
                other.step()
            if number % stride == 0:
                scene.update()
                serializer.insert_sleep(stride * session.task.control_period)
        write_atomically(file, serializer.as_html(dark_mode=True).encode())
    finally:
        server.stop()
    return file


def _check_seconds(seconds: float | None) -> None:
    if seconds is not None and not seconds > 0:
        raise PremotorError(f"seconds is {seconds}; it must be more than 0")
