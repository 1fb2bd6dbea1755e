"""A process of `same_runs.py`: it reads one case a line from its standard input and runs the commands of each."""

import contextlib
import json
import os
import shlex
import sys
import traceback
from pathlib import Path


def run(folder: str, steps: list[list[str]]) -> str | None:
    """Run the steps of a case in its folder; what went wrong, or None."""
    from premotor.cli import main

    os.chdir(folder)
    with open("log.txt", "w") as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        for place, (kind, *words) in enumerate(steps):
            if kind == "replace":  # as a user who changes a line of a file
                file, old, new = words
                text = Path(file).read_text()
                if old not in text:
                    return f"{file} has no {old!r}"
                Path(file).write_text(text.replace(old, new))
                continue
            if kind == "write":
                file, text = words
                Path(file).parent.mkdir(parents=True, exist_ok=True)
                Path(file).write_text(text)
                continue
            print(f"$ premotor {words[0]}", flush=True)
            printed = Path(f"printed-{place}.txt")
            try:
                with printed.open("w") as out, contextlib.redirect_stdout(out):
                    status = main(shlex.split(words[0]))
            except BaseException as error:  # noqa: BLE001
                traceback.print_exc()
                return f"{words[0]}: {type(error).__name__}: {str(error)[:300]}"
            if status != 0:
                log.flush()
                last = Path("log.txt").read_text().strip().splitlines()[-1]
                return f"{words[0]}: status {status}: {last[:300]}"
    return None


def products_are_dense() -> None:
    """As they were before a version had code that goes from edge to edge, whose sums are rounded otherwise."""
    from premotor.networks import product

    if hasattr(product, "_has_code"):
        product._has_code = lambda: False


def serve() -> None:
    """Run cases until the input ends; one line of JSON for each goes to the standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print has nothing to do with the answers
    if os.environ.get("SAME_RUNS_DENSE"):
        products_are_dense()
    for line in sys.stdin:
        task = json.loads(line)
        problem = run(task["folder"], task["steps"])
        print(json.dumps(problem), file=answers, flush=True)


if __name__ == "__main__":
    serve()
