"""Publishing the rules, and trying them on a basket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.office.roles import Role
from gateway.office.trail import TrailOutcome
from simulators.given.programme_pages import DRAFT, NOW_MS, PUBLISH, RICH, TEXT
from web_admin.programme.versions import read_versions

if TYPE_CHECKING:
    from tests.unit.web.programme.conftest import Shop


# --- Publishing --------------------------------------------------------------------------------


def test_publishing_asks_shows_and_records(shop: Shop) -> None:
    """Only a confirmed draft becomes the next version, now; the trail has it, the draft is gone."""
    shop.begin()
    page = shop.client().get(PUBLISH).text
    assert "Birthday cake" in page
    assert shop.send(PUBLISH).status_code == 422
    answer = shop.send(PUBLISH, sure="y")
    assert (answer.status_code, answer.location) == (303, "/programme/versions/2")
    known = read_versions(shop.quiet.house)
    assert known.newest is not None
    assert known.newest.rules == RICH.rules
    assert NOW_MS < known.newest.effective_from_ms <= NOW_MS + 60_000
    assert shop.quiet.office.drafts.read() is None
    assert shop.actions()[0] == ("programme.publish", TrailOutcome.DONE)
    (entry,) = shop.quiet.office.trail.entries(action="programme.publish")
    assert (entry.before["version"], entry.after["version"]) == (1, 2)


def test_publishing_at_a_moment(shop: Shop) -> None:
    """The day may be Jalali, and is meant by the shop's clock."""
    shop.begin()
    answer = shop.send(PUBLISH, sure="y", when="later", day="۱۴۰۶/۰۱/۰۱", time="06:30")
    assert answer.status_code == 303
    newest = read_versions(shop.quiet.house).newest
    assert newest is not None
    # 21 March 2027, half past six in Tehran, three and a half hours ahead of Greenwich.
    assert newest.effective_from_ms == 1_805_598_000_000


def test_a_moment_that_cannot_be_is_refused(shop: Shop) -> None:
    """Neither the past, nor no day, nor before a version that is published already."""
    shop.begin()
    for day, said in (
        ("2026-11-30", "This moment has passed"),
        ("1405/13/01", "Write a day"),
        ("", "Write a day"),
    ):
        answer = shop.send(PUBLISH, sure="y", when="later", day=day)
        assert answer.status_code == 422
        assert said in answer.text
    shop.publish_rich()
    answer = shop.send(PUBLISH, sure="y")
    assert answer.status_code == 422
    assert "Version 2 takes effect on" in answer.text
    assert [one.version for one in read_versions(shop.quiet.house).known] == [1, 2]


def test_what_nobody_has_seen_is_not_published(shop: Shop) -> None:
    """A draft or a newest version that changed since the page was opened is looked at anew."""
    shop.begin()
    mine = shop.form(PUBLISH, "owen")
    mine["sure"] = "y"
    shop.send(f"{DRAFT}/parts/base", earn_points="9")
    answer = shop.client("owen").post(PUBLISH, data=mine)
    assert answer.status_code == 409
    assert "changed the draft meanwhile" in answer.text
    mine["revision"] = str(shop.kept().revision)
    shop.publish_rich()
    answer = shop.client("owen").post(PUBLISH, data=mine)
    assert answer.status_code == 409
    assert "Another version was published meanwhile" in answer.text
    assert "was published after this draft was begun" in answer.text
    assert len(read_versions(shop.quiet.house).known) == 2


# --- Trying ------------------------------------------------------------------------------------


def test_a_basket_is_rated_by_the_engine(shop: Shop) -> None:
    """What is taken off and given is the engine's word, and each rule says why it did nothing."""
    shop.begin()
    values = shop.form("/programme/try?rules=draft")
    for name, value in (
        ("lines-0-label", "Coffee"),
        ("lines-0-price_minor", "20,000"),
        ("lines-0-quantity_milli", "2"),
        ("lines-1-sku", "1001"),
        ("lines-1-price_minor", "۸٬۰۰۰"),
        ("own_day", "y"),
        ("day", "1405/09/10"),
        ("minute", "11:30"),
    ):
        values[name] = value
    page = shop.client().post("/programme/try", data=values).text
    assert "48,000 tomans" in page
    assert "8,000 tomans off" in page
    assert "40,000 tomans" in page
    # One point for each thousand tomans that is paid, two for the coffees.
    assert "42 " in page
    assert "It holds only: on Fridays." in page
    assert "It holds only: for the group" in page


def test_a_try_changes_nothing(shop: Shop) -> None:
    """Whatever is tried leaves the ledger, the draft and the trail as they were."""
    shop.begin()
    before = (shop.kept(), shop.quiet.house.ledger.counts(), shop.actions())
    assert shop.send("/programme/try?rules=draft").status_code == 200
    assert (shop.kept(), shop.quiet.house.ledger.counts(), shop.actions()) == before


def test_what_cannot_be_tried_is_said(shop: Shop) -> None:
    """A price that is none, a day that is none: the form says so and keeps the rest."""
    shop.begin()
    for changes in ({"lines__0__price_minor": "dear"}, {"day": "1405/13/01"}, {"minute": "noon"}):
        answer = shop.send("/programme/try", **changes)
        assert answer.status_code == 422
        assert next(iter(changes.values())) in answer.text


def test_a_manager_tries_what_is_published(shop: Shop) -> None:
    """The draft is the owner's; managers see and try the rules that count, and change nothing."""
    shop.begin()
    client = shop.client("maryam", Role.MANAGER)
    assert client.get("/programme").status_code == 200
    page = client.get("/programme/try?rules=draft").text
    assert 'value="draft"' not in page
    assert "/programme/draft" not in page
    for path in (DRAFT, TEXT, PUBLISH, f"{DRAFT}/parts/base"):
        assert client.get(path).status_code == 403
    assert client.post(PUBLISH).status_code == 403
