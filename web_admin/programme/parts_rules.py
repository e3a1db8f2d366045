"""The inputs of earning rules, rewards and offers. What they ask for follows from the kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import MONEY_GIFTS, Gift, GiftKind, Reward
from web_admin.programme import choosing, inputs
from web_admin.programme.asking import Surroundings, ask
from web_admin.programme.choices import ROUNDING, STACKING, TAX
from web_admin.programme.parts import Group, Input, Rows
from web_admin.programme.parts_when import caps_rows, expiry_group, items_group, when_group
from web_admin.programme.say_earning import EVENTS

_GOODS: Final = frozenset({GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE})
_LAPSING: Final = frozenset({GiftKind.COUPON, GiftKind.BENEFIT})

_GIVEN: Final[dict[GiftKind, tuple[Callable[[], Input], ...]]] = {
    GiftKind.PERCENT_OFF: (
        lambda: inputs.percent(
            "percent_bp", ask(lazy_gettext("Percent off"), required=True), least=1
        ),
    ),
    GiftKind.POINTS: (
        lambda: inputs.number("points", ask(lazy_gettext("Points"), required=True), least=1),
    ),
    GiftKind.MULTIPLIER: (
        lambda: inputs.times(
            "multiplier_permille", ask(lazy_gettext("How many times"), required=True), least=1_001
        ),
    ),
}


def earning_part(rule: EarningRule, around: Surroundings) -> Group:
    """The inputs of one way to earn."""
    credit = rule.unit is Unit.CREDIT
    parts: list[Group | Rows | Input] = [titles(), *_earned(rule, around)]
    if rule.kind in (EarningKind.PER_AMOUNT, EarningKind.ITEM, EarningKind.MULTIPLIER):
        parts.append(items_group("items", lazy_gettext("Goods that count"), around))
    parts.append(when_group(around))
    if rule.kind is not EarningKind.MULTIPLIER:
        parts.append(caps_rows("caps", lazy_gettext("Limits"), around, credit=credit))
    parts.append(_rule_more(rule))
    return Group(parts=tuple(parts))


def reward_part(reward: Reward, around: Surroundings) -> Group:
    """The inputs of one reward."""
    cost = inputs.number(
        "cost_points",
        ask(
            lazy_gettext("What it costs in points"),
            lazy_gettext("0 where only a coupon gives it."),
        ),
        blank=0,
    )
    most = inputs.number(
        "most_per_sale",
        ask(lazy_gettext("How often it may be taken on one sale"), required=True),
        least=1,
        most=1_000,
    )
    return Group(
        parts=(
            titles(),
            cost,
            gift_group(reward.gift, around),
            when_group(around),
            Group(
                title=lazy_gettext("More"),
                folded=True,
                parts=(most, _funder()),
            ),
        )
    )


def offer_part(offer: Offer, around: Surroundings) -> Group:
    """The inputs of one offer."""
    credit = offer.gift.kind is GiftKind.CREDIT
    return Group(
        parts=(
            titles(),
            gift_group(offer.gift, around),
            when_group(around),
            caps_rows("budgets", lazy_gettext("Budgets"), around, credit=credit),
            Group(
                title=lazy_gettext("Beside other offers"),
                parts=(
                    _priority(),
                    choosing.choice("stacking", ask(lazy_gettext("It goes")), STACKING),
                    choosing.flag(
                        "published",
                        ask(
                            lazy_gettext("Members were promised it"),
                            lazy_gettext("Then nobody is held out."),
                        ),
                    ),
                    inputs.number(
                        "holdout_percent",
                        ask(
                            lazy_gettext("Held out by lot, in percent"),
                            lazy_gettext(
                                "So many of a hundred members never get it, so that its effect can "
                                "be measured."
                            ),
                        ),
                        most=50,
                        blank=0,
                    ),
                ),
            ),
            Group(
                title=lazy_gettext("More"),
                folded=True,
                parts=(
                    inputs.machine_name(
                        "campaign",
                        ask(
                            lazy_gettext("Campaign"),
                            lazy_gettext("Offers of one campaign share this short name."),
                        ),
                    ),
                    _funder(),
                ),
            ),
        )
    )


def gift_group(gift: Gift, around: Surroundings) -> Group:
    """What is given."""
    parts: list[Input | Group] = [*_given(gift.kind, around)]
    if gift.kind in MONEY_GIFTS:
        if gift.kind is not GiftKind.MONEY_OFF:
            most = ask(lazy_gettext("At most so much off"))
            parts.append(inputs.money("cap_minor", most, around, least=1))
        parts.append(items_group("items", lazy_gettext("Which goods"), around))
        if gift.kind not in _GOODS:
            cheapest = ask(lazy_gettext("Only the cheapest piece of them"))
            parts.append(choosing.flag("cheapest", cheapest))
    if gift.kind in _GOODS:
        parts.append(_quantity(lazy_gettext("How many pieces")))
    if gift.kind in _LAPSING:
        parts.append(_quantity(lazy_gettext("How often it can be used")))
        lapses = ask(lazy_gettext("It lapses after so many days"))
        parts.append(inputs.number("valid_days", lapses, least=1, most=3_660))
    return Group(name="gift", title=lazy_gettext("What is given"), parts=tuple(parts))


def _given(kind: GiftKind, around: Surroundings) -> tuple[Input, ...]:
    if kind in (GiftKind.MONEY_OFF, GiftKind.CREDIT):
        asked = ask(lazy_gettext("Amount"), required=True)
        return (inputs.money("amount_minor", asked, around, least=1),)
    if kind is GiftKind.PRODUCT_PRICE:
        asked = ask(lazy_gettext("Price of a piece"), required=True)
        return (inputs.money("price_minor", asked, around),)
    if kind is GiftKind.COUPON:
        return (_reward_choice(around),)
    return tuple(make() for make in _GIVEN.get(kind, ()))


def _reward_choice(around: Surroundings) -> Input:
    rewards = around.programme.rules.rewards
    names = [(one.id, one.title_fa or one.title_en or one.id) for one in rewards]
    return choosing.choice_of_names("reward", ask(lazy_gettext("For which reward")), names)


def _earned(rule: EarningRule, around: Surroundings) -> list[Input]:
    if rule.kind is EarningKind.MULTIPLIER:
        asked = ask(lazy_gettext("How many times"), lazy_gettext("2 is double."), required=True)
        return [inputs.times("multiplier_permille", asked, least=1)]
    parts: list[Input] = []
    if rule.kind is EarningKind.EVENT:
        parts.append(
            choosing.choice_of_words("event", ask(lazy_gettext("For what")), _events(rule))
        )
    if rule.unit is Unit.CREDIT:
        asked = ask(lazy_gettext("Credit given"), required=True)
        parts.append(inputs.money("points", asked, around, least=1))
    else:
        asked = ask(lazy_gettext("Points given"), required=True)
        parts.append(inputs.number("points", asked, least=1))
    return parts + _steps(rule.kind, around)


def _events(rule: EarningRule) -> dict[str, LazyString | str]:
    events: dict[str, LazyString | str] = dict(EVENTS)
    if rule.event is not None and rule.event not in events:
        events[rule.event] = rule.event
    return events


def _steps(kind: EarningKind, around: Surroundings) -> list[Input]:
    if kind is EarningKind.ITEM:
        asked = ask(lazy_gettext("for so many pieces"), required=True)
        return [inputs.number("per_pieces", asked, least=1, most=1_000_000)]
    if kind is EarningKind.PER_AMOUNT:
        asked = ask(lazy_gettext("for each whole amount of"), required=True)
        return [
            inputs.money("per_minor", asked, around, least=1),
            choosing.choice("basis", ask(lazy_gettext("Amounts are taken")), TAX),
            choosing.choice("rounding", ask(lazy_gettext("A fraction that is left")), ROUNDING),
        ]
    return []


def _rule_more(rule: EarningRule) -> Group:
    parts: list[Input | Group] = [_priority()]
    if rule.kind is not EarningKind.MULTIPLIER:
        parts += [
            choosing.flag(
                "stackable",
                ask(
                    lazy_gettext("It adds to other rules"),
                    lazy_gettext("Otherwise it takes the place of all others of its kind."),
                ),
            ),
            inputs.number(
                "pending_days",
                ask(
                    lazy_gettext("Can be spent after so many days"),
                    lazy_gettext("Empty: as the programme says."),
                ),
                most=366,
            ),
            expiry_group(
                "expiry",
                lazy_gettext("When it lapses"),
                own=lazy_gettext("As the programme says"),
            ),
        ]
    return Group(title=lazy_gettext("More"), folded=True, parts=tuple(parts))


def titles() -> Group:
    """What something is called in both languages."""
    return Group(
        parts=(
            inputs.title("title_fa", ask(lazy_gettext("Name in Persian"))),
            inputs.title("title_en", ask(lazy_gettext("Name in English"))),
        )
    )


def _priority() -> Input:
    asked = ask(
        lazy_gettext("Priority"),
        lazy_gettext("The higher goes first, where not all can apply."),
    )
    return inputs.number("priority", asked, least=-1_000_000, most=1_000_000, blank=0)


def _funder() -> Input:
    asked = ask(
        lazy_gettext("Who bears its cost"),
        lazy_gettext("A branch or a partner, by its short name. Empty: the branch that gives it."),
    )
    return inputs.machine_name("funder", asked)


def _quantity(label: LazyString) -> Input:
    return inputs.number("quantity", ask(label, required=True), least=1, most=10_000)
