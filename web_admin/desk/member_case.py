"""A member in front of the desk: who it is, all that the member has, and the rules in force."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from flask import abort, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from gateway.ledger.kinds import HouseholdRole
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.office.profile import Profile
from gateway.queries.member_wallets import MemberWallets, Wallet, wallets_of
from gateway.queries.members import MemberLine, member_of_id
from web_admin.access.current import current_scope
from web_admin.context import current_clock, current_house, current_office
from web_admin.desk.acting import Case
from web_admin.desk.rules import current_rules
from web_admin.programme.sentence import code, plain, said

_MEMBER_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_SHOWN_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCase(Case):
    """See the module.

    Attributes:
        member: the pseudonym and the home branch.
        profile: who that is, where somebody said so.
        wallets: what the member has.
        branch: the home branch, where what is done at a desk is booked.
        rules: those in force; None before there are any.
    """

    member: MemberLine
    profile: Profile | None
    wallets: MemberWallets
    branch: BranchId
    rules: Programme | None

    @property
    def member_id(self) -> MemberId:
        """The pseudonym."""
        return self.member.member_id

    @property
    def subject(self) -> str:
        """See ``Case``."""
        return self.member.member_id

    @property
    def name(self) -> Markup:
        """See ``Case``."""
        return name_of(self.member.member_id, self.profile)

    @property
    def home(self) -> str:
        """See ``Case``."""
        return url_for("desk.wallets", member_id=self.member.member_id)

    @property
    def points(self) -> Wallet:
        """The wallet that the member earns into and redeems from: the household's, or the own."""
        return self.wallets.household or self.wallets.points

    @property
    def credit_minor(self) -> int:
        """Stored credit to spend, in the currency of the rules in force."""
        return sum(
            wallet.available
            for wallet in self.wallets.credits
            if self.rules is not None and wallet.currency == self.rules.currency.code
        )

    @property
    def in_household(self) -> bool:
        """Whether the member belongs to one; an invitation is none yet."""
        return self.wallets.role not in (None, HouseholdRole.INVITED)


def member_or_404(member_id: str) -> MemberCase:
    """A member that may be seen; any other is as if there were none."""
    if _MEMBER_ID.fullmatch(member_id) is None:
        abort(404)
    ledger: LedgerReader = current_house().ledger
    member = member_of_id(ledger, MemberId(member_id), current_scope())
    if member is None:
        abort(404)
    wallets = wallets_of(ledger, member.member_id, current_clock().unix_ms())
    if wallets is None:
        abort(404)
    return MemberCase(
        member=member,
        profile=current_office().people.profile(member.member_id),
        wallets=wallets,
        branch=member.branch,
        rules=current_rules(),
    )


def name_of(member_id: MemberId, profile: Profile | None) -> Markup:
    """A member by name; whoever has none, by the start of the pseudonym."""
    if profile is not None and profile.name:
        return plain(profile.name)
    return said(_("No name %(code)s"), code=code(member_id[:_SHOWN_DIGITS]))
