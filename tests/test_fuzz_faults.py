"""Settings, run folders and environments with whatever can be in them: one sentence, or it works; never a traceback.

Quick here; `make fuzz-faults` tries 10,000.
"""

import json
import os
import random
import shutil
import tarfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from premotor.errors import PremotorError
from premotor.runs import Run
from premotor.runs.checkpoints import newest_checkpoint
from premotor.runs.effect import leaves, refuse_memory
from premotor.runs.loading import dump_settings, load_settings, presets
from premotor.tasks.gymnasium_worker import Checked, Fault

TRIES = int(os.environ.get("PREMOTOR_FUZZ", "60"))
LONGEST = 5.0
"""Seconds of processor time for one answer."""
FOLDERS = Path(__file__).parent / "data" / "runs"
NUMBERS = (0, -1, 1, 2, 10**9, 10**12, 10**30, -(10**30), 0.5, 1e-300, 1e300, 1e308, -0.0, float("inf"), float("nan"))
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *(None, True, False, "", "x", "n" * 300, "/dev/zero", "/dev/null", "../..", "\x00", "é ü", "*", "1e999", "${HOME}"),
    *([], {}, [1], [[]], {"kind": "x"}, {"kind": None}, [10**12] * 3, {"a": {"b": {}}}, ["x", 3, None]),
)


def judged(what: Callable[[], object], told: object) -> bool:
    """PremotorError or success, in time; whether it is success."""
    began, works = time.process_time(), True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            what()
    except PremotorError as error:
        works = False
        assert "\n" not in str(error).strip(), told
        assert len(str(error)) < 3000, told
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error} of {told}") from error
    assert time.process_time() - began < LONGEST, told
    return works


KNOWN = [name for names in presets().values() for name in names]


def keys_of(name: str) -> list[str]:
    needed = {"task.id": "Pendulum-v1"} if name == "gymnasium" else {}
    return [*leaves(load_settings(name, needed).model_dump(mode="json")), "kind", "base", "nonsense"]


def test_settings_of_any_kind_with_anything_in_them() -> None:
    dice = random.Random(1)
    keys = {name: keys_of(name) for name in KNOWN}
    works = []
    for _ in range(TRIES):
        name = dice.choice(KNOWN)
        words = {dice.choice(keys[name]): dice.choice(VALUES) for _ in range(dice.choice((1, 1, 2, 4)))}
        cut = {key.rsplit(".", dice.choice((0, 0, 1)))[0]: value for key, value in words.items()}

        def load(name: str = name, cut: dict[str, Any] = cut) -> None:
            settings = load_settings(name, cut)
            refuse_memory(settings)
            dump_settings(settings)

        works.append(judged(load, (name, cut)))
    assert set(works) == {True, False}  # else nothing is tried


