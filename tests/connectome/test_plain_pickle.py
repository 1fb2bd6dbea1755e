"""Pickles of plain data come out as they went in; nothing in any pickle is executed."""

import pickle  # files as strangers make them; premotor itself never unpickles
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from premotor import PremotorError
from premotor.connectome.readers.plain_pickle import read_plain_pickle

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers() | st.text(max_size=4), inner, max_size=4)
        | st.sets(st.integers(), max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN, st.integers(0, 5))
def test_plain_pickles_come_out_as_they_went_in(tmp_path_factory, value, protocol):
    path = tmp_path_factory.mktemp("pickle") / "a.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    if protocol < 4 and "set" in repr(type_names(value)):
        return  # old protocols make sets by calling set()
    if protocol < 3 and "bytes" in repr(type_names(value)) and b"" in bytes_in(value):
        return  # and empty bytes by calling bytes()
    assert read_plain_pickle(path) == value


def type_names(value) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set)) else []
    return [type(value).__name__, *(name for item in inner for name in type_names(item))]


def bytes_in(value) -> list[bytes]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set)) else []
    return ([value] if isinstance(value, bytes) else []) + [found for item in inner for found in bytes_in(item)]


@pytest.mark.parametrize("kind", ["i1", "u2", "i4", "u8", "f4", "f8", ">i8", ">f4", "?"])
@pytest.mark.parametrize("protocol", range(6))
def test_numpy_scalars_in_pickles(tmp_path, kind, protocol):
    value = np.array([1], dtype=kind)[0]
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({value: [value, np.float64(2.5)]}, protocol))
    assert read_plain_pickle(path) == {1: [1, 2.5]}


class Bomb:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_in_a_pickle_is_executed(tmp_path, protocol):
    trace = tmp_path / "executed"
    for number, value in enumerate([Bomb(str(trace)), {1: Bomb(str(trace))}, print, Path("x"), np.arange(3)]):
        path = tmp_path / f"{number}.pkl"
        path.write_bytes(pickle.dumps(value, protocol))
        with pytest.raises(PremotorError, match=r"which is no plain data; nothing of it was executed|never needs"):
            read_plain_pickle(path)
    (tmp_path / "shell.pkl").write_bytes(b"cos\nsystem\n(S'touch " + str(trace).encode() + b"'\ntR.")
    with pytest.raises(PremotorError, match="asks for .os.system"):
        read_plain_pickle(tmp_path / "shell.pkl")
    assert not trace.exists()


@given(st.binary(max_size=60), st.integers(0, 5), st.integers(0, 200))
def test_damaged_pickles(tmp_path_factory, noise, protocol, place):
    path = tmp_path_factory.mktemp("pickle") / "a.pkl"
    good = pickle.dumps({np.int64(5): "x", 7: [1.5, None]}, protocol)
    for content in (noise, good[:place], good[:place] + noise + good[place:]):
        path.write_bytes(content)
        try:
            read_plain_pickle(path)
        except PremotorError as error:
            assert "a.pkl" in str(error)
