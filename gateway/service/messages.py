"""What goes into and comes out of the core."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.crypto.seal import SealType
from gateway.model.ids import TerminalId
from gateway.notifier import Notice
from gateway.service.greeting import Inquired
from gateway.service.presence import StateHint
from gateway.writer.arrival import Arrival
from mqtt.link import AckToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One delivery after everything that needs no ledger was done to it.

    Attributes:
        token: to be given back to the link once the delivery is durably handled.
        arrivals: for the writer; empty where the delivery concerns nobody's points.
        hint: what a terminal's state topic said.
    """

    token: AckToken
    arrivals: tuple[Arrival, ...] = ()
    hint: StateHint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """One message to hand to the broker."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """One message for a terminal, before the gateway's seal is on it.

    Attributes:
        terminal: whose.
        payload: encoded.
        seal_type: what it is.
        inquired: an answer to which a greeting may be added before it is sealed; its payload is
            the same without one.
    """

    terminal: TerminalId
    payload: bytes
    seal_type: SealType
    inquired: Inquired | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the shell must do now, in this order: acknowledge, publish, tell people.

    By the time a step exists, everything in it is durable. Acknowledgements come before receipts,
    so that a terminal which sees its receipt cannot be sent the broker's copy again for nothing.

    Attributes:
        acks: deliveries to give back.
        replies: messages to seal and publish, in this order.
        publishes: messages that are ready.
        notices: what people must know.
    """

    acks: tuple[AckToken, ...] = ()
    replies: tuple[Unsealed, ...] = ()
    publishes: tuple[Publish, ...] = ()
    notices: tuple[Notice, ...] = ()
