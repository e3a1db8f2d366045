"""What may be asked: query parameters, each strict, and where pages go on."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gateway.model.checks import I63_MAX
from gateway.model.ids import BranchId, CardToken, TerminalId

LIMIT_DEFAULT: Final = 25
LIMIT_MAX: Final = 100
#: JSON numbers above it are not exact everywhere (RFC 8259, section 6).
TIME_MS_MAX: Final = 2**53 - 1

NAME_PATTERN: Final = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$"
MEMBER_PATTERN: Final = r"^[0-9a-f]{32}$"
_NUMBER_CURSOR: Final = r"^[0-9a-f]{16}$"
_NAME_CURSOR: Final = r"^([0-9a-f]{2}){1,32}$"
_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever pydantic was given
    """Take figures alone: the library would also take ``1_0`` and ``+1``."""
    if isinstance(value, str):
        if _DIGITS.fullmatch(value) is None:
            raise ValueError("it is no whole number in plain digits")
        return int(value)
    return value


#: Stands behind the bounds: before them, they would be missing from the description.
_Whole = BeforeValidator(_whole)
_TimeMs = Annotated[int, Field(ge=0, le=TIME_MS_MAX), _Whole]


class NoQuestion(BaseModel):
    """No parameters at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Page(NoQuestion):
    """One page of a list.

    Attributes:
        limit: how many things at most.
    """

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX), _Whole] = LIMIT_DEFAULT


class MembersAsked(_Page):
    """Which members.

    Attributes:
        cursor: ``next_cursor`` of the page before.
        branch: only members of this home branch.
        card: only the owner of this card, by its token.
    """

    cursor: Annotated[str, Field(pattern=_NUMBER_CURSOR)] = ""
    branch: Annotated[BranchId, Field(pattern=NAME_PATTERN)] = BranchId("")
    card: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = ""

    @property
    def card_token(self) -> CardToken | None:
        """The card's token; None where none is asked for."""
        return CardToken(bytes.fromhex(self.card)) if self.card else None


class MemberTransactionsAsked(_Page):
    """Which movements of one member.

    Attributes:
        cursor: ``next_cursor`` of the page before.
    """

    cursor: Annotated[str, Field(pattern=_NUMBER_CURSOR)] = ""


class TransactionsAsked(_Page):
    """Which rows of the journal.

    Attributes:
        cursor: ``next_cursor`` of the page before.
        terminal: only through this box.
        branch: only at this branch.
        recorded_from_ms: recorded at this Unix time in milliseconds or later.
        recorded_until_ms: recorded before this Unix time in milliseconds.
    """

    cursor: Annotated[str, Field(pattern=_NUMBER_CURSOR)] = ""
    terminal: Annotated[TerminalId, Field(pattern=NAME_PATTERN)] = TerminalId("")
    branch: Annotated[BranchId, Field(pattern=NAME_PATTERN)] = BranchId("")
    recorded_from_ms: _TimeMs = 0
    recorded_until_ms: _TimeMs = TIME_MS_MAX


class TerminalsAsked(_Page):
    """Which terminals.

    Attributes:
        cursor: ``next_cursor`` of the page before.
        branch: only at this branch.
    """

    cursor: Annotated[str, Field(pattern=_NAME_CURSOR)] = ""
    branch: Annotated[BranchId, Field(pattern=NAME_PATTERN)] = BranchId("")


def number_cursor(number: int) -> str:
    """Where a page goes on, as a cursor of fixed length."""
    return f"{number:016x}"


def number_of(cursor: str) -> int | None:
    """The number of a cursor; None for no cursor. Every text of its pattern is one."""
    return min(int(cursor, 16), I63_MAX) if cursor else None


def name_cursor(name: str) -> str:
    """Where a list of names goes on."""
    return name.encode("latin-1").hex()


def name_of(cursor: str) -> str:
    """The name of a cursor; empty for no cursor. Every text of its pattern is one."""
    return bytes.fromhex(cursor).decode("latin-1")
