"""Muscles and motor modules as a part of a circuit: the published counts, selections, tables of a user's own."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from scipy.sparse import csr_array

from connectome.circuits import circuit_of, circuits
from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit
from premotor.connectome.effectors import effector_table
from premotor.connectome.legs import MODULES

WORM = load_circuit("celegans")


def edges_onto_muscles(kind: str) -> int:
    return WORM.neuromuscular[np.flatnonzero(WORM.neurons["type"] == kind)].nnz


def test_the_worm_has_the_muscles_of_cook_et_al_2019():
    muscles = WORM.muscles
    assert muscles["quadrant"].value_counts().to_dict() == {"MDL": 24, "MDR": 24, "MVR": 24, "MVL": 23}
    assert (muscles.index == muscles["quadrant"] + muscles["number"].astype(str).str.zfill(2)).all()
    assert (WORM.neuromuscular.nnz, WORM.neuromuscular.sum()) == (956, 5515)
    assert (WORM.muscle_junctions.nnz, WORM.muscle_junctions.sum()) == (5, 9)
    reaching = (WORM.neuromuscular + WORM.muscle_junctions).sum(1) > 0
    assert np.count_nonzero(WORM.neuromuscular.sum(1)) == np.count_nonzero(reaching) == 162
    assert WORM.neuromuscular.dtype == WORM.muscle_junctions.dtype == np.int64
    assert "supplementary information 5" in WORM.provenance.citation


@pytest.mark.parametrize(("kind", "edges"), [("DA", 80), ("VA", 75), ("VB", 69), ("DB", 63), ("VC", 30)])
def test_classes_of_motor_neurons_have_the_published_edges(kind, edges):
    assert edges_onto_muscles(kind) == edges


def test_dorsal_and_ventral_motor_neurons_reach_dorsal_and_ventral_muscles():
    dorsal = WORM.muscles["quadrant"].isin(["MDL", "MDR"]).to_numpy()
    for kind, up in (("DA", True), ("DB", True), ("DD", True), ("VA", False), ("VB", False), ("VD", False)):
        given = WORM.neuromuscular[np.flatnonzero(WORM.neurons["type"] == kind)].sum(0)
        assert given[dorsal == up].sum() > 0.95 * given.sum()


def test_the_wiring_among_neurons_is_what_it_was_before_there_were_muscles():
    assert WORM.digest == "a7c61e23b4b19e90970118cd24986feeb64201e8c88a7e4067d29ac68c0bfe9c"
    assert WORM.neuromuscular_digest != load_circuit("celegans").select(type="D*").neuromuscular_digest


def test_a_leg_has_its_motor_modules():
    leg = load_circuit("fly-leg")
    assert set(MODULES) < set(leg.effectors.index) and set(leg.effectors["kind"]) == {"motor module"}
    assert leg.muscles.empty and leg.muscle_junctions.nnz == 0
    found = leg.neuromuscular.toarray() @ np.arange(1, len(leg.effectors) + 1)
    names = np.array(["", *leg.effectors.index], object)
    assert (names[found] == leg.neurons["motor module"].to_numpy(object)).all()


def test_a_circuit_without_effectors_has_an_empty_table():
    circuit = load_circuit("fly-cpg")
    assert circuit.muscles.empty and circuit.effectors.empty
    assert circuit.neuromuscular.shape == circuit.muscle_junctions.shape == (4, 0)
    assert "muscle" not in circuit.summary() and "effectors" not in circuit.provenance.steps[0]


def test_a_selection_keeps_the_muscles_that_it_reaches():
    chosen = WORM.select(type="DA|AVA")
    where = np.flatnonzero(WORM.neurons["type"].isin(["DA", "AVA"]))
    reached = (WORM.neuromuscular + WORM.muscle_junctions)[where].sum(0) > 0
    assert list(chosen.muscles.index) == list(WORM.muscles.index[reached]) and 0 < reached.sum() < 95
    np.testing.assert_array_equal(chosen.neuromuscular.toarray(), WORM.neuromuscular[where].toarray()[:, reached])
    assert chosen.provenance.steps[-1]["dropped"]["effectors"] == 95 - reached.sum()
    assert (WORM.select(type="AVA").muscles.columns == WORM.muscles.columns).all()
    assert len(WORM.select(type="AVA").muscles) == 0
    few = WORM.select(min_synapses=1000)
    assert few.synapses.nnz == 0 and (few.neuromuscular != WORM.neuromuscular).nnz == 0
    turned = WORM.subset(WORM.ids[::-1])
    np.testing.assert_array_equal(turned.neuromuscular.toarray(), WORM.neuromuscular.toarray()[::-1])


def test_the_summary_shows_muscles_by_quadrant_and_the_strongest_types():
    text = WORM.summary()
    assert "95 muscles, reached by 162 neurons: 956 edges, 5,515 synapses, 5 gap-junction edges (9 junctions)" in text
    assert ["MVL", "23", "muscles"] in [line.split()[:3] for line in text.splitlines()]
    assert ["DA", "acetylcholine", "80", "edges"] in [line.split()[:4] for line in text.splitlines()]
    assert "15 motor neurons" in load_circuit("fly-leg").summary()


def test_a_folder_may_have_tables_of_effectors_by_name(tmp_path, capsys):
    (tmp_path / "cells.csv").write_text("name,class\nA,motor\nB,interneuron\n")
    (tmp_path / "wires.csv").write_text("pre,post,count\nB,A,4\n")
    (tmp_path / "onto.csv").write_text("pre,effector,count\nA,triceps,3\nA,biceps,2\nC,biceps,1\nA,biceps,5\n")
    circuit = load_circuit(tmp_path)
    assert list(circuit.muscles.index) == ["biceps", "triceps"]
    assert circuit.neuromuscular.toarray().tolist() == [[7, 3], [0, 0]]
    step = circuit.provenance.steps[0]
    assert step["dropped"] == {"neuromuscular rows of unknown neurons": 1} and "onto.csv" in step["arguments"]["files"]
    assert "1 of 4 rows of" in capsys.readouterr().err
    (tmp_path / "what.csv").write_text("effector,kind,moves\ntriceps,muscle,elbow\n")
    with pytest.raises(PremotorError, match=r"onto.csv names the effector 'biceps', which what.csv lacks"):
        load_circuit(tmp_path)
    (tmp_path / "onto.csv").unlink()
    with pytest.raises(PremotorError, match="what.csv lists effectors, but no table has the synapses onto them"):
        load_circuit(tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("pre,effector,count\n1,m,0\n", "onto.csv, column count, row 1, holds '0'"),
        ("pre,effector,count\n1,,2\n", "onto.csv, column effector has a row without a name"),
        ("pre,effector,count\nx,m,2\n", "onto.csv, column pre, holds names, but the neurons have no column name"),
        ("pre,effector,count\n1,12,2\n", "which are texts and no numbers"),
    ],
)
def test_bad_tables_of_effectors_are_one_sentence(tmp_path, rows, said):
    (tmp_path / "neurons.csv").write_text("id,class\n1,motor\n2,interneuron\n")
    (tmp_path / "connections.csv").write_text("pre,post,count\n2,1,4\n")
    (tmp_path / "onto.csv").write_text(rows)
    with pytest.raises(PremotorError, match=said):
        load_circuit(tmp_path)


@pytest.mark.parametrize(
    ("table", "counts", "said"),
    [
        (effector_table(["a", "a"], "muscle"), [[1, 0]], "different names"),
        (effector_table(["a", "b"], "muscle").assign(kind=["muscle", "motor module"]), [[1, 0]], "of one kind"),
        (effector_table(["a", "b"], "muscle").drop(columns="kind"), [[1, 0]], "lacks the column 'kind'"),
        (effector_table(["a"], "muscle"), [[1, 0]], r"needs neuromuscular as int64 of shape \(1, 1\)"),
        (effector_table(["a", "b"], "muscle"), [[-1, 0]], "neuromuscular has a count of -1"),
        (pd.DataFrame({"kind": ["muscle"] * 2}, index=[1, 2]), [[1, 0]], "texts and no numbers"),
    ],
)
def test_parts_that_do_not_fit_are_refused(table, counts, said):
    made = circuit_of(np.zeros((1, 1)))
    with pytest.raises(PremotorError, match=said):
        Circuit(made.neurons, made.synapses, None, made.provenance, table, csr_array(np.array(counts, np.int64)))


def assert_same_effectors(found: Circuit, wanted: Circuit) -> None:
    order = found.effectors.index.get_indexer(wanted.effectors.index)
    assert len(found.effectors) == len(wanted.effectors) and (order >= 0).all()
    pd.testing.assert_frame_equal(found.effectors.iloc[order], wanted.effectors)
    for name in ("neuromuscular", "muscle_junctions", "synapses"):
        mine = getattr(found, name).toarray()
        np.testing.assert_array_equal(mine if name == "synapses" else mine[:, order], getattr(wanted, name).toarray())


@given(circuits(most=6))
def test_tables_and_arrays_in_memory_come_back_the_same(circuit):
    assume(circuit.synapses.nnz)  # tables without connections are refused
    assert_same_effectors(Circuit.from_pandas(*circuit.to_pandas()), circuit)
    some = len(circuit.effectors) > 0
    onto = (circuit.neuromuscular.toarray(), circuit.effectors, circuit.muscle_junctions) if some else ()
    assert_same_effectors(Circuit.from_arrays(circuit.synapses, circuit.ids, circuit.neurons, None, *onto), circuit)


@given(circuits(most=6))
def test_graphs_in_memory_come_back_the_same(circuit):
    pytest.importorskip("networkx")
    assume(circuit.synapses.nnz)
    assert_same_effectors(Circuit.from_networkx(circuit.to_networkx()), circuit)


def test_edges_and_arrays_with_names_of_effectors(capsys):
    circuit = Circuit.from_edges([("A", "B", 3)], neuromuscular=[("B", "biceps", 2), ("B", "triceps")])
    assert list(circuit.muscles.index) == ["biceps", "triceps"]
    assert circuit.neuromuscular.toarray().tolist() == [[0, 0], [2, 1]]
    circuit = Circuit.from_arrays([[0, 1], [0, 0]], neuromuscular=[[0], [4]], effectors=["biceps"])
    assert circuit.neuromuscular.toarray().tolist() == [[0], [4]]
    with pytest.raises(PremotorError, match=r"neuromuscular has the shape \(1, 1\); .* \(2, 1\) is needed"):
        Circuit.from_arrays([[0, 1], [0, 0]], neuromuscular=[[4]], effectors=["biceps"])
    with pytest.raises(PremotorError, match="need effectors, the names of their columns"):
        Circuit.from_arrays([[0, 1], [0, 0]], neuromuscular=[[4], [0]])


def test_a_graph_in_which_a_muscle_reaches_a_neuron_is_refused():
    networkx = pytest.importorskip("networkx")
    graph = networkx.DiGraph([(1, 2), ("m", 1)])
    graph.add_node("m", effector="m", kind="muscle")
    with pytest.raises(PremotorError, match="an edge from an effector"):
        Circuit.from_networkx(graph)
