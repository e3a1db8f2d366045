"""Commands to the ledger: exactly the parts each needs, and one written form."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import ValueRangeError
from gateway.model.ids import BranchId, MemberId
from gateway.model.ledger_command import (
    LedgerCommand,
    LedgerCommandKind,
    decode_ledger_command,
    encode_ledger_command,
)
from gateway.model.rules.earning import Unit

MEMBER = MemberId("ab" * 16)


def command(**changes: Any) -> LedgerCommand:  # noqa: ANN401 - any part of a command
    """An adjustment, or what ``changes`` make of it."""
    parts: dict[str, Any] = {
        "id": "0" * 32,
        "kind": LedgerCommandKind.ADJUST,
        "made_by": "owner",
        "branch": BranchId("main"),
        "reason": "a coffee was cold",
        "member_id": MEMBER,
        "unit": Unit.POINTS,
        "amount": -5,
    }
    return LedgerCommand(**(parts | changes))


def test_a_command_comes_back_as_it_was_written() -> None:
    """What the journal holds is the command itself."""
    assert decode_ledger_command(encode_ledger_command(command())) == command()


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b"\xff", encode_ledger_command(command()) + b" "],
)
def test_other_bytes_are_no_command(data: bytes) -> None:
    """Nothing but the one canonical text is read."""
    with pytest.raises(ValueRangeError):
        decode_ledger_command(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": None},
        {"reward": "coffee"},
        {"id": "0" * 31},
        {"made_by": "The Owner"},
        {"reason": "x" * 201},
        {"kind": LedgerCommandKind.TRANSFER},
        {
            "kind": LedgerCommandKind.SET_SEGMENTS,
            "unit": None,
            "amount": None,
            "segments": ("b", "a"),
        },
    ],
)
def test_a_command_with_other_parts_is_refused(changes: dict[str, Any]) -> None:
    """A part too many, too few or out of range is refused when the command is made."""
    with pytest.raises(ValueRangeError):
        command(**changes)
