"""How points are earned and how long they last, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup, escape

from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.rules.condition import TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding, Unit
from gateway.model.rules.rules import BASE_RULE_ID
from web_admin import filters
from web_admin.programme.say_gift import cap_sentence, expiry_sentences, multiple
from web_admin.programme.say_goods import goods
from web_admin.programme.say_when import conditions
from web_admin.programme.sentence import Item, Section, Sentence, code, said, sentence, trusted
from web_admin.programme.voice import Voice, days, title_of

EVENTS: Final = {
    "sign-up": lazy_gettext("signing up"),
    "survey": lazy_gettext("answering a survey"),
    "review": lazy_gettext("writing a review"),
}
"""Events with words of their own; others show by their names."""

_SIMPLE: Final = {
    EarningKind.VISIT: lazy_gettext("the first purchase of a day earns %(points)s"),
    EarningKind.REFERRAL: lazy_gettext(
        "whoever brought a member gets %(points)s for that member's first purchase"
    ),
}


def earning_section(programme: Programme, voice: Voice) -> Section:
    """Everything by which members earn, the base first."""
    items = [Item(key=BASE_RULE_ID, sentences=tuple(_base(programme, voice)))]
    items += [
        Item(
            key=rule.id,
            title=title_of(rule),
            sentences=tuple(rule_sentences(rule, voice)),
            badges=tuple(_badges(rule)),
        )
        for rule in programme.rules.earning
    ]
    return Section(key="earning", title=_("Earning"), icon="coin", items=tuple(items))


def lasting_section(programme: Programme, voice: Voice) -> Section:
    """From when and until when points can be spent."""
    rules = programme.rules
    points = trusted(_("points"))
    sentences = [_pending(rules.pending_days, points)]
    sentences += expiry_sentences(rules.expiry, points, "expiry")
    if rules.auto_redeem is not None:
        text = said(
            _("every night, each %(points)s become %(credit)s by themselves"),
            points=voice.points(rules.auto_redeem.points),
            credit=voice.credit(rules.auto_redeem.credit_minor),
        )
        sentences.append(sentence("auto_redeem", text))
    item = Item(key="points", sentences=tuple(sentences))
    return Section(key="lasting", title=_("How long points last"), icon="hourglass", items=(item,))


def spending_section(programme: Programme, voice: Voice) -> Section:
    """What points are worth as money."""
    worth = trusted(
        ngettext(
            "%(points)s is worth %(value)s off a purchase",
            "%(points)s are worth %(value)s off a purchase",
            programme.redeem_points,
            points=voice.points(programme.redeem_points),
            value=voice.money(programme.redeem_value_minor),
        )
    )
    sentences = [sentence("redeem_points", worth)]
    if programme.redeem_minimum_points > 1:
        least = voice.points(programme.redeem_minimum_points)
        sentences.append(
            sentence(
                "redeem_minimum_points",
                said(_("members use at least %(points)s at once"), points=least),
            )
        )
    share = filters.percent(programme.redeem_share_percent * 100)
    if programme.redeem_share_percent == 0:
        text = trusted(_("points pay for nothing; they are for rewards alone"))
    else:
        text = said(_("points pay for %(share)s of a purchase at most"), share=share)
    sentences.append(sentence("redeem_share_percent", text))
    item = Item(key="points", sentences=tuple(sentences))
    return Section(key="spending", title=_("Points as money"), icon="receipt", items=(item,))


def rule_sentences(rule: EarningRule, voice: Voice) -> Iterator[Sentence]:
    """What one rule says."""
    yield sentence("what", _what(rule, voice), *conditions(rule.when, voice))
    if rule.kind is EarningKind.PER_AMOUNT and rule.basis is TaxBasis.BEFORE_TAX:
        yield sentence("basis", trusted(_("amounts count without their tax")))
    if rule.rounding is Rounding.NEAREST:
        text = _("a fraction that is left is rounded, a half upwards")
        yield sentence("rounding", trusted(text))
    if rule.rounding is Rounding.CEILING:
        yield sentence("rounding", trusted(_("a fraction that is left counts as a whole one")))
    given, its = _given(rule, voice), trusted(_("what it gives"))
    for number, cap in enumerate(rule.caps):
        yield cap_sentence(cap, voice, f"caps.{number}", given)
    if rule.pending_days is not None:
        yield _pending(rule.pending_days, its)
    if rule.expiry is not None:
        yield from expiry_sentences(rule.expiry, its, "expiry")
    if not rule.stackable:
        text = _("where it applies, it takes the place of all other rules of its kind")
        yield sentence("stackable", trusted(text))


def _base(programme: Programme, voice: Voice) -> Iterator[Sentence]:
    if programme.earn_points:
        text = said(
            _("every %(amount)s spent earn %(points)s"),
            amount=voice.money(programme.earn_per_minor),
            points=voice.points(programme.earn_points),
        )
    else:
        text = trusted(_("the amount of a purchase alone earns nothing"))
    yield sentence("earn_points", text)
    if programme.redeemed_amount_earns:
        paid = _("what is paid with points earns points, too")
    else:
        paid = _("what is paid with points earns no points")
    yield sentence("redeemed_amount_earns", trusted(paid))
    if programme.succeeds is not None:
        old, new = programme.succeeds.currency, programme.currency
        old_minor = programme.succeeds.old_units_per_unit * int(10**old.exponent)
        rate = said(
            _("%(old)s of before are %(new)s now"),
            old=escape(filters.money(old_minor, old, voice.unit)),
            new=voice.money(int(10**new.exponent)),
        )
        yield sentence("succeeds", rate)
    if programme.unknown_card is UnknownCardPolicy.ENROL:
        card = _("a new card makes its owner a member with the first purchase")
    else:
        card = _("the points of a new card wait until somebody enrols it")
    yield sentence("unknown_card", trusted(card))


def _what(rule: EarningRule, voice: Voice) -> Markup:
    which = goods(rule.items)
    given = _given(rule, voice)(rule.points)
    match rule.kind:
        case EarningKind.PER_AMOUNT:
            return _per_amount(voice.money(rule.per_minor or 1), which, given)
        case EarningKind.ITEM:
            return _per_item(rule.per_pieces, which, given)
        case EarningKind.FIXED:
            return _fixed(which, given)
        case EarningKind.MULTIPLIER:
            return _multiplier(rule, which)
        case EarningKind.EVENT:
            return _event(rule.event or "", given)
        case _:
            return said(str(_SIMPLE[rule.kind]), points=given)


def _per_amount(amount: Markup, which: Markup | None, given: Markup) -> Markup:
    if which is None:
        return said(_("every %(amount)s spent earn %(points)s"), amount=amount, points=given)
    text = _("every %(amount)s spent on %(goods)s earn %(points)s")
    return said(text, amount=amount, goods=which, points=given)


def _per_item(pieces: int, which: Markup | None, given: Markup) -> Markup:
    which = which or trusted(_("goods"))
    return trusted(
        ngettext(
            "every piece of %(goods)s earns %(points)s",
            "every %(count)s pieces of %(goods)s earn %(points)s",
            pieces,
            count=filters.num(pieces),
            goods=which,
            points=given,
        )
    )


def _fixed(which: Markup | None, given: Markup) -> Markup:
    if which is None:
        return said(_("a purchase earns %(points)s"), points=given)
    return said(_("a purchase of %(goods)s earns %(points)s"), goods=which, points=given)


def _event(name: str, given: Markup) -> Markup:
    words = EVENTS.get(name)
    event = code(name) if words is None else trusted(str(words))
    return said(_("%(event)s earns %(points)s"), event=event, points=given)


def _multiplier(rule: EarningRule, which: Markup | None) -> Markup:
    more = multiple(rule.multiplier_permille or 0)
    if rule.unit is Unit.CREDIT:
        return said(_("earned credit counts %(multiple)s"), multiple=more)
    if which is None:
        return said(_("points count %(multiple)s"), multiple=more)
    return said(_("points for %(goods)s count %(multiple)s"), goods=which, multiple=more)


def _given(rule: EarningRule, voice: Voice) -> Callable[[int], Markup]:
    return voice.credit if rule.unit is Unit.CREDIT else voice.points


def _pending(count: int, what: Markup) -> Sentence:
    if count == 0:
        text = said(_("%(what)s can be spent at once"), what=what)
    else:
        pattern = _("%(what)s can be spent %(days)s after the sale")
        text = said(pattern, what=what, days=days(count))
    return sentence("pending_days", text)


def _badges(rule: EarningRule) -> Iterator[str]:
    if rule.priority:
        yield _("Priority %(number)s", number=filters.signed(rule.priority))
