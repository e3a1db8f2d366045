"""Every route as every role, in the own branch and in another's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from flask import Flask
from werkzeug.routing import Rule

from gateway.ledger.rows_reviews import ReviewRow
from gateway.office.account import Account
from gateway.office.roles import BRANCH_ROLES, Role
from gateway.queries.gift_cards import GiftCardFilter, gift_cards
from gateway.queries.member_points import points_of
from gateway.queries.scope import EVERYTHING
from web_admin.access.guard import Requirement, Verdict, judge, public, requirement_of, requires
from web_admin.access.permissions import PERMISSIONS, Permission
from web_admin.pages.members import _reference

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

OWNER, MANAGER, CASHIER = Role.OWNER, Role.MANAGER, Role.CASHIER
SUPPORT, INTEGRATOR, AUDITOR = Role.SUPPORT, Role.INTEGRATOR, Role.AUDITOR

#: Written by hand, and the other way round than the code says it.
WHO_MAY: Final = {
    Permission.VIEW_DASHBOARD: set(Role),
    Permission.OWN_ACCOUNT: set(Role),
    Permission.VIEW_LIVE: set(Role),
    Permission.VIEW_MEMBERS: {OWNER, MANAGER, CASHIER, SUPPORT, AUDITOR},
    Permission.EDIT_MEMBERS: {OWNER, MANAGER, SUPPORT},
    Permission.BLOCK_CARDS: {OWNER, MANAGER, SUPPORT},
    Permission.CHANGE_WALLETS: {OWNER, MANAGER},
    Permission.VIEW_GIFT_CARDS: {OWNER, MANAGER, SUPPORT, AUDITOR},
    Permission.VIEW_CORRECTIONS: {OWNER, MANAGER, AUDITOR},
    Permission.VIEW_BOOKS: {OWNER, AUDITOR},
    Permission.VIEW_BRANCHES: {OWNER, MANAGER, AUDITOR},
    Permission.CLOSE_DAYS: {OWNER},
    Permission.VIEW_PROGRAMME: {OWNER, MANAGER, SUPPORT, AUDITOR},
    Permission.EDIT_PROGRAMME: {OWNER},
    Permission.VIEW_TERMINALS: {OWNER, MANAGER, SUPPORT, INTEGRATOR, AUDITOR},
    Permission.MANAGE_TERMINALS: {OWNER, MANAGER, INTEGRATOR},
    Permission.VIEW_QUEUES: {OWNER, MANAGER, SUPPORT, AUDITOR},
    Permission.DECIDE_QUEUES: {OWNER, MANAGER},
    Permission.VIEW_SYSTEM: {OWNER, INTEGRATOR, AUDITOR},
    Permission.MANAGE_BACKUPS: {OWNER},
    Permission.MANAGE_ACCOUNTS: {OWNER},
    Permission.VIEW_TRAIL: {OWNER, AUDITOR},
    Permission.MANAGE_TOKENS: {OWNER, INTEGRATOR},
    Permission.USE_TEST_BENCH: {OWNER, INTEGRATOR},
    Permission.MANAGE_ORGANISATION: {OWNER},
}
#: Whatever opens a route to everybody stands here too, or the test fails.
PUBLIC: Final = {
    "access.login",
    "access.code",
    "access.logout",
    "access.passkey_login",
    "access.passkey_login_options",
    "brand.logo",
    "brand.style",
    "healthz",
    "language.switch",
    "phone_card.code",
    "phone_card.show",
    "setup.enter",
    "setup.counter",
    "setup.language",
    "setup.numbers",
    "setup.owner",
    "setup.programme",
    "setup.shop",
    "static",
}
#: Names in addresses that belong to no branch.
WITHOUT_BRANCH: Final = {
    "account_id": "1",
    "passkey_id": "1",
    "session_id": "1",
    "token_id": "1",
    "action": "block",
    "name": "x",
    "filename": "x",
    "version": "1",
    "part": "base",
    "group": "offers",
    "item": "x",
    "move": "up",
    "day": "2026-11-22",
    "offer": "x",
    "capability": "x",
}


@dataclass(frozen=True)
class Rows:
    """What stands in addresses for rows of one branch."""

    values: dict[str, str]


@pytest.fixture
def rows(desk: Fixture) -> tuple[Rows, Rows]:
    """Rows of the own branch, and of the other."""
    desk.app.config["WTF_CSRF_ENABLED"] = False
    return _rows_of(desk, "north", "till-1"), _rows_of(desk, "south", "till-2")


def _rows_of(desk: Fixture, branch: str, terminal: str) -> Rows:
    ledger = desk.house.ledger
    member = next(one for one in ledger.balances() if one.branch == branch)
    (card,) = points_of(ledger, member.member_id).cards
    suspect = next(one for one in ledger.quarantine() if one.claimed_terminal == terminal)
    cards = gift_cards(ledger, GiftCardFilter(scope=EVERYTHING), desk.clock.unix_ms())
    with ledger.batch() as batch:
        papers = list(batch.every(ReviewRow))
    refused = [one for one in ledger.journal() if one.terminal == terminal][-1]
    return Rows(
        {
            "name": terminal,
            "terminal": terminal,
            "member_id": member.member_id,
            "reference": _reference(card),
            "payload_hash": suspect.payload_hash.hex(),
            "reason": suspect.reason.value,
            "index": str(refused.journal_index),
            "receipt": str(next(row.first_index for row in papers if row.branch == branch)),
            "gift_card": next(one.name for one in cards if one.branch == branch),
        }
    )


def _rules(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule with every method that does something of its own."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def _address(rule: Rule, rows: Rows) -> str:
    path = rule.rule
    for name in rule.arguments:
        value = rows.values[name] if name in _of_branch(rule, rows) else WITHOUT_BRANCH[name]
        path = _put(path, name, value)
    return path


def _of_branch(rule: Rule, rows: Rows) -> set[str]:
    """The names in an address that stand for rows of a branch; a backup belongs to none."""
    return set() if rule.endpoint.startswith("system.") else rule.arguments & set(rows.values)


def _put(path: str, name: str, value: str) -> str:
    end = path.index(f"{name}>") + len(name) + 1
    start = path.rindex("<", 0, end)
    return path[:start] + value + path[end:]


def _status(desk: Fixture, role: Role | None, method: str, path: str) -> tuple[int, str]:
    client = desk.app.test_client() if role is None else desk.client_as(role)
    answer = client.open(path, method=method)
    try:
        return answer.status_code, answer.location or ""
    finally:
        # A stream does not end by itself.
        answer.close()


def test_the_table_is_what_the_code_says() -> None:
    """The table above and the code's own say the same of every permission and role."""
    said = {one: {role for role in Role if one in PERMISSIONS[role]} for one in Permission}
    assert said == WHO_MAY


