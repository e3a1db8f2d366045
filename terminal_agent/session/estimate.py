"""The terminal's previews, by the very code that the gateway decides with.

What a sale brings is reckoned by the whole of the signed rules, from the facts that the gateway's
answer told of the member. A preview is *sure* where nothing is missing: then the gateway's receipt
says the same to the point, provided that it rates by the same version of the rules and that
nothing else happens to the member between the answer and the sale. Where facts are missing because
nobody answered, they were too many to carry, another business day or other rules have begun since,
or an earlier sale with the card is still on its way, the sale is previewed as that of a card which
nobody owns, and is not sure: the screens say "about".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence, at_least
from gateway.model.ids import MemberId
from gateway.model.member_facts import MemberFacts
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.rules.caps import CapOwner, CapPeriod
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import MONEY_GIFTS
from gateway.model.sale import Sale, SaleSource
from gateway.program.earning import evaluate
from gateway.program.facts import Place
from gateway.program.grants import granted_lots
from gateway.program.lines import ById
from gateway.program.local_time import business_day
from gateway.program.needs import needs_of
from gateway.program.nightly import tiers_move_by_day
from gateway.program.pricing import price
from gateway.program.redeem import Quote
from gateway.program.tiers import tier_after
from terminal_agent.session.memory import Offer, Preview, Rules, Told

#: A sale under way has no shop profile yet; this name never leaves the terminal.
_PREVIEW_PROFILE: Final = "preview"
_NOBODY: Final = MemberFacts()


def sale_under_way(offer: Offer) -> Sale:
    """The sale that an offer will become if nothing more is known of it."""
    return Sale(
        key=offer.key,
        total_minor=offer.total_minor,
        source=SaleSource.RECEIPT,
        profile=_PREVIEW_PROFILE,
        lines=offer.lines,
        tax_minor=offer.tax_minor,
    )


def preview_of(
    rules: Rules, told: Told | None, sale: Sale, card: CardEvidence | None = None
) -> Preview | None:
    """Say what a sale will bring.

    Args:
        rules: what holds now.
        told: what is known of the card's owner.
        sale: as it will be sealed, discounts off, with what pays among its tenders.
        card: whose visit it is; some rules limit what a card that proves little can earn.

    Returns:
        the preview; None while no rules are in force, or for a card that brings nothing.
    """
    programme, place = rules.programme, rules.place
    if programme is None or place is None or (told is not None and not told.earns):
        return None
    facts, sure = _facts(programme, place, told)
    if card is not None and needs_of(programme).card:
        facts = replace(facts, card=card.assurance)
        sure = sure and not _may_prove_more(programme, card)
    awards = evaluate(programme, sale, facts, place).awards
    lots = granted_lots(awards, place, programme.rules.settings)
    brings: Counter[Unit] = Counter()
    for lot in lots:
        # What a day that has passed lets lapse at once is no promise.
        if lot.expires_at_ms is None or lot.expires_at_ms > place.at_ms:
            brings[lot.unit] += lot.amount
    return Preview(points=brings[Unit.POINTS], credit_minor=brings[Unit.CREDIT], sure=sure)


def _may_prove_more(programme: Programme, card: CardEvidence) -> bool:
    """Whether only the gateway can say if a card is weak: it checks what this terminal cannot."""
    weak = not at_least(card.assurance, programme.rules.cards.weak_below)
    return weak and card.proof is not None


def takes_off(rules: Rules, told: Told | None, offer: Offer) -> bool:
    """Whether the gateway should be asked what offers take off a sale.

    Where the facts are known, the same code as there says it; else it is asked wherever the rules
    have an offer that takes money off at all.
    """
    programme, place = rules.programme, rules.place
    if programme is None or place is None or told is None or not (told.owned and told.earns):
        return False
    if not any(one.gift.kind in MONEY_GIFTS for one in programme.rules.offers):
        return False
    facts, sure = _facts(programme, place, told)
    return not sure or bool(price(programme, sale_under_way(offer), facts, place).discounts)


def told_of(rules: Rules, answer: AuthAnswer, *, behind: bool) -> Told | None:
    """What an answer to an inquiry tells for previews.

    Args:
        rules: what holds now.
        answer: applied, or refused because nobody owns the card, or because it is blocked.
        behind: something that the card did is still on its way to the gateway: its facts are old.

    Returns:
        None where no rules are in force that a sale could be rated by, or the gateway said
        nothing of the card.
    """
    day = _day_at(rules, answer.answered_at_ms)
    unowned = answer.reason is Reason.UNKNOWN_CARD
    blocked = answer.reason is Reason.CARD_BLOCKED
    known = answer.status is Status.APPLIED or (unowned and not behind) or blocked
    if rules.programme is None or day is None or not known:
        return None
    return Told(
        owned=not unowned,
        earns=not blocked,
        facts=None if behind else answer.facts,
        standing=answer.standing,
        version=rules.programme.version,
        business_day=day,
    )


def _day_at(rules: Rules, at_ms: int) -> date | None:
    """The branch's business day at a moment of the gateway's clock."""
    if rules.programme is None or rules.place is None:
        return None
    try:
        return business_day(rules.programme.rules.settings, rules.place.branch, at_ms)
    except ValueRangeError:
        return None  # beyond the calendar: whatever it says, it is not about today


def _facts(programme: Programme, place: Place, told: Told | None) -> tuple[MemberFacts, bool]:
    """What to rate a sale with here and now, and whether the gateway will rate it with the same."""
    asks = _asks_of(ById(programme))
    fits = (
        told is not None
        and told.version == programme.version
        and told.business_day == place.business_day
    )
    if told is None or not fits:
        return _NOBODY, not asks.anything
    if not told.owned:
        enrols = programme.unknown_card is UnknownCardPolicy.ENROL
        facts = _newcomer(programme, place.business_day) if enrols else _NOBODY
        return facts, not asks.beyond_the_member
    if told.facts is None:
        return _NOBODY, not asks.anything
    return told.facts, True


def _newcomer(programme: Programme, today: date) -> MemberFacts:
    """Whoever a card's first sale makes a member.

    Nothing was before, and the lowest level may be for everybody. The name is never compared.
    """
    rules, tier = programme.rules, None
    if rules.tiers.levels and tiers_move_by_day(rules):
        tier = tier_after(rules.tiers, None, 0, today, today).level
    return MemberFacts(member_id=MemberId("newcomer"), tier=tier)


class _Asks:
    """What rules look at beside the sale itself.

    Attributes:
        anything: there is something: a sale is not the same for everybody.
        beyond_the_member: it may not be the same for two members of whom nothing is known, since
            a limit is shared with others or a lot is drawn.
    """

    __slots__ = ("anything", "beyond_the_member")

    def __init__(self, programme: Programme) -> None:
        rules = programme.rules
        caps = [cap for rule in rules.earning for cap in rule.caps]
        caps += [cap for offer in rules.offers for cap in offer.budgets]
        shared = any(
            cap.owner is not CapOwner.MEMBER and cap.period is not CapPeriod.SALE for cap in caps
        )
        lots = any(offer.holdout_percent for offer in rules.offers)
        self.anything = needs_of(programme).facts or lots
        self.beyond_the_member = shared or lots


@lru_cache(maxsize=16)
def _asks_of(programme: ById[Programme]) -> _Asks:
    return _Asks(programme.value)


def next_reward(rules: Rules) -> Quote | None:
    """The smallest redemption that the programme knows, or None where it knows none.

    A balance is what it is measured by; sale and share decide at the till how much of it is used.
    """
    programme = rules.programme
    if programme is None or programme.redeem_share_percent == 0:
        return None
    steps = -(-max(programme.redeem_minimum_points, 1) // programme.redeem_points)
    return Quote(
        points=steps * programme.redeem_points, amount_minor=steps * programme.redeem_value_minor
    )
