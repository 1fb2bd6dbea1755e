"""Write every tutorial as a notebook, too: `python scripts/notebooks.py` makes docs/tutorials/*.ipynb from *.md.

The page is the source. A Python block becomes a code cell, all else Markdown. What a block prints stands below it in
the page (a ``text`` block) and is left out: notebooks have no output.
"""

import json
import re
from pathlib import Path

TUTORIALS = Path(__file__).parents[1] / "docs" / "tutorials"


def notebook(page: str) -> str:
    """The notebook of a page, as JSON (nbformat 4.5)."""
    page = re.sub(r"^```text\n.*?^```\n", "", page, flags=re.M | re.S)
    cells = []
    for number, part in enumerate(re.split(r"^```python\n(.*?)^```\n", page, flags=re.M | re.S)):
        text = part.strip("\n")
        if text:
            cell = {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": text.splitlines(True)}
            if number % 2:
                cell |= {"cell_type": "code", "execution_count": None, "outputs": []}
            cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path in sorted(TUTORIALS.glob("*.md")):
        path.with_suffix(".ipynb").write_text(notebook(path.read_text(encoding="utf-8")), encoding="utf-8")
        print(path.with_suffix(".ipynb"))
