"""From tap and paper to receipt, with and without a network and a configuration."""

from __future__ import annotations

import pytest

from gateway.crypto.card_token import card_token
from gateway.crypto.chain import genesis_hash
from gateway.crypto.deny_list import make_deny_list
from gateway.model.card import CardProfile
from gateway.model.ids import HoldId
from gateway.model.outcome import Reason
from gateway.model.sale import SaleSource
from gateway.model.transaction import ClockQuality, Kind
from simulators.faults import FaultPlan
from simulators.given.agent_peer import CARD_KEY, PROGRAMME, START_MS, TERMINAL
from simulators.given.agent_shop import UID, MakeShop, Shop, sale
from terminal_agent.control import AnswerCode, Enrol
from terminal_agent.heard_till import heard_by_one
from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    NotASaleReason,
    RefundSeen,
    ReviewReason,
)
from terminal_agent.pos.port import PosBytes, PosPortState, PosPortStateChanged
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.session.view import Notice, Screen

PAPER = (
    b"\x1b@CORNER SHOP\n"
    b"Receipt: 1042\n"
    b"Bread                  8,00\n"
    b"Milk                  12,00\n"
    b"---------------------------\n"
    b"TOTAL EUR             20,00\n"
    b"CASH                  50,00\n"
    b"CHANGE                30,00\n"
    b"\n\n\x1dV\x00"
)


def test_agent_earns_from_tap_to_receipt(shop: Shop) -> None:
    """A tap and a sale become one sealed earn, and its receipt shows the new balance."""
    shop.tap()
    assert shop.display.latest().balance_points == 1_000
    shop.total()
    assert (shop.display.latest().screen, shop.display.latest().points) == (Screen.PREVIEW, 20)
    shop.ring(1)
    earn = shop.peer.transactions[1]
    assert earn.kind is Kind.EARN
    assert earn.sale == sale(1)
    assert earn.programme_version == 4
    assert earn.card is not None
    assert earn.card.token == card_token(CARD_KEY, CardProfile.UID, UID)
    assert earn.previous_hash == genesis_hash(TERMINAL, 1, shop.peer.agent_key.key_id)
    assert earn.time.quality is ClockQuality.SYNCHRONISED
    assert earn.time.unix_ms > START_MS
    screens = shop.display.screens()
    assert screens.index(Screen.ACCEPTED) < screens.index(Screen.APPLIED)
    assert shop.display.latest().balance_points == 112
    assert shop.agent.status().pending == 0


def test_agent_never_shows_or_sends_the_raw_uid(shop: Shop) -> None:
    """Nothing that leaves the terminal holds the card's own number."""
    shop.tap()
    shop.ring(1)
    sent = repr(shop.peer.transactions) + repr(shop.peer.requests)
    assert UID.hex() not in sent
    assert repr(UID)[2:-1] not in sent


def test_agent_goes_on_without_a_network(shop: Shop) -> None:
    """Sales are accepted while the broker is away, and go up in order when it is back."""
    shop.broker.go_down()
    shop.run()
    for number in range(1, 31):
        shop.tap(bytes([4, number, 3, 4, 5, 6, 7]))
        shop.ring(number)
        assert shop.display.latest().screen is Screen.ACCEPTED
        shop.run(6_000)
    assert shop.agent.status().pending == 30
    shop.broker.come_back()
    shop.run(90_000)
    assert sorted(shop.peer.transactions) == list(range(1, 31))
    assert shop.agent.status().pending == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agent_settles_everything_through_a_bad_broker(make_shop: MakeShop, seed: int) -> None:
    """Messages lost, repeated and reordered, connections cut: each sale arrives, once numbered."""
    shop = make_shop(seed=seed)
    shop.broker.plan = FaultPlan(
        lose=0.2, repeat=0.2, reorder=0.2, reorder_ms=700, disconnect=0.02, delay_max_ms=100
    )
    for number in range(1, 21):
        shop.tap(bytes([4, number, 3, 4, 5, 6, 7]))
        shop.ring(number)
        shop.run(1_000)
    for _ in range(60):
        shop.run(10_000)
        if shop.agent.status().pending == 0:
            break
    assert shop.agent.status().pending == 0
    keys = [shop.peer.transactions[seq].sale for seq in sorted(shop.peer.transactions)]
    assert keys == [sale(number) for number in range(1, 21)]


def test_agent_starts_offline_with_the_kept_configuration(make_shop: MakeShop) -> None:
    """After a restart without any message from the gateway, the lane earns as before."""
    make_shop()
    shop = make_shop(configured=False)
    shop.tap()
    shop.ring(1)
    assert shop.peer.kinds() == [Kind.EARN]
    assert shop.agent.status().configuration_version == 1


