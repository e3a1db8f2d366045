"""The outbox's single rules, one by one, on a made-up clock."""

from __future__ import annotations

import pytest

from gateway.errors import ValueRangeError
from terminal_agent.outbox import BATCH_MAX, WINDOW_MAX, Outbox, OutboxSettings, Send

SETTINGS = OutboxSettings(resend_after_ms=1_000, resend_max_ms=8_000, resend_quiet_ms=100)


class Desk:
    """An outbox with a link that takes everything, and a record of what went out."""

    def __init__(self, *, settled: int = 0, newest: int = 0, random: float = 0.5) -> None:
        self.outbox = Outbox(
            settled_seq=settled, newest_seq=newest, random=lambda: random, settings=SETTINGS
        )
        self.message_id = 0

    def send_all(self, now_ms: int = 0) -> list[Send]:
        sends: list[Send] = []
        while (send := self.outbox.next_send(now_ms)) is not None:
            self.message_id += 1
            sends.append(send)
            self.outbox.sent(
                last_seq=send.first_seq + send.count - 1,
                message_id=self.message_id,
                now_ms=now_ms,
            )
        return sends


def _seqs(sends: list[Send]) -> list[int]:
    return [seq for send in sends for seq in range(send.first_seq, send.first_seq + send.count)]


def test_nothing_is_sent_without_a_connection() -> None:
    """Accepted transactions wait for the link and go out in order when it comes."""
    desk = Desk(newest=3)
    assert desk.send_all() == []
    desk.outbox.link_up()
    assert _seqs(desk.send_all()) == [1, 2, 3]


def test_a_days_sales_go_one_by_one_and_a_backlog_in_batches() -> None:
    """Up to a window's worth in single envelopes; beyond it up to 64 in a message."""
    few, many = Desk(newest=WINDOW_MAX), Desk(newest=2_000)
    for desk in (few, many):
        desk.outbox.link_up()
    assert [send.count for send in few.send_all()] == [1] * WINDOW_MAX
    sends = many.send_all()
    assert [send.count for send in sends] == [BATCH_MAX] * WINDOW_MAX
    assert _seqs(sends) == list(range(1, WINDOW_MAX * BATCH_MAX + 1))


def test_a_puback_settles_nothing_and_opens_no_window() -> None:
    """With every message acknowledged by the broker, a full window stays full."""
    desk = Desk(newest=100)
    desk.outbox.link_up()
    desk.send_all()
    before = desk.outbox.status
    for message_id in range(1, desk.message_id + 1):
        desk.outbox.published(message_id)
    assert desk.outbox.status == before
    assert desk.outbox.status.settled_seq == 0


def test_messages_without_a_puback_take_room_as_well() -> None:
    """What receipts settle makes room even if the broker never acknowledged it."""
    desk = Desk(newest=2_000)
    desk.outbox.link_up()
    desk.send_all()
    desk.outbox.settled(2 * BATCH_MAX, 1)
    assert len(desk.send_all(1)) == 2


def test_no_more_messages_than_the_window_await_the_broker() -> None:
    """A resend waits for PUBACKs while the broker holds a window's worth, but not for ever."""
    desk = Desk(newest=WINDOW_MAX)
    desk.outbox.link_up()
    desk.send_all()
    desk.outbox.resend_requested(1, 10)
    assert desk.send_all(10) == []
    desk.outbox.published(7)
    assert _seqs(desk.send_all(10)) == [1]
    deadline = desk.outbox.deadline_ms
    assert deadline is not None
    assert _seqs(desk.send_all(deadline)) == [1]


def test_without_a_receipt_it_starts_again_with_one_message_and_doubles() -> None:
    """A silent gateway is asked with one message, ever more rarely, up to the longest wait."""
    desk = Desk(newest=50)
    desk.outbox.link_up()
    desk.send_all()
    waits: list[int] = []
    now = 0
    for _ in range(6):
        deadline = desk.outbox.deadline_ms
        assert deadline is not None
        waits.append(deadline - now)
        now = deadline
        assert desk.outbox.next_send(now - 1) is None
        (send,) = desk.send_all(now)
        assert send.first_seq == 1
    # Half of each ceiling is fixed and half random; this random is always 0.5.
    assert waits == [750, 1_500, 3_000, 6_000, 6_000, 6_000]


@pytest.mark.parametrize(("random", "wait"), [(0.0, 500), (0.999, 999)])
def test_the_wait_is_jittered_between_half_and_the_whole(random: float, wait: int) -> None:
    """Terminals that lost their gateway together do not come back together, nor at once."""
    desk = Desk(newest=1, random=random)
    desk.outbox.link_up()
    desk.send_all()
    assert desk.outbox.deadline_ms == wait


def test_progress_opens_the_window_again() -> None:
    """After a silence, the first receipt that moves forward restores window and patience."""
    desk = Desk(newest=100)
    desk.outbox.link_up()
    desk.send_all()
    desk.send_all(5_000)
    assert desk.outbox.status.attempt == 1
    desk.outbox.settled(64, 5_001)
    assert desk.outbox.status.attempt == 0
    assert _seqs(desk.send_all(5_001)) == list(range(65, 101))
    desk.outbox.settled(100, 5_002)
    assert desk.outbox.deadline_ms is None


