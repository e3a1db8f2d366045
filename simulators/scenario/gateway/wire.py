"""Carries messages between tills and gateway, through batches, repetitions and power cuts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count, groupby

from gateway.model.authorisation import AuthKind
from gateway.model.ids import HoldId
from gateway.model.outcome import Status
from gateway.wire.batch import BATCH_ENVELOPES_MAX, encode_batch
from mqtt.link import AckToken, Delivered
from mqtt.topics import topic_tx
from simulators.scenario.gateway.house import House
from simulators.scenario.gateway.postbox import Postbox, Sent, sealed
from simulators.scenario.gateway.talk import Ask, Done, Heard, Message, Order, Tell
from simulators.scenario.gateway.till import Till
from simulators.scenario.port import ShopFaultError


class Wire:
    """The one way between tills and gateway.

    Args:
        house: the gateway.
        tills: every terminal.
        cuts: whether the gateway loses its power at every message: in turns after it was
            committed and before anybody heard of it, and before it came.
    """

    def __init__(self, house: House, tills: Mapping[str, Till], *, cuts: bool = False) -> None:
        self._house = house
        self._tills = tills
        self._cuts = cuts
        self._tokens = count(1)
        self._sent = 0

    def send(self, messages: Sequence[Message], now_ms: int) -> list[Sent]:
        """Send messages together: what is sealed in one batch, commands between two.

        Returns:
            each with what it came to.

        Raises:
            ShopFaultError: if one is not answered, or otherwise than the journal says.
        """
        done: list[Sent] = []
        for is_order, group in groupby(messages, lambda one: isinstance(one, Order)):
            if is_order:
                done += [self._order(one, now_ms) for one in group if isinstance(one, Order)]
            else:
                done += self._envelopes([sealed(one) for one in group], now_ms)
        return done

    def again(self, sent: Iterable[Sent], now_ms: int) -> None:
        """Send everything again, byte for byte; nothing may change, and the answers are the same.

        Raises:
            ShopFaultError: if they are not.
        """
        before = self._journal_length()
        for one in sent:
            if isinstance(one.message, Order):
                heard = self._order(one.message, now_ms).heard
            else:
                heard = self._envelopes([one], now_ms)[0].heard
            if not _is_same(one, heard):
                raise ShopFaultError(f"the same again was answered {heard}, before {one.heard}")
        if self._journal_length() != before:
            raise ShopFaultError("the same again was written into the journal again")

    # -- envelopes ----------------------------------------------------------------------------

    def _envelopes(self, batch: list[Sent], now_ms: int) -> list[Sent]:
        deliveries = [self._delivered(one.topic, one.envelope) for one in batch]
        if self._loses_its_power():
            self._house.deliver(deliveries, now_ms)
            self._house.cut()
            # Tills do not know whether it was committed, and say it again.
            deliveries = self._repetitions(batch)
        post = Postbox(self._house, self._tills)
        for publish in self._house.deliver(deliveries, now_ms):
            post.take(publish.payload)
        return [post.answered(one) for one in batch]

    def _repetitions(self, batch: Iterable[Sent]) -> list[Delivered]:
        """All that tills have not heard of: their backlogs, and questions in their order."""
        deliveries = []
        for till in self._tills.values():
            backlog = list(till.unsettled.values())
            for first in range(0, len(backlog), BATCH_ENVELOPES_MAX):
                some = backlog[first : first + BATCH_ENVELOPES_MAX]
                payload = some[0] if len(some) == 1 else encode_batch(some)
                deliveries.append(self._delivered(topic_tx(till.name), payload))
        # A question waits with nobody, and what was settled long ago is in no backlog any more.
        deliveries += [self._delivered(one.topic, one.envelope) for one in batch if not _waits(one)]
        return deliveries

    def _delivered(self, topic: str, payload: bytes) -> Delivered:
        token = AckToken(generation=1, packet_id=next(self._tokens))
        return Delivered(topic=topic, payload=payload, token=token)

    # -- commands -----------------------------------------------------------------------------

    def _order(self, message: Order, now_ms: int) -> Sent:
        loses = self._loses_its_power()
        done = self._house.command(message.command, now_ms)
        if loses:
            self._house.cut()
            again = self._house.command(message.command, now_ms)
            if not _is_repeated(done, again):
                raise ShopFaultError(f"{message.command} came to {done}, and then to {again}")
        name = HoldId(bytes.fromhex(message.command.id))
        return Sent(message=message, name=name, envelope=b"", heard=done)

    # -- parts --------------------------------------------------------------------------------

    def _loses_its_power(self) -> bool:
        """Cut the power before a message comes, or say that it goes before anybody hears of it."""
        self._sent += 1
        if not self._cuts:
            return False
        if self._sent % 2:
            return True
        self._house.cut()
        return False

    def _journal_length(self) -> int:
        with self._house.store.batch() as batch:
            return batch.head().journal_index


def _waits(one: Sent) -> bool:
    """Whether a till keeps it until a receipt settles it."""
    return isinstance(one.message, Tell) and one.envelope in one.message.till.unsettled.values()


def _is_same(one: Sent, heard: Heard | None) -> bool:
    if isinstance(one.message, Ask) and one.message.request.kind is AuthKind.INQUIRE:
        return True  # answered anew each time
    if isinstance(one.heard, Done) and isinstance(heard, Done):
        return _is_repeated(one.heard, heard)
    return one.heard == heard


def _is_repeated(first: Done, again: Done) -> bool:
    """Whether a command came to the same again; of what was applied it says that it was."""
    status = Status.REFUSED if first.status is Status.REFUSED else Status.DUPLICATE
    return again == replace(first, status=status)
