"""The rules that a terminal stands under: the gateway's sealed configuration, kept and in force."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from gateway.clock import Clock
from gateway.crypto.card_token import card_token
from gateway.crypto.deny_list import is_denied
from gateway.crypto.public_key import PublicKey
from gateway.crypto.receipt_claim import claim_key
from gateway.errors import ValueRangeError
from gateway.model.card import CardEvidence, Tap
from gateway.model.ids import CardToken
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.program.facts import Place
from gateway.program.local_time import place_at
from gateway.program.versions import programme_at
from terminal_agent.asking import Basis
from terminal_agent.card_keys import HeldCardKeys, HeldIssuers
from terminal_agent.claims import ClaimGround
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
        follows: whether the terminal counts in the till's currency's successor from the moment on
            at which that is in force; not where a till prints amounts that it reads, because that
            till is changed over by hand.
        asks_offers: whether the counter asks by itself what offers take off.
        waits: how long the counter waits for what.
        card_keys: what the reader's dialogues ask for keys; None where no reader needs any.
        issuers: whose signature the reader's dialogues believe; None where none is looked at.
    """

    identity: TerminalIdentity
    gateway: PublicKey
    journal: Journal
    clock: Clock
    currency: Currency
    waits: SessionSettings
    asks_offers: bool = True
    follows: bool = False
    card_keys: HeldCardKeys | None = None
    issuers: HeldIssuers | None = None


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
        #: The version whose time zone could not be told, so that a log says so once.
        self._without_clock: int | None = None
        kept = ports.journal.load_configuration()
        if kept is not None:
            self._use(self._open(kept))

    @property
    def version(self) -> int:
        """Of the configuration in force; 0 before the first."""
        return 0 if self._opened is None else self._opened.configuration.version

    @property
    def issued_at_ms(self) -> int | None:
        """When the gateway sealed what is in force, by its own clock; None before the first."""
        return None if self._opened is None else self._opened.configuration.issued_at_ms

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
        self._use(opened)
        _log.info("configuration in force", version=version)
        return True

    def programme(self) -> Programme | None:
        """The rules in force now, if they count in the till's currency."""
        return self._programme_at(self._ports.clock.unix_ms())

    def rules(self) -> Rules:
        """What the session works by now."""
        ports = self._ports
        now_ms = ports.clock.unix_ms()
        programme = self._programme_at(now_ms)
        return Rules(
            settings=ports.waits,
            currency=self._currency(programme),
            programme=programme,
            place=None if programme is None else self._place(programme, now_ms),
            asks_offers=ports.asks_offers,
        )

    def basis(self) -> Basis:
        """What a question is asked under now."""
        programme = self.programme()
        return Basis(currency=self._currency(programme), programme=programme)

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

    def claim_ground(self) -> ClaimGround | None:
        """What the codes of receipts are made and believed with; None while there is no key."""
        if self._opened is None:
            return None
        return ClaimGround(
            branch=self._opened.configuration.branch,
            currency=self.basis().currency,
            key=claim_key(self._opened.card_key),
        )

    def is_denied(self, token: CardToken) -> bool:
        """Whether the gateway has told us to turn a card away."""
        listed = None if self._opened is None else self._opened.configuration.deny_list
        return listed is not None and is_denied(listed, token)

    def _use(self, opened: OpenedConfiguration) -> None:
        self._opened = opened
        if self._ports.card_keys is not None:
            self._ports.card_keys.exchange(opened.shared_keys)
        if self._ports.issuers is not None:
            self._ports.issuers.exchange(opened.issuers)

    def _programme_at(self, at_ms: int) -> Programme | None:
        if self._opened is None:
            return None
        known = self._opened.configuration.programmes
        programme = programme_at(known, at_ms)
        till = self._ports.currency
        if programme is None or programme.currency == till:
            return programme
        succeeds = any(
            one.currency == programme.currency
            and one.succeeds is not None
            and one.succeeds.currency == till
            for one in known
        )
        return programme if succeeds and self._ports.follows else None

    def _currency(self, programme: Programme | None) -> Currency:
        """What amounts are counted in now."""
        return self._ports.currency if programme is None else programme.currency

    def _place(self, programme: Programme, at_ms: int) -> Place | None:
        """This branch and a moment by its clock; None where this machine cannot tell.

        Sales are recorded all the same: only what they bring is not said beforehand.
        """
        assert self._opened is not None, "a programme came with a configuration"
        branch = self._opened.configuration.branch
        try:
            return place_at(programme.rules.settings, branch, at_ms)
        except ValueRangeError as error:
            if programme.version != self._without_clock:
                self._without_clock = programme.version
                _log.error("no previews: the branch's time is unknown", error=str(error))
            return None

    def _open(self, payload: bytes) -> OpenedConfiguration:
        identity = self._ports.identity
        return open_configuration(
            payload, self._ports.gateway, identity.terminal, identity.agreement
        )
