"""Coupons at the desk: given for one of the rewards, and taken back."""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup
from wtforms import SelectField, StringField

from gateway.model.ledger_command import CommandParts, LedgerCommandKind
from gateway.office.trail import Values
from gateway.queries.member_wallets import MemberVoucher
from web_admin import filters
from web_admin.context import current_clock
from web_admin.desk.acting import Action
from web_admin.desk.form import FIGURE, NEEDED, DeskForm, named_choice
from web_admin.desk.member_case import MemberCase
from web_admin.desk.rules import typed_points
from web_admin.desk.words import NO_RULES, name_of_offer, name_of_voucher
from web_admin.programme.sentence import said
from web_admin.programme.voice import title_of

#: As many as one command gives.
_QUANTITY_MAX: Final = 10_000


class CouponForm(DeskForm):
    """For what, and how many."""

    reward = SelectField(lazy_gettext("For which reward"), validators=[NEEDED])
    quantity = StringField(
        lazy_gettext("How often it can be used"),
        default="1",
        validators=[NEEDED],
        render_kw=FIGURE,
    )


class GiveCoupon(Action[MemberCase, CouponForm]):
    """Give one."""

    kind = LedgerCommandKind.GRANT_VOUCHER
    title = lazy_gettext("Give a coupon")
    explanation = lazy_gettext(
        "The member gets the reward at a later visit without paying points for it. A coupon from"
        " the desk does not run out."
    )
    button = lazy_gettext("Give the coupon")
    icon = "gift"

    def form(self, case: MemberCase) -> CouponForm:
        """See ``Action``."""
        form = CouponForm()
        rewards = () if case.rules is None else case.rules.rules.rewards
        form.reward.choices = [named_choice(reward.id, title_of(reward)) for reward in rewards]
        return form

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.rules is None:
            return str(NO_RULES)
        return None if case.rules.rules.rewards else str(_("The rules in force have no rewards."))

    def parts(self, case: MemberCase, form: CouponForm) -> CommandParts | None:
        """See ``Action``."""
        quantity = typed_points(form.quantity.data)
        if quantity is None or quantity > _QUANTITY_MAX:
            form.reject("quantity", _("Write a whole number above zero."))
            return None
        return CommandParts(member_id=case.member_id, reward=form.reward.data, quantity=quantity)

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return {"coupons": _usable(case)}


class RevokeForm(DeskForm):
    """Which."""

    voucher = SelectField(lazy_gettext("Which one"), validators=[NEEDED])


class RevokeCoupon(Action[MemberCase, RevokeForm]):
    """Take one back."""

    kind = LedgerCommandKind.REVOKE_VOUCHER
    title = lazy_gettext("Take a coupon back")
    explanation = lazy_gettext(
        "Whatever is left of the coupon or the benefit cannot be used any more. This cannot be"
        " undone; another one can be given."
    )
    button = lazy_gettext("Take it back")
    icon = "trash"

    def form(self, case: MemberCase) -> RevokeForm:
        """See ``Action``."""
        form = RevokeForm()
        form.voucher.choices = [
            named_choice(str(one.voucher_id), _choice(case, one)) for one in _left(case)
        ]
        return form

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        return (
            None if _left(case) else str(_("This member has no coupon that could be taken back."))
        )

    def parts(self, case: MemberCase, form: RevokeForm) -> CommandParts | None:
        """See ``Action``."""
        return CommandParts(member_id=case.member_id, voucher=int(form.voucher.data))

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return {"coupons": _usable(case)}


def _left(case: MemberCase) -> list[MemberVoucher]:
    now_ms = current_clock().unix_ms()
    return [one for one in case.wallets.vouchers if one.usable(now_ms)]


def _usable(case: MemberCase) -> int:
    return sum(one.left for one in _left(case))


def _choice(case: MemberCase, voucher: MemberVoucher) -> Markup:
    left = ngettext(
        "%(count)s use left", "%(count)s uses left", voucher.left, count=filters.num(voucher.left)
    )
    return said(
        _("%(name)s, %(source)s, %(times)s"),
        name=name_of_voucher(voucher, case.rules),
        source=name_of_offer(voucher.source, case.rules),
        times=left,
    )
