"""A till that speaks Mohr's own lines, and is answered: a participant, and no observer."""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.line_protocol.replies import Reply, Result, ResultStatus, write_reply
from terminal_agent.pos.line_protocol.session import LineSession
from terminal_agent.pos.line_protocol.steps import Question, Step, Withdrawal
from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.speaking_port import SpeakingPort
from terminal_agent.till import Till
from terminal_agent.till_desk import TillDesk

#: What a question is refused with as long as no counter answers.
_NO_COUNTER: Final = "not_configured"


class LineTill(Till):
    """Hears one till's messages, answers them, and puts its questions to the counter.

    What tells of a sale is answered only after the agent has taken it: a terminal that loses its
    power in between has not said yes, and the till sends the message again.
    """

    def __init__(self, profile: ShopProfile, port: SpeakingPort) -> None:
        """Begin with a till that has said nothing.

        Args:
            profile: names the currency and the sales.
            port: where the answers go; its events are brought by its owner, as for every till.
        """
        self._session = LineSession(
            profile, ready=lambda: self._desk is not None and self._desk.ready
        )
        self._port = port
        self._desk: TillDesk | None = None
        self._held: tuple[Reply, ...] = ()

    def meet(self, desk: TillDesk) -> None:
        """From now on ``desk`` answers questions."""
        self._desk = desk

    def take(self, event: PosPortEvent) -> tuple[ReceiptEvent, ...]:
        """See ``Till``."""
        self._say_held()
        if isinstance(event, PosBytes):
            return self._carry_out(self._session.feed(event.data, event.monotonic_ms))
        if event.state is PosPortState.DOWN:
            return self._carry_out(self._session.lost())
        return ()

    def pass_time(self, now_ms: int) -> tuple[ReceiptEvent, ...]:
        """See ``Till``; results of questions are told here."""
        self._say_held()
        self._tell_results()
        return self._carry_out(self._session.idle(now_ms))

    def _carry_out(self, step: Step) -> tuple[ReceiptEvent, ...]:
        for question in step.questions:
            self._put(question)
        if step.events:
            self._held += step.replies
        else:
            self._say(step.replies)
        return step.events

    def _put(self, question: Question | Withdrawal) -> None:
        if self._desk is None:
            if isinstance(question, Question):
                refused = Result(
                    id=question.request_id, status=ResultStatus.REFUSED, code=_NO_COUNTER
                )
                self._held += self._session.answered(refused).replies
        elif isinstance(question, Question):
            self._desk.ask(question)
        else:
            self._desk.withdraw(question.request_id)

    def _tell_results(self) -> None:
        if self._desk is not None:
            for result in self._desk.results():
                self._say(self._session.answered(result).replies)

    def _say_held(self) -> None:
        held, self._held = self._held, ()
        self._say(held)

    def _say(self, replies: tuple[Reply, ...]) -> None:
        if replies:
            # Nobody there: the till asks again with the same id, and is given the same answer.
            self._port.say(b"".join(write_reply(reply) for reply in replies))
