"""Mistakes that the design forgives: only receipts settle, so the pipe may get everything wrong.

Each of these is a real fault in other systems of this kind. Here they cost time and nothing else,
and a test shows that the checkers stay silent over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.model.receipt import ResendRequest
from gateway.service.runner import GatewayService
from gateway.wire.batch import encode_batch
from gateway.writer.reorder import ReorderWatch
from mqtt.link import AckToken, Delivered, LinkEvent
from mqtt.ordering import AckOrder
from simulators.link import SimLink, SimMessage
from simulators.planted.bug import Checker, Part, plant
from terminal_agent.journal.values import Pending
from terminal_agent.outbox import Outbox
from terminal_agent.parcel import Parcel


@plant(
    "acknowledged-on-arrival",
    part=Part.LINK,
    checker=Checker.WORLD,
    where="simulators.link:SimLink.arrived",
)
def acknowledged_on_arrival(_original: object) -> Callable[[SimLink, int, SimMessage], None]:
    """A delivery is acknowledged before it is judged: if that was too soon, it comes again."""

    def arrived(self: SimLink, packet_id: int, message: SimMessage) -> None:
        if self._connection is not None:
            self._broker.send_ack(self._connection, packet_id)
        token = AckToken(generation=self._generation, packet_id=packet_id)
        self._emit(Delivered(topic=message.topic, payload=message.payload, token=token))

    return arrived


@plant(
    "acknowledged-before-commit",
    part=Part.GATEWAY,
    checker=Checker.CHAOS,
    where="gateway.service.runner:GatewayService._on_event",
)
def acknowledged_before_commit(
    original: Callable[[GatewayService, LinkEvent], None],
) -> Callable[[GatewayService, LinkEvent], None]:
    """The same in the running gateway: the link's thread acknowledges what the writer never saw."""

    def _on_event(self: GatewayService, event: LinkEvent) -> None:
        if isinstance(event, Delivered):
            self._link.ack(event.token)
        original(self, event)

    return _on_event


@plant(
    "stale-acknowledgement",
    part=Part.LINK,
    checker=Checker.WORLD,
    where="simulators.link:SimLink.ack",
)
def stale_acknowledgement(_original: object) -> Callable[[SimLink, AckToken], None]:
    """An acknowledgement of the last connection lands on a new delivery, which comes again."""

    def ack(self: SimLink, token: AckToken) -> None:
        if self._connection is not None:
            for packet_id in self._acks.given(token.packet_id):
                self._broker.send_ack(self._connection, packet_id)

    return ack


@plant(
    "acknowledged-out-of-order",
    part=Part.LINK,
    checker=Checker.WORLD,
    where="mqtt.ordering:AckOrder.given",
)
def acknowledged_out_of_order(_original: object) -> Callable[[AckOrder, int], tuple[int, ...]]:
    """Acknowledgements do not wait for those of earlier deliveries."""

    def given(self: AckOrder, packet_id: int) -> tuple[int, ...]:
        return () if self._waiting.pop(packet_id, None) is None else (packet_id,)

    return given


@plant(
    "resend-request-ignored",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.outbox:Outbox.resend_requested",
)
def resend_request_ignored(_original: object) -> Callable[[Outbox, int, int], None]:
    """The gateway asks for what it misses and is not heard: the outbox's own patience ends too."""

    def resend_requested(self: Outbox, from_seq: int, now_ms: int) -> None:
        pass

    return resend_requested


@plant(
    "gap-never-asked-for",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.reorder:ReorderWatch.due",
)
def gap_never_asked_for(
    _original: object,
) -> Callable[[ReorderWatch, int], tuple[ResendRequest, ...]]:
    """The gateway never asks for what it misses: its terminal comes again by itself."""

    def due(self: ReorderWatch, now_ms: int) -> tuple[ResendRequest, ...]:
        del self, now_ms
        return ()

    return due


@plant(
    "reconnect-goes-on",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.outbox:Outbox.link_up",
)
def reconnect_goes_on(_original: object) -> Callable[[Outbox], None]:
    """What the last connection carried is taken for carried: unreceipted, it goes out again."""

    def link_up(self: Outbox) -> None:
        self._link_up = True
        self._unacknowledged = {}

    return link_up


@plant(
    "batch-loses-its-last",
    part=Part.AGENT,
    checker=Checker.WORLD,
    where="terminal_agent.sending:make_parcel",
    home="terminal_agent.parcel",
)
def batch_loses_its_last(
    original: Callable[[Sequence[Pending]], Parcel],
) -> Callable[[Sequence[Pending]], Parcel]:
    """A batch claims one envelope more than it carries: no receipt names that one, so it comes."""

    def make_parcel(envelopes: Sequence[Pending]) -> Parcel:
        parcel = original(envelopes)
        carried = [one.envelope for one in envelopes if one.seq < parcel.last_seq]
        if not carried:
            return parcel
        return Parcel(payload=encode_batch(carried), last_seq=parcel.last_seq)

    return make_parcel
