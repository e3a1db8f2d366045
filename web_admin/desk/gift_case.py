"""Gift cards in front of the desk: one that was sold, or those that nobody has sold yet."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.queries.gift_cards import GiftCardLine, gift_card
from web_admin.access.current import current_scope
from web_admin.context import current_clock, current_house
from web_admin.desk.acting import Case
from web_admin.desk.rules import current_rules
from web_admin.programme.sentence import code, said


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftShelf(Case):
    """Gift cards that nobody has sold yet.

    Attributes:
        branch: where the next one is sold, unless the form says another.
        rules: those in force; None before there are any.
        branches: where one may be sold.
    """

    branch: BranchId
    rules: Programme | None
    branches: tuple[BranchId, ...]

    @property
    def subject(self) -> str:
        """See ``Case``."""
        return "gift cards"

    @property
    def name(self) -> Markup:
        """See ``Case``."""
        return escape(_("Gift cards"))

    @property
    def home(self) -> str:
        """See ``Case``."""
        return url_for("gift_cards.listed")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCase(Case):
    """One gift card.

    Attributes:
        card: which.
        branch: where it was issued.
        rules: those in force; None before there are any.
    """

    card: GiftCardLine
    branch: BranchId
    rules: Programme | None

    @property
    def subject(self) -> str:
        """See ``Case``."""
        return f"gift card {self.card.name}"

    @property
    def name(self) -> Markup:
        """See ``Case``."""
        return name_of_gift_card(self.card)

    @property
    def home(self) -> str:
        """See ``Case``."""
        return url_for("gift_cards.show", gift_card=self.card.name)


def gift_card_or_404(name: str) -> GiftCase:
    """A gift card that may be seen; any other is as if there were none."""
    found = gift_card(current_house().ledger, current_scope(), name, current_clock().unix_ms())
    if found is None:
        abort(404)
    return GiftCase(card=found, branch=found.branch, rules=current_rules())


def name_of_gift_card(card: GiftCardLine) -> Markup:
    """A gift card by its last digits; one without by the start of its own name."""
    if card.last_four:
        return said(_("Gift card %(digits)s"), digits=code(f"•••• {card.last_four}"))
    return said(_("Gift card %(digits)s"), digits=code(f"{card.name[:8]}…"))
