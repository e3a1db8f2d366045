"""What the trail's codes are called: the actions that were done, and the values they changed.

Codes are what is kept, so that a trail outlives every translation. A test walks the sources for
codes that have no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, gettext, lazy_gettext, lazy_pgettext

from gateway.ledger.kinds import CardState, GiftCardState, HouseholdRole
from gateway.model.ledger_command import LedgerCommandKind
from gateway.office.decisions import Verdict
from web_admin.access.words import ROLES

_LEDGER: Final[Mapping[LedgerCommandKind, LazyString]] = {
    LedgerCommandKind.ADJUST: lazy_gettext("Points or credit adjusted"),
    LedgerCommandKind.TRANSFER: lazy_gettext("Credit given to another member"),
    LedgerCommandKind.ISSUE_GIFT_CARD: lazy_gettext("Gift card sold or loaded"),
    LedgerCommandKind.BLOCK_GIFT_CARD: lazy_gettext("Gift card blocked"),
    LedgerCommandKind.UNBLOCK_GIFT_CARD: lazy_gettext("Gift card unblocked"),
    LedgerCommandKind.GRANT_VOUCHER: lazy_gettext("Coupon given"),
    LedgerCommandKind.REVOKE_VOUCHER: lazy_gettext("Coupon taken back"),
    LedgerCommandKind.SET_SEGMENTS: lazy_gettext("Groups of a member changed"),
    LedgerCommandKind.SET_REFERRER: lazy_gettext("Said who brought a member"),
    LedgerCommandKind.FOUND_HOUSEHOLD: lazy_gettext("Household founded"),
    LedgerCommandKind.INVITE_TO_HOUSEHOLD: lazy_gettext("Invited into a household"),
    LedgerCommandKind.JOIN_HOUSEHOLD: lazy_gettext("Household joined"),
    LedgerCommandKind.LEAVE_HOUSEHOLD: lazy_gettext("Household left"),
    LedgerCommandKind.REPLACE_CARD: lazy_gettext("Card replaced"),
    LedgerCommandKind.ADD_CARD: lazy_gettext("Card given to a member"),
    LedgerCommandKind.SETTLE_REVIEW: lazy_gettext("Doubtful receipt settled"),
    LedgerCommandKind.DISMISS_REVIEW: lazy_gettext("Doubtful receipt dismissed"),
}

ACTIONS: Final[Mapping[str, LazyString]] = {
    "account.add": lazy_gettext("Account added"),
    "account.authenticator.add": lazy_gettext("Authenticator added"),
    "account.authenticator.remove": lazy_gettext("Authenticator removed"),
    "account.change": lazy_gettext("Account changed"),
    "account.disable": lazy_gettext("Account disabled"),
    "account.enable": lazy_gettext("Account enabled"),
    "account.first_owner": lazy_gettext("First owner added"),
    "account.language": lazy_gettext("Language of an account changed"),
    "account.passkey.add": lazy_gettext("Passkey added"),
    "account.passkey.remove": lazy_gettext("Passkey removed"),
    "account.password": lazy_gettext("Password changed"),
    "account.recovery-codes": lazy_gettext("New recovery codes made"),
    "account.reset": lazy_gettext("Password reset"),
    "backup.delete": lazy_gettext("Backup deleted"),
    "backup.download": lazy_gettext("Backup downloaded"),
    "backup.take": lazy_gettext("Backup taken"),
    "backup.verify": lazy_gettext("Backup verified"),
    "books.close": lazy_gettext("Day closed"),
    "card.block": lazy_gettext("Card blocked"),
    "card.unblock": lazy_gettext("Card unblocked"),
    "key.add": lazy_gettext("Key version of cards added"),
    "key.export-backup": lazy_gettext("Keys of cards exported"),
    "key.init": lazy_gettext("Keys of cards made"),
    "key.reinstate": lazy_gettext("Key version of cards in use again"),
    "key.restore": lazy_gettext("Keys of cards restored"),
    "key.retire": lazy_gettext("Key version of cards retired"),
    **{f"ledger.{kind}": words for kind, words in _LEDGER.items()},
    "member.erase": lazy_gettext("Profile erased"),
    "member.profile": lazy_gettext("Profile changed"),
    "organisation.change": lazy_gettext("Organisation changed"),
    "organisation.set_up": lazy_gettext("Organisation set up"),
    "programme.draft.begin": lazy_gettext("Draft of the rules begun"),
    "programme.draft.change": lazy_gettext("Draft of the rules changed"),
    "programme.draft.discard": lazy_gettext("Draft of the rules thrown away"),
    "programme.publish": lazy_gettext("Version of the rules published"),
    "quarantine.decide": lazy_gettext("Quarantine: decided"),
    "quarantine.discard": lazy_gettext("Quarantine: discarded"),
    "review.decide": lazy_gettext("Review: decided"),
    "terminal.add": lazy_gettext("Terminal added"),
    "test_counter.add": lazy_gettext("Test counter added"),
    "token.make": lazy_gettext("API token made"),
    "token.revoke": lazy_gettext("API token revoked"),
}

VALUES: Final[Mapping[str, LazyString]] = {
    "amount": lazy_gettext("Amount in the smallest unit"),
    "authenticator": lazy_gettext("Authenticator"),
    "birthday": lazy_gettext("Birthday"),
    "blocked": lazy_gettext("Blocked"),
    "branch": lazy_gettext("Branch"),
    "branches": lazy_gettext("Branches"),
    "bytes": lazy_gettext("Size in bytes"),
    "card": lazy_gettext("Card"),
    "cards": lazy_gettext("Cards"),
    "colour": lazy_gettext("Colour"),
    "coupons": lazy_gettext("Coupons"),
    "credit": lazy_gettext("Stored credit in the smallest unit"),
    "day": lazy_gettext("Day"),
    "disabled": lazy_gettext("Disabled"),
    "effective_from_ms": lazy_gettext("In force from (Unix time in ms)"),
    "expires_at_ms": lazy_gettext("Ends (Unix time in ms)"),
    "findings": lazy_gettext("Findings"),
    "has_logo": lazy_gettext("Has a logo"),
    "household": lazy_gettext("Household"),
    "household_role": lazy_gettext("Role in the household"),
    "language": lazy_gettext("Language"),
    "messages": lazy_gettext("Wants messages"),
    "money_unit": lazy_gettext("Unit of money"),
    "name": lazy_gettext("Name"),
    "note": lazy_gettext("Note"),
    "part": lazy_gettext("Part"),
    "phone": lazy_gettext("Phone"),
    "points": lazy_gettext("Points"),
    "reason": lazy_gettext("Reason"),
    "referrer": lazy_gettext("Brought by"),
    "revision": lazy_gettext("Revision"),
    "revoked": lazy_gettext("Revoked"),
    "role": lazy_gettext("Role"),
    "scopes": lazy_gettext("Scopes"),
    "segments": lazy_gettext("Groups"),
    "second_factor_removed": lazy_gettext("Second factor removed"),
    "sessions_ended": lazy_gettext("Sessions ended"),
    "show_name": lazy_gettext("Greeted by name"),
    "source": lazy_gettext("Begun with"),
    "state": lazy_gettext("State"),
    "terminal": lazy_gettext("Terminal"),
    "time_zone": lazy_gettext("Time zone"),
    "times": lazy_gettext("Times"),
    "unused": lazy_gettext("Unused"),
    "verdict": lazy_gettext("Decision"),
    "version": lazy_gettext("Version"),
}
"""What changed values are called; one that is not here shows as it is kept."""


_CONTENTS: Final[Mapping[str, Mapping[str, LazyString]]] = {
    "language": {"fa": lazy_gettext("Persian"), "en": lazy_gettext("English")},
    "money_unit": {"currency": lazy_gettext("in rials"), "toman": lazy_gettext("in tomans")},
    "role": {role.value: words for role, words in ROLES.items()},
    "state": {
        CardState.ACTIVE.value: lazy_gettext("Active"),
        CardState.BLOCKED.value: lazy_gettext("Blocked"),
        CardState.LOST.value: lazy_gettext("Lost"),
        CardState.REPLACED.value: lazy_gettext("Replaced"),
        GiftCardState.ISSUED.value: lazy_pgettext("gift card", "Not active yet"),
    },
    "household_role": {
        HouseholdRole.FOUNDER.value: lazy_pgettext("household", "Founder"),
        HouseholdRole.MEMBER.value: lazy_pgettext("household", "Member"),
        HouseholdRole.INVITED.value: lazy_pgettext("household", "Invited"),
    },
    "verdict": {
        Verdict.KEPT.value: lazy_gettext("Kept as evidence"),
        Verdict.DISCARDED.value: lazy_gettext("Discarded"),
        Verdict.SETTLED.value: lazy_gettext("Settled"),
        Verdict.IGNORED.value: lazy_gettext("Nothing to do"),
        Verdict.REOPENED.value: lazy_gettext("Reopened"),
    },
}
"""What the contents of values are called that are one of a few."""


def words_of_content(name: str, content: object) -> str:
    """What a value was or became, in words where it is one of a few, and else as it is kept."""
    if content is None or content == "":
        return "—"
    if isinstance(content, bool):
        return str(gettext("Yes") if content else gettext("No"))
    text = str(content)
    return str(_CONTENTS.get(name, {}).get(text, text))


def words_of_action(action: str) -> LazyString | None:
    """The words of an action's code; None for one that another version of Mohr wrote."""
    return ACTIONS.get(action)


def words_of_value(name: str) -> LazyString | None:
    """The words of a changed value's name; None where it has none."""
    return VALUES.get(name)
