"""Links, headings and code of the project's Markdown pages."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(
    r"(?P<skipped><!-- not run[^>]*-->\n\n?)?"
    r"^(?P<indent> *)```(?P<language>[\w-]*)(?: +title=\"(?P<title>[^\"\n]+)\")?[^\n]*\n(?P<code>.*?)^(?P=indent)```",
    re.M | re.S,
)
LINK = re.compile(r"(?<!\\)!?\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#+ +(.*?)(?: *\{#([\w-]+)\})?$", re.M)


class Code(NamedTuple):
    """A fenced block: its language ("" if none), text, first line, whether a comment says "not run", and its title."""

    language: str
    text: str
    line: int
    skipped: bool
    title: str
    """Name of the file that the block is, or ""."""


def fenced(page: str) -> list[Code]:
    """Every fenced block of a page, without the indentation of the fence."""
    blocks = []
    for match in FENCE.finditer(page):
        indent = len(match["indent"])
        lines = [line[indent:] for line in match["code"].splitlines()]
        line = page.count("\n", 0, match.start("code")) + 1
        text, skipped = "\n".join(lines) + "\n", bool(match["skipped"])
        blocks.append(Code(match["language"], text, line, skipped, match["title"] or ""))
    return blocks


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page)


def links(page: str) -> list[str]:
    """Targets of the links and images of a page, those in code left out."""
    return [match["target"] for match in LINK.finditer(re.sub(r"`[^`\n]*`", "", prose(page)))]


def anchors(page: str) -> set[str]:
    """What ``#…`` may point to in a page."""
    found = set()
    for title, name in HEADING.findall(prose(page)):
        plain = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)).strip().lower()
        found.add(name or re.sub(r"[-\s]+", "-", plain))
    return found


def commands(page: str) -> list[str]:
    """Every ``premotor …`` command of a page, from fenced blocks and from inline code, comments cut off."""
    lines = [line for block in fenced(page) if block.language in {"", "sh"} for line in block.text.splitlines()]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()
    inline = [code.replace("\\|", "|") for code in re.findall(r"`([^`\n]+)`", prose(page))]
    found = []
    for line in [*joined, *inline]:
        match = re.match(r"(?:\$ )?(?:\.venv/bin/)?(premotor [^#]*)", line.strip())
        if match:
            found.append(match[1].strip())
    return found
