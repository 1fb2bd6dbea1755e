"""Killed parents, killed workers and torn journals lose no trial."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from premotor.errors import PremotorError
from premotor.studies.engines import LocalEngine, LocalSettings
from premotor.studies.processes import Job, Processes
from premotor.studies.scheduling import run_jobs
from premotor.studies.searching import repair_journal

LINES = b"".join(json.dumps({"op_code": n, "value": float("nan")}).encode() + b"\n" for n in range(5))


@pytest.mark.parametrize("cut", range(0, len(LINES) + 1, 7))
def test_a_journal_is_cut_to_its_last_whole_line(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "study.journal"
    path.write_bytes(LINES[:cut])
    repair_journal(path)
    assert path.read_bytes() == LINES[: LINES[:cut].rfind(b"\n") + 1]


def test_a_journal_with_a_damaged_line_is_a_sentence_and_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "study.journal"
    path.write_bytes(b"{}\n{\n{}\n")
    with pytest.raises(PremotorError, match="line 2, is damaged"):
        repair_journal(path)
    path.write_bytes(b"{}\n\0\0\0\n")
    repair_journal(path)
    assert path.read_bytes() == b"{}\n"
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(PremotorError, match="symbolic link"):
        repair_journal(tmp_path / "link")


STUDY = """
import sys, time
from pathlib import Path
from premotor.studies.processes import Job, Processes
folder = Path(sys.argv[1])
with Processes() as processes:
    processes.begin(Job("doctor", ("doctor",), folder / "metrics.jsonl", folder / "doctor.log"))
    print(processes.running[0].process.pid, flush=True)
    time.sleep(60)
"""
PAUSE = "import time, sys\nprint('paused', flush=True)\ntime.sleep(60)\n"


def test_a_worker_ends_with_its_parent_however_that_ends(tmp_path: Path) -> None:
    plugin = tmp_path / "pause.py"
    plugin.write_text(PAUSE)
    program = STUDY.replace('("doctor",)', f'("--plugin", {str(plugin)!r}, "doctor")')
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        until = time.monotonic() + 60
        while "paused" not in (tmp_path / "doctor.log").read_text() and time.monotonic() < until:
            time.sleep(0.05)
        parent.kill()
    while time.monotonic() < until:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        state = Path(f"/proc/{worker}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return  # ended; nobody has asked how
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker lives on")


def test_a_file_in_the_current_folder_is_no_library_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("rich", "typer", "numpy", "premotor", "json"):
        (tmp_path / f"{name}.py").write_text("import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n")
    with Processes() as processes:
        processes.begin(Job("help", ("--help",), tmp_path / "metrics.jsonl", tmp_path / "log"))
        processes.running[0].process.wait()
    assert not list(tmp_path.glob("*.ran"))
    assert "Real connectomes" in (tmp_path / "log").read_text()


def test_a_job_whose_process_is_killed_once_is_begun_again(tmp_path: Path) -> None:
    plugin = tmp_path / "die.py"
    plugin.write_text(
        f"import os, pathlib, signal\nmark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
        "if not mark.exists():\n    mark.touch()\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    words = ("--plugin", str(plugin), "--version")
    job = Job("version", words, tmp_path / "metrics.jsonl", tmp_path / "log")
    run_jobs([job], LocalEngine(LocalSettings(jobs=1), tmp_path), False)
    assert "premotor" in (tmp_path / "log").read_text()
