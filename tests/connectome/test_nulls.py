"""What each null model keeps, counted by an oracle that knows nothing of blocks or swaps."""

import time
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st
from scipy.sparse import csr_array

from connectome.circuits import circuit_of, circuits
from connectome.wirings import code, degrees, edge_list, gap_list, out_counts
from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit, nulls

seeds = st.integers(0, 2**31)
A_FEW = settings().max_examples // 2
"""Examples of what is tried with every null model."""


def gap_degrees(circuit: Circuit) -> dict:
    kind = list(circuit.neurons["class"])
    counts: dict = defaultdict(int)
    for i, j, _ in gap_list(circuit):
        counts[i, kind[j]] += 1
        counts[j, kind[i]] += 1
    return dict(counts)


def block_counts(circuit: Circuit) -> dict:
    kind = list(circuit.neurons["class"])
    sign = list(circuit.neurons["sign"])
    counts: dict = defaultdict(Counter)
    for i, j, count in edge_list(circuit):
        counts[sign[i], kind[i], kind[j]][count] += 1
    return dict(counts)


@given(circuits(), seeds)
def test_rewired_keeps_degrees_by_class_and_sign(circuit, seed):
    null = nulls.rewired(circuit, seed=seed)
    assert degrees(null) == degrees(circuit)
    assert out_counts(null) == out_counts(circuit)
    assert null.neurons.equals(circuit.neurons)


@given(circuits(), seeds)
def test_rewired_leaves_self_connections_alone(circuit, seed):
    null = nulls.rewired(circuit, seed=seed)
    assert (null.synapses.diagonal() == circuit.synapses.diagonal()).all()


@given(circuits(), seeds)
def test_rewired_keeps_gap_junctions_by_class(circuit, seed):
    null = nulls.rewired(circuit, seed=seed)
    assert (null.gap_junctions is None) == (circuit.gap_junctions is None)
    if circuit.gap_junctions is not None:
        assert gap_degrees(null) == gap_degrees(circuit)
        assert Counter(c for *_, c in gap_list(null)) == Counter(c for *_, c in gap_list(circuit))
        assert (null.gap_junctions.diagonal() == circuit.gap_junctions.diagonal()).all()


@given(circuits(), seeds)
def test_shuffled_weights_keeps_the_support_and_the_counts_of_every_block(circuit, seed):
    null = nulls.shuffled_weights(circuit, seed=seed)
    assert [edge[:2] for edge in edge_list(null)] == [edge[:2] for edge in edge_list(circuit)]
    assert block_counts(null) == block_counts(circuit)
    if circuit.gap_junctions is not None:
        assert [edge[:2] for edge in gap_list(null)] == [edge[:2] for edge in gap_list(circuit)]
        assert Counter(c for *_, c in gap_list(null)) == Counter(c for *_, c in gap_list(circuit))


@given(circuits(), seeds)
def test_random_graph_keeps_the_number_of_edges_of_each_sign(circuit, seed):
    null = nulls.random_graph(circuit, seed=seed)
    sign = list(circuit.neurons["sign"])

    def by_sign(edges):
        return Counter((sign[i], i == j, count) for i, j, count in edges)

    assert by_sign(edge_list(null)) == by_sign(edge_list(circuit))
    if circuit.gap_junctions is not None:
        assert Counter((i == j, c) for i, j, c in gap_list(null)) == Counter(
            (i == j, c) for i, j, c in gap_list(circuit)
        )


@given(circuits(), seeds, st.sampled_from([None, "class", "sign"]))
def test_shuffled_identities_keeps_the_graph(circuit, seed, within):
    null = nulls.shuffled_identities(circuit, seed=seed, within=within)
    assert null.neurons.equals(circuit.neurons)
    # Two isomorphic graphs have the same sorted in- and out-strengths and the same spectrum.
    before, after = circuit.synapses.toarray(), null.synapses.toarray()
    assert sorted(zip(before.sum(0), before.sum(1), np.diag(before), strict=True)) == sorted(
        zip(after.sum(0), after.sum(1), np.diag(after), strict=True)
    )
    for power in (2, 3):
        traces = [np.trace(np.linalg.matrix_power(m.astype(object), power)) for m in (before, after)]
        assert traces[0] == traces[1]
    if within:
        kind = list(circuit.neurons[within])
        assert Counter((kind[i], kind[j], c) for i, j, c in edge_list(null)) == Counter(
            (kind[i], kind[j], c) for i, j, c in edge_list(circuit)
        )


def applies(name: str, circuit: Circuit) -> bool:
    """Whether a circuit has what a null model keeps."""
    needs = {"rewired_hemilineage": "hemilineage", "rewired_distance": "x"}
    return (
        needs[name] in circuit.neurons if name in needs else bool(len(circuit.effectors)) or name not in ONTO_EFFECTORS
    )


