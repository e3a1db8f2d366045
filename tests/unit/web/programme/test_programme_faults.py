"""Every sentence in which the model refuses rules has words in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from gateway.config_programme import parse_programme
from gateway.errors import MohrError
from web_admin.programme.faults import fault_of, faults_of, is_known

_ERRORS = frozenset({"ValueRangeError", "ProgrammeError", "ProgrammeFileError"})
#: What stands in the model's sentences where they name a value.
_SAMPLES = {"minimum": "1", "maximum": "9", "where": "offer 'a'", "what": "tier"}
#: Sentences of checks that no part of a programme runs, and of files that nobody sends.
_NEVER = ("must be 1 to 9 bytes", "a moment after the year", "cannot be read", "is not one of")


def _sources(root: Path) -> Iterator[Path]:
    yield from (root / "gateway/model/rules").glob("*.py")
    yield from (root / "gateway/programme_file").glob("*.py")
    for name in ("model/checks", "model/plain", "model/programme", "model/money"):
        yield root / f"gateway/{name}.py"


def _sentences(root: Path) -> Iterator[str]:
    for path in _sources(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = getattr(node.exc.func, "id", "")
                if name in _ERRORS and node.exc.args:
                    yield from _texts(node.exc.args[0])


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(_piece(part) for part in node.values)


def _piece(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    name = getattr(part.value, "id", getattr(part.value, "attr", ""))
    if name in ("hint", "help_", "_KINDS"):
        return "; did you mean 'points'?"
    if name == "prefix":
        return ""
    text = _SAMPLES.get(name, "points")
    return f"'{text}'" if part.conversion == ord("r") else text


def test_every_refusal_of_the_model_has_words(project_root: Path) -> None:
    """Whoever types rules that cannot be used is told so in their own language."""
    found = {text for text in _sentences(project_root) if not any(one in text for one in _NEVER)}
    assert len(found) > 40, "the sources are not where this test looks"
    # These hold another sentence, or a value whose form only the model knows.
    inner = {
        text for text in found if text.endswith((": points", "must be points")) or text == "points"
    }
    assert sorted(text for text in found - inner if not is_known(text)) == []


@pytest.mark.parametrize(
    ("problem", "line", "path", "field"),
    [
        ("line 7: earning[2].points: must be a whole number", 7, "earning[2].points", ""),
        ("offers[0]: title_en must be text of 0 to 80 characters", None, "offers[0].title_en",
         "title_en"),
        ("programme 'x': earn_points must be a whole number in [0, 10]", None, "earn_points",
         "earn_points"),
        ("rule 'a': per_minor belongs to per_amount, and only to it", None, "per_minor",
         "per_minor"),
        ("line 3: stakcing: there is no such setting; did you mean 'stacking'?", 3, "stakcing", ""),
        ("it is not TOML: Expected '=' (at line 4, column 2)", 4, "", ""),
    ],
)  # fmt: skip
def test_a_fault_says_where_it_stands(
    app: Flask, problem: str, line: int | None, path: str, field: str
) -> None:
    """The line, the path and the setting are found in the model's sentence."""
    with app.test_request_context(headers={"Accept-Language": "fa"}):
        fault = fault_of(problem)
    assert (fault.line, fault.path, fault.field) == (line, path, field)
    assert "must" not in fault.text


def test_an_unknown_refusal_is_shown_as_it_is(app: Flask) -> None:
    """A sentence of a later version is not swallowed, and is no markup."""
    with app.test_request_context(headers={"Accept-Language": "fa"}):
        fault = fault_of("the <b>moon</b> is full")
    assert "&lt;b&gt;moon" in fault.text
    assert "به کار نمی‌آید" in fault.text


def test_all_that_is_wrong_is_told_at_once(app: Flask) -> None:
    """A file with several mistakes gives each of them, with its line."""
    text = (
        'name = "x"\nversion = "2"\ncurrency = "EUR"\ncurrency_exponent = 2\nearn_points = 1\n'
        "earn_per_minor = 100\nredeem_points = 1\nredeem_value_minor = 1\n[expiry]\nkind = 'soon'\n"
    )
    with app.test_request_context(), pytest.raises(MohrError) as caught:
        parse_programme(text)
    with app.test_request_context():
        found = faults_of(caught.value)
    assert [(one.line, one.path) for one in found] == [(2, "version"), (10, "expiry.kind")]


@pytest.fixture
def app(shop: object) -> Flask:
    """The pages."""
    made: Flask = shop.app  # type: ignore[attr-defined] # conftest.py cannot be imported
    return made
