"""A shop for the writer's tests: terminals that seal for real, a ledger, and a settable clock."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.seal import SealType, envelope_hash, seal
from gateway.crypto.signer import Algorithm
from gateway.ledger.checks import broken_invariants
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.rows_members import CardRow, WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BootId,
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.money import EUR, Currency
from gateway.model.outcome import Reason
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.receipt import Result
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Redemption,
    SaleReference,
    Transaction,
)
from gateway.wire.auth import encode_auth_request
from gateway.wire.transaction import encode_transaction
from gateway.writer.arrival import Arrival, AuthArrival, TransactionArrival
from gateway.writer.decision import Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer

START_MS = 1_800_000_000_000
BRANCH = BranchId("north")


def card(name: str) -> CardEvidence:
    """A card whose token follows from a short name."""
    return CardEvidence(
        profile=CardProfile.UID,
        token=CardToken(hashlib.sha256(name.encode()).digest()),
        assurance=Assurance.IDENTIFIED,
    )


def sale_key(number: int) -> SaleKey:
    """A sale key that follows from a number."""
    return SaleKey(number.to_bytes(16, "big"))


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


@dataclass
class Box:
    """The sealing half of a terminal."""

    terminal: TerminalId
    epoch: int
    signer: FileSigner
    now_ms: int = START_MS
    seq: int = 0
    quality: ClockQuality = ClockQuality.SYNCHRONISED
    currency: Currency = EUR
    previous_hash: EnvelopeHash = field(init=False)
    requests: int = 0

    def __post_init__(self) -> None:
        self.previous_hash = genesis_hash(self.terminal, self.epoch, self.signer.key_id)

    def registration(self) -> Registration:
        """What the gateway is told of this box."""
        return Registration(
            terminal=self.terminal,
            epoch=self.epoch,
            public_key=self.signer.public_key,
            agreement_key=hashlib.sha256(self.terminal.encode()).digest(),
        )

    def enrol(self, evidence: CardEvidence) -> TransactionArrival:
        """Seal an enrolment."""
        return self.sealed(self.transaction(Kind.ENROL, card=evidence))

    def earn(
        self, evidence: CardEvidence, number: int, total_minor: int, receipt: str | None = None
    ) -> TransactionArrival:
        """Seal an earn."""
        return self.sealed(self.transaction_of_earn(evidence, number, total_minor, receipt))

    def transaction_of_earn(
        self, evidence: CardEvidence, number: int, total_minor: int, receipt: str | None = None
    ) -> Transaction:
        """An earn that is next in the chain, not yet sealed."""
        sale = _sale(number, total_minor, receipt)
        return self.transaction(Kind.EARN, card=evidence, sale=sale)

    def redeem(
        self,
        evidence: CardEvidence,
        number: int,
        answer: AuthAnswer,
        *,
        points: int | None = None,
        receipt: str | None = None,
    ) -> TransactionArrival:
        """Seal the posting of a granted reservation."""
        redemption = Redemption(
            hold_id=answer.request_id,
            points=points or answer.points or 1,
            amount_minor=answer.amount_minor or 1,
        )
        sale = _sale(number, 100_000, receipt)
        parts = self.transaction(Kind.REDEEM, card=evidence, sale=sale, redemption=redemption)
        return self.sealed(parts)

    def void(self, hold_id: HoldId) -> TransactionArrival:
        """Seal the voiding of a reservation."""
        return self.sealed(self.transaction(Kind.VOID, hold_id=hold_id))

    def refund(self, number: int | None = None, receipt: str | None = None) -> TransactionArrival:
        """Seal the refund of a whole sale."""
        key = None if number is None else sale_key(number)
        original = SaleReference(key=key, receipt_number=receipt)
        return self.sealed(self.transaction(Kind.REFUND, original=original))

    def reserve(
        self,
        evidence: CardEvidence,
        number: int,
        points: int,
        *,
        total_minor: int = 100_000,
        deadline_ms: int | None = None,
        request_id: HoldId | None = None,
    ) -> AuthArrival:
        """Seal a request to reserve points."""
        return self.asked(
            AuthRequest(
                request_id=request_id or self._request_id(),
                terminal=self.terminal,
                kind=AuthKind.RESERVE,
                made_at_ms=self.now_ms,
                deadline_ms=self.now_ms + 5_000 if deadline_ms is None else deadline_ms,
                programme_version=1,
                currency=self.currency,
                card=evidence,
                points=points,
                sale_key=sale_key(number),
                sale_total_minor=total_minor,
            )
        )

    def cancel(self, hold_id: HoldId) -> AuthArrival:
        """Seal a request to cancel a reservation."""
        return self.asked(
            AuthRequest(
                request_id=self._request_id(),
                terminal=self.terminal,
                kind=AuthKind.CANCEL,
                made_at_ms=self.now_ms,
                deadline_ms=self.now_ms + 5_000,
                programme_version=1,
                currency=self.currency,
                hold_id=hold_id,
            )
        )

    def inquire(self, evidence: CardEvidence) -> AuthArrival:
        """Seal a question for a balance."""
        return self.asked(
            AuthRequest(
                request_id=self._request_id(),
                terminal=self.terminal,
                kind=AuthKind.INQUIRE,
                made_at_ms=self.now_ms,
                deadline_ms=self.now_ms + 5_000,
                programme_version=1,
                currency=self.currency,
                card=evidence,
            )
        )

    def asked(self, request: AuthRequest) -> AuthArrival:
        """Seal a request."""
        envelope = seal(encode_auth_request(request), SealType.AUTH_REQUEST, self.signer)
        return AuthArrival(
            envelope=envelope,
            envelope_hash=envelope_hash(envelope),
            key_id=self.signer.key_id,
            request=request,
        )

    def transaction(
        self,
        kind: Kind,
        *,
        card: CardEvidence | None = None,
        sale: Sale | None = None,
        redemption: Redemption | None = None,
        hold_id: HoldId | None = None,
        original: SaleReference | None = None,
    ) -> Transaction:
        """The next transaction of the chain, not yet sealed."""
        return Transaction(
            id=TransactionId(terminal=self.terminal, epoch=self.epoch, seq=self.seq + 1),
            previous_hash=self.previous_hash,
            time=EventTime(
                unix_ms=self.now_ms,
                utc_offset_min=60,
                quality=self.quality,
                boot_id=BootId(bytes(16)),
                monotonic_ms=self.seq,
            ),
            programme_version=1,
            channel=Channel.SIMULATED,
            currency=self.currency,
            kind=kind,
            card=card,
            sale=sale,
            redemption=redemption,
            hold_id=hold_id,
            original=original,
        )

    def sealed(self, transaction: Transaction) -> TransactionArrival:
        """Seal a transaction and make it the newest of the chain."""
        arrival = self.sealed_aside(transaction)
        self.seq = transaction.id.seq
        self.previous_hash = arrival.envelope_hash
        return arrival

    def sealed_aside(self, transaction: Transaction) -> TransactionArrival:
        """Seal a transaction and leave the chain as it was, as a clone would."""
        envelope = seal(encode_transaction(transaction), SealType.TRANSACTION, self.signer)
        return TransactionArrival(
            envelope=envelope,
            envelope_hash=envelope_hash(envelope),
            key_id=self.signer.key_id,
            transaction=transaction,
        )

    def _request_id(self) -> HoldId:
        self.requests += 1
        return HoldId(hashlib.sha256(f"{self.terminal} {self.requests}".encode()).digest()[:16])


def _sale(number: int, total_minor: int, receipt: str | None) -> Sale:
    return Sale(
        key=sale_key(number),
        total_minor=total_minor,
        source=SaleSource.KEYED,
        profile="test",
        receipt_number=receipt,
    )


class Shop:
    """A ledger with its writer, and boxes that stand in branch ``north``."""

    def __init__(self, store: LedgerStore, settings: WriterSettings | None = None) -> None:
        self.store = store
        self.settings = settings or WriterSettings()
        self.now_ms = START_MS
        self._random = random.Random(7)
        self.restart()

    def restart(self) -> None:
        """Begin a new writer on the same ledger, as after a crash."""
        self.writer = Writer(self.store, new_member_id=self._new_member_id, settings=self.settings)

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
