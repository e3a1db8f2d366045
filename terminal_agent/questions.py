"""Sealed questions to the gateway that wait for an answer: who asks what, again, and until when.

A question keeps its id and its bytes; asking again changes nothing at the gateway. Pure: times come
in, and the owner publishes what is due.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from gateway.model.authorisation import AuthKind
from gateway.model.ids import HoldId

#: A question without an answer is asked again after this long: the broker may have lost it.
ASK_AGAIN_MS: Final = 2_000
#: No shop asks this much at once; beyond it the oldest are given up, and their holds run out.
QUESTIONS_MAX: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question on its way.

    Attributes:
        request_id: its id.
        kind: what is asked.
        envelope: the sealed request.
        until_ms: monotonic time after which nobody waits for the answer any more.
        hold_id: the hold that a cancellation frees.
    """

    request_id: HoldId
    kind: AuthKind
    envelope: bytes
    until_ms: int
    hold_id: HoldId | None = None


class Questions:
    """The unanswered questions of one agent."""

    def __init__(self) -> None:
        """Begin with none."""
        self._waiting: dict[HoldId, Question] = {}
        self._ask_at_ms: dict[HoldId, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, question: Question, now_ms: int) -> None:
        """Take a question in; it is due at once."""
        while len(self._waiting) >= QUESTIONS_MAX:
            self._forget(next(iter(self._waiting)))
        self._waiting[question.request_id] = question
        self._ask_at_ms[question.request_id] = now_ms

    def due(self, now_ms: int) -> tuple[Question, ...]:
        """The questions to publish now."""
        return tuple(
            question
            for request_id, question in self._waiting.items()
            if self._ask_at_ms[request_id] <= now_ms
        )

    def asked(self, request_id: HoldId, now_ms: int) -> None:
        """The link took the question; wait before asking again."""
        self._ask_at_ms[request_id] = now_ms + ASK_AGAIN_MS

    def link_up(self, now_ms: int) -> None:
        """What an earlier connection carried may be lost: everything is due again."""
        self._ask_at_ms = dict.fromkeys(self._waiting, now_ms)

    def answered(self, request_id: HoldId) -> Question | None:
        """Take the question out that was answered; None if nobody waits for this answer."""
        question = self._waiting.get(request_id)
        if question is not None:
            self._forget(request_id)
        return question

    def give_up(
        self, now_ms: int, kinds: Collection[AuthKind] = tuple(AuthKind)
    ) -> tuple[Question, ...]:
        """Take out, and return, the questions of some kinds whose time is over."""
        over = tuple(
            one for one in self._waiting.values() if now_ms >= one.until_ms and one.kind in kinds
        )
        for question in over:
            self._forget(question.request_id)
        return over

    def withdraw(self, request_id: HoldId) -> None:
        """Stop asking; nobody needs the answer any more. Unknown ids are fine."""
        if request_id in self._waiting:
            self._forget(request_id)

    def _forget(self, request_id: HoldId) -> None:
        del self._waiting[request_id]
        del self._ask_at_ms[request_id]
