"""Show that a change of the code changes no number: the same short runs by two versions of it, compared bit for bit.

    python scripts/same_runs.py --against COMMIT

makes each case of `same_runs_cases.py` (every preset, every command that computes) with the code of COMMIT and with
that of the working tree, by the same Python and libraries, and compares every array, metric, setting, evaluation figure
and section of a report (times and versions aside). It prints one line a case, and ends with status 1 where a difference
is not listed in `same_runs_deliberate.py`. What COMMIT made is kept in .cache/same-runs/COMMIT, and is not made again.
Against a commit that had no products edge by edge, which round otherwise, both make dense ones. Where a commit in
between rounds otherwise throughout (`ROUNDED`), COMMIT is compared with the one before that, and that one with the
working tree: each bit for bit.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from same_runs_cases import CASES, Case  # noqa: E402
from same_runs_compare import Difference, compare  # noqa: E402
from same_runs_deliberate import ROUNDED, reason_for  # noqa: E402
from same_runs_make import CACHE, ROOT, absent, checked_out, has, make_all  # noqa: E402


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


def commit_of(name: str) -> str:
    """The short hash of a commit."""
    given = ["git", "-C", str(ROOT), "rev-parse", "--short=12", f"{name}^{{commit}}"]
    return subprocess.run(given, check=True, capture_output=True, text=True).stdout.strip()


def contains(later: str, earlier: str) -> bool:
    """Whether a commit is another one or comes after it."""
    return subprocess.run(["git", "-C", str(ROOT), "merge-base", "--is-ancestor", earlier, later]).returncode == 0


def comparisons(commit: str) -> list[tuple[str, str | None]]:
    """What is compared with what; None is the working tree."""
    if contains(commit, ROUNDED) or not contains("HEAD", ROUNDED):
        return [(commit, None)]
    before, since = commit_of(f"{ROUNDED}^"), commit_of(ROUNDED)
    return [(since, None)] if before == commit else [(commit, before), (since, None)]


def made_by(cases: list[Case], commit: str | None, new: bool, inputs: str, options: argparse.Namespace) -> Path:
    """Make what is not kept of the cases, by a commit or the working tree; the folder where they are."""
    if commit is None:
        print(f"making {len(cases)} cases with the working tree …", file=sys.stderr)
        make_all(cases, ROOT, new, CACHE / "here", inputs, options.jobs, options.limit)
        return CACHE / "here"
    folder = CACHE / (f"{commit}-after-{inputs}" if new else commit)
    missing = [case for case in cases if options.again or not is_kept(case, new, folder)]
    if missing:
        print(f"making {len(missing)} cases with {commit} …", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="premotor-same-") as place:
            make_all(missing, checked_out(commit, Path(place)), new, folder, inputs, options.jobs, options.limit)
    return folder


def is_kept(case: Case, new: bool, folder: Path) -> bool:
    """Whether the result of a case is there, from the same words."""
    mark = folder / case.name / "case.json"
    return mark.exists() and json.loads(mark.read_text()) == case.fingerprint(new)


def problem_of(place: Path) -> str | None:
    """What went wrong when a case was made."""
    return json.loads((place / "made.json").read_text())["problem"]


def compare_all(cases: list[Case], commit: str, other: str | None, options: argparse.Namespace) -> bool:
    """Make all cases with both versions and print how they differ; whether they do only as is meant."""
    names = commit, other or "the working tree"
    print(f"{names[0]} and {names[1]}:", flush=True)
    if not has(commit, "src/premotor/networks/edge_code.py"):
        os.environ["SAME_RUNS_DENSE"] = "1"  # read by the workers
    else:
        os.environ.pop("SAME_RUNS_DENSE", None)
    old = made_by(cases, commit, False, commit, options)
    new = made_by(cases, other, True, commit, options)
    good = True
    for case in cases:
        problems = problem_of(old / case.name), problem_of(new / case.name)
        if absent(problems[0]):
            print(f"new      {case.name}: {commit} has no such preset", flush=True)
        elif any(problems):
            good = False
            print(f"FAILS    {case.name} with {names[problems[0] is None]}: {problems[0] or problems[1]}", flush=True)
        else:
            good &= report(case, *compare(old / case.name, new / case.name, ROOT / "src"))
    return good


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
    begun = time.monotonic()
    good = True
    for commit, other in comparisons(commit_of(arguments.against)):
        good &= compare_all(cases, commit, other, arguments)
    print(f"{len(cases)} cases, {time.monotonic() - begun:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
