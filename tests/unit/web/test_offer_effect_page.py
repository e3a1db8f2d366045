"""The page that says how well an offer works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gateway.model.ids import BranchId
from gateway.office.roles import Role
from simulators.offer_days import OFFER, OfferDays, play_offer_days
from web_admin.programme import routes_effect

if TYPE_CHECKING:
    from simulators.clock import VirtualClock
    from simulators.quiet_house import QuietHouse
    from tests.unit.web.conftest import ClientAs

PAGE = f"/programme/offers/{OFFER.id}"


@pytest.fixture
def played(quiet: QuietHouse, clock: VirtualClock) -> None:
    """Days in which the offer makes members spend three fifths more."""
    play_offer_days(quiet, clock, OfferDays(effect_percent=60, seed=4))


@pytest.mark.usefixtures("played")
def test_the_page_says_what_the_offer_brings(client_as: ClientAs) -> None:
    """An owner reads the difference with its range, both groups, and the cost."""
    client = client_as(Role.OWNER)
    page = client.get(PAGE).text
    assert "It brings more" in page
    assert re.search(r"paid [0-9.]+% more than members who were held out", page)
    assert "Points count as if all of them were spent" in page
    assert "Ten points more" in page
    client.post("/language", data={"language": "fa"})
    persian = client.get(PAGE).text
    assert "فروش را زیاد می‌کند" in persian
    assert re.search(r"[۰-۹٫]+٪ بیشتر از اعضای", persian)


@pytest.mark.usefixtures("played")
def test_few_days_say_nothing(client_as: ClientAs, clock: VirtualClock) -> None:
    """Where a group is too small no percentage stands there, only how many there are."""
    clock.advance(10 * 86_400_000)
    client = client_as(Role.OWNER)
    page = client.get(f"{PAGE}?from=2026-12-05").text
    assert "Too few to say" in page
    assert "It gave nothing in these days." in page
    south = client_as(Role.MANAGER, frozenset({BranchId("south")})).get(PAGE).text
    assert "Too few to say" in south
    assert "0 got the" in south


@pytest.mark.usefixtures("played")
def test_many_rows_wait_until_somebody_asks(
    client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long stretch of the journal is only looked through on purpose."""
    monkeypatch.setattr(routes_effect, "ROWS_MAX", 10)
    client = client_as(Role.OWNER)
    page = client.get(PAGE).text
    assert "A lot was sold in these days" in page
    found = re.search(r'href="([^"]*reckon=yes[^"]*)"', page)
    assert found is not None
    assert "It brings more" in client.get(found[1].replace("&amp;", "&")).text


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=nonsense", "That is no day."),
        ("from=2026-02-30", "That is no day."),
        ("until=%3Cscript%3E", "That is no day."),
        ("from=99999999999-1-1", "That is no day."),
        ("from=2026-12-01&until=2026-11-01", "The first day is after the last one."),
        ("from=۱۴۰۵/۹/۲&until=۱۴۰۵/۹/۵", "both groups"),
        ("from=1800-01-01&until=2199-12-31", "both groups"),
        ("from=2150-01-01", "both groups"),
    ],
)
def test_days_that_somebody_types(client_as: ClientAs, query: str, said: str) -> None:
    """Either script and calendar is read; what is no day is said to be none."""
    answer = client_as(Role.OWNER).get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    assert said.lower() in answer.text.lower()


@pytest.mark.usefixtures("played")
def test_an_offer_that_there_is_not(client_as: ClientAs) -> None:
    """An unknown name answers like any page that is not there, whatever it is made of."""
    client = client_as(Role.OWNER)
    for name in ("nothing", "%25", "a_b", "%3Cscript%3E", "x" * 500, "ten-more%22"):
        assert client.get(f"/programme/offers/{name}").status_code == 404


@pytest.mark.usefixtures("played")
def test_the_offers_lead_to_it(client_as: ClientAs) -> None:
    """The page of all offers links to each one's effect."""
    assert f'href="{PAGE}"' in client_as(Role.OWNER).get("/programme/offers").text
