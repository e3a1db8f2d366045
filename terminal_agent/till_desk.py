"""What a till that speaks to the terminal may ask of its counter."""

from __future__ import annotations

from abc import ABC, abstractmethod

from terminal_agent.pos.line_protocol.replies import Result
from terminal_agent.pos.line_protocol.steps import Question


class TillDesk(ABC):
    """Answers questions about the card that is at the counter. Called from the agent's thread."""

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether the terminal can take a sale just now."""

    @abstractmethod
    def ask(self, question: Question) -> None:
        """Take a question. Its result comes out of ``results``, at once or in some seconds."""

    @abstractmethod
    def withdraw(self, request_id: str) -> None:
        """A question is not wanted any more: give back what it may have reserved."""

    @abstractmethod
    def results(self) -> tuple[Result, ...]:
        """Results since the last call, each once."""
