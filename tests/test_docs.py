"""The README and the documentation agree with the code and with each other."""

import ast
import re
import shlex
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import premotor
from markdown_pages import PAGES, ROOT, Code, anchors, commands, fenced, links
from premotor.cli.commands import app
from premotor.cli.entry import split_settings
from premotor.cli.study import Direct, engine_words, split_engine, with_command
from premotor.learning import LEARNERS
from premotor.networks import NETWORKS
from premotor.runs import load_experiment, preset_names
from premotor.runs.dynamics import load_dynamics
from premotor.runs.dynamics.result import COMMANDS
from premotor.runs.spiking import load_spiking
from premotor.settings import Settings
from premotor.studies.engines import engine_settings
from premotor.tasks import TASKS


def python_blocks(page: Path) -> list[Code]:
    # A block with a title is a user's file; tests/howto runs it as one.
    return [block for block in fenced(page.read_text()) if block.language == "python" and not block.title]


SNIPPETS = [
    pytest.param(page, block, id=f"{page.name}:{block.line}") for page in PAGES for block in python_blocks(page)
]
SLOW_SESSIONS = {"docs/concepts/runs.md"}
"""Pages whose code trains a whole body, which takes long to compile."""
SESSIONS = [
    pytest.param(page, id=name, marks=[pytest.mark.slow] if name in SLOW_SESSIONS else [])
    for page in PAGES
    for name in [str(page.relative_to(ROOT))]
    if any(not block.skipped for block in python_blocks(page))
]
assert {page.id for page in SESSIONS} >= SLOW_SESSIONS


CIRCUIT_FIELDS = {field.name for field in fields(premotor.Circuit)}
KINDS = {"task": TASKS, "network": NETWORKS, "learning": LEARNERS}
NEEDED = {"gymnasium": {"id": "CartPole-v1"}}
"""Settings without a default, by kind."""
EXPERIMENTS = [
    premotor.Experiment.model_validate({section: {"kind": kind} | NEEDED.get(kind, {})})
    for section, kinds in KINDS.items()
    for kind in kinds
]
SPIKING = [load_spiking(name) for name in preset_names("spiking")]
SECTIONS = [name for name, value in premotor.Experiment() if isinstance(value, Settings)]


def _has(value: Any, name: str) -> bool:
    for part in name.split("."):
        if not hasattr(value, part):
            return False
        value = getattr(value, part)
    return True


def is_setting(name: str) -> bool:
    """Whether a dotted name is a setting of an experiment, or, like ``circuit.neurons``, of a circuit."""
    if any(_has(load_dynamics(command), name) for command in COMMANDS):  # of premotor dynamics
        return True
    if any(_has(experiment, name) for experiment in (*EXPERIMENTS, *SPIKING)):
        return True
    part = name.split(".")[1]
    return name.startswith("circuit.") and (hasattr(premotor.Circuit, part) or part in CIRCUIT_FIELDS)


def each_page(test):
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))(test)


