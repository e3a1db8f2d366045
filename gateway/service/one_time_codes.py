"""One-time codes: who was sent one, who told it, and what a terminal may spend for it.

A card that proves too little may spend after its owner has told a code that was sent to the phone
known for that owner. All of it is kept in memory and bounded: a gateway that was started again has
forgotten every code, and the customer asks for another one. The ledger is read and never written.

Everything here is called on the writer's thread; sending is somebody else's (``code_post``).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeGuard

import structlog

from gateway.crypto.card_token import card_token
from gateway.intake.key_ring import KeyRing
from gateway.ledger.kinds import CardState
from gateway.ledger.rows_members import CardRow
from gateway.model.authorisation import CODE_KINDS, AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardEvidence, CardProfile
from gateway.model.ids import CardToken, HoldId, MemberId, TerminalId
from gateway.model.one_time_code import (
    DRAW_BYTES,
    KEY_BYTES,
    CodeAnswer,
    CodeKey,
    CodeTerms,
    OneTimeCode,
    check_code,
    issue_code,
)
from gateway.model.outcome import Reason, Status
from gateway.office.reaching import Reached
from gateway.service.code_post import CodeOrder
from gateway.writer.arrival import Arrival, AuthArrival

#: Cards, and answers, that are remembered; the oldest make way.
REMEMBERED_MAX: Final = 10_000
#: One code for a card in so long...
APART_MS: Final = 30_000
#: ...and so many in an hour: fifteen guesses among a million, and nobody's phone rings all day.
AN_HOUR_MAX: Final = 5
#: A code that was told is good for the purchase in hand.
PROVEN_MS: Final = 600_000
_HOUR_MS: Final = 3_600_000
_TERMS: Final = CodeTerms()


PhoneOf = Callable[[MemberId], Reached | None]
"""Knows members' phones; None where it does not. Asked on the writer's thread: it must not wait."""


def no_phone(_member: MemberId) -> Reached | None:
    """Know nobody's phone."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePorts:
    """What codes need.

    Attributes:
        card_of: finds a card in the ledger.
        phone_of: see ``PhoneOf``.
        send: takes a code on its way; False where it cannot be sent now. It must not wait.
        draw: fresh random bytes of a length.
        card_key: the programme's card key: a number is held against a phone card's token.
    """

    card_of: Callable[[CardToken], CardRow | None]
    phone_of: PhoneOf
    send: Callable[[CodeOrder], bool]
    draw: Callable[[int], bytes]
    card_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is known of one card.

    Attributes:
        asked_ms: when codes were sent within the last hour.
        terminal: whose code the last one is.
        code: that code; None once it has ended.
        proven_until_ms: until when terminals may spend with the card.
    """

    asked_ms: tuple[int, ...] = ()
    terminal: TerminalId | None = None
    code: OneTimeCode | None = None
    proven_until_ms: tuple[tuple[TerminalId, int], ...] = ()


class OneTimeCodes:
    """The codes of one gateway."""

    def __init__(self, ports: CodePorts) -> None:
        """Begin with none, and draw the key that they are kept under."""
        self._ports = ports
        self._key = ports.draw(KEY_BYTES)
        self._cards: OrderedDict[CardToken, _Kept] = OrderedDict()
        self._answers: OrderedDict[HoldId, AuthAnswer] = OrderedDict()
        self._log = structlog.get_logger("mohr.gateway")

    def take(
        self, arrivals: Sequence[Arrival], keys: KeyRing, now_ms: int
    ) -> tuple[tuple[AuthAnswer, ...], list[Arrival]]:
        """Answer what is about codes.

        Args:
            arrivals: in order.
            keys: the registered keys. A request under a key that was replaced is left: the writer
                says what is wrong with it.
            now_ms: Unix time in milliseconds.

        Returns:
            the answers, and the arrivals that are left for the writer.
        """
        answers: list[AuthAnswer] = []
        others: list[Arrival] = []
        for one in arrivals:
            if _is_about_codes(one) and keys.is_newest(one.key_id):
                answers.append(self.answer(one.request, now_ms))
            else:
                others.append(one)
        return tuple(answers), others

    def answer(self, request: AuthRequest, now_ms: int) -> AuthAnswer:
        """Answer a terminal that asks for a code, or tells one; the same again changes nothing.

        Args:
            request: a ``challenge`` or a ``prove``, whose seal was verified.
            now_ms: Unix time in milliseconds.
        """
        known = self._answers.get(request.request_id)
        if known is not None and (known.terminal, known.kind) == (request.terminal, request.kind):
            return known
        reason = self._judge(request, now_ms)
        answer = AuthAnswer(
            request_id=request.request_id,
            terminal=request.terminal,
            kind=request.kind,
            status=Status.APPLIED if reason is Reason.NONE else Status.REFUSED,
            reason=reason,
            answered_at_ms=now_ms,
        )
        self._answers[request.request_id] = answer
        _bound(self._answers)
        return answer

    def is_proven(self, card: CardEvidence, terminal: TerminalId, now_ms: int) -> bool:
        """Whether a card's owner has told a code at a terminal within the last ten minutes."""
        kept = self._cards.get(card.token)
        if kept is None:
            return False
        # A clock that went back gives nobody more time than there was.
        return any(
            one == terminal and 0 < until_ms - now_ms <= PROVEN_MS
            for one, until_ms in kept.proven_until_ms
        )

    # -- inside -----------------------------------------------------------------------------------

    def _judge(self, request: AuthRequest, now_ms: int) -> Reason:
        card = request.card
        if card is None or now_ms > request.deadline_ms:
            return Reason.REQUEST_EXPIRED
        if request.kind is AuthKind.CHALLENGE:
            return self._challenge(card, request.terminal, now_ms)
        return self._prove(card, request.terminal, now_ms)

    def _challenge(self, card: CardEvidence, terminal: TerminalId, now_ms: int) -> Reason:
        owned = self._ports.card_of(card.token)
        if owned is None:
            return Reason.CODE_NOT_SENT
        if owned.state is not CardState.ACTIVE:
            return Reason.CARD_BLOCKED
        kept = self._cards.get(card.token, _Kept())
        asked_ms = tuple(one for one in kept.asked_ms if 0 <= now_ms - one < _HOUR_MS)
        if len(asked_ms) >= AN_HOUR_MAX or (asked_ms and now_ms - asked_ms[-1] < APART_MS):
            return Reason.CODE_TOO_SOON
        reached = self._reached(card, owned)
        if reached is None:
            return Reason.CODE_NOT_SENT
        digits, code = issue_code(
            self._code_key(card, terminal),
            _TERMS,
            drawn=self._ports.draw(2 * DRAW_BYTES),
            now_ms=now_ms,
        )
        order = CodeOrder(code=digits, to=reached, minutes=_TERMS.lasts_ms // 60_000)
        if not self._ports.send(order):
            return Reason.CODE_NOT_SENT
        self._keep(card, replace(kept, asked_ms=(*asked_ms, now_ms), terminal=terminal, code=code))
        return Reason.NONE

    def _reached(self, card: CardEvidence, owned: CardRow) -> Reached | None:
        """Whom to send it: a keyed number is asked itself, and no other number of its owner's."""
        reached = self._ports.phone_of(owned.member_id)
        if reached is None or CardProfile.PHONE not in (card.profile, owned.profile):
            return reached
        token = card_token(self._ports.card_key, CardProfile.PHONE, reached.phone.encode("ascii"))
        return reached if token == card.token else None

    def _prove(self, card: CardEvidence, terminal: TerminalId, now_ms: int) -> Reason:
        kept = self._cards.get(card.token)
        if kept is None or kept.code is None or kept.terminal != terminal:
            # Another terminal's word uses up none of the tries.
            return Reason.CODE_ENDED
        said = (card.proof or b"").decode("ascii")
        found, code = check_code(kept.code, self._code_key(card, terminal), said, now_ms=now_ms)
        kept = replace(kept, code=code)
        if found is CodeAnswer.RIGHT:
            others = tuple(
                one for one in kept.proven_until_ms if one[0] != terminal and one[1] > now_ms
            )
            kept = replace(kept, proven_until_ms=(*others, (terminal, now_ms + PROVEN_MS)))
        elif found is CodeAnswer.WRONG and code.tries_left == 0:
            self._log.warning(
                "a code was told wrong until it ended", card=card.token.hex()[:12], at=terminal
            )
        self._keep(card, kept)
        return _REASONS[found]

    def _code_key(self, card: CardEvidence, terminal: TerminalId) -> CodeKey:
        # The token's length is fixed, so no two pairs share one purpose.
        return CodeKey(key=self._key, purpose=card.token + terminal.encode())

    def _keep(self, card: CardEvidence, kept: _Kept) -> None:
        self._cards[card.token] = kept
        self._cards.move_to_end(card.token)
        _bound(self._cards)


_REASONS: Final = {
    CodeAnswer.RIGHT: Reason.NONE,
    CodeAnswer.WRONG: Reason.CODE_WRONG,
    CodeAnswer.EXPIRED: Reason.CODE_ENDED,
    CodeAnswer.ENDED: Reason.CODE_ENDED,
}


def _is_about_codes(arrival: Arrival) -> TypeGuard[AuthArrival]:
    return isinstance(arrival, AuthArrival) and arrival.request.kind in CODE_KINDS


def _bound(kept: OrderedDict[CardToken, _Kept] | OrderedDict[HoldId, AuthAnswer]) -> None:
    while len(kept) > REMEMBERED_MAX:
        kept.popitem(last=False)
