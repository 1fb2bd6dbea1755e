"""What is in a table is read, or said not to be: counts, kinds of edges, transmitters, ids, stray files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from premotor import settings
from premotor.cli import main
from premotor.connectome import Circuit, load_circuit
from premotor.connectome.columns import COUNT_NAMES
from premotor.errors import PremotorError

ENDS = [
    ("source", "target"),
    ("Source", "Target"),
    ("from", "to"),
    ("pre", "post"),
    ("Pre", "Post"),
    ("PRE_ID", "POST_ID"),
]
CASES = [str, str.upper, str.title, lambda word: word.replace("_", " ")]
KINDS = [("chemical", "electrical"), ("Chemical", "Gap junction"), ("chem", "GJ"), ("", "gap_junction")]


@pytest.fixture(autouse=True)
def said_anew(monkeypatch):
    monkeypatch.setattr(settings, "_NOTED", set())


def refusal(source: object) -> str:
    with pytest.raises(PremotorError) as error:
        load_circuit(str(source))
    return str(error.value)


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text)
    return folder


TWO = {"neurons_csv": "id,type,traced\n1,A,TRUE\n2,B,false\n", "connections_csv": "pre,post,count\n1,2,5\n2,1,1\n"}


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_true_and_false_as_text_are_selected_in_any_case(tmp_path, word):
    circuit = load_circuit(write(tmp_path / "a", **TWO), select={"traced": word})
    assert circuit.ids.tolist() == [1]


def test_a_selection_of_nothing_tells_the_nearest(tmp_path, capsys):
    write(tmp_path / "a", neurons_csv="id,type\n1,IN01\n2,MN05\n", connections_csv="pre,post,count\n1,2,3\n")
    assert main(["circuit", "info", str(tmp_path / "a"), "--select", "type=IN02"]) == 2
    assert "no neuron has 'IN02' (did you mean 'IN01'?)" in capsys.readouterr().err


def test_a_folder_of_tables_without_headers_is_told_to_lack_them(tmp_path):
    folder = write(tmp_path / "a", a_csv="11,12,4\n11,13,1\n12,11,2\n", b_csv="11,12,4\n12,13,1\n")
    assert "a.csv has no header" in refusal(folder)


def test_empty_cells_of_a_matrix_are_zeros_and_said(tmp_path, capsys):
    write(tmp_path, W_csv=",A,B\nA,,3\nB,2,\n")
    assert counted(load_circuit(tmp_path / "W.csv")) == {("A", "B"): 3, ("B", "A"): 2}
    assert "W.csv: 2 of 4 cells are empty and taken for 0" in capsys.readouterr().err


def test_why_a_table_was_not_used_is_said_once(tmp_path, capsys):
    folder = write(tmp_path / "a", W_csv=",A,B\nA,0,3\nB,2,0\n", nodes_csv="cell,NT\nX,GABA\n")
    load_circuit(folder)
    assert capsys.readouterr().err.count("nodes.csv was not used") == 1


def test_a_folder_without_neurons_tells_which_folders_it_holds(tmp_path):
    folder = write(tmp_path / "a", edges_csv="bodyId_pre,bodyId_post,weight\n1,2,4\n")
    (folder / "body").mkdir()
    assert "--also FILE (not looked into: body/)" in refusal(folder)


def counted(circuit: Circuit) -> dict[tuple[str, str], int]:
    names = circuit.neurons["name"].tolist() if "name" in circuit.neurons else [str(number) for number in circuit.ids]
    wiring = circuit.synapses.tocoo()
    return {(names[i], names[j]): int(n) for i, j, n in zip(wiring.row, wiring.col, wiring.data, strict=True)}


@st.composite
def edge_tables(draw: st.DrawFn) -> tuple[pd.DataFrame, str, str | None]:
    """Edges between names or numbers, in any order of columns, under any synonym; and what the columns are called."""
    named = draw(st.booleans())
    cells = [f"N{i}" for i in range(5)] if named else [str(100 + i) for i in range(5)]
    rows = draw(
        st.lists(st.tuples(st.sampled_from(cells), st.sampled_from(cells), st.integers(1, 99)), min_size=1, max_size=12)
    )
    pre, post = draw(st.sampled_from(ENDS))
    count = draw(st.sampled_from(CASES))(draw(st.sampled_from(COUNT_NAMES)))
    table = pd.DataFrame(rows, columns=[pre, post, count])
    kind = None
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["type", "Kind", "edge_type"]))
        words = draw(st.sampled_from(KINDS))
        table[kind] = [words[draw(st.integers(0, 1))] for _ in rows]
        # Of a gap junction between two neurons one row says all.
        gap = table[kind] == words[1]
        pairs = table[[pre, post]].apply(lambda row: "/".join(sorted(row)), axis=1)
        table = table[~(gap & pairs.duplicated() | gap & pairs.isin(pairs[gap][pairs[gap].duplicated()]))]
        if not (table[kind] == words[0]).any():
            table.loc[table.index[:1], kind] = words[0]
    order = draw(st.permutations(list(table.columns)))
    return table[order], count, kind


@given(edge_tables(), st.sampled_from(["csv", "tsv", "csv.gz"]))
def test_counts_and_kinds_are_those_that_pandas_counts(tmp_path_factory, made, form):
    table, count, kind = made
    path = tmp_path_factory.mktemp("edges") / f"edges.{form}"
    table.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    circuit = load_circuit(path)
    pre, post = next(pair for pair in ENDS if set(pair) <= set(table.columns))
    gap = (
        table[kind].str.lower().isin(["electrical", "gap junction", "gj", "gap_junction"]) if kind else table[count] < 0
    )
    expected = table[~gap].groupby([pre, post])[count].sum().to_dict()
    assert counted(circuit) == expected
    pairs = {tuple(sorted(pair)) for pair in table.loc[gap, [pre, post]].itertuples(index=False)}
    found = 0 if circuit.gap_junctions is None else np.count_nonzero(np.triu(circuit.gap_junctions.toarray()))
    assert found == len(pairs)
    assert len(circuit) == len(set(table[pre]) | set(table[post]))


@pytest.mark.parametrize("name", ["amount", "total", "n", "size"])
def test_a_number_that_nothing_explains_is_no_row_of_one_synapse(tmp_path, name):
    write(tmp_path, edges_csv=f"source,target,{name}\nA,B,10\nB,C,3\n")
    said = refusal(tmp_path / "edges.csv")
    assert "no column with synapse counts" in said and f"its column {name!r} holds numbers" in said
    graph = (
        f'<graphml><key id="w" for="edge" attr.name="{name}" attr.type="int"/><graph edgedefault="directed">'
        '<node id="1"/><node id="2"/><edge source="1" target="2"><data key="w">9</data></edge></graph></graphml>'
    )
    (tmp_path / "graph.graphml").write_text(graph)
    assert f"its column {name!r} holds numbers" in refusal(tmp_path / "graph.graphml")


@pytest.mark.parametrize("count", ["Weight", "n_syn", "strength", "value"])
def test_graphml_counts_by_the_same_words(tmp_path, count):
    graph = (
        f'<graphml><key id="w" for="edge" attr.name="{count}" attr.type="int"/><graph edgedefault="directed">'
        '<node id="1"/><node id="2"/><edge source="1" target="2"><data key="w">9</data></edge></graph></graphml>'
    )
    (tmp_path / "graph.graphml").write_text(graph)
    assert load_circuit(tmp_path / "graph.graphml").synapses.sum() == 9


def test_an_unknown_kind_of_edge_is_refused_with_its_rows(tmp_path):
    write(tmp_path, edges_csv="source,target,weight,type\nA,B,1,chemical\nB,C,1,peptide\n")
    assert "column type holds 'peptide' (1 rows); an edge is chemical or electrical" in refusal(tmp_path / "edges.csv")


def test_a_gap_junction_in_both_directions_is_one(tmp_path):
    rows = "source,target,weight,type\nA,B,10,chemical\nA,B,4,electrical\nB,A,4,electrical\n"
    circuit = load_circuit(write(tmp_path, edges_csv=rows) / "edges.csv")
    assert counted(circuit) == {("A", "B"): 10}
    assert circuit.gap_junctions.toarray().tolist() == [[0, 4], [4, 0]]


def test_ids_that_have_nothing_in_common_are_an_error_with_examples(tmp_path):
    folder = write(
        tmp_path,
        connections_csv="pre_root_id,post_root_id,neuropil,syn_count,nt_type\n720575940600000473,720575940600000474,A,6,ACH\n",
        classification_csv="root_id,super_class\n720575940600000000,sensory\n720575940600001000,motor\n",
    )
    said = refusal(folder)
    assert "none of the 2 ids" in said and "720575940600000473 and 720575940600000474" in said
    assert "ids of the neuron table end in 000 and look rounded" in said


def test_losing_most_is_said(tmp_path, capsys):
    rows = "".join(f"{i},{i + 1},A,6,ACH\n" for i in range(1, 8))
    folder = write(
        tmp_path,
        connections_csv=f"pre_root_id,post_root_id,neuropil,syn_count,nt_type\n{rows}",
        classification_csv="root_id,super_class\n1,sensory\n2,motor\n",
    )
    assert load_circuit(folder).synapses.nnz == 1
    assert "6 of 7 rows are left out" in capsys.readouterr().err


@pytest.mark.parametrize("repeated", [False, True])
def test_rows_and_not_column_names_say_whether_a_neuron_has_several(tmp_path, repeated):
    folder = write(
        tmp_path,
        connections_csv="pre_root_id,post_root_id,neuropil,syn_count,nt_type\n11,12,A,6,ACH\n",
        annotations_tsv="supervoxel_id\troot_id\tsuper_class\tcell_type\ttop_nt\n7\t11\tsensory\tS1\tacetylcholine\n"
        "8\t12\tmotor\tM1\tgaba\n" + ("9\t12\tmotor\tM1\tgaba\n" if repeated else ""),
    )
    circuit = load_circuit(folder)
    assert circuit.neurons["type"].tolist() == (["", ""] if repeated else ["S1", "M1"])
    assert circuit.neurons["sign"].tolist() == ([0, 0] if repeated else [1, -1])


@pytest.mark.parametrize(
    "column",
    ["top_nt", "nt", "NT", "neurotransmitter", "neurotransmitter_predicted", "predicted_transmitter", "predictedNt"],
)
@pytest.mark.parametrize(
    ("words", "signs"), [(("acetylcholine (predicted)", "GABA;ACh"), [1, -1]), (("ACH", "glut"), [1, -1])]
)
def test_transmitters_under_other_names(tmp_path, column, words, signs):
    folder = write(
        tmp_path, neurons_csv=f"id,{column}\n1,{words[0]}\n2,{words[1]}\n", connections_csv="pre,post,count\n1,2,3\n"
    )
    assert load_circuit(folder).neurons["sign"].tolist() == signs


def test_words_that_are_not_understood_are_listed(tmp_path, capsys):
    folder = write(
        tmp_path,
        neurons_csv="id,class,transmitter\n1,SN,peptide X\n2,M,peptide X\n3,glia,ach\n4,inter,ach\n",
        connections_csv="pre,post,count\n1,2,3\n",
    )
    circuit = load_circuit(folder)
    assert circuit.neurons["class"].tolist() == ["sensory", "motor", "other", "interneuron"]
    words = capsys.readouterr().err
    assert "transmitters not understood: peptide x (2)" in words and "classes taken as other: glia (1)" in words
    assert "peptide x (2)" in str(circuit.provenance)


@given(st.data())
def test_the_first_value_of_each_neuron_counts_whatever_column_it_is_in(tmp_path_factory, data):
    columns = ["type", "cell_type", "primary_type"]
    value = st.sampled_from(["", "T1", "T2"])
    table = pd.DataFrame({name: [data.draw(value) for _ in range(4)] for name in columns})
    order = data.draw(st.permutations(columns))
    folder = tmp_path_factory.mktemp("types")
    table[order].assign(id=range(1, 5)).to_csv(folder / "neurons.csv", index=False)
    (folder / "connections.csv").write_text("pre,post,count\n1,2,3\n")
    expected = table.replace("", np.nan).bfill(axis=1)["type"].fillna("").tolist()
    assert load_circuit(folder).neurons["type"].tolist() == expected


@pytest.mark.parametrize("rows", [2, 3, 4])
def test_a_list_of_edges_without_a_header_is_no_matrix(tmp_path, rows):
    (tmp_path / "edges.csv").write_text("".join(f"{11 + i},{12 + i},{i + 1}\n" for i in range(rows)))
    assert "has no header: its first line is 11, 12, 1" in refusal(tmp_path / "edges.csv")


def test_a_matrix_whose_corner_names_the_rows(tmp_path):
    (tmp_path / "W.csv").write_text("bodyId_pre,101,102,103\n101,0,5,0\n102,1,0,2\n103,0,0,3\n")
    assert counted(load_circuit(tmp_path / "W.csv")) == {
        ("101", "102"): 5,
        ("102", "101"): 1,
        ("102", "103"): 2,
        ("103", "103"): 3,
    }


def test_a_stray_table_is_named_and_left_out(tmp_path, capsys):
    good = {"neurons_csv": "id,type\n1,A\n2,B\n", "connections_csv": "pre,post,count\n1,2,3\n"}
    assert (
        load_circuit(write(tmp_path, **good, notes_csv="what;when\nx;y\n", more_csv="a_b,c\n1,2\n")).synapses.sum() == 3
    )
    words = capsys.readouterr().err
    assert "notes.csv was not used: " in words and "semicolons" in words and "more.csv was not used by" in words
    (tmp_path / "neurons.csv").write_text("id;type\n1;A\n2;B\n")
    assert "neurons.csv is separated by semicolons" in refusal(tmp_path)


def test_json_files_are_told_apart(tmp_path):
    (tmp_path / "circuit_config.json").write_text(json.dumps({"networks": {"nodes": [{"nodes_file": "n.h5"}]}}))
    assert "is a SONATA configuration without edges" in refusal(tmp_path / "circuit_config.json")
    (tmp_path / "graphs.json").write_text(json.dumps({name: {"matrix": [[1]]} for name in ("one", "two", "three")}))
    assert "holds 3 graphs (one, two, three); name one" in refusal(tmp_path / "graphs.json")


def test_what_can_not_be_read_names_what_can(tmp_path):
    for suffix, advice in {".gml": "write_graphml", ".nml": "pre, post and count", ".sqlite": "to_csv"}.items():
        (tmp_path / f"edges{suffix}").write_text("11 12 4.0\n")
        said = refusal(tmp_path / f"edges{suffix}")
        assert ".csv, .tsv, .txt, all also .gz, .feather, .parquet, .xlsx" in said and advice in said


def test_files_in_a_folder_and_others_beside_it(tmp_path, capsys):
    folder = write(tmp_path / "manc")
    write(folder / "body", neurons_csv="bodyId,type,class,nt\n1,A,sensory,ach\n2,B,motor,gaba\n")
    (tmp_path / "weights.csv").write_text("bodyId_pre,bodyId_post,weight\n1,2,3\n")
    circuit = load_circuit(folder, also=[tmp_path / "weights.csv"])
    assert counted(circuit) == {("1", "2"): 3} and circuit.neurons["type"].tolist() == ["A", "B"]
    assert "not looked into" not in capsys.readouterr().err
    assert "columns found: neurons.csv: bodyId, type" in refusal(folder)


@pytest.mark.parametrize("before", ["# made by a program\n", "# one\n#two\n\n", "\n \n", "\r\n#\r\n"])
@pytest.mark.parametrize("form", ["csv", "tsv", "txt"])
def test_comments_and_empty_lines_before_a_table(tmp_path, before, form):
    separator = {"csv": ",", "tsv": "\t", "txt": " "}[form]
    lines = [separator.join(row) for row in (("pre", "post", "count"), ("A", "B", "3"), ("B", "A", "1"))]
    (tmp_path / f"edges.{form}").write_bytes((before + "\n".join(lines)).encode())
    assert counted(load_circuit(tmp_path / f"edges.{form}")) == {("A", "B"): 3, ("B", "A"): 1}


def test_the_only_column_of_tabs_may_hold_commas(tmp_path):
    write(tmp_path, neurons_tsv="id\nMN,32L\nAVA\n", connections_csv='pre,post,count\n"MN,32L",AVA,3\n')
    assert counted(load_circuit(tmp_path)) == {("MN,32L", "AVA"): 3}


def test_further_sheets_of_a_workbook_are_named(tmp_path, capsys):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "cook"
    for sheet in (book.active, book.create_sheet("witvliet")):
        for row in (["", "A", "B"], ["A", 0, 3], ["B", 2, 0]):
            sheet.append(row)
    book.save(tmp_path / "W.xlsx")
    assert load_circuit(tmp_path / "W.xlsx").synapses.sum() == 5
    assert "only its first sheet, 'cook', is read, not witvliet (read as W.xlsx:witvliet)" in capsys.readouterr().err
    assert load_circuit(f"{tmp_path / 'W.xlsx'}:witvliet").synapses.sum() == 5
    assert "first sheet" not in capsys.readouterr().err


@pytest.mark.parametrize("model", ["lif", "vnc"])
def test_a_circuit_without_any_sign_is_not_simulated(tmp_path, capsys, model):
    folder = write(tmp_path / "mine", neurons_csv="id,type\n1,A\n2,B\n", connections_csv="pre,post,count\n1,2,80\n")
    command = ["simulate", str(folder), "--model", model, "--drive", "type=A:20", "-o", str(tmp_path / "out")]
    assert main(command) == 2
    assert "none of a neuron with a known sign; give the neuron table transmitters" in capsys.readouterr().err


@pytest.mark.parametrize(("first", "refused"), [((3, 4), True), ((0, 1), False), ((1, 2), False), (("a", "b"), False)])
@pytest.mark.parametrize("place", [0, 2])
def test_a_column_without_a_name_is_no_count_in_silence(tmp_path, capsys, first, refused, place):
    rows = [["", "pre", "post"], [first[0], 11, 12], [first[1], 12, 13]]
    rows = [[*row[1 : 1 + place], row[0], *row[1 + place :]] for row in rows]
    path = tmp_path / "edges.csv"
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    if refused:
        assert "a column without a name holds numbers" in refusal(path)
    else:
        assert load_circuit(str(path)).synapses.nnz == 2
        assert "columns not used: one without a name" in capsys.readouterr().err
