"""docs/architecture.md is true: arrows point down, and each dangerous import has one home."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
HEAVY = {"numpy", "onnxruntime", "pandas", "sklearn", "skl2onnx", "onnx", "scipy", "joblib"}
HEAVY |= {
    "sqlalchemy",
    "psycopg",
    "rich",
    "shtab",
    "obstore",
    "oras",
    "requests",
    "github",
    "gitlab",
    "cigate_train",
}
SLOW_TO_START = {
    "argparse",
    "asyncio",
    "dataclasses",
    "enum",
    "importlib.metadata",
    "json",
    "logging",
}
SLOW_TO_START |= {"pathlib", "re", "sqlite3", "ssl", "subprocess", "threading", "typing", "urllib"}
RUNS_PROCESSES = {"subprocess", "multiprocessing", "pty"}
OUTSIDE_WORLD = {"io", "os", "pathlib", "random", "shutil", "socket", "tempfile", "time"}


class Import:
    """One import in one module: what it names and whether it runs when the module is imported."""

    def __init__(self, module: str, target: str, at_top: bool, line: int) -> None:
        self.module = module
        self.target = target
        self.at_top = at_top
        self.line = line

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def _modules() -> dict[str, Path]:
    found = {}
    for top, base in (("cigate", ROOT), ("cigate_train", ROOT / "train")):
        for path in sorted((base / top).rglob("*.py")):
            name = ".".join(path.relative_to(base).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


MODULES = _modules()


@cache
def _imports(module: str) -> tuple[Import, ...]:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    return tuple(_walk(module, tree, at_top=True))


def _walk(module: str, node: ast.AST, at_top: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(module, alias.name, at_top, child.lineno)
        elif isinstance(child, ast.ImportFrom):
            yield from _from(module, child, at_top)
        elif isinstance(child, ast.If) and _is_type_checking(child.test):
            for other in child.orelse:
                yield from _walk(module, other, at_top)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _walk(module, child, at_top and not inside)


def _from(module: str, node: ast.ImportFrom, at_top: bool) -> Iterator[Import]:
    name = node.module or ""
    if node.level:
        package = MODULES[module].name == "__init__.py"
        parts = module.split(".")
        parts = parts[: len(parts) - node.level + package]
        name = ".".join([*parts, name] if name else parts)
    for alias in node.names:
        deeper = f"{name}.{alias.name}"
        yield Import(module, deeper if deeper in MODULES else name, at_top, node.lineno)


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _table() -> dict[str, int]:
    """Return the layer of each name in the table's second column."""
    rows = re.findall(r"^\| L(\d) [^|]*\|([^|]*)\|", ARCHITECTURE.read_text("utf-8"), re.MULTILINE)
    return {
        name.removesuffix("/*"): int(layer)
        for layer, names in rows
        for name in re.findall(r"`([a-z_/*]+)`", names)
    }


LAYERS = _table()


def _home(module: str) -> str:
    """Return the name by which the table knows `module`: the part below `cigate`."""
    parts = module.split(".")
    return parts[1] if parts[0] == "cigate" and len(parts) > 1 else parts[0]


def _layer(module: str) -> int:
    home = _home(module)
    return LAYERS.get(home, -1)  # `cigate` itself; a module without a place fails the first test


def _all_imports() -> list[Import]:
    return [i for module in MODULES for i in _imports(module)]


def _ours(name: str) -> bool:
    return name.split(".")[0] in {"cigate", "cigate_train"}


def test_table_names_every_module_and_only_modules() -> None:
    """A new module must be given a place, a removed one must leave the table."""
    homes = {_home(module) for module in MODULES} - {"cigate", "__main__"}
    assert homes == set(LAYERS)


def test_imports_point_down() -> None:
    """No module imports from a layer above its own."""
    upward = [
        str(i)
        for i in _all_imports()
        if _ours(i.target) and _home(i.module) != "__main__" and _layer(i.target) > _layer(i.module)
    ]
    assert not upward


