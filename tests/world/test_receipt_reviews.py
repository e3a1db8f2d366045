"""A doubtful receipt, from a till without a network to the member's points: the whole shop."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.audit.auditor import audit
from gateway.config import WebSettings
from gateway.crypto.card_token import card_token
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import ReviewState
from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.card import CardProfile
from gateway.model.ids import BranchId, TerminalId
from gateway.model.review import ReviewReason
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.house import Door, FirstSteps, House
from gateway.office.passwords import HashCost
from gateway.office.roles import Role
from gateway.office.sessions import Stage, Visitor
from gateway.queries.reading import reading
from gateway.queries.reviews import held_reviews
from gateway.queries.scope import EVERYTHING
from simulators.broker import SimBroker
from simulators.card import UidCard
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse, QuietOptions
from simulators.shop.counter import ShopCounter
from simulators.shop.day import OPENING_MS, PROGRAMME
from simulators.shop.server import ShopServer
from web_admin.app import create_app, end_app

CARD_KEY = bytes(range(32))
ANNA, BEN = b"\x04" + b"anna42", b"\x04" + b"ben423"
NORTH = BranchId("north")
STEP_MS = 100


def paper(number: int, *, total: str = "12,00", other: str | None = "21,00") -> bytes:
    """A receipt with one total, or with two that differ."""
    again = "" if other is None else f"TOTAL EUR             {other}\n"
    return (
        f"\x1b@Street shop\nReceipt: {number}\n15.01.2027 08:00\n"
        f"TOTAL EUR             {total}\n{again}\n\n\x1dV\x00"
    ).encode("ascii")


class _Desk(Door):
    """The pages in front of the shop's ledger, with an office of their own."""

    def __init__(self, quiet: QuietHouse, server: ShopServer) -> None:
        self._quiet = quiet
        ledger = LedgerReader(server.ledger)
        self._house = replace(quiet.house, ledger=ledger, execute=server.administer)

    @property
    def house(self) -> House:
        return self._house

    @property
    def data_dir(self) -> Path:
        return self._quiet.data_dir

    @property
    def clock(self) -> VirtualClock:
        assert isinstance(self._quiet.clock, VirtualClock)
        return self._quiet.clock

    def set_up(self, steps: FirstSteps) -> House:
        raise AssertionError(steps)


