"""How well one offer works: members who got it against members whom the lot kept from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from gateway.model.programme import Programme
from gateway.model.rules.offer import Offer
from gateway.queries.offer_effect import offer_effect
from gateway.queries.offer_rows import Asked
from gateway.queries.stretch import rows_between
from web_admin.access.current import current_scope
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_house
from web_admin.day_span import DaySpan, asked_days
from web_admin.programme.blueprint import blueprint, current_voice, page
from web_admin.programme.effect_words import brought, costs, remark, table, verdict
from web_admin.programme.say_offers import offers_section
from web_admin.programme.versions import Versions, read_versions
from web_admin.programme.voice import title_of

#: Days that are compared where the address names none.
USUAL_DAYS: Final = 90
#: More journal rows are only looked through when somebody asks for it.
ROWS_MAX: Final = 250_000


@blueprint.get("/offers/<offer>")
@requires(Permission.VIEW_PROGRAMME)
def offers_effect(offer: str) -> ResponseReturnValue:
    """What an offer brings, what it costs, and how sure that is."""
    found = _newest(read_versions(current_house()), offer)
    if found is None:
        abort(404)
    rules, shown = found
    span = asked_days(USUAL_DAYS)
    asked = Asked(
        offer=shown.id, scope=current_scope(), from_ms=span.from_ms, until_ms=span.until_ms
    )
    ledger, voice = current_house().ledger, current_voice(rules)
    many = request.args.get("reckon") != "yes" and _rows(span) > ROWS_MAX
    effect = None if many else offer_effect(ledger, asked)
    section = offers_section(rules, voice)
    return page(
        "effect",
        offer=shown,
        title=title_of(shown),
        item=next(one for one in section.items if one.key == shown.id),
        span=span,
        effect=effect,
        verdict=None if effect is None else verdict(effect, shown, voice),
        rows=() if effect is None else table(effect, voice),
        costs=() if effect is None or effect.currency is None else costs(effect.cost, voice),
        brought=None
        if effect is None or effect.comparison is None
        else brought(effect.comparison, voice),
        remark=remark(shown.holdout_percent) if shown.holdout_percent else None,
        reckon_url=_reckon_url(shown.id, span.asked),
    )


def _rows(span: DaySpan) -> int:
    return rows_between(current_house().ledger, span.from_ms, span.until_ms)


def _reckon_url(offer: str, days: Mapping[str, str]) -> str:
    asked: dict[str, Any] = {"offer": offer, "reckon": "yes", **days}
    return url_for("programme.offers_effect", **asked)


def _newest(versions: Versions, name: str) -> tuple[Programme, Offer] | None:
    """An offer as the version in force has it, or else the newest version that does."""
    in_force = () if versions.in_force is None else (versions.in_force,)
    for rules in (*in_force, *reversed(versions.known)):
        found = next((one for one in rules.rules.offers if one.id == name), None)
        if found is not None:
            return rules, found
    return None
