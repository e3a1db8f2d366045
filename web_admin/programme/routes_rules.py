"""The rules as they are: what is in force, offers, rewards, tiers, and every version."""

from __future__ import annotations

from datetime import date

from flask import abort, request
from flask.typing import ResponseReturnValue

from gateway.formatting.dates import moment_at
from gateway.model.programme import Programme
from gateway.model.rules.offer import Offer
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.context import current_clock, current_house
from web_admin.programme.blueprint import blueprint, changes_between, current_voice, page, told
from web_admin.programme.say_offers import offers_section, rewards_section
from web_admin.programme.say_tiers import tiers_section
from web_admin.programme.versions import Versions, read_versions
from web_admin.programme.voice import title_of
from web_admin.programme.words import (
    NOTHING_HERE,
    badge_of_change,
    badge_of_standing,
    badge_of_window,
)
from web_admin.reader import current_zone

_VERSION_DIGITS_MAX = 9
_VERSIONS_SHOWN = 100


@blueprint.get("")
@requires(Permission.VIEW_PROGRAMME)
def rules() -> ResponseReturnValue:
    """The rules in force, as sentences."""
    versions, shown = _asked()
    coming = versions.coming
    return page(
        "rules",
        shown=shown,
        standing=badge_of_standing(versions.standing(shown)),
        coming=coming if coming != shown else None,
        sections=told(shown),
        nothing=NOTHING_HERE,
    )


@blueprint.get("/offers")
@requires(Permission.VIEW_PROGRAMME)
def offers() -> ResponseReturnValue:
    """Every offer with all its details."""
    versions, shown = _asked()
    section = offers_section(shown, current_voice(shown))
    known = {offer.id: offer for offer in shown.rules.offers}
    today = _today() if shown == versions.in_force else None
    rows = [
        (item, known.get(item.key), _running(known.get(item.key), today)) for item in section.items
    ]
    return page("offers", shown=shown, standing=_standing(versions, shown), rows=rows)


@blueprint.get("/rewards")
@requires(Permission.VIEW_PROGRAMME)
def rewards() -> ResponseReturnValue:
    """Every reward with all its details."""
    versions, shown = _asked()
    section = rewards_section(shown, current_voice(shown))
    known = {reward.id: reward for reward in shown.rules.rewards}
    rows = [(item, known[item.key]) for item in section.items]
    voice = current_voice(shown)
    return page("rewards", shown=shown, standing=_standing(versions, shown), rows=rows, voice=voice)


@blueprint.get("/tiers")
@requires(Permission.VIEW_PROGRAMME)
def tiers() -> ResponseReturnValue:
    """Every level with what it brings, and how members move between them."""
    versions, shown = _asked()
    section = tiers_section(shown, current_voice(shown))
    known = {level.id: level for level in shown.rules.tiers.levels}
    rows = [(item, known.get(item.key)) for item in section.items]
    standing = _standing(versions, shown)
    return page("tiers", shown=shown, standing=standing, rows=rows, title_of=title_of)


@blueprint.get("/versions")
@requires(Permission.VIEW_PROGRAMME)
def versions() -> ResponseReturnValue:
    """Every version, the newest first."""
    known = read_versions(current_house())
    newest_first = known.known[::-1][:_VERSIONS_SHOWN]
    rows = [(one, badge_of_standing(known.standing(one))) for one in newest_first]
    return page("versions", rows=rows)


@blueprint.get("/versions/<int:version>")
@requires(Permission.VIEW_PROGRAMME)
def version(version: int) -> ResponseReturnValue:
    """One version: what it changed, and everything it says."""
    known = read_versions(current_house())
    shown = known.number(version) or abort(404)
    against = _against(known, shown)
    return page(
        "version",
        shown=shown,
        standing=_standing(known, shown),
        against=against,
        others=[one.version for one in known.known[::-1] if one != shown][:_VERSIONS_SHOWN],
        changes=changes_between(against, shown),
        badge_of_change=badge_of_change,
        sections=told(shown),
        nothing=NOTHING_HERE,
    )


def _asked() -> tuple[Versions, Programme]:
    """The version that the address names; without one the version in force."""
    known = read_versions(current_house())
    wanted = _number(request.args.get("version", ""))
    shown = known.in_force if wanted is None else known.number(wanted)
    return known, shown or abort(404)


def _against(known: Versions, shown: Programme) -> Programme | None:
    wanted = _number(request.args.get("against", ""))
    if wanted is None:
        return known.before(shown)
    return known.number(wanted) or abort(404)


def _number(text: str) -> int | None:
    fits = text.isascii() and text.isdecimal() and len(text) <= _VERSION_DIGITS_MAX
    return int(text) if fits else None


def _standing(known: Versions, shown: Programme) -> object:
    return badge_of_standing(known.standing(shown))


def _running(offer: Offer | None, today: date | None) -> object:
    """Whether an offer holds today; nothing is said of rules that are not in force."""
    if offer is None or today is None:
        return None
    return badge_of_window(offer.when.window, today)


def _today() -> date:
    return moment_at(current_clock().unix_ms(), current_zone()).date()
