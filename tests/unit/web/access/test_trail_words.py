"""Every action that the sources write into the trail has words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from flask import Flask

from gateway.formatting.numbers import MoneyUnit
from gateway.ledger.kinds import CardState, GiftCardState, HouseholdRole
from gateway.model.ledger_command import LedgerCommandKind
from gateway.office.decisions import SubjectKind, Verdict
from gateway.office.roles import Role
from web_admin.access.trail_words import ACTIONS, words_of_content

ROOT = Path(__file__).parents[4]
#: Whose first argument, or the argument ``action``, is an action's code.
_WRITERS = frozenset({"recorded", "recorded_command", "begin"})
#: Codes that are put together from a kind and a verb.
_COMPOSED = frozenset(
    {"card.block", "card.unblock", "account.disable", "account.enable"}
    | {"backup.take", "backup.verify"}
    | {f"{kind.value}.decide" for kind in SubjectKind}
    | {f"ledger.{kind.value}" for kind in LedgerCommandKind}
)


def _codes() -> Iterator[str]:
    for folder in ("web_admin", "gateway/cli"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _of_call(node)


def _of_call(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in _WRITERS:
        return
    given = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "action")]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def test_every_action_of_the_trail_has_words() -> None:
    """No row of the trail shows a code where a reader of Persian or English expects words."""
    found = set(_codes())
    assert len(found) > 15, "the sources are not where this test looks"
    assert found | _COMPOSED == set(ACTIONS)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("role", Role),
        ("state", CardState),
        ("state", GiftCardState),
        ("household_role", HouseholdRole),
        ("verdict", Verdict),
        ("money_unit", MoneyUnit),
    ],
)
def test_contents_that_are_one_of_a_few_have_words(
    app: Flask, name: str, kinds: type[StrEnum]
) -> None:
    """No code of a closed set stands in the trail; free text stands as it was."""
    with app.test_request_context(headers={"Accept-Language": "fa"}):
        for kind in kinds:
            assert words_of_content(name, kind.value) != kind.value
        assert words_of_content(name, "of another version") == "of another version"
        assert words_of_content("name", "active") == "active"
        assert words_of_content("disabled", True) != words_of_content("disabled", False)
        assert words_of_content("note", None) == "—"
