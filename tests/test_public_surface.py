"""Every public name exists, is listed and is documented."""

import importlib
import inspect
import tomllib
import types
from pathlib import Path

import pytest

import premotor

PACKAGE = Path(premotor.__file__).parent
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def public(module: types.ModuleType) -> list[tuple[str, object]]:
    return [(f"{module.__name__}.{name}", getattr(module, name)) for name in module.__all__]


def own(value: object) -> bool:
    """Whether premotor defines this class, function or module (a constant has no docstring of its own)."""
    if inspect.ismodule(value):
        return value.__name__.startswith("premotor.")
    return (inspect.isclass(value) or inspect.isroutine(value)) and value.__module__.startswith("premotor.")


def undocumented(name: str, value: object) -> list[str]:
    """Names without a docstring of their own: the value, and the public methods that its class defines."""
    missing = []
    if not inspect.getdoc(value) or (inspect.isclass(value) and not value.__doc__):
        missing.append(name)
    if inspect.isclass(value):
        for key, member in vars(value).items():
            member = getattr(member, "__func__", member)
            if isinstance(member, property):
                member = member.fget
            if inspect.isfunction(member) and not key.startswith("_") and not inspect.getdoc(getattr(value, key)):
                missing.append(f"{name}.{key}")
    return missing


@pytest.mark.parametrize("name", premotor.__all__)
def test_each_public_name_resolves_and_is_documented(name):
    value = getattr(premotor, name)
    assert value is getattr(premotor, name)
    if own(value):
        assert undocumented(name, value) == []


def test_dir_lists_the_public_names():
    assert dir(premotor) == sorted(premotor.__all__)
    assert len(set(premotor.__all__)) == len(premotor.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="premotor.*no attribute 'controler'"):
        premotor.controler  # noqa: B018


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert premotor.__version__ == project["version"]


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_documents_its_surface(room):
    module = importlib.import_module(f"premotor.{room}")
    assert module.__doc__
    assert len(set(module.__all__)) == len(module.__all__)
    missing = [m for name, value in public(module) if own(value) for m in undocumented(name, value)]
    assert missing == []


def test_undocumented_symbols_are_seen():
    class Silent:
        def method(self):
            return 0

    assert undocumented("Silent", Silent) == ["Silent", "Silent.method"]
