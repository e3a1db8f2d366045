"""``docs/wire.cddl`` and the code say the same: keys, names, order, optional fields and tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.wire import codes
from gateway.wire.auth import (
    AUTH_ANSWER,
    AUTH_REQUEST,
    GRANTED_DISCOUNT,
    HELD_VOUCHER,
    STANDING,
)
from gateway.wire.batch import BATCH
from gateway.wire.common import CARD_EVIDENCE, CURRENCY, SALE_LINE
from gateway.wire.configuration import CONFIGURATION, DENY_LIST, PROGRAMME, SUCCESSION
from gateway.wire.message import Message
from gateway.wire.receipt import RECEIPT, REJECTION, RESEND_REQUEST, RESULT
from gateway.wire.schema import Code, Record
from gateway.wire.transaction import (
    EVENT_TIME,
    LOAD,
    MEMBER_EVENT,
    REDEMPTION,
    RETURNED,
    REVIEW,
    REVIEW_CANDIDATE,
    SALE,
    SALE_REFERENCE,
    TENDER,
    TRANSACTION,
    TRANSACTION_ID,
)

MESSAGES: Final[dict[str, Message[Any]]] = {
    "transaction": TRANSACTION,
    "auth-request": AUTH_REQUEST,
    "auth-answer": AUTH_ANSWER,
    "receipt": RECEIPT,
    "resend-request": RESEND_REQUEST,
    "configuration": CONFIGURATION,
    "batch": BATCH,
}
RECORDS: Final[dict[str, Record[Any]]] = {
    "transaction-id": TRANSACTION_ID,
    "event-time": EVENT_TIME,
    "card-evidence": CARD_EVIDENCE,
    "deny-list": DENY_LIST,
    "sale": SALE,
    "sale-line": SALE_LINE,
    "tender": TENDER,
    "redemption": REDEMPTION,
    "sale-reference": SALE_REFERENCE,
    "returned": RETURNED,
    "load": LOAD,
    "member-event": MEMBER_EVENT,
    "review": REVIEW,
    "review-candidate": REVIEW_CANDIDATE,
    "standing": STANDING,
    "granted-discount": GRANTED_DISCOUNT,
    "held-voucher": HELD_VOUCHER,
    "result": RESULT,
    "rejection": REJECTION,
    "programme": PROGRAMME,
    "currency": CURRENCY,
    "succession": SUCCESSION,
}
TABLES: Final[dict[str, Code[Any]]] = {
    "kind": codes.KIND,
    "channel": codes.CHANNEL,
    "clock-quality": codes.CLOCK_QUALITY,
    "card-profile": codes.CARD_PROFILE,
    "assurance": codes.ASSURANCE,
    "sale-source": codes.SALE_SOURCE,
    "tender-kind": codes.TENDER_KIND,
    "auth-kind": codes.AUTH_KIND,
    "instrument": codes.INSTRUMENT,
    "status": codes.STATUS,
    "reason": codes.REASON,
    "unknown-card-policy": codes.UNKNOWN_CARD_POLICY,
    "refund-policy": codes.REFUND_POLICY,
    "review-reason": codes.REVIEW_REASON,
    "evidence-kind": codes.EVIDENCE_KIND,
}

_FIELD: Final = re.compile(r"^  (\? )?(\d+) => .* ; (\w+)$", re.MULTILINE)
_NUMBER: Final = re.compile(r"^  (\w+): (\d+),?$", re.MULTILINE)


@pytest.fixture(scope="module")
def cddl(project_root: Path) -> str:
    """The description's text."""
    return (project_root / "docs" / "wire.cddl").read_text(encoding="utf-8")


def body(cddl: str, rule: str, opening: str, closing: str) -> str:
    """What stands between the braces of one rule."""
    pattern = re.escape(f"{rule} = {opening}\n") + r"(.*?)^" + re.escape(closing)
    found = re.search("^" + pattern, cddl, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/wire.cddl has no rule {rule}"
    return found.group(1)


def described(text: str) -> list[tuple[int, str, bool]]:
    """(key, name, optional) of each line of a rule, in order."""
    return [(int(key), name, bool(mark)) for mark, key, name in _FIELD.findall(text)]


@pytest.mark.parametrize("rule", sorted(MESSAGES))
def test_a_message_is_described_as_it_is(cddl: str, rule: str) -> None:
    """Every message begins with its version, ends with extensions, and has exactly these keys."""
    text = body(cddl, rule, "{", "}")
    record = MESSAGES[rule].record
    assert described(text) == [(each.key, each.name, each.optional) for each in record.fields]
    lines = text.splitlines()
    assert lines[0] == "  0 => version"
    assert lines[-1] == "  extensions"
    assert len(lines) == len(record.fields) + 2


@pytest.mark.parametrize("rule", sorted(RECORDS))
def test_a_map_inside_is_described_as_it_is(cddl: str, rule: str) -> None:
    """Every nested map has exactly these keys, names and optional fields."""
    text = body(cddl, rule, "{", "}")
    fields = RECORDS[rule].fields
    assert described(text) == [(each.key, each.name, each.optional) for each in fields]
    assert len(text.splitlines()) == len(fields)


@pytest.mark.parametrize("rule", sorted(TABLES))
def test_a_table_of_numbers_is_described_as_it_is(cddl: str, rule: str) -> None:
    """Every name has the number that the description gives it."""
    numbers = {name: int(number) for name, number in _NUMBER.findall(body(cddl, rule, "&(", ")"))}
    assert numbers == {str(name): number for name, number in TABLES[rule].codes.items()}


def test_every_table_of_the_code_is_described() -> None:
    """A table added to the code cannot be forgotten here."""
    assert {id(table) for table in vars(codes).values() if isinstance(table, Code)} == {
        id(table) for table in TABLES.values()
    }
