"""The host's end of the line to a microcontroller: greeting, questions, news, repetition. Pure.

Bytes and times come in; ``outgoing`` has what to write. One question is under way at a time. It is
sent again, with its sequence number, when no answer came in its time: the microcontroller then
repeats its answer and does nothing twice. News come with sequence numbers of their own, are
acknowledged, and count once however often they are repeated.

GREETING until HELLO is answered; UP; LOST after a question that nobody answered, or when the
microcontroller says that it knows of no greeting, which is how a restart shows. Nothing leads out
of LOST: the owner closes the line, opens it anew and makes another link.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import WireError
from gateway.readers.mcu.frames import Frame, FrameDecoder, encode_frame
from gateway.readers.mcu.messages import (
    ANSWER_BIT,
    GREETING_VERSION,
    HIGHEST_VERSION,
    LOWEST_VERSION,
    CardNews,
    Greeting,
    Kind,
    McuError,
    Refused,
)

#: How long the microcontroller may take for what needs no card.
ANSWER_MS: Final = 200
#: What a card command may take beyond the card's own time: the line, and the chip's turnaround.
CARD_MARGIN_MS: Final = 150
ATTEMPTS_MAX: Final = 3
#: With a card in a customer's hand a third attempt comes too late to matter.
CARD_ATTEMPTS_MAX: Final = 2
#: After a silence this long the microcontroller is asked whether it is there.
HEARTBEAT_MS: Final = 2_000

Answer = bytes | Refused


class LinkState(StrEnum):
    """Where the link stands."""

    GREETING = "greeting"
    UP = "up"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask.

    Attributes:
        kind: a kind below ``CARD``.
        payload: as the kind wants it.
        patience_ms: how long each attempt waits for the answer.
        attempts: how often it is sent at most.
    """

    kind: Kind
    payload: bytes = b""
    patience_ms: int = ANSWER_MS
    attempts: int = ATTEMPTS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    question: Question
    frame: Frame
    sent: int
    due_ms: int
    ours: bool


