"""Codes that change with time: a screenshot is worth nothing, and nothing is taken twice."""

from __future__ import annotations

import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.rotating_code import (
    RotatingCode,
    decode_rotating_code,
    draw_rotating_code,
    encode_rotating_code,
    is_members_mac,
    member_secret,
    rotating_mac,
)
from gateway.errors import CryptoError, ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.model.code_window import CodeUse, CodeWindow
from gateway.model.ids import CardToken
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.codes.rotating import RotatingCodes, rotating_identity
from gateway.wire.code_text import CodeKind, read_code_text

OURS = b"ORGANISA"
SECRET = bytes(range(32))
WINDOW = CodeWindow(step_s=30, window_s=60, skew_s=10)
MEMBER = OURS + b"0042"

steps = st.integers(0, 2**32 - 1)
codes = st.builds(
    RotatingCode,
    organisation=st.binary(min_size=8, max_size=8),
    number=st.binary(min_size=1, max_size=16),
    step=steps,
    mac=st.binary(min_size=16, max_size=16),
)


@given(code=codes)
def test_a_code_reads_back(code: RotatingCode) -> None:
    """Every part survives."""
    assert decode_rotating_code(encode_rotating_code(code)) == code


@given(body=st.binary(max_size=60))
def test_any_body_is_a_code_or_a_named_error(body: bytes) -> None:
    """Garbage ends as ``WireError``; what does not is written back byte for byte."""
    try:
        code = decode_rotating_code(body)
    except WireError:
        return
    assert encode_rotating_code(code) == body


@given(number=st.binary(min_size=1, max_size=16), step=steps)
def test_what_travels_is_what_the_gateway_verifies(number: bytes, step: int) -> None:
    """The step is the counter and the MAC the proof: with the secret the gateway knows the rest."""
    kind, body = read_code_text(draw_rotating_code(OURS, number, SECRET, step))
    assert kind is CodeKind.ROTATING
    identity = rotating_identity(decode_rotating_code(body))
    assert identity == CardIdentity(
        profile=CardProfile.QR,
        identity=OURS + number,
        assurance=Assurance.IDENTIFIED,
        counter=step,
        proof=rotating_mac(SECRET, step),
    )


@given(step=steps, other=steps, mac=st.binary(min_size=16, max_size=16))
def test_no_other_master_card_step_or_mac_is_believed(step: int, other: int, mac: bytes) -> None:
    """A MAC counts for its own programme, card and step alone."""
    mine, theirs = CardToken(bytes(range(32))), CardToken(bytes(32))
    good = rotating_mac(member_secret(SECRET, mine), step)
    assert is_members_mac(SECRET, mine, step, good)
    assert is_members_mac(SECRET, mine, other, good) == (other == step)
    assert not is_members_mac(bytes(32), mine, step, good)
    assert not is_members_mac(SECRET, theirs, step, good)
    assert is_members_mac(SECRET, mine, step, mac) == (mac == good)
    assert not is_members_mac(SECRET, mine, step, good[:-1])


def test_the_mac_is_what_a_phone_page_computes() -> None:
    """HMAC-SHA-256 over a name and four bytes: three lines in any language."""
    message = b"mohr rotating code 1\0" + (0x01020304).to_bytes(4)
    assert rotating_mac(SECRET, 0x01020304) == hmac.digest(SECRET, message, "sha256")[:16]


def test_published_codes_stay_as_they_are(project_root: Path) -> None:
    """The vectors for whoever writes a phone page; a change would lock every phone out."""
    path = project_root / "tests/data/cards/rotating_codes.json"
    for vector in json.loads(path.read_text(encoding="utf-8"))["codes"]:
        secret = bytes.fromhex(vector["secret"])
        number = vector["number"].encode("ascii")
        organisation = bytes.fromhex(vector["organisation"])
        drawn = draw_rotating_code(organisation, number, secret, vector["step"])
        assert drawn == vector["text"]


def test_each_card_has_a_secret_of_its_own() -> None:
    """Whoever lost a phone gets a new card, whose secret says nothing of the old one's."""
    tokens = [CardToken(bytes((value,)) * 32) for value in (1, 2)]
    secrets = {member_secret(master, one) for one in tokens for master in (SECRET, bytes(32))}
    assert len(secrets) == 4
    assert {len(secret) for secret in secrets} == {32}


