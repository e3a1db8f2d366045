"""The gateway of a simulated shop: the real core on the real ledger, on one thread."""

from __future__ import annotations

import random
from pathlib import Path

from gateway.clock import Clock
from gateway.crypto.registration import Registration
from gateway.crypto.signer import Signer
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.service.core import GatewayCore
from gateway.service.messages import Opened, Step
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import Delivered, LinkEvent, LinkUp
from mqtt.topics import gateway_subscriptions
from simulators.broker import SimBroker
from simulators.link import SimLink

_CLIENT_ID = "gateway"
_IN_FLIGHT = 512
_TICK_MS = 1_000


class ShopServer:
    """A gateway that can be killed between its commit and its answer.

    Args:
        ledger: the ledger's file; made where there is none.
        broker: where it connects.
        signer: the gateway's key.
        card_key: the programme's card key, 32 bytes.
        rng: makes member pseudonyms.
        clock: the gateway's own time.
    """

    def __init__(
        self,
        ledger: Path,
        broker: SimBroker,
        signer: Signer,
        card_key: bytes,
        rng: random.Random,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._signer = signer
        self._card_key = card_key
        self._rng = rng
        self._clock = clock
        self._delivered: list[Delivered] = []
        self._connected = False
        self._ticked_at_ms = 0
        self.store, self._core, self._link = self._boot()

    def prepare(self, programme: Programme, registrations: list[Registration]) -> None:
        """Set the rules and register the terminals, all of one branch."""
        self.store.add_programme(programme)
        for registration in registrations:
            self.store.add_terminal(registration, BranchId("tehran-1"), self._clock.unix_ms())
        self.restart(answered=True)

    def work(self, *, dies_after_commit: bool = False) -> None:
        """Judge all that has arrived, and let time pass.

        Args:
            dies_after_commit: the process ends when the commit is durable and nobody knows yet.
        """
        now_ms = self._clock.unix_ms()
        if self._connected:
            self._connected = False
            self._perform(self._core.link_up(now_ms))
        if self._delivered:
            opened: list[Opened] = [self._core.open(one) for one in self._delivered]
            self._delivered.clear()
            step = self._core.apply(opened, now_ms)
            if dies_after_commit:
                self.restart(answered=False)
                return
            self._perform(step)
        if self._clock.monotonic_ms() - self._ticked_at_ms >= _TICK_MS:
            self._ticked_at_ms = self._clock.monotonic_ms()
            self._perform(self._core.tick(now_ms))

    def restart(self, *, answered: bool) -> None:
        """End the process and start it again.

        Args:
            answered: whether it says goodbye to its broker; a killed one does not.
        """
        if not answered:
            # The cut is due before the goodbye that ``stop`` sends, so the goodbye never arrives.
            self._broker.drop(_CLIENT_ID)
        self._link.stop()
        self._delivered.clear()
        self.store.close()
        self.store, self._core, self._link = self._boot()

    def close(self) -> None:
        """Give the files back."""
        self._link.stop()
        self.store.close()

    def _boot(self) -> tuple[SqlLedgerStore, GatewayCore, SimLink]:
        store = SqlLedgerStore(self._ledger)
        writer = Writer(store, new_member_id=self._new_member_id, settings=WriterSettings())
        core = GatewayCore(store, writer, self._signer, card_key=self._card_key)
        link = self._broker.link(
            _CLIENT_ID,
            gateway_subscriptions(),
            clean=False,
            inflight_max=_IN_FLIGHT,
            receive_max=_IN_FLIGHT,
        )
        link.start(self._on_event)
        return store, core, link

    def _on_event(self, event: LinkEvent) -> None:
        match event:
            case Delivered():
                self._delivered.append(event)
            case LinkUp():
                self._connected = True
            case _:
                # A lost connection brings everything unacknowledged again; nothing to do here.
                pass

    def _perform(self, step: Step) -> None:
        for token in step.acks:
            self._link.ack(token)
        for publish in step.publishes:
            self._link.publish(publish.topic, publish.payload, retain=publish.retain)

    def _new_member_id(self) -> MemberId:
        return MemberId(self._rng.randbytes(16).hex())