def broken_links(page: Path, text: str) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of it."""
    broken = []
    for target in links(text):
        if re.match(r"https://", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            broken.append(target)
    return broken


@each_page
def test_relative_links_resolve(page):
    assert broken_links(page, page.read_text()) == []


def test_a_broken_link_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# One heading\n\n[a](page.md) [b](gone.md) [c](#one-heading) [d](#two) `[e](f)`\n")
    assert broken_links(page, page.read_text()) == ["gone.md", "#two"]


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text().split("nav:")[1]
    pages = [str(page.relative_to(ROOT / "docs")) for page in PAGES if page.is_relative_to(ROOT / "docs")]
    assert [page for page in pages if page not in navigation] == []


def test_the_reference_lists_every_public_name():
    listed = set(re.findall(r"^\| \[?`(\w+)`", (ROOT / "docs/reference/premotor.md").read_text(), re.M))
    assert listed == set(premotor.__all__) - {"__version__"}


def test_every_room_has_its_reference():
    rooms = {path.parent.name for path in (ROOT / "src/premotor").glob("*/__init__.py")} - {"cli"}
    described = {name for page in PAGES for name in re.findall(r"^::: premotor\.(\w+)$", page.read_text(), re.M)}
    assert described == rooms


@pytest.mark.filterwarnings("ignore:builtin type .*:DeprecationWarning")  # SWIG's; as an error it ends the process
@pytest.mark.parametrize("page", SESSIONS)
def test_python_snippets_run(page, tmp_path, monkeypatch):
    """One page is one session, in a folder of its own; what takes minutes says so above its fence."""
    (tmp_path / "data").symlink_to(ROOT / "docs" / "data")  # tutorials read ../data
    (tmp_path / "session").mkdir()
    monkeypatch.chdir(tmp_path / "session")
    monkeypatch.setenv("MPLBACKEND", "agg")
    names: dict[str, object] = {}
    for block in python_blocks(page):
        if not block.skipped:
            # As many lines before it as in the page, so that a traceback names the page's line.
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)


@pytest.mark.parametrize(("page", "block"), SNIPPETS)
def test_python_snippets_name_what_exists(page, block):
    tree = ast.parse(block.text, filename=str(page))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pm"
    }
    assert [name for name in used if not hasattr(premotor, name)] == []


program_of = cache(get_command)  # of 60 commands, which takes longer to build than to ask


@cache
def parse(command: str) -> None:
    """Parse a command line as the program would, settings included, without running it.

    Raises:
        Exception: an unknown command, option, setting or value, or a missing argument.
    """
    words, settings = split_settings(shlex.split(command)[1:])
    program: Any = program_of(app)
    while words and hasattr(program, "commands") and not words[0].startswith("-"):
        words = with_command(program, words) if isinstance(program, Direct) else words
        name = words.pop(0)
        assert name in program.commands, f"there is no command {name}"
        program = program.commands[name]
    # the settings of a run that is named as its preset, with a number behind it or not, are of that preset
    named = (re.sub(r"^runs/(.+?)(-\d+)?(/settings\.yaml)?$", r"\1", word) for word in words)
    preset = next((word for word in named if word in preset_names()), None)
    if (words or settings) and words != ["--help"]:  # a command that is only named stands without its arguments
        program.make_context("premotor", words)
    spoken = command.split()
    if spoken[1] != "study":
        settings, engine = split_engine(None, settings)
        engine_settings(None if engine is None else {"kind": "ray", **engine})
    if "dynamics" in spoken[:-1]:
        # --model decides which settings there are under `model`.
        kind = ["--model.kind=rate", "--circuit.source=celegans"] if "--model rate" in command else []
        load_dynamics(spoken[spoken.index("dynamics") + 1], None, kind + settings)
    elif spiking := [word for word in spoken if word in preset_names("spiking")] or ["cartpole-evolution"] * (
        spoken[1] == "spiking"
    ):
        load_spiking(spiking[0], settings)
    elif spoken[1] == "study":
        engine_settings(engine_words("local", settings))
    else:
        load_experiment({} if preset is None else preset, settings)


@each_page
def test_commands_parse(page):
    for command in commands(page.read_text()):
        if "--plugin" not in command:  # tests/howto runs those, with the user's file
            parse(command)


@pytest.mark.parametrize(
    "command",
    [
        "premotor trian walk",
        "premotor evaluate runs/walk --epsiodes 3",
        "premotor train walk --learning.learning_rat 1",
        "premotor circuit build celegans",
    ],
)
def test_a_wrong_command_is_seen(command):
    with pytest.raises(Exception, match="no command|[Nn]o such option|unknown setting|[Mm]issing"):
        parse(command)


@each_page
def test_named_settings_exist(page):
    named = set(re.findall(rf"`(?:--)?((?:{'|'.join(SECTIONS)})(?:\.(?!png)\w+)+)[ :`]", page.read_text()))
    assert sorted(name for name in named if not is_setting(name)) == []


def test_an_unknown_setting_is_seen():
    assert is_setting("learning.learning_rate") and is_setting("circuit.synapses")
    assert not is_setting("learning.learning_rat") and not is_setting("task.reward.gaol")


def test_the_readme_shows_what_make_demo_runs():
    demo = re.search(r"^demo:.*\n\t@\$\(BIN\)/(premotor [\w ]+)", (ROOT / "Makefile").read_text(), re.M)
    assert demo
    assert demo[1].strip() in commands((ROOT / "README.md").read_text())
