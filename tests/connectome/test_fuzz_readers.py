"""Files of every source, damaged at random: a whole circuit or one PremotorError, never a traceback or a hang.

`make fuzz` damages more than 10,000 of them; the short form here is the same with fewer.
"""

import gzip
import os
import signal
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from connectome.source_files import EXAMPLES
from premotor import PremotorError
from premotor.connectome import Circuit, load_circuit

SIZE = 4
WIRING = {(0, 1): 5, (1, 2): 7, (2, 0): 1, (2, 3): 2, (3, 1): 12}
CASES = [
    (name, form) for name, example in EXAMPLES.items() for form in dict.fromkeys((example.forms[0], example.forms[-1]))
]
MANY = int(os.environ.get("PREMOTOR_FUZZ", 12_000))
"""Damaged sources of the long form, over all cases."""
SECONDS = 10
TOKENS = [
    b"-",
    b"nan",
    b"1e9",
    b"\n",
    b",",
    b'"',
    b"9" * 20,
    b"\0",
    b"0",
    b"1.5",
    b"\xff",
    b"[",
    b"<",
    b" ",
    b"inf",
    b"id",
]


@contextmanager
def no_hang(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError(f"a file keeps the reader busy for more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check(path: Path) -> bool:
    """Load; return whether there was a circuit."""
    try:
        with no_hang(SECONDS):
            circuit = load_circuit(path)
            text = circuit.summary()
    except PremotorError as error:
        assert str(error) and "\n" not in str(error)
        return False
    assert isinstance(circuit, Circuit) and text
    size = len(circuit)
    assert size > 0 and circuit.neurons.index.is_unique and circuit.neurons.index.dtype == np.int64
    for matrix in (circuit.synapses, circuit.gap_junctions):
        assert matrix is None or (matrix.shape == (size, size) and matrix.dtype == np.int64)
        assert matrix is None or matrix.nnz == 0 or matrix.data.min() >= 1
    step = circuit.provenance.steps[-2 if circuit.provenance.steps[-1]["operation"] == "signs" else -1]
    assert (step["neurons"], step["edges"]) == (size, circuit.synapses.nnz)
    return True


def damage(files: dict[str, bytes], rng: np.random.Generator) -> dict[str, bytes]:
    """Return the files with one to three damages."""
    files = dict(files)
    for _ in range(rng.integers(1, 4)):
        names = sorted(files)
        name = names[rng.integers(len(names))]
        data = files[name]
        packed = name.endswith(".gz") and rng.random() < 0.7  # damage what is inside
        if packed:
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError, zlib.error):
                packed = False  # damaged before
        start, end = np.sort(rng.integers(0, len(data) + 1, 2))
        kind = rng.integers(10)
        if kind == 0:
            data = data[:start]
        elif kind == 1:
            data = data[:start] + data[end:]
        elif kind == 2:
            data = data[:end] + data[start:]
        elif kind == 3:
            data = data[:start] + rng.bytes(rng.integers(1, 9)) + data[start + rng.integers(0, 9) :]
        elif kind == 4:
            lines = data.split(b"\n")
            data = b"\n".join(lines[place] for place in rng.permutation(len(lines)))
        elif kind == 5 and len(names) > 1:
            other = names[rng.integers(len(names))]
            files[other], data = data, files[other]
        elif kind == 6 and len(names) > 1:
            del files[name]
            continue
        elif kind == 7 and data:
            bits = bytearray(data)
            bits[min(start, len(bits) - 1)] ^= 1 << int(rng.integers(8))
            data = bytes(bits)
        else:
            data = data[:start] + TOKENS[rng.integers(len(TOKENS))] + data[start + rng.integers(0, 4) :]
        files[name] = gzip.compress(data, mtime=0) if packed else data
    return files


def fuzz(folder: Path, name: str, form: str, many: int) -> int:
    """Damage one source so often; return how often it was still a circuit."""
    whole = folder / "whole"
    whole.mkdir()
    source, _ = EXAMPLES[name].write(whole, WIRING, SIZE, form)
    assert check(source)
    good = {file.name: file.read_bytes() for file in whole.iterdir()}
    rng = np.random.default_rng(zlib.crc32(f"{name} {form}".encode()))
    circuits = 0
    for number in range(many):
        place = folder / str(number)
        place.mkdir()
        files = damage(good, rng)
        for file, data in files.items():
            (place / file).write_bytes(data)
        target = place if source == whole else place / source.name
        circuits += check(target)
        for file in place.iterdir():
            file.unlink()
        place.rmdir()
    return circuits


@pytest.mark.parametrize(("name", "form"), CASES, ids=lambda word: str(word).replace(" ", "-"))
def test_damaged_sources(tmp_path, name, form):
    fuzz(tmp_path, name, form, 25)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "form"), CASES, ids=lambda word: str(word).replace(" ", "-"))
def test_many_damaged_sources(tmp_path, name, form):
    many = -(-MANY // len(CASES))
    circuits = fuzz(tmp_path, name, form, many)
    assert 0 < circuits < many  # some damages do no harm, and some do
