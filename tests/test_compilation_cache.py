"""What is kept of compiled programs is whole, and comes back."""

import zlib

from compilation_cache import borrow, give_back


def test_whole_entries_are_kept_and_come_back(tmp_path):
    first, second, kept = (tmp_path / name for name in ("first", "second", "kept"))
    first.mkdir()
    second.mkdir()
    borrow(first, kept)
    entry = zlib.compress(b"a program" * 100)
    (first / "a-cache").write_bytes(entry)
    (first / "cut-cache").write_bytes(entry[:-5])  # its process was killed
    give_back(first, kept)
    borrow(second, kept)
    assert {file.name: file.read_bytes() for file in second.iterdir()} == {"a-cache": entry}
