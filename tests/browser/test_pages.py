"""Every page of a furnished house, in both languages and all looks, has nothing wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from gateway.config import WebSettings
from simulators.browser.finding import PageFaultError
from simulators.browser.log_in import log_in
from simulators.browser.look import EVERY_LOOK, Language, Look
from simulators.browser.visitor import Tools, Visitor, visit
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.office import OWNERS, PASSWORD
from simulators.furnished.tour import NOT_PAGES, SEEN_ELSEWHERE, Stop, tour
from web_admin.app import create_app, end_app

SOAK = bool(os.environ.get("MOHR_SOAK"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FurnishedHouse]:
    """A furnished house that nobody changes."""
    with FurnishedHouse(tmp_path_factory.mktemp("house") / "gateway") as opened:
        yield opened


class _Crowd:
    """One person in all looks of one language, logged in or not; each window is opened once."""

    def __init__(self, tools: Tools, house: FurnishedHouse, language: Language) -> None:
        self._tools = tools
        self._house = house
        self.looks = [look for look in EVERY_LOOK if look.language is language]
        self._stack = ExitStack()
        self._visitors: dict[tuple[Look, bool], Visitor] = {}
        with visit(tools, house.address, self.looks[-1]) as first:
            log_in(first, OWNERS[language], PASSWORD)
            self._memory = first.memory()

    def visitor(self, look: Look, stop: Stop) -> Visitor:
        """Whoever looks at a page in one way."""
        key = (look, stop.inside)
        if key not in self._visitors:
            memory = self._memory if stop.inside else None
            opened = visit(self._tools, self._house.address, look, memory=memory)
            self._visitors[key] = self._stack.enter_context(opened)
        return self._visitors[key]

    def close(self) -> None:
        """Go home."""
        self._stack.close()


def looks_at(looks: list[Look], number: int) -> list[Look]:
    """In which looks the n-th page is seen: at a desk by day, and in one other that rotates."""
    if SOAK:
        return looks
    desk = next(look for look in looks if str(look).endswith("light-1440x900"))
    others = [look for look in looks if look != desk]
    return [desk, others[number % len(others)]]


def test_no_page_is_left_out(house: FurnishedHouse) -> None:
    """Whatever the application answers a GET with is on the tour, or is named as no page."""
    app = create_app(house.door, WebSettings())
    try:
        known = {
            rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())
        }
    finally:
        end_app(app)
    walked = {stop.endpoint for stop in tour(house) if stop.status == 200}
    named = walked | set(NOT_PAGES) | set(SEEN_ELSEWHERE)
    assert known - named == set(), "pages that nobody looks at"
    assert named - known == set(), "places that are not there any more"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("language", list(Language))
def test_every_page_is_good(tools: Tools, house: FurnishedHouse, language: Language) -> None:
    """No page breaks a rule of the harness; all that do are named at once."""
    faults: list[str] = []
    crowd = _Crowd(tools, house, language)
    try:
        for number, stop in enumerate(tour(house)):
            for look in looks_at(crowd.looks, number):
                try:
                    _look_hard(crowd.visitor(look, stop), stop)
                except PageFaultError as error:
                    faults.append(str(error))
    finally:
        crowd.close()
    assert faults == [], "\n".join((f"{len(faults)} pages are not good", *faults))


def _look_hard(visitor: Visitor, stop: Stop) -> None:
    visitor.go(stop.path, status=stop.status)
    visitor.picture(stop.name)
    visitor.check()


def test_the_looks_rotate() -> None:
    """Five pages in a row are seen in every look but the usual one, and always in that."""
    looks = [look for look in EVERY_LOOK if look.language is Language.FA]
    seen = [look for number in range(5) for look in looks_at(looks, number)]
    assert set(seen) == set(looks)
