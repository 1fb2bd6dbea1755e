"""Show that a change of the code changes no number: the same short runs by two versions of it, compared bit for bit.

    python scripts/same_runs.py --against COMMIT

makes each case of `same_runs_cases.py` (every preset, every command that computes) with the code of COMMIT and with
that of the working tree, by the same Python and libraries, and compares every array, metric, setting, evaluation figure
and section of a report (times and versions aside). It prints one line a case, and ends with status 1 where a difference
is not listed in `same_runs_deliberate.py`. What COMMIT made is kept in .cache/same-runs/COMMIT, and is not made again.
Against a commit that had no products edge by edge, which round otherwise, both make dense ones.
"""

import argparse
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

sys.dont_write_bytecode = True

from same_runs_cases import CASES, Case  # noqa: E402
from same_runs_compare import Difference, compare  # noqa: E402
from same_runs_deliberate import reason_for  # noqa: E402

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
                if problem is None and not new:
                    (place / "case.json").write_text(json.dumps(case.fingerprint()))
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


def kept_problem(place: Path) -> str | None:
    """What went wrong when a kept case was made."""
    return json.loads((place / "made.json").read_text())["problem"]


def report(case: Case, differences: list[Difference], notes: list[str]) -> bool:
    """Print a case's line; whether it is as it was, but for what is deliberate."""
    open_ones = [found for found in differences if reason_for(case.name, found.where) is None]
    meant = {reason_for(case.name, found.where) for found in differences} - {None}
    more = "".join(f"; meant: {reason}" for reason in sorted(map(str, meant)))
    more += "".join(f"; {note}" for note in notes)
    if not open_ones:
        print(f"same     {case.name}{more}", flush=True)
        return True
    print(f"DIFFERS  {case.name}: {len(open_ones)} places{more}", flush=True)
    for found in open_ones[:12]:
        print(f"           {found.where}: {found.what}")
    if len(open_ones) > 12:
        print(f"           … and {len(open_ones) - 12} more")
    return False


def main() -> int:
    """Run the command; 0 where nothing differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", required=True, metavar="COMMIT")
    parser.add_argument("--only", action="append", metavar="NAME", help="a case, or the beginning of several names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=1800, help="seconds after which a case is given up")
    parser.add_argument("--again", action="store_true", help="make what the commit made once more")
    parser.add_argument("--list", action="store_true", help="print the names of the cases")
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.only or case.name.startswith(tuple(arguments.only))]
    if arguments.list or not cases:
        print("\n".join(case.name for case in CASES))
        return 0 if arguments.list else 2
    given = ["git", "-C", str(ROOT), "rev-parse", "--short=12", f"{arguments.against}^{{commit}}"]
    commit = subprocess.run(given, check=True, capture_output=True, text=True).stdout.strip()
    old, new = CACHE / commit, CACHE / "here"
    if not has(commit, "src/premotor/networks/edge_code.py"):
        os.environ["SAME_RUNS_DENSE"] = "1"  # read by the workers
    wanted = {case.name: case.fingerprint() for case in cases}

    def is_kept(case: Case) -> bool:
        mark = old / case.name / "case.json"
        return not arguments.again and mark.exists() and json.loads(mark.read_text()) == wanted[case.name]

    missing = [case for case in cases if not is_kept(case)]
    begun = time.monotonic()
    if missing:
        print(f"making {len(missing)} cases with {commit} …", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="premotor-same-") as place:
            tree = checked_out(commit, Path(place))
            make_all(missing, tree, False, old, commit, arguments.jobs, arguments.limit)
    print(f"making {len(cases)} cases with the working tree …", file=sys.stderr)
    make_all(cases, ROOT, True, new, commit, arguments.jobs, arguments.limit)
    good = True
    for case in cases:
        before, after = kept_problem(old / case.name), kept_problem(new / case.name)
        if before is not None or after is not None:
            good = False
            who = f"with {commit}: {before}" if before is not None else f"with the working tree: {after}"
            print(f"FAILS    {case.name} {who}")
            continue
        differences, notes = compare(old / case.name, new / case.name, ROOT / "src")
        good &= report(case, differences, notes)
    print(f"{len(cases)} cases, {time.monotonic() - begun:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
