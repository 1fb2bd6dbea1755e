"""The rules that every source file obeys, read from its syntax tree without importing it."""

import ast
import sys
from collections.abc import Iterator
from functools import cache

ROOMS: dict[str, frozenset[str]] = {
    "connectome": frozenset(),
    "networks": frozenset({"connectome"}),
    "bodies": frozenset(),
    "tasks": frozenset({"bodies"}),
    "learning": frozenset({"networks", "tasks", "analysis"}),
    "analysis": frozenset(),
    "runs": frozenset({"connectome", "networks", "bodies", "tasks", "learning", "analysis"}),
    "studies": frozenset({"connectome", "networks", "bodies", "tasks", "learning", "analysis", "runs"}),
    "report": frozenset({"analysis", "runs", "studies", "bodies", "connectome"}),
    "view": frozenset({"connectome", "networks", "tasks", "analysis", "runs"}),
    "cli": frozenset({"runs", "studies", "report", "view"}),
    "__main__": frozenset({"cli"}),
}
"""Each room, and the rooms that it may import besides itself."""

SHARED = frozenset(
    {
        "compiling",
        "errors",
        "files",
        "host_random",
        "lazy",
        "on_device",
        "settings",
        "registry",
        "plugins",
        "repetition",
    }
)
"""Modules that every room may import; they import nothing of ours but each other."""

THIRD_PARTY = {
    "connectome": frozenset(
        {"numpy", "scipy", "pandas", "pyarrow", "pydantic", "h5py", "neuprint", "requests", "caveclient"}
        | {"networkx", "openpyxl"}
    )
}
"""Rooms whose libraries are limited too: wiring is data, and loads without JAX or MuJoCo."""

FORBIDDEN_MODULES = frozenset({"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "torch"})
FORBIDDEN_NAMES = frozenset({"read_pickle", "to_pickle"})
MOST_LINES = 400

IMPORT_SIDE_EFFECTS = frozenset(
    {
        "print",
        "jax.config.update",
        "jax.devices",
        "jax.local_devices",
        "logging.basicConfig",
        "matplotlib.use",
        "os.environ.pop",
        "os.environ.setdefault",
        "os.environ.update",
        "os.makedirs",
        "os.mkdir",
        "os.putenv",
        "warnings.filterwarnings",
        "warnings.simplefilter",
    }
)
"""Calls that change the process or the disk, and so have no place in the body of a module."""


@cache
def parsed(source: str) -> ast.Module:
    """The tree of a file, which several rules read and none changes."""
    return ast.parse(source)


def room_of(module: str) -> str:
    """The room of a dotted module of ours: ``premotor.tasks.walk`` → ``tasks``; ``premotor`` → ````."""
    return module.split(".")[1] if "." in module else ""


def imported_modules(tree: ast.Module, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything that a file imports, inside functions as well.

    ``from a import b`` gives ``a.b``: ``b`` may be a module.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = node.level - 1 if is_package else node.level
                parts = module.split(".")
                base = ".".join([*parts[: len(parts) - up], *([base] if base else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def package_uses(tree: ast.Module) -> set[str]:
    """What a file takes from the package itself, as in ``premotor.__version__``."""
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {node.attr for node in uses if isinstance(node.value, ast.Name) and node.value.id == "premotor"}


def import_problems(source: str, module: str, is_package: bool = False) -> list[str]:
    """What a file imports although its room may not."""
    tree = parsed(source)
    room = room_of(module)
    problems = []
    for line, name in imported_modules(tree, module, is_package):
        top = name.split(".")[0]
        if name.endswith(".*"):
            problems.append(f"{module}:{line} imports *")
        if top in FORBIDDEN_MODULES:
            problems.append(f"{module}:{line} imports {top}, which is read nowhere in premotor")
        if top == "premotor" and room:
            target = room_of(name)
            allowed = SHARED if room in SHARED else SHARED | ROOMS[room] | {room}
            version = name == "premotor.__version__" or (name == "premotor" and package_uses(tree) <= {"__version__"})
            if target not in allowed and not version:
                problems.append(f"{module}:{line} imports {name}, but {room} may import only {sorted(allowed)}")
        elif room in THIRD_PARTY and top not in THIRD_PARTY[room] | sys.stdlib_module_names | {"premotor"}:
            problems.append(f"{module}:{line} imports {top}, but {room} may use {sorted(THIRD_PARTY[room])}")
    return problems


def dotted(node: ast.expr) -> str:
    """``os.environ.update`` of the expression that reads so; "" where it is no plain chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def executed_on_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs when the module is imported: not the bodies of functions, nor the main guard."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
        elif isinstance(node, ast.If) and "__name__" in ast.dump(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def side_effects(source: str, module: str) -> list[str]:
    """What a file does to the process or the disk when it is imported."""
    problems = []
    for node in executed_on_import(parsed(source)):
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in IMPORT_SIDE_EFFECTS or method in {"mkdir", "write_text", "write_bytes"}:
                problems.append(f"{module}:{node.lineno} calls {name or method} on import")
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and dotted(target.value).endswith("environ"):
                problems.append(f"{module}:{node.lineno} changes the environment on import")
    return problems


def unsafe_reads(source: str, module: str) -> list[str]:
    """Pickle through the back door of NumPy or pandas."""
    problems = []
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_NAMES:
            problems.append(f"{module}:{node.lineno} uses {node.attr}")
        refused = isinstance(node, ast.keyword) and ast.unparse(node.value) == "False"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and not refused:
            problems.append(f"{module}:{node.lineno} allows pickle")
    return problems
