"""``/brand.css`` and ``/brand/logo``: the organisation's colour and picture on every page.

A colour is chosen for its beauty, and pages must be read: what is written on it and with it is
moved towards black or white until the contrast is enough (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort, make_response, url_for
from flask.typing import ResponseReturnValue

from gateway.formatting.colours import (
    AREA_CONTRAST_MIN,
    mixed_until_readable,
    read_colour,
    readable_on,
)
from web_admin.access.guard import public
from web_admin.context import house_or_none

blueprint: Final = Blueprint("brand", __name__)
_EVERY_PAGE: Final = "every page loads it, the login's too"
#: The address holds the revision, so what is behind one address never changes.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
#: The grounds of ``mohr.css`` on which its colours are hardest to read, by day and by night.
_PAGES: Final = (read_colour("#f2ede6"), read_colour("#221e1a"))
#: More than the standard's 4.5: the same words also stand on grounds with a breath of the brand.
_TEXT_CONTRAST: Final = 5.5


@blueprint.app_context_processor
def _brand_of_pages() -> dict[str, object]:
    """Where a page finds its brand; nothing before anybody has chosen one."""
    house = house_or_none()
    if house is None:
        return {"brand_css_url": None, "brand_logo_url": None}
    organisation = house.office.organisation.read()
    if not organisation.revision:
        return {"brand_css_url": None, "brand_logo_url": None}
    logo = None
    if organisation.has_logo:
        logo = url_for("brand.logo", revision=organisation.revision)
    return {
        "brand_css_url": url_for("brand.style", revision=organisation.revision),
        "brand_logo_url": logo,
    }


@blueprint.get("/brand.css")
@public(_EVERY_PAGE)
def style() -> ResponseReturnValue:
    """The organisation's colour as a style sheet."""
    house = house_or_none()
    if house is None:
        abort(404)
    return _kept(style_of(house.office.organisation.read().colour).encode(), "text/css")


@blueprint.get("/brand/logo")
@public(_EVERY_PAGE)
def logo() -> ResponseReturnValue:
    """The organisation's logo."""
    house = house_or_none()
    found = None if house is None else house.office.organisation.logo()
    if found is None:
        abort(404)
    return _kept(found.content, found.kind.value)


def style_of(colour: str) -> str:
    """Write the style sheet of a colour.

    Args:
        colour: ``#rrggbb``.
    """
    base = read_colour(colour)
    areas = [mixed_until_readable(base, page, least=AREA_CONTRAST_MIN) for page in _PAGES]
    names = {
        "--mohr-brand": areas,
        "--mohr-brand-fg": [readable_on(area) for area in areas],
        "--mohr-brand-text": [
            mixed_until_readable(base, page, least=_TEXT_CONTRAST) for page in _PAGES
        ],
    }
    rules = "".join(
        f"{name}:light-dark({light.css},{dark.css});" for name, (light, dark) in names.items()
    )
    return f":root,:root[data-bs-theme]{{{rules}}}\n"


def _kept(content: bytes, media_type: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Cache-Control"] = _FOR_EVER
    return response
