"""Checkpoints: what is loaded is what was saved, or an error that names the file."""

import json
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from premotor.errors import PremotorError
from premotor.files import remove_stale
from premotor.learning.trees import fill, flatten, strong
from premotor.runs.arrays import load_arrays, save_arrays
from premotor.runs.checkpoints import (
    checkpoint_steps,
    load_checkpoint,
    newest_checkpoint,
    save_checkpoint,
)

dtypes = st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint32, np.uint8, np.bool_])
arrays_of = st.dictionaries(
    st.from_regex(r"[a-z]{1,5}(/[a-z0-9]{1,5}){0,2}", fullmatch=True),
    dtypes.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))),
    max_size=4,
)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@given(arrays_of)
def test_arrays_survive_bit_by_bit(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("arrays") / "a.safetensors"
    save_arrays(path, arrays)
    loaded = load_arrays(path)
    assert set(loaded) == set(arrays)
    assert all(same(loaded[name], np.asarray(value)) for name, value in arrays.items())


def test_views_of_any_layout_survive(tmp_path):
    base = np.arange(24.0).reshape(4, 6)
    arrays = {
        "transposed": base.T,
        "strided": base[::2, 1::2],
        "reversed": base[::-1],
        "scalar": np.float64(3),
    }
    save_arrays(tmp_path / "a", arrays)
    loaded = load_arrays(tmp_path / "a")
    assert all(same(loaded[name], np.array(value, order="C")) for name, value in arrays.items())


def tree():
    return {
        "key": jax.random.key(3),
        "old_key": jax.random.PRNGKey(4),
        "list": [jnp.arange(3), np.ones((2, 2)), 5, 2.5, True],
        "empty": jnp.zeros((0, 3)),
        "none": None,
    }


def test_a_tree_survives_with_its_kinds_of_leaves(tmp_path):
    original = tree()
    save_arrays(tmp_path / "a", flatten(original, "state/"))
    restored = fill(tree() | {"list": [jnp.zeros(3, int), np.zeros((2, 2)), 0, 0.0, False]},
                    load_arrays(tmp_path / "a"), tmp_path / "a", "state/")  # fmt: skip
    assert jax.random.uniform(restored["key"]) == jax.random.uniform(original["key"])
    assert restored["list"][2:] == [5, 2.5, True]
    assert [type(leaf) for leaf in restored["list"][1:]] == [np.ndarray, int, float, bool]
    assert (restored["list"][0] == jnp.arange(3)).all()
    assert jax.tree.structure(restored) == jax.tree.structure(original)


def test_shapes_are_template_enough(tmp_path):
    shapes = jax.eval_shape(lambda: {"a": jnp.arange(3.0)})
    filled = fill(shapes, {"a": np.array([1, 2, 3], np.float32)}, tmp_path)
    assert isinstance(filled["a"], jax.Array)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("a"), "lacks a"),
        (lambda arrays: arrays.update(c=np.ones(1)), "holds c, which"),
        (lambda arrays: arrays.update(a=np.ones(4, np.float32)), r"a is float32\[4\], but .* float32\[3\]"),
        (lambda arrays: arrays.update(a=np.ones(3, np.float64)), r"a is float64\[3\], but .* float32\[3\]"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, change, message):
    arrays = {"a": np.ones(3, np.float32), "b": np.ones(2, np.int32)}
    change(arrays)
    with pytest.raises(PremotorError, match=message) as caught:
        fill({"a": jnp.ones(3), "b": jnp.ones(2, int)}, arrays, tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)


def test_weak_types_are_made_strong():
    assert jnp.asarray(1.0).weak_type
    made = strong({"a": jnp.asarray(1.0), "b": np.ones(1)})
    assert not made["a"].weak_type
    assert made["a"].dtype == jnp.float32


ARRAYS = {"x": np.arange(100.0), "y": np.ones((3, 4), np.float32)}