def test_yaml_files_with_anything_in_them(tmp_path: Path) -> None:
    dice = random.Random(2)
    texts = [dump_settings(load_settings(name, {"task.id": "A-v0"} if name == "gymnasium" else ())) for name in KNOWN]
    pieces = [
        "*a",
        "&a",
        "\x00",
        "[" * 2000,
        "{",
        "\t",
        "!!python/object:os.system",
        "<<: *x",
        "- " * 500,
        "é",
        ": ",
        "#",
    ]
    works = []
    for number in range(TRIES):
        data = bytearray(dice.choice(texts).encode())
        for _ in range(dice.choice((1, 2, 8))):
            if dice.random() < 0.4:  # another number, with which many a file still works
                data[dice.choice([k for k, byte in enumerate(data) if 48 <= byte < 58])] = 48 + dice.randrange(10)
                continue
            place = dice.randrange(len(data) + 1)
            piece = dice.choice(pieces).encode() if dice.random() < 0.5 else bytes([dice.randrange(256)])
            data[place : place + dice.choice((0, 1, 20))] = piece
        file = tmp_path / f"{number % 3}.yaml"
        file.write_bytes(data)
        works.append(judged(lambda file=file: load_settings(file), bytes(data)))
    assert set(works) == {True, False}


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]),
        "a: &a [*a]",
        "a: " + "[" * 100_000,
        "x" * 2**20,
        "network: {kind: mlp, hidden: 1000000000}",
        "learning: {environments: 1000000000000}",
        "learning: {rollout: 1000000000, environments: 4096}",
        "evaluation: {episodes: 1000000000000}",
        "maps: {loop: /dev/zero}",
        "name: " + "n" * 300,
    ],
)
def test_small_files_that_ask_for_much_are_refused_at_once(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    began = time.process_time()
    with pytest.raises(PremotorError):
        refuse_memory(load_settings(file))
    assert time.process_time() - began < LONGEST


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("old")
    for kind in ("rate", "off-policy", "spiking-evolution", "spiking-plasticity", "transition", "spectrum-training"):
        with tarfile.open(FOLDERS / f"{kind}.tar.xz") as archive:
            archive.extractall(place, filter="data")
    return sorted(place.iterdir())


def changed_json(data: bytes, dice: random.Random) -> bytes:
    """A JSON text with one of its values replaced."""
    try:
        value: Any = json.loads(data.split(b"\n")[0] if b"\n{" in data else data)
    except ValueError:
        return b"{}"
    inner = value
    while isinstance(inner, dict | list) and inner:
        place = dice.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
        if dice.random() < 0.5 or not isinstance(inner[place], dict | list):
            inner[place] = dice.choice(VALUES)
            break
        inner = inner[place]
    return json.dumps(value).encode() + b"\n"


def damage(file: Path, dice: random.Random) -> str:
    """Change a file in one way; what was done."""
    data = file.read_bytes()
    how = dice.choice(("cut", "flip", "empty", "gone", "folder", "zeros", "json", "json", "json", "deep"))
    if how == "cut":
        file.write_bytes(data[: dice.randrange(len(data) + 1)])
    elif how == "flip" and data:
        place = dice.randrange(len(data))
        file.write_bytes(data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :])
    elif how == "zeros":
        file.write_bytes(b"\0" * len(data))
    elif how == "deep":
        file.write_bytes(b"[" * 100_000)
    elif how == "json" and file.suffix in (".json", ".jsonl"):
        file.write_bytes(changed_json(data, dice))
    elif how in ("gone", "folder"):
        file.unlink()
        if how == "folder":
            file.mkdir()
    else:
        file.write_bytes(b"")
    return how


def read(folder: Path) -> None:
    """All that is read of a run before something is computed of it."""
    run = Run(folder)
    for part in ("metrics", "evaluations", "finished", "tested", "lesions", "best", "step"):
        getattr(run, part)
    for which in ("best", "initial", "last"):
        run.parameters(which)
    newest_checkpoint(run.places.checkpoints_folder, lambda _: None)


def test_run_folders_with_any_damage(folders: list[Path], tmp_path: Path) -> None:
    dice = random.Random(3)
    copy, works = tmp_path / "copy", []
    for number in range(TRIES if TRIES > 60 else 20):
        source = dice.choice(folders)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy)
        files = sorted(file for file in copy.rglob("*") if file.is_file() and "events" not in file.parts)
        file = dice.choice(files)
        told = (number, source.name, str(file.relative_to(copy)), damage(file, dice))
        works.append(judged(lambda: read(copy), told))
    assert set(works) == {True, False}


class Anything(gymnasium.Env):
    """Answers with whatever it likes."""

    observation_space = gymnasium.spaces.Box(-1, 1, (3,), np.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)

    def __init__(self, dice: random.Random):
        self.dice = dice

    def anything(self, usual: Any) -> Any:
        if self.dice.random() < 0.7:
            return usual
        odd = (
            *VALUES,
            np.zeros(2),
            np.full(3, np.nan),
            np.array("x"),
            np.float32("nan"),
            np.int8(1),
            np.ones((1, 3)),
            (),
        )
        return self.dice.choice(odd)

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return self.anything((self.anything(np.zeros(3, np.float32)), {}))

    def step(self, action: Any) -> Any:
        if self.dice.random() < 0.05:
            raise self.dice.choice((ValueError, SystemExit, MemoryError, OSError))("odd")
        end = self.anything(False)
        return self.anything(
            (self.anything(np.zeros(3, np.float32)), self.anything(1.0), end, self.anything(False), {})
        )


def test_environments_that_answer_with_anything() -> None:
    dice, faults = random.Random(4), 0
    for _ in range(10 * TRIES):
        environment = Checked(Anything(dice), "anything")
        try:
            environment.reset()
            seen, reward, *ends, _ = environment.step(np.zeros(1))
        except Fault as error:
            assert str(error).startswith("the environment 'anything' "), error
            faults += 1
            continue
        assert np.shape(seen) == (3,) and np.isfinite(np.asarray(seen, float)).all()
        assert np.isfinite(float(reward)) and all(end in (True, False) or isinstance(end, int) for end in ends)
    assert 0 < faults < 10 * TRIES
