"""Makes sealed transactions: the circumstances every one of a terminal's transactions shares."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.clock import Clock
from gateway.crypto.seal import SealType, seal
from gateway.crypto.signer import Signer
from gateway.model.card import CardEvidence
from gateway.model.ids import BootId, EnvelopeHash, OperatorId, TransactionId
from gateway.model.money import Currency
from gateway.model.review import Review
from gateway.model.sale import Sale
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Load,
    MemberEvent,
    Redemption,
    Returned,
    SaleReference,
    Transaction,
)
from gateway.wire.transaction import encode_transaction
from terminal_agent.journal.values import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What one transaction says, without number, time and seal; see ``Transaction``."""

    kind: Kind
    card: CardEvidence | None = None
    sale: Sale | None = None
    redemption: Redemption | None = None
    original: SaleReference | None = None
    returned: Returned | None = None
    load: Load | None = None
    event: MemberEvent | None = None
    review: Review | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What the transactions of one moment have in common.

    Attributes:
        time: when.
        programme_version: the rules previewed with; 0 where none is in force.
        currency: the till's unit.
        channel: how they came about.
        operator: the cashier, where one is signed in.
    """

    time: EventTime
    programme_version: int
    currency: Currency
    channel: Channel
    operator: OperatorId | None = None


class BootClock:
    """Tells the time of events within one run of the agent."""

    def __init__(self, clock: Clock, boot_id: BootId) -> None:
        """Begin the run now."""
        self._clock = clock
        self._boot_id = boot_id
        self._started_ms = clock.monotonic_ms()

    def now(self) -> EventTime:
        """The present moment, with what is known of the clock that says so."""
        synchronised_at_ms = self._clock.synchronised_at_ms()
        known = synchronised_at_ms is not None
        return EventTime(
            unix_ms=self._clock.unix_ms(),
            utc_offset_min=self._clock.utc_offset_min(),
            quality=ClockQuality.SYNCHRONISED if known else ClockQuality.GUESSED,
            boot_id=self._boot_id,
            monotonic_ms=self._clock.monotonic_ms() - self._started_ms,
            synchronised_at_ms=synchronised_at_ms,
        )


def draft_of(content: Content, about: Circumstances, signer: Signer) -> Draft:
    """Prepare one transaction for ``Journal.accept``.

    Args:
        content: what it says.
        about: the moment it was made in.
        signer: the terminal's key.

    Returns:
        a function that seals it under the number and the previous hash it is given.
    """

    def make(identity: TransactionId, previous_hash: EnvelopeHash) -> bytes:
        transaction = Transaction(
            id=identity,
            previous_hash=previous_hash,
            time=about.time,
            programme_version=about.programme_version,
            channel=about.channel,
            currency=about.currency,
            operator=about.operator,
            kind=content.kind,
            card=content.card,
            sale=content.sale,
            redemption=content.redemption,
            original=content.original,
            returned=content.returned,
            load=content.load,
            event=content.event,
            review=content.review,
        )
        return seal(encode_transaction(transaction), SealType.TRANSACTION, signer)

    return make
