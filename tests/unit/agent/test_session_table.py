"""The table as a whole: its shape, its picture, and what holds for any sequence of events."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import CardToken, EnvelopeHash, HoldId, SaleKey, TerminalId
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.receipt import Result
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Kind
from gateway.readers.reader import CardTrouble
from terminal_agent.session import effects as do
from terminal_agent.session.actions import Accept, Action, CancelHold, Reserve
from terminal_agent.session.diagram import mermaid, rows_table
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    CardTroubled,
    Event,
    JournalAccepted,
    JournalRefused,
    OperatorCancelled,
    ReceiptArrived,
    RedeemAsked,
    SaleCancelled,
    SaleClosed,
    SaleOffered,
    TimePassed,
)
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.screen import view_of
from terminal_agent.session.states import State
from terminal_agent.session.table import EVERYWHERE, TABLE, step
from terminal_agent.session.view import Refusal

PAGE = Path(__file__).parents[3] / "docs" / "session.md"
PROGRAMME = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=100,
)


def test_session_page_shows_the_table() -> None:
    """The diagram and the table in the docs are those of the code."""
    page = PAGE.read_text(encoding="utf-8")
    assert f"```mermaid\n{mermaid()}\n```" in page
    assert rows_table() in page


def test_session_table_names_every_state() -> None:
    """Every state has its rows, and every state but the first can be reached."""
    assert set(TABLE) == set(State)
    reached = {row.to for rows in TABLE.values() for by_event in rows.values() for row in by_event}
    assert reached - {None} == set(State)


def test_session_rows_fit_their_events() -> None:
    """Each guard and effect of a row takes the event that the row stands under."""
    for rows in (*TABLE.values(), EVERYWHERE):
        for kind, by_event in rows.items():
            for row in by_event:
                functions = row.do if row.when is None else (row.when, *row.do)
                for function in functions:
                    hints = get_type_hints(function)
                    taken = hints.get("event", hints.get("_event"))
                    assert kind in (get_args(taken) or (taken,)), (kind, function)


def test_session_no_row_leaves_a_hold_behind() -> None:
    """Every way out of a redemption frees the points, posts them or learned there are none."""
    ends = {do.free_points, do.accept, do.note_refusal, do.take_grant}
    for state in (State.AUTHORISING, State.RESERVED):
        for by_event in TABLE[state].values():
            for row in by_event:
                assert row.to in (None, state) or ends & set(row.do), row


def test_session_last_rows_have_no_guard_or_may_be_ignored() -> None:
    """No row stands behind one that always applies, where it could never be reached."""
    for rows in (*TABLE.values(), EVERYWHERE):
        for by_event in rows.values():
            assert all(row.when is not None for row in by_event[:-1])


_SMALL = st.integers(1, 4)


def _card(number: int) -> CardEvidence:
    token = CardToken(bytes([number]) * 32)
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.CLAIMED)


def _key(number: int) -> SaleKey:
    return SaleKey(bytes([number]) * 16)


class World:
    """A journal and a gateway of any temper around one session, keeping the books."""

    def __init__(self, programme: Programme | None) -> None:
        self.rules = Rules(settings=SessionSettings(), currency=EUR, programme=programme)
        self.session = Session()
        self.now_ms = 0
        self.fresh = 0
        self.asked: list[Reserve] = []
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

    def _journal(self, action: Accept, *, takes: bool) -> None:
        if not takes:
            refused = JournalRefused(now_ms=self.now_ms, refusal=Refusal.JOURNAL_FULL)
            self.feed(refused, journal_takes=False)
            return
        for draft in action.drafts:
            self.seq += 1
            if draft.kind is Kind.EARN:
                self.accepted_sales.append(draft.sale.key)
            if draft.redemption is not None:
                assert draft.redemption.hold_id in self.granted
                self.posted.add(draft.redemption.hold_id)
        seqs = tuple(range(self.seq - len(action.drafts) + 1, self.seq + 1))
        self.feed(JournalAccepted(now_ms=self.now_ms, seqs=seqs), journal_takes=takes)

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
            stands_ms=60_000,
            answer=AuthAnswer(
                request_id=request.request_id,
                terminal=TerminalId("t1"),
                kind=AuthKind.RESERVE,
                status=status,
                reason=Reason.NONE if status is Status.APPLIED else Reason.BELOW_MINIMUM,
                answered_at_ms=0,
                points=points,
                amount_minor=None if points is None else points * 10,
            ),
        )

    def check(self) -> None:
        assert len(self.accepted_sales) == len(set(self.accepted_sales))
        assert not self.posted & self.cancelled
        held = set() if self.session.grant is None else {self.session.grant.hold_id}
        assert self.granted <= self.posted | self.cancelled | held
        view_of(self.session, self.rules)


_NAMES = (
    "tap",
    "trouble",
    "offer",
    "close",
    "close refused",
    "cancel sale",
    "redeem",
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
_MOVES = st.lists(st.one_of(_ANY_MOVE, _ANY_MOVE, _EARN, _REDEMPTION), max_size=25).map(
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
        "tap": CardTapped(now_ms=now_ms, card=_card(a), inquiry_id=world.new_id()),
        "trouble": CardTroubled(now_ms=now_ms, trouble=list(CardTrouble)[a]),
        "offer": SaleOffered(now_ms=now_ms, total_minor=b * 200, key=_key(a)),
        "close": SaleClosed(now_ms=now_ms, sale=sale),
        "close refused": SaleClosed(now_ms=now_ms, sale=sale),
        "cancel sale": SaleCancelled(now_ms=now_ms),
        "redeem": RedeemAsked(
            now_ms=now_ms, points=None if a == 1 else a * 5, request_id=world.new_id()
        ),
        "balance": AuthAnswered(now_ms=now_ms, answer=balance),
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
