"""The first extension: a greeting box in an answer, which older terminals pass over."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from gateway.errors import ValueRangeError, WireError
from gateway.model.authorisation import GREETING_BOX_BYTES, AuthAnswer, AuthKind
from gateway.model.ids import HoldId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.wire.auth import AUTH_ANSWER, decode_auth_answer, encode_auth_answer
from gateway.wire.message import EXTENSION_KEY_MIN, Message
from gateway.wire.schema import Record

BOX = b"\x5a" * GREETING_BOX_BYTES
#: An agent of version 1.0 of the auth answer: it knows no key beyond 10.
OLD_READER: Message[AuthAnswer] = Message(
    "auth answer",
    Record(AuthAnswer, *(one for one in AUTH_ANSWER.record.fields if one.key < EXTENSION_KEY_MIN)),
)


def answer(**changed: Any) -> AuthAnswer:  # noqa: ANN401 - any field of it
    """An applied inquiry's answer."""
    values: dict[str, Any] = {
        "request_id": HoldId(bytes(16)),
        "terminal": TerminalId("till-1"),
        "kind": AuthKind.INQUIRE,
        "status": Status.APPLIED,
        "reason": Reason.NONE,
        "answered_at_ms": 1,
        "balance_points": 42,
    }
    return AuthAnswer(**(values | changed))


def plain(value: AuthAnswer) -> dict[int, Any]:
    """What is on the wire, as a map."""
    loaded: dict[int, Any] = cbor2.loads(encode_auth_answer(value))
    return loaded


def test_an_answer_with_a_greeting_is_of_minor_version_one() -> None:
    """The box stands under an extension key, in a message that says it is newer, and comes back."""
    greeted = answer(greeting_box=BOX)
    assert plain(greeted)[0] == [1, 1]
    assert plain(greeted)[128] == BOX
    assert decode_auth_answer(encode_auth_answer(greeted)) == greeted


def test_an_answer_without_a_greeting_is_what_it_always_was() -> None:
    """Its bytes are those of version 1.0: nothing changes for members who did not consent."""
    assert plain(answer())[0] == [1, 0]
    assert encode_auth_answer(answer()) == OLD_READER.encode(answer())


def test_an_older_terminal_reads_the_answer_and_passes_over_the_greeting() -> None:
    """A reader of version 1.0 takes the new message and finds all it knows."""
    assert OLD_READER.decode(encode_auth_answer(answer(greeting_box=BOX))) == answer()


def test_a_greeting_stands_only_in_its_own_version() -> None:
    """The box in version 1.0, and version 1.1 without it, are other forms of it: refused."""
    for wrong in (plain(answer(greeting_box=BOX)) | {0: [1, 0]}, plain(answer()) | {0: [1, 1]}):
        with pytest.raises(WireError, match="has not that version's keys"):
            decode_auth_answer(cbor2.dumps(wrong, canonical=True))


def test_a_newer_terminal_s_answers_are_read_too() -> None:
    """A minor version beyond this one may bring more extensions, with the box or without."""
    newer = {0: [1, 3], 131: b"later"}
    with_box = plain(answer(greeting_box=BOX)) | newer
    assert decode_auth_answer(cbor2.dumps(with_box, canonical=True)) == answer(greeting_box=BOX)
    without = plain(answer()) | newer
    assert decode_auth_answer(cbor2.dumps(without, canonical=True)) == answer()


@pytest.mark.parametrize(
    "change",
    [
        {128: BOX[:-1]},
        {128: BOX + b"x"},
        {128: "text"},
        {129: b"unknown"},
        {4: 4, 5: 16},
        {3: 2},
        {127: b"critical"},
    ],
    ids=["short", "long", "text", "unknown", "refused", "reserve", "critical"],
)
def test_a_greeting_that_is_none_is_refused(change: dict[int, Any]) -> None:
    """Another length or type, another key, or an answer that greets nobody is refused."""
    wrong = plain(answer(greeting_box=BOX)) | change
    with pytest.raises(WireError):
        decode_auth_answer(cbor2.dumps(dict(sorted(wrong.items())), canonical=True))


def test_only_an_applied_inquiry_greets() -> None:
    """The value itself refuses a box anywhere else."""
    for wrong in (
        {"kind": AuthKind.CANCEL},
        {"status": Status.REFUSED, "reason": Reason.UNKNOWN_CARD, "balance_points": None},
    ):
        with pytest.raises(ValueRangeError, match="only the answer to an applied inquire"):
            answer(greeting_box=BOX, **wrong)
