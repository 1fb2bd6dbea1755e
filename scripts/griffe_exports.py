"""An extension of Griffe, which reads the sources for the reference: what a package exports.

Our packages say it once, as ``from a import x as x``, and make `__all__` of that when they are imported.
"""

import ast
from typing import Any

from griffe import Extension, Module


class RedundantAliases(Extension):
    """A module that imports names as themselves exports these."""

    def on_module_members(self, *, node: Any, mod: Module, **_: Any) -> None:
        """Note them, in the order in which they stand."""
        imports = (
            [item for item in ast.walk(node) if isinstance(item, ast.ImportFrom)] if isinstance(node, ast.AST) else []
        )
        names = [alias.name for item in imports for alias in item.names if alias.asname == alias.name]
        if names:
            mod.exports = list(dict.fromkeys(names))