def test_a_checkpoint_is_read_back(tmp_path):
    save_checkpoint(tmp_path, 16, ARRAYS, {"iteration": 2}, keep=3)
    found = load_checkpoint(tmp_path, 16)
    assert found.record["iteration"] == 2
    assert all(same(found.arrays[name], ARRAYS[name]) for name in ARRAYS)
    assert [item.name for item in tmp_path.iterdir()] == ["000000000016"]


def test_the_newest_are_kept(tmp_path):
    for step in (1, 20, 300, 4000):
        save_checkpoint(tmp_path, step, ARRAYS, {}, keep=2)
    assert checkpoint_steps(tmp_path) == [300, 4000]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_partial_checkpoint_is_no_checkpoint_and_goes_in_time(tmp_path):
    partial = tmp_path / "000000000016.partial"
    partial.mkdir()
    (partial / "state.json").write_text("{")
    assert checkpoint_steps(tmp_path) == []
    assert newest_checkpoint(tmp_path, pytest.fail) is None
    save_checkpoint(tmp_path, 16, ARRAYS, {}, keep=1)
    assert checkpoint_steps(tmp_path) == [16]
    os.utime(partial, (0, 0))
    remove_stale(tmp_path)
    assert not partial.exists() and checkpoint_steps(tmp_path) == [16]


def test_there_is_none_in_a_folder_that_does_not_exist(tmp_path):
    assert newest_checkpoint(tmp_path / "none", pytest.fail) is None


@given(st.data())
def test_a_checkpoint_cut_anywhere_is_an_error_that_names_the_file(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("checkpoints")
    path = save_checkpoint(folder, 16, ARRAYS, {}, keep=1)
    file = path / data.draw(st.sampled_from(["state.safetensors", "state.json"]))
    whole = file.read_bytes()
    file.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(PremotorError) as caught:
        load_checkpoint(folder, 16)
    assert str(file) in str(caught.value)


@given(st.data())
def test_a_checkpoint_with_a_flipped_bit_is_an_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("checkpoints")
    path = save_checkpoint(folder, 16, ARRAYS, {}, keep=1)
    file = path / "state.safetensors"
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(bytes(content))
    with pytest.raises(PremotorError) as caught:
        load_checkpoint(folder, 16)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: (path / "state.json").unlink(), "state.json is missing"),
        (lambda path: (path / "state.safetensors").unlink(), "state.safetensors is missing"),
        (lambda path: (path / "state.json").write_text("[]"), "no record of a checkpoint of step 16"),
        (lambda path: (path / "state.json").write_text('{"format": 0, "step": 16}'), "in format 1"),
        (
            lambda path: (path / "state.safetensors").write_bytes(b"PK\x03\x04 no"),
            "truncated or no safetensors",
        ),
    ],
)
def test_a_foreign_or_incomplete_checkpoint_is_an_error(tmp_path, change, message):
    path = save_checkpoint(tmp_path, 16, ARRAYS, {}, keep=1)
    change(path)
    with pytest.raises(PremotorError, match=message):
        load_checkpoint(tmp_path, 16)


def test_a_damaged_newest_is_passed_over_loudly_and_set_aside(tmp_path):
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, ARRAYS, {}, keep=3)
    for step in (2, 3):
        (tmp_path / f"{step:012d}" / "state.safetensors").write_bytes(b"x")
    said = []
    assert newest_checkpoint(tmp_path, said.append).step == 1
    assert len(said) == 2
    assert all("warning" in line and "going back to the checkpoint of step 1" in line for line in said)
    assert checkpoint_steps(tmp_path) == [1]
    assert sorted(item.name for item in tmp_path.glob("*.damaged")) == [
        "000000000002.damaged",
        "000000000003.damaged",
    ]


def test_when_all_are_damaged_it_is_an_error_and_nothing_moves(tmp_path):
    path = save_checkpoint(tmp_path, 1, ARRAYS, {}, keep=3)
    (path / "state.json").write_text(json.dumps({"format": 1, "step": 1, "sha256": "0"}))
    with pytest.raises(PremotorError, match="SHA-256 differs"):
        newest_checkpoint(tmp_path, pytest.fail)
    assert checkpoint_steps(tmp_path) == [1]
