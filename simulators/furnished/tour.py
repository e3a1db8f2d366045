"""A tour through every page of the furnished house, and what is no page and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.ledger.queries import LedgerReader
from gateway.model.outcome import Reason, Status
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.names import HOSTILE
from simulators.furnished.office import NAMELESS

#: What is fetched by a GET and is no page, by endpoint.
NOT_PAGES: Final = {
    "healthz": "two words for a load balancer",
    "static": "files",
    "live.rows": "a fragment of the live page",
    "live.stream": "the live page's events",
    "developer.picture": "a fragment of the test counters' page",
    "access.authenticator_picture": "a picture on a page",
    "brand.style": "a style sheet",
    "brand.logo": "a picture",
    "dashboard.figures": "a fragment of the overview",
    "members.statement": "a file for spreadsheets",
    "setup.identity": "a file for terminals",
    "system.download": "a file",
    "system.backups_state": "a fragment of the backups' page",
}
#: Pages that a furnished house has no more, or only for a moment, and which test sees them.
SEEN_ELSEWHERE: Final = {
    "access.code": "test_flows.py, after a password",
    "setup.enter": "test_first_ten_minutes.py",
    "setup.language": "test_first_ten_minutes.py",
    "setup.owner": "test_first_ten_minutes.py",
    "setup.shop": "test_first_ten_minutes.py",
    "setup.programme": "test_first_ten_minutes.py",
    "setup.numbers": "test_first_ten_minutes.py",
    "setup.counter": "test_first_ten_minutes.py",
    "setup.tap": "test_first_ten_minutes.py",
    "setup.real": "test_first_ten_minutes.py",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One page to look at.

    Attributes:
        endpoint: of the application.
        path: with the rows that it shows.
        name: for pictures.
        inside: whether an owner is logged in; otherwise nobody is.
        status: what it answers with.
    """

    endpoint: str
    path: str
    name: str
    inside: bool = True
    status: int = 200


def tour(house: FurnishedHouse) -> tuple[Stop, ...]:
    """Every page, some of them with several rows."""
    return tuple(_stops(house))


def _stops(house: FurnishedHouse) -> Iterable[Stop]:
    yield Stop(endpoint="access.login", path="/login", name="login", inside=False)
    yield Stop(endpoint="", path="/nowhere", name="nowhere", status=404)
    yield _stop("dashboard.overview", "/")
    yield _stop("dashboard.overview", "/?period=today")
    yield _stop("dashboard.overview", "/?period=days-30")
    yield _stop("live.watch", "/live")
    yield _stop("terminals.overview", "/terminals")
    for terminal in house.past.counters.boxes:
        yield _stop("terminals.terminal", f"/terminals/{terminal}")
    yield _stop("terminals.add", "/terminals/add")
    yield from _members(house)
    yield from _queues(house)
    yield _stop("developer.bench", "/developer")
    yield _stop("organisation.edit", "/organisation")
    yield _stop("system.overview", "/system")
    yield _stop("system.backups", "/system/backups")
    yield _stop("tokens.overview", "/tokens")
    yield _stop("tokens.guide", "/tokens/guide")
    yield _stop("access.account", "/account")
    yield _stop("access.authenticator", "/account/authenticator")
    yield _stop("access.password", "/account/password")
    yield _stop("access.accounts", "/accounts")
    yield _stop("access.add_account", "/accounts/add")
    for account in house.house.office.accounts.all():
        yield _stop("access.edit_account", f"/accounts/{account.account_id}")
    yield _stop("access.trail", "/trail")


def _stop(endpoint: str, path: str) -> Stop:
    name = path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-") or "overview"
    return Stop(endpoint=endpoint, path=path, name=name[:60])


def _members(house: FurnishedHouse) -> Iterable[Stop]:
    ledger: LedgerReader = house.house.ledger
    yield _stop("members.search", "/members")
    yield _stop("members.search", "/members?q=%D8%B9%D9%84%D9%8A")
    yield _stop("members.search", "/members?q=nobody-at-all")
    yield _stop("members.search", "/members?q=%3Cscript%3E")
    # The first has a long statement, then come the hostile names, then somebody without a profile.
    shown = (*range(len(HOSTILE) + 2), NAMELESS[0])
    for number in shown:
        member = ledger.balance_of_card(house.past.cards[number].token)
        assert member is not None, "every card of the past has an owner"
        yield _stop("members.show", f"/members/{member.member_id}")
        yield _stop("members.profile", f"/members/{member.member_id}/profile")


def _queues(house: FurnishedHouse) -> Iterable[Stop]:
    yield _stop("queues.quarantine", "/quarantine")
    for suspect in house.house.ledger.quarantine():
        yield _stop(
            "queues.suspect", f"/quarantine/{suspect.payload_hash.hex()}/{suspect.reason.value}"
        )
    yield _stop("queues.review", "/review")
    seen: set[Reason] = set()
    for row in house.house.ledger.journal():
        if row.status in (Status.REFUSED, Status.HELD) and row.reason not in seen:
            seen.add(row.reason)
            yield _stop("queues.item", f"/review/{row.journal_index}")
