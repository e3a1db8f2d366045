"""The gateway of a scenario: a real core and writer on a real ledger, which may lose its power."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.ledger.store import LedgerStore
from gateway.model.ids import HoldId, MemberId
from gateway.model.ledger_command import LedgerCommand, encode_ledger_command
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Status
from gateway.model.programme import Programme
from gateway.notifier import NoticeKind
from gateway.office.commands import AddTerminal, ApplyLedgerCommand, Reply, SetCardBlocked
from gateway.program.acquaintance import Acquaintance
from gateway.service.core import GatewayCore
from gateway.service.messages import Publish, Step
from gateway.writer.night import NightSlice
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import Delivered
from simulators.scenario.gateway.homes import Home
from simulators.scenario.gateway.names import member_id_of
from simulators.scenario.gateway.talk import Done
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import ShopFaultError

_CARD_KEY: Final = bytes(32)


class Days(Acquaintance):
    """Knows the days that members told."""

    def __init__(self) -> None:
        self._days: dict[MemberId, tuple[MemberDate, ...]] = {}

    def note(self, member_id: MemberId, dates: tuple[MemberDate, ...]) -> None:
        """Write a member's days down."""
        if dates:
            self._days[member_id] = dates

    def dates_of(self, members: Collection[MemberId]) -> Mapping[MemberId, tuple[MemberDate, ...]]:
        """See ``Acquaintance``."""
        return {one: self._days[one] for one in members if one in self._days}


class Pseudonyms:
    """Gives out pseudonyms that a scenario's names lead to, so that every play is the same."""

    def __init__(self) -> None:
        self._expected: deque[str] = deque()
        self._others = itertools.count(1)

    def expect(self, names: Iterable[str]) -> None:
        """Say who may become a member next, in this order."""
        self._expected = deque(names)

    def draw(self) -> MemberId:
        """The next one; for a gift card or a household one that nothing else has."""
        if self._expected:
            return member_id_of(self._expected.popleft())
        return member_id_of(f"nobody {next(self._others)}")


class House:
    """One gateway and its ledger.

    Args:
        home: where the ledger lives.

    Attributes:
        days: who knows members' birthdays.
        pseudonyms: what new members are called.
        lives: how often the gateway was started.
    """

    def __init__(self, home: Home) -> None:
        self.days = Days()
        self.pseudonyms = Pseudonyms()
        self.lives = 0
        self._home = home
        self._signer = FileSigner.generate()
        self._start()

    @property
    def store(self) -> LedgerStore:
        """The ledger."""
        return self._store

    @property
    def core(self) -> GatewayCore:
        """The core that runs now."""
        return self._core

    @property
    def key(self) -> PublicKey:
        """What tills verify its seals with."""
        return PublicKey.from_cose_key(self._signer.public_key)

    def cut(self) -> None:
        """Lose the power and start again: what was in memory is gone."""
        self._home.cut()
        self._start()

    def close(self) -> None:
        """Clear everything away."""
        self._home.close()

    # -- what it does -------------------------------------------------------------------------

    def deliver(self, deliveries: Sequence[Delivered], now_ms: int) -> list[Publish]:
        """Judge deliveries in one commit; what is said of them is sealed.

        Raises:
            ShopFaultError: if the gateway could not judge one, or left one unacknowledged.
        """
        opened = [self._core.open(one) for one in deliveries]
        step = self._core.apply(opened, now_ms)
        self._check(step)
        if {token.packet_id for token in step.acks} != {one.token.packet_id for one in deliveries}:
            raise ShopFaultError("the gateway did not acknowledge what it committed")
        return [self._core.sealed(reply) for reply in step.replies]

    def command(self, command: LedgerCommand, now_ms: int) -> Done:
        """Do what a desk commands, as the back office does.

        Raises:
            ShopFaultError: if the journal does not say what the reply does.
        """
        wanted = ApplyLedgerCommand(command=encode_ledger_command(command).decode())
        reply, _ = self._core.administer(wanted, now_ms)
        return self.done(command, reply)

    def done(self, command: LedgerCommand, reply: Reply) -> Done:
        """What the reply to a command says, with its journal row.

        Raises:
            ShopFaultError: if there is none where it was done, or one where it was refused.
        """
        with self._store.batch() as batch:
            rows = batch.commands([HoldId(bytes.fromhex(command.id))])
        if reply.status is None or bool(rows) is (reply.status is Status.REFUSED):
            raise ShopFaultError(f"{command} is {reply.status}, and the journal has {rows}")
        return Done(
            status=reply.status,
            reason=reply.reason,
            points=reply.points,
            balance_points=reply.balance_points,
            index=rows[0].journal_index if rows else 0,
        )

    def tick_until(self, now_ms: int) -> None:
        """Let time pass: a gateway looks every second, so holds free themselves when they must."""
        while True:
            with self._store.batch() as batch:
                due = batch.due_holds(now_ms, 1)
            self._check(self._core.tick(due[0].expires_at_ms if due else now_ms))
            if not due:
                return

    def night(self, now_ms: int, budget: int) -> NightSlice:
        """Do a part of the night that is due."""
        return self._writer.night(now_ms, budget)

    def add_tills(self, tills: Iterable[Till], at_ms: int) -> None:
        """Register terminals, as an administrator does."""
        for till in tills:
            added = AddTerminal(registration=till.registration.to_json(), branch=till.branch)
            self._core.administer(added, at_ms)

    def add_programme(self, programme: Programme) -> None:
        """Let a version of the rules hold."""
        self._store.add_programme(programme)

    def configurations(self, now_ms: int) -> tuple[Publish, ...]:
        """What every terminal is told of its rules."""
        return self._core.link_up(now_ms).publishes

    def block_card(self, token: bytes, now_ms: int, *, blocked: bool) -> None:
        """Block a card, or set it free, as an administrator does."""
        self._core.administer(SetCardBlocked(token=token.hex(), blocked=blocked), now_ms)

    # -- parts --------------------------------------------------------------------------------

    def _start(self) -> None:
        self.lives += 1
        self._store = self._home.open()
        self._writer = Writer(
            self._store,
            new_member_id=self.pseudonyms.draw,
            settings=WriterSettings(),
            acquaintance=self.days,
        )
        self._core = GatewayCore(self._store, self._writer, self._signer, card_key=_CARD_KEY)

    def _check(self, step: Step) -> None:
        faults = [one.text for one in step.notices if one.kind is NoticeKind.STORE_FAULT]
        if faults:
            raise ShopFaultError("; ".join(faults))
