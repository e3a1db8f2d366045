"""The programme's pages: rules and versions, the draft and who was faster, what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.config_programme import default_programme, programme_text
from gateway.office.drafts import RulesDraft
from simulators.given.programme_pages import DRAFT, NOW_MS, PUBLISH, RICH, SOON_MS, TEXT
from web_admin.programme.beginnings import beginnings
from web_admin.programme.editing import LISTINGS
from web_admin.programme.versions import Standing, read_versions, versions_of

if TYPE_CHECKING:
    from tests.unit.web.programme.conftest import Shop

STATEMENTS_MAX = 25


# --- Rules and versions ------------------------------------------------------------------------


def test_the_rules_in_force_and_the_next_are_told_apart(shop: Shop) -> None:
    """The page shows what counts now, and says when the next version takes its place."""
    shop.publish_rich()
    client = shop.client()
    page = client.get("/programme").text
    assert "Every 1,000 tomans spent earn 1 point." in page
    assert "Version 2 takes effect on 1 Dec 2026, 11:40." in page
    assert "Double Fridays" not in page
    shop.clock.advance(2 * SOON_MS)
    page = client.get("/programme").text
    assert "Double Fridays" in page
    assert "takes effect on" not in page


def test_tabs_show_any_version(shop: Shop) -> None:
    """Offers, rewards and tiers of the next version can be read before it counts."""
    shop.publish_rich()
    client = shop.client()
    for tab, words in (
        ("offers", "Birthday cake"),
        ("rewards", "A coffee"),
        ("tiers", "A seat at the window"),
    ):
        assert words not in client.get(f"/programme/{tab}").text
        page = client.get(f"/programme/{tab}?version=2").text
        assert words in page
        assert "Running" not in page, "what is not in force is not running"
    shop.clock.advance(2 * SOON_MS)
    page = client.get("/programme/offers").text
    assert "Running" in page
    assert "Over" in page
    assert client.get("/programme?version=9").status_code == 404
    assert client.get("/programme?version=x").status_code == 200


def test_a_version_says_what_it_changed(shop: Shop) -> None:
    """Each version has its address, its standing, and its differences from any other."""
    shop.publish_rich()
    client = shop.client()
    page = client.get("/programme/versions").text
    assert page.index("/programme/versions/2") < page.index("/programme/versions/1")
    page = client.get("/programme/versions/2").text
    assert "Changed against version 1" in page
    assert "Birthday cake" in page
    assert "Nothing is different." in client.get("/programme/versions/2?against=2").text
    assert "Changed against" not in client.get("/programme/versions/1").text
    assert client.get("/programme/versions/3").status_code == 404
    assert client.get("/programme/versions/2?against=7").status_code == 404


def test_versions_know_how_they_stand(shop: Shop) -> None:
    """Past, in force, next and later follow from the moment alone."""
    first = default_programme("IRR")
    known = [
        replace(first, version=number, effective_from_ms=at_ms)
        for number, at_ms in ((1, 0), (2, 10), (3, 20), (4, 30))
    ]
    found = versions_of(known[::-1], 15)
    assert [found.standing(one) for one in found.known] == [
        Standing.PAST, Standing.IN_FORCE, Standing.NEXT, Standing.LATER,
    ]  # fmt: skip
    assert (found.in_force, found.coming, found.newest) == (known[1], known[2], known[3])
    assert versions_of([], 5).in_force is versions_of([], 5).newest is None
    assert read_versions(shop.quiet.house).known[0].currency.code == "IRR"


# --- The draft ---------------------------------------------------------------------------------


def test_every_beginning_begins(shop: Shop) -> None:
    """The rules in force, the newest, simple ones and all six by trade make a draft each."""
    shop.publish_rich()
    client = shop.client()
    known = read_versions(shop.quiet.house)
    keys = [one.key for one in beginnings(known, "Asia/Tehran")]
    assert len(keys) == 2 + 4 + 6
    for key in keys:
        assert client.post(f"{DRAFT}/begin", data={"source": key}).status_code == 303
        programme = shop.drafted()
        assert (programme.version, programme.name, programme.currency.code) == (3, "points", "IRR")
        assert programme.effective_from_ms == 0
        assert client.get(DRAFT).status_code == 200
        assert client.get(PUBLISH).status_code == 200
        revision = str(shop.kept().revision)
        assert client.post(f"{DRAFT}/discard", data={"revision": revision}).status_code == 303
        assert shop.quiet.office.drafts.read() is None
    assert client.post(f"{DRAFT}/begin", data={"source": "luck"}).status_code == 303
    assert shop.quiet.office.drafts.read() is None


def test_one_draft_for_all(shop: Shop) -> None:
    """Who begins a second draft is led to the first; nobody throws away what they have not seen."""
    old = shop.begin()
    client = shop.client("owen")
    client.post(f"{DRAFT}/begin", data={"source": "in-force"})
    assert shop.drafted() == RICH
    shop.send(f"{DRAFT}/parts/base", earn_points="7")
    client.post(f"{DRAFT}/discard", data={"revision": str(old.revision)})
    assert shop.drafted().earn_points == 7
    assert "mina" in client.get(DRAFT).text


def test_the_later_of_two_loses_nothing(shop: Shop) -> None:
    """Who saves second is told who was faster and what saving would change, and can then save."""
    shop.begin()
    path = f"{DRAFT}/lists/rewards/coffee"
    mine = shop.form(path, "owen")
    mine["cost_points"] = "70"
    assert shop.send(path, "mina", cost_points="60").status_code == 303
    answer = shop.client("owen").post(path, data=mine)
    assert answer.status_code == 409
    assert "changed the draft meanwhile" in answer.text
    assert 'value="70"' in answer.text
    assert "for 60 " in answer.text
    assert "for 70 " in answer.text
    assert shop.drafted().rules.rewards[0].cost_points == 60
    mine["revision"] = str(shop.kept().revision)
    assert shop.client("owen").post(path, data=mine).status_code == 303
    assert shop.drafted().rules.rewards[0].cost_points == 70


def test_an_item_that_was_removed_meanwhile_can_be_put_back(shop: Shop) -> None:
    """Whoever was editing it keeps what they typed, and may save it as it is."""
    shop.begin()
    path = f"{DRAFT}/lists/earning/stamp"
    mine = shop.form(path, "owen")
    mine["points"] = "4"
    removed = {"revision": str(shop.kept().revision)}
    assert shop.client().post(f"{path}/remove", data=removed).status_code == 303
    assert LISTINGS["earning"].find(shop.drafted(), "stamp") is None
    answer = shop.client("owen").post(path, data=mine)
    assert answer.status_code == 409
    assert 'value="4"' in answer.text
    mine["revision"] = str(shop.kept().revision)
    assert shop.client("owen").post(path, data=mine).status_code == 303
    rule = LISTINGS["earning"].find(shop.drafted(), "stamp")
    assert rule is not None
    assert rule.points == 4
    # One that never was there is not made by its address.
    assert shop.client().get(f"{DRAFT}/lists/earning/nobody").status_code == 303
    assert shop.client().post(f"{DRAFT}/lists/earning/nobody", data={"before": "{"}).location


def test_what_others_name_cannot_be_removed(shop: Shop) -> None:
    """A level that rules are for stays, and it is said which rule names it."""
    shop.begin()
    data = {"revision": str(shop.kept().revision)}
    answer = shop.client().post(
        f"{DRAFT}/lists/levels/gold/remove", data=data, follow_redirects=True
    )
    assert "evenings" in answer.text
    assert "and there is no such thing" in answer.text
    assert shop.drafted() == RICH


def test_rules_move_by_priority(shop: Shop) -> None:
    """A rule that moves up comes before its neighbour; what has no order does not move."""
    shop.begin()
    data = {"revision": str(shop.kept().revision)}
    path = f"{DRAFT}/lists/offers/come-back"
    assert shop.client().post(f"{path}/up", data=data).status_code == 303
    found = {one.id: one.priority for one in shop.drafted().rules.offers}
    assert found["come-back"] > found["tenth"]
    assert shop.client().post(f"{path}/up", data=data).status_code == 303
    assert {one.id: one.priority for one in shop.drafted().rules.offers} == found, "it was older"
    for wrong in ("lists/rewards/coffee/up", "lists/offers/tenth/sideways", "lists/none/x/remove"):
        assert shop.client().post(f"{DRAFT}/{wrong}", data=data).status_code == 404


def test_the_text_of_the_draft(shop: Shop) -> None:
    """It is kept as it was written; what is wrong is told by line and path, and not lost."""
    shop.begin()
    text = shop.kept().content
    better = text.replace("cost_points = 50", "# dear\ncost_points = 55")
    assert shop.send(TEXT, rules_text=better).status_code == 303
    assert shop.kept().content == better
    worse = better.replace('kind = "visit"', 'kind = "vist"').replace("[stacking]", "[stakcing]")
    answer = shop.send(TEXT, rules_text=worse)
    assert answer.status_code == 422
    line = 1 + worse[: worse.index('kind = "vist"')].count("\n")
    assert f"Line {line}" in answer.text
    assert "earning[6].kind" in answer.text
    assert "Perhaps" in answer.text
    assert "[stakcing]" in answer.text
    assert shop.kept().content == better
    for other in ('name = "other"', "x" * 400_001, ""):
        answer = shop.send(TEXT, rules_text=better.replace('name = "points"', other))
        assert answer.status_code == 422


def test_two_who_write_the_text(shop: Shop) -> None:
    """The later one sees both texts and how they differ, and decides."""
    shop.begin()
    text = shop.kept().content
    mine = shop.form(TEXT, "owen")
    mine["rules_text"] = text.replace("cost_points = 50", "cost_points = 70")
    theirs = text.replace("cost_points = 50", "cost_points = 60")
    assert shop.send(TEXT, rules_text=theirs).status_code == 303
    answer = shop.client("owen").post(TEXT, data=mine)
    assert answer.status_code == 409
    assert "cost_points = 70" in answer.text
    assert "cost_points = 60" in answer.text
    mine["revision"] = str(shop.kept().revision)
    assert shop.client("owen").post(TEXT, data=mine).status_code == 303
    assert shop.drafted().rules.rewards[0].cost_points == 70


def test_a_text_whose_draft_was_thrown_away_begins_another(shop: Shop) -> None:
    """What somebody wrote for an hour is not lost because another threw the draft away."""
    draft = shop.begin()
    mine = shop.form(TEXT, "owen")
    mine["rules_text"] = mine["rules_text"].replace("cost_points = 50", "cost_points = 70")
    shop.client().post(f"{DRAFT}/discard", data={"revision": str(draft.revision)})
    answer = shop.client("owen").post(TEXT, data=mine)
    assert answer.status_code == 409
    assert "cost_points = 70" in answer.text
    mine["revision"] = "0"
    assert shop.client("owen").post(TEXT, data=mine).status_code == 303
    assert shop.drafted().rules.rewards[0].cost_points == 70


def test_a_draft_that_this_version_cannot_read_can_be_mended(shop: Shop) -> None:
    """A draft of another version of Mohr leads to its text, with what is wrong in it."""
    made = shop.quiet.office.drafts.begin(
        "later = true\n", base_version=1, account="mina", at_ms=NOW_MS
    )
    assert isinstance(made, RulesDraft)
    client = shop.client()
    assert client.get(DRAFT).location == TEXT
    page = client.get(TEXT).text
    assert "There is no such setting" in page
    assert client.get(PUBLISH).status_code == 404
    assert client.get(f"{DRAFT}/parts/base").status_code == 404
    assert shop.send(TEXT, rules_text=programme_text(RICH)).status_code == 303


def test_addresses_that_are_none(shop: Shop) -> None:
    """Without a draft there are no forms, and with one only those that there are."""
    client = shop.client()
    assert client.get(TEXT).location == DRAFT
    for path in ("parts/base", "lists/offers", "publish"):
        assert client.get(f"{DRAFT}/{path}").status_code == 404
    shop.begin()
    for path in ("parts/moon", "lists/moon", "lists/moon/x"):
        assert client.get(f"{DRAFT}/{path}").status_code == 404
    assert "Of which kind?" in client.get(f"{DRAFT}/lists/offers?kind=moon").text


def test_the_draft_says_what_is_doubtful(shop: Shop) -> None:
    """Doubts stand on the draft, with how bad they are and the way to what they are about."""
    broken = replace(RICH, earn_points=0, rules=replace(RICH.rules, earning=RICH.rules.earning[:1]))
    shop.begin(broken)
    page = shop.client().get(DRAFT).text
    assert "Cannot work" in page
    assert "There is nothing to multiply" in page
    assert "/draft/lists/earning/fridays" in page


# --- What it costs -----------------------------------------------------------------------------


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Notes every SQL statement but BEGIN, of whichever database."""
    seen: list[str] = []

    def note(_c: Any, _cur: Any, sql: str, _p: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if not sql.startswith("BEGIN"):
            seen.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_every_page_takes_few_statements(shop: Shop) -> None:
    """However much the rules say, a page asks the databases little."""
    shop.publish_rich()
    shop.begin()
    client = shop.client()
    for path in (
        "/programme",
        "/programme/offers?version=2",
        "/programme/offers/come-back",
        "/programme/versions",
        "/programme/versions/2",
        "/programme/try?rules=draft",
        DRAFT,
        TEXT,
        PUBLISH,
        f"{DRAFT}/parts/tiers",
        f"{DRAFT}/lists/offers",
        f"{DRAFT}/lists/earning/evenings",
    ):
        with counted_statements() as seen:
            assert client.get(path).status_code == 200
        assert 1 < len(seen) <= STATEMENTS_MAX, (path, seen)
