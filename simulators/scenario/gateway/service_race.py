"""Steps that really happen at once: each lane in a thread of its own, before a running gateway."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self, TypeVar

from gateway.model.ledger_command import encode_ledger_command
from gateway.notifier import NoticeKind
from gateway.office.commands import ApplyLedgerCommand
from gateway.service.runner import GatewayService, ServiceSettings
from mqtt.topics import Leaf, parse_topic
from simulators.clock import VirtualClock
from simulators.direct_link import DirectLink
from simulators.notifier import RecordingNotifier
from simulators.scenario.gateway.house import House
from simulators.scenario.gateway.postbox import Postbox, Sent, sealed
from simulators.scenario.gateway.talk import Heard, Message, Order, Talk
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import ShopFaultError

T = TypeVar("T")

_PATIENCE_S: Final = 30.0


class ServiceRace:
    """A gateway that runs, with its threads, for as long as a race. Use as a context manager.

    Args:
        house: whose core it is.
        tills: every terminal.
        now_ms: the moment at which its clock stands still.
    """

    def __init__(self, house: House, tills: Mapping[str, Till], now_ms: int) -> None:
        self._house = house
        self._link = DirectLink()
        self._notifier = RecordingNotifier()
        clock = VirtualClock(unix_ms=now_ms)
        self._service = GatewayService(
            house.core, self._link, clock, self._notifier, ServiceSettings()
        )
        self._postbox = Postbox(house, tills)
        self._lock = threading.Lock()
        self._read = 0

    def __enter__(self) -> Self:
        self._service.start()
        if not self._service.wait_up(_PATIENCE_S):
            raise ShopFaultError("the gateway did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._service.stop()

    def run(self, talks: Sequence[Talk[T]]) -> list[T]:
        """Let talks go on at once, and wait for all of them.

        Raises:
            ShopFaultError: if the gateway leaves one waiting, or cannot judge what it said.
        """
        with ThreadPoolExecutor(len(talks), thread_name_prefix="scenario-lane") as pool:
            results = list(pool.map(self._converse, talks))
        faults = [one.text for one in self._notifier.notices if one.kind is NoticeKind.STORE_FAULT]
        if faults:
            raise ShopFaultError("; ".join(faults))
        return results

    # -- one lane's thread ----------------------------------------------------------------------

    def _converse(self, talk: Talk[T]) -> T:
        try:
            message = next(talk)
            while True:
                message = talk.send(self._say(message))
        except StopIteration as end:
            result: T = end.value
            return result

    def _say(self, message: Message) -> Heard:
        if isinstance(message, Order):
            text = encode_ledger_command(message.command).decode()
            reply = self._service.administer(ApplyLedgerCommand(command=text))
            return self._house.done(message.command, reply)
        with self._lock:
            # A till seals and sends in one piece, or its chain would arrive out of order.
            one = sealed(message)
            self._link.deliver(one.topic, one.envelope)
        if not self._link.wait_for(lambda: self._hears(one), _PATIENCE_S):
            self._service.wait_ended(0)
            raise ShopFaultError(f"{message} was not answered in {_PATIENCE_S} s")
        heard = self._postbox.answered(one).heard
        assert heard is not None, "what is answered is heard"
        return heard

    def _hears(self, one: Sent) -> bool:
        """Open what has come since; say whether a message is answered."""
        with self._lock:
            came = self._link.sent[self._read :]
            self._read += len(came)
            for publish in came:
                place = parse_topic(publish.topic)
                if place is not None and place.leaf is Leaf.RX:
                    self._postbox.take(publish.payload)
            return self._postbox.has(one)
