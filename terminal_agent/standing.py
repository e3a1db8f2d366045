"""The rules that a terminal stands under: the gateway's sealed configuration, kept and in force."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from gateway.clock import Clock
from gateway.crypto.card_token import card_token
from gateway.crypto.public_key import PublicKey
from gateway.model.card import CardEvidence, Tap
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.program.versions import programme_at
from terminal_agent.asking import Basis
from terminal_agent.gateway_messages import OpenedConfiguration, open_configuration
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.session.memory import Rules, SessionSettings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPorts:
    """What the rules are read with.

    Attributes:
        identity: who we are, and what opens the card key.
        gateway: the gateway's pinned key.
        journal: keeps the last configuration for a start without a network.
        clock: decides which programme is in force.
        currency: what the till counts in.
        waits: how long the counter waits for what.
    """

    identity: TerminalIdentity
    gateway: PublicKey
    journal: Journal
    clock: Clock
    currency: Currency
    waits: SessionSettings


class Standing:
    """The configuration in force."""

    def __init__(self, ports: StandingPorts) -> None:
        """Begin with what the journal kept, if anything.

        Raises:
            SealError: if what it kept is not the gateway's: the data folder was tampered with, or
                another gateway was pinned since.
            MohrError: if it cannot be read otherwise.
        """
        self._ports = ports
        self._opened: OpenedConfiguration | None = None
        kept = ports.journal.load_configuration()
        if kept is not None:
            self._opened = self._open(kept)

    @property
    def version(self) -> int:
        """Of the configuration in force; 0 before the first."""
        return 0 if self._opened is None else self._opened.configuration.version

    def take(self, payload: bytes) -> bool:
        """Take over a configuration if it is newer than ours, after keeping it.

        Returns:
            whether it was newer.

        Raises:
            CryptoError: if it is not the gateway's, or not for us.
            WireError: if it cannot be read.
            JournalError: if it cannot be kept.
        """
        opened = self._open(payload)
        version = opened.configuration.version
        if version <= self.version:
            return False
        self._ports.journal.save_configuration(version, payload)
        self._opened = opened
        _log.info("configuration in force", version=version)
        return True

    def programme(self) -> Programme | None:
        """The rules in force now, if they count in the till's currency."""
        if self._opened is None:
            return None
        now_ms = self._ports.clock.unix_ms()
        programme = programme_at(self._opened.configuration.programmes, now_ms)
        if programme is None or programme.currency != self._ports.currency:
            return None
        return programme

    def rules(self) -> Rules:
        """What the session works by now."""
        ports = self._ports
        return Rules(settings=ports.waits, currency=ports.currency, programme=self.programme())

    def basis(self) -> Basis:
        """What a question is asked under now."""
        return Basis(currency=self._ports.currency, programme=self.programme())

    def evidence(self, tap: Tap) -> CardEvidence | None:
        """What may leave the terminal of a tap; None while there is no card key."""
        if self._opened is None:
            return None
        return CardEvidence(
            profile=tap.profile,
            token=card_token(self._opened.card_key, tap.profile, tap.identity),
            assurance=tap.assurance,
            counter=tap.counter,
            proof=tap.proof,
        )

    def _open(self, payload: bytes) -> OpenedConfiguration:
        identity = self._ports.identity
        return open_configuration(
            payload, self._ports.gateway, identity.terminal, identity.agreement
        )
