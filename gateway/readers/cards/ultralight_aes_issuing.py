"""Issuing an Ultralight AES: our area, both keys, CMAC and AUTH0, and last the locks.

Keys go over the air in clear, so this belongs into a trusted room. The order keeps a card that is
torn away at any point usable: until page 29 is written nothing is protected, and all before it is
written again at the next try; from then on the card takes our key, and only the locks can be
missing. The locks are for good: such a card cannot be given new keys, it is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from gateway.crypto.cards.ultralight_aes import UltralightSession, open_frame, protect_frame
from gateway.errors import CryptoError
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import CardProblem
from gateway.readers.cards.ultralight_aes import RANDOM_BYTES, authenticate, read_settings
from gateway.readers.cards.ultralight_aes_layout import (
    ACCESS,
    ACCESS_OPEN,
    ACCESS_PAGE,
    CONFIG,
    CONFIG_PAGE,
    DATA_KEY,
    DATA_KEY_PAGE,
    KEY_LOCK,
    KEY_LOCK_PAGE,
    MARKER_PAGE,
    PAGE_BYTES,
    SECURE_MESSAGING,
    UID_KEY,
    UID_KEY_PAGE,
    Marker,
    key_pages,
)
from gateway.readers.cards.writing import (
    WriteDone,
    WriteOutcome,
    WriteRefused,
    WriteUnknown,
    Writing,
    read_blocks,
    split_blocks,
    write_blocks,
)
from gateway.readers.native import (
    FrameFault,
    FrameStyle,
    close_frames,
    exchange_frame,
    open_frames,
)

_WRITE = 0xA2


@dataclass(frozen=True, slots=True, kw_only=True)
class UltralightAesIssue:
    """What one card is to become.

    Attributes:
        marker: whose it is, and the version of its keys.
        data_key: 16 bytes, the card's own key of the purpose ``TERMINAL``.
        uid_key: 16 bytes, another one of its own; with random UIDs off it opens nothing.
    """

    marker: Marker
    data_key: bytes = field(repr=False)
    uid_key: bytes = field(repr=False)


def issue_ultralight_aes(
    issue: UltralightAesIssue, style: FrameStyle, random_bytes: Callable[[int], bytes]
) -> Writing:
    """Issue a card, or go on with one that was torn away while it was being issued.

    Args:
        issue: what it is to become.
        style: how the reader carries raw frames.
        random_bytes: a source of secret random bytes.
    """
    found = yield from read_blocks(CONFIG_PAGE, 2)
    if found is None:
        return WriteRefused(detail="page 29 cannot be read: not a blank Ultralight AES")
    if found[:PAGE_BYTES] != CONFIG:
        if found[0] & SECURE_MESSAGING or found[3] <= KEY_LOCK_PAGE:
            return WriteRefused(detail="the card is protected already, and not as ours are")
        fault = yield from _write_open(issue)
        if fault is not None:
            return WriteUnknown(detail=fault)
    fault_of_reader = yield from open_frames(style)
    if fault_of_reader is not None:
        return WriteUnknown(detail=f"raw frames: {fault_of_reader.detail}")
    outcome = yield from _lock(issue, style, random_bytes)
    yield from close_frames(style)
    return outcome


def _write_open(issue: UltralightAesIssue) -> Generator[CommandApdu, ResponseApdu, str | None]:
    """Everything that is written while nothing is protected; page 29 ends that."""
    for first, blocks in (
        (MARKER_PAGE, split_blocks(issue.marker.to_bytes())),
        (UID_KEY_PAGE, key_pages(issue.uid_key)),
        (DATA_KEY_PAGE, key_pages(issue.data_key)),
        (ACCESS_PAGE, (ACCESS_OPEN,)),
        (CONFIG_PAGE, (CONFIG,)),
    ):
        fault = yield from write_blocks(first, blocks)
        if fault is not None:
            return fault
    return None


def _lock(
    issue: UltralightAesIssue, style: FrameStyle, random_bytes: Callable[[int], bytes]
) -> Generator[CommandApdu, ResponseApdu, WriteOutcome]:
    """Prove both keys, then set the locks under MAC and read everything back."""
    uid_session = yield from authenticate(style, UID_KEY, issue.uid_key, random_bytes(RANDOM_BYTES))
    if isinstance(uid_session, CardProblem):
        return WriteUnknown(detail=f"UID key: {uid_session.detail}")
    session = yield from authenticate(style, DATA_KEY, issue.data_key, random_bytes(RANDOM_BYTES))
    if isinstance(session, CardProblem):
        return WriteUnknown(detail=f"data key: {session.detail}")
    settings = yield from read_settings(style, session)
    if isinstance(settings, CardProblem):
        return WriteUnknown(detail=settings.detail)
    session = settings.session
    for page, wanted, there in (
        (KEY_LOCK_PAGE, KEY_LOCK, settings.key_lock),
        (ACCESS_PAGE, ACCESS, settings.access),
    ):
        if there != wanted:
            written = yield from _write_under_mac(style, session, page, wanted)
            if isinstance(written, str):
                return WriteUnknown(detail=written)
            session = written
    settings = yield from read_settings(style, session)
    if isinstance(settings, CardProblem):
        return WriteUnknown(detail=settings.detail)
    wrong = settings.what_is_wrong()
    return WriteDone() if wrong is None else WriteUnknown(detail=wrong)


def _write_under_mac(
    style: FrameStyle, session: UltralightSession, page: int, block: bytes
) -> Generator[CommandApdu, ResponseApdu, UltralightSession | str]:
    """WRITE with a MAC; instead of a short acknowledgement the card answers the MAC of nothing."""
    try:
        frame, session = protect_frame(session, bytes((_WRITE, page)) + block)
        answer = yield from exchange_frame(style, frame)
        if isinstance(answer, FrameFault):
            return f"page {page:02X}: {answer.detail}"
        rest, session = open_frame(session, answer)
    except CryptoError as error:
        return f"page {page:02X}: {error}"
    return session if not rest else f"page {page:02X}: an answer of {len(rest)} bytes"
