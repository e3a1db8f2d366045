"""What a draft is made of: the parts with a form each, and the lists of parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from flask_babel import LazyString, lazy_gettext

from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.scope import Category, ItemFilter, ItemSet
from gateway.model.rules.settings import BranchClock, Occasion
from gateway.model.rules.tiers import TierLevel
from web_admin.programme import parts_cards, parts_lists, parts_rules, parts_single
from web_admin.programme.asking import Surroundings
from web_admin.programme.choices import EARNING_KINDS, GIFT_KINDS
from web_admin.programme.parts import Group, Value

#: The id of what is being made; nothing that is kept has it.
NEW_ID: Final = "new"
_CREDIT: Final = "credit:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A part that every programme has once.

    Attributes:
        title: what it is called.
        form: its inputs.
    """

    title: LazyString
    form: Callable[[Surroundings], Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKind:
    """A kind of item that can be added.

    Attributes:
        key: names it in addresses.
        words: what it is called.
        hint: what it is for.
    """

    key: str
    words: LazyString
    hint: LazyString


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of parts.

    Attributes:
        kind: what one of them is.
        title: what one of them is called.
        add: the words for one more.
        stem: how a short name begins that is made up.
        form: the inputs of one.
        items: all of them, of a programme.
        put: a programme with others in their place.
        make: a new one of a kind, its id still ``NEW_ID``.
        kinds: what kinds there are; none where all are alike.
        ranked: whether they have priorities.
        named_by: the field that names them.
    """

    kind: type[Any]
    title: LazyString
    add: LazyString
    stem: str
    form: Callable[[Value, Surroundings], Group]
    items: Callable[[Programme], tuple[Value, ...]]
    put: Callable[[Programme, tuple[Value, ...]], Programme]
    make: Callable[[str, Programme], Value]
    kinds: tuple[ItemKind, ...] = ()
    ranked: bool = False
    named_by: str = "id"

    def kinds_for(self, programme: Programme) -> tuple[ItemKind, ...]:
        """The kinds that can be added now: a coupon needs a reward to be for."""
        without_rewards = not programme.rules.rewards
        coupon = GiftKind.COUPON.value
        return tuple(one for one in self.kinds if not (without_rewards and one.key == coupon))

    def find(self, programme: Programme, name: str) -> Value | None:
        """One of them; None where there is none of this name."""
        return next((one for one in self.items(programme) if self.name_of(one) == name), None)

    def name_of(self, item: Value) -> str:
        """What names one of them."""
        return str(getattr(item, self.named_by))

    def with_item(self, programme: Programme, name: str | None, item: Value) -> Programme:
        """A programme with one of them changed, or one more where ``name`` is None.

        Raises:
            MohrError: if the programme cannot be used then.
        """
        known = self.items(programme)
        if name is None:
            return self.put(programme, (*known, item))
        return self.put(
            programme, tuple(item if self.name_of(one) == name else one for one in known)
        )

    def without(self, programme: Programme, name: str) -> Programme:
        """A programme without one of them.

        Raises:
            MohrError: if the programme cannot be used then.
        """
        known = self.items(programme)
        return self.put(programme, tuple(one for one in known if self.name_of(one) != name))


def moved(items: tuple[Value, ...], name: str, *, up: bool) -> tuple[Value, ...]:
    """Let one of several with priorities come before, or after, its neighbour.

    Priorities are raised only as far as is needed; those that need not change stay as they are.

    Args:
        items: rules or offers.
        name: the id of the one that moves.
        up: whether it comes earlier.
    """
    ranked = sorted(items, key=lambda one: (-one.priority, one.id))
    at = next((at for at, one in enumerate(ranked) if one.id == name), None)
    other = None if at is None else at - 1 if up else at + 1
    if at is None or other is None or not 0 <= other < len(ranked):
        return items
    ranked[at], ranked[other] = ranked[other], ranked[at]
    priorities = {}
    least: int | None = None
    for one in reversed(ranked):
        least = one.priority if least is None else max(one.priority, least + 1)
        priorities[one.id] = least
    return tuple(replace(one, priority=priorities[one.id]) for one in items)


SINGLES: Final[dict[str, Single]] = {
    "base": Single(title=lazy_gettext("Points for each amount"), form=parts_single.base_part),
    "spending": Single(title=lazy_gettext("Points as money"), form=parts_single.spending_part),
    "lasting": Single(title=lazy_gettext("How long points last"), form=parts_single.lasting_part),
    "stacking": Single(
        title=lazy_gettext("Several offers on one sale"), form=parts_single.stacking_part
    ),
    "tiers": Single(
        title=lazy_gettext("How members move between the levels"), form=parts_single.tiers_part
    ),
    "credit": Single(title=lazy_gettext("Stored credit"), form=parts_single.credit_part),
    "gift_cards": Single(title=lazy_gettext("Gift cards"), form=parts_single.gift_cards_part),
    "households": Single(title=lazy_gettext("Households"), form=parts_single.households_part),
    "returns": Single(title=lazy_gettext("Returns"), form=parts_single.returns_part),
    "cards": Single(title=lazy_gettext("Cards"), form=parts_cards.cards_part),
    "groups": Single(title=lazy_gettext("Groups of members"), form=parts_single.groups_part),
    "settings": Single(title=lazy_gettext("Clocks and settings"), form=parts_single.settings_part),
}


def _in_rules(name: str) -> tuple[Any, Any]:
    """Reads and replaces a list of the rules."""

    def items(programme: Programme) -> tuple[Value, ...]:
        found: tuple[Value, ...] = getattr(programme.rules, name)
        return found

    def put(programme: Programme, new: tuple[Value, ...]) -> Programme:
        changed: dict[str, Any] = {name: new}
        return replace(programme, rules=replace(programme.rules, **changed))

    return items, put


def _put_levels(programme: Programme, new: tuple[TierLevel, ...]) -> Programme:
    ordered = tuple(sorted(new, key=lambda level: level.threshold))
    tiers = replace(programme.rules.tiers, levels=ordered)
    return replace(programme, rules=replace(programme.rules, tiers=tiers))


def _put_clocks(programme: Programme, new: tuple[BranchClock, ...]) -> Programme:
    settings = replace(programme.rules.settings, branch_clocks=new)
    return replace(programme, rules=replace(programme.rules, settings=settings))


def _new_rule(kind: str, programme: Programme) -> EarningRule:
    unit = Unit.CREDIT if kind.startswith(_CREDIT) else Unit.POINTS
    chosen = EarningKind(kind.removeprefix(_CREDIT))
    multiplier = chosen is EarningKind.MULTIPLIER
    return EarningRule(
        id=NEW_ID,
        kind=chosen,
        unit=unit,
        points=0 if multiplier else 1,
        per_minor=programme.earn_per_minor if chosen is EarningKind.PER_AMOUNT else None,
        multiplier_permille=2_000 if multiplier else None,
        event="sign-up" if chosen is EarningKind.EVENT else None,
    )


def _new_gift(kind: str, programme: Programme) -> Gift:
    chosen = GiftKind(kind)
    goods = (GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE)
    money = (GiftKind.MONEY_OFF, GiftKind.CREDIT)
    rewards = programme.rules.rewards
    return Gift(
        kind=chosen,
        amount_minor=programme.earn_per_minor if chosen in money else None,
        percent_bp=1_000 if chosen is GiftKind.PERCENT_OFF else None,
        price_minor=programme.earn_per_minor if chosen is GiftKind.PRODUCT_PRICE else None,
        points=10 if chosen is GiftKind.POINTS else None,
        multiplier_permille=2_000 if chosen is GiftKind.MULTIPLIER else None,
        reward=(rewards[0].id if rewards else NEW_ID) if chosen is GiftKind.COUPON else None,
        # Which goods it is must be said before it can be kept; no article has this number.
        items=ItemFilter(only=ItemSet(skus=(" ",))) if chosen in goods else ItemFilter(),
    )


def _rule_kinds() -> tuple[ItemKind, ...]:
    found = [
        ItemKind(key=kind.value, words=words, hint=hint)
        for kind, (words, hint) in EARNING_KINDS.items()
    ]
    cash_back = ItemKind(
        key=f"{_CREDIT}{EarningKind.PER_AMOUNT.value}",
        words=lazy_gettext("Cash back"),
        hint=lazy_gettext("Credit instead of points, for each so much spent."),
    )
    return (*found, cash_back)


def _gift_kinds(*left_out: GiftKind) -> tuple[ItemKind, ...]:
    return tuple(
        ItemKind(key=kind.value, words=words, hint=hint)
        for kind, (words, hint) in GIFT_KINDS.items()
        if kind not in left_out
    )


_earning, _put_earning = _in_rules("earning")
_rewards, _put_rewards = _in_rules("rewards")
_offers, _put_offers = _in_rules("offers")
_occasions, _put_occasions = _in_rules("occasions")
_categories, _put_categories = _in_rules("categories")

LISTINGS: Final[dict[str, Listing]] = {
    "earning": Listing(
        kind=EarningRule,
        title=lazy_gettext("Earning rule"),
        add=lazy_gettext("Add an earning rule"),
        stem="rule",
        form=parts_rules.earning_part,
        items=_earning,
        put=_put_earning,
        make=_new_rule,
        kinds=_rule_kinds(),
        ranked=True,
    ),
    "rewards": Listing(
        kind=Reward,
        title=lazy_gettext("Reward"),
        add=lazy_gettext("Add a reward"),
        stem="reward",
        form=parts_rules.reward_part,
        items=_rewards,
        put=_put_rewards,
        make=lambda kind, programme: Reward(
            id=NEW_ID, cost_points=0, gift=_new_gift(kind, programme)
        ),
        kinds=_gift_kinds(GiftKind.COUPON),
    ),
    "offers": Listing(
        kind=Offer,
        title=lazy_gettext("Offer"),
        add=lazy_gettext("Add an offer"),
        stem="offer",
        form=parts_rules.offer_part,
        items=_offers,
        put=_put_offers,
        make=lambda kind, programme: Offer(id=NEW_ID, gift=_new_gift(kind, programme)),
        kinds=_gift_kinds(),
        ranked=True,
    ),
    "levels": Listing(
        kind=TierLevel,
        title=lazy_gettext("Level"),
        add=lazy_gettext("Add a level"),
        stem="level",
        form=parts_lists.level_part,
        items=lambda programme: programme.rules.tiers.levels,
        put=_put_levels,
        make=lambda _kind, _programme: TierLevel(id=NEW_ID, threshold=0),
    ),
    "occasions": Listing(
        kind=Occasion,
        title=lazy_gettext("Occasion"),
        add=lazy_gettext("Add an occasion"),
        stem="occasion",
        form=parts_lists.occasion_part,
        items=_occasions,
        put=_put_occasions,
        make=lambda _kind, _programme: Occasion(id=NEW_ID, month=1, day=1),
    ),
    "categories": Listing(
        kind=Category,
        title=lazy_gettext("Category of goods"),
        add=lazy_gettext("Add a category of goods"),
        stem="goods",
        form=parts_lists.category_part,
        items=_categories,
        put=_put_categories,
        make=lambda _kind, _programme: Category(id=NEW_ID, items=ItemSet()),
    ),
    "clocks": Listing(
        kind=BranchClock,
        title=lazy_gettext("Clock of a branch"),
        add=lazy_gettext("Add the clock of a branch"),
        stem="branch",
        form=parts_lists.clock_part,
        items=lambda programme: programme.rules.settings.branch_clocks,
        put=_put_clocks,
        make=lambda _kind, _programme: BranchClock(branch=BranchId(NEW_ID)),
        named_by="branch",
    ),
}
