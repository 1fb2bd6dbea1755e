"""Kept workers: one run after another in a process, each with the numbers and words that it has alone."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from premotor.cli import main
from premotor.errors import PremotorError
from premotor.runs import Run, dump_settings, load_experiment
from premotor.runs.arrays import load_arrays
from premotor.studies import compare, kept
from premotor.studies.engines import LocalEngine, LocalSettings
from premotor.studies.processes import Job, Processes
from premotor.studies.scheduling import run_jobs
from tiny import tiny_settings


def job(folder: Path, name: str, *words: str) -> Job:
    """A job of no time, with a lease that tells its process."""
    return Job(name, words or ("--version",), folder / "none", folder / f"{name}.log", folder / ".leases" / name)


def process_of(each: Job) -> int:
    """The process that made a job last."""
    assert each.lease is not None
    newest = max(each.lease.iterdir(), key=lambda file: int(file.name))
    return int(json.loads(newest.read_text())["process"])


def gone(process: int) -> bool:
    """Whether a process has ended, maybe without anybody asking how."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


def awaited(true, seconds: float = 120.0) -> None:
    """Wait until it is."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_process_makes_one_job_after_another_until_one_fails(tmp_path):
    jobs = [job(tmp_path, "one"), job(tmp_path, "two"), job(tmp_path, "bad", "train", "wlak"), job(tmp_path, "four")]
    with pytest.raises(PremotorError, match=r"1 of 4 runs failed: bad \(error: .*'wlak'"):
        run_jobs(jobs, LocalEngine(LocalSettings(jobs=1), tmp_path), False)
    one, two, bad, four = map(process_of, jobs)
    assert one == two == bad != four
    assert [(tmp_path / f"{name}.log").read_text()[:8] for name in ("one", "two", "four")] == ["premotor"] * 3
    assert all(map(gone, (one, four))), "a worker waits for jobs that never come"


def test_a_process_a_run_where_it_is_asked_for(tmp_path):
    jobs = [job(tmp_path, "one"), job(tmp_path, "two")]
    run_jobs(jobs, LocalEngine(LocalSettings(jobs=1, keep=False), tmp_path), False)
    assert process_of(jobs[0]) != process_of(jobs[1])


def test_a_worker_that_was_killed_while_it_waited_is_missed_by_nobody(tmp_path):
    with Processes(keep=True) as processes:
        for each in (job(tmp_path, "one"), job(tmp_path, "two")):
            running = processes.begin(each)
            assert running.wait() == 0
            processes.close(running)
            worker = process_of(each)
            os.kill(worker, signal.SIGKILL)
            awaited(lambda worker=worker: gone(worker))
        assert len(processes.idle) == 1
    assert "premotor" in (tmp_path / "two.log").read_text()


def test_a_worker_that_was_asked_to_stop_gets_no_other_job(tmp_path):
    with Processes(keep=True) as processes:
        running = processes.begin(job(tmp_path, "one"))
        assert running.wait() == 0
        running.stop(signal.SIGTERM)
        processes.close(running)
        assert not processes.idle and running.process.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM)


WAITING = """
import sys, time
from pathlib import Path
from premotor.studies.processes import Job, Processes
folder = Path(sys.argv[1])
with Processes(keep=True) as processes:
    running = processes.begin(Job("version", ("--version",), folder / "none", folder / "log"))
    running.wait()
    print(running.process.pid, flush=True)
    time.sleep(60)
