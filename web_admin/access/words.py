"""What roles, refusals and the trail's codes are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.office.accounts import AccountRefusal
from gateway.office.trail import TrailOutcome
from web_admin.access.permissions import Role

ROLES: Final[Mapping[Role, LazyString]] = {
    Role.OWNER: lazy_gettext("Owner"),
    Role.MANAGER: lazy_gettext("Manager of branches"),
    Role.CASHIER: lazy_gettext("Cashier"),
    Role.SUPPORT: lazy_gettext("Support"),
    Role.INTEGRATOR: lazy_gettext("Integrator"),
    Role.AUDITOR: lazy_gettext("Auditor"),
}
_DUTIES: Final[Mapping[Role, LazyString]] = {
    Role.OWNER: lazy_gettext("May do everything."),
    Role.MANAGER: lazy_gettext(
        "Looks after the members, terminals and open questions of some branches."
    ),
    Role.CASHIER: lazy_gettext("Sees the taps and members of some branches."),
    Role.SUPPORT: lazy_gettext("Helps the members of some branches and blocks lost cards."),
    Role.INTEGRATOR: lazy_gettext("Connects terminals and programs; sees no member's page."),
    Role.AUDITOR: lazy_gettext("Sees everything and changes nothing."),
}
_REFUSALS: Final[Mapping[AccountRefusal, LazyString]] = {
    AccountRefusal.BAD_LOGIN: lazy_gettext(
        "A sign-in name has at most 64 letters, digits and the signs . _ - @ + without spaces."
    ),
    AccountRefusal.LOGIN_TAKEN: lazy_gettext("This sign-in name is taken. Choose another."),
    AccountRefusal.BAD_NAME: lazy_gettext("Write a name of at most 80 characters."),
    AccountRefusal.NO_BRANCH: lazy_gettext("This role belongs to branches: choose at least one."),
    AccountRefusal.LAST_OWNER: lazy_gettext(
        "This is the last owner. Make somebody else an owner first."
    ),
    AccountRefusal.TOO_MANY: lazy_gettext("There are too many accounts already."),
    AccountRefusal.UNKNOWN: lazy_gettext("There is no such account any more."),
    AccountRefusal.PASSWORD_SHORT: lazy_gettext("A password has at least 10 characters."),
    AccountRefusal.PASSWORD_LONG: lazy_gettext("A password has at most 256 characters."),
    AccountRefusal.PASSWORD_COMMON: lazy_gettext(
        "Too many people use this password. Choose one that nobody guesses."
    ),
    AccountRefusal.PASSWORD_LIKE_LOGIN: lazy_gettext("The password must not be the sign-in name."),
}
_OUTCOMES: Final[Mapping[TrailOutcome, LazyString]] = {
    TrailOutcome.DONE: lazy_gettext("Done"),
    TrailOutcome.REFUSED: lazy_gettext("Refused"),
    TrailOutcome.FAILED: lazy_gettext("Failed"),
}
_UNFINISHED: Final = lazy_gettext("Unknown: look")
_OUTCOME_KINDS: Final = {
    TrailOutcome.DONE: "success",
    TrailOutcome.REFUSED: "warning",
    TrailOutcome.FAILED: "danger",
}


def words_of_role(role: Role) -> str:
    """The name of a role."""
    return str(ROLES[role])


def words_of_duty(role: Role) -> str:
    """What a role is for, in a sentence."""
    return str(_DUTIES[role])


def words_of_refusal(refusal: AccountRefusal) -> str:
    """Why an account is not added or changed, and what to do."""
    return str(_REFUSALS[refusal])


def words_of_outcome(outcome: TrailOutcome | None) -> str:
    """What became of a change; None where the trail does not know."""
    return str(_UNFINISHED if outcome is None else _OUTCOMES[outcome])


def kind_of_outcome(outcome: TrailOutcome | None) -> str:
    """The colour of an outcome's badge."""
    return "warning" if outcome is None else _OUTCOME_KINDS[outcome]
