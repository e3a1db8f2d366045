"""Rules as sentences: all is said, in both languages, and what a stranger typed stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from gateway.config_programme import default_programme, parse_programme
from gateway.formatting.numbers import MoneyUnit
from gateway.model.card import Assurance
from gateway.model.ids import BranchId
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.condition import Condition, MemberDay, TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Choice, DiscountBasis, Offer, Stacking, StackingPolicy
from gateway.model.rules.returns import RefundBasis, ReturnPolicy, UnknownOriginal
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.rules.stored_value import HouseholdPolicy, LeavePolicy
from gateway.model.rules.tiers import (
    Downgrade,
    TierBasis,
    TierEnd,
    TierLevel,
    TierPeriod,
    TierScheme,
    TierStart,
)
from gateway.programme_file.trade import Trade, TradeCurrency, trade_text
from simulators.furnished.names import HOSTILE
from simulators.furnished.programme import rich_programme
from web_admin.programme.sentence import Section
from web_admin.programme.sentences import sections
from web_admin.programme.voice import voice_of
from web_admin.tongues import Readers, install_language

RICH = rich_programme(default_programme("IRR"))
SIMPLE = default_programme("IRR")
ENGLISH = re.compile(r"[A-Za-z]{3,}")
ONLY_LATIN = ItemFilter(only=ItemSet(skus=("7",)))


@pytest.fixture(scope="module")
def app() -> Flask:
    """An application that speaks both languages and does nothing else."""
    made = Flask("web_admin", static_folder=None)
    install_language(
        made,
        Readers(
            languages=lambda: ("fa", "en"),
            default=lambda: "fa",
            account_language=lambda: None,
            zone=lambda: None,
        ),
    )
    return made


def told(app: Flask, programme: Programme, language: str = "en") -> tuple[Section, ...]:
    """What a programme says, in tomans."""
    with app.test_request_context(headers={"Accept-Language": language}):
        return sections(programme, voice_of(programme, MoneyUnit.TOMAN))


def lines(found: tuple[Section, ...], *keys: str) -> list[str]:
    """Every sentence of some sections, or of all, without markup."""
    return [
        unescape(re.sub(r"<[^>]+>", "", one.text))
        for section in found
        if not keys or section.key in keys
        for item in section.items
        for one in item.sentences
    ]


def with_rules(**parts: object) -> Programme:
    """Simple rules with some parts beside."""
    return replace(SIMPLE, rules=replace(Rules(), **parts))  # type: ignore[arg-type] # by name


def test_the_owners_two_examples(app: Flask) -> None:
    """The sentences that the pages promise, word for word, in both languages."""
    doubled = EarningRule(
        id="fridays",
        kind=EarningKind.MULTIPLIER,
        multiplier_permille=2_000,
        when=RICH.rules.earning[0].when,
    )
    programme = with_rules(earning=(doubled,))
    english = lines(told(app, programme), "earning")
    assert english[0] == "Every 1,000 tomans spent earn 1 point."
    assert english[-1] == "On Fridays, points count double."
    persian = lines(told(app, programme, "fa"), "earning")
    assert persian[0] == "به ازای هر ۱٬۰۰۰ تومان خرید، ۱ امتیاز داده می‌شود."
    assert persian[-1] == "جمعه‌ها، امتیازها دوبرابر حساب می‌شود."


def test_a_rich_rule_is_one_sentence_with_its_conditions_first(app: Flask) -> None:
    """When, where, who and how much stand before what is given."""
    assert (
        "From 21 Mar 2027 on, between 17:00 and 20:00 or between 22:00 and 02:00, at the branches"
        " tajrish or isfahan, for members of Gold, on purchases of at least 100,000 tomans, every"
        " 5,000 tomans spent earn 3 oranges."
    ) in lines(told(app, RICH), "earning")
    assert (
        "از ۳ روز پیش تا ۳ روز پس از تولد عضو، عضو یک عدد از گروه کالای cakes رایگان می‌گیرد."
    ) in lines(told(app, RICH, "fa"), "offers")


def programmes() -> Iterator[tuple[str, Programme]]:
    """Rules of every kind, one kind at a time."""
    yield "rich", RICH
    yield "simple", SIMPLE
    for trade in Trade:
        for currency in TradeCurrency:
            yield f"{trade}-{currency}", parse_programme(trade_text(trade, currency))
    for kind in ExpiryKind:
        yield f"expiry-{kind}", with_rules(expiry=_expiry(kind, 1), pending_days=1)
        if kind not in (ExpiryKind.DAYS, ExpiryKind.MONTHS):
            yield f"expiry-{kind}-0", with_rules(expiry=_expiry(kind, 0))
    yield "sliding", with_rules(expiry=Expiry(kind=ExpiryKind.DAYS, count=9, sliding=True))
    for policy in (UnknownCardPolicy.HOLD, UnknownCardPolicy.ENROL):
        yield policy.value, replace(SIMPLE, unknown_card=policy, redeemed_amount_earns=True)
    yield "no-points", replace(SIMPLE, earn_points=0, redeem_share_percent=0)
    yield from _rules_of_every_kind()
    yield from _gifts_of_every_kind()
    yield from _tiers_of_every_kind()
    yield from _policies_of_every_kind()


def _expiry(kind: ExpiryKind, count: int) -> Expiry:
    if kind is ExpiryKind.DATE:
        return Expiry(kind=kind, last_day=RICH.rules.occasions[1].dates[0])
    return Expiry(kind=kind, count=0 if kind is ExpiryKind.NEVER else count)


def _rules_of_every_kind() -> Iterator[tuple[str, Programme]]:
    for kind in EarningKind:
        for unit in Unit:
            rule = EarningRule(
                id="rule",
                kind=kind,
                unit=unit,
                points=0 if kind is EarningKind.MULTIPLIER else 3,
                per_minor=1_000 if kind is EarningKind.PER_AMOUNT else None,
                multiplier_permille=1_500 if kind is EarningKind.MULTIPLIER else None,
                event="party" if kind is EarningKind.EVENT else None,
                items=ONLY_LATIN if unit is Unit.POINTS else ItemFilter(without=ONLY_LATIN.only),
                rounding=Rounding.CEILING,
                basis=TaxBasis.BEFORE_TAX,
                pending_days=3,
                expiry=Expiry(),
            )
            yield f"{kind}-{unit}", with_rules(earning=(rule,))
    for measure in (CapMeasure.USES, CapMeasure.POINTS):
        for owner in CapOwner:
            caps = tuple(
                Cap(limit=2, measure=measure, owner=owner, period=period) for period in CapPeriod
            )
            rule = EarningRule(id="rule", kind=EarningKind.FIXED, points=1, caps=caps)
            yield f"caps-{measure}-{owner}", with_rules(earning=(rule,))
    for name, when in _CONDITIONS.items():
        rule = EarningRule(id="rule", kind=EarningKind.FIXED, points=1, when=when)
        yield f"when-{name}", with_rules(earning=(rule,))


_CONDITIONS = {
    "first": Condition(first_purchase=True),
    "day": Condition(member_day=MemberDay()),
    "before": Condition(member_day=MemberDay(days_before=2)),
    "after": Condition(member_day=MemberDay(day="wedding", days_after=2)),
    "every": Condition(visit_every=1),
    "between": Condition(visits_minimum=2, visits_maximum=4),
    "up-to": Condition(visits_maximum=4),
    "was-here": Condition(days_since_visit_maximum=9),
    "interval": Condition(days_since_visit_minimum=3, days_since_visit_maximum=9),
    "amounts": Condition(minimum_minor=1, maximum_minor=9, amount_basis=TaxBasis.BEFORE_TAX),
    "at-most": Condition(maximum_minor=9, items=ONLY_LATIN),
    "pieces": Condition(minimum_pieces=1, items=ONLY_LATIN),
    "goods": Condition(items=ONLY_LATIN),
}


def _gifts_of_every_kind() -> Iterator[tuple[str, Programme]]:
    parts: dict[GiftKind, dict[str, object]] = {
        GiftKind.MONEY_OFF: {"amount_minor": 5, "items": ONLY_LATIN, "cheapest": True},
        GiftKind.PERCENT_OFF: {"percent_bp": 1_250, "cap_minor": 9},
        GiftKind.FREE_ITEM: {"items": ONLY_LATIN, "quantity": 2},
        GiftKind.PRODUCT_PRICE: {"items": ONLY_LATIN, "price_minor": 7},
        GiftKind.POINTS: {"points": 5},
        GiftKind.MULTIPLIER: {"multiplier_permille": 3_000},
        GiftKind.CREDIT: {"amount_minor": 5},
        GiftKind.COUPON: {"reward": "tea", "quantity": 2, "valid_days": 9},
        GiftKind.BENEFIT: {"quantity": 3},
    }
    tea = Reward(
        id="tea",
        cost_points=0,
        gift=Gift(kind=GiftKind.BENEFIT),
        funder=BranchId("north"),
        most_per_sale=2,
    )
    for kind in GiftKind:
        gift = Gift(kind=kind, **parts[kind])  # type: ignore[arg-type] # by name
        offer = Offer(id="offer", gift=gift, stacking=Stacking.ALWAYS)
        yield f"gift-{kind}", with_rules(rewards=(tea,), offers=(offer,))


def _tiers_of_every_kind() -> Iterator[tuple[str, Programme]]:
    level = (TierLevel(id="gold", threshold=3),)
    for basis in TierBasis:
        scheme = TierScheme(basis=basis, levels=level, counts_this_sale=True)
        yield f"basis-{basis}", with_rules(tiers=scheme)
    for period in TierPeriod:
        scheme = TierScheme(period=period, levels=level, start=TierStart.NEXT_PERIOD)
        yield f"period-{period}", with_rules(tiers=scheme)
    for end in TierEnd:
        for downgrade in Downgrade:
            scheme = TierScheme(
                end=end,
                downgrade=downgrade,
                period=TierPeriod.MONTH,
                levels=level,
                keep_days=3,
                grace_months=1,
                round_up_to_month=True,
            )
            yield f"end-{end}-{downgrade}", with_rules(tiers=scheme)


def _policies_of_every_kind() -> Iterator[tuple[str, Programme]]:
    for leave in LeavePolicy:
        policy = HouseholdPolicy(members_maximum=1, leave=leave)
        yield f"leave-{leave}", with_rules(households=policy)
    for basis in RefundBasis:
        for unknown in UnknownOriginal:
            returns = ReturnPolicy(basis=basis, unknown_original=unknown, only_pending=True)
            yield f"returns-{basis}-{unknown}", with_rules(returns=returns)
    yield "clamp", replace(SIMPLE, refund=RefundPolicy.CLAMP, hold_ttl_ms=90_000)
    for choice in Choice:
        for basis_ in DiscountBasis:
            stacking = StackingPolicy(choice=choice, basis=basis_, most=1, one_per_line=True)
            yield f"stacking-{choice}-{basis_}", with_rules(stacking=stacking)


ALL = dict(programmes())


@pytest.mark.parametrize("name", ALL)
def test_every_kind_of_rule_is_said_in_both_languages(app: Flask, name: str) -> None:
    """Nothing is left unsaid, no placeholder stays, and no English word stands in Persian."""
    english, persian = (told(app, ALL[name], language) for language in ("en", "fa"))
    assert [section.key for section in english] == [section.key for section in persian]
    for one, other in zip(english, persian, strict=True):
        assert [(item.key, [s.key for s in item.sentences]) for item in one.items] == [
            (item.key, [s.key for s in item.sentences]) for item in other.items
        ]
    for text in lines(english):
        assert text.endswith("."), text
        assert "%(" not in text
        assert "None" not in text
    for section in (*english, *persian):
        for item in section.items:
            # Whatever begins with no name begins large.
            assert not any(sentence.text[0].islower() for sentence in item.sentences)
    for section in persian:
        for item in section.items:
            for sentence in item.sentences:
                # What machines and people are called stands in elements that nobody translates.
                own = re.sub(r"<bdi translate=\"no\".*?</bdi>", "", sentence.text)
                assert not ENGLISH.search(own), own
                assert "%(" not in own


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_a_stranger_typed_stays_text(app: Flask, hostile: str) -> None:
    """A title or a word of goods makes no element, and no direction of its own."""
    text = hostile.replace("\n", " ")[:60]
    rule = EarningRule(
        id="rule",
        kind=EarningKind.ITEM,
        points=1,
        title_en=text,
        items=ItemFilter(only=ItemSet(label_words=(text,))),
    )
    for section in told(app, with_rules(earning=(rule,))):
        for item in section.items:
            for markup in (item.title, *(one.text for one in item.sentences)):
                assert set(re.findall(r"<(/?\w+)", markup)) <= {"bdi", "/bdi"}
                assert "\u202e" not in markup


def test_keys_tell_sentences_apart(app: Flask) -> None:
    """Within an item no two sentences have one key, so that differences find each other."""
    for name, programme in ALL.items():
        for section in told(app, programme):
            assert len({item.key for item in section.items}) == len(section.items), name
            for item in section.items:
                keys = [one.key for one in item.sentences]
                assert len(set(keys)) == len(keys), (name, section.key, keys)


def test_every_section_has_a_picture(app: Flask, project_root: Path) -> None:
    """What a section is about is shown by a sign that is among the vendored ones."""
    drawn = (project_root / "web_admin/static/vendor/icons.svg").read_text("utf-8")
    assert [one.icon for one in told(app, RICH) if f'id="{one.icon}"' not in drawn] == []


@pytest.mark.parametrize(
    ("assurance", "said"),
    [
        (Assurance.IDENTIFIED, "any card spends"),
        (Assurance.AUTHENTICATED, "only a card that proves its secret key spends"),
    ],
)
def test_what_a_card_must_prove_is_said(app: Flask, assurance: Assurance, said: str) -> None:
    """An owner reads which cards spend, and what becomes of a copy."""
    programme = with_rules(cards=CardPolicy(redeem_needs=assurance, block_copies=False))
    assert [one.lower().rstrip(".") for one in lines(told(app, programme), "cards")][1] == said
    assert "goes on" in lines(told(app, programme), "cards")[-1]
