"""Putting a member's card on the member's phone, as a code that changes."""

from __future__ import annotations

from typing import Final

import segno
from flask import render_template, request, url_for
from flask_babel import lazy_gettext

from gateway.ledger.kinds import CardState
from gateway.model.card import CardProfile
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.office.trail import Values
from gateway.queries.member_points import points_of
from web_admin import filters
from web_admin.access.current import web_settings
from web_admin.context import current_house
from web_admin.desk.acting import Action
from web_admin.desk.form import DeskForm
from web_admin.desk.member_case import MemberCase
from web_admin.desk.words import NO_RULES

_SCALE: Final = 6
_BORDER: Final = 4


class PhoneCardForm(DeskForm):
    """Nothing but why."""


class AddPhoneCard(Action[MemberCase, PhoneCardForm]):
    """Give a member a card that is a changing code on the phone."""

    kind = LedgerCommandKind.ADD_CARD
    title = lazy_gettext("Card on the telephone")
    explanation = lazy_gettext(
        "The member gets a page for the telephone with a code that changes every half minute, as"
        " one more card with all the points. Whoever has the page's address has the card: show it"
        " to the member alone. If the telephone is lost, block the card and make a new one."
    )
    button = lazy_gettext("Make the card")
    icon = "device-mobile"

    def form(self, case: MemberCase) -> PhoneCardForm:
        """See ``Action``."""
        del case
        return PhoneCardForm()

    def obstacle(self, case: MemberCase) -> str | None:
        """See ``Action``."""
        return str(NO_RULES) if case.rules is None else None

    def parts(self, case: MemberCase, form: PhoneCardForm) -> CommandParts | None:
        """See ``Action``."""
        cards = current_house().phone_cards
        token = cards.token(cards.number_for(case.member_id, form.command.data))
        return CommandParts(
            member_id=case.member_id,
            other_token=token.hex(),
            card_profile=CardProfile.QR.value,
        )

    def told(self, case: MemberCase) -> Values:
        """See ``Action``."""
        cards = points_of(current_house().ledger, case.member_id).cards
        active = [filters.mask(one.token) for one in cards if one.state is CardState.ACTIVE]
        return {"cards": ", ".join(active)}

    def handed_out(self, case: MemberCase, command: LedgerCommand) -> str:
        """The address of the card's page, which is shown this once and kept nowhere."""
        cards = current_house().phone_cards
        capability = cards.capability(cards.number_for(case.member_id, command.id))
        public = web_settings().public_url
        base = request.url_root.rstrip("/") if public is None else public
        address = base + url_for("phone_card.show", capability=capability)
        symbol = segno.make(address, error="m", micro=False)
        return render_template(
            "desk/code_on_phone.html",
            case=case,
            action=self,
            address=address,
            is_public=public is not None,
            # Dark on light with its margin, whatever the page's colours: cameras need it so.
            picture=symbol.svg_data_uri(scale=_SCALE, border=_BORDER, light="#fff"),
        )
