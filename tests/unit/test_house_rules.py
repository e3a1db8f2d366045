"""The house rules that no tool checks: small modules, small functions, no stubs, tests that speak.

docs/HACKING.md says them; where one is broken, mend the code and not the limit.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

PACKAGES: Final = ("gateway", "mqtt", "terminal_agent", "simulators", "web_admin")
MODULE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 70
# With a bracket in each, so that the pattern does not find itself.
_UNFINISHED: Final = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: where it is, its text, its tree."""

    name: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[_Function]:
        """Every function and method in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, _Function))


def _modules(root: Path, folders: tuple[str, ...]) -> list[Module]:
    found = []
    for folder in folders:
        for file in sorted((root / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            found.append(Module(file.relative_to(root).as_posix(), text, ast.parse(text)))
    return found


@pytest.fixture(scope="module")
def product(project_root: Path) -> list[Module]:
    """Every module of the packages."""
    return _modules(project_root, PACKAGES)


@pytest.fixture(scope="module")
def tests(project_root: Path) -> list[Module]:
    """Every module of the tests."""
    return _modules(project_root, ("tests",))


def _lines(function: _Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _raises_not_implemented(module: Module) -> Iterator[int]:
    """Lines that raise it. Catching it is no stub: libraries raise it."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(raised, ast.Name) and raised.id == NotImplementedError.__name__:
                yield node.lineno


def test_no_module_is_too_long(product: list[Module]) -> None:
    """One idea a file: no module of the packages has more than 400 lines."""
    assert len(product) > 100
    sizes = {module.name: len(module.text.splitlines()) for module in product}
    assert {name: size for name, size in sizes.items() if size > MODULE_LINES_MAX} == {}


def test_no_function_is_too_long(product: list[Module]) -> None:
    """No function of the packages has more than 70 lines, its docstring included."""
    sizes = {
        f"{module.name}:{function.lineno} {function.name}": _lines(function)
        for module in product
        for function in module.functions()
    }
    assert len(sizes) > 1_000
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES_MAX} == {}


def test_every_test_says_what_it_proves(tests: list[Module]) -> None:
    """Every test function has a docstring."""
    found = [
        (f"{module.name}:{function.lineno} {function.name}", ast.get_docstring(function))
        for module in tests
        for function in module.functions()
        if function.name.startswith("test_")
    ]
    assert len(found) > 500
    assert [name for name, said in found if not said] == []


def test_nothing_is_left_unfinished(product: list[Module], tests: list[Module]) -> None:
    """No note of work to be done stands in the code, and nothing raises NotImplementedError."""
    notes = [
        f"{module.name}:{number}: {line.strip()}"
        for module in (*product, *tests)
        for number, line in enumerate(module.text.splitlines(), 1)
        if _UNFINISHED.search(line)
    ]
    stubs = [
        f"{module.name}:{line}"
        for module in (*product, *tests)
        for line in _raises_not_implemented(module)
    ]
    assert notes + stubs == []


def test_the_rules_can_be_broken() -> None:
    """A long function, a stub and a note are seen where they are."""
    text = "def f():\n" + "    pass\n" * 80 + "def g():\n    raise NotImplementedError('later')\n"
    module = Module("example.py", text, ast.parse(text))
    assert [_lines(function) for function in module.functions()] == [81, 2]
    assert list(_raises_not_implemented(module)) == [83]
    assert _UNFINISHED.search("# TO" + "DO: later")
    assert not _UNFINISHED.search("a todo list, XXXL")
