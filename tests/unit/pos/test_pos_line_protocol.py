"""Mohr's own lines: cut, checked, decoded and answered; each message done once."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.sale import SaleLine, TenderKind
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    NotASale,
    NotASaleReason,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.line_protocol.framer import (
    HALF_LINE_MS,
    LineBroken,
    LineEvent,
    LineFault,
    LineFramer,
    LineSeen,
)
from terminal_agent.pos.line_protocol.lines import LINE_BYTES_MAX, write_line
from terminal_agent.pos.line_protocol.memory import ANSWERS_MAX
from terminal_agent.pos.line_protocol.replies import (
    Ack,
    Do,
    RefusalCode,
    Refused,
    Reply,
    Result,
    ResultStatus,
    write_reply,
)
from terminal_agent.pos.line_protocol.session import LineSession
from terminal_agent.pos.line_protocol.steps import Question, Step, Withdrawal
from terminal_agent.pos.listeners import listener_of
from terminal_agent.pos.profile_file import load_profile

PROFILE = load_profile("mohr-lines-eur")
SALE: dict[str, Any] = {
    "type": "sale",
    "id": "7",
    "sale_id": "2026-1-88",
    "total_minor": 1895,
    "currency": "EUR",
    "lines": [
        {"label": "Coffee", "quantity_milli": 2000, "amount_minor": 840},
        {"label": "Bread", "quantity_milli": 1000, "amount_minor": 1055, "sku": "4006"},
    ],
    "tenders": [{"kind": "cash", "amount_minor": 1895}],
    "tax_minor": 303,
    "receipt_number": "88",
    "occurred_at": "2026-01-31T17:05:09",
}
TOTAL = {"type": "total", "id": "6", "sale_id": "2026-1-88", "total_minor": 1895, "currency": "EUR"}


@pytest.fixture
def session() -> LineSession:
    """A session with a till that has said hello."""
    made = LineSession(PROFILE)
    made.feed(write_line({"type": "hello", "id": "h", "versions": [1]}), 0)
    return made


def say(session: LineSession, **values: Any) -> Step:  # noqa: ANN401 - a message's fields
    """Send one message."""
    return session.feed(write_line(values), 0)


def refusal(step: Step) -> Refused:
    """The one refusal that a step answers with; it has no other effect."""
    (reply,) = step.replies
    assert isinstance(reply, Refused), reply
    assert not step.events
    assert not step.questions
    return reply


# -- lines --


def framed(data: bytes, sizes: list[int]) -> list[LineEvent]:
    """What comes out of a framer that is fed in pieces."""
    framer, events, at, turn = LineFramer(), [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        events += framer.feed(data[at : at + size], 0)
        at, turn = at + size, turn + 1
    return events


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.just(write_line(SALE)), st.just(write_line(TOTAL))),
        max_size=6,
    ),
    st.lists(st.integers(1, 50), min_size=1, max_size=5),
)
def test_any_chunking_gives_the_same_lines(parts: list[bytes], sizes: list[int]) -> None:
    """Where a line is cut does not matter."""
    data = b"".join(parts)
    assert framed(data, sizes) == framed(data, [len(data) + 1])


@given(st.binary(max_size=300))
def test_noise_loses_no_good_line(noise: bytes) -> None:
    """Whatever stands before a message, the message is found; nothing is made up."""
    events = framed(noise + write_line(SALE), [64])
    seen = [event for event in events if isinstance(event, LineSeen)]
    assert [json.loads(event.text) for event in seen] == [SALE]


def test_a_line_without_end_is_bounded_and_the_next_is_found() -> None:
    """A megabyte without an end of line is told once, held within bounds, and skipped."""
    framer = LineFramer()
    for _ in range(64):
        assert framer.feed(b"{" * 16_384, 0) == []
        assert len(framer._rest) <= LINE_BYTES_MAX
    events = framer.feed(b"\n" + write_line(SALE), 0)
    assert [type(event) for event in events] == [LineBroken, LineSeen]
    assert framer.counters.skipped > 900_000


@given(st.data())
def test_a_turned_bit_is_never_a_sale(data: st.DataObject) -> None:
    """Any single bit turned anywhere in a message: the same sale or none, never another amount."""
    line = bytearray(write_line(SALE))
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] ^= 1 << data.draw(st.integers(0, 7))
    listener = listener_of(PROFILE)
    for event in [*listener.feed(bytes(line) + b"\n", 0), *listener.idle(60_000)]:
        assert isinstance(event, SaleClosed)
        assert event.sale.total_minor == 1895


def test_half_a_line_is_given_up() -> None:
    """Silence in the middle of a line ends it; what comes later is read for itself."""
    framer = LineFramer()
    framer.feed(write_line(SALE)[:30], 1_000)
    assert framer.deadline_ms == 1_000 + HALF_LINE_MS
    assert framer.idle(5_999) == []
    assert framer.feed(write_line(SALE), 6_000)[0] == LineBroken(fault=LineFault.INCOMPLETE)
    assert framer.counters.abandoned == 1
    assert framer.counters.commands == 1
    assert framer.deadline_ms is None


def test_carriage_returns_and_empty_lines_do_not_matter() -> None:
    """CR LF ends a line like LF, and an empty line is nothing."""
    events = framed(b"\r\n\n" + write_line(SALE).replace(b"\n", b"\r\n"), [7])
    assert [type(event) for event in events] == [LineSeen]


# -- messages --


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=10,
    ),
    st.sampled_from(sorted({*SALE, "points", "versions", "request", "refund_id", "what"})),
)
def test_a_wrong_field_is_refused_and_nothing_else_happens(value: Any, field: str) -> None:  # noqa: ANN401 - any JSON
    """A sale with any field replaced by anything is taken as it stands, or refused by name."""
    session = LineSession(PROFILE, hello_needed=False)
    step = say(session, **{**SALE, field: value})
    (reply,) = step.replies
    if isinstance(reply, Ack):
        assert len(step.events) == 1
    else:
        assert isinstance(reply, Refused)
        assert reply.do is not Do.RESEND
        assert step.events == ()


@given(st.binary(max_size=120))
def test_any_checked_bytes_are_answered(text: bytes) -> None:
    """A line whose check holds is always answered, whatever stands in it."""
    text = text.replace(b"\n", b"")
    session = LineSession(PROFILE)
    step = session.feed(b"{" + text + b"*%08x\n" % zlib.crc32(b"{" + text), 0)
    assert len(step.replies) == 1
    assert step.events == ()


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"total_minor": 18.95}, RefusalCode.WRONG_FIELD, None),
        ({"total_minor": True}, RefusalCode.WRONG_FIELD, "total_minor"),
        ({"total_minor": -1}, RefusalCode.WRONG_FIELD, "total_minor"),
        ({"total_minor": "1895"}, RefusalCode.WRONG_FIELD, "total_minor"),
        ({"currency": "USD"}, RefusalCode.OTHER_CURRENCY, "currency"),
        ({"currency": "eur"}, RefusalCode.WRONG_FIELD, "currency"),
        ({"occurred_at": "yesterday"}, RefusalCode.WRONG_FIELD, "occurred_at"),
        ({"customer": "Mrs Doe"}, RefusalCode.UNKNOWN_FIELD, "customer"),
        ({"type": "sell"}, RefusalCode.UNKNOWN_TYPE, "type"),
        ({"tenders": [{"kind": "barter", "amount_minor": 1}]}, RefusalCode.WRONG_FIELD, "tenders"),
        ({"tenders": [{"kind": "cash", "amount_minor": 5}]}, RefusalCode.SUMS_DIFFER, None),
        ({"lines": []}, RefusalCode.WRONG_FIELD, "lines"),
        (
            {"total_minor": 1894, "tenders": [{"kind": "cash", "amount_minor": 1894}]},
            RefusalCode.SUMS_DIFFER,
            None,
        ),
        ({"tax_minor": 2000}, RefusalCode.SUMS_DIFFER, None),
    ],
)
def test_what_is_wrong_is_named(
    session: LineSession, change: dict[str, Any], code: RefusalCode, field: str | None
) -> None:
    """Each kind of mistake has its code, names its field and brings about nothing."""
    refused = refusal(say(session, **{**SALE, **change}))
    assert (refused.code, refused.field, refused.do) == (code, field, Do.CORRECT)
    assert refused.id == "7" or code is RefusalCode.WRONG_FIELD


def test_a_field_twice_is_refused(session: LineSession) -> None:
    """Two totals in one message are no message."""
    text = b'{"type":"total","id":"6","total_minor":1,"total_minor":2}'
    step = session.feed(text + b"*%08x\n" % zlib.crc32(text), 0)
    assert refusal(step).code is RefusalCode.WRONG_FIELD


def test_card_numbers_are_masked_before_anything_sees_them(session: LineSession) -> None:
    """A till that writes a card number into a label or a receipt number spoils nothing."""
    line = {"label": "Card 4111111111111111", "quantity_milli": 1000, "amount_minor": 1895}
    step = say(session, **{**SALE, "lines": [line], "receipt_number": "4111111111111111"})
    assert "41111" not in str(step)
    assert isinstance(step.events[0], SaleClosed)


# -- sales --


def test_hello_first(session: LineSession) -> None:
    """Before a hello nothing is taken; after it, what was refused is taken as it was."""
    fresh = LineSession(PROFILE)
    assert refusal(say(fresh, **SALE)).code is RefusalCode.HELLO_FIRST
    other = refusal(say(fresh, type="hello", id="h", versions=[2]))
    assert other.code is RefusalCode.OTHER_VERSION
    (hello,) = say(fresh, type="hello", id="h2", versions=[1, 2], software="Kasse 3").replies
    assert isinstance(hello, Ack)
    assert dict(hello.more)["currency"] == "EUR"
    assert say(fresh, **SALE).events
    session.lost()
    assert refusal(say(session, type="ping", id="p")).code is RefusalCode.HELLO_FIRST


def test_a_sale_is_told_with_everything_that_was_said(session: LineSession) -> None:
    """Total, then sale: one name for both, every field in its place, and the evidence named."""
    total = say(session, **TOTAL)
    done = say(session, **SALE)
    seen, closed = total.events[0], done.events[0]
    assert isinstance(seen, TotalSeen)
    assert isinstance(closed, SaleClosed)
    assert seen.key == closed.sale.key
    assert closed.sale.total_minor == 1895
    assert closed.sale.lines[1] == SaleLine(
        label="Bread", quantity_milli=1000, amount_minor=1055, sku="4006"
    )
    assert closed.sale.tenders[0].kind is TenderKind.CASH
    assert (closed.sale.receipt_number, closed.sale.tax_minor) == ("88", 303)
    assert closed.occurred_at == "2026-01-31T17:05:09"
    assert closed.evidence == {EvidenceKind.MESSAGE, EvidenceKind.ITEMS, EvidenceKind.PAYMENT}
    assert seen.evidence == {EvidenceKind.MESSAGE}


def test_a_message_sent_again_is_answered_again_and_done_once(session: LineSession) -> None:
    """The same id and content: the same answer, no second sale. Another content: refused."""
    first = say(session, **SALE)
    again = say(session, **SALE)
    assert again.replies == first.replies
    assert again.events == ()
    changed = refusal(say(session, **{**SALE, "receipt_number": "89"}))
    assert changed.code is RefusalCode.ID_REUSED


def test_a_sale_is_closed_once_whatever_the_message_is_called(session: LineSession) -> None:
    """The sale's own name counts: under a new id the same is a duplicate, another is a mistake."""
    say(session, **SALE)
    (again,) = say(session, **{**SALE, "id": "8"}).replies
    assert again == Ack(id="8", more=(("duplicate", True),))
    other = refusal(say(session, **{**SALE, "id": "9", "receipt_number": "89"}))
    assert other.code is RefusalCode.SALE_REUSED
    assert refusal(say(session, **{**TOTAL, "id": "10"})).code is RefusalCode.SALE_CLOSED
    void = refusal(say(session, type="void", id="11", sale_id=SALE["sale_id"]))
    assert void.code is RefusalCode.SALE_CLOSED


