"""What the API answers: the right rows to the right callers, page by page, and no names."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from gateway.ledger.rows import JournalRow
from gateway.office.tokens import TokenScope
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import card_evidence

NOW_MS = 1_795_420_000_000
Ask = Callable[..., TestResponse]


def pages(ask: Ask, path: str, limit: int) -> list[dict[str, object]]:
    """Everything of a list, page by page; no page is longer than was asked."""
    found: list[dict[str, object]] = []
    cursor = ""
    while True:
        mark = "&" if "?" in path else "?"
        given = f"&cursor={cursor}" if cursor else ""
        answer = ask(f"{path}{mark}limit={limit}{given}")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        page = answer.get_json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = page["next_cursor"]


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_members_come_newest_first_and_whole(ask: Ask, limit: int) -> None:
    """Whatever the page's length, every member comes once, those enrolled last first."""
    found = pages(ask, "/v1/members", limit)
    assert len(found) == 7
    assert len({one["member_id"] for one in found}) == 7
    times = [one["enrolled_at_ms"] for one in found]
    assert times == sorted(times, reverse=True)  # type: ignore[type-var] # whole numbers
    assert set(found[0]) == {"member_id", "branch", "enrolled_at_ms", "last_visit_ms"}


def test_members_are_found_by_branch_and_by_card(ask: Ask) -> None:
    """Filters narrow the list, together and alone."""
    every = pages(ask, "/v1/members", 100)
    for branch in ("north", "south", "nowhere"):
        wanted = [one for one in every if one["branch"] == branch]
        assert pages(ask, f"/v1/members?branch={branch}", 2) == wanted
    token = card_evidence(1).token.hex()
    (owner,) = pages(ask, f"/v1/members?card={token}", 5)
    assert owner in every
    assert pages(ask, f"/v1/members?card={token}&branch=nowhere", 5) == []
    assert pages(ask, f"/v1/members?card={'0' * 64}", 5) == []


def test_a_balance_is_that_of_the_ledger(ask: Ask, quiet: QuietHouse) -> None:
    """Points, lots, reservations and cards of one member, in whole numbers with their unit."""
    member = ask(f"/v1/members?card={card_evidence(1).token.hex()}").get_json()["items"][0]
    balance = ask(f"/v1/members/{member['member_id']}/balance").get_json()
    kept = quiet.house.ledger.balance(member["member_id"])
    assert kept is not None
    assert (balance["available_points"], balance["held_points"]) == (kept.available, kept.held)
    assert sum(lot["remaining_points"] for lot in balance["lots"]) == kept.available
    (hold,) = balance["holds"]
    assert (hold["points"], hold["amount_minor"], hold["branch"]) == (100, 100, "north")
    assert [card["token"] for card in balance["cards"]] == [card_evidence(1).token.hex()]
    assert balance["currency"] == {"code": "EUR", "exponent": 2}


def test_a_members_movements_are_its_statement(ask: Ask, quiet: QuietHouse, member: str) -> None:
    """Every movement comes once, newest first, with the sale that was sealed."""
    found = pages(ask, f"/v1/members/{member}/transactions", 1)
    kept = quiet.house.ledger.statement(member)  # type: ignore[arg-type] # a pseudonym
    assert [one["journal_index"] for one in found] == [line.journal_index for line in kept]
    assert [one["balance_points"] for one in found] == [line.balance_points for line in kept]
    first = found[-1]
    assert (first["amount_minor"], first["seal"]) == (12_300, "verified")
    assert first["currency"] == {"code": "EUR", "exponent": 2}


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_the_journal_comes_whole(ask: Ask, quiet: QuietHouse, limit: int) -> None:
    """Every row once, newest first, with what its seal is worth."""
    found = pages(ask, "/v1/transactions", limit)
    with quiet.store.batch() as batch:
        kept = list(batch.every(JournalRow))
    assert [one["journal_index"] for one in found] == [row.journal_index for row in kept][::-1]
    assert found[0]["action"] == "reserve"
    assert {one["seal"] for one in found} == {"verified"}
    one = ask(f"/v1/transactions/{found[-1]['journal_index']}").get_json()
    assert one == found[-1]
    assert (one["terminal"], one["epoch"], one["seq"]) == ("till-1", 1, 1)


