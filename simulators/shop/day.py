"""One simulated day: a seeded plan, a broker that misbehaves, processes that end at bad moments.

Everything runs on one thread and on simulated time. Each source of chance has a generator of its
own, made from the seed, so that the same seed gives the same day.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.audit.auditor import audit
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.model.ids import TerminalId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from simulators.broker import SimBroker
from simulators.card import UidCard
from simulators.clock import VirtualClock
from simulators.faults import QUIET, FaultPlan
from simulators.receipts import ReceiptLanguage, TillReceipt, render_receipt
from simulators.shop.checker import Circumstances, Verdict, check_books
from simulators.shop.counter import ShopCounter
from simulators.shop.plan import ShopSize, Visit, plan_day
from simulators.shop.report import DayReport
from simulators.shop.server import DEFAULT_BRANCH, ShopServer

#: 2027-01-15 08:00 in Tehran.
OPENING_MS: Final = 1_799_987_400_000
OPENING_MINUTE: Final = 8 * 60
STEP_MS: Final = 100
#: A visit's parts follow each other at this distance, so that answers have time to arrive.
BEAT_MS: Final = 2_500
#: How long a shop may take to settle everything once its network is well again.
QUIET_STEPS_MAX: Final = 40_000

BAD_DAY: Final = FaultPlan(
    lose=0.04,
    repeat=0.05,
    reorder=0.05,
    disconnect=0.02,
    restart_empty=0.002,
    delay_min_ms=1,
    delay_max_ms=60,
)

PROGRAMME: Final = Programme(
    name="shop",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=100,
    redeem_minimum_points=10,
    redeem_share_percent=50,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """One thing a customer or a cashier does, and when."""

    at_ms: int
    visit: Visit
    what: str


def run_day(seed: int, size: ShopSize | None = None, faults: FaultPlan = BAD_DAY) -> DayReport:
    """Run one seed's day and compare it with the model.

    Args:
        seed: makes every choice of the day.
        size: how much happens.
        faults: how badly the broker behaves until closing time.
    """
    with (
        tempfile.TemporaryDirectory(prefix="mohr-shop-") as folder,
        Day(seed, size or ShopSize(), faults, Path(folder)) as day,
    ):
        return day.run()


class Day:
    """A shop in ``folder``, ready to open. Use as a context manager; leaving it closes all files.

    Attributes:
        server: the gateway.
        counters: the tills.
    """

    def __init__(self, seed: int, size: ShopSize, faults: FaultPlan, folder: Path) -> None:
        """Make keys, ledger and journals."""
        folder.mkdir(parents=True, exist_ok=True)
        self._seed = seed
        self._fate = random.Random(f"{seed}/fate")
        self._clock = VirtualClock(unix_ms=OPENING_MS, synchronised_at_ms=OPENING_MS)
        self._broker = SimBroker(random.Random(f"{seed}/broker"), replace(QUIET))
        self._faults = faults
        self._ended = 0
        signer = FileSigner.generate()
        card_key = hashlib.sha256(f"{seed}/card key".encode()).digest()
        self.server = ShopServer(
            folder / "ledger.db",
            self._broker,
            signer,
            card_key,
            random.Random(f"{seed}/members"),
            self._clock,
        )
        gateway = PublicKey.from_cose_key(signer.public_key)
        self.counters = [
            ShopCounter(
                folder / f"till-{index}",
                TerminalId(f"till-{index}"),
                self._broker,
                gateway,
                random.Random(f"{seed}/till-{index}"),
                self._clock,
            )
            for index in range(size.terminals)
        ]
        self.server.prepare(PROGRAMME, [one.identity.registration for one in self.counters])
        self.server.start()
        for counter in self.counters:
            counter.start()
        self._cards = [
            UidCard(b"\x04" + random.Random(f"{seed}/card-{index}").randbytes(6))
            for index in range(size.members)
        ]
        self._acts = _acts(plan_day(random.Random(f"{seed}/plan"), size))

    def run(self) -> DayReport:
        """Open, serve everybody while everything goes wrong, close, settle, compare."""
        self._wait_for_configuration()
        self._broker.plan = self._faults
        opened_ms = self._clock.monotonic_ms()
        for act in self._acts:
            while self._clock.monotonic_ms() - opened_ms < act.at_ms:
                self._step()
                self._misfortune()
            self._perform(act)
        self._broker.plan = QUIET
        self._settle()
        return self._report()

    def check(self) -> Verdict:
        """Compare the shop, settled and still running, with the one-thread model."""
        branches = {one.terminal: DEFAULT_BRANCH for one in self.counters}
        about = Circumstances(rules=[(0, PROGRAMME)], branches=branches)
        return check_books([one.journal for one in self.counters], self.server.store, about)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for counter in self.counters:
            counter.close()
        self.server.close()

    def _step(self, *, dies_after_commit: bool = False) -> None:
        self._clock.advance(STEP_MS)
        self._broker.step(self._clock.monotonic_ms())
        self.server.work(dies_after_commit=dies_after_commit)
        for counter in self.counters:
            counter.tick()

    def _misfortune(self) -> None:
        """A process ends, about once in two minutes of the shop's time."""
        chance = self._fate.random()
        if chance < 0.0003:
            self._fate.choice(self.counters).restart(answered=self._fate.random() < 0.3)
        elif chance < 0.0006:
            self.server.restart(answered=self._fate.random() < 0.3)
        elif chance < 0.0009:
            self._step(dies_after_commit=True)
        else:
            return
        self._ended += 1

    def _perform(self, act: _Act) -> None:
        visit = act.visit
        counter = self.counters[visit.terminal]
        match act.what:
            case "tap":
                assert visit.member is not None
                counter.tap(self._cards[visit.member])
            case "total":
                counter.key_total(sum(item.amount_minor for item in visit.items))
            case "redeem":
                counter.redeem()
            case "close":
                counter.print(render_receipt(_paper(visit)))
            case "reprint":
                counter.print(render_receipt(replace(_paper(visit), reprint=True)))
            case _:
                counter.refund(_receipt_number(visit.refund_of or 0))

    def _wait_for_configuration(self) -> None:
        for _ in range(QUIET_STEPS_MAX):
            self._step()
            if all(one.agent.status().configuration_version for one in self.counters):
                return
        raise AssertionError("a terminal never got its configuration")

    def _settle(self) -> None:
        """Let the shop finish: nothing pending, nothing held. The checker says if it cannot."""
        for _ in range(QUIET_STEPS_MAX):
            self._step()
            counts = [one.journal.counts() for one in self.counters]
            if not any(one.pending or one.open_holds for one in counts):
                break
        # Holds that were asked for and never used free themselves when their time is up.
        for _ in range((PROGRAMME.hold_ttl_ms + 10_000) // 1_000):
            self._clock.advance(1_000 - STEP_MS)
            self._step()

    def _report(self) -> DayReport:
        verdict = self.check()
        with self.server.store.batch() as batch:
            report = audit(batch)
        findings = [*verdict.findings, *(f"audit: {finding}" for finding in report.findings)]
        return DayReport(
            seed=self._seed,
            transactions=verdict.transactions,
            faults=self._broker.faults_done + self._ended,
            lost=verdict.lost,
            doubled=verdict.doubled,
            findings=tuple(findings),
            fingerprint=verdict.fingerprint,
        )


def _acts(visits: tuple[Visit, ...]) -> tuple[_Act, ...]:
    acts: list[_Act] = []
    for visit in visits:
        parts = _parts(visit)
        acts += [
            _Act(at_ms=visit.start_ms + number * BEAT_MS, visit=visit, what=what)
            for number, what in enumerate(parts)
        ]
    return tuple(sorted(acts, key=lambda act: (act.at_ms, act.visit.number)))


def _parts(visit: Visit) -> list[str]:
    if visit.refund_of is not None:
        return ["refund"]
    tap = [] if visit.member is None else ["tap"]
    parts = [*tap, "total"] if visit.card_first else ["total", *tap]
    if visit.tapped_twice:
        parts += tap
    if visit.redeem and tap:
        parts.append("redeem")
    parts.append("close")
    if visit.reprinted:
        parts.append("reprint")
    return parts


def _receipt_number(number: int) -> str:
    return f"2027-{number:06d}"


def _paper(visit: Visit) -> TillReceipt:
    minute = OPENING_MINUTE + visit.start_ms // 60_000
    return TillReceipt(
        shop="Simulated shop",
        items=visit.items,
        receipt_number=_receipt_number(visit.number),
        printed_at=f"15.01.2027 {minute // 60:02d}:{minute % 60:02d}",
        language=ReceiptLanguage.ENGLISH,
    )
