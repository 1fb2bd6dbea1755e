"""Things by name: listed, looked up, added, refused."""

import sys

import pytest

from premotor.errors import PremotorError

FILE = """
from {holder} import THINGS
@THINGS.register("{name}")
class {name}:
    settings = dict
"""


@pytest.fixture
def things(tmp_path, monkeypatch):
    """A registry of two modules that nothing has imported, `one` and `two`."""
    monkeypatch.syspath_prepend(tmp_path)
    holder = "registry_under_test"
    names = {name: f"{holder}_{name}" for name in ("one", "two")}
    (tmp_path / f"{holder}.py").write_text(
        f"from premotor.registry import Registry\n"
        f"THINGS = Registry('thing', {names!r}, settings={{'two': 'collections:OrderedDict'}})\n"
    )
    for name, module in names.items():
        (tmp_path / f"{module}.py").write_text(FILE.format(holder=holder, name=name))
    yield __import__(holder).THINGS
    for module in (holder, *names.values()):
        sys.modules.pop(module, None)


def loaded():
    return {name for name in ("one", "two") if f"registry_under_test_{name}" in sys.modules}


def test_names_are_listed_without_an_import(things):
    assert list(things) == ["one", "two"]
    assert "one" in things and "three" not in things and len(things) == 2
    assert loaded() == set()


def test_only_what_is_looked_up_is_imported(things):
    assert things["two"].__name__ == "two"
    assert loaded() == {"two"}


def test_settings_need_no_import_where_the_registry_says_where_they_are(things):
    from collections import OrderedDict

    assert things.settings_class("two") is OrderedDict
    assert loaded() == set()
    assert things.settings_class("one") is dict
    assert loaded() == {"one"}


def test_a_name_of_the_package_is_taken_before_it_was_looked_up(things):
    with pytest.raises(PremotorError, match="there is a thing 'one' already"):
        things.register("one")(object)


def test_an_entry_of_a_users_own_comes_last(things):
    things.register("three")(int)
    assert list(things) == ["one", "two", "three"]
    assert things["three"] is int


def test_an_unknown_name_is_a_sentence(things):
    with pytest.raises(PremotorError, match=r"there is no thing 'twoo' \(did you mean two\?\); there are one, two"):
        things["twoo"]
