"""A shop for the writer's tests: a ledger, terminals that seal for real, and a settable clock."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.ledger.checks import broken_invariants
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.rows_members import CardRow, WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.money import EUR
from gateway.model.outcome import Reason
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.receipt import Result
from gateway.writer.arrival import Arrival, AuthArrival, TransactionArrival
from gateway.writer.card_check import CheckCard, no_keys
from gateway.writer.decision import Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.given.sealing_box import START_MS, Box
from simulators.rules_till import card_named as card

BRANCH = BranchId("north")


def programme(
    version: int = 1,
    *,
    effective_from_ms: int = 0,
    unknown_card: UnknownCardPolicy = UnknownCardPolicy.ENROL,
    refund: RefundPolicy = RefundPolicy.ALLOW_NEGATIVE,
    earn_points: int = 1,
) -> Programme:
    """One point for each euro, 100 points for one euro off."""
    return Programme(
        name="club",
        version=version,
        effective_from_ms=effective_from_ms,
        currency=EUR,
        earn_points=earn_points,
        earn_per_minor=100,
        redeem_points=10,
        redeem_value_minor=10,
        unknown_card=unknown_card,
        refund=refund,
    )


class Shop:
    """A ledger with its writer, and boxes that stand in branch ``north``."""

    def __init__(self, store: LedgerStore, settings: WriterSettings | None = None) -> None:
        self.store = store
        self.settings = settings or WriterSettings()
        self.now_ms = START_MS
        self._random = random.Random(7)
        self.check_card: CheckCard = no_keys
        self.restart()

    def restart(self) -> None:
        """Begin a new writer on the same ledger, as after a crash."""
        self.writer = Writer(
            self.store,
            new_member_id=self._new_member_id,
            settings=self.settings,
            check_card=self.check_card,
        )

    card = staticmethod(card)
    programme = staticmethod(programme)

    def box(
        self,
        name: str,
        epoch: int = 1,
        branch: BranchId = BRANCH,
        signer: FileSigner | None = None,
    ) -> Box:
        """Make a terminal and tell the gateway of it."""
        box = Box(
            terminal=TerminalId(name),
            epoch=epoch,
            signer=signer or FileSigner.generate(Algorithm.ESP256),
        )
        self.store.add_terminal(box.registration(), branch, self.now_ms)
        return box

    def apply(self, *arrivals: Arrival) -> Decision:
        """Apply one batch at the shop's time, and check the books."""
        decision = self.writer.apply(arrivals, self.now_ms)
        self.check()
        return decision

    def result(self, arrival: TransactionArrival) -> Result:
        """Apply one transaction and find its result in the receipts."""
        return self.result_in(self.apply(arrival), arrival)

    def result_in(self, decision: Decision, arrival: TransactionArrival) -> Result:
        """Find a transaction's result in a decision."""
        found = [
            result
            for receipt in decision.receipts
            for result in receipt.results
            if result.envelope_hash == arrival.envelope_hash
        ]
        assert len(found) == 1, decision
        return found[0]

    def rejections(self, decision: Decision) -> list[Reason]:
        """The reasons in a decision's receipts."""
        return [one.reason for receipt in decision.receipts for one in receipt.rejections]

    def ask(self, arrival: AuthArrival) -> AuthAnswer:
        """Apply one request and return its answer."""
        answers = self.apply(arrival).answers
        assert len(answers) == 1
        return answers[0]

    def tick(self, later_ms: int = 0) -> Decision:
        """Let time pass and tick."""
        self.now_ms += later_ms
        decision = self.writer.tick(self.now_ms)
        self.check()
        return decision

    def balance(self, evidence: CardEvidence) -> tuple[int, int] | None:
        """A card owner's spendable and held points, or None where nobody owns it."""
        with self.store.batch() as batch:
            cards = batch.rows(CardRow, [evidence.token])
            if not cards:
                return None
            wallet = batch.rows(WalletRow, [cards[0].member_id])[0]
            return wallet.available, wallet.held

    def watermark(self, box: Box) -> int:
        """How far a box is settled."""
        with self.store.batch() as batch:
            return batch.rows(ChainRow, [(box.terminal, box.epoch)])[0].watermark

    def journal(self) -> list[JournalRow]:
        """The whole journal."""
        with self.store.batch() as batch:
            return list(batch.every(JournalRow))

    def check(self) -> None:
        """The books hold all their invariants."""
        with self.store.batch() as batch:
            assert broken_invariants(batch) == ()

    def _new_member_id(self) -> MemberId:
        return MemberId(self._random.randbytes(16).hex())


class MakeShop(Protocol):
    """Makes a shop with rules and settings of the test's choosing."""

    def __call__(
        self,
        *,
        unknown_card: UnknownCardPolicy = UnknownCardPolicy.ENROL,
        refund: RefundPolicy = RefundPolicy.ALLOW_NEGATIVE,
        settings: WriterSettings | None = None,
    ) -> Shop:
        """Make it."""
        ...


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger's file: made once, for its tables take longer than most tests."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    SqlLedgerStore(path).close()
    return path


@pytest.fixture(params=["sqlite", "memory"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, empty_ledger: Path
) -> Iterator[LedgerStore]:
    """Each kind of store, empty."""
    kept: LedgerStore
    if request.param == "sqlite":
        kept = SqlLedgerStore(shutil.copy(empty_ledger, tmp_path / "ledger.db"))
    else:
        kept = MemoryLedgerStore()
    yield kept
    kept.close()


@pytest.fixture
def shop(store: LedgerStore) -> Shop:
    """A shop whose programme enrols unknown cards and lets balances go below zero."""
    store.add_programme(programme())
    return Shop(store)


@pytest.fixture
def bare_shop(store: LedgerStore) -> Shop:
    """A shop without any programme."""
    return Shop(store)


@pytest.fixture
def make_shop(store: LedgerStore) -> MakeShop:
    """See ``MakeShop``."""

    def make(
        *,
        unknown_card: UnknownCardPolicy = UnknownCardPolicy.ENROL,
        refund: RefundPolicy = RefundPolicy.ALLOW_NEGATIVE,
        settings: WriterSettings | None = None,
    ) -> Shop:
        store.add_programme(programme(unknown_card=unknown_card, refund=refund))
        return Shop(store, settings)

    return make


@pytest.fixture
def shop_of() -> Callable[[LedgerStore, UnknownCardPolicy, RefundPolicy], Shop]:
    """A shop on a given store, for tests that make many."""

    def make(store: LedgerStore, unknown_card: UnknownCardPolicy, refund: RefundPolicy) -> Shop:
        store.add_programme(programme(unknown_card=unknown_card, refund=refund))
        return Shop(store)

    return make


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop on a file, for what only a file can show."""
    kept = SqlLedgerStore(tmp_path / "ledger.db")
    kept.add_programme(programme())
    yield Shop(kept)
    kept.close()
