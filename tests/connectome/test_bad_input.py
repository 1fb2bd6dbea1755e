"""Every bad file gives one sentence that names it, what was found and what is allowed; never a traceback."""

import gzip
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit

NEURONS = "id,type,class\n1,A,sensory\n2,B,interneuron\n3,C,motor\n"
EDGES = "pre,post,count\n1,2,5\n2,3,7\n"


def folder_of(tmp_path, neurons=NEURONS, connections=EDGES, **others):
    for name, content in {"neurons.csv": neurons, "connections.csv": connections, **others}.items():
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
    return tmp_path


def message(path) -> str:
    with pytest.raises(PremotorError) as caught:
        load_circuit(path)
    text = str(caught.value)
    assert "\n" not in text and len(text) < 600
    return text


def test_the_good_folder_is_good(tmp_path):
    circuit = load_circuit(folder_of(tmp_path))
    assert circuit.synapses.toarray().tolist() == [[0, 5, 0], [0, 0, 7], [0, 0, 0]]


NEURON_CASES = {
    "missing id column": ("name,class\nA,sensory\n", "no neuron table.*neurons.csv has name, class"),
    "duplicated ids": ("id,type\n1,A\n2,B\n3,C\n2,D\n", r"neurons.csv, column id holds the id 2 2 times"),
    "float ids": ("id,type\n1.0,A\n2.0,B\n3.0,C\n", r"column id, row 1, holds '1\.0'; .*whole numbers"),
    "exponent": ("id,type\n1,A\n2,B\n1e10,C\n", r"row 3, holds '1e10'"),
    "hexadecimal": ("id,type\n1,A\n2,B\n0x10,C\n", r"holds '0x10'"),
    "missing id": ("id,type\n1,A\n,B\n", r"row 2, holds nothing"),
    "NaN id": ("id,type\n1,A\nnan,B\n", r"row 2, holds 'nan'"),
    "negative id": ("id,type\n1,A\n-2,B\n", r"holds '-2'"),
    "leading zeros": ("id,type\n1,A\n01,B\n", r"holds '01'"),
    "id beyond int64": ("id,type\n1,A\n9223372036854775808,B\n", r"holds '9223372036854775808'"),
    "enormous id": ("id,type\n1,A\n" + "9" * 400 + ",B\n", r"holds '9{37}\.\.\.'"),
    "other digits": ("id,type\n1,A\n٣,B\n", r"holds '٣'"),
    "empty": ("", r"neurons.csv is empty"),
    "blank": ("\n\n  \n", r"neurons.csv is empty"),
    "header only": ("id,type\n", r"neurons.csv has a header but no neurons"),
    "row too short": ("id,type\n1,A\n2\n", r"neurons.csv.*[Ee]xpected 2 columns, got 1"),
    "row too long": ("id,type\n1,A\n2,B,C\n", r"neurons.csv.*[Ee]xpected 2 columns, got 3"),
    "repeated column": ("id,type,type\n1,A,B\n", r"2 columns called .type."),
    "semicolons": ("id;type\n1;A\n", r"neurons.csv is separated by semicolons"),
    "not UTF-8": (b"id,type\n1,\xff\xfe\n", r"neurons.csv.*[Uu][Tt][Ff]-?8"),
    "UTF-16": (NEURONS.encode("utf-16"), r"neurons.csv"),
    "binary": (bytes(range(256)) * 20, r"neurons.csv"),
    "open quote": ('id,type\n1,"A\n2,B\n', r"neurons.csv has a quotation mark that is never closed"),
    "open quote in the header": ('id,"type\n1,A\n', r"neurons.csv"),
    "bad sign": ("id,sign\n1,1\n2,2\n3,0\n", r"column sign, holds 2; allowed are -1, 0 and 1"),
}