def test_an_old_receipt_neither_moves_nor_calms_anything() -> None:
    """A watermark at or below the known one leaves deadline and attempt alone."""
    desk = Desk(settled=10, newest=20)
    desk.outbox.link_up()
    desk.send_all()
    before = (desk.outbox.status, desk.outbox.deadline_ms)
    desk.outbox.settled(10, 400)
    desk.outbox.settled(3, 400)
    assert (desk.outbox.status, desk.outbox.deadline_ms) == before


def test_a_reconnect_sends_again_from_the_first_unsettled() -> None:
    """What the old connection carried may be lost; what was settled is not sent again."""
    desk = Desk(newest=5)
    desk.outbox.link_up()
    desk.send_all()
    desk.outbox.settled(2, 1)
    desk.outbox.link_down()
    assert desk.send_all(2) == []
    desk.outbox.link_up()
    assert _seqs(desk.send_all(3)) == [3, 4, 5]


def test_a_flapping_link_does_not_reset_the_back_off() -> None:
    """Only the gateway's progress does: a connection is no sign that anybody reads."""
    desk = Desk(newest=100)
    desk.outbox.link_up()
    desk.send_all()
    desk.send_all(5_000)
    desk.outbox.link_down()
    desk.outbox.link_up()
    assert len(desk.send_all(5_001)) == 1


def test_a_resend_request_goes_back_to_the_asked_one() -> None:
    """From k on everything goes again, in order, at once."""
    desk = Desk(newest=8)
    desk.outbox.link_up()
    desk.send_all()
    desk.outbox.resend_requested(4, 10)
    assert _seqs(desk.send_all(10)) == [4, 5, 6, 7, 8]


def test_a_repeated_resend_request_is_obeyed_less_and_less_often() -> None:
    """The quiet time doubles while the same seq is asked for and nothing moves."""
    desk = Desk(newest=8)
    desk.outbox.link_up()
    desk.send_all()
    obeyed = []
    for now in range(10, 700, 10):
        desk.outbox.resend_requested(4, now)
        if desk.send_all(now):
            obeyed.append(now)
    assert obeyed == [10, 110, 310]


def test_a_restored_gateway_gets_what_it_had_settled_once() -> None:
    """A request below the watermark is obeyed, and receipts count from there again."""
    desk = Desk(settled=100, newest=102)
    desk.outbox.link_up()
    desk.send_all()
    desk.outbox.resend_requested(91, 10)
    assert _seqs(desk.send_all(10)) == list(range(91, 103))
    desk.outbox.settled(95, 20)
    assert desk.outbox.status.settled_seq == 95


@pytest.mark.parametrize("from_seq", [0, -3, 9, 10, 1_000])
def test_a_request_for_what_was_not_sent_is_ignored(from_seq: int) -> None:
    """Nonsense and the future change nothing."""
    desk = Desk(newest=8)
    desk.outbox.link_up()
    desk.send_all()
    before = (desk.outbox.status, desk.outbox.deadline_ms)
    desk.outbox.resend_requested(from_seq, 10)
    assert (desk.outbox.status, desk.outbox.deadline_ms) == before
    assert desk.send_all(10) == []


def test_a_message_that_took_less_than_asked_is_followed_by_the_rest() -> None:
    """A full payload ends a batch early; the next message begins where it ended."""
    desk = Desk(newest=100)
    desk.outbox.link_up()
    send = desk.outbox.next_send(0)
    assert send == Send(first_seq=1, count=64)
    desk.outbox.sent(last_seq=3, message_id=1, now_ms=0)
    following = desk.outbox.next_send(0)
    assert following is not None
    assert following.first_seq == 4


def test_when_all_that_is_left_is_rejected_it_waits_and_looks_again() -> None:
    """Nothing to send ends the round; the deadline brings the next look."""
    desk = Desk(newest=1)
    desk.outbox.link_up()
    assert desk.outbox.next_send(0) is not None
    desk.outbox.nothing_to_send()
    assert desk.outbox.next_send(0) is None
    deadline = desk.outbox.deadline_ms
    assert deadline is not None
    assert desk.outbox.next_send(deadline) == Send(first_seq=1, count=1)


def test_a_watermark_beyond_the_journal_is_cut_to_it() -> None:
    """The journal calls that a fork; the outbox must not count below zero over it."""
    desk = Desk(newest=2)
    desk.outbox.link_up()
    desk.outbox.settled(9, 0)
    assert desk.outbox.status.settled_seq == 2
    assert desk.send_all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": 0},
        {"window": 21},
        {"batch": 65},
        {"resend_after_ms": 0},
        {"resend_after_ms": 10, "resend_max_ms": 9},
        {"resend_quiet_ms": -1},
    ],
)
def test_settings_outside_their_range_are_refused(wrong: dict[str, int]) -> None:
    """No window beyond MQTT's, no batch beyond the wire's, no wait backwards."""
    with pytest.raises(ValueRangeError):
        OutboxSettings(**wrong)