def test_no_cycles() -> None:
    """Imports made when a module is loaded form no circle."""
    arrows: dict[str, set[str]] = {module: set() for module in MODULES}
    for i in _all_imports():
        if i.at_top and i.target in MODULES and i.target != i.module:
            arrows[i.module].add(i.target)
    while free := [module for module, targets in arrows.items() if not targets & arrows.keys()]:
        for module in free:
            del arrows[module]
    assert not arrows


def test_only_model_imports_onnxruntime() -> None:
    """One package decides how a model is opened."""
    users = {_home(i.module) for i in _all_imports() if i.target.split(".")[0] == "onnxruntime"}
    assert users <= {"model"}


def test_only_git_runs_a_process() -> None:
    """One package starts git, with pinned flags and deadlines; one module what the user typed."""
    importers = {i.module for i in _all_imports() if i.target.split(".")[0] in RUNS_PROCESSES}
    callers = {
        module
        for module, path in MODULES.items()
        if re.search(r"\bos\.(posix_spawn|spawn|exec|fork|popen|system)", path.read_text("utf-8"))
    }
    assert {_home(m) for m in importers | callers if m.startswith("cigate.")} == {"git", "child"}


def _loaded_with(roots: set[str]) -> set[str]:
    """Return the modules that importing `roots` loads."""
    arrows: dict[str, set[str]] = {}
    for i in _all_imports():
        if i.at_top and i.target in MODULES:
            arrows.setdefault(i.module, set()).add(i.target)
    loaded: set[str] = set()
    while roots:
        loaded |= roots
        roots = {target for module in roots for target in arrows.get(module, ())} - loaded
    return loaded


def test_nothing_heavy_is_loaded_with_the_runtime() -> None:
    """A plain installation has no pandas: what needs an extra is a submodule that is loaded late."""
    runtime = {m for m in MODULES if m.startswith("cigate.")}
    entries = {m for m in runtime if m.count(".") == 1 or m.startswith("cigate.commands.")}
    loaded = _loaded_with(entries)
    heavy = [str(i) for i in _all_imports() if i.at_top and i.module in loaded and _is_heavy(i.target)]
    assert not heavy


def _is_heavy(name: str) -> bool:
    return name.split(".")[0] in HEAVY


def test_training_is_entered_from_commands_only() -> None:
    """cigate_train is an extra: only a command may reach for it, and only when it runs."""
    users = [i for i in _all_imports() if _home(i.target) == "cigate_train"]
    users = [i for i in users if _home(i.module) != "cigate_train"]
    assert all(_home(i.module) == "commands" and not i.at_top for i in users), users


@pytest.mark.parametrize("module", [m for m in MODULES if _layer(m) in (0, 2)])
def test_facts_and_meaning_are_pure(module: str) -> None:
    """L0 and L2 touch no file, clock, environment or chance."""
    reached = {i.target.split(".")[0] for i in _imports(module)} & OUTSIDE_WORLD
    nodes = list(ast.walk(ast.parse(MODULES[module].read_text("utf-8"))))
    names = {n.id for n in nodes if isinstance(n, ast.Name)}
    names |= {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    assert not reached | (names & {"open", "print", "input", "stdin", "stdout", "stderr", "argv"})


def _on_the_path_of_a_push() -> list[str]:
    section = ARCHITECTURE.read_text("utf-8").split("## On the path of every push")[1].split("\n## ")[0]
    first_sentence = section.split(".\n")[0]
    return re.findall(r"`([a-z_]+)`", first_sentence)


def test_path_of_a_push_imports_nothing_slow() -> None:
    """The modules that a push loads need no site-packages and no slow standard library."""
    names = [f"cigate.{name}" for name in _on_the_path_of_a_push()]
    assert {"cigate.hook", "cigate.git", "cigate.features"} <= set(names)
    program = "\n".join(
        [
            "import sys",
            f"sys.path.insert(0, {str(ROOT)!r})",
            *(f"import {name}" for name in names),
            f"print(sorted(set(sys.modules) & {HEAVY | SLOW_TO_START!r}))",
        ]
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-I", "-c", program], capture_output=True, text=True, check=False
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")
