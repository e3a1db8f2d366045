"""What the writer decided, to be sealed and published once its commit is durable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.authorisation import AuthAnswer
from gateway.model.ids import CardToken, EnvelopeHash, MemberId, TerminalId
from gateway.model.receipt import Receipt, ResendRequest


class AlarmKind(StrEnum):
    """What a person should look at soon."""

    CLONE = "clone"
    """Two envelopes under one id: a terminal's key is at work in two places, or was restored."""
    CHAIN_BROKEN = "chain_broken"
    """An envelope does not follow the one the gateway holds before it."""
    FOREIGN_KEY = "foreign_key"
    """A good seal under another terminal's or another epoch's name."""
    SHORTFALL = "shortfall"
    """A redemption already given at the till was honoured beyond the member's points."""
    CARD_COPIED = "card_copied"
    """A card counted what a single card cannot: there is a copy of it."""
    CARD_PROOF_WRONG = "card_proof_wrong"
    """What a card proved itself with was not made with its key."""
    QUARANTINE_FULL = "quarantine_full"
    """Quarantined bytes are counted and no longer kept."""
    NIGHT_LEFT_OUT = "night_left_out"
    """The nightly run could not do a wallet, whose books are wrong, and went on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing worth waking somebody for; the facts also stand in quarantine or journal.

    Attributes:
        kind: what it is.
        at_ms: Unix time in milliseconds at which it was noticed.
        detail: a sentence for people.
        terminal: whose message it is about, if it is about one.
        epoch: that message's.
        seq: the same.
        envelope_hash: the same.
        once: a card's code, of which one alarm is enough however often it is shown.
    """

    kind: AlarmKind
    at_ms: int
    detail: str
    terminal: TerminalId | None = None
    epoch: int | None = None
    seq: int | None = None
    envelope_hash: EnvelopeHash | None = None
    once: tuple[CardToken, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of one batch; everything in it is already durable.

    Attributes:
        receipts: unsealed, at least one for each terminal and epoch that a batch touched, more
            where one cannot hold all results. ``offsite_watermark`` is 0: the writer knows of no
            other machine.
        answers: to requests on the ``auth`` topic.
        inquired: whose balance an answer tells, by its place among ``answers``; nothing for
            answers that tell none.
        resend: requests to send again what is missing.
        alarms: for people.
        journalled: how many journal rows the batch made.
        duplicates: how many arrivals had been seen before. Their results stand in the receipts
            with the status that was decided the first time, so that a terminal which lost its
            answer learns the truth and not the bare fact of its repetition.
        waiting: how many arrivals were put aside until a gap before them fills.
        quarantined: how many arrivals went to quarantine.
    """

    receipts: tuple[Receipt, ...] = ()
    answers: tuple[AuthAnswer, ...] = ()
    inquired: Mapping[int, MemberId] = field(default_factory=dict)
    resend: tuple[ResendRequest, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    journalled: int = 0
    duplicates: int = 0
    waiting: int = 0
    quarantined: int = 0
