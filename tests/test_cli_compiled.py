"""Commands keep what they compile in the user's folder of caches, and never more than is good."""

import os
import time
import zlib
from pathlib import Path

import pytest

from premotor.cli import compiled
from premotor.studies.workers import worker_environment

WHOLE = zlib.compress(b"a program" * 100)


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_a_folder_for_this_kind_of_processor_unless_the_user_names_one(caches: Path) -> None:
    environment: dict[str, str] = {}
    compiled.keep_compiled(environment)
    folder = Path(environment["JAX_COMPILATION_CACHE_DIR"])
    assert folder.is_dir() and folder.parent == caches / "premotor" / "compiled"
    named = {"JAX_COMPILATION_CACHE_DIR": ""}  # nothing is to be kept
    compiled.keep_compiled(named)
    assert named == {"JAX_COMPILATION_CACHE_DIR": ""}


def test_where_nothing_can_be_written_nothing_is_kept(caches: Path) -> None:
    (caches / "premotor").write_text("a file, where a folder would be")
    environment: dict[str, str] = {}
    compiled.keep_compiled(environment)
    assert environment == {}


def test_cut_old_and_too_many_entries_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, kept = time.time(), {}
    for name, data, age in (("a", WHOLE, 1), ("b", WHOLE, 2), ("c", WHOLE, 3), ("old", WHOLE, 40 * 86_400)):
        kept[name] = tmp_path / f"{name}-cache"
        kept[name].write_bytes(data)
        os.utime(kept[name], (now - age, now - age))
    kept["cut"] = tmp_path / "cut-cache"
    kept["cut"].write_bytes(WHOLE[:-5])  # its process was killed
    compiled.tidy(tmp_path)
    assert [name for name, file in kept.items() if file.exists()] == ["a", "b", "c"]
    monkeypatch.setattr(compiled, "MOST", 2 * len(WHOLE))
    compiled.tidy(tmp_path)
    assert [name for name, file in kept.items() if file.exists()] == ["a", "b"]


def test_workers_have_the_folder_of_their_study(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.delenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", raising=False)
    chosen: dict[str, str] = {}
    compiled.keep_compiled(chosen)
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    worker = worker_environment(None, caches / "study")
    assert worker["JAX_COMPILATION_CACHE_DIR"] == str(caches / "study")
    assert worker["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0.1"
    assert compiled.CHOSEN not in worker
    worker = worker_environment(None, caches / "study", here=True)
    assert worker["JAX_COMPILATION_CACHE_DIR"] == chosen["JAX_COMPILATION_CACHE_DIR"]
    assert worker["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] == "0"
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "mine")
    assert worker_environment(None, caches / "study")["JAX_COMPILATION_CACHE_DIR"] == "mine"