EDGE_CASES = {
    "missing pre column": ("giver,post,count\n1,2,5\n", "holds no connection table"),
    "missing count column": ("pre,post\n1,2\n", r"no column with synapse counts: one of count, counts, weight"),
    "negative": ("pre,post,count\n1,2,-5\n", r"column count, row 1, holds '-5'; .*from 1 to"),
    "zero": ("pre,post,count\n1,2,3\n2,3,0\n", r"row 2, holds '0'"),
    "fraction": ("pre,post,count\n1,2,2.5\n", r"holds '2\.5'"),
    "NaN": ("pre,post,count\n1,2,NaN\n", r"holds 'NaN'"),
    "infinite": ("pre,post,count\n1,2,inf\n", r"holds 'inf'"),
    "missing count": ("pre,post,count\n1,2,\n", r"holds nothing"),
    "word": ("pre,post,count\n1,2,many\n", r"holds 'many'"),
    "enormous": ("pre,post,count\n1,2,99999999999\n", r"holds '99999999999'"),
    "just too many": ("pre,post,count\n1,2,2147483648\n", r"holds '2147483648'"),
    "unknown id": (
        "pre,post,count\n1,2,5\n1,99,5\n",
        r"row 2, names neuron 99, which the neuron table lacks",
    ),
    "float id": ("pre,post,count\n1,2.0,5\n", r"column post, row 1, holds '2\.0'"),
    "header only": ("pre,post,count\n", r"has a header but no connections"),
    "empty": ("", r"connections.csv is empty"),
    "row too short": ("pre,post,count\n1,2\n", r"connections.csv"),
}


@pytest.mark.parametrize("case", NEURON_CASES)
def test_bad_neuron_tables(tmp_path, case):
    content, pattern = NEURON_CASES[case]
    assert re.search(pattern, message(folder_of(tmp_path, neurons=content)))


@pytest.mark.parametrize("case", EDGE_CASES)
def test_bad_connection_tables(tmp_path, case):
    content, pattern = EDGE_CASES[case]
    assert re.search(pattern, message(folder_of(tmp_path, connections=content)))


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        ("a,b,count\n1,2,3\n2,1,4\n", "gap junction between 1 and 2 has 3 in one direction and 4"),
        ("a,b,count\n1,9,3\n", "names neuron 9"),
        ("a,b,count\n1,2,-1\n", "holds '-1'"),
    ],
)
def test_bad_gap_junctions(tmp_path, content, pattern):
    assert re.search(pattern, message(folder_of(tmp_path, **{"gap_junctions.csv": content})))


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        ("", "provenance.json is not valid JSON"),
        ("{", "provenance.json is not valid JSON"),
        ("[]", "has to be a JSON object"),
        ('{"steps": 3}', "list of steps"),
        ('{"dataset": 3}', "dataset has to be text, not 3"),
        ('{"column_types": []}', "column_types"),
        ('{"column_types": {"type": "int64"}}', "column type, is not int64"),
        (b"\xff\xfe", "provenance.json"),
    ],
)
def test_bad_provenance(tmp_path, content, pattern):
    assert re.search(pattern, message(folder_of(tmp_path, **{"provenance.json": content})))


def test_two_connection_tables(tmp_path):
    assert re.search(
        "2 connection tables .*connections.csv, more.csv", message(folder_of(tmp_path, **{"more.csv": EDGES}))
    )


def test_neurons_without_connections(tmp_path):
    assert "no connection table" in message(folder_of(tmp_path, connections=None))


