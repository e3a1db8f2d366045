"""What an agent is made of, and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.model.ids import TerminalId
from gateway.model.money import Currency
from gateway.model.transaction import Channel
from mqtt.link import Link, Will
from mqtt.topics import topic_state
from terminal_agent.asking import AskingPorts
from terminal_agent.card_keys import HeldCardKeys, HeldIssuers
from terminal_agent.claims import CLAIM_DAYS
from terminal_agent.display import Display
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.outbox import OutboxSettings
from terminal_agent.session.memory import SessionSettings
from terminal_agent.standing import StandingPorts
from terminal_agent.state_hints import state_payload
from terminal_agent.till import Till


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPorts:
    """What an agent works with.

    Attributes:
        identity: who it is.
        gateway: the gateway's pinned key; no other seal is believed.
        journal: its journal, open.
        link: its link, not started; its will is ``agent_will(…)``.
        display: what the counter looks at.
        till: reads the till's bytes; None where no till is set up.
        clock: the time.
        random_bytes: fresh random bytes of a length, for ids.
        random_unit: numbers in [0, 1), for jitter.
        card_keys: what the reader's dialogues ask for keys; None where no reader needs any.
        issuers: whose signature they believe; None where none is looked at.
    """

    identity: TerminalIdentity
    gateway: PublicKey
    journal: Journal
    link: Link
    display: Display
    till: Till | None
    clock: Clock
    random_bytes: Callable[[int], bytes]
    random_unit: Callable[[], float]
    card_keys: HeldCardKeys | None = None
    issuers: HeldIssuers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOptions:
    """How an agent behaves.

    Attributes:
        currency: what the till counts in.
        waits: how long the counter waits for what.
        outbox: how patient sending is.
        session_number: names this run in birth and will, so that a late will is recognised.
        has_reader: whether a card reader is set up.
        asks_offers: whether the counter asks by itself what offers take off a sale.
        claim_days: how long the code of a sale that closed without a card holds.
        channel: how its transactions come about.
        version: of the software, for the hints that people read; None leaves it out.
    """

    currency: Currency
    waits: SessionSettings
    outbox: OutboxSettings
    session_number: str
    has_reader: bool = True
    asks_offers: bool = True
    claim_days: int = CLAIM_DAYS
    channel: Channel = Channel.TILL
    version: str | None = None


def agent_will(terminal: TerminalId, session_number: str) -> Will:
    """What the broker says when the agent vanishes; give it to the agent's link."""
    payload = state_payload(session_number, online=False)
    return Will(topic=topic_state(terminal), payload=payload)


def standing_ports(ports: AgentPorts, options: AgentOptions) -> StandingPorts:
    """What an agent's rules are read with."""
    return StandingPorts(
        identity=ports.identity,
        gateway=ports.gateway,
        journal=ports.journal,
        clock=ports.clock,
        currency=options.currency,
        waits=options.waits,
        asks_offers=options.asks_offers,
        follows=ports.till is None,
        card_keys=ports.card_keys,
        issuers=ports.issuers,
    )


def asking_ports(ports: AgentPorts, options: AgentOptions) -> AskingPorts:
    """What an agent asks with."""
    return AskingPorts(
        terminal=ports.identity.terminal,
        signer=ports.identity.signer,
        journal=ports.journal,
        link=ports.link,
        clock=ports.clock,
        random_bytes=ports.random_bytes,
        answer_wait_ms=options.waits.auth_wait_ms,
    )
