"""How an agent stands, for whoever asks at its socket and for the hints on its ``state`` topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.readers.reader import ReaderState
from terminal_agent.agent_ports import AgentOptions, AgentPorts
from terminal_agent.control import AgentStatus
from terminal_agent.counter import Counter
from terminal_agent.pos.port import PosPortState
from terminal_agent.session.view import Refusal
from terminal_agent.standing import Standing
from terminal_agent.state_hints import Layers, Numbers, short_version

_UP: Final = (ReaderState.READY, PosPortState.UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a status is put together from.

    Attributes:
        ports: with identity, journal and clock.
        options: what is set up.
        standing: the rules in force.
        counter: the dialogue.
        link_up: whether there is a connection to the broker.
        reader: the reader's state; None before it said anything.
        till: the till's wire, likewise.
        gateway_silent_attempts: how often in a row no receipt came in time.
        unread_receipts: what the till sent that needs a person's eye.
        bad_messages: messages that were not from the gateway or not for us.
    """

    ports: AgentPorts
    options: AgentOptions
    standing: Standing
    counter: Counter
    link_up: bool
    reader: ReaderState | None
    till: PosPortState | None
    gateway_silent_attempts: int
    unread_receipts: int
    bad_messages: int


def status_of(parts: Parts) -> AgentStatus:
    """Everything that ``mohr terminal status`` says."""
    counts = parts.ports.journal.counts()
    return AgentStatus(
        terminal=parts.ports.identity.terminal,
        epoch=parts.ports.identity.epoch,
        state=parts.counter.session.state,
        link="up" if parts.link_up else "down",
        reader=_device(parts.reader, set_up=parts.options.has_reader),
        till=_device(parts.till, set_up=parts.ports.till is not None),
        configuration_version=parts.standing.version,
        configuration_at_ms=parts.standing.issued_at_ms,
        programme_version=_programme_version(parts.standing),
        clock=_clock(parts.ports),
        accepted=counts.accepted,
        settled=counts.settled,
        pending=counts.pending,
        rejected=counts.rejected,
        oldest_pending_at_ms=counts.oldest_pending_at_ms,
        open_holds=counts.open_holds,
        gateway_silent_attempts=parts.gateway_silent_attempts,
        anonymous_sales=parts.counter.session.anonymous_sales,
        unread_receipts=parts.unread_receipts,
        bad_messages=parts.bad_messages,
        stopped=parts.ports.journal.stopped,
    )


def layers_of(parts: Parts) -> Layers:
    """What a hint tells at once. Asks no disk: it is looked at many times a second."""
    version = parts.options.version
    return Layers(
        version=None if version is None else short_version(version),
        reader=_layer(parts.reader, set_up=parts.options.has_reader),
        till=_layer(parts.till, set_up=parts.ports.till is not None),
        clock=_clock(parts.ports),
        configuration_version=parts.standing.version,
        programme_version=_programme_version(parts.standing),
        stopped=Refusal.JOURNAL_FORKED.value if parts.counter.stopped else None,
    )


def numbers_of(parts: Parts) -> Numbers:
    """What a hint counts. Asks the journal."""
    counts = parts.ports.journal.counts()
    return Numbers(
        pending=counts.pending,
        rejected=counts.rejected,
        unread_receipts=parts.unread_receipts,
    )


def _programme_version(standing: Standing) -> int:
    programme = standing.programme()
    return 0 if programme is None else programme.version


def _clock(ports: AgentPorts) -> str:
    return "guessed" if ports.clock.synchronised_at_ms() is None else "synchronised"


def _device(state: ReaderState | PosPortState | None, *, set_up: bool) -> str:
    """The device's own word, for the person in front of it."""
    if not set_up:
        return "none"
    return "starting" if state is None else state.value


def _layer(state: ReaderState | PosPortState | None, *, set_up: bool) -> str:
    """Up or down, for the person who looks at a hundred of them."""
    if not set_up:
        return "none"
    if state is None:
        return "starting"
    return "up" if state in _UP else "down"
