"""Faults of readers and cards.

::

    ReaderError (gateway.errors)
    ├── ReaderUnavailableError   no daemon, no reader, or the reader went away; may come back
    ├── CardRemovedError         the card left in mid-dialogue; what it last did is unknown
    ├── CardTimeoutError         the card stopped answering; the conversation was abandoned
    ├── SeveralCardsError        more than one card is in the field
    ├── CardRefusedError         the card answered with a status that ends the dialogue
    │   └── AnswerNotGenuineError   what came is not what the card would say
    └── DriverMissingError       the driver's package is not installed; says which extra to install
"""

from __future__ import annotations

from gateway.errors import ReaderError


class ReaderUnavailableError(ReaderError):
    """No daemon, no such reader, or it went away. Trying again later can succeed."""


class CardRemovedError(ReaderError):
    """The card left the field in mid-dialogue; the outcome of a write is unknown."""


class CardTimeoutError(ReaderError):
    """The card did not answer in time and its conversation was abandoned."""


class SeveralCardsError(ReaderError):
    """More than one card is in the field; which one is meant nobody can tell."""


class CardRefusedError(ReaderError):
    """The card answered with a status word that ends the dialogue."""


class AnswerNotGenuineError(CardRefusedError):
    """An answer cannot be the card's: its MAC, its cipher or its length is wrong.

    A wrong key, a card that is not ours, or somebody between card and reader. What the card did
    with the command is unknown.
    """


class DriverMissingError(ReaderError):
    """A reader backend's package is not installed."""
