"""Print the lower bound of every dependency in pyproject.toml as the only version, for `pip install --constraint`.

    python scripts/lowest_versions.py [EXTRA …]

Without names of extras: the package's own dependencies and those of the extra `test`.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?\s*>=\s*(?P<version>[\w.]+)")


def constraints(extras: list[str]) -> Iterator[str]:
    """One line a dependency."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    for requirement in dict.fromkeys(wanted):
        found = REQUIREMENT.match(requirement)
        if found is None:
            raise SystemExit(f"{requirement!r} in {PYPROJECT.name} has no lower bound")
        yield f"{found['name']}=={found['version']}"


if __name__ == "__main__":
    print("\n".join(constraints(sys.argv[1:] or ["test"])))
