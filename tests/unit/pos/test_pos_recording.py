"""Recordings: three formats, told apart, played and kept in a ring."""

from __future__ import annotations

import json
import os
import queue
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.system_clock import SystemClock
from terminal_agent.pos.capture_ring import FILE_NAMES, CaptureRing
from terminal_agent.pos.captured_port import CapturedPort
from terminal_agent.pos.file_port import FilePosPort
from terminal_agent.pos.masking import MaskRule
from terminal_agent.pos.port import Direction, PosBytes, PosPortEvent
from terminal_agent.pos.recording import (
    RecordedPiece,
    RecordingFormat,
    bytes_from_till,
    load_recording,
    read_recording,
    write_row,
)

pieces = st.lists(
    st.builds(
        RecordedPiece,
        t_ms=st.integers(0, 10**9),
        direction=st.sampled_from(Direction),
        data=st.binary(min_size=1, max_size=40),
    ),
    min_size=1,
    max_size=10,
)


@given(pieces)
def test_timed_rows_come_back(told: list[RecordedPiece]) -> None:
    """What is written as rows is read as the same pieces, in the order of time."""
    recording = read_recording(b"".join(map(write_row, told)), "day.jsonl")
    assert recording.format is RecordingFormat.TIMED
    assert list(recording.pieces) == sorted(told, key=lambda piece: piece.t_ms)


@given(st.binary(max_size=200), st.sampled_from(["a.bin", "a.hex", "a.jsonl", "-"]))
def test_any_bytes_are_a_recording_or_a_told_mistake(content: bytes, name: str) -> None:
    """No file breaks the reader; what has no format of ours is raw."""
    try:
        recording = read_recording(content, name)
    except ConfigError as error:
        assert str(error).startswith("recording ")  # noqa: PT017 - one of two outcomes
    else:
        if recording.format is RecordingFormat.RAW:
            assert bytes_from_till(recording.pieces) == content


def test_hex_lines_have_remarks_and_directions() -> None:
    """Each line is a message; ``<`` goes to the till, ``#`` says something, gaps do not matter."""
    content = b"# a till\n1B40 0A\n\n< 06\n> 15\n"
    recording = read_recording(content, "x.hex")
    assert [(piece.direction, piece.data) for piece in recording.pieces] == [
        (Direction.FROM_TILL, b"\x1b@\n"),
        (Direction.TO_TILL, b"\x06"),
        (Direction.FROM_TILL, b"\x15"),
    ]


def test_digits_without_the_name_are_raw() -> None:
    """A till that sends nothing but digits is not mistaken for hexadecimal lines."""
    assert bytes_from_till(read_recording(b"1234\n5678\n", "x.bin").pieces) == b"1234\n5678\n"


def test_lines_of_mohrs_own_protocol_are_raw() -> None:
    """A message begins with a brace like a timed row, and is none."""
    line = b'{"type":"ping","id":"1"}*00000000\n'
    assert read_recording(line, "x").format is RecordingFormat.RAW


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"1B 4\n", "x.hex", "line 1"),
        (b"06\nzz\n", "x.hex", "line 2"),
        (
            write_row(RecordedPiece(t_ms=0, direction=Direction.TO_TILL, data=b"a")) + b"{}\n",
            "x",
            "line 2",
        ),
        (b'{"t_ms": 0, "direction": "up", "hex": ""}\n', "x.hex", "line 1"),
    ],
)
def test_a_wrong_line_is_named(content: bytes, name: str, said: str) -> None:
    """A mistake says in which line it stands."""
    with pytest.raises(ConfigError, match=said):
        read_recording(content, name)


def test_a_corpus_file_of_frames_is_read(pos_corpus_folder: Path) -> None:
    """The thirteen frames of the ZVT file are thirteen pieces."""
    recording = load_recording(pos_corpus_folder / "frames" / "zvt_serial_ecrterm.hex")
    assert recording.format is RecordingFormat.HEX
    assert len(recording.pieces) == 13
    assert recording.pieces[1].data == bytes.fromhex("10020693031234561003CAA4")


