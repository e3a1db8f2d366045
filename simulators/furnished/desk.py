"""What was done at the furnished shop's desk: adjustments, households, gift cards, a closed day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

from gateway.errors import MohrError
from gateway.formatting.dates import moment_at
from gateway.ledger.queries import MemberBalance
from gateway.model.card import CardProfile
from gateway.model.ids import MemberId
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.office.commands import CloseDay
from gateway.office.house import House
from simulators.desk import COUPON, DeskHand, DeskLimits
from simulators.furnished.counters import ISFAHAN, TAJRISH
from simulators.furnished.doubts import settle_one
from simulators.furnished.names import HOSTILE
from simulators.furnished.past import Past

#: In rials, as the first rules of the furnished shop have them.
LIMITS: Final = DeskLimits(
    gift_minimum_minor=500_000, gift_maximum_minor=50_000_000, coupon_minor=200_000
)
#: Members of the household, by their number: two are in it, the third is invited.
HOUSEHOLD: Final = (1, 2, 4)
#: Who has points, credit, coupons and groups from the desk.
FAVOURITE: Final = 0
_GIFTS: Final = (
    (TAJRISH, "4821", 5_000_000),
    (ISFAHAN, "0007", 50_000_000),
    (TAJRISH, "", 500_000),
)
#: From which the number of the card on a phone follows.
PHONE_COMMAND: Final = hashlib.sha256(b"a card on a phone").hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPast:
    """What only its makers know.

    Attributes:
        closed: the day that was closed.
        phone_owner: who has a card on the phone.
    """

    closed: date
    phone_owner: MemberId


def furnish_desk(house: House, past: Past) -> DeskPast:
    """Do something of everything, under the first rules.

    Raises:
        MohrError: if something is refused.
    """
    hand = DeskHand(house)
    # The day before the last one that is over: the page offers to close that one.
    day = moment_at(house.clock.unix_ms(), UTC).date() - timedelta(days=2)
    house.execute(CloseDay(day=day))
    _wallets(hand, _member(house, past, FAVOURITE), _member(house, past, 5))
    founder, second, guest = (_member(house, past, number) for number in HOUSEHOLD)
    kind = LedgerCommandKind
    for what, who, whom in (
        (kind.FOUND_HOUSEHOLD, founder, None),
        (kind.INVITE_TO_HOUSEHOLD, founder, second),
        (kind.JOIN_HOUSEHOLD, second, None),
        (kind.INVITE_TO_HOUSEHOLD, founder, guest),
    ):
        if whom is None:
            hand.do(what, who.branch, member_id=who.member_id, reason="family")
        else:
            hand.do(
                what,
                who.branch,
                member_id=who.member_id,
                other_member_id=whom.member_id,
                reason="family",
            )
    for branch, last_four, amount in _GIFTS:
        token = gift_token(last_four)
        hand.do(
            kind.ISSUE_GIFT_CARD,
            branch,
            token=token,
            amount=amount,
            last_four=last_four,
            reason="sold",
        )
    hand.do(kind.BLOCK_GIFT_CARD, ISFAHAN, token=gift_token("0007"), reason="lost")
    owner = _member(house, past, FAVOURITE)
    number = house.phone_cards.number_for(owner.member_id, PHONE_COMMAND)
    hand.do(
        kind.ADD_CARD,
        owner.branch,
        member_id=owner.member_id,
        other_token=house.phone_cards.token(number).hex(),
        card_profile=CardProfile.QR.value,
        reason="a new phone",
    )
    settle_one(house)
    return DeskPast(closed=day, phone_owner=owner.member_id)


def gift_token(last_four: str) -> str:
    """The token of a gift card of this house, 64 hexadecimal digits."""
    return hashlib.sha256(f"gift {last_four}".encode()).hexdigest()


def _wallets(hand: DeskHand, one: MemberBalance, other: MemberBalance) -> None:
    kind, branch, who = LedgerCommandKind, one.branch, one.member_id
    hand.do(kind.ADJUST, branch, member_id=who, unit=Unit.POINTS, amount=40, reason=HOSTILE[0])
    hand.do(kind.ADJUST, branch, member_id=who, unit=Unit.POINTS, amount=-15, reason="اشتباه صندوق")
    hand.do(kind.ADJUST, branch, member_id=who, unit=Unit.CREDIT, amount=2_500_000, reason="sorry")
    hand.do(
        kind.TRANSFER,
        branch,
        member_id=who,
        other_member_id=other.member_id,
        amount=500_000,
        reason="as a gift",
    )
    hand.do(kind.GRANT_VOUCHER, branch, member_id=who, reward=COUPON, quantity=3, reason="birthday")
    hand.do(kind.SET_SEGMENTS, branch, member_id=who, segments=("students",), reason="showed card")
    hand.do(
        kind.SET_REFERRER,
        branch,
        member_id=who,
        other_member_id=other.member_id,
        reason="told us so",
    )


def _member(house: House, past: Past, number: int) -> MemberBalance:
    found = house.ledger.balance_of_card(past.cards[number].token)
    if found is None:
        raise MohrError(f"the {number}th card of the past has no owner")
    return found
