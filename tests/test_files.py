"""Files that are there in full or not at all."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from premotor.errors import PremotorError
from premotor.files import (
    Lock,
    new_folder,
    open_to_write,
    partial_name,
    read_bytes,
    read_json,
    remove_stale,
    replace_atomically,
    write_atomically,
    write_json,
)


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "one")
    write_atomically(path, b"two")
    assert path.read_text() == "two"
    assert names(tmp_path) == ["a.txt"]


def test_a_failed_replacement_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "one")
    with pytest.raises(RuntimeError, match="stop"), replace_atomically(path) as aside:
        aside.write_text("half")
        raise RuntimeError("stop")
    assert path.read_text() == "one"
    assert names(tmp_path) == ["a.txt"]


def test_json_refuses_what_it_cannot_hold(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is missing"),
        (b"{", "no valid JSON"),
        (b"\xff\xfe{", "no valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
        *((text, "no valid JSON") for text in (b"NaN", b"[-Infinity]", b"1e999", b"1" * 5000, b"9" * 20)),
    ],
)
def test_unreadable_json_is_one_sentence(tmp_path, content, message):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PremotorError, match=message) as caught:
        read_json(path)
    assert str(path) in str(caught.value)


def test_a_folder_appears_when_it_is_complete(tmp_path):
    target = tmp_path / "runs" / "new"
    with new_folder(target) as (aside, lock):
        (aside / "file").write_text("x")
        assert not target.exists()
    assert names(target) == [".lock", "file"]
    assert names(target.parent) == ["new"]
    with pytest.raises(PremotorError, match="being written by another process"):
        Lock(target)
    lock.release()
    Lock(target).release()


def test_a_failed_folder_leaves_nothing_not_even_the_folders_around_it(tmp_path):
    with pytest.raises(PremotorError, match="bad"), new_folder(tmp_path / "a" / "b" / "new") as (aside, _):
        (aside / "file").write_text("x")
        raise PremotorError("bad")
    assert names(tmp_path) == []


def test_a_folder_that_exists_is_left_alone(tmp_path):
    target = tmp_path / "old"
    target.mkdir()
    with pytest.raises(PremotorError, match="exists already"), new_folder(target):
        pytest.fail("entered")
    assert names(tmp_path) == ["old"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PremotorError, match="cannot be made"), new_folder(tmp_path / "file" / "new"):
        pytest.fail("entered")


def test_what_a_killed_process_left_is_cleared_by_the_next(tmp_path):
    target = tmp_path / "new"
    program = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from premotor.files import new_folder
        with new_folder(Path({str(target)!r})) as (aside, _):
            (aside / "half").mkdir()
            (aside / "half" / "file").write_text("x")
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    killed = subprocess.run([sys.executable, "-c", program], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert names(tmp_path) == [".new.partial"]
    with new_folder(target) as (aside, lock):
        assert names(aside) == [".lock"]
        (aside / "whole").write_text("y")
    lock.release()
    assert names(tmp_path) == ["new"]
    assert names(target) == [".lock", "whole"]


def test_a_lock_names_its_holder_and_ends_with_it(tmp_path):
    lock = Lock(tmp_path)
    with pytest.raises(PremotorError, match=rf"\(id {os.getpid()}\)"):
        Lock(tmp_path)
    lock.release()
    again = Lock(tmp_path)
    assert json.loads((tmp_path / ".lock").read_text()) == os.getpid()
    again.release()


def test_many_writers_of_one_file_never_show_a_part_of_it(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, ["0"] * 2000)
    ended = threading.Event()

    def write(letter):
        while not ended.is_set():
            write_json(path, [letter] * 2000)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for writer in writers:
        writer.start()
    try:
        for _ in range(200):
            assert len(set(read_json(path))) == 1
    finally:
        ended.set()
        for writer in writers:
            writer.join()
    assert names(tmp_path) == ["a.json"]


WRITERS = {
    "atomically": lambda path: write_atomically(path, "mine"),
    "json": lambda path: write_json(path, 1),
    "aside": lambda path: replaced(path),
    "new": lambda path: open_to_write(path).close(),
    "append": lambda path: open_to_write(path, append=True).close(),
    "lock": lambda path: Lock(path.parent).release(),
    "folder": lambda path: made(path),
}


def replaced(path):
    with replace_atomically(path) as aside:
        aside.write_text("mine")


def made(path):
    with new_folder(path) as (_, lock):
        lock.release()


@pytest.mark.parametrize("writer", WRITERS)
def test_nothing_is_written_through_a_symbolic_link(tmp_path, writer):
    victim, place = tmp_path / "victim", tmp_path / "run"
    place.mkdir()
    victim.write_text("theirs")
    path = place / (".lock" if writer == "lock" else "file")
    path.symlink_to(victim)
    if writer in ("atomically", "json", "aside"):
        WRITERS[writer](path)
        assert not path.is_symlink()  # the link itself was replaced
    else:
        with pytest.raises(PremotorError, match="symbolic link|exists already"):
            WRITERS[writer](path)
    assert victim.read_text() == "theirs"


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "large"])
def test_what_is_no_file_of_that_size_is_not_read(tmp_path, kind):
    path = tmp_path / "a"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 2**40)
    with pytest.raises(PremotorError, match="is no file|at most|cannot be read"):
        read_bytes(path)


def test_what_killed_processes_left_goes_when_the_folder_is_locked(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    mine = partial_name(tmp_path / "a.json", ".json")
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = mine.name.replace(f"-{os.getpid()}-", f"-{int(ended.stdout)}-")
    other = tmp_path / ".a.00000000-1-00000000.partial"
    for file in (mine, tmp_path / dead, other, tmp_path / ".theirs.partial", tmp_path / "a.json"):
        file.write_text("x")
    (tmp_path / "checkpoints" / dead).mkdir()
    (tmp_path / "checkpoints" / dead / "state").write_text("x")
    Lock(tmp_path).release()
    assert names(tmp_path) == sorted([".lock", ".theirs.partial", "a.json", "checkpoints", mine.name, other.name])
    assert names(tmp_path / "checkpoints") == []
    os.utime(other, (0, 0))  # of another machine: after an hour
    remove_stale(tmp_path)
    assert not other.exists() and mine.exists()
    (tmp_path / dead).write_text("x")
    write_atomically(tmp_path / "a.json", "y")  # or when the same file is written
    assert not (tmp_path / dead).exists() and mine.exists()


def test_a_worker_waits_for_a_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(Lock, "patience", 20.0)
    lock = Lock(tmp_path)
    began = time.monotonic()
    threading.Timer(0.3, lock.release).start()
    after = Lock(tmp_path)
    assert time.monotonic() - began >= 0.3
    monkeypatch.setattr(Lock, "patience", 0.0)
    with pytest.raises(PremotorError, match="being written by another process"):
        Lock(tmp_path)
    after.release()


def test_long_names_can_be_written(tmp_path):
    write_atomically(tmp_path / ("n" * 255), "x")
    assert len(names(tmp_path)) == 1


def test_only_a_folder_that_is_known_is_replaced_and_only_by_a_whole_one(tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    with pytest.raises(PremotorError, match="is not replaced: it holds no mark"), new_folder(place, "mark"):
        pass
    (place / "mark").write_text("old")
    with pytest.raises(ValueError), new_folder(place, "mark") as (aside, _):
        (aside / "mark").write_text("half")
        raise ValueError
    assert (place / "mark").read_text() == "old" and (place / "notes.txt").exists()
    held = Lock(place)
    with pytest.raises(PremotorError, match="is being written by another process"), new_folder(place, "mark"):
        pass
    held.release()
    with new_folder(place, "mark") as (aside, lock):
        (aside / "mark").write_text("new")
        assert (place / "mark").read_text() == "old"
    lock.release()
    assert (place / "mark").read_text() == "new" and not (place / "notes.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_a_folder_comes_back_if_the_new_one_can_not_take_its_place(tmp_path, monkeypatch):
    place, rename = tmp_path / "run", Path.rename
    place.mkdir()
    (place / "mark").write_text("old")

    def refused(self, target):
        if self.name.endswith(".partial"):
            raise OSError("the disk is full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PremotorError, match="cannot be made"), new_folder(place, "mark"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["run"] and (place / "mark").read_text() == "old"


def test_a_folder_whose_replacement_was_killed_comes_back(tmp_path):
    (tmp_path / ".run.replaced").mkdir()
    (tmp_path / ".run.replaced" / "mark").write_text("old")
    with pytest.raises(ValueError), new_folder(tmp_path / "run", "mark"):
        raise ValueError
    assert (tmp_path / "run" / "mark").read_text() == "old"