def play(path: Path) -> list[PosBytes]:
    """What a port makes of a file."""
    events: queue.Queue[PosPortEvent] = queue.Queue()
    port = FilePosPort(path, SystemClock(), baud=115_200)
    port.start(events.put)
    count = sum(len(piece.data) for piece in load_recording(path).pieces)
    told: list[PosBytes] = []
    while sum(len(event.data) for event in told) < count:
        event = events.get(timeout=20)
        if isinstance(event, PosBytes):
            told.append(event)
    port.stop()
    return told


def test_a_port_plays_timed_rows_with_their_directions(tmp_path: Path) -> None:
    """Both directions come out as they went in."""
    rows = [
        RecordedPiece(t_ms=0, direction=Direction.FROM_TILL, data=b"\x05"),
        RecordedPiece(t_ms=20, direction=Direction.TO_TILL, data=b"\x06"),
    ]
    path = tmp_path / "day.jsonl"
    path.write_bytes(b"".join(map(write_row, rows)))
    assert [(event.direction, event.data) for event in play(path)] == [
        (Direction.FROM_TILL, b"\x05"),
        (Direction.TO_TILL, b"\x06"),
    ]


def test_a_port_tells_a_file_it_cannot_read(tmp_path: Path) -> None:
    """A broken recording shows as a line that is down, with the reason."""
    path = tmp_path / "x.hex"
    path.write_text("nothing\n")
    events: queue.Queue[PosPortEvent] = queue.Queue()
    port = FilePosPort(path, SystemClock())
    port.start(events.put)
    event = events.get(timeout=20)
    port.stop()
    assert not isinstance(event, PosBytes)
    assert "line 1" in event.detail


# -- the ring -------------------------------------------------------------------------------------


def heard(ring: CaptureRing, data: bytes, at_ms: int = 0) -> None:
    """The ring hears bytes and has written them, as far as they are sure."""
    ring._on_event(PosBytes(data=data, monotonic_ms=at_ms))


@pytest.fixture
def ring(tmp_path: Path) -> CaptureRing:
    """A ring of 64 KiB that takes any disk."""
    return CaptureRing(tmp_path / "ring", bytes_max=65_536, rule=MaskRule(), free_bytes_min=0)


def kept(tmp_path: Path) -> bytes:
    """What both files of the ring hold, the older one first."""
    paths = [tmp_path / "ring" / name for name in FILE_NAMES]
    found = [part for path in paths if path.exists() and (part := load_recording(path).pieces)]
    return b"".join(bytes_from_till(part) for part in sorted(found, key=lambda part: part[0].t_ms))


def test_the_ring_is_bounded_and_keeps_the_newest(ring: CaptureRing, tmp_path: Path) -> None:
    """However much passes, the files hold no more than they may, and the last bytes are there."""
    for number in range(5_000):
        heard(ring, b"line %05d\n" % number, number)
    ring.close()
    sizes = [(tmp_path / "ring" / name).stat().st_size for name in FILE_NAMES]
    assert sum(sizes) <= 65_536
    lines = kept(tmp_path).splitlines()
    assert lines[-1] == b"line 04999"
    assert len(lines) > 200
    assert lines == [b"line %05d" % number for number in range(5_000 - len(lines), 5_000)]


def test_the_ring_masks_and_is_its_owners_alone(ring: CaptureRing, tmp_path: Path) -> None:
    """No card number reaches the disk, also not one that came in two reads."""
    heard(ring, b"CARD 41111111")
    heard(ring, b"11111111 OK\n", 5)
    ring.close()
    path = tmp_path / "ring" / FILE_NAMES[0]
    assert kept(tmp_path) == b"CARD ************1111 OK\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"4111".hex().encode() not in path.read_bytes()


