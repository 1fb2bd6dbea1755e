"""Whatever a file holds, loading it gives a whole circuit or one PremotorError."""

import csv
import io
import json
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings, strategies as st

from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit

WORDS = """id bodyId body root_id pre post bodyId_pre bodyId_post weight count a b roi type class sign side
transmitter predictedNt"""
MANY = 3 * settings().max_examples
"""`pytest --hypothesis-profile thorough` tries 3,000."""
NAMES = st.sampled_from([*WORDS.split(), "", " ", "naïve", "pre "])
CELLS = st.one_of(
    st.sampled_from(["1", "2", "3", "4", "0", "-1", "1.0", "nan", "", "1e3", "x", " 2", "+3", "9" * 19, "9" * 30]),
    st.integers(-5, 10).map(str),
    st.text(max_size=6),
    st.floats().map(str),
)


def csv_text(rows: list[list[str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """CSV files: right and wrong headers, right and wrong cells, sometimes ragged or damaged."""
    header = draw(st.lists(NAMES, min_size=1, max_size=5))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=6))
    if draw(st.integers(0, 9)) == 0:
        rows.append(draw(st.lists(CELLS, max_size=7)))
    data = csv_text([header, *rows], draw(st.sampled_from([",", ",", ",", "\t", ";"])))
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, len(data)))
        data = data[:place] + draw(st.binary(max_size=4)) + data[place:]
    return data


WELL_FORMED = st.builds(
    lambda rows: csv_text([["pre", "post", "count"], *rows]),
    st.lists(st.tuples(*[st.integers(1, 4).map(str)] * 2, CELLS).map(list), max_size=6),
)
ANY_TABLE = st.one_of(tables(), WELL_FORMED, st.binary(max_size=60), st.text(max_size=60).map(str.encode))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dataset", "steps", "column_types", "type", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


def check(path: Path) -> None:
    try:
        circuit = load_circuit(path)
    except PremotorError as error:
        assert str(error) and "\n" not in str(error)
        return
    assert isinstance(circuit, Circuit)
    assert len(circuit) > 0
    assert circuit.neurons.index.dtype == np.int64
    assert circuit.synapses.nnz == 0 or circuit.synapses.data.min() >= 1
    assert circuit.summary()


@settings(max_examples=MANY)
@given(ANY_TABLE)
def test_any_file(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(content)
        check(path)


@settings(max_examples=MANY)
@given(ANY_TABLE, ANY_TABLE, st.none() | ANY_TABLE, st.none() | JSON.map(json.dumps) | st.text(max_size=20))
def test_any_folder(neurons, connections, gaps, provenance):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "neurons.csv").write_bytes(neurons)
        (folder / "connections.csv").write_bytes(connections)
        if gaps is not None:
            (folder / "gap_junctions.csv").write_bytes(gaps)
        if provenance is not None:
            (folder / "provenance.json").write_text(provenance, encoding="utf-8", errors="surrogatepass")
        check(folder)


@given(st.text(max_size=30))
def test_any_name(name):
    try:
        circuit = load_circuit(name)
    except PremotorError as error:
        assert str(error)
    else:
        assert len(circuit) > 0


@given(
    st.dictionaries(
        st.sampled_from(["type", "class", "sign", "id", "x"]),
        st.one_of(CELLS, st.integers(), st.lists(CELLS, max_size=3), st.floats(), st.none()),
        max_size=3,
    )
)
def test_any_selection(conditions):
    circuit = load_circuit("fly-cpg")
    try:
        chosen = circuit.select(**conditions)
    except PremotorError as error:
        assert str(error)
    else:
        assert 0 < len(chosen) <= 4
        assert set(chosen.ids) <= set(circuit.ids)


GOOD = {
    "neurons.csv": b"id,type,class,size,sign\n11,A,sensory,1.5,1\n12,B,motor,2.5,-1\n13,C,,,0\n",
    "connections.csv": b"pre,post,count\n11,12,5\n12,13,7\n13,13,1\n",
    "gap_junctions.csv": b"a,b,count\n11,12,2\n13,13,1\n",
    "provenance.json": b'{"dataset": "d", "steps": [], "column_types": {"size": "float64"}}',
}


@settings(max_examples=MANY)
@given(st.sampled_from(sorted(GOOD)), st.integers(0, 99), st.integers(0, 3), st.binary(max_size=4))
def test_a_good_folder_with_one_damage(name, place, cut, insert):
    with tempfile.TemporaryDirectory() as folder:
        for file, content in GOOD.items():
            if file == name:
                content = content[:place] + insert + content[place + cut :]
            (Path(folder) / file).write_bytes(content)
        check(Path(folder))
