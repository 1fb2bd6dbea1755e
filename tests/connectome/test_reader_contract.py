"""What every reader has to do, on files in the form in which each source publishes them."""

import numpy as np
import pytest

from connectome.source_files import EXAMPLES
from premotor.connectome import load_circuit
from premotor.connectome.readers import READERS

SIZE = 5
WIRING = {
    (int(pre), int(post)): int(count)
    for pre, post, count in zip(
        *np.random.default_rng(0).permutation([(i, j) for i in range(SIZE) for j in range(SIZE)])[:11].T,
        np.random.default_rng(1).integers(1, 9, 11),
        strict=True,
    )
} | {(0, 1): 3, (3, 4): 8}
CASES = [(name, form) for name, example in EXAMPLES.items() for form in example.forms]


def test_every_reader_has_an_example():
    assert {example.reader for example in EXAMPLES.values()} == set(READERS)


def test_the_wiring_tells_directions_apart():
    assert {(post, pre) for pre, post in WIRING} != set(WIRING)
    assert {number for pair in WIRING for number in pair} == set(range(SIZE))


@pytest.mark.parametrize(("name", "form"), CASES, ids=lambda word: str(word).replace(" ", "-"))
def test_rows_are_presynaptic_and_counts_are_whole(tmp_path, name, form):
    example = EXAMPLES[name]
    source, ids = example.write(tmp_path, WIRING, SIZE, form)
    circuit = load_circuit(source)
    assert circuit.provenance.steps[0]["arguments"]["reader"] == example.reader
    assert set(circuit.ids.tolist()) == set(ids)
    matrix = circuit.synapses.toarray()
    found = {
        (int(circuit.ids[i]), int(circuit.ids[j])): int(matrix[i, j]) for i, j in zip(*matrix.nonzero(), strict=True)
    }
    assert found == {(ids[pre], ids[post]): count for (pre, post), count in WIRING.items()}
    assert circuit.neurons.index.dtype == matrix.dtype == np.int64


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_record_says_what_was_read(tmp_path, name):
    source, _ = EXAMPLES[name].write(tmp_path, WIRING, SIZE, EXAMPLES[name].forms[0])
    step = load_circuit(source).provenance.steps[0]
    assert (step["operation"], step["neurons"], step["edges"]) == ("load", SIZE, len(WIRING))
    assert step["synapses"] == sum(WIRING.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_tables_of_muscles_may_lie_beside_any_source(tmp_path, name):
    source, ids = EXAMPLES[name].write(tmp_path, WIRING, SIZE, EXAMPLES[name].forms[0])
    plain = load_circuit(source)
    onto = tmp_path / "muscles" / "onto.csv"
    onto.parent.mkdir()
    onto.write_text(f"pre,effector,count,kind\n{ids[1]},m,4,synapse\n{ids[0]},n,2,gap_junction\n{ids[0]},m,1,synapse\n")
    circuit = load_circuit(source, also=[onto])
    of = circuit.neurons.index.get_indexer(ids)
    assert list(circuit.muscles.index) == ["m", "n"]
    assert circuit.neuromuscular.toarray()[of].tolist() == [[1, 0], [4, 0], *[[0, 0]] * (SIZE - 2)]
    assert circuit.muscle_junctions.toarray()[of].tolist() == [[0, 2], *[[0, 0]] * (SIZE - 1)]
    assert circuit.digest == plain.digest and circuit.neurons.equals(plain.neurons)
    assert "onto.csv" in circuit.provenance.steps[0]["arguments"]["files"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_names_of_tables_do_not_matter(tmp_path, name):
    """Tables are told by their headers; arrays and HDF5 by their content. RandomNet is told by its file names."""
    example = EXAMPLES[name]
    source, ids = example.write(tmp_path, WIRING, SIZE, example.forms[0])
    if example.reader == "random_net":
        return
    for number, file in enumerate(sorted(tmp_path.iterdir())):
        if file.name != "provenance.json":
            renamed = file.rename(tmp_path / f"{chr(122 - number)}.{file.name.partition('.')[2]}")
            source = renamed if source == file else source
    assert load_circuit(source).synapses.sum() == sum(WIRING.values())
