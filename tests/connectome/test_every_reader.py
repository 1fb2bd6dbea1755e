"""What holds for one reader holds for all: counts, kinds of edges, ids, transmitters, first values, stray tables."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings as search, strategies as st

from premotor import PremotorError, settings
from premotor.connectome import Circuit, load_circuit
from premotor.connectome.columns import COUNT_NAMES, POST_NAMES, PRE_NAMES
from premotor.connectome.signs import refuse_unsigned

few = search(max_examples=8)
STYLES = st.sampled_from([str, str.upper, str.title, lambda word: word.replace("_", " ")])
WORDS = st.builds(lambda style, word: style(word), STYLES, st.sampled_from(COUNT_NAMES))
IDS = [720575940600000001 + 7 * number for number in range(5)]


def table(file: Path, frame: pd.DataFrame) -> None:
    frame.to_csv(file, index=False, sep="\t" if ".tsv" in file.name else ",")


def tables(folder: Path, edges: pd.DataFrame, neurons: pd.DataFrame, ends: tuple[str, str], key: str) -> Path:
    table(folder / "edges.csv", edges.rename(columns=dict(zip(("pre", "post"), ends, strict=True))))
    table(folder / "cells.csv", neurons.rename(columns={"id": key}))
    return folder


def graphml(folder: Path, edges: pd.DataFrame, neurons: pd.DataFrame) -> Path:
    lines, keys = [], {}
    for what, frame in (("node", neurons), ("edge", edges)):
        for column in frame.columns.difference(["id", "pre", "post"]):
            keys[what, column] = f"k{len(keys)}"
            lines.append(f'<key id="{keys[what, column]}" for="{what}" attr.name="{column}"/>')
    lines.append('<graph edgedefault="directed">')
    for what, frame, ends in (("node", neurons, {"id": "id"}), ("edge", edges, {"source": "pre", "target": "post"})):
        for row in frame.to_dict("records"):
            data = "".join(f'<data key="{key}">{row[name]}</data>' for (of, name), key in keys.items() if of == what)
            lines.append(f"<{what} {' '.join(f'{a}="{row[b]}"' for a, b in ends.items())}>{data}</{what}>")
    text = f"<graphml>{''.join(lines)}</graph></graphml>".encode()
    (folder / "g.graphml.gz").write_bytes(gzip.compress(text, mtime=0))
    return folder / "g.graphml.gz"


ENDS = {
    "tables": (("pre", "post"), "id"),
    "neuprint": (("bodyId_pre", "bodyId_post"), "bodyId"),
    "flywire": (("pre_root_id", "post_root_id"), "root_id"),
    "cave": (("pre_pt_root_id", "post_pt_root_id"), "pt_root_id"),
    "male_cns": (("body_pre", "body_post"), "bodyId"),
}
WRITERS: dict[str, Callable[[Path, pd.DataFrame, pd.DataFrame], Path]] = {
    name: lambda folder, edges, neurons, how=how: tables(folder, edges, neurons, *how) for name, how in ENDS.items()
}
READERS = [*WRITERS, "graphml"]
WRITERS["graphml"] = graphml


def made(places: pytest.TempPathFactory, reader: str, edges: pd.DataFrame, neurons: pd.DataFrame) -> Path:
    settings._NOTED.clear()
    return WRITERS[reader](places.mktemp("source"), edges, neurons)


def cells(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"id": IDS, "type": list("ABCDE"), **columns})


def counted(circuit: Circuit) -> dict[tuple[int, int], int]:
    wiring = circuit.synapses.tocoo()
    return {
        (int(circuit.ids[i]), int(circuit.ids[j])): int(n)
        for i, j, n in zip(wiring.row, wiring.col, wiring.data, strict=True)
    }


ROWS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS), st.integers(1, 99)), min_size=1, max_size=8).map(
    lambda rows: pd.DataFrame(rows, columns=["pre", "post", "count"])
)


@pytest.mark.parametrize("reader", READERS)
@few
@given(ROWS, WORDS)
def test_counts_under_any_name_are_summed(tmp_path_factory, reader, rows, word):
    circuit = load_circuit(made(tmp_path_factory, reader, rows.rename(columns={"count": word}), cells()))
    assert counted(circuit) == rows.groupby(["pre", "post"])["count"].sum().to_dict()
    assert set(circuit.ids) == set(IDS)


@pytest.mark.parametrize("reader", READERS)
@few
@given(ROWS, st.sampled_from(["amount", "Total", "n", "how many"]))
def test_a_number_that_may_count_is_no_row_of_one_synapse(tmp_path_factory, reader, rows, word):
    source = made(tmp_path_factory, reader, rows.rename(columns={"count": word}), cells())
    with pytest.raises(PremotorError, match="no column with synapse counts") as error:
        load_circuit(source)
    assert word in str(error.value)
    circuit = load_circuit(source, columns={"count": word})
    assert counted(circuit) == rows.groupby(["pre", "post"])["count"].sum().to_dict()


@pytest.mark.parametrize("reader", READERS)
@few
@given(ROWS, st.data(), st.sampled_from(["type", "Kind", "edge_type"]))
def test_electrical_rows_are_gap_junctions(tmp_path_factory, reader, rows, data, kind):
    gap = np.array([data.draw(st.booleans()) for _ in range(len(rows))])
    pairs = pd.Series([frozenset(pair) for pair in rows[["pre", "post"]].itertuples(index=False)])
    gap &= ~pairs.map(str).where(gap).duplicated().to_numpy()  # of a pair one row says all
    word = data.draw(st.sampled_from(["electrical", "Gap junction", "GJ", "gap_junction"]))
    frame = rows.assign(**{kind: np.where(gap, word, data.draw(st.sampled_from(["chemical", "Chem", "synapse"])))})
    circuit = load_circuit(made(tmp_path_factory, reader, frame, cells()))
    assert counted(circuit) == rows[~gap].groupby(["pre", "post"])["count"].sum().to_dict()
    dense = np.zeros((5, 5), int) if circuit.gap_junctions is None else circuit.gap_junctions.toarray()
    found = {
        frozenset((int(circuit.ids[i]), int(circuit.ids[j]))): int(dense[i, j])
        for i, j in zip(*dense.nonzero(), strict=True)
    }
    assert found == dict(zip(pairs[gap], rows["count"][gap], strict=True))
    assert (dense == dense.T).all()
    with pytest.raises(PremotorError, match="an edge is chemical or electrical"):
        load_circuit(made(tmp_path_factory, reader, rows.assign(**{kind: "AMPA"}), cells()))


@pytest.mark.parametrize("reader", list(ENDS))
@few
@given(ROWS)
def test_ids_that_nobody_annotated_are_an_error_with_examples(tmp_path_factory, reader, rows):
    rounded = cells().assign(id=[number // 1000 * 1000 + 1000 * place for place, number in enumerate(IDS)])
    with pytest.raises(PremotorError) as error:
        load_circuit(made(tmp_path_factory, reader, rows, rounded))
    said = str(error.value)
    if reader in (
        "tables",
        "neuprint",
    ):  # every end has to be in the neuron table
        assert f"names neuron {rows['pre'][0]}, which the neuron table lacks" in said
    else:
        assert str(rows[["pre", "post"]].to_numpy().min()) in said and "end in 000 and look rounded" in said


@pytest.mark.parametrize("reader", ["flywire", "cave", "male_cns"])
def test_losing_most_is_a_warning(tmp_path_factory, reader, capsys):
    rows = pd.DataFrame({"pre": IDS[:1] * 5, "post": IDS, "count": 2})
    assert counted(load_circuit(made(tmp_path_factory, reader, rows, cells()[:2]))) == {
        (IDS[0], IDS[0]): 2,
        (IDS[0], IDS[1]): 2,
    }
    assert "3 of 5 rows are left out" in capsys.readouterr().err


TRANSMITTERS = ["top_nt", "nt", "NT", "neurotransmitter", "neurotransmitter_predicted", "predicted_transmitter"]
SIGNS = {"acetylcholine": 1, "ACh": 1, "acetylcholine (predicted)": 1, "GABA": -1, "GABA;ACh": -1, "glut": -1, "": 0}
CLASSES = {"SN": "sensory", "sensory neuron": "sensory", "inter": "interneuron", "I": "interneuron", "M": "motor"}


@pytest.mark.parametrize("reader", READERS)
@few
@given(
    st.sampled_from([*TRANSMITTERS, "predictedNt"]),
    st.lists(st.sampled_from([*SIGNS]), min_size=5, max_size=5),
    st.lists(st.sampled_from([*CLASSES]), min_size=5, max_size=5),
)
def test_transmitters_and_classes_in_other_words(tmp_path_factory, reader, column, words, classes):
    rows = pd.DataFrame({"pre": IDS, "post": IDS[1:] + IDS[:1], "count": 3})
    neurons = load_circuit(
        made(tmp_path_factory, reader, rows, cells(**{column: words, "class": classes, "supervoxel_id": range(5)}))
    ).neurons
    assert neurons["sign"].tolist() == [SIGNS[word] for word in words]
    assert neurons["class"].tolist() == [CLASSES[word] for word in classes]
    assert neurons["type"].tolist() == list("ABCDE")


@pytest.mark.parametrize("reader", READERS)
def test_words_that_are_not_understood_are_said(tmp_path_factory, reader, capsys):
    rows = pd.DataFrame({"pre": IDS, "post": IDS[1:] + IDS[:1], "count": 3})
    strange = cells(nt=["peptide X"] * 2 + ["ach"] * 3, **{"class": ["glia"] + ["M"] * 4})
    load_circuit(made(tmp_path_factory, reader, rows, strange))
    said = capsys.readouterr().err
    assert "transmitters not understood: peptide x (2)" in said and "classes taken as other: glia (1)" in said


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("names", "known", "word"),
    [
        (["type", "cell_type", "primary_type"], "type", {"T1": "T1", "T2": "T2"}),
        (["consensusNt", "predictedNt", "top_nt"], "transmitter", {"ach": "acetylcholine", "gaba": "gaba"}),
        (["class", "superclass"], "class", {"sensory neuron": "sensory", "motor neuron": "motor"}),
    ],
)
@search(max_examples=4)
@given(st.data())
def test_the_first_value_counts_and_not_the_first_column(tmp_path_factory, reader, names, known, word, data):
    rows = pd.DataFrame({"pre": IDS, "post": IDS[1:] + IDS[:1], "count": 3})
    value, column = data.draw(st.lists(st.sampled_from([*word]), min_size=5, max_size=5)), st.sampled_from(names)
    # of each neuron only one column is filled
    where = [data.draw(column) for _ in IDS]
    filled = {name: [v if at == name else "" for v, at in zip(value, where, strict=True)] for name in names}
    neurons = load_circuit(made(tmp_path_factory, reader, rows, pd.DataFrame({"id": IDS, **filled}))).neurons
    assert neurons[known].tolist() == [word[v] for v in value]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt", "csv.gz"])
@few
@given(ROWS)
def test_edges_without_a_header_are_no_matrix(tmp_path_factory, suffix, rows):
    file = tmp_path_factory.mktemp("bare") / f"edges.{suffix}"
    separator = {"tsv": "\t", "txt": " "}.get(suffix, ",")
    rows.to_csv(file, index=False, header=False, sep=separator)
    with pytest.raises(PremotorError, match="has no header: its first line is .*--columns pre,post,count"):
        load_circuit(file)
    expected = rows.groupby(["pre", "post"])["count"].sum().to_dict()
    assert counted(load_circuit(file, columns="pre,post,count")) == expected
    assert counted(load_circuit(file, header=False)) == expected


@pytest.mark.parametrize("form", ["csv", "tsv", "csv.gz", "parquet"])
@few
@given(
    st.sampled_from(["", "bodyId_pre", "pre", "neuron", "id", "root_id", "from"]),
    st.lists(st.integers(0, 9), min_size=9, max_size=9),
    st.booleans(),
)
def test_a_matrix_with_anything_in_its_corner(tmp_path_factory, form, corner, values, named):
    file = tmp_path_factory.mktemp("matrix") / f"W.{form}"
    labels = ["AVAL", "AVAR", "VB1"] if named else ["101", "102", "103"]
    dense = np.array(values).reshape(3, 3)
    frame = pd.DataFrame({corner: labels, **dict(zip(labels, dense.T, strict=True))})
    frame.to_parquet(file, index=False) if form == "parquet" else table(file, frame)
    circuit = load_circuit(file)
    assert circuit.synapses.toarray().tolist() == dense.tolist()
    assert (circuit.neurons["name"] if named else circuit.ids.astype(str)).tolist() == labels


@few
@given(ROWS, st.sampled_from([*zip(PRE_NAMES, POST_NAMES, strict=True)]), STYLES)
def test_names_stand_where_ids_may(tmp_path_factory, rows, ends, style):
    named = rows.assign(**{end: rows[end].map(lambda number: f"N{number}") for end in ("pre", "post")})
    file = tmp_path_factory.mktemp("named") / "edges.tsv"
    table(file, named.rename(columns=dict(zip(("pre", "post"), map(style, ends), strict=True))))
    circuit = load_circuit(file)
    names = circuit.neurons["name"]
    found = {(names.loc[pre], names.loc[post]): count for (pre, post), count in counted(circuit).items()}
    assert found == named.groupby(["pre", "post"])["count"].sum().to_dict()


@pytest.mark.parametrize("reader", list(ENDS))
@search(few, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["what;when\nx;y\n", "colour,taste\nred,sweet\n", "", "a,a\n1,2\n", "pre\n1\n"]))
def test_a_stray_table_is_named(tmp_path_factory, capsys, reader, text):
    rows = pd.DataFrame({"pre": IDS, "post": IDS[1:] + IDS[:1], "count": 3})
    source = made(tmp_path_factory, reader, rows, cells())
    (source / "stray.csv").write_text(text)
    assert load_circuit(source).synapses.sum() == 15
    assert "stray.csv was not used" in capsys.readouterr().err


@few
@given(
    st.dictionaries(st.text("abc_", min_size=1, max_size=4), st.integers(1, 3), min_size=2, max_size=4), st.booleans()
)
def test_json_is_told_apart_by_what_is_in_it(tmp_path_factory, sizes, graphs):
    file = tmp_path_factory.mktemp("json") / "a.json"
    content = {name: {"matrix": np.ones((size, size), int).tolist()} for name, size in sizes.items()}
    file.write_text(json.dumps(content if graphs else {name: size for name, size in sizes.items()}))
    with pytest.raises(PremotorError) as error:
        load_circuit(file)
    said = str(error.value)
    assert (f"holds {len(sizes)} graphs ({', '.join(sizes)})" in said) if graphs else ("holds no graphs" in said)
    if graphs:
        assert [len(load_circuit(f"{file}:{name}")) for name in sizes] == list(sizes.values())


@few
@given(ROWS, st.lists(st.sampled_from([-1, 0, 0, 1]), min_size=5, max_size=5))
def test_only_what_some_sign_reaches_is_simulated(tmp_path_factory, rows, signs):
    circuit = load_circuit(made(tmp_path_factory, "tables", rows, cells(sign=signs)))
    sign = dict(zip(IDS, signs, strict=True))
    if any(sign[pre] for pre in rows["pre"]):
        refuse_unsigned(circuit.synapses, circuit.neurons["sign"].to_numpy())
    else:
        with pytest.raises(PremotorError, match="none of a neuron with a known sign; give"):
            refuse_unsigned(circuit.synapses, circuit.neurons["sign"].to_numpy())


@few
@given(st.data())
def test_populations_of_sonata_keep_their_own_types(tmp_path_factory, data):
    h5py = pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("sonata")
    names = data.draw(st.lists(st.sampled_from(["net", "drive", "LGN", "a_b"]), min_size=1, max_size=3, unique=True))
    counted_as = data.draw(st.sampled_from(["nsyns", "nsyn", "N_Syn", "synapse_count", "counts"]))
    pairs: list[dict[str, str]] = []
    expected: dict[str, list[tuple[str, int]]] = {}
    for name in names:
        types = data.draw(st.lists(st.integers(100, 102), min_size=1, max_size=3))
        signs = {kind: data.draw(st.sampled_from("ei")) for kind in sorted(set(types))}
        expected[name] = [(f"{name}{kind}", 1 if signs[kind] == "e" else -1) for kind in types]
        with h5py.File(folder / f"{name}_nodes.h5", "w") as file:
            file[f"nodes/{name}/node_type_id"] = np.array(types)
        lines = [f"{kind} {sign} {name}{kind}\n" for kind, sign in signs.items()]
        (folder / f"{name}_node_types.csv").write_text("node_type_id ei pop_name\n" + "".join(lines))
    total = 0
    for pre in names:
        post = data.draw(st.sampled_from(names))
        ends = [data.draw(st.integers(0, len(expected[name]) - 1)) for name in (pre, post)]
        count = data.draw(st.integers(1, 9))
        total += count
        with h5py.File(folder / f"{pre}_{post}_edges.h5", "w") as file:
            group = file.create_group(f"edges/{pre}_to_{post}")
            for side, name, end in zip(("source", "target"), (pre, post), ends, strict=True):
                group[f"{side}_node_id"] = np.array([end])
                group[f"{side}_node_id"].attrs["node_population"] = name
            group["edge_type_id"] = np.array([100])
        (folder / f"{pre}_{post}_edge_types.csv").write_text(f"edge_type_id {counted_as}\n100 {count}\n")
        pairs.append({"edges_file": f"{pre}_{post}_edges.h5", "edge_types_file": f"{pre}_{post}_edge_types.csv"})
    circuit = load_circuit(folder)
    assert circuit.synapses.sum() == total
    for name, rows in expected.items():
        own = circuit.neurons[circuit.neurons["population"] == name] if len(names) > 1 else circuit.neurons
        assert list(zip(own["type"], own["sign"].tolist(), strict=True)) == rows
    nodes = [{"nodes_file": f"{name}_nodes.h5", "node_types_file": f"{name}_node_types.csv"} for name in sorted(names)]
    config = {"networks": {"nodes": nodes, "edges": sorted(pairs, key=lambda pair: pair["edges_file"])}}
    (folder / "config.json").write_text(json.dumps(config))
    assert load_circuit(folder / "config.json").digest == circuit.digest
