"""A ledger with its writer under any programme, looked at after every step.

For tests of the writer alone: what tills seal is applied at once, by a clock that stands still
until somebody moves it. Every step ends with the proof that the books hold all their invariants.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeVar, Unpack

from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.checks import broken_invariants
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import HoldRow, LotRow
from gateway.ledger.rows_members import (
    CardRow,
    GiftCardRow,
    StandingRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.store import LedgerStore
from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import BranchId, MemberId, TerminalId, WalletId
from gateway.model.ledger_command import CommandParts, LedgerCommand, LedgerCommandKind
from gateway.model.member_facts import MemberDate
from gateway.model.money import EUR
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.receipt import Result
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import Rules
from gateway.program.acquaintance import Acquaintance
from gateway.writer.arrival import Arrival, AuthArrival, TransactionArrival
from gateway.writer.bench import Outcome
from gateway.writer.decision import Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.rules_till import RulesTill, card_named

R = TypeVar("R", bound=Row)

#: A Friday, eight in the morning in Greenwich: 15 January 2027.
OPENING_MS: Final = 1_800_000_000_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
NORTH: Final = BranchId("north")
_NEGATIVE: Final = RefundPolicy.ALLOW_NEGATIVE


class Diary(Acquaintance):
    """Knows the days that somebody wrote into it."""

    def __init__(self) -> None:
        """Begin empty."""
        self.days: dict[MemberId, tuple[MemberDate, ...]] = {}

    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """The days of those that stand in it."""
        return {one: self.days[one] for one in members if one in self.days}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a wallet has; nothing for a wallet that was never opened."""

    active: int = 0
    held: int = 0
    pending: int = 0