@pytest.mark.parametrize(("master", "token"), [(b"short", bytes(32)), (bytes(32), b"short")])
def test_a_secret_of_wrong_parts_is_not_made(master: bytes, token: bytes) -> None:
    """A mistaken key is told, not padded."""
    with pytest.raises(CryptoError):
        member_secret(master, CardToken(token))


@pytest.mark.parametrize(("secret", "step"), [(b"short", 0), (bytes(32), -1), (bytes(32), 2**32)])
def test_a_mac_of_wrong_parts_is_not_made(secret: bytes, step: int) -> None:
    """The same for the MAC."""
    with pytest.raises(CryptoError):
        rotating_mac(secret, step)


@pytest.mark.parametrize(
    ("unix_s", "use"),
    [
        (2_989, CodeUse.EARLY),
        (2_990, CodeUse.FRESH),
        (3_069, CodeUse.FRESH),
        (3_070, CodeUse.EXPIRED),
    ],
)
def test_a_code_counts_within_its_window_and_the_clocks_difference(
    unix_s: int, use: CodeUse
) -> None:
    """Step 100 of 30 seconds begins at 3,000: 10 seconds before until 70 after."""
    assert [WINDOW.step_at(second) for second in (2_999, 3_000, 3_029, 3_030)] == [
        99,
        100,
        100,
        101,
    ]
    assert RotatingCodes(WINDOW).take(MEMBER, 100, unix_s) is use


def test_a_screenshot_is_refused_within_its_window_and_after_it() -> None:
    """Once taken, a code is used; later it is over; the next code is taken."""
    taken = RotatingCodes(WINDOW)
    assert taken.take(MEMBER, 100, 3_005) is CodeUse.FRESH
    assert taken.take(MEMBER, 100, 3_006) is CodeUse.USED
    assert taken.take(MEMBER, 101, 3_031) is CodeUse.FRESH
    assert taken.take(MEMBER, 100, 3_032) is CodeUse.USED
    assert taken.take(MEMBER, 100, 3_100) is CodeUse.EXPIRED


@given(
    window=st.builds(
        lambda step_s, longer_s, skew_s: CodeWindow(
            step_s=step_s, window_s=step_s + longer_s, skew_s=skew_s
        ),
        st.integers(1, 120),
        st.integers(0, 300),
        st.integers(0, 60),
    ),
    shown=st.lists(st.tuples(st.integers(0, 3), st.integers(90, 110), st.integers(0, 9_000))),
)
def test_no_step_of_a_member_is_ever_taken_twice(
    window: CodeWindow, shown: list[tuple[int, int, int]]
) -> None:
    """In whatever order codes are shown and however time jumps: at most once, and only in time."""
    taken = RotatingCodes(window)
    fresh: set[tuple[int, int]] = set()
    for member, step, unix_s in shown:
        if taken.take(bytes((member,)), step, unix_s) is CodeUse.FRESH:
            assert (member, step) not in fresh
            assert abs(unix_s - step * window.step_s) <= window.window_s + window.skew_s
            fresh.add((member, step))


def test_a_flood_of_made_up_codes_neither_fills_memory_nor_opens_the_door() -> None:
    """With too many members in one window the next is refused; once it is over there is room."""
    taken = RotatingCodes(WINDOW, seen_max=2)
    assert taken.take(b"a", 100, 3_000) is CodeUse.FRESH
    assert taken.take(b"b", 101, 3_030) is CodeUse.FRESH
    assert taken.take(b"c", 101, 3_031) is CodeUse.TOO_MANY
    assert taken.take(b"b", 101, 3_031) is CodeUse.USED
    assert taken.take(b"c", 102, 3_071) is CodeUse.FRESH


def test_the_mac_stands_in_no_repr() -> None:
    """What proves a member is for the gateway alone."""
    mac = bytes(range(200, 216))
    code = RotatingCode(organisation=OURS, number=b"1", step=1, mac=mac)
    assert repr(mac)[2:-1] not in repr(code)


@pytest.mark.parametrize(
    "wrong", [{"step_s": 0}, {"step_s": 61}, {"window_s": 3_601}, {"skew_s": -1}]
)
def test_a_window_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    """A window shorter than its step would leave moments in which no code counts."""
    with pytest.raises(ValueRangeError):
        CodeWindow(**wrong)
