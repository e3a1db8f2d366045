"""From what the gateway told of a member to what the display shows of it. Pure.

Programmes name levels, rewards and offers in both languages; a face picks its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.errors import ValueRangeError
from gateway.model.instrument import Instrument
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Reward
from gateway.model.sale import SaleLine
from gateway.model.standing import HeldVoucher
from gateway.program.local_time import business_day
from terminal_agent.session.memory import Grant, Rules, Told
from terminal_agent.session.view import LineOff, MemberView, Owned, Part, Title


def member_view(rules: Rules, told: Told | None) -> MemberView:
    """How the member of a card stands, beside points that can be spent."""
    standing = None if told is None else told.standing
    if standing is None:
        return MemberView()
    tier, benefits = _tier(rules, standing.tier)
    return MemberView(
        tier=tier,
        benefits=benefits,
        owned=tuple(_owned(rules, voucher) for voucher in standing.vouchers),
        credit_minor=standing.credit_minor,
        pending_points=standing.pending_points,
        last_points=standing.last_points,
        last_day=_day_before(rules, standing.last_day_ms),
    )


def parts_of(
    rules: Rules, grants: tuple[Grant, ...], goods: Sequence[SaleLine] = ()
) -> tuple[Part, ...]:
    """What is held for a sale, each discount of offers by itself.

    Args:
        rules: what holds now.
        grants: what is held.
        goods: the sale's, for whoever prints what comes off each of them.
    """
    parts: list[Part] = []
    for grant in grants:
        if grant.instrument is Instrument.OFFER and grant.parts:
            parts += [
                Part(
                    instrument=grant.instrument,
                    amount_minor=one.amount_minor,
                    title=title_of(rules, one.source),
                    lines=_lines_off(one.lines, goods),
                )
                for one in grant.parts
            ]
            continue
        parts.append(
            Part(
                instrument=grant.instrument,
                points=grant.points,
                amount_minor=grant.amount_minor,
                title=title_of(rules, grant.source) if grant.source else None,
                lines=tuple(line for one in grant.parts for line in _lines_off(one.lines, goods)),
            )
        )
    return tuple(parts)


def _lines_off(parts: Sequence[int], goods: Sequence[SaleLine]) -> tuple[LineOff, ...]:
    """What comes off which goods; of a single line there is nothing to be told apart."""
    if len(goods) < 2 or len(parts) != len(goods):
        return ()
    pairs = zip(goods, parts, strict=True)
    return tuple(LineOff(label=line.label, amount_minor=part) for line, part in pairs if part)


def title_of(rules: Rules, source: str) -> Title:
    """What the programme calls a reward or an offer; an id that it does not know is its name."""
    if rules.programme is not None:
        own = rules.programme.rules
        named: tuple[Reward | Offer, ...] = (*own.rewards, *own.offers)
        for one in named:
            if one.id == source:
                return Title(id=source, en=one.title_en, fa=one.title_fa)
    return Title(id=source)


def _tier(rules: Rules, tier: str | None) -> tuple[Title | None, tuple[Title, ...]]:
    if tier is None:
        return None, ()
    levels = () if rules.programme is None else rules.programme.rules.tiers.levels
    for level in levels:
        if level.id == tier:
            benefits = tuple(
                Title(id=one.id, en=one.title_en, fa=one.title_fa) for one in level.benefits
            )
            return Title(id=tier, en=level.title_en, fa=level.title_fa), benefits
    return Title(id=tier), ()


def _owned(rules: Rules, voucher: HeldVoucher) -> Owned:
    return Owned(title=title_of(rules, voucher.name), quantity=voucher.quantity)


def _day_before(rules: Rules, at_ms: int | None) -> date | None:
    """The last business day on which what lapses at a moment can still be spent."""
    if rules.programme is None or rules.place is None or at_ms is None:
        return None
    try:
        return business_day(rules.programme.rules.settings, rules.place.branch, at_ms - 1)
    except ValueRangeError:
        return None  # beyond every calendar: nobody need hurry
