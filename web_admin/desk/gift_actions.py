"""Gift cards at the desk: sold, loaded once more, blocked and let go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, lazy_pgettext
from wtforms import SelectField, StringField

from gateway.formatting.digits import fold_digits
from gateway.ledger.kinds import GiftCardState
from gateway.model.card import CardProfile
from gateway.model.ids import BranchId, CardToken
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.programme import Programme
from gateway.office.card_names import BadCard, card_typed
from gateway.office.trail import Values
from gateway.queries.gift_cards import GiftCardLine, gift_card_of_token
from web_admin.access.current import current_scope
from web_admin.context import current_clock, current_house
from web_admin.desk.acting import Action, Look
from web_admin.desk.form import CARD, FIGURE, NEEDED, DeskForm, named_choice
from web_admin.desk.gift_case import GiftCase, GiftShelf, name_of_gift_card
from web_admin.desk.rules import money, typed_money, unit_hint
from web_admin.desk.words import NO_RULES, words_of_bad_card
from web_admin.members.words import words_of_profile
from web_admin.programme.sentence import code

_LAST_FOUR: Final = re.compile(r"[0-9A-Za-z]{4}", re.ASCII)


class LoadForm(DeskForm):
    """How much."""

    amount = StringField(lazy_gettext("Amount"), validators=[NEEDED], render_kw=FIGURE)


class IssueForm(DeskForm):
    """Which card, where, and how much."""

    branch_sold = SelectField(lazy_gettext("Branch"), validators=[NEEDED])
    profile = SelectField(lazy_gettext("Kind of card"), validators=[NEEDED])
    card = StringField(
        lazy_gettext("The card"),
        description=lazy_gettext(
            "Hold it to a reader that types its number, or write the number or the card's code."
        ),
        validators=[NEEDED],
        render_kw=CARD,
    )
    last_four = StringField(
        lazy_gettext("Last four digits printed on it"),
        description=lazy_gettext("People find the card by them. May stay empty."),
        render_kw={**CARD, "maxlength": 4},
    )
    amount = StringField(lazy_gettext("Amount"), validators=[NEEDED], render_kw=FIGURE)


class IssueGiftCard(Action[GiftShelf, IssueForm]):
    """Sell a card, or load one that was sold."""

    kind = LedgerCommandKind.ISSUE_GIFT_CARD
    title = lazy_gettext("Sell a gift card")
    explanation = lazy_gettext(
        "The card holds exactly what is paid for it. There is no tax in that: tax is due where"
        " goods are bought with the card. A card that was sold before is loaded once more, where"
        " the rules allow it."
    )
    button = lazy_gettext("Look at the result")
    icon = "gift"

    def form(self, case: GiftShelf) -> IssueForm:
        """See ``Action``."""
        form = IssueForm()
        form.branch_sold.choices = [named_choice(one, code(one)) for one in case.branches]
        form.profile.choices = [
            (profile.value, str(words_of_profile(profile))) for profile in CardProfile
        ]
        if case.rules is not None:
            form.amount.description = unit_hint(case.rules)
        return form

    def obstacle(self, case: GiftShelf) -> str | None:
        """See ``Action``."""
        if not case.branches:
            return str(_("There are no branches yet. Add a terminal first: it stands in one."))
        return _not_sold(case.rules)

    def branch(self, case: GiftShelf, form: IssueForm) -> BranchId:
        """See ``Action``."""
        del case
        return BranchId(form.branch_sold.data)

    def parts(self, case: GiftShelf, form: IssueForm) -> CommandParts | None:
        """See ``Action``."""
        amount = None if case.rules is None else typed_money(form.amount.data, case.rules)
        if amount is None:
            form.reject("amount", str(_("Write a figure above zero.")))
        last_four = fold_digits((form.last_four.data or "").strip())
        if last_four and _LAST_FOUR.fullmatch(last_four) is None:
            form.reject("last_four", str(_("Write four digits or letters, or nothing.")))
        profile = CardProfile(form.profile.data)
        card = card_typed(current_house().data_dir, profile, form.card.data or "")
        if isinstance(card, BadCard):
            form.reject("card", str(words_of_bad_card(card)))
            return None
        if amount is None or form.last_four.errors:
            return None
        return CommandParts(token=card.hex(), amount=amount, last_four=last_four)

    def looks(self, case: GiftShelf, command: LedgerCommand) -> Sequence[Look]:
        """See ``Action``."""
        if case.rules is None or command.token is None:
            return []
        known = gift_card_of_token(
            current_house().ledger,
            current_scope(),
            CardToken(bytes.fromhex(command.token)),
            current_clock().unix_ms(),
        )
        if known is not None:
            return [_look(known, command.amount or 0)]
        return [
            Look(
                label=_("New gift card"),
                before="—",
                after=money(command.amount, case.rules.currency.code),
            )
        ]

    def told(self, case: GiftShelf) -> Values:
        """See ``Action``."""
        del case
        return {}

    def said(self, before: GiftShelf, after: GiftShelf) -> str:
        """See ``Action``."""
        del before, after
        return str(_("Done: the card can be used at once."))


class LoadGiftCard(Action[GiftCase, LoadForm]):
    """Load a card once more."""

    kind = LedgerCommandKind.ISSUE_GIFT_CARD
    title = lazy_gettext("Load a gift card")
    explanation = lazy_gettext(
        "What is paid is added to the card. There is no tax in it: tax is due where goods are"
        " bought with the card."
    )
    button = lazy_gettext("Look at the result")
    icon = "plus"

    def form(self, case: GiftCase) -> LoadForm:
        """See ``Action``."""
        form = LoadForm()
        if case.rules is not None:
            form.amount.description = unit_hint(case.rules)
        return form

    def facts(self, case: GiftCase) -> Sequence[tuple[str, str]]:
        """See ``Action``."""
        return [(str(_("On the card")), money(case.card.available_minor, case.card.currency))]

    def obstacle(self, case: GiftCase) -> str | None:
        """See ``Action``."""
        if case.card.state is GiftCardState.BLOCKED:
            return str(_("This card is blocked."))
        if case.rules is not None and not case.rules.rules.gift_cards.reloadable:
            return str(_("Under the rules in force a gift card is loaded once only."))
        return _not_sold(case.rules)

    def parts(self, case: GiftCase, form: LoadForm) -> CommandParts | None:
        """See ``Action``."""
        amount = None if case.rules is None else typed_money(form.amount.data, case.rules)
        if amount is None:
            form.reject("amount", str(_("Write a figure above zero.")))
            return None
        return CommandParts(
            token=case.card.token.hex(), amount=amount, last_four=case.card.last_four
        )

    def looks(self, case: GiftCase, command: LedgerCommand) -> Sequence[Look]:
        """See ``Action``."""
        return [_look(case.card, command.amount or 0)]

    def told(self, case: GiftCase) -> Values:
        """See ``Action``."""
        return {"amount": case.card.available_minor}

    def said(self, before: GiftCase, after: GiftCase) -> str:
        """See ``Action``."""
        return str(
            _(
                "Done. On the card: %(before)s before, %(after)s now.",
                before=money(before.card.available_minor, before.card.currency),
                after=money(after.card.available_minor, after.card.currency),
            )
        )


class _SetState(Action[GiftCase, DeskForm]):
    """What needs nothing but a reason."""

    def form(self, case: GiftCase) -> DeskForm:
        """See ``Action``."""
        del case
        return DeskForm()

    def parts(self, case: GiftCase, form: DeskForm) -> CommandParts | None:
        """See ``Action``."""
        del form
        return CommandParts(token=case.card.token.hex())

    def told(self, case: GiftCase) -> Values:
        """See ``Action``."""
        return {"state": case.card.state.value}


class BlockGiftCard(_SetState):
    """Block a card."""

    kind = LedgerCommandKind.BLOCK_GIFT_CARD
    title = lazy_gettext("Block a gift card")
    explanation = lazy_gettext(
        "Terminals refuse the card from now on. The money stays on it, and it can be let go again."
    )
    button = lazy_pgettext("gift card", "Block it")
    icon = "ban"

    def obstacle(self, case: GiftCase) -> str | None:
        """See ``Action``."""
        blocked = case.card.state is GiftCardState.BLOCKED
        return str(_("This card is blocked.")) if blocked else _no_rules(case)


class UnblockGiftCard(_SetState):
    """Let a blocked card be used again."""

    kind = LedgerCommandKind.UNBLOCK_GIFT_CARD
    title = lazy_gettext("Unblock a gift card")
    explanation = lazy_gettext("Whoever holds the card can spend the money on it again.")
    button = lazy_pgettext("gift card", "Unblock it")
    icon = "check"

    def obstacle(self, case: GiftCase) -> str | None:
        """See ``Action``."""
        blocked = case.card.state is GiftCardState.BLOCKED
        return _no_rules(case) if blocked else str(_("This card is not blocked."))


def _no_rules(case: GiftCase) -> str | None:
    return str(NO_RULES) if case.rules is None else None


def _not_sold(rules: Programme | None) -> str | None:
    if rules is None:
        return str(NO_RULES)
    sold = rules.rules.gift_cards.maximum_minor
    return None if sold else str(_("The rules in force let no gift cards be sold."))


def _look(card: GiftCardLine, change: int) -> Look:
    return Look(
        label=name_of_gift_card(card),
        before=money(card.available_minor, card.currency),
        after=money(card.available_minor + change, card.currency),
    )
