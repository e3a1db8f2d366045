"""The service's smaller parts by themselves."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.seal import SealType
from gateway.errors import ConfigError, KeyStoreError
from gateway.model.ids import TerminalId
from gateway.office.commands import (
    COMMAND_BYTES_MAX,
    SetCardBlocked,
    decode_command,
    decode_reply,
)
from gateway.service.answering import Answering
from gateway.service.lane import Lane, Shed, Work
from gateway.service.messages import Opened, Publish, Unsealed
from gateway.service.opener import Opener
from gateway.service.outgoing import Outgoing
from gateway.service.presence import HINT_BYTES_MAX, StateHint, parse_hint
from gateway.wire.batch import encode_batch
from mqtt.link import AckToken, Delivered
from simulators.direct_link import DirectLink

TILL = TerminalId("till-1")


# -- presence -------------------------------------------------------------------------------------


def test_hints_are_read() -> None:
    """A state message names its session and whether its terminal is here; more is ignored."""
    payload = b'{"session": "0af3", "online": true, "agent": "0.2"}'
    assert parse_hint(TILL, payload) == StateHint(terminal=TILL, session="0af3", online=True)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b'{"session": "aa"}',
        b'{"session": "aa", "online": 1}',
        b'{"session": "AA", "online": true}',
        b'{"session": 10, "online": true}',
        b'{"session": "' + b"a" * 65 + b'", "online": true}',
        b'{"session": "aa", "online": true}' + b" " * HINT_BYTES_MAX,
        b"\xff\xfe",
    ],
)
def test_other_hints_are_ignored(payload: bytes) -> None:
    """Anybody may publish here, so anything else than a hint is nothing."""
    assert parse_hint(TILL, payload) is None


@given(st.binary(max_size=300))
def test_no_hint_raises(payload: bytes) -> None:
    """No bytes on a state topic raise."""
    hint = parse_hint(TILL, payload)
    assert hint is None or hint.terminal == TILL


# -- commands -------------------------------------------------------------------------------------


def test_commands_survive_the_socket() -> None:
    """A command is the same value after its line of JSON."""
    command = SetCardBlocked(token="ab" * 32, blocked=True)
    assert decode_command(command.model_dump_json().encode()) == command


@given(st.binary(max_size=200))
def test_no_command_line_raises_anything_else(line: bytes) -> None:
    """Bytes that are no command raise the one documented fault."""
    with pytest.raises(ConfigError):
        decode_command(line)


def test_long_commands_and_foreign_replies_are_refused() -> None:
    """Both ends bound and check what they read."""
    with pytest.raises(ConfigError, match="too long"):
        decode_command(b" " * (COMMAND_BYTES_MAX + 1))
    with pytest.raises(ConfigError, match="cannot be read"):
        decode_reply(json.dumps({"fine": True}).encode())


# -- the lane -------------------------------------------------------------------------------------


def delivered(number: int, payload: bytes = b"") -> Delivered:
    """Make a delivery."""
    return Delivered(topic="t", payload=payload, token=AckToken(generation=1, packet_id=number))


def opened(one: Delivered) -> Opened:
    """Open nothing."""
    return Opened(token=one.token)


def test_deliveries_are_opened_in_order_whoever_is_done_first() -> None:
    """A delivery that takes long to verify is not overtaken by the ones behind it."""
    release = threading.Event()

    def slow_first(one: Delivered) -> Opened:
        if one.token.packet_id == 1:
            assert release.wait(20), "the other threads never came to the last delivery"
        if one.token.packet_id == 40:
            release.set()
        return opened(one)

    opener = Opener(slow_first, threads=3)
    opening = opener.begin(tuple(delivered(number) for number in range(1, 41)))
    in_order = opening.opened()
    opener.close()
    assert [one.token.packet_id for one in in_order] == list(range(1, 41))


def test_a_fault_of_opening_reaches_the_writer() -> None:
    """What fails on another thread fails where the batch is waited for."""

    def fails_late(one: Delivered) -> Opened:
        assert one.token.packet_id < 30, "too late"
        return opened(one)

    opener = Opener(fails_late, threads=2)
    opening = opener.begin(tuple(delivered(number) for number in range(40)))
    with pytest.raises(AssertionError, match="too late"):
        opening.opened()
    opener.close()


def test_calls_run_beside_deliveries_and_carry_their_faults() -> None:
    """What is called on the writer's thread returns or raises where it is awaited."""
    lane = Lane(places=10, bytes_max=1_000)
    good, bad = lane.call(lambda: 5), lane.call(lambda: 1 // 0)
    for call in lane.next(timeout_s=20, transactions_max=0).calls:
        call.run()
    assert good.result(0) == 5
    with pytest.raises(ZeroDivisionError):
        bad.result(0)
    late = lane.call(lambda: 7)
    lane.close()
    with pytest.raises(ConfigError):
        late.result(0)
    with pytest.raises(ConfigError):
        lane.call(lambda: 8)


def test_closing_lets_go_of_what_nobody_began() -> None:
    """A delivery whose turn never came is left with the broker, and whoever waits is woken."""
    lane = Lane(places=2, bytes_max=1_000)
    with ThreadPoolExecutor(1) as threads:
        work = threads.submit(lane.next, timeout_s=20, transactions_max=0)
        lane.put(delivered(1))
        lane.close()
        assert work.result(20) == Work()
    assert lane.next(timeout_s=0, transactions_max=10) == Work()


def test_settled_deliveries_make_room() -> None:
    """Only what is not settled counts against the room, and the surplus keeps its turn."""
    lane = Lane(places=2, bytes_max=1_000)
    for number in range(1, 4):
        lane.put(delivered(number))
    assert (lane.waiting, lane.shed) == (2, 1)
    taken = lane.next(timeout_s=20, transactions_max=10).deliveries
    assert taken == (delivered(1), delivered(2), Shed(delivered(3).token))
    lane.settle(taken)
    lane.put(delivered(4))
    assert (lane.waiting, lane.shed) == (1, 1)
    lane.close()


def test_large_deliveries_fill_the_lane_by_their_bytes() -> None:
    """However few they are, deliveries never hold more bytes than they are given."""
    lane = Lane(places=100, bytes_max=1_000)
    lane.put(delivered(1, bytes(600)))
    lane.put(delivered(2, bytes(401)))
    lane.put(delivered(3, bytes(400)))
    assert (lane.waiting, lane.shed) == (2, 1)
    lane.close()


def test_a_batch_counts_as_what_it_claims() -> None:
    """The writer gets whole deliveries, until their transactions are as many as it asked for."""
    lane = Lane(places=100, bytes_max=100_000)
    for number in range(6):
        lane.put(delivered(number, encode_batch([b"e"] * 40)))
    assert len(lane.next(timeout_s=20, transactions_max=100).deliveries) == 3
    assert len(lane.next(timeout_s=20, transactions_max=256).deliveries) == 3
    lane.close()


# -- answering ------------------------------------------------------------------------------------


def reply(number: int) -> Unsealed:
    """Make a reply."""
    return Unsealed(terminal=TILL, payload=bytes([number]), seal_type=SealType.RECEIPT)


def test_replies_leave_in_order_and_never_pile_up() -> None:
    """A commit's replies are sent before those of the next are taken over, and all at the end."""
    sent: list[bytes] = []
    handed_over: list[int] = []
    gate, first_taken = threading.Event(), threading.Event()

    def seal(one: Unsealed) -> Publish:
        assert gate.wait(20)
        return Publish(topic="t", payload=one.payload)

    answering = Answering(seal, lambda one: sent.append(one.payload))

    def commit_twice() -> None:
        for first in (1, 3):
            answering.answer((reply(first), reply(first + 1)))
            handed_over.append(first)
            first_taken.set()

    with ThreadPoolExecutor(1) as writer:
        done = writer.submit(commit_twice)
        assert first_taken.wait(20)
        assert handed_over == [1]
        gate.set()
        done.result(20)
    answering.close()
    assert sent == [b"\x01", b"\x02", b"\x03", b"\x04"]


def test_a_key_that_cannot_sign_costs_its_reply_only() -> None:
    """What cannot be sealed is logged and left out; whoever waits for it asks again."""
    sent: list[bytes] = []

    def seal(one: Unsealed) -> Publish:
        if one.payload == b"\x01":
            raise KeyStoreError("the token is not there")
        return Publish(topic="t", payload=one.payload)

    answering = Answering(seal, lambda one: sent.append(one.payload))
    answering.answer((reply(1), reply(2)))
    answering.close()
    assert sent == [b"\x02"]


def test_a_fault_while_answering_reaches_the_writer() -> None:
    """A fault of ours on the answering thread is raised where the next step is performed."""

    def seal(one: Unsealed) -> Publish:
        raise ZeroDivisionError(str(one))

    answering = Answering(seal, lambda _: None)
    answering.answer((reply(1),))
    with pytest.raises(ZeroDivisionError):
        answering.answer(())
    answering.close()


# -- outgoing -------------------------------------------------------------------------------------


def publish(name: str, *, retain: bool = False) -> Publish:
    """Make a message."""
    return Publish(topic=name, payload=b"", retain=retain)


def test_what_the_window_does_not_take_waits_and_keeps_its_order() -> None:
    """Answers and receipts go out in order as the window opens, configurations after them."""
    link = DirectLink(window=2, confirms=False)
    outgoing = Outgoing(link)
    outgoing.connected()
    for name in ("cfg-1", "cfg-2", "cfg-3"):
        outgoing.send(publish(name, retain=True))
    for name in ("rx-1", "rx-2", "rx-3"):
        outgoing.send(publish(name))
    assert [one.topic for one in link.sent] == ["cfg-1", "cfg-2"]
    for _ in range(4):
        link.confirm()
        outgoing.window_opened()
    assert [one.topic for one in link.sent] == ["cfg-1", "cfg-2", "rx-1", "rx-2", "rx-3", "cfg-3"]
    assert (outgoing.handed_over, outgoing.dropped) == (6, 0)


def test_without_a_connection_nothing_waits() -> None:
    """What was meant for a lost connection is forgotten and counted, not sent to the next one."""
    link = DirectLink(window=0)
    outgoing = Outgoing(link, queue_max=1)
    outgoing.send(publish("early"))
    outgoing.connected()
    outgoing.send(publish("waits"))
    outgoing.send(publish("too many"))
    outgoing.disconnected()
    link.window = 5
    outgoing.connected()
    outgoing.window_opened()
    assert (link.sent, outgoing.dropped) == ([], 3)


def test_what_can_never_be_sent_blocks_nobody() -> None:
    """A message the link refuses is dropped, and the next one goes out."""
    link = DirectLink()
    outgoing = Outgoing(link)
    outgoing.connected()
    outgoing.send(publish("a/#"))
    outgoing.send(publish("b"))
    assert ([one.topic for one in link.sent], outgoing.dropped) == (["b"], 1)
