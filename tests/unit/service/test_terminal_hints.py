"""What terminals say about themselves: believed within bounds, kept, and read from any thread."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import TerminalId
from gateway.office.terminal_hint import TerminalHint
from gateway.service.presence import (
    HINT_BYTES_MAX,
    HintDetails,
    Presence,
    StateHint,
    parse_hint,
)

TILL = TerminalId("till-1")
FULL = {
    "session": "0af3",
    "online": True,
    "version": "0.4.0",
    "reader": "up",
    "till": "down",
    "pending": 3,
    "rejected": 1,
    "unread_receipts": 2,
    "clock": "guessed",
    "configuration_version": 7,
    "programme_version": 4,
    "stopped": "journal_full",
}


def _parsed(**members: object) -> StateHint:
    hint = parse_hint(TILL, json.dumps({"session": "aa", "online": True, **members}).encode())
    assert hint is not None
    return hint


def test_everything_that_a_terminal_says_is_kept() -> None:
    """Every member that the format knows arrives in the hint that pages show."""
    presence = Presence()
    hint = parse_hint(TILL, json.dumps(FULL).encode())
    assert hint is not None
    assert presence.note(hint, 1_000)
    wanted = {name: value for name, value in FULL.items() if name != "session"}
    assert presence.hints() == {TILL: TerminalHint(heard_at_ms=1_000, **wanted)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 4),
        ("version", "4" * 33),
        ("version", "<b>"),
        ("reader", "sideways"),
        ("reader", True),
        ("till", ["up"]),
        ("pending", True),
        ("pending", 1.0),
        ("pending", -1),
        ("pending", 2**63),
        ("rejected", "3"),
        ("unread_receipts", None),
        ("clock", "right"),
        ("configuration_version", {}),
        ("programme_version", "1"),
        ("stopped", "Not a code"),
        ("stopped", "a" * 65),
    ],
)
def test_a_member_that_makes_no_sense_is_dropped_alone(name: str, value: object) -> None:
    """A wrong type or an impossible value costs that member, and no other."""
    assert _parsed(**{**FULL, name: value}).details == _parsed(**{**FULL, name: None}).details
    assert getattr(_parsed(**{name: value}).details, name) is None


def test_a_long_message_is_nothing() -> None:
    """Whoever sends more than a hint may be long is not listened to at all."""
    payload = json.dumps(FULL).encode()
    assert parse_hint(TILL, payload + b" " * (HINT_BYTES_MAX - len(payload))) is not None
    assert parse_hint(TILL, payload + b" " * (HINT_BYTES_MAX - len(payload) + 1)) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), _JSON))
def test_whatever_members_hold_the_hint_is_of_its_types(members: dict[str, object]) -> None:
    """No JSON of the right outline raises or puts a foreign type into a hint."""
    hint = parse_hint(TILL, json.dumps({**members, "session": "aa", "online": True}).encode())
    if hint is None:
        return
    for name in HintDetails.__dataclass_fields__:
        assert type(getattr(hint.details, name)) in (int, str, type(None))


def test_a_late_will_changes_nothing() -> None:
    """A will of an older session neither takes a terminal away nor what it said."""
    presence = Presence()
    assert presence.note(_parsed(session="bb", pending=5), 1)
    late = parse_hint(TILL, b'{"session": "aa", "online": false}')
    assert late is not None
    assert not presence.note(late, 2)
    assert presence.is_online(TILL)
    assert presence.hints()[TILL].pending == 5


def test_a_will_leaves_what_was_known() -> None:
    """Of a terminal that has gone one still sees what it said last, and since when it is gone."""
    presence = Presence()
    presence.note(_parsed(version="0.4.0", pending=5), 1_000)
    will = parse_hint(TILL, b'{"session": "aa", "online": false}')
    assert will is not None
    assert presence.note(will, 9_000)
    hint = presence.hints()[TILL]
    assert (hint.online, hint.version, hint.pending) == (False, "0.4.0", 5)
    assert hint.heard_at_ms == 9_000
    assert presence.online_count == 0


def test_a_newer_word_replaces_the_older_whole() -> None:
    """What a terminal no longer says is not known any more."""
    presence = Presence()
    presence.note(_parsed(pending=5), 1)
    presence.note(_parsed(version="0.4.0"), 2)
    hint = presence.hints()[TILL]
    assert (hint.pending, hint.version) == (None, "0.4.0")


def test_hints_are_read_while_they_come() -> None:
    """A page may read all hints while the writer's thread takes new ones."""
    presence = Presence()
    stop = threading.Event()
    faults: list[BaseException] = []

    def read() -> None:
        try:
            while not stop.is_set():
                assert all(one.online for one in presence.hints().values())
        except BaseException as error:  # noqa: BLE001 - carried to the test's thread
            faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2_000):
        said = StateHint(terminal=TerminalId(f"till-{number}"), session="aa", online=True)
        presence.note(said, number)
    stop.set()
    reader.join()
    assert faults == []
    assert presence.online_count == 2_000
