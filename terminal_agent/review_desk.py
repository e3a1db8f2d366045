"""Where papers go that the till's listener may not award: sealed for a person, with their card.

A doubtful paper ends the visit like a sale: what was held for it is freed, and the card that was
shown for it goes with it. A card that is shown a moment later goes after it, as it would with a
closed sale; the gateway puts both together by the paper's key.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import structlog

from gateway.clock import Clock
from gateway.model.card import CardEvidence
from gateway.model.ids import SaleKey
from gateway.model.review import Review
from gateway.model.transaction import Kind
from terminal_agent.counter import Counter
from terminal_agent.doubted import review_of
from terminal_agent.pos.interpreters.events import NeedsReview
from terminal_agent.sealing import Content
from terminal_agent.session.events import SaleDoubted
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Screen, View
from terminal_agent.standing import Standing

_log = structlog.get_logger(__name__)

#: States in which the card on the screen belongs to the sale that prints now.
_CARD_OF_THIS_SALE: Final = frozenset(
    {State.CARD, State.PREVIEW, State.AUTHORISING, State.RESERVED}
)
#: Papers remembered, so that one that is printed again is not sealed again.
_SEEN_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class _CardAwaited:
    review: Review
    until_ms: int


class ReviewDesk:
    """Seals doubtful papers at one counter."""

    def __init__(self, *, counter: Counter, standing: Standing, clock: Clock) -> None:
        """Serve this counter."""
        self._counter = counter
        self._standing = standing
        self._clock = clock
        self._awaited: _CardAwaited | None = None
        self._seen: deque[SaleKey] = deque(maxlen=_SEEN_MAX)
        counter.offer_cards_first(self.take_card)

    def take(self, doubt: NeedsReview) -> None:
        """Seal a doubtful paper with the card of its visit, and end the visit."""
        session, now_ms = self._counter.session, self._clock.monotonic_ms()
        card = session.card if session.state in _CARD_OF_THIS_SALE else None
        self._awaited = None
        self._counter.feed(SaleDoubted(now_ms=now_ms))
        if doubt.key in session.accepted_keys:
            self._counter.remark(Notice.ALREADY_RECORDED)
            return
        if doubt.key in self._seen and card is None:
            self._counter.remark(Notice.NEEDS_REVIEW)
            return
        review = review_of(doubt)
        if not self._record(review, card):
            return
        self._seen.append(doubt.key)
        _log.info("a receipt waits for a person", reasons=review.reasons, key=review.key.hex())
        if card is None:
            wait_ms = self._standing.rules().settings.late_tap_ms
            self._awaited = _CardAwaited(review, now_ms + wait_ms)
            self._show(Notice.REVIEW_CARD, wait_ms)

    def take_card(self, card: CardEvidence) -> bool:
        """Let a card that is shown right behind a doubtful paper be that paper's.

        Returns:
            whether it was taken; otherwise it begins a visit of its own.
        """
        awaited, self._awaited = self._awaited, None
        late = awaited is None or self._clock.monotonic_ms() >= awaited.until_ms
        if awaited is None or late or self._counter.session.state is not State.IDLE:
            return False
        self._record(awaited.review, card)
        return True

    def _record(self, review: Review, card: CardEvidence | None) -> bool:
        """Seal and keep a review; the screen says so, or why it could not be kept."""
        content = Content(kind=Kind.REVIEW, card=card, review=review)
        done = View(screen=Screen.READY, notice=Notice.NEEDS_REVIEW)
        return self._counter.record(content, done) is None

    def _show(self, notice: Notice, lasts_ms: int) -> None:
        self._counter.show_aside(View(screen=Screen.READY, notice=notice), lasts_ms)
