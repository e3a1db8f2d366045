"""How a conversation with a card ends: a reading, or a named failure. Nothing else leaves it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from gateway.readers.actions import Failed
from gateway.readers.cards.dialogue import CardProblem
from gateway.readers.cards.selection import CardReading
from gateway.readers.errors import (
    CardRefusedError,
    CardRemovedError,
    CardTimeoutError,
    ReaderUnavailableError,
    SeveralCardsError,
)
from gateway.readers.reader import CardTrouble


def result_of(converse: Callable[[], CardReading]) -> CardReading | Failed:
    """Converse, and say a fault as what the customer and the log are told of it.

    Args:
        converse: one whole conversation, connecting and disconnecting included.
    """
    try:
        return converse()
    except CardRemovedError as error:
        return _failed(CardTrouble.REMOVED_EARLY, error, passing=True)
    except (CardTimeoutError, ReaderUnavailableError) as error:
        return _failed(CardTrouble.NO_ANSWER, error, passing=True)
    except SeveralCardsError as error:
        return _failed(CardTrouble.SEVERAL_CARDS, error, passing=False)
    except CardRefusedError as error:
        return _failed(CardTrouble.NOT_SUPPORTED, error, passing=False)
    except Exception as error:  # noqa: BLE001 - a profile of another package may raise anything
        structlog.get_logger("mohr.readers").exception("a card profile failed")
        return _failed(CardTrouble.NOT_SUPPORTED, error, passing=False)


def _failed(trouble: CardTrouble, error: Exception, *, passing: bool) -> Failed:
    return Failed(problem=CardProblem(trouble=trouble, detail=str(error)), passing=passing)
