"""Interactive pages of the controllers that come with premotor, for the gallery of built documentation.

python scripts/gallery_pages.py site      # after mkdocs; `make gallery` does both
"""

import re
import sys
from pathlib import Path

from premotor.cli import main

MARK = re.compile(r"<!-- page: ([\w-]+) -->")


def build(site: Path) -> list[str]:
    """Write the pages that the gallery names, and link them there; their names."""
    gallery = site / "gallery.html"
    text = gallery.read_text(encoding="utf-8")
    names = MARK.findall(text)
    if not names:
        sys.exit(f"{gallery} names no page; build the documentation anew before")
    (site / "pages").mkdir(exist_ok=True)
    for name in names:
        page = site / "pages" / f"{name}.html"
        page.unlink(missing_ok=True)
        if main(["play", name, "--page", str(page)]):
            sys.exit(f"no page of {name} was made")
        print(f"{page}: {page.stat().st_size / 1e6:.1f} MB", flush=True)
    link = '<p><a href="pages/{0}.html">Turn it, pause it, find a neuron</a></p>'
    gallery.write_text(MARK.sub(lambda found: link.format(found[1]), text), encoding="utf-8")
    return names


if __name__ == "__main__":
    build(Path(sys.argv[1]))
