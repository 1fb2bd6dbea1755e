"""Names of a package that load the file they live in when they are first used, so that to import it costs nothing."""

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


def lazy_exports(
    package: str, *own: str, call: str = ""
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of an ``__init__.py``, from the imports below its ``if TYPE_CHECKING:``.

    The names stand once, where type checkers and editors read them too::

        if TYPE_CHECKING:
            from premotor.networks.rate import RateNetwork as RateNetwork
        else:
            __getattr__, __dir__, __all__ = lazy_exports(__name__)

    Args:
        package: its ``__name__``.
        own: names that it exports beside, defined in the file itself.
        call: the export that is called where the package itself is, as `premotor.report` in ``pm.report(folder)``.

    Raises:
        AttributeError: by `__getattr__`, where the package exports no such name.
    """
    module = sys.modules[package]
    homes = _homes(module.__spec__.loader.get_source(package), package)  # type: ignore[union-attr]

    class Package(ModuleType):
        """Keeps what it exports where a file of the same name is imported, as `rhythm` of ``analysis/rhythm.py``."""

        def __setattr__(self, name: str, value: object) -> None:
            if name in homes and homes[name][1] and isinstance(value, ModuleType):
                return
            super().__setattr__(name, value)

        def __call__(self, *arguments: Any, **options: Any) -> Any:
            if not call:
                raise TypeError(f"the module {package} is no function")
            return getattr(self, call)(*arguments, **options)

    def __getattr__(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, there = homes[name]
        value = getattr(import_module(home), there) if there else import_module(home)
        module.__dict__[name] = value
        return value

    def __dir__() -> list[str]:
        return exported

    exported = sorted([*homes, *own])
    module.__class__ = Package
    return __getattr__, __dir__, exported


def _homes(source: str, package: str) -> dict[str, tuple[str, str]]:
    """Module, and name there, of everything that is imported for type checkers; "" for a file of the package itself."""
    homes: dict[str, tuple[str, str]] = {}
    for block in ast.parse(source).body:
        if not isinstance(block, ast.If) or ast.unparse(block.test) != "TYPE_CHECKING":
            continue
        for node in block.body:
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    own_file = node.module == package
                    home = f"{package}.{alias.name}" if own_file else node.module
                    homes[alias.asname or alias.name] = (home, "" if own_file else alias.name)
    return homes
