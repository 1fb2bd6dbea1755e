"""No tracked file names a machine's own folders or the host of a package registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each pattern is put together from pieces, so that this file does not contain what it looks for.
FOLDERS = ["home", "root", "tmp", "Users", "work", "opt", "var/folders", "private/tmp"]
HOSTS = ["pypi.{}", "pythonhosted.{}", "anaconda.{}", "npmjs.{}", "debian.{}"]
PATTERNS = {
    "absolute path": re.compile(rf"(?<![\w.~$}}*)\]-])/(?:{'|'.join(FOLDERS)})/[\w.]"),
    "Windows path": re.compile(r"\b[A-Z]:\\(?:Users|Temp)\b"),
    "package registry": re.compile("|".join(re.escape(host.format("org")) for host in HOSTS)),
}


def tracked_text() -> list[tuple[str, str]]:
    """Name and text of every file that git tracks and that is UTF-8."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout, so which files are tracked is unknown")
    texts = []
    for name in filter(None, listed.stdout.split("\0")):
        try:
            texts.append((name, (ROOT / name).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # binary, or deleted and not yet committed
    return texts


def offences(text: str) -> list[str]:
    return [f"{kind}: {found.group()}" for kind, rule in PATTERNS.items() for found in rule.finditer(text)]


def test_no_file_names_a_machine_or_a_registry():
    texts = tracked_text()
    assert any(name == "pyproject.toml" for name, _ in texts)
    assert {name: offences(text) for name, text in texts if offences(text)} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_absolute_paths_are_seen(folder):
    assert offences(f"open('/{folder}/someone/file')")
    assert offences(f"/{folder}/someone/file")
    assert not offences(f"runs/{folder}/x and $HOME/{folder}/x")


@pytest.mark.parametrize("host", HOSTS)
def test_registries_are_seen(host):
    assert offences(f"https://files.{host.format('org')}/simple")


def test_a_windows_home_is_seen():
    assert offences("C:" + r"\Users\someone")
