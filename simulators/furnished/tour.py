"""A tour through every page of the furnished house, and what is no page and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.outcome import Reason, Status
from gateway.queries.gift_cards import GiftCardFilter, gift_cards
from gateway.queries.scope import EVERYTHING
from simulators.furnished.desk import FAVOURITE, HOUSEHOLD, PHONE_COMMAND
from simulators.furnished.house import FurnishedHouse
from simulators.furnished.names import HOSTILE
from simulators.furnished.office import NAMELESS
from web_admin.programme.editing import LISTINGS, SINGLES

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
    "phone_card.code": "a picture on a member's page",
    "dashboard.figures": "a fragment of the overview",
    "members.statement": "a file for spreadsheets",
    "setup.identity": "a file for terminals",
    "system.download": "a file",
    "books.totals": "a file for spreadsheets",
    "branches.totals": "a file for spreadsheets",
    "branches.owings": "a file for spreadsheets",
    "system.backups_state": "a fragment of the backups' page",
}
#: What the draft has one of each list of.
_DRAFTED: Final = (
    "earning/fridays",
    "earning/evenings",
    "earning/cash-back",
    "rewards/coffee",
    "offers/tenth",
    "levels/gold",
    "occasions/feast",
    "categories/cakes",
    "clocks/isfahan",
)
#: What is done to which members at the desk, by their number: endpoint and address.
DESK_ACTIONS: Final = {
    FAVOURITE: (
        ("adjust", "adjust"),
        ("transfer", "transfer"),
        ("coupon", "coupon"),
        ("coupon_back", "coupon-back"),
        ("segments", "segments"),
        ("referrer", "referrer"),
        ("card", "card"),
        ("phone", "phone"),
        ("found", "household/found"),
    ),
    HOUSEHOLD[0]: (
        ("invite", "household/invite"),
        ("leave", "household/leave"),
        ("referrer", "referrer"),
        ("transfer", "transfer"),
    ),
    HOUSEHOLD[2]: (("join", "household/join"),),
    NAMELESS[0]: (("coupon_back", "coupon-back"), ("leave", "household/leave")),
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
    yield from _programme()
    yield from _desk(house)
    yield from _phones(house)
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


def _desk(house: FurnishedHouse) -> Iterable[Stop]:
    """What can be done to members and gift cards; on some of these pages it cannot be done now."""
    ledger: LedgerReader = house.house.ledger
    for number, actions in DESK_ACTIONS.items():
        member = ledger.balance_of_card(house.past.cards[number].token)
        assert member is not None, "every card of the past has an owner"
        path = f"/members/{member.member_id}/wallets"
        yield _stop("desk.wallets", path)
        for endpoint, part in actions:
            yield _stop(f"desk.{endpoint}", f"{path}/{part}")
    yield _stop("gift_cards.listed", "/gift-cards")
    yield _stop("gift_cards.listed", "/gift-cards?last_four=9999")
    yield _stop("gift_cards.sell", "/gift-cards/sell")
    for card in gift_cards(ledger, GiftCardFilter(scope=EVERYTHING), house.house.clock.unix_ms()):
        yield _stop("gift_cards.show", f"/gift-cards/{card.name}")
        for action in ("load", "block", "unblock"):
            yield _stop(f"gift_cards.{action}", f"/gift-cards/{card.name}/{action}")
    for query in ("", "?kind=return", "?kind=refused&branch=tajrish", "?kind=adjustment"):
        yield _stop("corrections.listed", f"/corrections{query}")
    yield _stop("books.overview", "/books")
    yield _stop("branches.overview", "/branches")
    yield _stop("branches.overview", "/branches?from=1300-01-01&until=1399-12-29")
    yield _stop("books.closed_day", f"/books/{house.desk.closed.isoformat()}")


def _phones(house: FurnishedHouse) -> Iterable[Stop]:
    """What a member sees on the phone: a card, and one that is in use no more."""
    cards = house.house.phone_cards
    for command_id, name, status in ((PHONE_COMMAND, "phone", 200), ("0" * 32, "phone-gone", 410)):
        capability = cards.capability(cards.number_for(house.desk.phone_owner, command_id))
        yield Stop(
            endpoint="phone_card.show",
            path=f"/card/{capability}",
            name=name,
            inside=False,
            status=status,
        )


def _programme() -> Iterable[Stop]:
    """The rules in force, the next ones, and every form of the draft of those after them."""
    yield _stop("programme.rules", "/programme")
    for tab in ("rules", "offers", "rewards", "tiers"):
        path = "" if tab == "rules" else f"/{tab}"
        yield _stop(f"programme.{tab}", f"/programme{path}?version=2")
    for offer in ("come-back", "tenth", "birthday"):
        yield _stop("programme.offers_effect", f"/programme/offers/{offer}")
    yield _stop("programme.versions", "/programme/versions")
    yield _stop("programme.version", "/programme/versions/2")
    yield _stop("programme.try_rules_on_basket", "/programme/try?rules=draft")
    yield _stop("programme.draft", "/programme/draft")
    yield _stop("programme.draft_text", "/programme/draft/text")
    yield _stop("programme.draft_publish", "/programme/draft/publish")
    for part in SINGLES:
        yield _stop("programme.draft_part", f"/programme/draft/parts/{part}")
    for group, listing in LISTINGS.items():
        yield _stop("programme.draft_add", f"/programme/draft/lists/{group}")
        if listing.kinds:
            yield _stop(
                "programme.draft_add",
                f"/programme/draft/lists/{group}?kind={listing.kinds[0].key}",
            )
    for item in _DRAFTED:
        yield _stop("programme.draft_item", f"/programme/draft/lists/{item}")


def _queues(house: FurnishedHouse) -> Iterable[Stop]:
    yield _stop("queues.quarantine", "/quarantine")
    for suspect in house.house.ledger.quarantine():
        yield _stop(
            "queues.suspect", f"/quarantine/{suspect.payload_hash.hex()}/{suspect.reason.value}"
        )
    yield _stop("reviews.listed", "/review/receipts?shown=all")
    with house.house.ledger.batch() as batch:
        papers = [row.first_index for row in batch.every(ReviewRow) if row.nth == 0]
    for index in sorted(papers):
        yield _stop("reviews.receipt", f"/review/receipts/{index}")
    yield _stop("queues.review", "/review")
    seen: set[Reason] = set()
    for row in house.house.ledger.journal():
        if row.status in (Status.REFUSED, Status.HELD) and row.reason not in seen:
            seen.add(row.reason)
            yield _stop("queues.item", f"/review/{row.journal_index}")
