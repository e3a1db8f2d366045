"""What the terminal remembers of sales on their way, so that no promise counts them twice."""

from __future__ import annotations

from gateway.model.ids import CardToken
from terminal_agent.unsettled import REMEMBERED_MAX, Unsettled

ADA, BOB = (CardToken(bytes([number]) * 32) for number in (1, 2))


def test_unsettled_knows_whose_sales_are_on_their_way() -> None:
    """A card is behind from its acceptance until a receipt covers it, and nobody else is."""
    unsettled = Unsettled(watermark=5, newest_seq=5)
    unsettled.accepted(6, ADA)
    unsettled.accepted(7, ADA)
    assert (unsettled.concerns(ADA), unsettled.concerns(BOB)) == (True, False)
    unsettled.settled(6)
    assert unsettled.concerns(ADA)
    unsettled.settled(7)
    unsettled.settled(3)
    assert not unsettled.concerns(ADA)


def test_unsettled_of_an_earlier_run_may_be_anybodys() -> None:
    """After a start nobody is sure until what was left over is settled."""
    unsettled = Unsettled(watermark=5, newest_seq=9)
    assert unsettled.concerns(ADA)
    unsettled.settled(9)
    assert not unsettled.concerns(ADA)


def test_unsettled_without_a_card_may_be_anybodys() -> None:
    """A refund names a sale and no card: until it is settled everybody is behind."""
    unsettled = Unsettled(watermark=0, newest_seq=0)
    unsettled.accepted(1, None)
    assert unsettled.concerns(ADA)
    unsettled.settled(1)
    assert not unsettled.concerns(ADA)


def test_unsettled_forgets_the_oldest_on_the_safe_side() -> None:
    """Beyond what is remembered, everybody is behind until that is settled."""
    unsettled = Unsettled(watermark=0, newest_seq=0)
    for seq in range(1, REMEMBERED_MAX + 2):
        unsettled.accepted(seq, ADA)
    assert unsettled.concerns(BOB)
    unsettled.settled(1)
    assert not unsettled.concerns(BOB)
    assert unsettled.concerns(ADA)
