"""What each process that is timed does: one JSON request a line from standard input, one JSON answer a line back."""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol


class Case(Protocol):
    """Something prepared, to be timed."""

    def run(self) -> list[float]:
        """The exponents."""


def answer(prepare: Callable[..., Case]) -> None:
    """Answer until the input ends: prepare what the first request says and run it once unasked, then time it each time.

    Only the standard library is used: peers have environments of their own.
    """
    case: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        if "weights" in request:
            case = prepare(**request)
            case.run()
        start = time.process_time()
        exponents = case.run()
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": seconds, "exponents": exponents, "peak_kib": peak}), flush=True)
