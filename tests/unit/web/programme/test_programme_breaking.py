"""Whatever somebody types into the draft's forms: no page fails, and nothing is lost."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from gateway.config_programme import default_programme
from simulators.furnished.programme import rich_programme
from web_admin.programme.editing import LISTINGS, SINGLES

if TYPE_CHECKING:
    from tests.unit.web.programme.conftest import Shop

RICH = rich_programme(default_programme("IRR"))
SCRIPT = "<script>alert(1)</script>"
EVIL = (
    "",
    "-5",
    "9" * 19,
    "9" * 400,
    "1e3",
    "½",
    "٥٠٠",
    "५००",
    "۵٬۰۰۰٫۵",
    "9999-12-31",
    "0001-01-01",
    "1599/12/30",
    "25:00-99:99",
    "\x00",
    "a\nb\r\nc",
    "\u202e502",
    "﷽" * 400,
    "👩‍👩‍👧‍👦" * 100,
    SCRIPT,
    "{{7*7}} %(x)s %d",
    "'; DROP TABLE lot; --",
    "x" * 5_000,
    "a, a, a, , ،؛",
    '"""\n[[offers]]\nid="evil"',
)
DRAFT = "/programme/draft"
FORMS = (
    *(f"{DRAFT}/parts/{part}" for part in SINGLES),
    *(
        f"{DRAFT}/lists/{group}/{listing.name_of(listing.items(RICH)[0])}"
        for group, listing in LISTINGS.items()
    ),
    f"{DRAFT}/lists/offers",
    f"{DRAFT}/text",
    "/programme/try?rules=draft",
)
TRIES = 12


@pytest.mark.parametrize("path", FORMS)
def test_nothing_that_is_typed_breaks_a_form(shop: Shop, path: str) -> None:
    """All fields at once, then some of them one by one: taken, refused or explained."""
    shop.begin()
    rng = random.Random(path)
    names = [name for name in shop.form(path) if name not in {"revision", "csrf_token"}]
    tries = [dict.fromkeys(names, evil) for evil in EVIL]
    tries += [{rng.choice(names): rng.choice(EVIL)} for _ in range(TRIES if names else 0)]
    broken = {}
    for changes in tries:
        values = shop.form(path)
        values.update(changes)
        for name, evil in changes.items():
            values[name] = evil
        answer = shop.client().post(path, data=values)
        if answer.status_code >= 429 or SCRIPT in answer.text:
            broken[str(changes)[:120]] = answer.status_code
    assert broken == {}
    assert shop.client().get(DRAFT).status_code == 200


@pytest.mark.parametrize("name", ["at", "day", "time", "when", "version", "confirm"])
def test_a_moment_that_is_none_publishes_nothing(shop: Shop, name: str) -> None:
    """Publishing with nonsense in a field publishes nothing, or at a moment that was said."""
    shop.begin()
    path = f"{DRAFT}/publish"
    for evil in EVIL:
        answer = shop.client().post(path, data={**shop.form(path), name: evil, "day": evil})
        assert answer.status_code < 429, evil
    with shop.quiet.house.ledger.batch() as batch:
        assert len(batch.programmes()) == 1
