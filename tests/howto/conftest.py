"""A user's folder for every page of how-to, and registries that forget what the page adds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from howto.pages import plugins_forgotten


@pytest.fixture
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder; what plugins register in the test is forgotten after it."""
    monkeypatch.chdir(tmp_path)
    with plugins_forgotten():
        yield tmp_path
