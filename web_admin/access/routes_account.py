"""One's own account: password, language, sessions."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.formatting.numbers import write_number
from gateway.office.accounts import AccountRefusal
from gateway.office.sessions import Stage
from web_admin.access.blueprint import blueprint
from web_admin.access.confirming import confirmed
from web_admin.access.current import (
    current_account,
    current_login,
    forget_login,
    session_limits,
)
from web_admin.access.devices import words_of_device
from web_admin.access.forms import ConfirmForm, PasswordForm
from web_admin.access.guard import requires
from web_admin.access.limits import WRONG
from web_admin.access.passkeys import current_site
from web_admin.access.permissions import Permission
from web_admin.access.recording import recorded
from web_admin.access.signing_in import START_PAGE, next_or_start, open_session
from web_admin.access.words import words_of_duty, words_of_refusal, words_of_role
from web_admin.context import current_house, current_office
from web_admin.reader import current_language


@blueprint.get("/account")
@requires(Permission.OWN_ACCOUNT)
def account() -> str:
    """Everything about one's own account."""
    login, office = current_login(), current_office()
    own = login.account
    return render_template(
        "access/account.html",
        own=own,
        role=words_of_role(own.role),
        duty=words_of_duty(own.role),
        passkeys=office.passkeys.of_account(own.account_id),
        passkeys_possible=current_site() is not None,
        recovery_left=office.second_factors.recovery_left(own.account_id),
        sessions=office.sessions.of_account(own.account_id, session_limits()),
        current_session=login.session.session_id,
        words_of_device=words_of_device,
        form=ConfirmForm(),
    )


@blueprint.route("/account/password", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def password() -> ResponseReturnValue:
    """Choose another password; every other session ends."""
    form, own = PasswordForm(), current_account()
    if request.method == "GET":
        return render_template("access/password.html", form=form, own=own)
    if not confirmed(form):
        return render_template("access/password.html", form=form, own=own), WRONG
    wanted, office = form.new.data or "", current_office()
    refusal: AccountRefusal | None = None
    if wanted == form.password.data:
        form.new.errors = [_("This is the password you have already. Choose another.")]
        return render_template("access/password.html", form=form, own=own), WRONG
    with recorded("account.password", own.login, {}) as change:
        refusal = office.accounts.set_password(own.account_id, wanted, must_change_password=False)
        if refusal is None:
            change.after = {"sessions_ended": office.sessions.close_all(own.account_id)}
        else:
            change.refuse(refusal.value)
    if refusal is not None:
        form.new.errors = [words_of_refusal(refusal)]
        return render_template("access/password.html", form=form, own=own), WRONG
    flash_after = START_PAGE if own.must_change_password else url_for("access.account")
    # This browser goes on under a new session: whoever copied the old one is out.
    return open_session(own, Stage.FULL, flash_after)


@blueprint.post("/account/language")
@requires(Permission.OWN_ACCOUNT)
def language() -> ResponseReturnValue:
    """Choose the language of one's own pages."""
    wanted, own = request.form.get("language", ""), current_account()
    if wanted not in current_house().settings.languages:
        abort(400)
    if wanted != own.language:
        with recorded("account.language", own.login, {"language": own.language}) as change:
            current_office().accounts.set_language(own.account_id, wanted)
            change.after = {"language": wanted}
        forget_login()
    return redirect(next_or_start(request.form.get("next") or url_for("access.account")), 303)


@blueprint.post("/account/sessions/<int:session_id>/end")
@requires(Permission.OWN_ACCOUNT)
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions."""
    own = current_account()
    if not current_office().sessions.close_one(own.account_id, session_id):
        abort(404)
    flash(_("The session has ended."), "success")
    return redirect(url_for("access.account"), 303)


@blueprint.post("/account/sessions/end-others")
@requires(Permission.OWN_ACCOUNT)
def end_other_sessions() -> ResponseReturnValue:
    """End all of one's own sessions but this one."""
    login = current_login()
    ended = current_office().sessions.close_all(
        login.account.account_id, but=login.session.session_id
    )
    said = ngettext(
        "One other session has ended.",
        "%(count)s other sessions have ended.",
        ended,
        count=write_number(ended, current_language()),
    )
    flash(said, "success")
    return redirect(url_for("access.account"), 303)