def test_the_document_says_the_same(project_root: Path) -> None:
    """The table of docs/access.md is the code's."""
    lines = (project_root / "docs" / "access.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    head = next(row for row in cells if row[0] == "permission")
    said = {
        row[0]: {Role(head[at]) for at in range(1, len(head)) if row[at] == "yes"}
        for row in cells
        if row[0] in set(Permission)
    }
    assert said == {one.value: roles for one, roles in WHO_MAY.items()}


def test_every_route_says_who_may_use_it(desk: Fixture) -> None:
    """Each route names a permission, or gives a reason for being public and stands in the list."""
    needs = {
        rule.endpoint: requirement_of(desk.app, rule.endpoint)
        for rule in desk.app.url_map.iter_rules()
    }
    assert [endpoint for endpoint, need in needs.items() if need is None] == []
    opened = {end: need for end, need in needs.items() if need and need.permission is None}
    assert set(opened) - PUBLIC == set()
    assert all(len(need.reason) > 10 for need in opened.values())


def test_every_address_has_a_sample(desk: Fixture, rows: tuple[Rows, Rows]) -> None:
    """A new name in an address must be given rows here, or be said to belong to no branch."""
    names = {name for rule in desk.app.url_map.iter_rules() for name in rule.arguments}
    assert names - set(rows[0].values) - set(WITHOUT_BRANCH) - {"mark"} == set()


def _guarded(desk: Fixture) -> Iterator[tuple[Rule, str, Permission]]:
    for rule, method in _rules(desk.app):
        need = requirement_of(desk.app, rule.endpoint)
        if need is not None and need.permission is not None:
            yield rule, method, need.permission


@pytest.mark.slow
# The system's page asks the broker whether it is there.
@pytest.mark.enable_socket
@pytest.mark.parametrize("role", list(Role))
def test_every_route_as_every_role(desk: Fixture, rows: tuple[Rows, Rows], role: Role) -> None:
    """Whoever may not gets 403 and nothing else; whoever may gets neither 401, 403 nor a fault."""
    wrong = {}
    for rule, method, permission in _guarded(desk):
        status, location = _status(desk, role, method, _address(rule, rows[0]))
        allowed = role in WHO_MAY[permission]
        right = (status < 500 and status not in (401, 403)) if allowed else status == 403
        if not right or location.startswith("/login"):
            wrong[method, rule.rule] = status
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.parametrize("role", sorted(BRANCH_ROLES))
def test_other_branches_do_not_exist(desk: Fixture, rows: tuple[Rows, Rows], role: Role) -> None:
    """A row of another branch answers like a row that there is not; an own row does not."""
    own_rows, other_rows = rows
    wrong = {}
    count = 0
    for rule, method, permission in _guarded(desk):
        if role not in WHO_MAY[permission] or not _of_branch(rule, own_rows):
            continue
        count += 1
        other = _status(desk, role, method, _address(rule, other_rows))[0]
        own = _status(desk, role, method, _address(rule, own_rows))[0]
        if other != 404 or own == 404:
            wrong[method, rule.rule] = (own, other)
    assert wrong == {}
    assert count >= 2


@pytest.mark.slow
def test_who_sees_everything_sees_other_branches(desk: Fixture, rows: tuple[Rows, Rows]) -> None:
    """An owner opens the rows of both branches."""
    for branch_rows in rows:
        for rule, method, permission in _guarded(desk):
            test_bench = permission is Permission.USE_TEST_BENCH
            if method == "GET" and _of_branch(rule, branch_rows) and not test_bench:
                path = _address(rule, branch_rows)
                assert _status(desk, Role.OWNER, method, path)[0] == 200, path


def test_visitors_are_sent_to_the_login(desk: Fixture, rows: tuple[Rows, Rows]) -> None:
    """Looking leads to the login, changing and fragments end with 401."""
    for rule, method, _permission in _guarded(desk):
        path = _address(rule, rows[0])
        status, location = _status(desk, None, method, path)
        if method == "GET":
            assert status == 302, path
            assert location.startswith("/login"), path
            fragment = desk.app.test_client().get(path, headers={"HX-Request": "true"})
            assert fragment.status_code == 401, path
        else:
            assert status == 401, path


def test_a_route_that_says_nothing_is_closed(desk: Fixture) -> None:
    """A view without a requirement answers 404, even to an owner."""
    desk.app._got_first_request = False
    desk.app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    client = desk.client_as(Role.OWNER)
    assert client.get("/forgotten").status_code == 404
    assert desk.app.test_client().get("/forgotten").status_code == 404


def test_what_is_not_there_tells_nothing(desk: Fixture) -> None:
    """An unknown page answers 404 to everybody, with nothing about who may see what."""
    assert desk.app.test_client().get("/no-such-page").status_code == 404
    assert desk.client_as(Role.CASHIER).get("/no-such-page").status_code == 404


def _account(role: Role, *, must_change: bool = False) -> Account:
    return Account(
        account_id=1,
        login="x",
        display_name="x",
        role=role,
        branches=None,
        language="en",
        disabled=False,
        must_change_password=must_change,
        has_code=False,
        created_at_ms=0,
        seen_at_ms=None,
    )


@pytest.mark.parametrize("permission", list(Permission))
@pytest.mark.parametrize("role", list(Role))
def test_the_policy_itself(role: Role, permission: Permission) -> None:
    """The pure decision, for every role and permission."""
    need = Requirement(permission=permission)
    allowed = role in WHO_MAY[permission]
    assert judge(need, _account(role)) is (Verdict.PASS if allowed else Verdict.FORBID)
    assert judge(need, None) is Verdict.LOG_IN
    assert judge(None, _account(role)) is Verdict.HIDE
    changing = judge(need, _account(role, must_change=True))
    if allowed and permission is not Permission.OWN_ACCOUNT:
        assert changing is Verdict.CHANGE_PASSWORD


def test_marks_survive_decorators() -> None:
    """What a view needs is read from the function that is registered."""

    @requires(Permission.VIEW_TRAIL)
    def closed() -> str:
        return ""

    @public("for the test alone")
    def opened() -> str:
        return ""

    app = Flask("marks")
    app.add_url_rule("/closed", "closed", closed)
    app.add_url_rule("/opened", "opened", opened)
    assert requirement_of(app, "closed") == Requirement(permission=Permission.VIEW_TRAIL)
    assert requirement_of(app, "opened") == Requirement(
        permission=None, reason="for the test alone"
    )
    assert requirement_of(app, "nowhere") is None
