"""Returns and adjustments: what was taken and given back, how long after, by whom and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.model.transaction import SaleReference
from gateway.office.roles import Role
from simulators.clock import VirtualClock
from simulators.desk import DeskHand
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

NORTH, SOUTH = BranchId("north"), BranchId("south")
HOUR_MS = 3_600_000


@pytest.fixture
def busy(quiet: QuietHouse, clock: VirtualClock) -> QuietHouse:
    """A return in each branch two hours after the sale, one of them twice, and an adjustment."""
    for name, branch, number, card in (("till-8", NORTH, 71, 1), ("till-9", SOUTH, 72, 3)):
        till = SealedTerminal(TerminalId(name), now_ms=clock.unix_ms())
        quiet.add_terminal(till, branch)
        quiet.transact(
            till,
            till.earn(card_evidence(card), sale_key(number), 5_000, receipt=f"R-{number}"),
        )
        clock.advance(2 * HOUR_MS)
        till.now_ms = clock.unix_ms() - 30_000
        quiet.transact(till, till.refund(SaleReference(receipt_number=f"R-{number}")))
        if branch == NORTH:
            quiet.transact(till, till.refund(SaleReference(key=sale_key(number))))
    clock.advance(60_000)
    hand = DeskHand(quiet.house)
    hand.publish()
    hand.do(
        LedgerCommandKind.ADJUST,
        NORTH,
        member_id=MemberId(f"{2:032x}"),
        unit=Unit.CREDIT,
        amount=150,
        reason="<script>alert(1)</script>",
    )
    return quiet


def get(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2_000]
    return answer.text


def kinds(page: str) -> list[str]:
    """What the lines of a page are, newest first."""
    body = page[page.index("<tbody") :] if "<tbody" in page else ""
    return re.findall(r"(Adjustment by hand|Return refused|Return of goods)", body)


def test_returns_refusals_and_adjustments_are_told(client_as: ClientAs, busy: QuietHouse) -> None:
    """Each line says what, how much, how long after the sale, when it was booked, and why."""
    del busy
    page = get(client_as(Role.OWNER), "/corrections")
    assert kinds(page) == [
        "Adjustment by hand",
        "Return of goods",
        "Return refused",
        "Return of goods",
    ]
    assert "R-71" in page
    assert "50.00 euros back" in page
    assert page.count("1 hour after the sale") == 3
    assert "booked less than a minute later" in page
    assert re.search(r"50 <span[^>]*>Points", page)
    assert "1.50 euros" in page
    assert "The sale was returned before" in page
    assert "the-owner" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_the_filter_narrows(client_as: ClientAs, busy: QuietHouse) -> None:
    """By kind, by branch and by period, in the day of the reader's calendar."""
    del busy
    owner = client_as(Role.OWNER)
    assert kinds(get(owner, "/corrections?kind=refused")) == ["Return refused"]
    assert kinds(get(owner, "/corrections?kind=adjustment")) == ["Adjustment by hand"]
    assert kinds(get(owner, "/corrections?branch=south")) == ["Return of goods"]
    assert len(kinds(get(owner, "/corrections?from=2026-11-23&until=1405/09/02"))) == 4
    assert kinds(get(owner, "/corrections?from=2026-11-25")) == []
    assert kinds(get(owner, "/corrections?until=2026-11-22")) == []
    for nonsense in ("kind=x", "from=x", "until=9999-99-99", "before=x", "branch=" + "x" * 300):
        get(owner, f"/corrections?{nonsense}")


def test_branches_see_their_own(client_as: ClientAs, busy: QuietHouse) -> None:
    """A manager of ``north`` sees what was corrected there, and nothing of ``south``."""
    del busy
    page = get(client_as(Role.MANAGER), "/corrections")
    assert kinds(page) == ["Adjustment by hand", "Return refused", "Return of goods"]
    assert "R-72" not in page
    assert kinds(get(client_as(Role.MANAGER), "/corrections?branch=south")) == []


def test_who_may_look(client_as: ClientAs) -> None:
    """Owners, managers and auditors; whoever stands at a counter does not."""
    for role in (Role.CASHIER, Role.SUPPORT, Role.INTEGRATOR):
        assert client_as(role).get("/corrections").status_code == 403
    assert "Nothing was corrected here" in get(client_as(Role.AUDITOR), "/corrections")


def test_the_list_goes_on(client_as: ClientAs, quiet: QuietHouse, clock: VirtualClock) -> None:
    """A long list goes on by key, without gaps, and says when all was looked through."""
    clock.advance(60_000)
    hand = DeskHand(quiet.house)
    hand.publish()
    for _ in range(30):
        hand.do(
            LedgerCommandKind.ADJUST,
            NORTH,
            member_id=MemberId(f"{1:032x}"),
            unit=Unit.POINTS,
            amount=1,
        )
    owner = client_as(Role.OWNER)
    address: str | None = "/corrections"
    seen = 0
    while address is not None:
        page = get(owner, address)
        seen += len(kinds(page))
        found = re.search(r'<a href="([^"]+)">Look further back', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert seen == 30
    assert "Looked through everything" in page


def test_the_members_page_tells_desk_work_apart(client_as: ClientAs, busy: QuietHouse) -> None:
    """What the desk did was sealed by no terminal, and is no broken seal."""
    del busy
    page = get(client_as(Role.OWNER), f"/members/{1:032x}")
    assert "Return of goods" in page
    assert "The seal is broken" not in page
    assert 'href="/members/00000000000000000000000000000001/wallets"' in page
    live = get(client_as(Role.OWNER), "/live")
    assert "Done at a desk" in live