def test_memory_is_bounded(session: LineSession) -> None:
    """A day of messages leaves no more behind than may stay, and the newest are known."""
    for number in range(ANSWERS_MAX * 3):
        say(session, type="ping", id=f"p{number}")
    assert len(session._memory._answers) == ANSWERS_MAX
    assert len(say(session, type="ping", id=f"p{number}").replies) == 1


def test_a_refund_names_its_sale(session: LineSession) -> None:
    """A refund is told with the number of the sale it takes back, and once."""
    refund = {
        "type": "refund",
        "id": "r1",
        "refund_id": "R-5",
        "amount_minor": 1055,
        "currency": "EUR",
        "original_receipt_number": "88",
    }
    (event,) = say(session, **refund).events
    assert event == RefundSeen(total_minor=1055, original_receipt_number="88")
    assert say(session, **{**refund, "id": "r2"}).events == ()
    missing = {key: value for key, value in refund.items() if key != "original_receipt_number"}
    assert refusal(say(session, **{**missing, "id": "r3"})).code is RefusalCode.MISSING_FIELD


def test_a_void_takes_a_total_back(session: LineSession) -> None:
    """A sale that was totalled and called off is no sale; one never totalled cannot be."""
    assert refusal(say(session, type="void", id="1", sale_id="x")).code is RefusalCode.NO_SUCH_SALE
    say(session, **TOTAL)
    step = say(session, type="void", id="2", sale_id=TOTAL["sale_id"])
    assert step.events == (NotASale(reason=NotASaleReason.VOID),)


