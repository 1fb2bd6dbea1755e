"""Ctrl-C and the termination signal, taken note of and obeyed between two iterations."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether the user, or the machine, asked this process to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def obey(self) -> None:
        """End the process's work in the way that the signal would have; nothing where none came."""
        if self.signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self.signal is not None:
            raise SystemExit(128 + self.signal)


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Note the first SIGINT or SIGTERM instead of dying of it; a second Ctrl-C interrupts at once.

    Outside the main thread, where signals never arrive, nothing is noted.
    """
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        request.signal = number
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
