"""``/card/...``: a member's card on the member's own phone, for whoever was given its address.

Nobody logs in here. The address holds a capability (``gateway.crypto.phone_card``), and the page
shows nothing of the member: the shop's name and the code that counts at this moment. The secret
behind the code never leaves the gateway; the page asks for each new code.
"""

from __future__ import annotations

from typing import Final

import segno
from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from gateway.crypto.phone_card import PhoneCode
from gateway.ledger.kinds import CardState
from gateway.queries.member_points import state_of_card
from web_admin.access.guard import public
from web_admin.access.limits import limit_guesses
from web_admin.context import current_clock, current_house

blueprint: Final = Blueprint("phone_card", __name__, url_prefix="/card")
_WHY: Final = "members have no accounts; whoever was given the address has the card"
_GONE: Final = 410
_BORDER: Final = 4


@blueprint.get("/<capability>")
@public(_WHY)
@limit_guesses
def show(capability: str) -> ResponseReturnValue:
    """The page, with the code of this moment."""
    code = _code_or_404(capability)
    if code is None:
        return render_template("phone_card/gone.html"), _GONE
    return render_template(
        "phone_card/show.html", capability=capability, code=code, picture=_picture(code)
    )


@blueprint.get("/<capability>/code")
@public(_WHY)
@limit_guesses
def code(capability: str) -> ResponseReturnValue:
    """The code of this moment alone, for a page that is open."""
    found = _code_or_404(capability)
    if found is None:
        abort(_GONE)
    return {"picture": _picture(found), "left_s": found.left_s}


def _code_or_404(capability: str) -> PhoneCode | None:
    """What the phone shows now; None where the card was blocked, replaced or never added."""
    house = current_house()
    number = house.phone_cards.number_of(capability)
    if number is None:
        abort(404)
    if state_of_card(house.ledger, house.phone_cards.token(number)) is not CardState.ACTIVE:
        return None
    return house.phone_cards.code(number, current_clock().unix_ms())


def _picture(shown: PhoneCode) -> str:
    # Dark on light with its margin, whatever the page's colours: scanners need it so.
    symbol = segno.make(shown.text, error="m", micro=False)
    return symbol.svg_data_uri(scale=6, border=_BORDER, light="#fff")