@pytest.mark.parametrize("online", [True, False])
def test_agent_turns_a_denied_card_away_at_once(shop: Shop, *, online: bool) -> None:
    """A card on the gateway's list is refused by the terminal itself, with or without a network."""
    denied = card_token(CARD_KEY, CardProfile.UID, UID)
    listed = make_deny_list([denied], bytes(16), issued_at_ms=START_MS)
    shop.peer.configure(PROGRAMME, version=2, deny_list=listed)
    shop.run()
    if not online:
        shop.broker.go_down()
        shop.run()
    shop.tap()
    assert shop.display.latest().reason is Reason.CARD_BLOCKED
    other = bytes.fromhex("04ffeeddccbbaa")
    shop.run(60_000)
    shop.tap(other)
    assert shop.display.latest().reason is not Reason.CARD_BLOCKED


def test_agent_without_configuration_says_so_and_accepts_nothing(make_shop: MakeShop) -> None:
    """Before the first configuration there is no card key: taps and sales change nothing."""
    shop = make_shop(configured=False)
    assert shop.display.latest().screen is Screen.NOT_CONFIGURED
    shop.tap()
    shop.ring(1)
    assert shop.agent.status().accepted == 0
    assert shop.agent.on_control(Enrol()).code is AnswerCode.NOT_CONFIGURED
    shop.peer.configure(PROGRAMME)
    shop.run()
    assert shop.display.latest().screen is Screen.READY


def test_agent_doubtful_paper_is_left_to_a_person(shop: Shop) -> None:
    """A receipt that could not be read ends the visit, and is sealed for a person, not earned."""
    shop.tap()
    shop.total()
    doubt = NeedsReview(reasons=(ReviewReason.TOTALS_DIFFER,), lines=("TOTAL",), key=sale(1).key)
    shop.till.say(doubt)
    shop.run()
    assert shop.display.latest().notice is Notice.NEEDS_REVIEW
    assert shop.agent.status().unread_receipts == 1
    assert shop.peer.kinds() == [Kind.REVIEW]


def test_agent_void_and_refund_papers_are_not_sales(shop: Shop) -> None:
    """A void ends the sale on the screen; a refund is shown and never posted by itself."""
    shop.tap()
    shop.total()
    shop.till.say(NotASale(reason=NotASaleReason.VOID))
    shop.run()
    assert shop.display.latest().notice is Notice.SALE_CANCELLED
    shop.till.say(RefundSeen(total_minor=500))
    shop.run()
    assert shop.display.latest().notice is Notice.REFUND_SEEN
    assert shop.agent.status().accepted == 0


def test_agent_reads_real_paper(make_shop: MakeShop) -> None:
    """Bytes of a printer's line become the sale that the tapped card earns on."""
    shop = make_shop(till=heard_by_one(load_profile("generic-escpos-eur")))
    shop.tap()
    for at in range(0, len(PAPER), 16):
        now_ms = shop.clock.monotonic_ms()
        shop.agent.on_pos_event(PosBytes(data=PAPER[at : at + 16], monotonic_ms=now_ms))
        shop.run(50)
    shop.run()
    earned = shop.peer.transactions[1].sale
    assert earned is not None
    assert (earned.total_minor, earned.source) == (2_000, SaleSource.RECEIPT)


def test_agent_half_a_paper_is_no_sale(make_shop: MakeShop) -> None:
    """A receipt cut off by a lost line is left to a person, and the next one is read afresh."""
    shop = make_shop(till=heard_by_one(load_profile("generic-escpos-eur")))
    shop.tap()
    half = PosBytes(data=PAPER[: len(PAPER) // 2], monotonic_ms=shop.clock.monotonic_ms())
    shop.agent.on_pos_event(half)
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.DOWN))
    shop.agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
    whole = PosBytes(data=PAPER, monotonic_ms=shop.clock.monotonic_ms())
    shop.agent.on_pos_event(whole)
    shop.run(3_000)
    assert shop.peer.kinds() == [Kind.EARN]


def test_agent_guessed_clock_is_said(shop: Shop) -> None:
    """A transaction made without a synchronised clock says so."""
    shop.clock._synchronised_at_ms = None
    shop.tap()
    shop.ring(1)
    assert shop.peer.transactions[1].time.quality is ClockQuality.GUESSED
    assert shop.agent.status().clock == "guessed"


def test_agent_same_seed_gives_the_same_day(make_shop: MakeShop) -> None:
    """Time and chance come from outside: two agents with one seed ask the same questions."""
    asked: list[list[HoldId]] = []
    for _ in range(2):
        shop = make_shop(configured=False)
        shop.peer.configure(PROGRAMME)
        shop.run()
        shop.tap()
        asked.append([request.request_id for request in shop.peer.requests])
    assert asked[0] == asked[1]
    assert asked[0]
