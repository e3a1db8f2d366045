"""Households at the desk: founded, joined and left by the members themselves, who stand there."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from gateway.ledger.kinds import HouseholdRole
from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.office.trail import Values
from web_admin.desk.acting import Action
from web_admin.desk.form import DeskForm
from web_admin.desk.member_case import MemberCase
from web_admin.desk.other_member import OtherMemberAction
from web_admin.desk.words import NO_RULES


class _HouseholdAction(Action[MemberCase, DeskForm]):
    """What needs nothing but a reason."""

    def form(self, case: MemberCase) -> DeskForm:
        """See ``Action``."""
        del case
        return DeskForm()

    def parts(self, case: MemberCase, form: DeskForm) -> CommandParts | None:
        """See ``Action``."""
        del form
        return CommandParts(member_id=case.member_id)

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return household_told(case)


class FoundHousehold(_HouseholdAction):
    """Found one."""

    kind = LedgerCommandKind.FOUND_HOUSEHOLD
    title = lazy_gettext("Found a household")
    explanation = lazy_gettext(
        "Members of a household earn into one wallet and spend from it. This member becomes its"
        " founder, brings all points along, and may invite others."
    )
    button = lazy_gettext("Found the household")
    icon = "home"

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.in_household:
            return str(_("This member is in a household already."))
        return _not_offered(case)


class JoinHousehold(_HouseholdAction):
    """Accept an invitation."""

    kind = LedgerCommandKind.JOIN_HOUSEHOLD
    title = lazy_gettext("Join the household")
    explanation = lazy_gettext(
        "The member accepts the invitation and brings all points into the common wallet. Who leaves"
        " takes along what the rules say."
    )
    button = lazy_gettext("Join")
    icon = "home"

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.in_household:
            return str(_("This member is in a household already."))
        if case.wallets.role is not HouseholdRole.INVITED:
            return str(_("Nobody has invited this member."))
        return _not_offered(case)


class LeaveHousehold(_HouseholdAction):
    """Leave."""

    kind = LedgerCommandKind.LEAVE_HOUSEHOLD
    title = lazy_gettext("Leave the household")
    explanation = lazy_gettext(
        "The member leaves and takes along what the rules say; the rest stays with the others. The"
        " last one takes everything."
    )
    button = lazy_gettext("Leave")
    icon = "logout"

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.rules is None:
            return str(NO_RULES)
        return None if case.in_household else str(_("This member is in no household."))


class InviteToHousehold(OtherMemberAction):
    """Ask somebody to join."""

    kind = LedgerCommandKind.INVITE_TO_HOUSEHOLD
    title = lazy_gettext("Invite somebody into the household")
    explanation = lazy_gettext(
        "Whoever is invited belongs to the household once the invitation is accepted, on their own"
        " page."
    )
    button = lazy_gettext("Invite")
    icon = "plus"
    asks = lazy_gettext("Who is invited")

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.wallets.role is not HouseholdRole.FOUNDER:
            return str(_("Only the founder of a household invites others."))
        return _not_offered(case)

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return household_told(case)


def household_told(case: MemberCase) -> Values:
    """What the trail keeps of a member's place in a household."""
    return {
        "household": case.wallets.household_id,
        "household_role": None if case.wallets.role is None else case.wallets.role.value,
        "points": case.points.available,
    }


def _not_offered(case: MemberCase) -> str | None:
    if case.rules is None:
        return str(NO_RULES)
    offered = case.rules.rules.households.members_maximum
    return None if offered else str(_("The rules in force have no households."))
