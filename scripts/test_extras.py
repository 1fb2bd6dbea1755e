"""Run the tests that need an optional library, and fail where one still skips for want of a library.

.venv-extras/bin/python scripts/test_extras.py [pytest's own words]
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPTIONAL = re.compile(r"importorskip|find_spec|skipif")


def main() -> int:
    """Status of pytest; 1 where a library is missing."""
    files = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.glob("tests/**/test_*.py"))
        if OPTIONAL.search(path.read_text())
    ]
    command = [sys.executable, "-m", "pytest", "-rs", *files, *sys.argv[1:]]
    made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    print(made.stdout, end="")
    missing = re.findall(r"SKIPPED.*(?:could not import|not installed|needs the extra).*", made.stdout)
    for line in missing:
        print(f"still skipped: {line}", file=sys.stderr)
    return made.returncode or (1 if missing else 0)


if __name__ == "__main__":
    sys.exit(main())
