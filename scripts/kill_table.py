"""Kill every command in every way, go on with it, and compare what came out with what nobody killed.

    python scripts/kill_table.py --samples 8

Each command of `make_old_runs.py` is run once unbroken; then it is killed outright (SIGKILL) at some of its file
operations (a file opened to be written, a write stopped after half of its bytes, a rename, a removal, a folder made),
and by SIGKILL, SIGTERM, SIGINT and SIGHUP at random moments. Then it goes on as a user would: `resume` where there is
a run folder, the same words where not. A try counts as lost where any array, metric, setting or evaluation figure
differs from the unbroken run (times aside), a half-written file is left, or a traceback was printed.

Writes docs/data/kill-table.json, a command at a time (`--only` for some), and prints the table of the documentation.
"""

import argparse
import contextlib
import importlib
import json
import os
import random
import re
import shlex
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from make_old_runs import CASES as RUNS, SMALL  # noqa: E402
from same_runs_cases import CIRCUIT, OFF, Case, run  # noqa: E402
from same_runs_compare import compare  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "data" / "kill-table.json"
SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")
IMPORTED = ("premotor.cli.commands", "premotor.runs.training", "premotor.report.video", "jax.numpy", "optax", "equinox")
WRITES = os.O_WRONLY | os.O_RDWR
EVENTS = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.symlink"}
PLAIN = SMALL.replace("--circuit.source fly-cpg ", "")
PENDULUM = f"{PLAIN} {OFF} --threads 1 --no-report -o run"
CASES = (
    *(case for case in RUNS if case.name not in ("off-policy", "sweep")),  # whose words are those of older versions
    Case("off-policy", (run(f"train pendulum {PENDULUM}"),)),
    Case("ddpg", (run(f"train pendulum --learning.kind ddpg {PENDULUM}"),)),
    Case(
        "sweep",
        (
            run(
                f'sweep pendulum {PLAIN} --search "learning.learning_rate=[1e-3, 1e-4]" --sampler grid --jobs 1 {OFF} '
                "-o run"
            ),
        ),
    ),
    Case("reference", (run("reference make -o walk.csv --speed 1.0"),)),
    Case("circuit build", (*CIRCUIT, run("circuit build inputs/tiny -o run --min-synapses 3"))),
    Case("report", (run("simulate fly-cpg --seconds 1 --replicates 1 --no-figures -o run"), run("report run"))),
)
NAMES = {
    "rate": "`train`, PPO",
    "off-policy": "`train`, SAC or the preset's own",
    "ddpg": "`train`, DDPG",
    "spiking-evolution": "`train`, spiking, evolution",
    "spiking-plasticity": "`train`, spiking, plasticity",
    "spectrum-training": "`dynamics train`",
    "transition": "`dynamics transition`",
    "simulation": "`simulate`",
    "comparison": "`compare`",
    "sweep": "`sweep`",
    "reference": "`reference make`",
    "circuit build": "`circuit build`",
    "report": "`report`",
}