def test_large_and_empty_totals(session: LineSession) -> None:
    """Above the profile's ceiling a person decides; a total of nothing is no sale to earn for."""
    above = {
        "total_minor": 2_000_001,
        "lines": [{"label": "Car", "quantity_milli": 1000, "amount_minor": 2_000_001}],
    }
    bare = {key: value for key, value in SALE.items() if key not in ("tenders", "lines")}
    (event,) = say(session, **{**bare, **above}).events
    assert isinstance(event, NeedsReview)
    assert event.candidates_minor == (2_000_001,)
    nothing = {**bare, "id": "0", "sale_id": "z", "total_minor": 0, "tax_minor": 0}
    (event,) = say(session, **nothing).events
    assert isinstance(event, NotASale)
    assert event.reason is NotASaleReason.ZERO_TOTAL


def test_tax_may_stand_beside_the_lines(session: LineSession) -> None:
    """Lines without tax, a discount on the whole and the tax on top make the total."""
    sale = {
        **SALE,
        "total_minor": 1190,
        "tax_minor": 190,
        "discount_minor": 100,
        "lines": [{"label": "Cup", "quantity_milli": 1000, "amount_minor": 1100}],
        "tenders": [{"kind": "card", "amount_minor": 1190}],
    }
    assert isinstance(say(session, **sale).events[0], SaleClosed)


