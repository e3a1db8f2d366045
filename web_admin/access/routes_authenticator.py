"""The authenticator (TOTP) of one's own account, and its recovery codes."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import pyotp
import segno
from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.office.account import Account
from web_admin.access.blueprint import blueprint
from web_admin.access.confirming import confirmed
from web_admin.access.current import current_account, forget_login
from web_admin.access.forms import CodeForm, ConfirmForm
from web_admin.access.guard import requires
from web_admin.access.limits import WRONG, note_failure, note_success, refuse_while_waiting
from web_admin.access.permissions import Permission
from web_admin.access.recording import recorded
from web_admin.context import current_house, current_office

_PICTURE_SCALE: Final = 5
_PICTURE_BORDER: Final = 4
_GROUP: Final = 4


@blueprint.post("/account/authenticator/begin")
@requires(Permission.OWN_ACCOUNT)
def begin_authenticator() -> ResponseReturnValue:
    """Make a secret for an authenticator, which counts once its first code was typed."""
    own = current_account()
    form = ConfirmForm()
    if not confirmed(form):
        return _confirm_page(form, url_for("access.begin_authenticator"))
    current_office().second_factors.propose(own.account_id)
    return redirect(url_for("access.authenticator"), 303)


@blueprint.route("/account/authenticator", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def authenticator() -> ResponseReturnValue:
    """Show the proposed secret and take its first code."""
    own, factors = current_account(), current_office().second_factors
    secret = factors.proposed(own.account_id)
    if secret is None:
        return redirect(url_for("access.account"))
    form = CodeForm()
    if request.method == "POST":
        key = f"first code {own.account_id}"
        refuse_while_waiting(key)
        codes = None
        if form.validate():
            with recorded("account.authenticator.add", own.login, _state(own)) as change:
                codes = factors.confirm(own.account_id, form.code.data or "")
                if codes is None:
                    change.refuse("the code was wrong")
                else:
                    change.after = {"authenticator": True}
        if codes is not None:
            note_success(key)
            forget_login()
            return render_template("access/recovery_codes.html", codes=codes)
        note_failure(key)
        if not form.code.errors:
            form.code.errors = [_("This code is wrong. Is the telephone's clock right?")]
    groups = [secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP)]
    page = render_template("access/authenticator.html", form=form, secret=" ".join(groups))
    return (page, WRONG) if form.errors else page


@blueprint.get("/account/authenticator/picture.svg")
@requires(Permission.OWN_ACCOUNT)
def authenticator_picture() -> Response:
    """The proposed secret as a QR code."""
    own = current_account()
    secret = current_office().second_factors.proposed(own.account_id)
    if secret is None:
        abort(404)
    issuer = current_house().settings.name
    address = pyotp.TOTP(secret).provisioning_uri(name=own.login, issuer_name=issuer)
    picture = BytesIO()
    # Dark on light with its margin, whatever the page's colours: cameras need it so.
    segno.make(address, error="m", micro=False).save(
        picture, kind="svg", scale=_PICTURE_SCALE, border=_PICTURE_BORDER, light="#fff"
    )
    return Response(picture.getvalue(), content_type="image/svg+xml")


@blueprint.post("/account/authenticator/remove")
@requires(Permission.OWN_ACCOUNT)
def remove_authenticator() -> ResponseReturnValue:
    """Ask no codes any more."""
    own = current_account()
    form = ConfirmForm()
    if not confirmed(form):
        return _confirm_page(form, url_for("access.remove_authenticator"))
    with recorded("account.authenticator.remove", own.login, _state(own)) as change:
        current_office().second_factors.remove(own.account_id)
        change.after = {"authenticator": False}
    flash(_("Codes are no longer asked for."), "success")
    return redirect(url_for("access.account"), 303)


@blueprint.post("/account/recovery-codes")
@requires(Permission.OWN_ACCOUNT)
def recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes and show them once."""
    own, factors = current_account(), current_office().second_factors
    if not own.has_code:
        abort(404)
    form = ConfirmForm()
    if not confirmed(form):
        return _confirm_page(form, url_for("access.recovery_codes"))
    left = factors.recovery_left(own.account_id)
    with recorded("account.recovery-codes", own.login, {"unused": left}) as change:
        codes = factors.renew_recovery(own.account_id)
        change.after = {"unused": len(codes)}
    return render_template("access/recovery_codes.html", codes=codes)


def _state(own: Account) -> dict[str, bool]:
    return {"authenticator": own.has_code}


def _confirm_page(form: ConfirmForm, action: str) -> ResponseReturnValue:
    return render_template("access/confirm.html", form=form, action=action), WRONG