def counted(kill_at: int, report: Path) -> None:
    """Count the file operations of this process; kill it before the one of that number."""
    done = 0
    here = os.getcwd()

    def count(before: Callable[[], object] = lambda: None) -> None:
        nonlocal done
        done += 1
        if done == kill_at:
            before()
            os.kill(os.getpid(), signal.SIGKILL)
        if not kill_at:
            os.pwrite(counter, f"{done:9d}".encode(), 0)

    def hook(event: str, words: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(words[2], int) and words[2] & WRITES
        if (writes or event in EVENTS) and isinstance(words[0], str | Path):
            place = os.path.abspath(words[0])
            if place.startswith(here) and not place.endswith((".log", "log.txt")):
                count()

    counter = os.open(report, os.O_WRONLY | os.O_CREAT)
    from premotor import files

    whole = files.write_all

    def write_all(file: Any, data: bytes) -> None:
        count(lambda: file.write(bytes(data)[: len(data) // 2]))
        whole(file, data)

    files.write_all = write_all
    for name, module in list(sys.modules.items()):
        if name.startswith("premotor") and getattr(module, "write_all", None) is whole:
            module.write_all = write_all  # type: ignore[attr-defined]
    sys.addaudithook(hook)


class Child:
    """`premotor WORDS` in a fork of this process, which has imported all that is slow; the log is log.txt.

    Killed at a file operation of the number `kill_at`; these are only counted where it is 0.
    """

    def __init__(self, words: str, folder: Path, kill_at: int | None = None):
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # JAX warns of forks, but no backend has begun here
            self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            os.setsid()
            os.chdir(folder)
            log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            from premotor.cli import main as premotor

            if kill_at is not None:
                counted(kill_at, folder.parent / "counted")
            status = premotor(shlex.split(words))
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:  # noqa: BLE001 — a fork may not go on as its parent
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status or 0)

    def wait(self) -> int:
        """Its exit status; negative where a signal ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def send_signal(self, number: int) -> None:
        """To it alone; nothing where it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def prepared(case: Case, folder: Path, last: bool = False) -> str:
    """Take all steps of a case but the last command, or all of them; the words of that."""
    folder.mkdir(parents=True)
    *before, command = [step.now for step in case.steps]
    for kind, *words in before:
        if kind == "write":
            (folder / words[0]).parent.mkdir(parents=True, exist_ok=True)
            (folder / words[0]).write_text(words[1])
        elif Child(words[0], folder).wait():
            raise SystemExit(f"{case.name}: {words[0]} failed: {(folder / 'log.txt').read_text()[-500:]}")
    if last and (status := Child(command[1], folder, 0).wait()):
        raise SystemExit(f"{case.name}: status {status}: {(folder / 'log.txt').read_text()[-800:]}")
    return command[1]


def again(words: str, folder: Path) -> str:
    """What a user types to go on."""
    alone = words.split()[0] in ("train", "dynamics", "simulate") and (folder / "run").exists()
    asked = re.findall(r"--no-report|--episodes \S+", words)  # of what follows learning; no settings of the run
    return " ".join(["resume run", *asked]) if alone else words


def problem(case: Case, unbroken: Path, folder: Path, words: str) -> str:
    """Go on with what was killed; what is lost, or nothing."""
    made = words.split(" -o ")[-1].split()[0] if " -o " in words else ""
    whole = words.split()[0] in ("reference", "circuit", "simulate") and (folder / made).exists()
    if not whole:  # what is there of these has to be all of it
        status = Child(again(words, folder), folder).wait()
        if status:
            return f"going on ended with status {status}: {(folder / 'log.txt').read_text()[-300:]}"
    if "Traceback" in (folder / "log.txt").read_text():
        return "a traceback: " + (folder / "log.txt").read_text()[-300:]
    left = [file.name for file in folder.rglob("*partial*")]
    if left and not whole:
        return f"left behind: {left}"
    try:
        differences, _ = compare(unbroken, folder, ROOT / "src" / "premotor")
    except ValueError as error:
        return f"a file can not be read: {error}"
    return "; ".join(f"{place}: {what}" for place, what in differences[:3])


def table_of(case: Case, place: Path, samples: int, dice: random.Random) -> dict[str, Any]:
    """Kill one command in every way; how often, and what was lost."""
    began = time.monotonic()
    prepared(case, place / "unbroken" / "case", last=True)
    seconds = time.monotonic() - began
    operations = int((place / "unbroken" / "counted").read_text())
    numbers = range(1, operations + 1)
    chosen = sorted(dice.sample(numbers, min(samples, operations)))
    ways: list[tuple[str, int]] = [("file operation", n) for n in chosen] + [(name, 0) for name in SIGNALS]
    result: dict[str, Any] = {"operations": operations, "seconds": round(seconds, 2), "ways": {}}
    for number, (way, at) in enumerate(ways):
        folder = place / f"{number}" / "case"
        words = prepared(case, folder)
        process = Child(words, folder, at or None)
        if not at:
            time.sleep(dice.uniform(0.05, 1.0) * seconds)
            process.send_signal(getattr(signal, way))
        status = process.wait()
        record = result["ways"].setdefault(way, {"tried": 0, "before the end": 0, "lost": []})
        record["tried"] += 1
        record["before the end"] += status != 0
        if lost := problem(case, place / "unbroken" / "case", folder, words):
            record["lost"].append(f"{at or ''} {lost}".strip())
            print(f"{case.name}, {way} {at or ''}: {lost}", file=sys.stderr, flush=True)
    return result


def markdown(table: dict[str, Any]) -> str:
    """The table of the documentation."""
    ways = ("file operation", *SIGNALS)
    lines = ["| command | file operations | SIGKILL at one of them | " + " | ".join(SIGNALS) + " | lost |"]
    lines.append("|---|" + "---|" * (len(ways) + 2))
    for name, row in table.items():
        tried = [str(row["ways"].get(way, {}).get("tried", 0)) for way in ways]
        lost = sum(len(found["lost"]) for found in row["ways"].values())
        lines.append(f"| {NAMES.get(name, name)} | {row['operations']} | {' | '.join(tried)} | {lost} |")
    return "\n".join(lines)


def main() -> int:
    """Make the table; 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=8, help="file operations at which each command is killed")
    parser.add_argument("--only", nargs="*", default=[case.name for case in CASES])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=TARGET)
    options = parser.parse_args()
    for module in IMPORTED:
        importlib.import_module(module)
    table = json.loads(options.output.read_text()) if options.output.exists() else {}
    for case in CASES:
        if case.name in options.only:
            with tempfile.TemporaryDirectory(prefix="premotor-killed-") as place:
                table[case.name] = table_of(case, Path(place), options.samples, random.Random(options.seed))
            options.output.write_text(json.dumps(table, indent=1) + "\n")
            print(f"{case.name}: {table[case.name]['operations']} operations", file=sys.stderr, flush=True)
    print(markdown(table))
    return int(any(found["lost"] for row in table.values() for found in row["ways"].values()))


if __name__ == "__main__":
    sys.exit(main())
