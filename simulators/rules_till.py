"""A till that seals whatever a programme's rules can be asked for, and hands it over as arrived.

For tests of the writer alone: no broker, no intake, no agent. Cards, sales, returns and commands
have short names, from which their tokens and keys follow. What is sealed is sealed for real.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.seal import SealType, envelope_hash, seal
from gateway.crypto.signer import Algorithm
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BootId,
    CardToken,
    EnvelopeHash,
    HoldId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, Currency
from gateway.model.review import Review
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender
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
from gateway.wire.auth import encode_auth_request
from gateway.wire.transaction import encode_transaction
from gateway.writer.arrival import AuthArrival, TransactionArrival
from simulators.doubtful_papers import review_of_totals

PIECE_MILLI = 1_000


class _Said(TypedDict, total=False):
    """The parts of a transaction; which a kind needs, see ``Transaction``."""

    card: CardEvidence
    sale: Sale
    redemption: Redemption
    hold_id: HoldId
    original: SaleReference
    returned: Returned
    load: Load
    event: MemberEvent
    review: Review


class _Asked(TypedDict, total=False):
    """The parts of a request; which a kind needs, see ``AuthRequest``."""

    card: CardEvidence
    points: int | None
    instrument: Instrument
    sale_key: SaleKey
    sale_total_minor: int
    hold_id: HoldId
    reward: str
    times: int
    lines: tuple[SaleLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What is about to be paid, as far as the till tells it."""

    total_minor: int = 10_000
    lines: tuple[SaleLine, ...] = ()


def card_named(name: str) -> CardEvidence:
    """A member's card or a gift card whose token follows from its name."""
    token = CardToken(hashlib.sha256(name.encode()).digest())
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)


def key_named(name: str) -> SaleKey:
    """The key of a sale or of a return that follows from its name."""
    return SaleKey(hashlib.sha256(f"key {name}".encode()).digest()[:16])


def line(label: str, amount_minor: int, pieces: int = 1, sku: str | None = None) -> SaleLine:
    """So many pieces of one kind of goods, for so much together."""
    milli = pieces * PIECE_MILLI
    return SaleLine(label=label, quantity_milli=milli, amount_minor=amount_minor, sku=sku)


