"""Words of the desk's pages: coupons and where they came from, households, accounts, cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext, lazy_pgettext, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

from gateway.accounting.account_class import AccountClass
from gateway.ledger.kinds import GiftCardState, HouseholdRole, PostingKind
from gateway.model.programme import Programme
from gateway.model.rules.reward import GiftKind
from gateway.office.card_names import BadCard
from gateway.queries.books import CorrectionKind
from gateway.queries.gift_cards import GiftCardLine
from gateway.queries.member_wallets import MemberVoucher
from web_admin.filters import num
from web_admin.live.words import Badge
from web_admin.members.words import words_of_posting
from web_admin.programme.sentence import code
from web_admin.programme.voice import Titled, title_of

NO_RULES: Final = lazy_gettext("There are no rules in force, so nothing can be done here yet.")

_ROLE: Final[Mapping[HouseholdRole, LazyString]] = {
    HouseholdRole.FOUNDER: lazy_pgettext("household", "Founder"),
    HouseholdRole.MEMBER: lazy_pgettext("household", "Member"),
    HouseholdRole.INVITED: lazy_pgettext("household", "Invited"),
}
_BAD_CARD: Final[Mapping[BadCard, LazyString]] = {
    BadCard.NOT_A_CARD: lazy_gettext(
        "This is no card's number. It has 8, 14 or 20 digits from 0 to 9 and A to F; a card's code"
        " has 64 of them."
    ),
    BadCard.RANDOM: lazy_gettext(
        "This number is another one at every tap, as phones have it. Use a card."
    ),
    BadCard.NEEDS_CODE: lazy_gettext("Cards of this kind are named by their code of 64 digits."),
}
_EMPTY: Final = Badge(lazy_pgettext("gift card", "Empty"), "secondary", "minus")
_LAPSED: Final = Badge(lazy_pgettext("gift card", "Run out"), "secondary", "clock")
_GIFT_CARD: Final[Mapping[GiftCardState, Badge]] = {
    GiftCardState.ISSUED: Badge(lazy_pgettext("gift card", "Not active yet"), "info", "clock"),
    GiftCardState.ACTIVE: Badge(lazy_pgettext("gift card", "Active"), "success", "check"),
    GiftCardState.BLOCKED: Badge(lazy_pgettext("gift card", "Blocked"), "danger", "ban"),
}
_GIFT_POSTING: Final[Mapping[PostingKind, LazyString]] = {
    PostingKind.GIFT: lazy_pgettext("gift card", "Loaded"),
    PostingKind.RESERVE: lazy_pgettext("gift card", "Reserved at a till"),
    PostingKind.RELEASE: lazy_pgettext("gift card", "Reservation ended"),
    PostingKind.REDEEM: lazy_pgettext("gift card", "Paid with it"),
    PostingKind.REFUND: lazy_pgettext("gift card", "Given back with a return"),
    PostingKind.RETURN: lazy_pgettext("gift card", "Given back with a return of some goods"),
    PostingKind.CONVERT: lazy_pgettext("gift card", "Counted in the new currency"),
}
_ACCOUNT: Final[Mapping[AccountClass, LazyString]] = {
    AccountClass.AVAILABLE: lazy_pgettext("account", "Can be spent"),
    AccountClass.PENDING: lazy_pgettext("account", "Cannot be spent yet"),
    AccountClass.HELD: lazy_pgettext("account", "Reserved at tills"),
    AccountClass.SUSPENSE: lazy_pgettext("account", "Waiting for a card's owner"),
    AccountClass.ISSUED: lazy_pgettext("account", "Given out"),
    AccountClass.REDEEMED: lazy_pgettext("account", "Spent"),
    AccountClass.EXPIRED: lazy_pgettext("account", "Run out"),
    AccountClass.CLAWED_BACK: lazy_pgettext("account", "Taken back with returns"),
    AccountClass.ADJUSTED: lazy_pgettext("account", "Adjusted by hand"),
    AccountClass.CONVERTED: lazy_pgettext("account", "Exchanged"),
    AccountClass.REDENOMINATED: lazy_pgettext("account", "Counted in the other currency"),
    AccountClass.ROUNDED: lazy_pgettext("account", "Rounding of the change of currency"),
    AccountClass.TOPPED_UP: lazy_pgettext("account", "Paid in"),
    AccountClass.PAID_OUT: lazy_pgettext("account", "Paid out"),
    AccountClass.SHORTFALL: lazy_pgettext("account", "Borne by the shop"),
}
_CORRECTION: Final[Mapping[CorrectionKind, Badge]] = {
    CorrectionKind.RETURN: Badge(lazy_gettext("Return of goods"), "secondary", "receipt"),
    CorrectionKind.REFUSED: Badge(lazy_gettext("Return refused"), "danger", "x"),
    CorrectionKind.ADJUSTMENT: Badge(lazy_gettext("Adjustment by hand"), "info", "adjustments"),
}


def words_of_role(role: HouseholdRole) -> LazyString:
    """What somebody is to a household."""
    return _ROLE[role]


def words_of_bad_card(why: BadCard) -> LazyString:
    """Why what was typed names no card, and what to write instead."""
    return _BAD_CARD[why]


def words_of_account(kind: AccountClass) -> LazyString:
    """What a class of accounts holds."""
    return _ACCOUNT[kind]


def badge_of_gift_card(card: GiftCardLine) -> Badge:
    """Whether a gift card may be used, and whether there is anything on it."""
    if card.state is GiftCardState.ACTIVE and not card.available_minor and not card.held_minor:
        return _LAPSED if card.lapsed else _EMPTY
    return _GIFT_CARD[card.state]


def words_of_gift_posting(kind: PostingKind) -> LazyString:
    """Why money moved on a gift card."""
    return _GIFT_POSTING.get(kind) or words_of_posting(kind)


def words_of_gift_card_state(state: GiftCardState) -> LazyString:
    """Whether a gift card may be used."""
    return _GIFT_CARD[state].text


def badge_of_correction(kind: CorrectionKind) -> Badge:
    """What kind of correction it is."""
    return _CORRECTION[kind]


def name_of_voucher(voucher: MemberVoucher, rules: Programme | None) -> Markup:
    """What a coupon is for, or what a benefit is called."""
    if voucher.kind is GiftKind.COUPON and voucher.reward is not None:
        return _title(() if rules is None else rules.rules.rewards, voucher.reward)
    return name_of_offer(voucher.source, rules)


def name_of_offer(source: str, rules: Programme | None) -> Markup:
    """The offer that gave something; what somebody at a desk gave came from no offer."""
    if not source:
        return escape(_("from the desk"))
    return _title(() if rules is None else rules.rules.offers, source)


def name_of_tier(level: str, rules: Programme | None) -> Markup:
    """A level's name; one that the rules have no more goes by its id."""
    return _title(() if rules is None else rules.rules.tiers.levels, level)


def words_of_ledger(ledger: str, rules: Programme | None) -> str:
    """What a unit's ledger counts; a currency is named where the rules count in another one."""
    kind, _colon, unit = ledger.partition(":")
    ours = rules is not None and unit == rules.currency.code
    if kind == "CR":
        return str(_("Stored credit") if ours else _("Stored credit, %(currency)s", currency=unit))
    if kind == "GC":
        return str(_("Gift cards") if ours else _("Gift cards, %(currency)s", currency=unit))
    return str(_("Points"))


def words_of_length(milliseconds: int) -> str:
    """A length of time, in the one unit that says enough."""
    minutes = max(milliseconds, 0) // 60_000
    hours, days = minutes // 60, minutes // (24 * 60)
    if days:
        return str(ngettext("%(count)s day", "%(count)s days", days, count=num(days)))
    if hours:
        return str(ngettext("%(count)s hour", "%(count)s hours", hours, count=num(hours)))
    if minutes:
        return str(ngettext("%(count)s minute", "%(count)s minutes", minutes, count=num(minutes)))
    return str(_("less than a minute"))


def _title(parts: tuple[Titled, ...], name: str) -> Markup:
    return next((title_of(part) for part in parts if part.id == name), code(name))
