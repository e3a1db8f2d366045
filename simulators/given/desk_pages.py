"""A member's pages at the desk by hand: forms that are filled in, sent and confirmed."""

from __future__ import annotations

import re
from typing import Any, Protocol

from gateway.ledger.kinds import JournalKind
from gateway.model.ids import MemberId
from gateway.queries.member_wallets import MemberWallets, wallets_of
from simulators.quiet_house import QuietHouse


class Answer(Protocol):
    """What came back for a request."""

    @property
    def status_code(self) -> int:
        """Of HTTP."""

    @property
    def text(self) -> str:
        """The page."""


class Browser(Protocol):
    """What asks for pages: Flask's own client of tests is one."""

    def get(self, address: str, /) -> Answer:
        """Ask for a page."""

    def post(
        self, address: str, /, *, data: dict[str, Any], follow_redirects: bool = False
    ) -> Answer:
        """Send a form."""


def get(client: Browser, address: str, status: int = 200) -> str:
    """A page's text."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2_000]
    return answer.text


def desk(member_id: str, what: str) -> str:
    """The address of something that can be done to a member."""
    return f"/members/{member_id}/wallets/{what}"


def filled(client: Browser, address: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - what forms take
    """A form that is filled in, under the id that came with it."""
    found = re.search(r'name="command"[^>]* value="([0-9a-f]{32})"', get(client, address))
    assert found is not None
    return {"command": found[1], "reason": "a mistake at the till"} | fields


def send(client: Browser, address: str, data: dict[str, Any]) -> tuple[int, str]:
    """Send a form, confirm it where it asks, and follow where it leads."""
    answer = client.post(address, data=data, follow_redirects=True)
    if 'name="confirmed"' in answer.text:
        answer = client.post(address, data={**data, "confirmed": "yes"}, follow_redirects=True)
    return answer.status_code, answer.text


def do(client: Browser, address: str, **fields: Any) -> str:  # noqa: ANN401 - what forms take
    """Fill in a form and send it; the page that it led to."""
    status, page = send(client, address, filled(client, address, **fields))
    assert status == 200, page[:3_000]
    return page


def has(quiet: QuietHouse, member_id: MemberId) -> MemberWallets:
    """All that a member has."""
    found = wallets_of(quiet.house.ledger, member_id, quiet.clock.unix_ms())
    assert found is not None
    return found


def trail(quiet: QuietHouse) -> str:
    """The trail's newest entry as text."""
    entry = quiet.office.trail.entries(limit=1)[0]
    outcome = None if entry.outcome is None else entry.outcome.value
    return f"{entry.action} {outcome} {dict(entry.before)} {dict(entry.after)} {entry.detail}"


def commands(quiet: QuietHouse) -> int:
    """How much was done at the desk."""
    rows = quiet.house.ledger.journal()
    return sum(row.kind is JournalKind.COMMAND for row in rows)
