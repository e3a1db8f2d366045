"""What the cashier, or an integrator's button, may ask for, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from gateway.clock import Clock
from gateway.formatting.phone import normal_phone
from gateway.model.card import Assurance, CardProfile, Tap
from gateway.model.ids import SaleKey
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason
from gateway.model.transaction import Kind, Load, MemberEvent, Returned, SaleReference
from terminal_agent import commands
from terminal_agent.asking import Asker
from terminal_agent.control import AnswerCode
from terminal_agent.counter import Counter
from terminal_agent.journal.journal import Journal
from terminal_agent.sealing import Content
from terminal_agent.session.events import (
    GiftLoadAsked,
    OffersDeclined,
    OperatorCancelled,
    SaleOffered,
    UseAsked,
)
from terminal_agent.session.loading import knows_event, top_up_objection
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Refusal, Screen, View
from terminal_agent.session.wishes import OFFERS, Wish
from terminal_agent.standing import Standing

Use = (
    commands.Redeem
    | commands.Reward
    | commands.Coupon
    | commands.Offers
    | commands.Credit
    | commands.Gift
)
Deed = (
    commands.Phone
    | commands.Enrol
    | commands.Refund
    | commands.TopUp
    | commands.LoadGift
    | commands.RecordEvent
)
CashierCommand = commands.Total | commands.Decline | commands.Cancel | Use | Deed
#: What stands for a reader's name where the cashier typed.
_KEYED: Final = "keyed"

_REFUSED: Final = {
    Refusal.JOURNAL_FULL: AnswerCode.JOURNAL_FULL,
    Refusal.JOURNAL_FORKED: AnswerCode.JOURNAL_FORKED,
}
_REMARKED: Final[Mapping[Notice, AnswerCode]] = {
    Notice.CARD_FIRST: AnswerCode.NO_CARD,
    Notice.SALE_FIRST: AnswerCode.NO_SALE,
    Notice.REDEEM_TOO_LATE: AnswerCode.TOO_LATE,
    Notice.PRESENT_GIFT_CARD: AnswerCode.PRESENT_GIFT_CARD,
}


class Cashier:
    """Carries a cashier's commands out at one counter."""

    def __init__(
        self,
        *,
        counter: Counter,
        standing: Standing,
        asker: Asker,
        journal: Journal,
        clock: Clock,
    ) -> None:
        """Serve this counter."""
        self._counter = counter
        self._standing = standing
        self._asker = asker
        self._journal = journal
        self._clock = clock

    def carry_out(self, command: CashierCommand) -> AnswerCode:
        """Carry a command out, and say what became of it.

        Nothing but a cancellation means anything before the gateway's first configuration.
        """
        if isinstance(command, commands.Cancel):
            return self._cancel()
        if self._standing.version == 0:
            return AnswerCode.NOT_CONFIGURED
        match command:
            case commands.Total():
                return self._total(command)
            case commands.Decline():
                return self._decline()
            case (
                commands.Phone()
                | commands.Enrol()
                | commands.Refund()
                | commands.TopUp()
                | commands.LoadGift()
                | commands.RecordEvent()
            ):
                return self._do(command)
            case _:
                return self._use(_wish(command))

    def _cancel(self) -> AnswerCode:
        if self._counter.session.state is State.IDLE:
            return AnswerCode.NOTHING_TO_CANCEL
        self._counter.feed(OperatorCancelled(now_ms=self._clock.monotonic_ms()))
        return AnswerCode.DONE

    def _total(self, command: commands.Total) -> AnswerCode:
        self._counter.feed(
            SaleOffered(
                now_ms=self._clock.monotonic_ms(),
                total_minor=command.total_minor,
                key=SaleKey(self._asker.fresh_id()),
                request_id=self._asker.fresh_id(),
                lines=command.lines,
            )
        )
        return AnswerCode.DONE

    # -- what is used on a sale -----------------------------------------------------------------

    def _use(self, wish: Wish) -> AnswerCode:
        """Let the session ask for it, and say by what the screen shows then what became of it."""
        before = self._counter.session
        if before.state is State.AUTHORISING:
            return AnswerCode.BUSY
        request_id = self._asker.fresh_id()
        asked = UseAsked(now_ms=self._clock.monotonic_ms(), wish=wish, request_id=request_id)
        self._counter.feed(asked)
        now = self._counter.session
        if now.asked is not None and now.asked.request_id == request_id:
            return AnswerCode.ASKED
        if now is before:
            return AnswerCode.BUSY
        if now.notice is None:
            return AnswerCode.NOT_REDEEMABLE
        return _REMARKED.get(now.notice, AnswerCode.NOT_REDEEMABLE)

    def _decline(self) -> AnswerCode:
        before = self._counter.session
        self._counter.feed(OffersDeclined(now_ms=self._clock.monotonic_ms()))
        same = self._counter.session == before
        return AnswerCode.NOTHING_TO_DECLINE if same else AnswerCode.DONE

    # -- whose visit it is, and what is recorded beside a sale ------------------------------------

    def _do(self, command: Deed) -> AnswerCode:
        match command:
            case commands.Phone(number=number):
                return self._phone(number)
            case commands.Enrol():
                return self._enrol()
            case commands.Refund():
                return self._refund(command)
            case commands.TopUp(amount_minor=amount_minor):
                return self._top_up(amount_minor)
            case commands.LoadGift(amount_minor=amount_minor):
                return self._load_gift(amount_minor)
            case commands.RecordEvent():
                return self._event(command)
            case _:
                assert_never(command)

    def _phone(self, typed: str) -> AnswerCode:
        """Take a number as a card that was tapped, save where a gift card is waited for."""
        number = normal_phone(typed)
        if number is None:
            return AnswerCode.NO_PHONE_NUMBER
        session = self._counter.session
        if session.state is State.LOADING or session.gift_wish is not None:
            return AnswerCode.BUSY
        tap = Tap(
            reader=_KEYED,
            profile=CardProfile.PHONE,
            identity=number.encode("ascii"),
            assurance=Assurance.CLAIMED,
            seen_at_ms=self._clock.unix_ms(),
        )
        evidence = self._standing.evidence(tap)
        if evidence is None:
            return AnswerCode.NOT_CONFIGURED
        self._counter.take_card(evidence)
        return AnswerCode.NUMBER_TAKEN

    def _enrol(self) -> AnswerCode:
        card = self._counter.session.card
        if card is None:
            return AnswerCode.NO_CARD
        return self._record(Content(kind=Kind.ENROL, card=card), View(screen=Screen.ENROLLED))

    def _refund(self, command: commands.Refund) -> AnswerCode:
        """Goods came back. Whose the original was says the sale; without one, the card here."""
        number, card = command.receipt_number, self._counter.session.card
        if number is None and card is None:
            return AnswerCode.NO_CARD
        key = None if number is None else self._journal.find_sale(number)
        returned = None
        if command.amount_minor is not None:
            returned = Returned(
                key=SaleKey(self._asker.fresh_id()),
                amount_minor=command.amount_minor,
                lines=command.lines,
            )
        content = Content(
            kind=Kind.REFUND,
            card=card if number is None else None,
            original=None if number is None else SaleReference(key=key, receipt_number=number),
            returned=returned,
        )
        code = self._record(content, View(screen=Screen.REFUND_ACCEPTED))
        found = number is None or key is not None
        return AnswerCode.SALE_NOT_FOUND if code is AnswerCode.DONE and not found else code

    def _top_up(self, amount_minor: int) -> AnswerCode:
        session = self._counter.session
        if session.card is None:
            return AnswerCode.NO_CARD
        if session.told is None or session.behind:
            return AnswerCode.NOT_KNOWN_YET
        why = top_up_objection(session, self._standing.rules(), amount_minor)
        if why is not None:
            return self._refuse(why)
        load = Load(instrument=Instrument.CREDIT, amount_minor=amount_minor)
        content = Content(kind=Kind.TOP_UP, card=session.card, load=load)
        return self._record(content, self._money_view(Screen.TOPPED_UP, amount_minor))

    def _load_gift(self, amount_minor: int) -> AnswerCode:
        asked = GiftLoadAsked(now_ms=self._clock.monotonic_ms(), amount_minor=amount_minor)
        self._counter.feed(asked)
        loading = self._counter.session.state is State.LOADING
        return AnswerCode.PRESENT_GIFT_CARD if loading else AnswerCode.BUSY

    def _event(self, command: commands.RecordEvent) -> AnswerCode:
        card = self._counter.session.card
        if card is None:
            return AnswerCode.NO_CARD
        if not knows_event(self._standing.rules(), command.name):
            return AnswerCode.EVENT_UNKNOWN
        event = MemberEvent(name=command.name, source=command.source)
        content = Content(kind=Kind.EVENT, card=card, event=event)
        return self._record(content, View(screen=Screen.EVENT_RECORDED))

    def _record(self, content: Content, done: View) -> AnswerCode:
        refusal = self._counter.record(content, done)
        return AnswerCode.DONE if refusal is None else _REFUSED[refusal]

    def _refuse(self, why: Reason) -> AnswerCode:
        self._counter.object(why)
        return AnswerCode.NOT_POSSIBLE

    def _money_view(self, screen: Screen, amount_minor: int) -> View:
        rules = self._standing.rules()
        return View(
            screen=screen, load_minor=amount_minor, currency=rules.currency, before=rules.before
        )


def _wish(command: Use) -> Wish:
    match command:
        case commands.Redeem(points=points):
            return Wish(instrument=Instrument.POINTS, units=points)
        case commands.Reward(reward=reward, times=times):
            return Wish(instrument=Instrument.REWARD, reward=reward, times=times)
        case commands.Coupon(reward=reward, times=times):
            return Wish(instrument=Instrument.COUPON, reward=reward, times=times)
        case commands.Credit(amount_minor=amount_minor):
            return Wish(instrument=Instrument.CREDIT, units=amount_minor)
        case commands.Gift(amount_minor=amount_minor):
            return Wish(instrument=Instrument.GIFT, units=amount_minor)
        case commands.Offers():
            return OFFERS
        case _:
            assert_never(command)