def with_places(circuit: Circuit) -> Circuit:
    """A circuit with hemilineages and places, for null models that keep them."""
    number = np.arange(len(circuit))
    return replace(circuit, neurons=circuit.neurons.assign(hemilineage=[f"h{n % 2}" for n in number], x=number % 5.0))


ONTO_EFFECTORS = ("rewired_neuromuscular", "rewired_all", "shuffled_weights_all")


def link_list(matrix) -> list[tuple[int, int, int]]:
    dense = matrix.toarray()
    return [(i, j, int(dense[i, j])) for i in range(len(dense)) for j in range(dense.shape[1]) if dense[i, j]]


@pytest.mark.parametrize("name", list(nulls.NULL_MODELS))
@settings(max_examples=A_FEW)
@given(circuits(), seeds)
def test_what_reaches_muscles_changes_in_the_null_models_that_say_so_alone(name, circuit, seed):
    circuit = with_places(circuit)
    assume(applies(name, circuit))
    null = nulls.make_null(circuit, name, seed)
    assert null.effectors.equals(circuit.effectors)
    step = null.provenance.steps[-1]["arguments"]
    for part in ("neuromuscular", "muscle_junctions"):
        before, after = link_list(getattr(circuit, part)), link_list(getattr(null, part))
        if name not in ONTO_EFFECTORS:
            assert after == before
            assert step.get("neuromuscular") == ("kept" if len(circuit.effectors) else None)
            continue
        assert "neuromuscular" not in step and 0 <= step["neuromuscular_moved"] <= 1
        kind = list(zip(circuit.neurons["class"], circuit.neurons["sign"], strict=True))
        if name == "shuffled_weights_all":
            assert [edge[:2] for edge in after] == [edge[:2] for edge in before]
            assert Counter((kind[i], c) for i, _, c in after) == Counter((kind[i], c) for i, _, c in before)
        else:
            assert Counter((i, c) for i, _, c in after) == Counter((i, c) for i, _, c in before)
            assert Counter((kind[i], j) for i, j, _ in after) == Counter((kind[i], j) for i, j, _ in before)
    same = {"rewired_all": "rewired", "shuffled_weights_all": "shuffled_weights"}.get(name)
    if same:
        central = nulls.make_null(circuit, same, seed)
        assert (central.synapses != null.synapses).nnz == 0
        assert same == "shuffled_weights" or "edges_moved" in step
    if name == "rewired_neuromuscular":
        assert null.synapses is circuit.synapses and null.gap_junctions is circuit.gap_junctions


@pytest.mark.parametrize("name", ONTO_EFFECTORS)
def test_null_models_of_muscles_need_some(name):
    with pytest.raises(PremotorError, match=f"{name} needs muscles or motor modules, which fly-cpg does not have"):
        nulls.make_null(load_circuit("fly-cpg"), name, 0)


def test_the_muscles_of_the_worm_get_other_neurons():
    worm = load_circuit("celegans")
    null = nulls.rewired_neuromuscular(worm, seed=3)
    step = null.provenance.steps[-1]["arguments"]
    assert step["neuromuscular_moved"] > 0.6 and step["neuromuscular_swaps"] >= 10 * 900 and step["edges_moved"] == 0
    assert null.digest == worm.digest and null.neuromuscular_digest != worm.neuromuscular_digest
    both = nulls.rewired_all(worm, seed=3)
    assert both.neuromuscular_digest == null.neuromuscular_digest
    assert both.digest == nulls.rewired(worm, seed=3).digest


def test_rewired_neuromuscular_is_uniform_over_all_wirings_of_the_same_degrees():
    # Three neurons with one muscle each, all different: six ways, each as likely.
    table = pd.DataFrame({"kind": ["muscle"] * 3}, index=pd.Index(["a", "b", "c"], name="effector"))
    onto = csr_array(np.eye(3, dtype=np.int64))
    circuit = replace(circuit_of(np.zeros((3, 3))), effectors=table, neuromuscular=onto, muscle_junctions=None)
    found = Counter(
        nulls.rewired_neuromuscular(circuit, seed, swaps_per_edge=4).neuromuscular.toarray().tobytes()
        for seed in range(120)
    )
    assert len(found) == 6
    # Chi² of five degrees of freedom: 20.5 has a probability of 0.001.
    assert sum((number - 20) ** 2 / 20 for number in found.values()) < 20.5


@pytest.mark.parametrize("name", list(nulls.NULL_MODELS))
@settings(max_examples=A_FEW)
@given(circuits(), seeds)
def test_the_same_seed_gives_the_same_null(name, circuit, seed):
    circuit = with_places(circuit)
    assume(applies(name, circuit))
    one, two = (nulls.make_null(circuit, name, seed) for _ in range(2))
    assert (one.synapses != two.synapses).nnz == 0 and (one.neuromuscular != two.neuromuscular).nnz == 0
    assert len(one.provenance.steps) == len(circuit.provenance.steps) + 1
    assert one.provenance.steps[-1]["arguments"]["seed"] == seed


