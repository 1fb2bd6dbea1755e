"""The page of sources lists what the registries hold, and every source that it lists is tested."""

import re
from pathlib import Path

from connectome.source_files import EXAMPLES
from premotor.connectome import SERVERS
from premotor.connectome.readers import READERS

PAGE = (Path(__file__).parents[2] / "docs" / "concepts" / "sources.md").read_text(encoding="utf-8")


def table(title: str) -> list[list[str]]:
    """Cells of the first table under a heading, without its head."""
    lines = re.split(rf"^## {title}$", PAGE, flags=re.MULTILINE)[1].split("\n## ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("|")][2:]


def test_every_reader_is_listed_and_every_listed_one_exists():
    assert {row[-1].strip("` |") for row in table("Files")} == set(READERS)


def test_every_source_of_the_page_has_files_in_the_tests():
    listed = {row[0].strip("| "): row[-1].strip("` |") for row in table("Files")}
    # That one is a single table, and has a test of its own among the releases.
    assert listed.pop("neuPrint, one table") == "tables"
    assert listed == {name: example.reader for name, example in EXAMPLES.items()}


def test_every_row_says_everything():
    assert all(len(row) == 5 and all(row) for row in table("Files"))


def test_every_server_is_listed():
    listed = {row[-1].strip("` |"): row[1].strip("`") for row in table("Servers")}
    assert listed == {name: server.example for name, server in SERVERS.items()}
