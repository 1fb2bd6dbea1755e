"""Leases: one worker at a time, whoever dies, and told by files alone."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from premotor.errors import PremotorError
from premotor.studies import leases
from premotor.studies.leases import LOST, Lease, entry, holder


def held(folder: Path, number: int, **told: object) -> Path:
    """An entry as another machine's worker would have written it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / str(number)
    whole = {"host": "elsewhere", "process": 7, "place": "elsewhere", "started": "1", "status": None} | told
    file.write_text(json.dumps(whole))
    return file


def test_of_many_workers_one_has_the_lease(tmp_path):
    won: list[Lease] = []
    lost: list[str] = []
    barrier = threading.Barrier(8)

    def claim() -> None:
        barrier.wait()
        try:
            won.append(Lease(tmp_path / "run", patience=0.0))
        except PremotorError as error:
            lost.append(str(error))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and len(lost) == 7 and "run is at work on" in lost[0]
    won[0].release(0)
    again = Lease(tmp_path / "run", patience=0.0)
    assert again.number == 2 and entry(tmp_path / "run", 1).status == 0
    again.release(3)
    assert sorted(os.listdir(tmp_path / "run")) == ["1", "2"], "something was left aside"


def test_a_worker_elsewhere_is_alive_until_its_last_sign_of_life_is_old(tmp_path):
    file = held(tmp_path, 1)
    found = holder(tmp_path)
    assert found is not None and found.alive and found.age < 5
    with pytest.raises(PremotorError, match="is at work on elsewhere .process 7"):
        Lease(tmp_path, patience=0.0)
    old = time.time() - leases.OLD - 1
    os.utime(file, (old, old))
    taken = Lease(tmp_path, patience=0.0)
    assert taken.number == 2
    taken.release(0)


def test_a_dead_process_of_this_machine_holds_nothing(tmp_path):
    program = "import os, sys; from pathlib import Path; from premotor.studies.leases import Lease; "
    program += "Lease(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "run")], check=False)
    found = holder(tmp_path / "run")
    assert found is not None and found.status is None and not found.alive and found.age < leases.OLD
    Lease(tmp_path / "run", patience=0.0).release(0)


def test_a_damaged_entry_counts_as_somebody_until_it_is_old(tmp_path):
    (tmp_path / "3").write_text("{half")
    found = holder(tmp_path)
    assert found is not None and found.number == 3 and found.alive
    os.utime(tmp_path / "3", (1, 1))
    assert not entry(tmp_path, 3).alive


def test_who_waited_learns_how_the_other_ended(tmp_path):
    first = Lease(tmp_path / "run")
    threading.Timer(0.3, first.release, (0,)).start()
    second = Lease(tmp_path / "run", patience=20)
    assert second.waited_for is not None and second.waited_for.status == 0
    second.release(0)


def test_a_worker_whose_lease_was_taken_ends_at_once(tmp_path):
    program = "import sys, time; from pathlib import Path; from premotor.studies import leases; leases.BEAT = 0.1; "
    program += "leases.Lease(Path(sys.argv[1])); print('held', flush=True); time.sleep(30)"
    words = [sys.executable, "-c", program, str(tmp_path / "run")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None and worker.stderr is not None
        assert worker.stdout.readline() == "held\n"
        held(tmp_path / "run", 2)
        assert worker.wait(timeout=20) == LOST
        assert "another worker took this run over" in worker.stderr.read()
