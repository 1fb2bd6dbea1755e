"""A saved circuit comes back the same, and nothing half-written stays."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from connectome.circuits import circuits
from premotor import PremotorError
from premotor.connectome import Circuit, Provenance, load_circuit, storage


def same(one: Circuit, two: Circuit) -> None:
    pd.testing.assert_frame_equal(one.neurons, two.neurons, check_exact=True)
    pd.testing.assert_frame_equal(one.effectors, two.effectors, check_exact=True)
    names = ("synapses", "gap_junctions", "neuromuscular", "muscle_junctions")
    for a, b in ((getattr(one, name), getattr(two, name)) for name in names):
        assert (a is None) == (b is None)
        if a is not None and b is not None:
            assert a.dtype == b.dtype == np.int64
            assert np.array_equal(a.toarray(), b.toarray())


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
# A column of text that is nothing but numbers keeps its type through the record.
COLUMNS = {
    "text": TEXT,
    "number": st.floats(allow_nan=True, allow_infinity=False),
    "whole": st.integers(-(2**53), 2**53),
    "flag": st.booleans(),
    "digits": st.integers(0, 99).map(str),
}


@st.composite
def annotated(draw: st.DrawFn) -> Circuit:
    circuit = draw(circuits())
    neurons = circuit.neurons.copy()
    for name in draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True)):
        values = draw(st.lists(COLUMNS[name], min_size=len(circuit), max_size=len(circuit)))
        neurons[name] = pd.array(values, dtype="str") if isinstance(values[0], str) else values
    return replace(circuit, neurons=neurons)


@given(annotated())
def test_a_saved_circuit_comes_back_the_same(circuit):
    if circuit.synapses.nnz == 0:
        record = circuit.provenance.with_step("made", {}, size={"neurons": 1, "edges": 0, "synapses": 0})
        circuit = replace(circuit, provenance=record)
    with tempfile.TemporaryDirectory() as folder:
        path = circuit.save(Path(folder) / "a" / "circuit")
        again = load_circuit(path)
        same(circuit, again)
        assert again.provenance.steps[:-1] == circuit.provenance.steps
        assert again.provenance.dataset == circuit.provenance.dataset
        files = {file.name: file.read_bytes() for file in path.iterdir() if file.suffix == ".csv"}
        for file in again.save(Path(folder) / "b").iterdir():
            assert file.suffix != ".csv" or file.read_bytes() == files[file.name]


@pytest.mark.parametrize("name", ["celegans", "fly-cpg", "fly-leg"])
def test_real_circuits_come_back_the_same(tmp_path, name):
    circuit = load_circuit(name)
    same(circuit, load_circuit(circuit.save(tmp_path / "saved")))


def test_an_empty_folder_is_used_and_a_full_one_is_not(tmp_path):
    circuit = load_circuit("fly-cpg")
    (tmp_path / "empty").mkdir()
    circuit.save(tmp_path / "empty")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    for taken in (tmp_path / "empty", tmp_path / "empty" / "neurons.csv"):
        with pytest.raises(PremotorError, match="exists and is not empty"):
            circuit.save(taken)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_failing_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_write_edges", full)
    with pytest.raises(PremotorError, match=r"cannot write the circuit to .*: No space left on device"):
        load_circuit("celegans").save(tmp_path / "circuit")
    assert list(tmp_path.iterdir()) == []


def test_a_saved_folder_has_usual_rights(tmp_path):
    (tmp_path / "usual").mkdir()
    saved = load_circuit("fly-cpg").save(tmp_path / "saved")
    assert saved.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_signs_that_a_file_states_are_kept_until_a_policy_is_asked_for(tmp_path):
    circuit = load_circuit("celegans").with_signs("default")
    path = circuit.save(tmp_path / "saved")
    assert (load_circuit(path).neurons["sign"] == circuit.neurons["sign"]).all()
    kunert = load_circuit(path, signs="kunert2014")
    assert (kunert.neurons["sign"] == load_circuit("celegans").neurons["sign"]).all()


def test_provenance_survives_json():
    record = load_circuit("celegans").select(min_synapses=3).provenance
    assert Provenance.from_json(record.to_json()) == record
    assert "threshold(min_synapses=3): 302 neurons" in str(record)
    assert "dropped" in str(record)