def test_a_second_run_goes_on_behind_the_first(tmp_path: Path) -> None:
    """A restart of the agent loses nothing of the ring."""
    for number, at_ms in ((1, 100), (2, 200)):
        one = CaptureRing(tmp_path / "ring", bytes_max=65_536, rule=MaskRule(), free_bytes_min=0)
        heard(one, b"run %d\n" % number, at_ms)
        one.close()
    assert kept(tmp_path) == b"run 1\nrun 2\n"


def test_after_a_reboot_the_other_file_is_used(tmp_path: Path) -> None:
    """Time that began anew does not mix two days in one file."""
    for at_ms in (10**9, 5):
        one = CaptureRing(tmp_path / "ring", bytes_max=65_536, rule=MaskRule(), free_bytes_min=0)
        heard(one, b"at %d\n" % at_ms, at_ms)
        one.close()
    contents = [load_recording(tmp_path / "ring" / name).pieces for name in FILE_NAMES]
    assert [bytes_from_till(part) for part in contents] == [b"at 1000000000\n", b"at 5\n"]


def test_a_torn_file_is_left_as_it_is(tmp_path: Path) -> None:
    """Half a row, left by a power cut, gets no more rows behind it."""
    folder = tmp_path / "ring"
    folder.mkdir()
    (folder / FILE_NAMES[0]).write_bytes(b'{"t_ms": 1, "dir')
    one = CaptureRing(folder, bytes_max=65_536, rule=MaskRule(), free_bytes_min=0)
    heard(one, b"ok\n", 5)
    one.close()
    assert bytes_from_till(load_recording(folder / FILE_NAMES[1]).pieces) == b"ok\n"


def test_a_nearly_full_disk_stops_the_ring_and_nothing_else(tmp_path: Path) -> None:
    """With less room than must stay free, bytes are counted as dropped and nothing is raised."""
    one = CaptureRing(tmp_path / "ring", bytes_max=65_536, rule=MaskRule(), free_bytes_min=2**62)
    heard(one, b"hello\n")
    one.close()
    assert one.dropped_bytes == 6
    assert list((tmp_path / "ring").iterdir()) == []


def test_a_disk_that_fails_and_recovers(ring: CaptureRing, tmp_path: Path) -> None:
    """A folder that cannot be written drops bytes; once it can, the ring goes on by itself."""
    (tmp_path / "ring").write_bytes(b"in the way")
    heard(ring, b"lost\n", 1)
    (tmp_path / "ring").unlink()
    heard(ring, b"kept\n", 2)
    ring.close()
    assert ring.dropped_bytes == 5
    assert kept(tmp_path) == b"kept\n"


def test_a_ring_too_small_is_refused(tmp_path: Path) -> None:
    """A size that would hold no receipt is a mistake, told with what to write."""
    with pytest.raises(ConfigError, match="write 0 to keep nothing"):
        CaptureRing(tmp_path, bytes_max=1_000, rule=MaskRule())


def test_a_captured_port_passes_everything_on(tmp_path: Path) -> None:
    """Behind a ring a port tells the same bytes, and the ring has them afterwards."""
    path = tmp_path / "day.bin"
    path.write_bytes(b"receipt\n" * 100)
    events: queue.Queue[PosPortEvent] = queue.Queue()
    one = CaptureRing(tmp_path / "ring", bytes_max=65_536, rule=MaskRule(), free_bytes_min=0)
    port = CapturedPort(FilePosPort(path, SystemClock()), one)
    port.start(events.put)
    data = b""
    while len(data) < 800:
        event = events.get(timeout=20)
        data += event.data if isinstance(event, PosBytes) else b""
    while not (tmp_path / "ring" / FILE_NAMES[0]).exists() or len(kept(tmp_path)) < 800:
        # The ring writes in its own thread.
        os.sched_yield()
    port.stop()
    port.stop()
    assert data == kept(tmp_path) == path.read_bytes()


def test_rows_are_plain_json() -> None:
    """Another program can read a row without knowing ours."""
    row = json.loads(write_row(RecordedPiece(t_ms=7, direction=Direction.TO_TILL, data=b"\x06")))
    assert row == {"t_ms": 7, "direction": "to_till", "hex": "06"}
