"""Selecting, thresholding, signing: against plain loops over dense matrices."""

import fnmatch

import numpy as np
import pytest
from hypothesis import given, strategies as st

from connectome.circuits import circuit_of, circuits
from premotor import PremotorError
from premotor.connectome import SignPolicy, load_circuit
from premotor.connectome.paths import hop_distances


@given(circuits(), st.integers(1, 60))
def test_min_synapses_drops_the_smaller_pairs(circuit, least):
    dense = circuit.synapses.toarray()
    chosen = circuit.select(min_synapses=least)
    assert np.array_equal(chosen.synapses.toarray(), np.where(dense >= least, dense, 0))
    step = chosen.provenance.steps[-1]
    assert step["edges"] == (dense >= least).sum()
    assert step["dropped"].get("synapses", 0) == dense[dense < least].sum()
    if circuit.gap_junctions is not None:
        assert (chosen.gap_junctions != circuit.gap_junctions).nnz == 0


@given(circuits(), st.sampled_from(["T0", "T1|T2", "T*", "?0", "*", "x*|T2"]))
def test_select_by_wildcards(circuit, pattern):
    keep = [any(fnmatch.fnmatchcase(word, part) for part in pattern.split("|")) for word in circuit.neurons["type"]]
    if not any(keep):
        with pytest.raises(PremotorError, match="leaves none"):
            circuit.select(type=pattern)
        return
    chosen = circuit.select(type=pattern)
    assert list(chosen.ids) == list(circuit.ids[keep])
    assert np.array_equal(chosen.synapses.toarray(), circuit.synapses.toarray()[keep][:, keep])
    if circuit.gap_junctions is not None:
        assert np.array_equal(chosen.gap_junctions.toarray(), circuit.gap_junctions.toarray()[keep][:, keep])


@given(circuits(), st.randoms())
def test_subset_keeps_the_given_order(circuit, random):
    ids = [int(number) for number in circuit.ids]
    wanted = random.sample(ids, random.randint(1, len(ids)))
    chosen = circuit.subset(wanted)
    assert list(chosen.ids) == wanted
    where = [ids.index(number) for number in wanted]
    assert np.array_equal(chosen.synapses.toarray(), circuit.synapses.toarray()[np.ix_(where, where)])


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ({"size": 5.912}, ["E1"]),
        ({"size": [5.912, 1.972]}, ["E1", "I1"]),
        ({"size": "5.912|1.972"}, ["E1", "I1"]),
        ({"sign": -1}, ["I1"]),
        ({"id": 10093}, ["DNg100"]),
        ({"id": [13905, 10093]}, ["DNg100", "I1"]),
        ({"id": np.int64(10093)}, ["DNg100"]),
        ({"id": "10093|13905"}, ["DNg100", "I1"]),
        ({"name": ["E1", "E*"]}, ["E1"]),
        ({"name": "E*", "sign": 1}, ["E1", "E2"]),
        ({"hemilineage": ""}, ["DNg100", "E2"]),
        ({"name": "e1|E1"}, ["E1"]),
        ({"name": "E[12]|I1"}, ["I1"]),
    ],
)
def test_conditions(conditions, names):
    assert list(load_circuit("fly-cpg").select(**conditions).neurons["name"]) == names


def test_selecting_is_on_the_record():
    circuit = load_circuit("fly-cpg").select(name="E*", min_synapses=20)
    select, threshold = circuit.provenance.steps[-2:]
    assert select["arguments"] == {"name": "E*"}
    assert (select["neurons"], select["edges"], select["synapses"]) == (2, 2, 558)
    assert select["dropped"] == {"neurons": 2, "edges": 5, "synapses": 978}
    assert threshold["dropped"] == {"edges": 1, "synapses": 19}


def signed(transmitters, **columns):
    size = len(transmitters)
    circuit = circuit_of(np.zeros((size, size), int))
    return circuit.neurons.assign(transmitter=transmitters, **columns), circuit


def signs_by(policy: SignPolicy, transmitters, **columns):
    neurons, circuit = signed(transmitters, **columns)
    from dataclasses import replace

    result = replace(circuit, neurons=neurons).with_signs(policy)
    return list(result.neurons["sign"]), list(result.ids - 100)


ALL = ["acetylcholine", "gaba", "glutamate", "histamine", "dopamine", "serotonin", "octopamine", "tyramine"]


def test_the_default_policy():
    assert signs_by(SignPolicy(), [*ALL, "unknown", "betaine"])[0] == [1, -1, -1, -1, 1, 1, 1, 1, 0, 0]
    assert signs_by(SignPolicy(monoamines=-1), ALL)[0] == [1, -1, -1, -1, -1, -1, -1, -1]
    assert signs_by(SignPolicy(monoamines=0), [*ALL, "unknown"])[0] == [1, -1, -1, -1, 0, 0, 0, 0, 0]
    assert signs_by(SignPolicy(signs={"dopamine": -1}), ALL)[0] == [0, 0, 0, 0, -1, 1, 1, 1]


def test_dropping_the_unknown_keeps_signs_of_zero_by_choice():
    signs, ids = signs_by(SignPolicy(monoamines=0, unknown="drop"), ["gaba", "dopamine", "unknown", "gaba"])
    assert (signs, ids) == ([-1, 0, -1], [0, 1, 3])


def test_the_majority_of_the_hemilineage():
    policy = SignPolicy(unknown="hemilineage")
    lineage = ["1A", "1A", "1A", "1A", "2B", "2B", "", "", "3C", "3C", "3C"]
    words = ["gaba", "gaba", "acetylcholine", "unknown", "acetylcholine", "unknown", "gaba", "unknown"]
    words += ["gaba", "acetylcholine", "unknown"]
    assert signs_by(policy, words, hemilineage=lineage)[0] == [-1, -1, 1, -1, 1, 1, -1, 0, -1, 1, 0]


