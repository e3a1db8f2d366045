"""Which pages are asked for, and for whom: each time for somebody else, so that nothing helps."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin

from simulators.bench.pages_client import PageClient, PageError
from simulators.bench.pages_house import REGULAR, BigHouse
from simulators.bench.pages_people import name_of, phone_of

_NEXT: Final = re.compile(r'<a\b[^>]*rel="next"[^>]*>')
_HREF: Final = re.compile(r'href="([^"]+)"')
_SEED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """A page of the bench.

    Attributes:
        name: in figures.
        path: of the n-th time it is asked for.
        api: whether it is the HTTP API's, asked for with a token.
    """

    name: str
    path: Callable[[int], str]
    api: bool = False


def pages_to_ask(house: BigHouse, client: PageClient) -> tuple[PageAsked, ...]:
    """Every page that shows rows.

    Args:
        house: what is in it.
        client: logged in; finds the second page of a long statement.

    Raises:
        PageError: if a statement that is long enough has no second page.
    """
    dice = random.Random(_SEED)
    everybody = house.ledger.members

    def somebody() -> int:
        return dice.randrange(everybody)

    regular = f"/members/{house.ledger.member_id(REGULAR)}"
    second = _next_page(client, regular)
    return (
        _fixed("dashboard", "/"),
        _fixed("dashboard_30_days", "/?period=days-30"),
        _fixed("members", "/members"),
        PageAsked(
            name="members_by_name",
            path=lambda n: _search(name_of(n, dice)),
        ),
        PageAsked(
            name="members_by_family_name",
            path=lambda n: _search(name_of(n, dice).split(" ")[1][:3]),
        ),
        PageAsked(
            name="members_by_phone",
            path=lambda _: _search("0" + phone_of(somebody())[2:]),
        ),
        PageAsked(
            name="members_by_card",
            path=lambda _: _search(house.ledger.card(somebody()).token.hex()[:12]),
        ),
        _fixed("members_nobody", _search("ققنوس")),
        PageAsked(
            name="member",
            path=lambda _: f"/members/{house.ledger.member_id(somebody())}",
        ),
        _fixed("member_regular", regular),
        _fixed("statement_second_page", second),
        _fixed("terminals", "/terminals"),
        PageAsked(
            name="terminal",
            path=lambda n: f"/terminals/{house.ledger.terminals[n % 50].name}",
        ),
        _fixed("live", "/live"),
        _fixed("live_refused", "/live?status=refused"),
        _fixed("quarantine", "/quarantine"),
        _fixed("review", "/review"),
        _fixed("trail", "/trail"),
        _fixed("system", "/system"),
        _fixed("api_members", "/api/v1/members", api=True),
        _fixed("api_transactions", "/api/v1/transactions", api=True),
    )


def _fixed(name: str, path: str, *, api: bool = False) -> PageAsked:
    return PageAsked(name=name, path=lambda _: path, api=api)


def _search(text: str) -> str:
    return f"/members?q={quote(text)}"


def _next_page(client: PageClient, path: str) -> str:
    found = _NEXT.search(client.get(path).text)
    href = _HREF.search(found.group(0)) if found else None
    if href is None:
        raise PageError(f"{path} leads to no second page")
    return urljoin(path, html.unescape(href.group(1)))