def test_shuffled_identities_refuses_an_unknown_column():
    with pytest.raises(PremotorError, match="no column 'clas' .*did you mean 'class'"):
        nulls.shuffled_identities(load_circuit("fly-cpg"), within="clas")


def test_an_unknown_null_model_is_named_with_the_closest():
    with pytest.raises(PremotorError, match="no null model 'rewire' .*did you mean rewired"):
        nulls.NULL_MODELS["rewire"]


def reachable(circuit: Circuit) -> set[bytes]:
    """Every wiring with the same row and column sums and no self-connection, by trying them all."""
    dense = (circuit.synapses.toarray() > 0).astype(int)
    size = len(dense)
    rows = [[r for r in range(2**size) if not r >> i & 1 and r.bit_count() == dense[i].sum()] for i in range(size)]
    found = set()

    def extend(chosen: list[int], left: list[int]) -> None:
        if len(chosen) == size:
            if not any(left):
                found.add(bytes(chosen))
            return
        for row in rows[len(chosen)]:
            rest = [need - (row >> j & 1) for j, need in enumerate(left)]
            if min(rest) >= 0:
                extend([*chosen, row], rest)

    extend([], list(dense.sum(0)))
    return found


def test_rewired_is_uniform_over_all_wirings_of_the_same_degrees():
    # A five-ring with one short cut: the states differ in how many swaps leave them.
    ring = np.zeros((5, 5), int)
    for i in range(5):
        ring[i, (i + 1) % 5] = 1
    ring[0, 2] = ring[3, 1] = 1
    circuit = circuit_of(ring)
    states = reachable(circuit)
    draws = 8 * len(states)
    found = Counter(code(nulls.rewired(circuit, seed=seed, swaps_per_edge=4)) for seed in range(draws))
    assert set(found) == states
    expected = draws / len(states)
    chi_square = sum((found[state] - expected) ** 2 / expected for state in states)
    # Mean and variance of chi² are its degrees of freedom k and 2 k; five sigma above the mean.
    freedom = len(states) - 1
    assert chi_square < freedom + 5 * np.sqrt(2 * freedom)


def test_rewired_gap_junctions_are_uniform_too():
    # Three separate pairs among six neurons of one class: 15 perfect matchings, each as likely.
    gaps = np.zeros((6, 6), int)
    for i in (0, 2, 4):
        gaps[i, i + 1] = gaps[i + 1, i] = 1
    circuit = circuit_of(np.zeros((6, 6), int), gaps=gaps)
    found = Counter(tuple(edge[:2] for edge in gap_list(nulls.rewired(circuit, seed=seed))) for seed in range(300))
    assert len(found) == 15
    chi_square = sum((count - 20) ** 2 / 20 for count in found.values())
    assert chi_square < 14 + 5 * np.sqrt(28)


@pytest.mark.parametrize("possible_edges_in_a_table", [0, 2**24])
def test_sorting_and_the_table_agree(monkeypatch, possible_edges_in_a_table):
    monkeypatch.setattr("premotor.connectome.nulls.swaps._TABLE", possible_edges_in_a_table)
    circuit = load_circuit("celegans")
    null = nulls.rewired(circuit, seed=4, swaps_per_edge=1.0)
    monkeypatch.undo()
    other = nulls.rewired(circuit, seed=4, swaps_per_edge=1.0)
    assert (null.synapses != other.synapses).nnz == 0


def test_celegans_is_well_mixed():
    circuit = load_circuit("celegans")
    null = nulls.rewired(circuit, seed=0)
    step = null.provenance.steps[-1]["arguments"]
    loops = np.count_nonzero(circuit.synapses.diagonal())
    assert step["swaps"] >= 10 * (circuit.synapses.nnz - loops)
    before = {edge[:2] for edge in edge_list(circuit)}
    shared = sum(edge[:2] in before for edge in edge_list(null)) / circuit.synapses.nnz
    assert step["edges_moved"] == pytest.approx(1 - shared, abs=1e-4)
    # Ten times more swaps move no more edges: the chain has forgotten where it began.
    longer = nulls.rewired(circuit, seed=0, swaps_per_edge=50).provenance.steps[-1]["arguments"]
    assert step["edges_moved"] == pytest.approx(longer["edges_moved"], abs=0.02)


def test_a_thousand_rewirings_of_the_leg_circuit_take_less_than_a_minute():
    circuit = load_circuit("fly-leg")
    start = time.process_time()
    for seed in range(10):
        nulls.rewired(circuit, seed=seed)
    assert (time.process_time() - start) / 10 * 1000 < 60
    assert degrees(nulls.rewired(circuit, seed=1)) == degrees(circuit)
