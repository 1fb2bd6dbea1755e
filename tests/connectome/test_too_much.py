"""Files that hold far more than their size: refused with the estimate, before memory is taken."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest
from scipy.sparse import coo_array, save_npz

from premotor import PremotorError, files
from premotor.connectome import load_circuit, unpacking

ROWS = b"pre,post,count\n" + b"1,2,3\n2,3,1\n" * 200_000


@pytest.fixture(autouse=True)
def less_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MUCH", 2**20)


def text(file: Path) -> None:
    file.write_bytes(gzip.compress(ROWS))


def columns(file: Path) -> None:
    ones = np.ones(10**6, np.int64)
    pa.parquet.write_table(pa.table({"pre": ones, "post": ones, "count": ones}), file, compression="zstd")


def arrays(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("W.npy", "w") as member:
        np.save(member, np.zeros((1000, 1000), np.int64))


def graph(file: Path) -> None:
    file.write_bytes(gzip.compress(b"<graphml>" + b" " * 2**21 + b"</graphml>"))


def batches(file: Path) -> None:
    ones = np.ones(10**5, np.int64)
    batch = pa.record_batch({"pre": ones, "post": ones, "count": ones})
    with pa.ipc.new_file(str(file), batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as written:
        for _ in range(4):
            written.write_batch(batch)


def long_words(file: Path) -> None:
    words = pa.array(["N" * 1000]).take(pa.array(np.zeros(2000, np.int64)))
    table = pa.table({"pre": words, "post": words, "count": np.ones(2000, np.int64)})
    if file.suffix == ".feather":
        pa.feather.write_feather(table, str(file), compression="zstd")
    else:
        pa.parquet.write_table(table, file)


def of_any_size(file: Path) -> None:
    save_npz(file, coo_array((np.ones(1, int), (np.zeros(1, int), np.ones(1, int))), shape=(10**9, 10**9)))


def far_index(file: Path) -> None:
    ends = {"Presynaptic_Index": [0, 10**9], "Postsynaptic_Index": [1, 0], "Excitatory x Connectivity": [1, 1]}
    pa.parquet.write_table(pa.table(ends | {"Presynaptic_ID": [1, 2], "Postsynaptic_ID": [3, 1]}), file)


def unwritten(file: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(file, "w") as content:
        nodes, edges = content.create_group("nodes/p"), content.create_group("edges/p")
        nodes.create_dataset("node_group_index", shape=(10**9,), dtype="u1", chunks=(10**6,))
        for end in ("source_node_id", "target_node_id"):
            edges.create_dataset(end, data=np.zeros(2, np.int64)).attrs["node_population"] = "p"


def many_unwritten(file: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(file, "w") as content:
        nodes, edges = content.create_group("nodes/p"), content.create_group("edges/p")
        nodes.create_dataset("node_type_id", data=np.zeros(3, np.int64))
        for number in range(50):
            nodes.create_dataset(f"0/a{number}", shape=(10**5,), dtype="f8", chunks=(10**4,))
        for end in ("source_node_id", "target_node_id"):
            edges.create_dataset(end, data=np.zeros(2, np.int64)).attrs["node_population"] = "p"


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv.gz", text),
        ("a.parquet", columns),
        ("b.parquet", long_words),
        ("c.parquet", far_index),
        ("a.feather", batches),
        ("b.feather", long_words),
        ("a.npz", arrays),
        ("b.npz", of_any_size),
        ("a.graphml.gz", graph),
        ("a.h5", unwritten),
        ("b.h5", many_unwritten),
    ],
)
@pytest.mark.parametrize("beside", [False, True])
def test_a_small_file_that_unpacks_to_much(tmp_path, name, write, beside):
    write(tmp_path / name)
    (tmp_path / "neurons.csv").write_text("id,type\n1,A\n2,B\n")
    with pytest.raises(PremotorError, match=r"would unpack to about [\d.]+ [MG]B, [\d,]+ times as much"):
        load_circuit(tmp_path if beside and write not in (arrays, graph, of_any_size) else tmp_path / name)


def test_a_batch_that_is_read_in_parts_has_to_fit(tmp_path, monkeypatch, capsys):
    """Connections of a release are read batch by batch; of all of them there may be more than the machine holds."""
    ends = {"body_pre": np.arange(20_000), "body_post": np.arange(20_000) + 1, "weight": np.ones(20_000, np.int64)}
    pa.feather.write_feather(pa.table(ends), str(tmp_path / "connectome-weights.feather"), chunksize=1000)
    (tmp_path / "body-annotations.csv").write_text("bodyId,type\n1,A\n2,B\n")
    monkeypatch.setattr(files, "available_memory", lambda: 200_000)
    monkeypatch.setattr(unpacking, "_LONG", 10**5)
    assert load_circuit(tmp_path).synapses.nnz == 1
    assert "holds about 480 kB and is read in parts" in capsys.readouterr().err
    pa.feather.write_feather(pa.table(ends), str(tmp_path / "connectome-weights.feather"))
    with pytest.raises(PremotorError, match="holds about 480 kB, .* this machine has 200 kB"):
        load_circuit(tmp_path)


def test_workbooks_of_many_cells_and_uneven_rows(tmp_path, monkeypatch):
    openpyxl = pytest.importorskip("openpyxl")
    from premotor.connectome import tables

    book = openpyxl.Workbook()
    for row in (["pre", "post", "count"], ["A", "B", 3], ["B", "A", 1]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert load_circuit(tmp_path / "a.xlsx").synapses.sum() == 4
    monkeypatch.setattr(tables, "_MOST_CELLS", 8)
    with pytest.raises(PremotorError, match="has more than 8 cells"):
        load_circuit(tmp_path / "a.xlsx")
    monkeypatch.setattr(tables, "_MOST_BYTES", 100)
    with pytest.raises(PremotorError, match=r"would unpack to [\d.]+ kB; of a workbook at most 100 bytes"):
        load_circuit(tmp_path / "a.xlsx")
    monkeypatch.undo()
    book.active["F9"] = "far"
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(PremotorError, match="a value in its column 6, for which its first line has no name"):
        load_circuit(tmp_path / "b.xlsx")


def test_more_than_the_machine_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "available_memory", lambda: 10**6)
    (tmp_path / "a.csv").write_bytes(ROWS)
    with pytest.raises(PremotorError, match=r"holds about 2\.4 MB, .* this machine has 1 MB"):
        load_circuit(tmp_path / "a.csv")


def test_as_much_of_what_differs_is_read(tmp_path):
    numbers = np.random.default_rng(0).integers(1, 1000, (150_000, 3))
    rows = "\n".join(",".join(map(str, row)) for row in numbers.tolist())
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"pre,post,count\n{rows}\n".encode()))
    assert load_circuit(tmp_path / "a.csv.gz").synapses.sum() == numbers[:, 2].sum()