def test_a_folder_without_tables(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    assert "no connection table that premotor knows (no tables in it; premotor reads tables" in message(tmp_path)


def test_an_empty_folder(tmp_path):
    assert "holds no files" in message(tmp_path)


def test_a_missing_path(tmp_path):
    assert "there is no file or folder" in message(tmp_path / "nowhere.csv")
    assert "there is no file or folder" in message(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["celegan", "c-elegans", "fly_cpg", "x" * 300, "a\0b"])
def test_unknown_names(name):
    text = message(name)
    assert "celegans" in text or "cannot read" in text


def test_a_close_name_is_suggested():
    assert "did you mean 'celegans'?" in message("celegan")


@pytest.mark.parametrize("name", ["neurons.csv", "connections.csv"])
def test_an_unreadable_file(tmp_path, monkeypatch, name):
    folder = folder_of(tmp_path)
    usual = Path.open

    def refusing(self, *arguments, **options):
        if self.name == name:
            raise PermissionError(13, "Permission denied", str(self))
        return usual(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", refusing)
    assert re.search(f"cannot read .*{name}: Permission denied", message(folder))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "edges.csv")
    assert "neither a file nor a folder" in message(tmp_path / "edges.csv")


@pytest.mark.parametrize("suffix", [".feather", ".parquet", ".csv.gz", ".arrow"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"ARROW1\0\0garbage", b"PAR1garbagePAR1", b"\x1f\x8b\x08\0bad"])
def test_files_that_are_not_what_they_are_called(tmp_path, suffix, content):
    path = tmp_path / f"edges{suffix}"
    path.write_bytes(content)
    assert str(path) in message(path)


def test_a_truncated_gzip_file(tmp_path):
    path = tmp_path / "edges.csv.gz"
    whole = gzip.compress(EDGES.encode() * 2000)
    path.write_bytes(whole[: len(whole) // 2])
    assert str(path) in message(path)


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        (pa.array([1.0, 2.0]), "is stored as double"),
        (pa.array([1, None]), "1 missing value"),
        (pa.array([1, -2]), "holds the id -2"),
        (pa.array([1, 2**63], pa.uint64()), "holds the id 9223372036854775808"),
        (pa.array([True, False]), "is stored as bool"),
        (pa.array(["1", "x"]), "holds 'x'"),
        (pa.array(["1", None]), "missing value"),
        (pa.array([[1], [2]]), "is stored as list"),
    ],
)
def test_ids_of_a_wrong_type_in_binary_tables(tmp_path, column, pattern):
    table = pa.table({"pre": column, "post": pa.array([1, 1]), "count": pa.array([5, 5])})
    pa.feather.write_feather(table, tmp_path / "edges.feather")
    pa.parquet.write_table(table, tmp_path / "edges.parquet")
    for name in ("edges.feather", "edges.parquet"):
        assert re.search(pattern, message(tmp_path / name))


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        (pa.array([5.0, 2.5]), r"row 2, holds 2\.5"),
        (pa.array([5.0, float("nan")]), "row 2, holds nan"),
        (pa.array([5, 0]), "row 2, holds 0"),
        (pa.array([5, None]), "missing value"),
        (pa.array([5, 2**40]), "row 2, holds"),
    ],
)
def test_counts_of_a_wrong_type_in_binary_tables(tmp_path, column, pattern):
    table = pa.table({"pre": pa.array([1, 2]), "post": pa.array([2, 1]), "count": column})
    pa.parquet.write_table(table, tmp_path / "edges.parquet")
    assert re.search(pattern, message(tmp_path / "edges.parquet"))


@pytest.mark.parametrize(
    ("conditions", "pattern"),
    [
        ({"typ": "IN*"}, "no column 'typ' .*did you mean 'type'.*it has id, type, class"),
        ({"type": "nothing"}, r"select \(type='nothing'\) leaves none of the circuit's 302 neurons"),
        ({"type": ["nothing"]}, "leaves none"),
        ({"type": 3}, "holds text; 3 can not be compared"),
        ({"sign": "up"}, "holds numbers; 'up' can not be compared"),
        ({"sign": ["-1"]}, "holds numbers; '-1' can not be compared"),
        ({"type": None}, "None can not be compared"),
        ({"type": len}, "can not be compared"),
        ({"min_synapses": 0}, "min_synapses is 0; it has to be a whole number from 1"),
        ({"min_synapses": 2.5}, r"min_synapses is 2\.5"),
        ({"min_synapses": True}, "min_synapses is True"),
    ],
)
def test_bad_selections(conditions, pattern):
    circuit = load_circuit("celegans")
    with pytest.raises(PremotorError, match=pattern):
        circuit.select(**conditions)


@pytest.mark.parametrize(
    ("ids", "pattern"),
    [
        ([], "no ids"),
        ([1, 999], "no neuron with the id 999"),
        ([1, 1], "more than once"),
        ([1.0], "whole numbers"),
    ],
)
def test_bad_subsets(ids, pattern):
    with pytest.raises(PremotorError, match=pattern):
        load_circuit("celegans").subset(ids)


def test_an_unknown_sign_policy():
    with pytest.raises(PremotorError, match="no sign policy 'kunert'; there are default, kunert2014"):
        load_circuit("celegans", signs="kunert")


def test_a_circuit_checks_its_parts():
    good = load_circuit("fly-cpg")
    parts = {name: getattr(good, name) for name in ("neurons", "synapses", "gap_junctions", "provenance")}
    wrong = {
        "unique int64": {"neurons": good.neurons.set_axis(pd.Index([1.0, 2.0, 3.0, 4.0]))},
        "lacks the column 'sign'": {"neurons": good.neurons.drop(columns="sign")},
        "of shape": {"synapses": good.synapses[:3]},
        "int64": {"synapses": good.synapses.astype(np.float64)},
        "counts are 1 or more": {"synapses": -good.synapses},
        "symmetric": {"gap_junctions": good.synapses},
    }
    for pattern, change in wrong.items():
        with pytest.raises(PremotorError, match=pattern):
            Circuit(**{**parts, **change})
