"""Making the cases of `same_runs.py` with one version of the package, several at the same time."""

import hashlib
import json
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from same_runs_cases import Case

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "same-runs"
FIRST = "376ab0f"
"""The first commit that was compared; it has all inputs of the cases, some of which later ones have not."""


class Worker:
    """A process that has imported one version of the package and makes one case after another."""

    def __init__(self, tree: Path):
        environment = {
            **os.environ,
            "PYTHONPATH": str(tree / "src"),
            "JAX_PLATFORMS": "cpu",
            "NUMBA_CACHE_DIR": str(CACHE / "numba" / compiled_sources(tree)),
        }
        environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
        environment.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.05")
        command = [sys.executable, "-X", "faulthandler", str(Path(__file__).with_name("same_runs_worker.py"))]
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=tempfile.gettempdir(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def make(self, case: Case, new: bool, folder: Path, limit: float) -> str | None:
        """Make a case in `folder`; what went wrong, or None."""
        task = {"folder": str(folder), "steps": [step.now if new else step.then for step in case.steps]}
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], limit)
            if not ready:
                self.end()
                return f"not done after {limit:g} s"
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.process.wait()
            return f"its process ended with status {self.process.returncode}"
        return json.loads(line)

    def end(self) -> None:
        """Stop the process."""
        self.process.kill()
        self.process.wait()


def compiled_sources(tree: Path) -> str:
    """A name for the sources of everything that numba compiles, so that no kernel of another version is run."""
    found = hashlib.sha256()
    for file in sorted((tree / "src").rglob("*.py")):
        text = file.read_bytes()
        if b"numba" in text:
            found.update(text)
    return found.hexdigest()[:12]


def make_all(cases: list[Case], tree: Path, new: bool, folder: Path, commit: str, jobs: int, limit: float) -> None:
    """Make cases with the code in `tree`, each in a folder of its own."""
    waiting: queue.SimpleQueue[Case] = queue.SimpleQueue()
    for case in cases:
        waiting.put(case)

    def work() -> None:
        worker = None
        try:
            while True:
                try:
                    case = waiting.get_nowait()
                except queue.Empty:
                    return
                if worker is None or worker.process.poll() is not None:
                    worker = Worker(tree)
                place = folder / case.name
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                copy_inputs(case, commit, place)
                begun = time.monotonic()
                problem = worker.make(case, new, place, limit)
                if problem is None or absent(problem):
                    (place / "case.json").write_text(json.dumps(case.fingerprint(new)))
                spent = round(time.monotonic() - begun)
                (place / "made.json").write_text(json.dumps({"problem": problem, "seconds": spent}))
                if os.environ.get("SAME_RUNS_TIMES"):
                    print(f"  {place.parent.name}: {case.name} {spent} s", file=sys.stderr, flush=True)
        finally:
            if worker is not None:
                worker.end()

    threads = [threading.Thread(target=work) for _ in range(min(jobs, len(cases)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def copy_inputs(case: Case, commit: str, place: Path) -> None:
    """Put files of a commit into the case's folder: both versions read the same ones, by the same names."""
    for name, source in case.inputs.items():
        target = place / "inputs" / name
        target.mkdir(parents=True)
        depth = str(len(Path(source).parts))
        unpack(commit if has(commit, source) else FIRST, target, source, f"--strip-components={depth}")


def has(commit: str, path: str) -> bool:
    """Whether a commit has this file or folder."""
    asked = subprocess.run(["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}:{path}"], capture_output=True)
    return asked.returncode == 0


def checked_out(commit: str, place: Path) -> Path:
    """The files of a commit below `place`, without a trace in the repository."""
    tree = place / "tree"
    tree.mkdir()
    unpack(commit, tree, ".")
    return tree


def unpack(commit: str, target: Path, source: str, *options: str) -> None:
    """Files of a commit below `source`, put into a folder."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit, source], check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(target), *options], check=True, input=archive.stdout)


def absent(problem: str | None) -> bool:
    """Whether a case could not be made because its preset did not exist yet."""
    return problem is not None and "there is no preset and no file" in problem
