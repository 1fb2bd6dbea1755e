"""Random tables and folders of tables: what is read is what pandas counts, or the difference is said.

`make fuzz-tables` tries 20,000 of them; the short form is the same with fewer.
"""

import contextlib
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from connectome.made_tables import Made, Maker
from premotor import PremotorError, settings
from premotor.connectome import Circuit, load_circuit

MANY = int(os.environ.get("PREMOTOR_FUZZ_TABLES", 20_000))


def found_in(circuit: Circuit) -> tuple[dict, dict, dict]:
    """What a circuit holds, by the source's own ids or names."""
    table = circuit.neurons
    keys = (table["name"] if "name" in table else table.index.astype(str)).tolist()
    columns = zip(table["type"], table["class"], table["sign"].tolist(), table["side"], strict=True)
    chemical, gaps = circuit.synapses.tocoo(), circuit.gap_junctions
    edges = {(keys[i], keys[j]): int(n) for i, j, n in zip(chemical.row, chemical.col, chemical.data, strict=True)}
    pairs = {}
    if gaps is not None:
        electrical = gaps.tocoo()
        for i, j, n in zip(electrical.row, electrical.col, electrical.data, strict=True):
            pairs[tuple(sorted((keys[i], keys[j])))] = int(n)
    return dict(zip(keys, columns, strict=True)), edges, pairs


def differences(made: Made) -> list[str]:
    """What is otherwise than the independent count, or was not said."""
    said = io.StringIO()
    settings._NOTED.clear()
    try:
        with contextlib.redirect_stderr(said):
            circuit = load_circuit(made.source, **made.options)
    except PremotorError as error:
        if made.refused and made.refused in str(error):
            return []
        return [f"refused: {error}"]
    if made.refused:
        return [f"not refused ({made.refused})"]
    neurons, edges, gaps = found_in(circuit)
    if "neurons.txt was not used" in said.getvalue():  # as text without an id it may be anybody's note
        made.neurons = dict.fromkeys(neurons)
        made.told = [word for word in made.told if word not in ("glia", "peptide x")]  # which stand in it
    wrong = [f"not said: {word}" for word in made.told if word.lower() not in said.getvalue().lower()]
    if set(neurons) != set(made.neurons):
        wrong.append(f"neurons {sorted(neurons)}, not {sorted(made.neurons)}")
    for key, expected in made.neurons.items():
        blank = ("", "", 0, "")
        if key in neurons and neurons[key] != (expected or blank):
            wrong.append(f"neuron {key} is {neurons[key]}, not {expected or blank}")
    if edges != made.edges:
        wrong.append(f"edges {edges}, not {made.edges}")
    if gaps != made.gaps:
        wrong.append(f"gap junctions {gaps}, not {made.gaps}")
    lost = [name for name in made.kept if not {name, name.replace(" ", "_")} & set(circuit.neurons)]
    return wrong + [f"the column {name!r} is lost" for name in lost]


def fuzz(folder: Path, seeds: range) -> list[str]:
    """Try one source a seed; return what went wrong."""
    wrong = []
    for seed in seeds:
        place = folder / f"case{seed}"
        place.mkdir()
        made = Maker(seed)(place)
        found = differences(made)
        files = sorted(file.name for file in place.iterdir())
        wrong += [f"seed {seed}, {files}, {made.options}: {word}" for word in found]
        shutil.rmtree(place)
    return wrong


def test_what_is_read_is_what_is_there(tmp_path):
    assert fuzz(tmp_path, range(60)) == []


@pytest.mark.slow
def test_what_is_read_is_what_is_there_in_many_tables(tmp_path):
    start = int(np.random.default_rng().integers(10**9))
    wrong = fuzz(tmp_path, range(start, start + MANY))
    assert not wrong, f"{len(wrong)} of {MANY}: {wrong[:10]}"