def test_low_confidence_is_unknown():
    policy = SignPolicy(min_confidence=0.5)
    words = ["gaba", "gaba", "gaba", "unknown"]
    assert signs_by(policy, words, nt_type_score=[0.5, 0.4, np.nan, 0.9])[0] == [-1, 0, 0, 0]
    assert signs_by(SignPolicy(min_confidence=0.5, unknown="drop"), words, nt_type_score=[0.5, 0.4, 1, 1])[1] == [
        0,
        2,
    ]


def test_random_signs_have_the_odds_of_the_known_ones():
    words = ["acetylcholine"] * 30 + ["gaba"] * 10 + ["unknown"] * 4000
    signs, _ = signs_by(SignPolicy(unknown="random", seed=1), words)
    assert np.mean(np.array(signs[40:]) > 0) == pytest.approx(0.75, abs=0.03)
    assert 0 not in signs


@pytest.mark.parametrize(
    ("policy", "pattern"),
    [
        (SignPolicy(min_confidence=0.5), "min_confidence needs one of the columns transmitter_confidence"),
        (SignPolicy(unknown="hemilineage"), "needs one of the columns hemilineage"),
        (SignPolicy(unknown="drop", signs={"acetylcholine": 0}, monoamines=0), None),
    ],
)
def test_policies_that_need_a_column(policy, pattern):
    circuit = circuit_of(np.zeros((2, 2), int))
    if pattern is None:
        assert list(circuit.with_signs(policy).neurons["sign"]) == [0, 0]
        return
    with pytest.raises(PremotorError, match=pattern):
        circuit.with_signs(policy)


@given(circuits(), st.integers(0, 11), st.booleans())
def test_hop_distances_are_the_fewest_steps(circuit, start, electrical):
    size = len(circuit)
    sources = np.zeros(size, bool)
    sources[start % size] = True
    step = circuit.synapses.toarray() > 0
    if electrical and circuit.gap_junctions is not None:
        step |= circuit.gap_junctions.toarray() > 0
    expected = np.full(size, -1)
    reached = np.eye(size, dtype=bool)[start % size]
    for hop in range(size + 1):  # by powers of the adjacency matrix
        expected[reached & (expected < 0)] = hop
        reached = reached | (reached @ step)
    assert (
        hop_distances(circuit.synapses, sources, gap_junctions=circuit.gap_junctions if electrical else None)
        == expected
    ).all()


@given(circuits())
def test_the_summary_of_any_circuit(circuit):
    text = circuit.summary()
    assert f"{len(circuit):,} neurons" in text
    assert "\t" not in text


def steps_of(circuit, direction):
    step = circuit.synapses.toarray() > 0
    return {"downstream": step, "upstream": step.T, "both": step | step.T}[direction]


@given(circuits(), st.integers(0, 3), st.sampled_from(["downstream", "upstream", "both"]))
def test_neighbours_within_some_hops(circuit, hops, direction):
    start = circuit.neurons["type"].to_numpy() == "T0"
    reached = start.copy()
    for _ in range(hops):
        reached = reached | (reached @ steps_of(circuit, direction))
    assert list(circuit.neighbours(hops, direction, type="T0").ids) == list(circuit.ids[reached])


@given(circuits(), st.none() | st.integers(0, 4))
def test_neurons_between_two_sets(circuit, most):
    size = len(circuit)
    step = circuit.synapses.toarray() > 0
    # shortest[i, j]: fewest synapses from i to j, by powers of the adjacency matrix.
    shortest = np.full((size, size), np.inf)
    walk = np.eye(size, dtype=bool)
    for hop in range(size + 1):
        shortest[walk & np.isinf(shortest)] = hop
        walk = walk @ step
    kinds = circuit.neurons["type"].to_numpy()
    source, target = kinds == "T0", kinds == "T1"
    conditions = ({"type": "T0"}, {"type": "T1"}, most)
    if not source.any() or not target.any():
        with pytest.raises(PremotorError, match="no neuron of the circuit meets"):
            circuit.between(*conditions)
        return
    length = shortest[source].min(axis=0) + shortest[:, target].min(axis=1)
    keep = length <= (np.inf if most is None else most)
    keep &= np.isfinite(length)
    if not keep.any():
        with pytest.raises(PremotorError, match="leaves none"):
            circuit.between(*conditions)
        return
    assert list(circuit.between(*conditions).ids) == list(circuit.ids[keep])


def test_bad_neighbours():
    circuit = load_circuit("fly-cpg")
    with pytest.raises(PremotorError, match="hops is -1"):
        circuit.neighbours(-1, name="E1")
    with pytest.raises(PremotorError, match="direction is 'down'; it has to be downstream, upstream or both"):
        circuit.neighbours(1, "down", name="E1")  # type: ignore[arg-type]
    assert list(circuit.neighbours(1, "downstream", name="DNg100").neurons["name"]) == ["DNg100", "E1"]


def test_a_word_of_python_may_have_an_underscore():
    circuit = load_circuit("celegans")
    assert circuit.select(class_="motor").digest == circuit.select(**{"class": "motor"}).digest
    with pytest.raises(PremotorError, match="no column 'type_'"):
        circuit.select(type_="AVB")
    with pytest.raises(PremotorError, match="no column 'int'"):  # a word and a letter is no such name
        circuit.select(int="AVB")
    with pytest.raises(PremotorError, match="two conditions on one column: class_ and class"):
        circuit.select(class_="motor", **{"class": "sensory"})
