"""Pages of how-to, followed literally: their files are written, their commands are run, as a user would.

A fenced block with a title is a file of that name; every ``premotor …`` line of an ``sh`` block is a command::

    ```python title="my_task.py"
    ```
"""

import gc
import shlex
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from markdown_pages import ROOT, commands, fenced
from premotor import plugins
from premotor.cli import main
from premotor.registry import Registry


def page_files(page: str) -> dict[str, str]:
    """The files that a page of docs/howto tells to write: text by name."""
    blocks = fenced(_text(page))
    return {block.title: block.text for block in blocks if block.title}


def page_commands(page: str) -> list[list[str]]:
    """The words of the commands in the page's ``sh`` blocks, without "premotor"."""
    blocks = [block for block in fenced(_text(page)) if block.language == "sh" and not block.skipped]
    return [shlex.split(line)[1:] for block in blocks for line in commands(f"```sh\n{block.text}```\n")]


def follow(
    page: str, folder: Path, smaller: Mapping[str, Sequence[str]], *, without: Collection[str] = ()
) -> list[list[str]]:
    """Write the page's files into `folder`, which has to be the current one, and run its commands there in order.

    Args:
        page: name of the page in docs/howto, without ``.md``.
        folder: empty.
        smaller: words to add to a command, by its first word ("train"), so that it takes seconds.
        without: first words of commands that are left out.

    Returns:
        the commands as they were run; each of them ended with status 0.
    """
    assert Path.cwd() == folder.resolve()
    for name, text in page_files(page).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    ran = []
    for command in page_commands(page):
        if command[0] in without:
            continue
        words = [*command, *smaller.get(command[0], [])]
        assert main(words) == 0, f"{page}.md: premotor {shlex.join(words)}"
        ran.append(words)
    assert ran, f"{page}.md has no commands"
    return ran


@contextmanager
def plugins_forgotten() -> Iterator[None]:
    """What a plugin registers meanwhile is gone afterwards, for the other tests of this process."""
    before = {id(registry): dict(registry._entries) for registry in _registries()}
    loaded, modules = dict(plugins._LOADED), set(sys.modules)
    try:
        yield
    finally:
        for registry in _registries():  # also those that were first imported meanwhile
            held = before.get(id(registry), {})
            own = {name: entry for name, entry in registry._entries.items() if _of_the_package(entry)}
            registry._entries.clear()
            registry._entries.update({**held, **own})
        plugins._LOADED.clear()
        plugins._LOADED.update(loaded)
        for name in set(sys.modules) - modules:
            if name.startswith("premotor_plugin_"):
                del sys.modules[name]


def _registries() -> list[Registry]:
    return [thing for thing in gc.get_objects() if type(thing) is Registry]


def _of_the_package(entry: object) -> bool:
    return str(getattr(entry, "__module__", type(entry).__module__)).startswith("premotor.")


def _text(page: str) -> str:
    return (ROOT / "docs" / "howto" / f"{page}.md").read_text(encoding="utf-8")
