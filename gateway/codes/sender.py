"""The ``CodeSender`` port: brings a code to a phone, and nothing else.

Whoever implements it may be slow and may fail: it is called on a thread of its own, one message at
a time. What it sends is a secret for minutes: neither the code nor the whole number stands in any
log, error or ``repr``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from gateway.errors import MohrError
from gateway.formatting.numbers import Language


class CodeSendError(MohrError):
    """A code could not be sent; the message says why and names neither code nor number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMessage:
    """One code on its way.

    Attributes:
        to: the phone number, digits with the country's first and no plus.
        code: the ASCII digits.
        text: the whole message as a person reads it, the code in it.
        language: what the text is written in.
    """

    to: str = field(repr=False)
    code: str = field(repr=False)
    text: str = field(repr=False)
    language: Language


class CodeSender(ABC):
    """A way to reach a phone."""

    @abstractmethod
    def send(self, message: CodeMessage) -> None:
        """Send one message.

        Args:
            message: what, and to whom.

        Raises:
            CodeSendError: if it was not taken; nothing is tried again by itself.
        """
