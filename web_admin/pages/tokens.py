"""Tokens for the HTTP API: make one, see them all, end one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from gateway.formatting.bidi import without_controls
from gateway.office.tokens import NAME_CHARACTERS_MAX, PREFIX, NewToken, Token, TokenScope
from web_admin.access.current import current_account, may
from web_admin.access.forms import BoxesField
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.changes import recorded
from web_admin.context import current_clock, current_office
from web_admin.live.words import Badge

blueprint: Final = Blueprint("tokens", __name__, url_prefix="/tokens")

API_PREFIX: Final = "/api"
_DAY_MS: Final = 86_400_000
_NEEDED: Final = InputRequired(lazy_gettext("Please fill this in."))
_LASTS: Final[dict[str, tuple[int | None, LazyString]]] = {
    "30": (30, lazy_gettext("A month")),
    "90": (90, lazy_gettext("Three months")),
    "365": (365, lazy_gettext("A year")),
    "0": (None, lazy_gettext("Until somebody revokes it")),
}
_SCOPES: Final = {
    TokenScope.MEMBERS_READ: lazy_gettext("Members, by pseudonym"),
    TokenScope.BALANCES_READ: lazy_gettext("Balances"),
    TokenScope.TRANSACTIONS_READ: lazy_gettext("Transactions"),
    TokenScope.TERMINALS_READ: lazy_gettext("Terminals"),
}
#: Nobody can let a program read what they may not read themselves.
_NEEDS: Final = {
    TokenScope.MEMBERS_READ: Permission.VIEW_MEMBERS,
    TokenScope.BALANCES_READ: Permission.VIEW_MEMBERS,
    TokenScope.TRANSACTIONS_READ: Permission.VIEW_MEMBERS,
    TokenScope.TERMINALS_READ: Permission.VIEW_TERMINALS,
}
_LIVING: Final = Badge(lazy_gettext("Valid"), "success", "check")
_REVOKED: Final = Badge(lazy_gettext("Revoked"), "secondary", "x")
_EXPIRED: Final = Badge(lazy_gettext("Expired"), "secondary", "clock")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the API: its path, what it answers, and which scope it needs."""

    path: str
    words: LazyString
    scope: TokenScope | None


_MEMBERS, _BALANCES = TokenScope.MEMBERS_READ, TokenScope.BALANCES_READ
_TRANSACTIONS, _TERMINALS = TokenScope.TRANSACTIONS_READ, TokenScope.TERMINALS_READ
ADDRESSES: Final = (
    Address("/v1/organisation", lazy_gettext("The organisation and its rules"), None),
    Address("/v1/members", lazy_gettext("Members, newest first"), _MEMBERS),
    Address("/v1/members/{member_id}", lazy_gettext("One member"), _MEMBERS),
    Address("/v1/members/{member_id}/balance", lazy_gettext("What a member has"), _BALANCES),
    Address(
        "/v1/members/{member_id}/transactions",
        lazy_gettext("How a member came by it"),
        _TRANSACTIONS,
    ),
    Address("/v1/transactions", lazy_gettext("The journal, newest first"), _TRANSACTIONS),
    Address(
        "/v1/transactions/{journal_index}", lazy_gettext("One row of the journal"), _TRANSACTIONS
    ),
    Address("/v1/terminals", lazy_gettext("Terminals and how they are"), _TERMINALS),
    Address("/v1/terminals/{terminal_name}", lazy_gettext("One terminal"), _TERMINALS),
)


class TokenForm(FlaskForm):
    """A new token."""

    name = StringField(
        lazy_gettext("Which program is it for?"),
        validators=[_NEEDED, Length(max=NAME_CHARACTERS_MAX)],
        render_kw={"autocomplete": "off", "dir": "auto", "maxlength": NAME_CHARACTERS_MAX},
    )
    scopes = BoxesField(
        lazy_gettext("What may it read?"),
        choices=lambda: [
            SelectChoice(scope.value, text) for scope, text in _SCOPES.items() if may(_NEEDS[scope])
        ],
        validators=[_NEEDED],
    )
    lasts = RadioField(
        lazy_gettext("How long is it valid?"),
        choices=[SelectChoice(key, text) for key, (_days, text) in _LASTS.items()],
        default="90",
        validators=[_NEEDED],
    )


@blueprint.get("")
@requires(Permission.MANAGE_TOKENS)
def overview() -> ResponseReturnValue:
    """Every token, and the form for a new one."""
    return _page(TokenForm(), None)


@blueprint.post("")
@requires(Permission.MANAGE_TOKENS)
def make() -> ResponseReturnValue:
    """Make a token, and show it this once."""
    form = TokenForm()
    if not form.validate():
        return _page(form, None), 422
    name = without_controls(" ".join(str(form.name.data).split()))
    scopes = frozenset(TokenScope(one) for one in form.scopes.data or ())
    days, _text = _LASTS[str(form.lasts.data)]
    expires_at_ms = None if days is None else current_clock().unix_ms() + days * _DAY_MS
    with recorded("token.make", name, {}) as change:
        made = current_office().tokens.make(
            name=name,
            scopes=scopes,
            created_by=current_account().login,
            expires_at_ms=expires_at_ms,
        )
        change.after = {
            "lookup": made.token.lookup,
            "scopes": " ".join(sorted(scopes)),
            "expires_at_ms": expires_at_ms,
        }
    # Not behind a redirect: the secret would have to be kept somewhere in between.
    return _page(TokenForm(formdata=None), made), 201, {"Cache-Control": "no-store"}


@blueprint.post("/<int:token_id>/revoke")
@requires(Permission.MANAGE_TOKENS)
def revoke(token_id: int) -> ResponseReturnValue:
    """End a token."""
    tokens = current_office().tokens
    found = next((one for one in tokens.all() if one.token_id == token_id), None)
    if found is None:
        abort(404)
    before = {"lookup": found.lookup, "scopes": " ".join(sorted(found.scopes))}
    with recorded("token.revoke", found.name, before) as change:
        if tokens.revoke(token_id):
            change.after = {"revoked": True}
            flash(_("The token was revoked. It opens nothing any more."), "success")
        else:
            change.refuse("it was revoked before")
            flash(_("The token was revoked before."), "info")
    return redirect(url_for("tokens.overview"), 303)


@blueprint.get("/guide")
@requires(Permission.MANAGE_TOKENS)
def guide() -> ResponseReturnValue:
    """What a token opens, and how it is sent."""
    return render_template(
        "tokens/guide.html", addresses=ADDRESSES, base=API_PREFIX, words_of_scope=words_of_scope
    )


def words_of_scope(scope: TokenScope) -> str:
    """What a scope lets a program read."""
    return str(_SCOPES[scope])


def badge_of_token(token: Token) -> Badge:
    """Whether a token opens anything."""
    if token.revoked_at_ms is not None:
        return _REVOKED
    return _LIVING if token.living(current_clock().unix_ms()) else _EXPIRED


def _page(form: TokenForm, made: NewToken | None) -> str:
    return render_template(
        "tokens/overview.html",
        tokens=current_office().tokens.all(),
        form=form,
        made=made,
        prefix=PREFIX,
        badge_of_token=badge_of_token,
        words_of_scope=words_of_scope,
    )
