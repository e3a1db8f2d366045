"""Doubtful papers: sealed for a person with the card of their visit, and nothing of them lost."""

from __future__ import annotations

from typing import Final

import pytest

from gateway.crypto.card_token import card_token
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, SaleKey
from gateway.model.review import PAPER_LINES_MAX, Review
from gateway.model.transaction import Kind, Transaction
from simulators.given.agent_peer import CARD_KEY
from simulators.given.agent_shop import UID, MakeShop, Shop, sale
from terminal_agent.doubted import LEFT_OUT, bounded_paper, review_of
from terminal_agent.heard_till import heard_by_one
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    ReviewReason,
)
from terminal_agent.pos.port import PosBytes
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.session.view import Notice, Screen

OTHER_UID: Final = bytes([4, 9, 9, 9, 9, 9, 9])
#: Two labelled totals that differ, and a bank card's number.
PAPER: Final = (
    b"\x1b@CORNER SHOP\n"
    b"Receipt: 1042\n"
    b"TOTAL EUR             20,00\n"
    b"TOTAL EUR             21,00\n"
    b"CARD 4111 1111 1111 1111\n"
    b"\n\n\x1dV\x00"
)


def doubt(number: int = 1) -> NeedsReview:
    """A paper of sale ``number`` with two totals."""
    likeliest = sale(number)
    return NeedsReview(
        reasons=(ReviewReason.TOTALS_DIFFER,),
        lines=("TOTAL 20,00", "TOTAL 21,00"),
        key=likeliest.key,
        candidates_minor=(likeliest.total_minor, likeliest.total_minor + 100),
        evidence=frozenset({EvidenceKind.LABEL}),
        sale=likeliest,
    )


def say(shop: Shop, paper: NeedsReview) -> None:
    """Let the till print a doubtful paper."""
    shop.till.say(paper)
    shop.run()


def reviews(shop: Shop) -> list[tuple[Review, CardToken | None]]:
    """What came to the gateway of doubtful papers, with the token of the card."""
    found: list[Transaction] = [
        shop.peer.transactions[seq] for seq in sorted(shop.peer.transactions)
    ]
    return [
        (one.review, None if one.card is None else one.card.token)
        for one in found
        if one.kind is Kind.REVIEW and one.review is not None
    ]


def token(uid: bytes = UID) -> CardToken:
    """How a card is named on the wire."""
    return card_token(CARD_KEY, CardProfile.UID, uid)


def test_a_doubtful_paper_goes_with_the_card_of_its_visit(shop: Shop) -> None:
    """The card that was tapped for it is sealed with it, and the screen says: points come later."""
    shop.tap()
    shop.total()
    say(shop, doubt())
    assert reviews(shop) == [(review_of(doubt()), token())]
    assert shop.display.latest().notice is Notice.NEEDS_REVIEW
    assert shop.display.latest().screen is Screen.READY


def test_the_next_sale_is_not_the_doubtful_one_s_customer_s(shop: Shop) -> None:
    """The visit is over with the paper: its card earns nothing on the next customer's sale."""
    shop.tap()
    say(shop, doubt())
    shop.ring(2)
    assert shop.peer.kinds() == [Kind.REVIEW]


def test_a_card_that_comes_a_moment_later_goes_after_its_paper(shop: Shop) -> None:
    """The screen asks for it; what is tapped in time is the paper's card and begins no visit."""
    say(shop, doubt())
    assert shop.display.latest().notice is Notice.REVIEW_CARD
    shop.tap()
    assert reviews(shop) == [(review_of(doubt()), None), (review_of(doubt()), token())]
    assert shop.display.latest().notice is Notice.NEEDS_REVIEW
    shop.tap(OTHER_UID)
    assert shop.display.latest().screen is Screen.CARD
    assert len(reviews(shop)) == 2


@pytest.mark.parametrize("late", ["time", "sale"])
def test_a_card_that_comes_too_late_begins_its_own_visit(shop: Shop, late: str) -> None:
    """Once the wait is over, or the till has begun its next sale, a card is another customer's."""
    say(shop, doubt())
    if late == "time":
        shop.run(20_000)
    else:
        shop.total()
    shop.tap()
    assert [card for _, card in reviews(shop)] == [None]


def test_the_same_paper_again_is_sealed_once(shop: Shop) -> None:
    """A reprint of a doubtful paper adds nothing, and one of an accepted sale neither."""
    shop.tap()
    say(shop, doubt())
    say(shop, doubt())
    assert len(reviews(shop)) == 1
    shop.tap(OTHER_UID)
    shop.ring(2)
    say(shop, doubt(2))
    assert len(reviews(shop)) == 1
    assert shop.display.latest().notice is Notice.ALREADY_RECORDED


def test_nothing_is_lost_without_a_network_nor_with_a_restart(make_shop: MakeShop) -> None:
    """Papers are journalled while the broker is away, and go up after the agent began anew."""
    shop = make_shop()
    shop.broker.go_down()
    shop.run()
    for number in range(1, 6):
        shop.tap()
        say(shop, doubt(number))
    assert shop.agent.status().pending == 5
    shop.agent.stop()
    again = make_shop()
    again.run(90_000)
    assert again.agent.status().pending == 0
    assert [one.key for one, _ in reviews(again)] == [sale(number).key for number in range(1, 6)]


def test_a_real_doubtful_paper_is_sealed_whole_and_masked(make_shop: MakeShop) -> None:
    """Bytes of a printer's line become reasons, candidates with names of their own, and lines."""
    shop = make_shop(till=heard_by_one(load_profile("generic-escpos-eur")))
    shop.tap()
    now_ms = shop.clock.monotonic_ms()
    shop.agent.on_pos_event(PosBytes(data=PAPER, monotonic_ms=now_ms))
    shop.run()
    ((review, card),) = reviews(shop)
    assert card == token()
    assert ReviewReason.TOTALS_DIFFER in review.reasons
    assert {one.total_minor for one in review.candidates} == {2_000, 2_100}
    assert len({one.key for one in review.candidates}) == 2
    assert review.candidates[0].key == review.key
    assert (review.profile, review.receipt_number) == ("generic-escpos-eur", "1042")
    assert "CORNER SHOP" in review.paper
    assert not any("4111" in line and "1111 1111" in line for line in review.paper)


def test_a_paper_without_end_is_bounded() -> None:
    """A thousand lines of anything become a review: beginning and end stay, controls do not."""
    lines = tuple(f"{number:04} \x1b جمع کل {'x' * 200}" for number in range(1_000))
    paper = bounded_paper(lines)
    assert len(paper) <= PAPER_LINES_MAX
    assert paper[0].startswith("0000")
    assert paper[-1].startswith("0999")
    assert paper.count(LEFT_OUT) == 1
    wild = NeedsReview(
        reasons=(ReviewReason.TOO_LONG, ReviewReason.TOO_LONG),
        lines=lines,
        key=SaleKey(bytes(16)),
        candidates_minor=(-5, 0, *range(1, 40)),
        receipt_number="\x07" * 50,
        occurred_at="",
        profile="generic-escpos-eur",
    )
    review = review_of(wild)
    assert [one.total_minor for one in review.candidates] == list(range(1, 17))
    assert (review.reasons, review.occurred_at) == ((ReviewReason.TOO_LONG,), None)