class Street:
    """A gateway, two tills of one branch, and a manager at a browser."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(unix_ms=OPENING_MS, synchronised_at_ms=OPENING_MS)
        self.broker = SimBroker(random.Random(1))
        signer = FileSigner.generate()
        self.server = ShopServer(
            folder / "ledger.db", self.broker, signer, CARD_KEY, random.Random(2), self.clock
        )
        self.tills = [
            ShopCounter(
                folder / name,
                TerminalId(name),
                self.broker,
                PublicKey.from_cose_key(signer.public_key),
                random.Random(name),
                self.clock,
            )
            for name in ("till-1", "till-2")
        ]
        registrations = [one.identity.registration for one in self.tills]
        self.server.prepare(PROGRAMME, registrations, [NORTH, NORTH])
        self.server.start()
        for till in self.tills:
            till.start()
        self.run(2_000)
        options = QuietOptions(password_cost=HashCost(memory_kib=8, passes=1))
        self.quiet = QuietHouse(folder / "office", self.clock, options)
        self.app = create_app(_Desk(self.quiet, self.server), WebSettings())
        self.app.config["WTF_CSRF_ENABLED"] = False

    def close(self) -> None:
        """End everything."""
        end_app(self.app)
        self.quiet.__exit__(None, None, None)
        for till in self.tills:
            till.close()
        self.server.close()

    def run(self, ms: int) -> None:
        """Let time pass for everybody."""
        for _ in range(ms // STEP_MS):
            self.clock.advance(STEP_MS)
            self.broker.step(self.clock.monotonic_ms())
            self.server.work()
            for till in self.tills:
                till.tick()

    def manager(self) -> FlaskClient:
        """Somebody who may decide."""
        office = self.quiet.office
        profile = Profile(display_name="Mina", role=Role.MANAGER, branches=frozenset({NORTH}))
        owner = Profile(display_name="Owen", role=Role.OWNER, branches=frozenset())
        for login, one in (("owner", owner), ("manager", profile)):
            made = office.accounts.add(
                login, one, "correct horse battery", language="en", must_change_password=False
            )
            assert isinstance(made, Account)
        visitor = Visitor(device="test", address="127.0.0.1")
        client = self.app.test_client()
        assert isinstance(made, Account), "the manager was added last"
        secret = office.sessions.open(made.account_id, Stage.FULL, visitor)
        client.set_cookie("mohr_session", secret)
        return client

    def points(self, uid: bytes) -> int:
        """What a card's owner can spend."""
        token = card_token(CARD_KEY, CardProfile.UID, uid)
        balance = LedgerReader(self.server.ledger).balance_of_card(token)
        return 0 if balance is None else balance.available

    def states(self) -> list[ReviewState]:
        """How the papers stand, in the order in which they came."""
        with self.server.store.batch() as batch:
            papers = [row for row in batch.every(ReviewRow) if row.nth == 0]
            rows = sorted(papers, key=lambda row: row.first_index)
        return [row.state for row in rows]

    def sound(self) -> None:
        """Nothing waits at a till, and the auditor comes to the same books."""
        assert [till.agent.status().pending for till in self.tills] == [0, 0]
        with self.server.store.batch() as batch:
            assert broken_invariants(batch) == ()
            assert audit(batch).findings == ()


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """The shop."""
    made = Street(tmp_path)
    yield made
    made.close()


def test_a_doubtful_receipt_goes_from_the_till_to_points(street: Street) -> None:
    """Offline it is journalled, online it is queued; settled on the page it brings points once.

    The same receipt printed again at another till, surely or not, brings nothing more; a dismissed
    one never brings anything.
    """
    till, other = street.tills
    street.broker.go_down()
    street.run(1_000)
    till.tap(UidCard(ANNA))
    street.run(500)
    till.print(paper(1))
    street.run(8_000)
    till.tap(UidCard(BEN))
    street.run(500)
    till.print(paper(2))
    street.run(2_000)
    assert till.agent.status().pending == 2
    till.kill()
    till.start()
    street.broker.come_back()
    street.run(60_000)
    assert street.states() == [ReviewState.OPEN, ReviewState.OPEN]
    with reading(street.server.ledger) as connection:
        ben, anna = held_reviews(connection, EVERYTHING, decided=False, limit=9)
    assert anna.review is not None
    assert ReviewReason.TOTALS_DIFFER in anna.review.reasons

    manager = street.manager()
    page = manager.get("/review/receipts").text
    assert f"/review/receipts/{anna.row.first_index}" in page
    address = f"/review/receipts/{anna.row.first_index}"
    shown = manager.get(address).text
    assert "Receipt: 1" in shown
    assert set(re.findall(r'name="total" value="(\d+)"', shown)) == {"1200", "2100"}
    assert manager.post(f"{address}/settle", data={"total": "2100"}).status_code == 303
    away = f"/review/receipts/{ben.row.first_index}"
    assert manager.post(f"{away}/dismiss", data={"reason": "no sale"}).status_code == 303
    assert street.points(ANNA) == 21
    assert street.points(BEN) == 0
    assert manager.post(f"{address}/settle", data={"total": "2100"}).status_code == 422

    for number in (1, 2):
        for data in (paper(number), paper(number, total="21,00", other="21,00")):
            other.tap(UidCard(ANNA if number == 1 else BEN))
            street.run(500)
            other.print(data)
            street.run(20_000)
    assert street.states() == [ReviewState.SETTLED, ReviewState.DISMISSED]
    assert street.points(ANNA) == 21
    street.sound()