def test_a_terminal_that_cannot_take_sales_says_so() -> None:
    """Not ready: the sale is refused to be sent again, and taken when it is, under the same id."""
    ready = False
    session = LineSession(PROFILE, hello_needed=False, ready=lambda: ready)
    refused = refusal(say(session, **SALE))
    assert (refused.code, refused.do) == (RefusalCode.NOT_READY, Do.RESEND)
    ready = True
    assert say(session, **SALE).events


# -- questions --


def test_a_redemption_is_asked_and_answered(session: LineSession) -> None:
    """The request names the sale on the screen; ack at once, result later, both given again."""
    (seen,) = say(session, **TOTAL).events
    assert isinstance(seen, TotalSeen)
    redeem = {"type": "redeem", "id": "q", "sale_id": TOTAL["sale_id"], "points": 200}
    asked = say(session, **redeem)
    assert asked.questions == (Question(request_id="q", sale_key=seen.key, points=200),)
    assert say(session, **redeem) == Step(replies=(Ack(id="q"),))
    result = Result(
        id="q", status=ResultStatus.GRANTED, points=200, amount_minor=200, due_minor=1695
    )
    assert session.answered(result).replies == (result,)
    assert session.answered(result).replies == ()
    assert say(session, **redeem).replies == (Ack(id="q"), result)


