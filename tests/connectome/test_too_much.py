"""Files that hold far more than their size: refused with the estimate, before memory is taken."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from premotor import PremotorError, files
from premotor.connectome import load_circuit

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


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.csv.gz", text), ("a.parquet", columns), ("a.npz", arrays), ("a.graphml.gz", graph)],
)
def test_a_small_file_that_unpacks_to_much(tmp_path, name, write):
    write(tmp_path / name)
    with pytest.raises(PremotorError, match=r"would unpack to about [\d.]+ MB, [\d,]+ times as much"):
        load_circuit(tmp_path / name)


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
