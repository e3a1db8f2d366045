"""Every page of the desk asks the databases little, however much there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.model.transaction import SaleReference
from gateway.office.commands import CloseDay
from gateway.office.roles import Role
from gateway.queries.gift_cards import GiftCardFilter, gift_cards
from gateway.queries.scope import EVERYTHING
from simulators.clock import VirtualClock
from simulators.desk import COUPON, DeskHand
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

STATEMENTS_MAX = 25
NORTH = BranchId("north")
ADA, BOB = (MemberId(f"{number:032x}") for number in (1, 2))
WALLETS = f"/members/{ADA}/wallets"
PAGES = (
    WALLETS,
    *(
        f"{WALLETS}/{what}"
        for what in ("adjust", "transfer", "coupon", "coupon-back", "segments", "card")
    ),
    f"{WALLETS}/household/invite",
    "/gift-cards",
    "/gift-cards/{card}",
    "/gift-cards/{card}/load",
    "/gift-cards/sell",
    "/corrections",
    "/branches",
    "/branches/totals.csv",
    "/branches/owings.csv",
    "/corrections?kind=return&branch=north&from=2026-11-01&until=2026-12-01",
)
BOOKS = (
    "/books",
    "/books/2026-11-22",
    "/books/2026-11-22/totals.csv",
)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Notes every SQL statement but BEGIN, of whichever database."""
    seen: list[str] = []

    def note(_c: Any, _cur: Any, sql: str, _p: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if not sql.startswith("BEGIN"):
            seen.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def busy(quiet: QuietHouse, clock: VirtualClock) -> str:
    """Some of everything, thirty times; a gift card's name."""
    clock.advance(60_000)
    hand = DeskHand(quiet.house)
    hand.publish()
    kind = LedgerCommandKind
    hand.do(kind.ADJUST, NORTH, member_id=ADA, unit=Unit.CREDIT, amount=9_000)
    hand.do(kind.GRANT_VOUCHER, NORTH, member_id=ADA, reward=COUPON, quantity=1)
    hand.do(kind.SET_REFERRER, NORTH, member_id=ADA, other_member_id=BOB)
    hand.do(kind.FOUND_HOUSEHOLD, NORTH, member_id=ADA)
    hand.do(kind.INVITE_TO_HOUSEHOLD, NORTH, member_id=ADA, other_member_id=BOB)
    till = SealedTerminal(TerminalId("till-9"), now_ms=clock.unix_ms())
    quiet.add_terminal(till, NORTH)
    quiet.execute(CloseDay())
    for number in range(30):
        clock.advance(1_000)
        till.now_ms = clock.unix_ms()
        earned = till.earn(card_evidence(1), sale_key(900 + number), 700, receipt=f"R{number}")
        reference = SaleReference(receipt_number=f"R{number}")
        if number % 2:
            reference = SaleReference(key=sale_key(900 + number))
        quiet.transact(till, earned, till.refund(reference))
        hand.do(kind.ADJUST, NORTH, member_id=ADA, unit=Unit.POINTS, amount=1)
        hand.do(kind.ISSUE_GIFT_CARD, NORTH, token=f"{500 + number:064x}", amount=500, last_four="")
    wanted = GiftCardFilter(scope=EVERYTHING)
    return gift_cards(quiet.house.ledger, wanted, clock.unix_ms(), limit=1)[0].name


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER])
def test_every_page_takes_few_statements(client_as: ClientAs, busy: str, role: Role) -> None:
    """No page reads row by row what it shows, for whoever it is."""
    client = client_as(role)
    pages = [*PAGES, *(BOOKS if role is Role.OWNER else ())]
    many = {}
    for page in pages:
        with counted_statements() as seen:
            answer = client.get(page.format(card=busy))
        assert answer.status_code == 200, page
        if len(seen) > STATEMENTS_MAX:
            many[page] = seen
    assert many == {}
