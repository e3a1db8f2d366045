"""A counter and a gateway face to face: the real dialogue, the real writer, nothing between them.

For tests that compare what a terminal says beforehand with what the gateway says afterwards. What
crosses from one to the other is written and read as on the wire. It does not model the link, the
journal's disk, seals' verification or the display; a receipt comes when the test fetches it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.registration import Registration
from gateway.crypto.seal import SealType, envelope_hash, parse_envelope, seal
from gateway.ledger.accounts import credit_wallet_id
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_members import CardRow, WalletRow
from gateway.model.authorisation import AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    BootId,
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.instrument import Instrument
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.receipt import Result
from gateway.model.sale import Sale, SaleLine
from gateway.model.transaction import Channel, ClockQuality, EventTime, Kind, Load
from gateway.program.acquaintance import Acquaintance
from gateway.program.local_time import place_at
from gateway.program.versions import programme_at
from gateway.wire.auth import decode_auth_answer, encode_auth_answer, encode_auth_request
from gateway.wire.receipt import decode_receipt, encode_receipt
from gateway.wire.transaction import decode_transaction
from gateway.writer.arrival import AuthArrival, TransactionArrival
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from terminal_agent.asking import Asked, Basis, cancellation_of, request_of
from terminal_agent.sealing import Circumstances, Content, draft_of
from terminal_agent.session.actions import (
    Accept,
    Action,
    CancelHold,
    Inquire,
    LoadGiftCard,
    Reserve,
)
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    Event,
    JournalAccepted,
    OffersDeclined,
    ReceiptArrived,
    SaleClosed,
    SaleOffered,
    TimePassed,
    UseAsked,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.screen import view_of
from terminal_agent.session.view import View
from terminal_agent.session.wishes import Wish

_NAME: Final = TerminalId("mirror")


def mirror_card(number: int) -> CardEvidence:
    """A card by number."""
    token = CardToken(number.to_bytes(32, "big"))
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)


class MirrorGateway:
    """A writer on a ledger in memory, with a settable clock.

    Attributes:
        store: the ledger.
        writer: the real one.
        now_ms: Unix time in milliseconds; the counters tell the same.
    """

    def __init__(
        self, programmes: Iterable[Programme], rng: Random, acquaintance: Acquaintance
    ) -> None:
        """Begin with these versions of the rules and no member."""
        self.store = MemoryLedgerStore()
        for programme in programmes:
            self.store.add_programme(programme)
        self.writer = Writer(
            self.store,
            new_member_id=lambda: MemberId(rng.randbytes(16).hex()),
            settings=WriterSettings(),
            acquaintance=acquaintance,
        )
        self.now_ms = 0

    def member(self, card: CardEvidence) -> MemberId | None:
        """Whose card it is."""
        with self.store.batch() as batch:
            rows = batch.rows(CardRow, [card.token])
        return rows[0].member_id if rows else None

    def credit_minor(self, card: CardEvidence, currency: Currency) -> int:
        """All stored credit of a card's owner, what waits included."""
        member_id = self.member(card)
        if member_id is None:
            return 0
        with self.store.batch() as batch:
            wallets = batch.rows(WalletRow, [credit_wallet_id(member_id, currency.code)])
        return sum(one.available + one.held + one.pending for one in wallets)


