"""What is kept of compiled programs is whole, and comes back."""

import os
import zlib
from pathlib import Path

import pytest

from compilation_cache import SUFFIX, borrow, give_back, is_whole


def zstandard_compressed(data: bytes) -> bytes:
    return pytest.importorskip("zstandard").compress(data)


@pytest.mark.parametrize("compress", [zlib.compress, zstandard_compressed])
def test_whole_entries_are_kept_and_come_back(tmp_path, compress):
    first, second, kept = (tmp_path / name for name in ("first", "second", "kept"))
    first.mkdir()
    second.mkdir()
    borrow(first, kept)
    entry = compress(b"a program" * 100)
    (first / "a-cache").write_bytes(entry)
    (first / "cut-cache").write_bytes(entry[:-5])  # its process was killed
    give_back(first, kept)
    borrow(second, kept)
    assert {file.name: file.read_bytes() for file in second.iterdir()} == {"a-cache": entry}


def test_what_jax_writes_here_is_told_to_be_whole():
    """In whatever way it compresses."""
    import jax.numpy as jnp

    (jnp.arange(7) * 3 - 1).block_until_ready()
    entries = list(Path(os.environ["JAX_COMPILATION_CACHE_DIR"]).glob(f"*{SUFFIX}"))
    assert entries
    data = entries[0].read_bytes()
    assert is_whole(data) and not is_whole(data[:-4])
