"""A world's parts, wired, its time, and how each event of a script is performed."""

from __future__ import annotations

import hashlib
import heapq
import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.crypto.card_token import card_token
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.model.card import CardProfile
from gateway.model.ids import BranchId, CardToken
from gateway.readers.cards.membership import Membership
from gateway.readers.cards.ndef import encode_message
from gateway.writer.settings import WriterSettings
from simulators.broker import SimBroker
from simulators.card import Type2NdefCard, UidCard, VirtualCard
from simulators.clock import VirtualClock
from simulators.world.history import History
from simulators.world.office import Office
from simulators.world.process import Process
from simulators.world.script import OPENING_MS, Script
from simulators.world.server import Keys, WorldGateway
from simulators.world.terminal import Surroundings, WorldTerminal
from terminal_agent.outbox import OutboxSettings

_ORGANISATION: Final = b"mohr-sim"


class Stage:
    """Everything there is, ready to run. Use ``close`` at the end.

    Attributes:
        setting: who and what there is.
        history: what was seen.
        gateway: the gateway.
        tills: the tills, by name.
        broker: the broker.
        cards: the customers' cards.
        tokens: what each card is to the ledger.
        processes: the gateway and the tills.
        office: the administrators.
    """

    def __init__(self, script: Script, folder: Path) -> None:
        """Make keys, ledger, clocks and programs; nothing runs yet."""
        seed, setting = script.seed, script.setting
        self.setting = setting
        self.history = History()
        self.broker = SimBroker(random.Random(f"{seed}/broker"), queue_max=setting.queue_max)
        signer = FileSigner.generate()
        card_key = hashlib.sha256(f"{seed}/card key".encode()).digest()
        self.gateway = WorldGateway(
            folder,
            self.broker,
            Keys(signer=signer, card_key=card_key),
            _clock(),
            self.history,
            seed=seed,
            writer=WriterSettings(inbox_rows_max=setting.inbox_rows_max),
        )
        around = Surroundings(
            folder=folder,
            broker=self.broker,
            gateway=PublicKey.from_cose_key(signer.public_key),
            history=self.history,
            seed=seed,
            outbox=OutboxSettings(window=setting.outbox_window),
            page_bytes=setting.journal_page_bytes,
        )
        self.tills = {name: WorldTerminal(name, _clock(), around) for name in setting.tills}
        registrations = [one.counter.identity.registration for one in self.tills.values()]
        self.gateway.server.prepare(
            setting.programme, registrations, [BranchId(branch) for _, branch in setting.branches]
        )
        made = [_card(seed, number, card_key) for number in range(setting.members)]
        self.cards: list[VirtualCard] = [card for card, _ in made]
        self.tokens = [token for _, token in made]
        self.processes: tuple[Process, ...] = (self.gateway, *self.tills.values())
        self.office = Office(script.setting, self.gateway, self.history)
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()

    @property
    def now_ms(self) -> int:
        """Milliseconds since the world began."""
        return self.history.now_ms

    def close(self) -> None:
        """Give all files back."""
        for one in self.processes:
            one.close()

    # -- time -----------------------------------------------------------------------------------

    def run_until(self, until_ms: int) -> None:
        """Let time pass and everything happen that is due before ``until_ms``."""
        while True:
            next_ms = min(one.next_ms for one in self.processes)
            if self.broker.next_due_ms is not None:
                next_ms = min(next_ms, self.broker.next_due_ms)
            if self._timers:
                next_ms = min(next_ms, self._timers[0][0])
            if next_ms >= until_ms:
                self._advance(until_ms)
                return
            self._advance(max(next_ms, self.now_ms))
            self._let_happen()

    def later(self, wait_ms: int, action: Callable[[], None]) -> None:
        """Do something so much later."""
        heapq.heappush(self._timers, (self.now_ms + wait_ms, next(self._order), action))

    def forget_timers(self) -> None:
        """Do at once what was to be done later."""
        while self._timers:
            heapq.heappop(self._timers)[2]()

    def _advance(self, to_ms: int) -> None:
        step_ms = to_ms - self.now_ms
        if step_ms > 0:
            self.history.now_ms = to_ms
            for one in self.processes:
                one.clock.advance(step_ms)

    def _let_happen(self) -> None:
        self.broker.step(self.now_ms)
        for one in self.processes:
            one.work_when_due()
        self.office.look_at_rules()
        while self._timers and self._timers[0][0] <= self.now_ms:
            heapq.heappop(self._timers)[2]()

    def set_right(self, process: Process) -> None:
        """Let a process's wall clock be synchronised now."""
        clock = process.clock
        clock.jump(OPENING_MS + self.now_ms - clock.unix_ms())
        clock.synchronise(clock.unix_ms())

    def process(self, who: str) -> Process:
        """Find a process by its name."""
        return self.gateway if who == self.gateway.name else self.tills[who]


def _clock() -> VirtualClock:
    return VirtualClock(unix_ms=OPENING_MS, synchronised_at_ms=OPENING_MS)


def _card(seed: int, number: int, card_key: bytes) -> tuple[VirtualCard, CardToken]:
    """Every fourth card is an NDEF tag with a membership on it, the others have a UID alone."""
    rng = random.Random(f"{seed}/card-{number}")
    uid = b"\x04" + rng.randbytes(6)
    if number % 4 != 3:
        return UidCard(uid), card_token(card_key, CardProfile.UID, uid)
    member = Membership(organisation=_ORGANISATION, number=rng.randbytes(8))
    card = Type2NdefCard(uid, encode_message([member.to_record()]))
    return card, card_token(card_key, CardProfile.NDEF, member.identity)