@dataclass(slots=True)
class MirrorCounter:
    """One till: the real session, fed with what the real writer answers.

    Attributes:
        gateway: the other side.
        branch: where it stands.
        programmes: the versions that its signed configuration holds.
        rng: for ids.
        online: whether questions are answered.
        session: where the dialogue stands.
        unsent: what is sealed and not delivered yet.
    """

    gateway: MirrorGateway
    branch: BranchId
    programmes: tuple[Programme, ...]
    rng: Random
    online: bool = True
    session: Session = field(default_factory=Session)
    unsent: list[TransactionArrival] = field(default_factory=list)
    _signer: FileSigner = field(default_factory=FileSigner.generate)
    _seq: int = 0
    _previous: EnvelopeHash = field(init=False)

    def __post_init__(self) -> None:
        """Let the gateway know of it."""
        self._previous = genesis_hash(_NAME, 1, self._signer.key_id)
        registration = Registration(
            terminal=_NAME,
            epoch=1,
            public_key=self._signer.public_key,
            agreement_key=bytes(32),
        )
        self.gateway.store.add_terminal(registration, self.branch, 0)

    # -- what happens at the counter ------------------------------------------------------------

    @property
    def view(self) -> View:
        """What the display shows."""
        return view_of(self.session, self.rules())

    def rules(self) -> Rules:
        """What the session works by now."""
        now_ms = self.gateway.now_ms
        programme = programme_at(self.programmes, now_ms)
        return Rules(
            settings=SessionSettings(),
            currency=self.programmes[0].currency,
            programme=programme,
            place=None
            if programme is None
            else place_at(programme.rules.settings, self.branch, now_ms),
        )

    def let_go(self) -> None:
        """The last customer has gone: what was shown has been shown long enough."""
        self._feed(TimePassed(now_ms=self.gateway.now_ms))

    def tap(self, card: CardEvidence) -> None:
        """Somebody shows a card; an answer comes at once, if one comes."""
        event = CardTapped(
            now_ms=self.gateway.now_ms,
            card=card,
            inquiry_id=self._new_id(),
            behind=bool(self.unsent),
        )
        self._feed(event)

    def offer(
        self,
        total_minor: int,
        lines: tuple[SaleLine, ...] = (),
        tax_minor: int | None = None,
    ) -> None:
        """The till tells a total, and the goods where it knows them by then."""
        key = SaleKey(self.rng.randbytes(16))
        self._feed(
            SaleOffered(
                now_ms=self.gateway.now_ms,
                total_minor=total_minor,
                key=key,
                request_id=self._new_id(),
                lines=lines,
                tax_minor=tax_minor,
            )
        )

    def redeem(self) -> None:
        """The cashier asks for as many points as can be."""
        wish = Wish(instrument=Instrument.POINTS)
        self.use(wish)

    def use(self, wish: Wish) -> None:
        """The cashier asks for something to be used on the sale."""
        now_ms = self.gateway.now_ms
        self._feed(UseAsked(now_ms=now_ms, wish=wish, request_id=self._new_id()))

    def decline(self) -> None:
        """The till cannot take off what offers give."""
        self._feed(OffersDeclined(now_ms=self.gateway.now_ms))

    def close(self, sale: Sale) -> None:
        """The till closes a sale; what comes of it is sealed and waits for ``deliver``."""
        self._feed(SaleClosed(now_ms=self.gateway.now_ms, sale=sale))

    def enrol(self, card: CardEvidence) -> None:
        """Make a member, and let the gateway know at once."""
        self._seal((Content(kind=Kind.ENROL, card=card),))
        self.deliver()

    def pay_in(self, card: CardEvidence, instrument: Instrument, amount_minor: int) -> Result:
        """Put money into a member's credit or onto a gift card, and let the gateway know."""
        load = Load(instrument=instrument, amount_minor=amount_minor)
        self._seal((Content(kind=Kind.TOP_UP, card=card, load=load),))
        return self.deliver()[-1]

    def deliver(self) -> tuple[Result, ...]:
        """Bring what is sealed to the gateway, and its receipts back."""
        arrivals, self.unsent = self.unsent, []
        decision = self.gateway.writer.apply(arrivals, self.gateway.now_ms)
        results: list[Result] = []
        for receipt in decision.receipts:
            results += decode_receipt(encode_receipt(receipt)).results
        self._feed(ReceiptArrived(now_ms=self.gateway.now_ms, results=tuple(results)))
        return tuple(results)

    # -- what the session asks for --------------------------------------------------------------

    def _feed(self, event: Event) -> None:
        self.session, actions = step(self.session, event, self.rules())
        for action in actions:
            self._carry_out(action)

    def _carry_out(self, action: Action) -> None:
        if isinstance(action, Inquire | Reserve) and self.online:
            self._answered(request_of(action, self._basis(), self._asked()))
        elif isinstance(action, CancelHold):
            request_id = self._new_id()
            self._answered(
                cancellation_of(action.hold_id, request_id, self._basis(), self._asked())
            )
        elif isinstance(action, LoadGiftCard):
            load = Load(instrument=Instrument.GIFT, amount_minor=action.amount_minor)
            content = Content(kind=Kind.TOP_UP, card=action.card, sale=action.sale, load=load)
            self._seal((content,))
        elif isinstance(action, Accept):
            contents = [
                Content(kind=one.kind, card=one.card, sale=one.sale, redemption=one.redemption)
                for one in action.drafts
            ]
            self._feed(JournalAccepted(now_ms=self.gateway.now_ms, seqs=self._seal(contents)))

    def _asked(self) -> Asked:
        return Asked(terminal=_NAME, made_at_ms=self.gateway.now_ms, wait_ms=5_000)

    def _answered(self, request: AuthRequest) -> None:
        envelope = seal(encode_auth_request(request), SealType.AUTH_REQUEST, self._signer)
        arrival = AuthArrival(
            envelope=envelope,
            envelope_hash=envelope_hash(envelope),
            key_id=self._signer.key_id,
            request=request,
        )
        (answer,) = self.gateway.writer.apply([arrival], self.gateway.now_ms).answers
        told = decode_auth_answer(encode_auth_answer(answer))
        self._feed(
            AuthAnswered(
                now_ms=self.gateway.now_ms,
                answer=told,
                request_id=self._new_id(),
                stands_ms=60_000,
            )
        )

    def _seal(self, contents: Iterable[Content]) -> tuple[int, ...]:
        basis, now_ms = self._basis(), self.gateway.now_ms
        about = Circumstances(
            time=EventTime(
                unix_ms=now_ms,
                utc_offset_min=0,
                quality=ClockQuality.SYNCHRONISED,
                boot_id=BootId(bytes(16)),
                monotonic_ms=0,
                synchronised_at_ms=now_ms,
            ),
            programme_version=basis.version,
            currency=basis.currency,
            channel=Channel.SIMULATED,
        )
        seqs = []
        for content in contents:
            self._seq += 1
            name = TransactionId(terminal=_NAME, epoch=1, seq=self._seq)
            envelope = draft_of(content, about, self._signer)(name, self._previous)
            self._previous = envelope_hash(envelope)
            seqs.append(self._seq)
            self.unsent.append(
                TransactionArrival(
                    envelope=envelope,
                    envelope_hash=self._previous,
                    key_id=self._signer.key_id,
                    transaction=decode_transaction(parse_envelope(envelope).payload),
                )
            )
        return tuple(seqs)

    def _basis(self) -> Basis:
        rules = self.rules()
        return Basis(currency=rules.currency, programme=rules.programme)

    def _new_id(self) -> HoldId:
        return HoldId(self.rng.randbytes(16))