def test_the_journal_is_narrowed_by_place_and_time(ask: Ask) -> None:
    """Terminal, branch and time each keep what they name, and nothing is lost at an edge."""
    every = pages(ask, "/v1/transactions", 100)
    south = [one for one in every if one["branch"] == "south"]
    assert len(south) == 6
    assert pages(ask, "/v1/transactions?branch=south", 2) == south
    assert pages(ask, "/v1/transactions?terminal=till-2", 100) == south
    assert pages(ask, "/v1/transactions?terminal=till-1&branch=south", 100) == []
    at_ms = [one["recorded_at_ms"] for one in every]
    for first, last in ((0, 3), (4, 11), (20, 20)):
        # Newest first: the row at ``first`` is later than the one at ``last``.
        since, until = at_ms[last], at_ms[first]
        path = f"/v1/transactions?recorded_from_ms={since}&recorded_until_ms={until}"
        assert pages(ask, path, 2) == every[first + 1 : last + 1]
    assert pages(ask, "/v1/transactions?recorded_until_ms=0", 5) == []


def test_rare_rows_are_found_a_stretch_at_a_time(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a page may look through three rows only, empty pages still lead on to every row."""
    journal = pages(ask, "/v1/transactions?branch=south", 100)
    members = pages(ask, "/v1/members?branch=south", 100)
    monkeypatch.setattr("gateway.queries.transactions.LOOK_BACK_ROWS", 2)
    monkeypatch.setattr("web_admin.api.members._LOOK_BACK", 2)
    assert pages(ask, "/v1/transactions?branch=south", 5) == journal
    assert pages(ask, "/v1/members?branch=south", 5) == members
    first = ask("/v1/transactions?branch=nowhere").get_json()
    assert (first["items"], first["next_cursor"]) == ([], f"{20:016x}")


def test_a_broken_seal_is_said(ask: Ask, quiet: QuietHouse) -> None:
    """What somebody changed in the file is not told as if a terminal had sealed it."""
    with quiet.store.batch():
        sql = "UPDATE journal SET seq = 77 WHERE journal_index = 5"
        quiet.store._open_connection().exec_driver_sql(sql)
    row = ask("/v1/transactions/5").get_json()
    assert (row["seal"], row["action"], row["amount_minor"]) == ("broken", "unreadable", None)


def test_terminals_say_what_is_proved_and_what_they_say(ask: Ask) -> None:
    """Both terminals by name, one of which said something about itself."""
    first, second = pages(ask, "/v1/terminals", 1)
    assert (first["terminal"], first["settled_seq"], first["pending"]) == ("till-1", 14, 3)
    assert (first["online"], first["version"]) == (True, "0.1.0")
    assert (second["terminal"], second["online"], second["missing"]) == ("till-2", None, 0)
    assert ask("/v1/terminals/till-2").get_json() == second
    assert pages(ask, "/v1/terminals?branch=north", 5) == [first]


def test_the_organisation_is_open_to_any_token(ask: Ask, token: Callable[..., str]) -> None:
    """A program learns the currency with whatever token it has."""
    by = token(TokenScope.TERMINALS_READ)
    answer = ask("/v1/organisation", by=by).get_json()
    assert answer["currency"] == {"code": "EUR", "exponent": 2}
    assert answer["branches"] == ["north", "south"]


def test_nobody_is_named(ask: Ask, member: str) -> None:
    """No answer of the API has a field for a name, a phone or a birthday."""
    text = ask("/openapi.json").get_data(as_text=True)
    names = set()
    for schema in json.loads(text)["components"]["schemas"].values():
        names |= set(schema.get("properties", {}))
    assert {"member_id", "available_points"}.issubset(names)
    assert not names & {"phone", "birthday", "note", "display_name"}
    assert not any(isinstance(value, float) for value in _numbers(ask, member))


def _numbers(ask: Ask, member: str) -> list[object]:
    """Every number that the API tells of a member; money and points are whole."""
    found: list[object] = []

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, int | float):
            assert math.isfinite(value)
            found.append(value)

    for path in (f"/v1/members/{member}/balance", f"/v1/members/{member}/transactions"):
        walk(ask(path).get_json())
    assert found
    return found
