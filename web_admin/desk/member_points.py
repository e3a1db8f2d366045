"""Giving and taking points and credit by hand, and moving credit from one member to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, lazy_pgettext
from wtforms import RadioField, SelectChoice, StringField

from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.rules.earning import Unit
from gateway.office.trail import Values
from web_admin import filters
from web_admin.desk.acting import Action, Look
from web_admin.desk.form import FIGURE, NEEDED, DeskForm
from web_admin.desk.member_case import MemberCase, member_or_404
from web_admin.desk.other_member import OtherMemberForm
from web_admin.desk.rules import money, typed_money, typed_points, unit_hint
from web_admin.desk.words import NO_RULES

_GIVE: Final = "give"
_TAKE: Final = "take"


class AdjustForm(DeskForm):
    """How much of what."""

    unit = RadioField(
        lazy_pgettext("desk", "What"),
        choices=[
            SelectChoice(Unit.POINTS.value, lazy_gettext("Points")),
            SelectChoice(Unit.CREDIT.value, lazy_gettext("Stored credit")),
        ],
        default=Unit.POINTS.value,
    )
    way = RadioField(
        lazy_gettext("Direction"),
        choices=[
            SelectChoice(_GIVE, lazy_pgettext("desk", "Give to the member")),
            SelectChoice(_TAKE, lazy_pgettext("desk", "Take from the member")),
        ],
        default=_GIVE,
    )
    amount = StringField(lazy_gettext("How much"), validators=[NEEDED], render_kw=FIGURE)


class Adjust(Action[MemberCase, AdjustForm]):
    """Give or take."""

    kind = LedgerCommandKind.ADJUST
    title = lazy_gettext("Adjust points or credit")
    explanation = lazy_gettext(
        "For mistakes and for goodwill. What is given runs out as the rules say of anything that"
        " is earned today; what is taken comes from what would run out first."
    )
    button = lazy_gettext("Look at the result")
    icon = "adjustments"

    def form(self, case: MemberCase) -> AdjustForm:
        """See ``Action``."""
        form = AdjustForm()
        if case.rules is not None:
            form.amount.description = _(
                "A whole number of points, or an amount of money. %(hint)s",
                hint=unit_hint(case.rules),
            )
        return form

    def facts(self, case: MemberCase) -> Sequence[tuple[str, str]]:
        """See ``Action``."""
        return [
            (str(_("Points to spend")), filters.num(case.points.available)),
            (str(_("Stored credit")), money(case.credit_minor, _code(case))),
        ]

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        return None if case.rules is not None else str(NO_RULES)

    def parts(self, case: MemberCase, form: AdjustForm) -> CommandParts | None:
        """See ``Action``."""
        unit = Unit(form.unit.data)
        if unit is Unit.POINTS:
            amount = typed_points(form.amount.data)
        else:
            amount = None if case.rules is None else typed_money(form.amount.data, case.rules)
        if amount is None:
            form.reject("amount", _("Write a figure above zero."))
            return None
        signed = amount if form.way.data == _GIVE else -amount
        return CommandParts(member_id=case.member_id, unit=unit, amount=signed)

    def looks(self, case: MemberCase, command: LedgerCommand) -> Sequence[Look]:
        """See ``Action``."""
        amount = command.amount or 0
        if command.unit is Unit.POINTS:
            before = case.points.available
            return [
                Look(
                    label=_("Points to spend"),
                    before=filters.num(before),
                    after=filters.num(before + amount),
                )
            ]
        return [_credit_look(case, _("Stored credit"), case.credit_minor, amount)]

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return balances(case)

    def said(self, before: MemberCase, after: MemberCase) -> str:
        """See ``Action``."""
        if before.points.available != after.points.available:
            return str(
                _(
                    "Done. Points to spend: %(before)s before, %(after)s now.",
                    before=filters.num(before.points.available),
                    after=filters.num(after.points.available),
                )
            )
        return _credit_said(before, after)


class TransferForm(OtherMemberForm):
    """How much, and to whom."""

    amount = StringField(lazy_gettext("How much"), validators=[NEEDED], render_kw=FIGURE)


class Transfer(Action[MemberCase, TransferForm]):
    """Move stored credit."""

    kind = LedgerCommandKind.TRANSFER
    title = lazy_gettext("Give credit to another member")
    explanation = lazy_gettext(
        "Stored credit goes from this member to another one, and runs out when it would have."
    )
    button = lazy_gettext("Look at the result")
    icon = "users"

    def form(self, case: MemberCase) -> TransferForm:
        """See ``Action``."""
        form = TransferForm(lazy_gettext("To which member"))
        if case.rules is not None:
            form.amount.description = unit_hint(case.rules)
        return form

    def facts(self, case: MemberCase) -> Sequence[tuple[str, str]]:
        """See ``Action``."""
        return [(str(_("Stored credit")), money(case.credit_minor, _code(case)))]

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        if case.rules is None:
            return str(NO_RULES)
        if not case.rules.rules.credit.transfers:
            return str(_("The rules in force let no credit be given from one member to another."))
        return None if case.credit_minor > 0 else str(_("This member has no credit to give."))

    def parts(self, case: MemberCase, form: TransferForm) -> CommandParts | None:
        """See ``Action``."""
        amount = None if case.rules is None else typed_money(form.amount.data, case.rules)
        if amount is None:
            form.reject("amount", _("Write a figure above zero."))
        other = form.chosen()
        if other is None or amount is None:
            return None
        return CommandParts(
            member_id=case.member_id, other_member_id=other.member_id, amount=amount
        )

    def looks(self, case: MemberCase, command: LedgerCommand) -> Sequence[Look]:
        """See ``Action``."""
        amount = command.amount or 0
        looks = [_credit_look(case, case.name, case.credit_minor, -amount)]
        if command.other_member_id is not None:
            other = member_or_404(command.other_member_id)
            looks.append(_credit_look(other, other.name, other.credit_minor, amount))
        return looks

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        return balances(case)

    def said(self, before: MemberCase, after: MemberCase) -> str:
        """See ``Action``."""
        return _credit_said(before, after)


def balances(case: MemberCase) -> Values:
    """What the trail keeps of a member's wallets."""
    return {"points": case.points.available, "credit": case.credit_minor}


def _code(case: MemberCase) -> str | None:
    return None if case.rules is None else case.rules.currency.code


def _credit_look(case: MemberCase, label: str, before: int, change: int) -> Look:
    return Look(
        label=label, before=money(before, _code(case)), after=money(before + change, _code(case))
    )


def _credit_said(before: MemberCase, after: MemberCase) -> str:
    return str(
        _(
            "Done. Stored credit: %(before)s before, %(after)s now.",
            before=money(before.credit_minor, _code(before)),
            after=money(after.credit_minor, _code(after)),
        )
    )
