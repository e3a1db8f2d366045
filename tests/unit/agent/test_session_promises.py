"""What the session promises holds for any sequence of events."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.ids import BranchId, CardToken, EnvelopeHash, HoldId, SaleKey, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.receipt import Result
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules as ProgrammeRules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.model.sale import Sale, SaleSource
from gateway.model.standing import Standing
from gateway.model.transaction import Kind
from gateway.program.local_time import place_at
from gateway.readers.reader import CardTrouble
from simulators.dialogue import dialogue_card
from terminal_agent.session.actions import Accept, Action, CancelHold, LoadGiftCard, Reserve
from terminal_agent.session.events import (
    AskAgain,
    AuthAnswered,
    CardTapped,
    CardTroubled,
    Event,
    GiftLoadAsked,
    JournalAccepted,
    JournalRefused,
    OffersDeclined,
    OperatorCancelled,
    OwnerChanged,
    ReceiptArrived,
    SaleCancelled,
    SaleClaimed,
    SaleClosed,
    SaleDoubted,
    SaleOffered,
    TimePassed,
    UseAsked,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.screen import view_of
from terminal_agent.session.tenders import TENDER_KINDS
from terminal_agent.session.view import Refusal
from terminal_agent.session.wishes import OFFERS, Wish

PROGRAMME = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=100,
    rules=ProgrammeRules(
        offers=(Offer(id="spring", gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=200)),),
        rewards=(
            Reward(id="off", cost_points=5, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=100)),
            Reward(id="seat", cost_points=5, gift=Gift(kind=GiftKind.BENEFIT)),
        ),
        credit=CreditPolicy(share_percent=100, top_up_maximum_minor=10_000),
        gift_cards=GiftCardPolicy(maximum_minor=10_000, reloadable=True),
    ),
)
_SMALL = st.integers(1, 4)


def _key(number: int) -> SaleKey:
    return SaleKey(bytes([number]) * 16)


class World:
    """A journal and a gateway of any temper around one session, keeping the books."""

    def __init__(self, programme: Programme | None) -> None:
        place = place_at(PROGRAMME.rules.settings, BranchId("b1"), 0)
        self.rules = Rules(
            settings=SessionSettings(), currency=EUR, programme=programme, place=place
        )
        self.session = Session()
        self.now_ms = 0
        self.fresh = 0
        self.asked: list[Reserve] = []
        self.loaded: list[CardToken] = []
        self.granted: set[HoldId] = set()
        self.posted: set[HoldId] = set()
        self.cancelled: set[HoldId] = set()
        self.accepted_sales: list[SaleKey] = []
        self.seq = 0

    def new_id(self) -> HoldId:
        self.fresh += 1
        return HoldId(self.fresh.to_bytes(16, "big"))

    def feed(self, event: Event, *, journal_takes: bool) -> None:
        self.session, actions = step(self.session, event, self.rules)
        for action in actions:
            self._carry_out(action, journal_takes=journal_takes)

    def _carry_out(self, action: Action, *, journal_takes: bool) -> None:
        if isinstance(action, Reserve):
            self.asked.append(action)
        elif isinstance(action, CancelHold):
            assert action.hold_id not in self.posted, "a posted hold is never cancelled"
            self.cancelled.add(action.hold_id)
        elif isinstance(action, Accept):
            self._journal(action, takes=journal_takes)
        elif isinstance(action, LoadGiftCard):
            self.loaded.append(action.card.token)

    def _journal(self, action: Accept, *, takes: bool) -> None:
        if not takes:
            refused = JournalRefused(now_ms=self.now_ms, refusal=Refusal.JOURNAL_FULL)
            self.feed(refused, journal_takes=False)
            return
        assert action.drafts, "nothing is accepted without a transaction"
        self._check_paid(action)
        for draft in action.drafts:
            self.seq += 1
            if draft.kind is Kind.EARN:
                self.accepted_sales.append(draft.sale.key)
            if draft.redemption is not None:
                assert draft.redemption.hold_id in self.granted
                self.posted.add(draft.redemption.hold_id)
        seqs = tuple(range(self.seq - len(action.drafts) + 1, self.seq + 1))
        self.feed(JournalAccepted(now_ms=self.now_ms, seqs=seqs), journal_takes=takes)

    def _check_paid(self, action: Accept) -> None:
        """What pays is in the tenders and no more than the sale; nobody earns with a gift card."""
        sale = action.drafts[0].sale
        kinds = {kind: one for one, kind in TENDER_KINDS.items()}
        ours = [one for one in sale.tenders if one.kind in kinds]
        assert sum(one.amount_minor for one in ours) <= sale.total_minor
        assert all(draft.sale == sale for draft in action.drafts)
        earns = [draft for draft in action.drafts if draft.kind is Kind.EARN]
        assert len(earns) <= 1

    def answer(self, which: int, status: Status, points: int | None) -> AuthAnswered | None:
        if not self.asked:
            return None
        request = self.asked[which % len(self.asked)]
        if status is Status.APPLIED and request.request_id not in self.granted:
            self.granted.add(request.request_id)
            # The worst order: a cancellation sent before this grant came before the hold was made.
            self.cancelled.discard(request.request_id)
        return AuthAnswered(
            now_ms=self.now_ms,
            request_id=self.new_id(),
            stands_ms=60_000,
            answer=AuthAnswer(
                request_id=request.request_id,
                terminal=TerminalId("t1"),
                kind=AuthKind.RESERVE,
                status=status,
                reason=Reason.NONE if status is Status.APPLIED else Reason.BELOW_MINIMUM,
                answered_at_ms=0,
                points=None if points is None else _units(request, points),
                amount_minor=None if points is None else _money(request, points),
            ),
        )

    def check(self) -> None:
        assert len(self.accepted_sales) == len(set(self.accepted_sales))
        assert not self.posted & self.cancelled
        held = {one.hold_id for one in self.session.grants}
        assert self.granted <= self.posted | self.cancelled | held
        view_of(self.session, self.rules)


def _units(request: Reserve, points: int) -> int:
    """A gateway grants no more than was asked for; discounts of offers cost no units."""
    if request.instrument in (Instrument.OFFER, Instrument.COUPON):
        return 0
    return points if request.points is None else min(points, request.points)


def _money(request: Reserve, points: int) -> int:
    units = _units(request, points)
    if request.instrument in (Instrument.CREDIT, Instrument.GIFT):
        return units
    if request.instrument is Instrument.POINTS:
        return units * 10
    return 0 if request.reward == "seat" else min(200, request.sale_total_minor)


_WISHES = (
    Wish(instrument=Instrument.POINTS),
    Wish(instrument=Instrument.REWARD, reward="off"),
    Wish(instrument=Instrument.REWARD, reward="seat"),
    Wish(instrument=Instrument.COUPON, reward="off"),
    Wish(instrument=Instrument.REWARD, reward="unheard-of"),
    Wish(instrument=Instrument.CREDIT, units=150),
    Wish(instrument=Instrument.GIFT),
    OFFERS,
)
_NAMES = (
    "tap",
    "trouble",
    "offer",
    "close",
    "claim",
    "close refused",
    "close less",
    "cancel sale",
    "doubt sale",
    "redeem",
    "use",
    "decline",
    "gift card",
    "load",
    "answer load",
    "less",
    "owner",
    "again",
    "grant",
    "grant nothing",
    "refuse",
    "balance",
    "receipt",
    "operator",
    "wait",
)
Move = tuple[str, int, int]
_ANY_MOVE = st.tuples(st.sampled_from(_NAMES), _SMALL, _SMALL).map(lambda move: [move])
# Chance alone seldom gets as far as an earn or a reservation, so some phrases lead there.
_EARN = st.tuples(_SMALL, _SMALL).map(lambda n: [("tap", n[0], 1), ("close", n[1], 2)])
_REDEMPTION = st.tuples(_SMALL, _SMALL, st.integers(2, 4), st.integers(1, 5)).map(
    lambda n: [("tap", n[0], 1), ("offer", n[1], n[2]), ("redeem", 1, 1), ("grant", 1, 1)][: n[3]]
)
# A discount that the till takes off, then something that pays, then the close at what is left.
_DISCOUNT = st.tuples(_SMALL, _SMALL, st.integers(2, 4)).map(
    lambda n: [
        ("tap", n[0], 1), ("balance", 4, 1), ("offer", n[0], n[2]), ("grant", 1, 4),
        ("less", n[0], n[2]), ("use", n[1], 1), ("grant", 1, 4), ("close less", n[0], n[2]),
    ]
)  # fmt: skip
_GIFT = st.tuples(_SMALL, st.integers(2, 4)).map(
    lambda n: [("offer", n[0], n[1]), ("use", 4, 1), ("tap", 4, 1), ("grant", 1, 3),
               ("close", n[0], n[1])]
)  # fmt: skip
_PHRASES = st.one_of(_ANY_MOVE, _ANY_MOVE, _EARN, _REDEMPTION, _DISCOUNT, _GIFT)
_MOVES = st.lists(_PHRASES, max_size=25).map(
    lambda phrases: [move for phrase in phrases for move in phrase]
)


def _event(world: World, move: str, a: int, b: int) -> Event | None:
    now_ms = world.now_ms
    balance = AuthAnswer(
        request_id=world.session.inquiry_id or HoldId(bytes(16)),
        terminal=TerminalId("t1"),
        kind=AuthKind.INQUIRE,
        status=Status.APPLIED,
        reason=Reason.NONE,
        answered_at_ms=0,
        balance_points=a * 25 - 50,
    )
    result = Result(
        seq=max(world.seq, 1),
        envelope_hash=EnvelopeHash(bytes(32)),
        status=list(Status)[a - 1],
        reason=Reason.NONE,
    )
    sale = Sale(key=_key(a), total_minor=b * 200, source=SaleSource.RECEIPT, profile="shop")
    events: dict[str, Event | None] = {
        "tap": CardTapped(now_ms=now_ms, card=dialogue_card(a), inquiry_id=world.new_id()),
        "trouble": CardTroubled(now_ms=now_ms, trouble=list(CardTrouble)[a]),
        "offer": SaleOffered(
            now_ms=now_ms, total_minor=b * 200, key=_key(a), request_id=world.new_id()
        ),
        "less": SaleOffered(
            now_ms=now_ms,
            total_minor=max(b * 200 - 200, 0),
            key=_key(a),
            request_id=world.new_id(),
        ),
        "close less": SaleClosed(
            now_ms=now_ms, sale=replace(sale, total_minor=max(b * 200 - 200, 0))
        ),
        "close": SaleClosed(now_ms=now_ms, sale=sale),
        "claim": SaleClaimed(now_ms=now_ms, sale=replace(sale, source=SaleSource.CLAIMED)),
        "close refused": SaleClosed(now_ms=now_ms, sale=sale),
        "cancel sale": SaleCancelled(now_ms=now_ms),
        "doubt sale": SaleDoubted(now_ms=now_ms),
        "redeem": UseAsked(
            now_ms=now_ms,
            wish=Wish(instrument=Instrument.POINTS, units=None if a == 1 else a * 5),
            request_id=world.new_id(),
        ),
        "use": UseAsked(
            now_ms=now_ms, wish=_WISHES[((a - 1) * 2 + b - 1) % 8], request_id=world.new_id()
        ),
        "decline": OffersDeclined(now_ms=now_ms),
        "gift card": AuthAnswered(
            now_ms=now_ms,
            answer=replace(balance, balance_points=None, standing=Standing(credit_minor=a * 100)),
            request_id=world.new_id(),
        ),
        "load": GiftLoadAsked(now_ms=now_ms, amount_minor=a * 100),
        "answer load": _load_answer(world, balance, now_ms),
        "owner": OwnerChanged(now_ms=now_ms),
        "again": AskAgain(now_ms=now_ms, inquiry_id=world.new_id(), behind=a == 1),
        "balance": AuthAnswered(now_ms=now_ms, answer=balance, request_id=world.new_id()),
        "receipt": ReceiptArrived(now_ms=now_ms, results=(result,)),
        "operator": OperatorCancelled(now_ms=now_ms),
        "wait": TimePassed(now_ms=now_ms),
    }
    if move == "grant":
        return world.answer(-a, Status.APPLIED, b * 10)
    if move == "grant nothing":
        return world.answer(-a, Status.APPLIED, None)
    if move == "refuse":
        return world.answer(-a, Status.REFUSED, None)
    return events[move]


def _load_answer(world: World, balance: AuthAnswer, now_ms: int) -> AuthAnswered | None:
    load = world.session.load
    if load is None or load.inquiry_id is None:
        return None
    new = replace(
        balance,
        request_id=load.inquiry_id,
        status=Status.REFUSED,
        reason=Reason.UNKNOWN_CARD,
        balance_points=None,
    )
    return AuthAnswered(now_ms=now_ms, answer=new, request_id=world.new_id())


@given(
    moves=_MOVES,
    programme=st.sampled_from([PROGRAMME, PROGRAMME, PROGRAMME, None]),
)
def test_session_any_sequence_keeps_its_promises(
    moves: list[Move], programme: Programme | None
) -> None:
    """No order of events raises, accepts a sale twice, or leaves a granted hold without an end."""
    world = World(programme)
    refused: set[HoldId] = set()
    for move, a, b in moves:
        world.now_ms += (0, 10, 3_000, 20_000, 400_000)[b] if move == "wait" else 1
        if move == "refuse" and world.asked:
            request_id = world.asked[-a % len(world.asked)].request_id
            if request_id in world.granted:
                # It has said yes already, and one request has one answer for all time.
                continue
            refused.add(request_id)
        event = _event(world, move, a, b)
        if event is None:
            continue
        if isinstance(event, AuthAnswered) and event.answer.request_id in refused:
            # The same the other way round: after a no there is no yes.
            world.granted -= refused
            if event.answer.status is Status.APPLIED:
                continue
        world.feed(event, journal_takes=move != "close refused")
        world.check()
