"""What people choose between in the draft's forms, in words."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext, lazy_pgettext

from gateway.model.card import Assurance
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.rules.caps import CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import TaxBasis
from gateway.model.rules.earning import EarningKind, Rounding
from gateway.model.rules.expiry import CalendarKind, ExpiryKind
from gateway.model.rules.offer import Choice, DiscountBasis, Stacking
from gateway.model.rules.returns import RefundBasis, UnknownOriginal
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.stored_value import LeavePolicy
from gateway.model.rules.tiers import Downgrade, TierBasis, TierEnd, TierPeriod, TierStart

EARNING_KINDS: Final = {
    EarningKind.PER_AMOUNT: (
        lazy_gettext("Points for an amount"),
        lazy_gettext("So many points for each so much spent, on all goods or on some."),
    ),
    EarningKind.ITEM: (
        lazy_gettext("Points for pieces"),
        lazy_gettext("A stamp for each coffee, points for certain articles."),
    ),
    EarningKind.VISIT: (
        lazy_gettext("Points for a visit"),
        lazy_gettext("Once a day at a branch, whatever is bought."),
    ),
    EarningKind.FIXED: (
        lazy_gettext("Points for a purchase"),
        lazy_gettext("The same for every purchase for which the conditions hold."),
    ),
    EarningKind.MULTIPLIER: (
        lazy_gettext("Points count several times"),
        lazy_gettext("Double points on Fridays, or for a tier."),
    ),
    EarningKind.EVENT: (
        lazy_gettext("Points without a purchase"),
        lazy_gettext("For signing up, for a survey, for a review."),
    ),
    EarningKind.REFERRAL: (
        lazy_gettext("Points for bringing somebody"),
        lazy_gettext("For whoever brought a new member, at that member's first purchase."),
    ),
}
GIFT_KINDS: Final = {
    GiftKind.MONEY_OFF: (
        lazy_gettext("Money off"),
        lazy_gettext("A fixed amount off the purchase, or off certain goods."),
    ),
    GiftKind.PERCENT_OFF: (
        lazy_gettext("Percent off"),
        lazy_gettext("A share off the purchase, or off certain goods, with a most."),
    ),
    GiftKind.FREE_ITEM: (
        lazy_gettext("Goods for free"),
        lazy_gettext("So many pieces of certain goods cost nothing."),
    ),
    GiftKind.PRODUCT_PRICE: (
        lazy_gettext("Goods at a price"),
        lazy_gettext("So many pieces of certain goods at a price of their own."),
    ),
    GiftKind.POINTS: (
        lazy_gettext("More points"),
        lazy_gettext("So many points on top."),
    ),
    GiftKind.MULTIPLIER: (
        lazy_gettext("The points several times"),
        lazy_gettext("The points of the purchase, doubled for example."),
    ),
    GiftKind.CREDIT: (
        lazy_gettext("Credit"),
        lazy_gettext("Money that the member can spend at the shop."),
    ),
    GiftKind.COUPON: (
        lazy_gettext("A coupon"),
        lazy_gettext("For one of the rewards, to be used at a later visit."),
    ),
    GiftKind.BENEFIT: (
        lazy_gettext("A benefit"),
        lazy_gettext("Something that is no money: the cashier sees it and gives it."),
    ),
}
TAX: Final = {
    TaxBasis.AFTER_TAX: lazy_gettext("With the tax, as customers pay"),
    TaxBasis.BEFORE_TAX: lazy_gettext("Without the tax"),
}
ROUNDING: Final = {
    Rounding.FLOOR: lazy_gettext("Is dropped"),
    Rounding.NEAREST: lazy_gettext("Is rounded, a half upwards"),
    Rounding.CEILING: lazy_gettext("Counts as a whole one"),
}
MEASURES: Final = {
    CapMeasure.USES: lazy_pgettext("limit", "times"),
    CapMeasure.POINTS: lazy_pgettext("limit", "points or credit"),
    CapMeasure.AMOUNT: lazy_pgettext("limit", "money off"),
}
OWNERS: Final = {
    CapOwner.MEMBER: lazy_pgettext("limit", "for each member"),
    CapOwner.BRANCH: lazy_pgettext("limit", "for each branch"),
    CapOwner.ALL: lazy_pgettext("limit", "for all together"),
}
PERIODS: Final = {
    CapPeriod.SALE: lazy_pgettext("limit", "on one sale"),
    CapPeriod.DAY: lazy_pgettext("limit", "a day"),
    CapPeriod.WEEK: lazy_pgettext("limit", "a week"),
    CapPeriod.MONTH: lazy_pgettext("limit", "a month"),
    CapPeriod.QUARTER: lazy_pgettext("limit", "a quarter"),
    CapPeriod.YEAR: lazy_pgettext("limit", "a year"),
    CapPeriod.EVER: lazy_pgettext("limit", "altogether"),
}
EXPIRIES: Final = {
    ExpiryKind.NEVER: lazy_gettext("Never"),
    ExpiryKind.DAYS: lazy_gettext("After so many days"),
    ExpiryKind.MONTHS: lazy_gettext("After so many months"),
    ExpiryKind.MONTH_END: lazy_gettext("At the end of a month"),
    ExpiryKind.QUARTER_END: lazy_gettext("At the end of a quarter"),
    ExpiryKind.YEAR_END: lazy_gettext("At the end of a year"),
    ExpiryKind.DATE: lazy_gettext("With a fixed day"),
}
CALENDARS: Final = {
    CalendarKind.GREGORIAN: lazy_gettext("Gregorian"),
    CalendarKind.JALALI: lazy_gettext("Jalali"),
}
STACKING: Final = {
    Stacking.STACKABLE: lazy_gettext("With other offers"),
    Stacking.NEVER: lazy_gettext("Alone"),
    Stacking.ALWAYS: lazy_gettext("With every other, also with one that goes alone"),
}
CHOICES: Final = {
    Choice.ALL: lazy_gettext("All of them, by priority"),
    Choice.FIRST: lazy_gettext("The first by priority"),
    Choice.HIGHEST: lazy_gettext("The one that takes most off"),
    Choice.LOWEST: lazy_gettext("The one that takes least off"),
}
DISCOUNTS: Final = {
    DiscountBasis.DISCOUNTED: lazy_gettext("From what the ones before it have left"),
    DiscountBasis.INITIAL: lazy_gettext("From the price before all discounts"),
}
TIER_BASES: Final = {
    TierBasis.POINTS_EARNED: lazy_gettext("Points earned"),
    TierBasis.SPEND: lazy_gettext("Money spent"),
    TierBasis.VISITS: lazy_gettext("Visits"),
    TierBasis.BALANCE: lazy_gettext("Points at hand now"),
}
TIER_PERIODS: Final = {
    TierPeriod.EVER: lazy_gettext("Since joining"),
    TierPeriod.ROLLING: lazy_gettext("In the last months"),
    TierPeriod.MONTH: lazy_gettext("In the month"),
    TierPeriod.QUARTER: lazy_gettext("In the quarter"),
    TierPeriod.YEAR: lazy_gettext("In the year"),
}
TIER_STARTS: Final = {
    TierStart.IMMEDIATE: lazy_gettext("At once"),
    TierStart.NEXT_PERIOD: lazy_gettext("With the next period"),
}
TIER_ENDS: Final = {
    TierEnd.NONE: lazy_gettext("As long as what counts suffices"),
    TierEnd.FIXED: lazy_gettext("For some months or days"),
    TierEnd.JOIN_DATE: lazy_gettext("Until the next anniversary of joining"),
    TierEnd.ABSOLUTE: lazy_gettext("Until a day of the year"),
    TierEnd.PERIOD: lazy_gettext("Until the end of the period it was reached in"),
    TierEnd.NEXT_PERIOD: lazy_gettext("Until the end of the period after that"),
}
DOWNGRADES: Final = {
    Downgrade.TO_BASIS: lazy_gettext("To the level that what counts suffices for"),
    Downgrade.ONE_DOWN: lazy_gettext("One level down"),
    Downgrade.NEVER: lazy_gettext("Not at all"),
}
LEAVING: Final = {
    LeavePolicy.EQUAL_SHARE: lazy_gettext("An equal share"),
    LeavePolicy.OWN_SHARE: lazy_gettext("What is left of their own points"),
    LeavePolicy.NOTHING: lazy_gettext("Nothing"),
}
UNKNOWN_CARDS: Final = {
    UnknownCardPolicy.ENROL: lazy_gettext("The first purchase makes its owner a member"),
    UnknownCardPolicy.HOLD: lazy_gettext("Points wait until somebody enrols it"),
}
REFUNDS: Final = {
    RefundPolicy.ALLOW_NEGATIVE: lazy_gettext("They are owed, and the next purchase pays them"),
    RefundPolicy.CLAMP: lazy_gettext("They are the shop's loss"),
}
REFUND_BASES: Final = {
    RefundBasis.PER_LINE: lazy_gettext("Line by line, by the rules of the purchase"),
    RefundBasis.PRO_RATA: lazy_gettext("In the share of the money that went back"),
}
ASSURANCES: Final = {
    Assurance.CLAIMED: lazy_gettext("A number that somebody says"),
    Assurance.IDENTIFIED: lazy_gettext("A card that names itself and can be copied"),
    Assurance.SIGNED: lazy_gettext("A card with a signature of the shop"),
    Assurance.AUTHENTICATED: lazy_gettext("A card that proves a secret key"),
}
WEAK_ASSURANCES: Final = {
    Assurance.IDENTIFIED: lazy_gettext("A number that somebody says"),
    Assurance.SIGNED: lazy_gettext("Numbers and copyable cards"),
    Assurance.AUTHENTICATED: lazy_gettext("Every card without a secret key"),
}
REDEEM_ASSURANCES: Final = {
    one: words for one, words in ASSURANCES.items() if one is not Assurance.CLAIMED
}
UNKNOWN_ORIGINALS: Final = {
    UnknownOriginal.REFUSE: lazy_gettext("It is refused"),
    UnknownOriginal.TAKE_BACK: lazy_gettext("It takes back what today's rules would give"),
}