class McuLink:
    """One opened line.

    Attributes:
        state: see the module.
        lost_because: why it is LOST.
        greeting: what HELLO was answered with.
        card: the card in the field, as last told.
        strange_count: frames that belong to nothing that was asked.
    """

    def __init__(self, now_ms: int) -> None:
        """Greet at once."""
        self.state = LinkState.GREETING
        self.lost_because = ""
        self.greeting: Greeting | None = None
        self.card: CardNews | None = None
        self.strange_count = 0
        self._decoder = FrameDecoder()
        self._out = bytearray()
        self._sequence = 0
        self._asked: _Asked | None = None
        self._waiting: deque[tuple[Question, bool]] = deque()
        self._answer: Answer | None = None
        self._last_news: Frame | None = None
        self._heard_ms = now_ms
        hello = Question(kind=Kind.HELLO, payload=bytes((LOWEST_VERSION, HIGHEST_VERSION)))
        self._plan(hello, now_ms, ours=False)

    @property
    def bad_count(self) -> int:
        """Pieces of the line that were no frame."""
        return self._decoder.bad_count

    def outgoing(self) -> bytes:
        """What to write now; it is handed out once."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def ask(self, question: Question, now_ms: int) -> None:
        """Ask, after whatever is under way; ``take_answer`` has the answer once it came."""
        self._answer = None
        self._plan(question, now_ms, ours=True)

    def take_answer(self) -> Answer | None:
        """The answer to the last ``ask``, once; None while there is none."""
        answer, self._answer = self._answer, None
        return answer

    def take(self, data: bytes, now_ms: int) -> None:
        """Take what the line brought."""
        for frame in self._decoder.feed(data):
            if self.state is not LinkState.LOST:
                self._take_frame(frame, now_ms)

    def pass_time(self, now_ms: int) -> None:
        """Send again what was not answered, give up, or ask whether anybody is there."""
        asked = self._asked
        if self.state is LinkState.LOST:
            return
        if asked is None:
            if now_ms - self._heard_ms >= HEARTBEAT_MS:
                self._plan(Question(kind=Kind.STATUS), now_ms, ours=False)
        elif now_ms >= asked.due_ms:
            if asked.sent >= asked.question.attempts:
                self._lose(f"no answer to {asked.question.kind.name}")
            else:
                self._send(asked.question, asked.frame, asked.sent + 1, now_ms, ours=asked.ours)

    # Questions.

    def _plan(self, question: Question, now_ms: int, *, ours: bool) -> None:
        self._waiting.append((question, ours))
        self._send_next(now_ms)

    def _send_next(self, now_ms: int) -> None:
        if self._asked is not None or not self._waiting or self.state is LinkState.LOST:
            return
        question, ours = self._waiting.popleft()
        version = GREETING_VERSION if self.greeting is None else self.greeting.version
        frame = Frame(
            version=version,
            kind=question.kind,
            sequence=self._sequence,
            payload=question.payload,
        )
        self._sequence = (self._sequence + 1) & 0xFF
        self._send(question, frame, 1, now_ms, ours=ours)

    def _send(
        self, question: Question, frame: Frame, sent: int, now_ms: int, *, ours: bool
    ) -> None:
        due_ms = now_ms + question.patience_ms
        self._asked = _Asked(question=question, frame=frame, sent=sent, due_ms=due_ms, ours=ours)
        self._out += encode_frame(frame)

    # What comes.

    def _take_frame(self, frame: Frame, now_ms: int) -> None:
        asked = self._asked
        if frame.kind in {Kind.CARD, Kind.GONE}:
            self._take_news(frame, now_ms)
        elif asked is None or frame.sequence != asked.frame.sequence:
            self.strange_count += 1
        elif frame.kind == Kind.ERROR:
            self._take_refusal(asked, frame, now_ms)
        elif frame.kind == asked.frame.kind | ANSWER_BIT and frame.version == asked.frame.version:
            self._settle(asked, frame.payload, now_ms)
        else:
            self.strange_count += 1

    def _take_refusal(self, asked: _Asked, frame: Frame, now_ms: int) -> None:
        try:
            refused = Refused.from_bytes(frame.payload)
        except WireError:
            self.strange_count += 1
            return
        if self.state is LinkState.GREETING:
            self._lose(f"the greeting was refused: {refused}")
        elif refused.code == McuError.BAD_VERSION:
            self._lose("the terminal started anew")
        else:
            self._settle(asked, refused, now_ms)

    def _settle(self, asked: _Asked, answer: Answer, now_ms: int) -> None:
        self._asked = None
        self._heard_ms = now_ms
        if asked.question.kind is Kind.HELLO:
            self._greeted(answer)
        elif asked.ours:
            self._answer = answer
        self._send_next(now_ms)

    def _greeted(self, answer: Answer) -> None:
        assert isinstance(answer, bytes), "a refused greeting loses the link"
        try:
            greeting = Greeting.from_bytes(answer)
        except WireError as error:
            self._lose(f"the greeting cannot be read: {error}")
            return
        if not LOWEST_VERSION <= greeting.version <= HIGHEST_VERSION:
            self._lose(f"the terminal chose version {greeting.version}, which was not offered")
            return
        self.greeting = greeting
        self.state = LinkState.UP

    def _take_news(self, frame: Frame, now_ms: int) -> None:
        if self.greeting is None or frame.version != self.greeting.version:
            self.strange_count += 1
            return
        self._heard_ms = now_ms
        ack = Frame(version=frame.version, kind=frame.kind | ANSWER_BIT, sequence=frame.sequence)
        self._out += encode_frame(ack)
        if frame == self._last_news:
            return
        self._last_news = frame
        try:
            self._believe(frame)
        except WireError:
            self.strange_count += 1

    def _believe(self, frame: Frame) -> None:
        if frame.kind == Kind.CARD:
            self.card = CardNews.from_bytes(frame.payload)
        elif self.card is not None and frame.payload[:2] == self.card.card.to_bytes(2):
            self.card = None

    def _lose(self, reason: str) -> None:
        self.state = LinkState.LOST
        self.lost_because = reason
        self.card = None
        self._asked = None
        self._waiting.clear()
