"""Mistakes around reservations: granted, used, freed, and each of it exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.kinds import CardState, HoldState
from gateway.ledger.posting import Posting
from gateway.ledger.posting_holds import PostingHolds
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.ids import BranchId
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.writer.arrival import AuthArrival
from gateway.writer.bench import Bench
from gateway.writer.decision import Decision
from gateway.writer.judge_auth import _reserve
from gateway.writer.judge_holds import resolve
from gateway.writer.reserving import Grantable
from gateway.writer.writer import Writer
from simulators.planted.bug import Checker, Part, plant

_JudgeAuth = Callable[[Bench, AuthArrival, BranchId, Reason], AuthAnswer]
_Resolve = Callable[[Book, HoldRow, HoldState, int], None]
_Grantable = Callable[[Bench, Programme, AuthRequest, BranchId], Grantable | Reason]


@plant(
    "hold-never-expires",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.writer:Writer.tick",
)
def hold_never_expires(_original: object) -> Callable[[Writer, int], Decision]:
    """A tick asks for what is missing and forgets the reservations whose time is up."""

    def tick(self: Writer, now_ms: int) -> Decision:
        return Decision(resend=self._watch(now_ms).due(now_ms))

    return tick


@plant(
    "freed-hold-keeps-points",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_holds:free",
)
def freed_hold_keeps_points(
    _original: object,
) -> Callable[[Book, HoldRow, HoldState, Posting], bool]:
    """A reservation is marked as freed and its points are left where they were held."""

    def free(book: Book, hold: HoldRow, state: HoldState, posting: Posting) -> bool:
        resolve(book, hold, state, posting.index)
        return hold.state is HoldState.PENDING

    return free


@plant(
    "double-settle",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_holds:resolve",
)
def double_settle(original: _Resolve) -> _Resolve:
    """A redemption takes the points and leaves the reservation open, to be settled again."""

    def resolve(book: Book, hold: HoldRow, state: HoldState, index: int) -> None:
        if state is HoldState.POSTED:
            book.holds.replace(hold)
        else:
            original(book, hold, state, index)

    return resolve


@plant(
    "late-redemption-as-if-held",
    part=Part.LEDGER,
    checker=Checker.WORLD,
    where="gateway.ledger.posting_holds:PostingHolds.redeem_late",
)
def late_redemption_as_if_held(_original: object) -> Callable[..., int]:
    """A redemption that comes after its hold freed itself takes the points out of what is held."""

    def redeem_late(
        self: PostingHolds,
        hold: HoldRow,
        points: int | None = None,
        *,
        allow_negative: bool,  # noqa: ARG001 - as the true one
        covered: int = 0,  # noqa: ARG001
    ) -> int:
        self.redeem(hold, points)
        return 0

    return redeem_late


@plant(
    "blocked-card-redeems",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_auth:grantable",
    home="gateway.writer.reserving",
)
def blocked_card_redeems(original: _Grantable) -> _Grantable:
    """A reservation asks whose card it is, and not whether the card is blocked."""

    def grantable(
        bench: Bench, rules: Programme, request: AuthRequest, branch: BranchId
    ) -> Grantable | Reason:
        card = None if request.card is None else bench.book.cards.get(request.card.token)
        if card is None:
            return original(bench, rules, request, branch)
        bench.book.cards.replace(replace(card, state=CardState.ACTIVE))
        try:
            return original(bench, rules, request, branch)
        finally:
            bench.book.cards.replace(card)

    return grantable


@plant(
    "request-dedupe-dropped",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge:judge_auth",
    home="gateway.writer.judge_auth",
)
def request_dedupe_dropped(original: _JudgeAuth) -> _JudgeAuth:
    """A reservation that is asked for again, because its answer was lost, is made a second time."""

    def judge_auth(
        bench: Bench, arrival: AuthArrival, branch: BranchId, objection: Reason = Reason.NONE
    ) -> AuthAnswer:
        request, requests = arrival.request, bench.book.requests
        if request.kind is not AuthKind.RESERVE or requests.get(request.request_id) is None:
            return original(bench, arrival, branch, objection)
        return _reserve(bench, arrival, branch)

    return judge_auth
