"""A MIFARE Ultralight AES with its real cryptography (MF0AES(H)20 data sheet).

It keeps AUTH0, PROT, AUTHLIM, the locks of keys and settings, CMAC on every frame where it is on,
three one-way counters, and pages that are written one by one, keys included: that is what the
published attack uses. State is a frozen value, so a copy of it is a clone.

Not modelled: random UIDs, the lock bits of single data pages, tearing inside one page, the
originality key. A failed authentication counts and a good one clears the count; the data sheet's
finer rule for clearing was not at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.crypto.cards.ultralight_aes import (
    UltralightSession,
    check_challenge_answer,
    confirmation,
    issue_challenge,
    open_frame,
    open_session,
    protect_frame,
)
from gateway.errors import CryptoError
from gateway.model.checks import check_bytes
from gateway.readers.cards.ultralight_aes_layout import (
    ACCESS,
    ACCESS_PAGE,
    CONFIG,
    CONFIG_PAGE,
    DATA_KEY,
    DATA_KEY_PAGE,
    KEY_LOCK,
    KEY_LOCK_PAGE,
    KEY_PAGES,
    LOCK_CONFIG,
    LOCK_PAGE,
    MARKER_PAGE,
    PAGE_BYTES,
    PROTECT_READING,
    SECURE_MESSAGING,
    UID_KEY,
    UID_KEY_PAGE,
    Marker,
    key_pages,
)
from simulators.card import storage_atr
from simulators.cards.layer3 import (
    ACK,
    NAK_ARGUMENT,
    NAK_AUTHENTICATION,
    Layer3Card,
    Said,
    page_of,
    read_rolled,
    written,
)

PAGES: Final = 0x3C
VERSION: Final = bytes.fromhex("0004030104000f03")
COUNTERS: Final = 3
COUNTER_MAX: Final = 0xFFFFFF

_LOCK_UID_KEY, _LOCK_DATA_KEY, _LOCK_THE_LOCKS = 0x80, 0x40, 0x20
_OTP_PAGE: Final = 0x03
_SETTINGS: Final = range(CONFIG_PAGE, ACCESS_PAGE + 1)
_DATA_KEY_PAGES: Final = range(DATA_KEY_PAGE, DATA_KEY_PAGE + KEY_PAGES)
_UID_KEY_PAGES: Final = range(UID_KEY_PAGE, UID_KEY_PAGE + KEY_PAGES)
_USER_PAGES: Final = range(MARKER_PAGE, LOCK_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UltralightAesState:
    """What the card keeps without power.

    Attributes:
        uid: 7 bytes.
        memory: all 60 pages, keys in them.
        failures: failed authentications since the last good one.
        counters: three one-way counters of 24 bits.
        signature: the maker's signature over the UID, 48 bytes; empty for an imitation.
    """

    uid: bytes
    memory: bytes = field(repr=False)
    failures: int = 0
    counters: tuple[int, ...] = (0,) * COUNTERS
    signature: bytes = b""

    def __post_init__(self) -> None:
        check_bytes("uid", self.uid, 7, 7)
        check_bytes("memory", self.memory, PAGES * PAGE_BYTES, PAGES * PAGE_BYTES)

    def page(self, page: int) -> bytes:
        """One page as the chip holds it, keys as well."""
        return page_of(self.memory, page)

    def with_page(self, page: int, block: bytes) -> UltralightAesState:
        """The state after a page was written, whoever wrote it."""
        return replace(self, memory=written(self.memory, page, block))

    def key(self, first_page: int) -> bytes:
        """A key as the chip uses it."""
        start = first_page * PAGE_BYTES
        return self.memory[start : start + KEY_PAGES * PAGE_BYTES][::-1]

    @property
    def secure_messaging(self) -> bool:
        """Whether CMAC is on."""
        return bool(self.page(CONFIG_PAGE)[0] & SECURE_MESSAGING)

    @property
    def auth0(self) -> int:
        """The first page that wants an authentication."""
        return self.page(CONFIG_PAGE)[3]

    @property
    def limit(self) -> int:
        """Failed authentications after which the card locks for good; 0 for never."""
        return int.from_bytes(self.page(ACCESS_PAGE)[2:4], "little") & 0x3FF


def blank_ultralight_aes(uid: bytes, signature: bytes = b"") -> UltralightAesState:
    """A card as the maker sells it: both keys zero, nothing protected, CMAC off."""
    memory = uid[:3] + b"\0" + uid[3:] + bytes(PAGES * PAGE_BYTES - 8)
    state = UltralightAesState(uid=uid, memory=memory, signature=signature)
    state = state.with_page(CONFIG_PAGE, bytes((0, 0, 0, PAGES)))
    return state.with_page(ACCESS_PAGE, bytes((0x8C, 0x05, 0, 0)))


def issued_ultralight_aes(
    uid: bytes, marker: Marker, data_key: bytes, uid_key: bytes
) -> UltralightAesState:
    """A card of ours as it leaves the issuing desk."""
    state = blank_ultralight_aes(uid)
    first_pages = (
        (MARKER_PAGE, _pages(marker.to_bytes())),
        (DATA_KEY_PAGE, key_pages(data_key)),
        (UID_KEY_PAGE, key_pages(uid_key)),
        (CONFIG_PAGE, (CONFIG, ACCESS)),
        (KEY_LOCK_PAGE, (KEY_LOCK,)),
    )
    for first, blocks in first_pages:
        for offset, block in enumerate(blocks):
            state = state.with_page(first + offset, block)
    return state


def _pages(raw: bytes) -> tuple[bytes, ...]:
    return tuple(raw[start : start + PAGE_BYTES] for start in range(0, len(raw), PAGE_BYTES))


class UltralightAesCard(Layer3Card):
    """The card in front of a reader.

    Args:
        state: what it keeps.
        random_bytes: where its challenges come from.
    """

    def __init__(self, state: UltralightAesState, random_bytes: Callable[[int], bytes]) -> None:
        super().__init__(state.uid, atr=storage_atr())
        self.state = state
        self._random_bytes = random_bytes
        self._challenge: tuple[int, bytes] | None = None
        self._authenticated: int | None = None
        self._session: UltralightSession | None = None

    def deselect(self) -> None:
        """Forget challenge, authentication and session."""
        self._challenge = None
        self._authenticated = None
        self._session = None

    def answer(self, frame: bytes) -> Said:
        """Answer a frame; in a session with CMAC on only one with its MAC, and under MAC."""
        challenge, self._challenge = self._challenge, None
        if challenge is not None:
            return self._check_reader(challenge, frame)
        if len(frame) == 2 and frame[0] == 0x1A:
            return self._issue_challenge(frame[1])
        if self._session is None:
            return self._execute(frame)
        try:
            plain, session = open_frame(self._session, frame)
            said = self._execute(plain)
            if said is None or (isinstance(said, int) and said != ACK):
                return None
            # Instead of a short acknowledgement goes the MAC over nothing.
            sealed, self._session = protect_frame(session, said if isinstance(said, bytes) else b"")
        except CryptoError:
            return None
        return sealed

    def _issue_challenge(self, number: int) -> Said:
        self.deselect()
        locked = self.state.limit and self.state.failures >= self.state.limit
        if number not in {DATA_KEY, UID_KEY} or locked:
            return NAK_AUTHENTICATION
        rnd_b = self._random_bytes(16)
        self._challenge = (number, rnd_b)
        return b"\xaf" + issue_challenge(self._key(number), rnd_b)

    def _check_reader(self, challenge: tuple[int, bytes], frame: bytes) -> Said:
        number, rnd_b = challenge
        key = self._key(number)
        try:
            if frame[:1] != b"\xaf":
                return NAK_ARGUMENT
            rnd_a = check_challenge_answer(key, rnd_b, frame[1:])
        except CryptoError:
            self.state = replace(self.state, failures=self.state.failures + 1)
            return NAK_AUTHENTICATION
        self.state = replace(self.state, failures=0)
        self._authenticated = number
        if self.state.secure_messaging:
            self._session = open_session(key, rnd_a, rnd_b)
        return b"\x00" + confirmation(key, rnd_a)

    def _key(self, number: int) -> bytes:
        return self.state.key(DATA_KEY_PAGE if number == DATA_KEY else UID_KEY_PAGE)

    def _execute(self, frame: bytes) -> Said:
        match frame[0] if frame else None, len(frame):
            case 0x60, 1:
                return VERSION
            case 0x30, 2:
                return self._read(frame[1])
            case 0xA2, 6:
                return self._write(frame[1], frame[2:])
            case 0x3C, 2 if self.state.signature:
                return self.state.signature
            case _:
                return self._count(frame)

    def _may(self, page: int) -> bool:
        return page < self.state.auth0 or self._authenticated == DATA_KEY

    def _read(self, page: int) -> Said:
        state = self.state
        if page >= PAGES:
            return NAK_ARGUMENT
        if state.page(ACCESS_PAGE)[0] & PROTECT_READING and not self._may(page):
            return NAK_AUTHENTICATION
        keys = DATA_KEY_PAGE * PAGE_BYTES
        shown = state.memory[:keys] + bytes(len(state.memory) - keys)
        return read_rolled(shown, page)

    def _write(self, page: int, block: bytes) -> Said:
        if not self._may(page):
            return NAK_AUTHENTICATION
        if self._is_locked(page):
            return NAK_ARGUMENT
        if page in {2, _OTP_PAGE, LOCK_PAGE, KEY_LOCK_PAGE}:
            old = self.state.page(page)
            only = bytes((0, 0, 0xFF, 0xFF)) if page == 2 else b"\xff" * PAGE_BYTES
            block = bytes(a | (b & c) for a, b, c in zip(old, block, only, strict=True))
        self.state = self.state.with_page(page, block)
        return ACK

    def _is_locked(self, page: int) -> bool:
        locks = self.state.page(KEY_LOCK_PAGE)[0]
        if page in _SETTINGS:
            return bool(self.state.page(ACCESS_PAGE)[0] & LOCK_CONFIG)
        if page == KEY_LOCK_PAGE:
            return bool(locks & _LOCK_THE_LOCKS)
        if page in _DATA_KEY_PAGES:
            return bool(locks & _LOCK_DATA_KEY)
        if page in _UID_KEY_PAGES:
            return bool(locks & _LOCK_UID_KEY)
        return page not in _USER_PAGES and page not in {2, _OTP_PAGE, LOCK_PAGE}

    def _count(self, frame: bytes) -> Said:
        """READ_CNT and INCR_CNT; whatever else comes here the card does not know."""
        number = frame[1] if len(frame) > 1 else COUNTERS
        if number >= COUNTERS or (frame[0], len(frame)) not in {(0x39, 2), (0xA5, 6)}:
            return NAK_ARGUMENT
        if frame[0] == 0x39:
            return self.state.counters[number].to_bytes(3, "little")
        total = self.state.counters[number] + int.from_bytes(frame[2:5], "little")
        if total > COUNTER_MAX:
            return NAK_ARGUMENT
        counters = list(self.state.counters)
        counters[number] = total
        self.state = replace(self.state, counters=tuple(counters))
        return ACK