@dataclass(slots=True)
class RulesTill:
    """Seals transactions in sequence, and requests beside it.

    Attributes:
        name: the terminal's name.
        clock_ms: the time by which it goes.
        signer: seals.
        late_ms: what it seals happened so long ago.
        quality: what it knows of its clock.
        currency: of every amount.
        seq: the last one used.
        previous_hash: what the next transaction chains to.
        asked: how many requests it made.
        shows: what it reads of a card at a moment; only its name, unless told.
    """

    name: TerminalId
    clock_ms: Callable[[], int]
    signer: FileSigner = field(default_factory=lambda: FileSigner.generate(Algorithm.ED25519))
    late_ms: int = 0
    quality: ClockQuality = ClockQuality.SYNCHRONISED
    currency: Currency = EUR
    seq: int = 0
    previous_hash: EnvelopeHash = field(init=False)
    asked: int = 0
    shows: Callable[[str, int], CardEvidence] = lambda name, _at_ms: card_named(name)

    def __post_init__(self) -> None:
        self.previous_hash = genesis_hash(self.name, 1, self.signer.key_id)

    @property
    def registration(self) -> Registration:
        """What the gateway must be told of it."""
        return Registration(
            terminal=self.name,
            epoch=1,
            public_key=self.signer.public_key,
            agreement_key=hashlib.sha256(self.name.encode()).digest(),
        )

    # -- transactions -------------------------------------------------------------------------

    def enrol(self, card: str) -> TransactionArrival:
        """Make a member of a card."""
        return self._say(Kind.ENROL, card=self._shown(card))

    def sell(
        self,
        card: str,
        sale: str,
        total_minor: int,
        *,
        lines: Sequence[SaleLine] = (),
        tenders: Sequence[Tender] = (),
        receipt: str | None = None,
    ) -> TransactionArrival:
        """Earn on a sale."""
        made = self._sale(sale, total_minor, lines, tenders, receipt)
        return self._say(Kind.EARN, card=self._shown(card), sale=made)

    def doubt(
        self,
        sale: str,
        totals: Sequence[int],
        *,
        card: str | None = None,
        lines: Sequence[SaleLine] = (),
        receipt: str | None = None,
    ) -> TransactionArrival:
        """Tell of a paper that is not sure; each total names the sale in its own way."""
        read = self._sale(sale, totals[0], lines, (), receipt) if totals else None
        names = {one: key_named(f"{sale} {one}" if at else sale) for at, one in enumerate(totals)}
        said: _Said = {"review": review_of_totals(key_named(sale), names, read)}
        said |= {} if card is None else {"card": self._shown(card)}
        return self._say(Kind.REVIEW, **said)

    def post(
        self,
        card: str,
        sale: str,
        answer: AuthAnswer,
        total_minor: int = 10_000,
        *,
        units: int | None = None,
        amount_minor: int | None = None,
    ) -> TransactionArrival:
        """Post a granted reservation on a sale: all of it, or so many of its units."""
        redemption = Redemption(
            hold_id=answer.request_id,
            points=(answer.points or 0) if units is None else units,
            amount_minor=(answer.amount_minor or 0) if amount_minor is None else amount_minor,
        )
        return self._say(
            Kind.REDEEM,
            card=self._shown(card),
            sale=self._sale(sale, total_minor),
            redemption=redemption,
        )

    def void(self, hold_id: HoldId) -> TransactionArrival:
        """Free a reservation that the sale did not use."""
        return self._say(Kind.VOID, hold_id=hold_id)

    def call_off(self, sale: str) -> TransactionArrival:
        """Undo a whole sale."""
        return self._say(Kind.REFUND, original=SaleReference(key=key_named(sale)))

    def take_back(
        self, sale: str, paper: str, amount_minor: int, lines: Sequence[SaleLine] = ()
    ) -> TransactionArrival:
        """Take goods of a sale back; ``paper`` names the return."""
        return self._say(
            Kind.REFUND,
            original=SaleReference(key=key_named(sale)),
            returned=_returned(paper, amount_minor, lines),
        )

    def take_back_from(
        self, card: str, paper: str, amount_minor: int, lines: Sequence[SaleLine] = ()
    ) -> TransactionArrival:
        """Take goods back of a sale that nobody can name."""
        returned = _returned(paper, amount_minor, lines)
        return self._say(Kind.REFUND, card=self._shown(card), returned=returned)

    def load(
        self, card: str, amount_minor: int, instrument: Instrument = Instrument.CREDIT
    ) -> TransactionArrival:
        """Book money that was paid in."""
        load = Load(instrument=instrument, amount_minor=amount_minor)
        return self._say(Kind.TOP_UP, card=self._shown(card), load=load)

    def sell_card(
        self,
        card: str,
        amount_minor: int,
        sale: str,
        total_minor: int,
        *,
        receipt: str | None = None,
    ) -> TransactionArrival:
        """Book money that was put onto a gift card which was sold in a sale."""
        return self._say(
            Kind.TOP_UP,
            card=self._shown(card),
            sale=self._sale(sale, total_minor, receipt=receipt),
            load=Load(instrument=Instrument.GIFT, amount_minor=amount_minor),
        )

    def call_off_receipt(self, number: str) -> TransactionArrival:
        """Undo a whole sale that is known by the number of its receipt."""
        return self._say(Kind.REFUND, original=SaleReference(receipt_number=number))

    def event(self, card: str, name: str, source: str) -> TransactionArrival:
        """Tell of something that a member did and that is no purchase."""
        event = MemberEvent(name=name, source=source)
        return self._say(Kind.EVENT, card=self._shown(card), event=event)

    # -- requests -----------------------------------------------------------------------------

    def reserve(
        self,
        card: str,
        sale: str,
        units: int,
        instrument: Instrument = Instrument.POINTS,
        total_minor: int = 10_000,
    ) -> AuthArrival:
        """Ask for points, stored credit or a gift card's money to be reserved for a sale."""
        return self._ask(
            AuthKind.RESERVE,
            card=self._shown(card),
            points=units,
            instrument=instrument,
            sale_key=key_named(sale),
            sale_total_minor=total_minor,
        )

    def reserve_reward(
        self,
        card: str,
        sale: str,
        reward: str,
        *,
        coupon: bool = False,
        times: int = 1,
        basket: Basket = Basket(),
    ) -> AuthArrival:
        """Ask for a reward, for points or for a coupon."""
        return self._ask(
            AuthKind.RESERVE,
            card=self._shown(card),
            instrument=Instrument.COUPON if coupon else Instrument.REWARD,
            sale_key=key_named(sale),
            sale_total_minor=basket.total_minor,
            reward=reward,
            times=times,
            lines=basket.lines,
        )

    def reserve_offers(self, card: str, sale: str, basket: Basket = Basket()) -> AuthArrival:
        """Ask for what the offers take off a sale."""
        return self._ask(
            AuthKind.RESERVE,
            card=self._shown(card),
            instrument=Instrument.OFFER,
            sale_key=key_named(sale),
            sale_total_minor=basket.total_minor,
            lines=basket.lines,
        )

    def cancel(self, hold_id: HoldId) -> AuthArrival:
        """Ask for a reservation to be freed."""
        return self._ask(AuthKind.CANCEL, hold_id=hold_id)

    def inquire(self, card: str) -> AuthArrival:
        """Ask how a member or a gift card stands."""
        return self._ask(AuthKind.INQUIRE, card=self._shown(card))

    # -- parts --------------------------------------------------------------------------------

    def _shown(self, name: str) -> CardEvidence:
        return self.shows(name, self.clock_ms() - self.late_ms)

    def _sale(
        self,
        name: str,
        total_minor: int,
        lines: Sequence[SaleLine] = (),
        tenders: Sequence[Tender] = (),
        receipt: str | None = None,
    ) -> Sale:
        return Sale(
            key=key_named(name),
            total_minor=total_minor,
            source=SaleSource.KEYED,
            profile="rules",
            lines=tuple(lines),
            tenders=tuple(tenders),
            receipt_number=receipt,
        )

    def _say(self, kind: Kind, **parts: Unpack[_Said]) -> TransactionArrival:
        self.seq += 1
        transaction = Transaction(
            id=TransactionId(terminal=self.name, epoch=1, seq=self.seq),
            previous_hash=self.previous_hash,
            time=EventTime(
                unix_ms=self.clock_ms() - self.late_ms,
                utc_offset_min=0,
                quality=self.quality,
                boot_id=BootId(bytes(16)),
                monotonic_ms=self.seq,
            ),
            programme_version=1,
            channel=Channel.SIMULATED,
            currency=self.currency,
            kind=kind,
            **parts,
        )
        envelope = seal(encode_transaction(transaction), SealType.TRANSACTION, self.signer)
        self.previous_hash = envelope_hash(envelope)
        return TransactionArrival(
            envelope=envelope,
            envelope_hash=self.previous_hash,
            key_id=self.signer.key_id,
            transaction=transaction,
        )

    def _ask(self, kind: AuthKind, **parts: Unpack[_Asked]) -> AuthArrival:
        self.asked += 1
        name = hashlib.sha256(f"{self.name} asks {self.asked}".encode()).digest()
        now_ms = self.clock_ms()
        request = AuthRequest(
            request_id=HoldId(name[:16]),
            terminal=self.name,
            kind=kind,
            made_at_ms=now_ms,
            deadline_ms=now_ms + 10_000,
            programme_version=1,
            currency=self.currency,
            **parts,
        )
        envelope = seal(encode_auth_request(request), SealType.AUTH_REQUEST, self.signer)
        return AuthArrival(
            envelope=envelope,
            envelope_hash=envelope_hash(envelope),
            key_id=self.signer.key_id,
            request=request,
        )


def _returned(paper: str, amount_minor: int, lines: Sequence[SaleLine]) -> Returned:
    return Returned(key=key_named(paper), amount_minor=amount_minor, lines=tuple(lines))