"""


def test_a_worker_that_waits_ends_with_its_parent(tmp_path):
    words = [sys.executable, "-c", WAITING, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert not gone(worker)
        parent.kill()
    awaited(lambda: gone(worker), 30)


def test_a_worker_whose_memory_has_grown_ends_well(tmp_path, monkeypatch):
    channel = kept.Channel()
    monkeypatch.setenv(kept.CHANNEL, str(channel.theirs.detach()))
    sizes = iter([10, 10, 10 + kept.GROWTH + 1])
    monkeypatch.setattr(kept, "resident", lambda: next(sizes))
    monkeypatch.setattr(kept, "mappings", lambda: 0)  # a process of tests may have any number
    monkeypatch.setattr(os, "dup2", lambda one, two: None)  # the tests go on printing where they print
    with (tmp_path / "log").open("wb") as log:
        assert channel.give(["two"], tmp_path / "lease", log)
    made: list[tuple[list[str], Path | None]] = []
    before = list(sys.argv)
    try:
        assert kept.one_after_another(lambda words, lease: made.append((list(words), lease)) or 0, ["one"], None) == 0
        assert sys.argv[1:] == ["two"]
    finally:
        sys.argv[:] = before
    assert made == [(["one"], None), (["two"], (tmp_path / "lease").resolve())]
    assert channel.ours.recv(100) == kept.DONE, "it asked for a third"
    channel.close()


def arrays_of(run: Path) -> list[Path]:
    """Files of arrays; of the checkpoints the last one, since time decides when there are others."""
    last = Run(run).places.checkpoints()[-1]
    found = [file.relative_to(run) for file in run.rglob("*.safetensors")]
    return sorted(file for file in found if file.parts[0] != "checkpoints" or int(file.parts[1]) == last)


def same(one: Path, other: Path) -> None:
    """Two runs of the same settings: arrays, figures, and everything that was said, the time apart."""
    files = arrays_of(one)
    assert files == arrays_of(other) and {file.parts[0] for file in files} >= {"best", "checkpoints", "evaluations"}
    for file in files:
        ours, theirs = load_arrays(one / file), load_arrays(other / file)
        assert ours.keys() == theirs.keys()
        for name, array in ours.items():
            np.testing.assert_array_equal(array, theirs[name], err_msg=f"{file} {name}", strict=True)
    for file in sorted(one.rglob("evaluations/*.json")):
        assert file.read_text() == (other / file.relative_to(one)).read_text()
    rows = [
        Run(folder).metrics.drop(columns=["seconds", "steps_per_second"], errors="ignore") for folder in (one, other)
    ]
    assert rows[0].equals(rows[1])
    said = [
        [line for line in folder.with_name(f"{folder.name}.log").read_text().splitlines() if line.startswith("note")]
        for folder in (one, other)
    ]
    assert said[0] == said[1]
    commands = [json.loads((f / "provenance.json").read_text())["sessions"][0]["command"] for f in (one, other)]
    assert [word.replace(str(one.parent.parent), "") for word in commands[0][1:]] == [
        word.replace(str(other.parent.parent), "") for word in commands[1][1:]
    ]


# three processes, each of which compiles: `make test-slow`; test_comparison.py trains runs in a kept worker
@pytest.mark.slow
def test_a_run_has_the_same_bits_in_a_kept_worker_as_alone(circuit_folder, tmp_path):
    settings = tiny_settings(circuit_folder, learning={"steps": 32, "schedule": "linear"})
    for name, keep in (("kept", True), ("alone", False)):
        engine = {"kind": "local", "jobs": 1, "keep": keep}
        result = compare(settings, nulls=1, seeds=1, engine=engine, episodes=2, output=tmp_path / name, progress=False)
        leases = tmp_path / name / "runs" / ".leases"
        made_by = {json.loads((leases / row["name"] / "1").read_text())["process"] for row in result["rows"]}
        assert len(made_by) == (1 if keep else 2)
    same(tmp_path / "kept" / "runs" / "rewired-0-s0", tmp_path / "alone" / "runs" / "rewired-0-s0")


SHORT = {
    "cartpole-stdp": {"learning.episodes": 6, "learning.block": 3, "evaluation.every": 1, "evaluation.episodes": 2},
    "arm-celegans": {"learning.steps": 1500, "evaluation.every_steps": 700, "evaluation.episodes": 2},
    "pendulum": {"learning.steps": 1500, "evaluation.every_steps": 700, "evaluation.episodes": 2},
    "cartpole-evolution": {
        "learning.iterations": 4,
        "learning.strategy.population": 6,
        "evaluation.every": 2,
        "evaluation.episodes": 2,
    },
    "worm-crawl": {
        "learning.steps": 400,
        "learning.longest": 50,
        "learning.strategy.population": 4,
        "evaluation.every_steps": 200,
        "evaluation.episodes": 2,
        "evaluation.seconds": 0.5,
    },
}


@pytest.mark.slow  # three processes each
@pytest.mark.parametrize("preset", SHORT)
def test_every_way_of_learning_has_the_same_bits_in_a_kept_worker(preset, tmp_path):
    if preset == "pendulum":
        pytest.importorskip("gymnasium")
    wirings = {"wirings": 1} if preset.startswith("cartpole") else {}
    seeds = 2 if preset == "pendulum" else 1  # a perceptron, which has no null models
    for name, keep in (("kept", True), ("alone", False)):
        compare(
            preset,
            nulls=1,
            seeds=seeds,
            engine={"kind": "local", "jobs": 1, "keep": keep},
            episodes=2,
            progress=False,
            output=tmp_path / name,
            overrides=SHORT[preset],
            **wirings,
        )
    runs = [file.parent for file in (tmp_path / "kept" / "runs").glob("*/provenance.json")]
    assert len(runs) == 2
    for run in runs:
        same(run, tmp_path / "alone" / "runs" / run.name)


PAUSE = """
import pathlib, time
from premotor.runs.loop import Loop
here, runs = pathlib.Path(__file__).parent, 0
run, save = Loop.run, Loop._save

def counted(self, teller):
    global runs
    runs += 1
    run(self, teller)

def paused(self, finished):
    save(self, finished)
    if runs == 2 and not finished:
        (here / "paused").touch()
        while not (here / "killed").exists():
            time.sleep(0.05)

Loop.run, Loop._save = counted, paused
"""


@pytest.mark.slow  # four processes
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_is_killed_in_its_second_run_loses_nothing(circuit_folder, tmp_path, killable, sent):
    file, plugin = tmp_path / "tiny.yaml", tmp_path / "pause.py"
    file.write_text(dump_settings(load_experiment(tiny_settings(circuit_folder))))
    plugin.write_text(PAUSE)
    words = ["compare", str(file), "--nulls", "1", "--seeds", "1", "--jobs", "1", "--episodes", "2", "-o"]
    leases = tmp_path / "there" / "runs" / ".leases"
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "premotor", "--plugin", str(plugin), *words, str(tmp_path / "there")],
            env=killable,
            stdout=said,
            stderr=said,
        )
    try:
        awaited(lambda: (tmp_path / "paused").exists() or process.poll() is not None, 300)
        first, second = (json.loads((leases / f"{name}-s0" / "1").read_text()) for name in ("connectome", "rewired-0"))
        assert first["process"] == second["process"] and (first["status"], second["status"]) == (0, None)
        os.kill(second["process"], sent)
        (tmp_path / "killed").touch()
        assert process.wait(300) == 0, (tmp_path / "said").read_text()
    finally:
        process.kill()
        process.wait()
    assert "rewired-0-s0: its process was ended from outside; it goes on" in (tmp_path / "said").read_text()
    assert len(list((leases / "rewired-0-s0").iterdir())) == 2
    assert main([*words, str(tmp_path / "calm")]) == 0
    tables = [json.loads((tmp_path / name / "comparison.json").read_text())["rows"] for name in ("there", "calm")]
    assert tables[0] == tables[1]
