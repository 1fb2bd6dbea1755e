"""Each room imports only what it may, and importing one does nothing else."""

from pathlib import Path

import pytest

from source_rules import MOST_LINES, ROOMS, SHARED, import_problems, side_effects, unsafe_reads

PACKAGE = Path(__file__).parents[1] / "src" / "premotor"
FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = ["premotor", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def over_all_files(rule) -> list[str]:
    """What a rule finds in any file of the package."""
    return [problem for path in FILES for problem in rule(path, path.read_text(encoding="utf-8"))]


def test_imports_obey_the_rooms():
    problems = over_all_files(lambda path, text: import_problems(text, module_name(path), path.name == "__init__.py"))
    assert problems == []


def test_nothing_happens_on_import():
    assert over_all_files(lambda path, text: side_effects(text, module_name(path))) == []


def test_no_pickle():
    assert over_all_files(lambda path, text: unsafe_reads(text, module_name(path))) == []


def test_files_are_short():
    long = [str(path.relative_to(PACKAGE)) for path in FILES if len(path.read_text().splitlines()) > MOST_LINES]
    assert long == []


def test_every_module_has_a_room():
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}
    assert rooms - set(ROOMS) - SHARED == {"__init__"}


@pytest.mark.parametrize(
    ("module", "source", "message"),
    [
        ("premotor.connectome.circuit", "import jax", "may use"),
        ("premotor.networks.rate", "from premotor.tasks import walk", "imports premotor.tasks.walk"),
        ("premotor.networks.rate", "from ..tasks import walk", "imports premotor.tasks.walk"),
        ("premotor.tasks.walk", "def f():\n    import premotor.learning", "imports premotor.learning"),
        ("premotor.analysis.gait", "from premotor import Controller", "imports premotor.Controller"),
        ("premotor.analysis.gait", "import premotor\npremotor.Controller", "imports premotor,"),
        ("premotor.settings", "from premotor.tasks import walk", "imports premotor.tasks.walk"),
        ("premotor.learning.ppo", "import pickle", "imports pickle"),
        ("premotor.learning.ppo", "import torch.nn as nn", "imports torch"),
        ("premotor.learning.ppo", "from numpy import *", "imports *"),
    ],
)
def test_the_rule_sees_a_forbidden_import(module, source, message):
    (problem,) = import_problems(source, module)
    assert message in problem


def test_the_rule_allows_what_the_table_allows():
    source = "from premotor.connectome import Circuit\nfrom premotor.errors import PremotorError\nimport jax\n"
    assert import_problems(source, "premotor.networks.rate") == []
    assert import_problems("import premotor\npremotor.__version__", "premotor.runs.provenance") == []
    assert import_problems("from .circuit import Circuit", "premotor.connectome", is_package=True) == []


@pytest.mark.parametrize(
    "source",
    [
        "import logging\nlogging.basicConfig()",
        "import os\nos.environ['X'] = '1'",
        "class A:\n    import jax\n    jax.config.update('jax_enable_x64', True)",
        "def f(x=print('here')): ...",
        "from pathlib import Path\nPath('runs').mkdir()",
    ],
)
def test_the_rule_sees_a_side_effect(source):
    assert len(side_effects(source, "premotor.tasks.walk")) == 1


def test_the_rule_allows_side_effects_in_functions():
    source = "import os\ndef f():\n    os.environ['X'] = '1'\nif __name__ == '__main__':\n    print(f())"
    assert side_effects(source, "premotor.tasks.walk") == []


@pytest.mark.parametrize("source", ["np.load(f, allow_pickle=True)", "pd.read_pickle(f)"])
def test_the_rule_sees_pickle_behind_numpy_and_pandas(source):
    assert len(unsafe_reads(source, "premotor.tasks.walk")) == 1
