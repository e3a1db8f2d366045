"""Gift cards by page, ending, state and branch, each with what a till would give."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.ledger.kinds import GiftCardState
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, CardToken
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommand, LedgerCommandKind
from gateway.queries.gift_cards import (
    GiftCardFilter,
    GiftCardLine,
    gift_card,
    gift_card_of_token,
    gift_cards,
)
from gateway.queries.scope import EVERYTHING, Scope
from simulators.desk import generous
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import card_named

KIND = LedgerCommandKind
NORTH, SOUTH = BranchId("north"), BranchId("south")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RulesShop]:
    """A shop that sells gift cards."""
    store = SqlLedgerStore(tmp_path / "ledger.db")
    yield RulesShop(store, generous(club()))
    store.close()


@pytest.fixture
def ledger(tmp_path: Path, shop: RulesShop) -> LedgerReader:
    """Reads it."""
    del shop
    return LedgerReader(tmp_path / "ledger.db")


def sell(shop: RulesShop, number: int, branch: BranchId = NORTH) -> CardToken:
    """Sell the n-th card; two in the same millisecond."""
    token = card_named(f"gift {number}").token
    if number % 2 == 0:
        shop.later(ms=1)
    shop.carry_out(
        LedgerCommand(
            id=f"{number:032x}",
            kind=KIND.ISSUE_GIFT_CARD,
            made_by="owner",
            branch=branch,
            token=token.hex(),
            amount=500 + number,
            last_four=f"{number % 3:04d}",
        )
    )
    return token


def test_pages_hold_every_card_once(shop: RulesShop, ledger: LedgerReader) -> None:
    """Page by page all cards come, newest first, also those of one millisecond."""
    for number in range(11):
        sell(shop, number)
    found: list[GiftCardLine] = []
    after = ""
    while True:
        page = gift_cards(
            ledger, GiftCardFilter(scope=EVERYTHING), shop.now_ms, after=after, limit=3
        )
        found += page
        if len(page) < 3:
            break
        after = page[-1].place
    assert len({one.token for one in found}) == len(found) == 11
    assert [one.issued_at_ms for one in found] == sorted(
        (one.issued_at_ms for one in found), reverse=True
    )


def test_filters_and_scopes(shop: RulesShop, ledger: LedgerReader) -> None:
    """By ending and state; another branch's card is as if there were none."""
    mine, theirs = sell(shop, 1), sell(shop, 2, SOUTH)
    shop.command(KIND.BLOCK_GIFT_CARD, token=theirs.hex())
    now_ms, north = shop.now_ms, Scope(frozenset({NORTH}))
    every = {one.token: one for one in gift_cards(ledger, GiftCardFilter(scope=EVERYTHING), now_ms)}
    assert set(every) == {mine, theirs}
    blocked = GiftCardFilter(scope=EVERYTHING, state=GiftCardState.BLOCKED)
    assert [one.token for one in gift_cards(ledger, blocked, now_ms)] == [theirs]
    ending = GiftCardFilter(scope=EVERYTHING, last_four="0001")
    assert [one.token for one in gift_cards(ledger, ending, now_ms)] == [mine]
    assert [one.token for one in gift_cards(ledger, GiftCardFilter(scope=north), now_ms)] == [mine]
    for scope, token, found in ((north, mine, True), (north, theirs, False)):
        name = every[token].name
        assert (gift_card(ledger, scope, name, now_ms) is not None) is found
        assert (gift_card_of_token(ledger, scope, token, now_ms) is not None) is found
        assert token.hex() not in name


def test_money_is_what_a_till_would_give(shop: RulesShop, ledger: LedgerReader) -> None:
    """Reserved money is told apart, and what has lapsed is gone before the night takes it."""
    token = sell(shop, 1)
    till = shop.till()
    shop.ask(till.reserve("gift 1", "s", 200, Instrument.GIFT))
    found = gift_card_of_token(ledger, EVERYTHING, token, shop.now_ms)
    assert found is not None
    assert (found.available_minor, found.held_minor, found.currency) == (301, 200, "EUR")
    assert found.expires_at_ms is not None
    assert not found.lapsed
    later = gift_card_of_token(ledger, EVERYTHING, token, found.expires_at_ms)
    assert later is not None
    assert (later.available_minor, later.lapsed, later.expires_at_ms) == (0, True, None)


@pytest.mark.parametrize("last_four", ["", "0001"])
def test_a_later_page_is_read_from_its_place_on(
    shop: RulesShop, ledger: LedgerReader, tmp_path: Path, last_four: str
) -> None:
    """However many cards there are, a page is found by the key of an index, never by counting."""
    for number in range(6):
        sell(shop, number)
    wanted = GiftCardFilter(scope=EVERYTHING, last_four=last_four)
    first = gift_cards(ledger, wanted, shop.now_ms, limit=1)
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cur: Any, sql: str, values: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        asked.append((sql, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        gift_cards(ledger, wanted, shop.now_ms, after=first[0].place, limit=1)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    sql, values = next(one for one in asked if "gift_card" in one[0])
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.close()
    assert len(plan) == 1, plan
    assert "(issued_at_ms,wallet_id)<(?,?)" in plan[0]
    assert "USING INDEX ix_gift_card" in plan[0]
