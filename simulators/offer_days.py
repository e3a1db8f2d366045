"""A shop with one offer whose true effect is known, because the members here obey a number.

For tests of what is said of an offer's effect. What members spend is drawn from a seed and skewed,
as it is in shops; whoever the lot gave the offer spends so many percent more on every sale.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

from gateway.config_programme import programme_text
from gateway.errors import MohrError
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.office.commands import AddProgramme
from gateway.program.offers import is_held_out
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

OFFER: Final = Offer(
    id="ten-more",
    gift=Gift(kind=GiftKind.POINTS, points=10),
    title_en="Ten points more",
    title_fa="ده امتیاز بیشتر",
    holdout_percent=50,
)
#: Cards and sales of these days, apart from those of others.
_FIRST_NUMBER: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDays:
    """How the days go.

    Attributes:
        members: how many come.
        sales: how often each of them buys.
        effect_percent: so much more whoever got the offer spends.
        seed: of what they spend.
        scale: so many times 20.00 is spent on average; for currencies with small units.
        till: the terminal's name.
        branch: where.
    """

    members: int = 150
    sales: int = 3
    effect_percent: int = 20
    seed: int = 1
    scale: int = 1
    till: str = "till-offers"
    branch: str = "north"


def play_offer_days(house: QuietHouse, clock: VirtualClock, wanted: OfferDays) -> None:
    """Publish the offer, and let members buy on days that follow each other.

    Raises:
        MohrError: if the rules are not taken.
    """
    with house.house.ledger.batch() as batch:
        newest = batch.programmes()[-1]
    clock.advance(1_000)
    rules = replace(
        newest,
        version=newest.version + 1,
        effective_from_ms=clock.unix_ms(),
        rules=Rules(offers=(OFFER,)),
    )
    reply = house.execute(AddProgramme(programme=programme_text(rules)))
    if not reply.ok:
        raise MohrError(f"the offer was not taken: {reply.text}")
    till = SealedTerminal(TerminalId(wanted.till), now_ms=clock.unix_ms(), currency=newest.currency)
    house.add_terminal(till, BranchId(wanted.branch))
    cards = [card_evidence(_FIRST_NUMBER + number) for number in range(wanted.members)]
    house.transact(till, *(till.enrol(card) for card in cards))
    found = [house.house.ledger.balance_of_card(card.token) for card in cards]
    members = [one.member_id for one in found if one is not None]
    rng = random.Random(wanted.seed)
    for day in range(wanted.sales):
        clock.advance(86_400_000)
        till.now_ms = clock.unix_ms()
        first = _FIRST_NUMBER + day * wanted.members
        house.transact(
            till,
            *(
                till.earn(card, sale_key(first + at), spent(rng, member, wanted))
                for at, (card, member) in enumerate(zip(cards, members, strict=True))
            ),
        )


def spent(rng: random.Random, member_id: MemberId, wanted: OfferDays) -> int:
    """What a member spends on one sale, in minor units."""
    percent = 100 if is_held_out(OFFER, member_id) else 100 + wanted.effect_percent
    # Most baskets are small and a few are large; 20.00 on average.
    base = 500 + int(rng.expovariate(1 / 1_500))
    return base * wanted.scale * percent // 100