def test_a_redemption_of_another_sale_is_refused(session: LineSession) -> None:
    """Points pay only the sale whose total is on the screen."""
    redeem = {"type": "redeem", "id": "q", "sale_id": "other"}
    assert refusal(say(session, **redeem)).code is RefusalCode.NO_SUCH_SALE
    say(session, **TOTAL)
    assert refusal(say(session, **redeem)).code is RefusalCode.NO_SUCH_SALE


def test_questions_are_withdrawn(session: LineSession) -> None:
    """Cancel ends one question, a void those of its sale; each is told as withdrawn."""
    assert say(session, type="balance", id="b").questions == (Question(request_id="b"),)
    step = say(session, type="cancel", id="c", request="b")
    assert step.questions == (Withdrawal(request_id="b"),)
    withdrawn = Result(id="b", status=ResultStatus.WITHDRAWN)
    assert step.replies == (Ack(id="c"), withdrawn)
    gone = refusal(say(session, type="cancel", id="c2", request="b"))
    assert gone.code is RefusalCode.NO_SUCH_REQUEST
    say(session, **TOTAL)
    say(session, type="redeem", id="q", sale_id=TOTAL["sale_id"])
    void = say(session, type="void", id="v", sale_id=TOTAL["sale_id"])
    assert void.questions == (Withdrawal(request_id="q"),)
    assert void.replies[1] == Result(id="q", status=ResultStatus.WITHDRAWN)


def test_too_many_questions_are_put_off(session: LineSession) -> None:
    """A till that asks without waiting for answers is told to wait, and may ask again."""
    for number in range(4):
        assert say(session, type="balance", id=f"b{number}").questions
    busy = refusal(say(session, type="balance", id="b9"))
    assert (busy.code, busy.do) == (RefusalCode.BUSY, Do.RESEND)
    session.answered(Result(id="b0", status=ResultStatus.REFUSED, code="no_card"))
    assert say(session, type="balance", id="b9").questions


def test_an_observer_answers_no_questions() -> None:
    """Who only overhears a line gives sales, and neither answers nor asks the counter."""
    listener = listener_of(PROFILE)
    assert [type(event) for event in listener.feed(write_line(SALE), 0)] == [SaleClosed]
    asked = LineSession(PROFILE, hello_needed=False, answers=False)
    assert refusal(say(asked, type="balance", id="b")).code is RefusalCode.NOT_OFFERED


@given(
    st.sampled_from(
        [
            Ack(id="1", more=(("version", 1),)),
            Refused(id=None, code=RefusalCode.NOT_JSON, do=Do.CORRECT, message="متن", field="x"),
            Result(id="1", status=ResultStatus.GRANTED, points=5, amount_minor=0, due_minor=7),
        ]
    )
)
def test_answers_are_lines_with_a_check(reply: Reply) -> None:
    """What we say can be read as strictly as what we hear; nothing null is written."""
    (event,) = framed(write_reply(reply), [5])
    assert isinstance(event, LineSeen)
    values = json.loads(event.text)
    assert values["type"] in ("ack", "refused", "result")
    assert None not in values.values()


def test_counters_count_what_was_refused(session: LineSession) -> None:
    """Checked lines that say nothing possible are counted apart from broken ones."""
    say(session, type="sell", id="1")
    session.feed(b"{}\n", 0)
    assert session.counters.malformed == 1
    assert session.counters.bad_checks == 1
    assert replace(session.counters, bytes_in=0).commands == 2