class RulesShop:
    """A ledger, its writer, and tills.

    Attributes:
        store: the ledger.
        now_ms: Unix time in milliseconds; move it freely.
        diary: members' days.
        writer: the one writer.
    """

    def __init__(
        self, store: LedgerStore, programme: Programme, settings: WriterSettings | None = None
    ) -> None:
        """Open the ledger with a first programme."""
        self.store = store
        self.now_ms = OPENING_MS
        self.diary = Diary()
        self._random = Random(7)
        self._settings = settings or WriterSettings()
        self._commands = 0
        store.add_programme(programme)
        self.restart()

    # -- doing --------------------------------------------------------------------------------

    def restart(self) -> None:
        """Begin a new writer on the same ledger, as after a crash."""
        self.writer = Writer(
            self.store,
            new_member_id=lambda: MemberId(self._random.randbytes(16).hex()),
            settings=self._settings,
            acquaintance=self.diary,
        )

    def till(self, name: str = "till-1", branch: str = NORTH) -> RulesTill:
        """Make a terminal and tell the gateway of it."""
        till = RulesTill(TerminalId(name), lambda: self.now_ms)
        self.store.add_terminal(till.registration, BranchId(branch), self.now_ms)
        return till

    def publish(self, programme: Programme) -> None:
        """Let another version hold from the next moment on."""
        self.now_ms += 1_000
        self.store.add_programme(replace(programme, effective_from_ms=self.now_ms))

    def later(self, *, days: int = 0, hours: int = 0, ms: int = 0) -> None:
        """Let time pass."""
        self.now_ms += days * DAY_MS + hours * HOUR_MS + ms

    def apply(self, *arrivals: Arrival) -> Decision:
        """Apply one batch, and check the books."""
        decision = self.writer.apply(arrivals, self.now_ms)
        self.check()
        return decision

    def do(self, *arrivals: TransactionArrival) -> Result:
        """Apply transactions in one batch; say what became of the last."""
        decision = self.apply(*arrivals)
        wanted = arrivals[-1].envelope_hash
        results = [one for receipt in decision.receipts for one in receipt.results]
        return next(one for one in results if one.envelope_hash == wanted)

    def ask(self, arrival: AuthArrival) -> AuthAnswer:
        """Apply one request and return its answer."""
        (answer,) = self.apply(arrival).answers
        return answer

    def tick(self) -> int:
        """Free what has run out; say how many reservations that were."""
        freed = self.writer.tick(self.now_ms).journalled
        self.check()
        return freed

    def command(self, kind: LedgerCommandKind, **parts: Unpack[CommandParts]) -> Outcome:
        """Do something at the desk under a new id."""
        return self.carry_out(self.made(kind, **parts))

    def made(self, kind: LedgerCommandKind, **parts: Unpack[CommandParts]) -> LedgerCommand:
        """Make a command with an id of its own."""
        self._commands += 1
        name = hashlib.sha256(f"command {self._commands}".encode()).hexdigest()[:32]
        return LedgerCommand(id=name, kind=kind, made_by="owner", branch=NORTH, **parts)

    def carry_out(self, command: LedgerCommand) -> Outcome:
        """Do what a command says, and check the books."""
        outcome = self.writer.command(command, self.now_ms)
        self.check()
        return outcome

    # -- looking ------------------------------------------------------------------------------

    def check(self) -> None:
        """The books hold all their invariants, and nothing that is counted is below zero.

        Raises:
            AssertionError: if they do not.
        """
        with self.store.batch() as batch:
            broken = broken_invariants(batch)
            below = [row for row in batch.every(UsageRow) if row.amount < 0]
            counts = [(row.purchases, row.visits) for row in batch.every(StandingRow)]
            counts += [(row.sales, 0) for row in batch.every(VisitRow)]
            used = [row for row in batch.every(VoucherRow) if not 0 <= row.used <= row.quantity]
        assert not broken, broken
        assert not below, below
        assert not used, used
        assert all(min(pair) >= 0 for pair in counts), counts

    def rows(self, row_type: type[R]) -> list[R]:
        """Every row of a kind, in the order of their keys."""
        with self.store.batch() as batch:
            return list(batch.every(row_type))

    def journal(self) -> list[JournalRow]:
        """The whole journal."""
        return self.rows(JournalRow)

    def member(self, card: str) -> MemberId:
        """Whose a card is."""
        token = card_named(card).token
        return next(row.member_id for row in self.rows(CardRow) if row.token == token)

    def points(self, card: str) -> Purse:
        """The member's own points."""
        return self._purse(WalletId(self.member(card)))

    def credit(self, card: str) -> Purse:
        """The member's stored credit in euros."""
        return self._purse(credit_wallet_id(self.member(card), EUR.code))

    def gift(self, card: str) -> Purse:
        """What is on a gift card."""
        token = card_named(card).token
        (found,) = [row for row in self.rows(GiftCardRow) if row.token == token]
        return self._purse(found.wallet_id)

    def lots(self, card: str, unit: Unit = Unit.POINTS) -> list[LotRow]:
        """The member's lots of a unit, by their numbers."""
        member_id = self.member(card)
        wallet_id = credit_wallet_id(member_id, EUR.code)
        if unit is Unit.POINTS:
            wallet_id = WalletId(member_id)
        return [lot for lot in self.rows(LotRow) if lot.wallet_id == wallet_id]

    def standing(self, card: str) -> StandingRow | None:
        """How the member stands."""
        member_id = self.member(card)
        rows = self.rows(StandingRow)
        return next((row for row in rows if row.member_id == member_id), None)

    def vouchers(self, card: str) -> list[VoucherRow]:
        """The member's coupons and benefits."""
        member_id = self.member(card)
        return [row for row in self.rows(VoucherRow) if row.member_id == member_id]

    def used(self, part: str) -> int:
        """How much of the limits is used whose key has this in it."""
        return sum(row.amount for row in self.rows(UsageRow) if part in row.usage_key)

    def hold(self, answer: AuthAnswer) -> HoldRow:
        """The reservation that was granted."""
        return next(row for row in self.rows(HoldRow) if row.hold_id == answer.request_id)

    def _purse(self, wallet_id: WalletId) -> Purse:
        for row in self.rows(WalletRow):
            if row.wallet_id == wallet_id:
                return Purse(active=row.available, held=row.held, pending=row.pending)
        return Purse()


def club(
    rules: Rules = Rules(), *, earn_points: int = 1, refund: RefundPolicy = _NEGATIVE
) -> Programme:
    """A point for each euro, ten points for ten cents off, and whatever else."""
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=earn_points,
        earn_per_minor=100,
        redeem_points=10,
        redeem_value_minor=10,
        refund=refund,
        rules=rules,
    )
