"""Files that are there in full or not at all."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from premotor.errors import PremotorError
from premotor.files import (
    Lock,
    new_folder,
    read_json,
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
    ("content", "message"), [(None, "is missing"), (b"{", "no valid JSON"), (b"\xff\xfe{", "no valid JSON")]
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
