"""A process's conversation with one token: found, logged in to, and begun again when it is lost."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import pkcs11
from pkcs11 import Mechanism, exceptions

from gateway.errors import KeyStoreError

#: A session that is gone, or handles that meant something in it: a new one is worth a try.
_LOST: Final = (
    exceptions.SessionHandleInvalid,
    exceptions.SessionClosed,
    exceptions.UserNotLoggedIn,
    exceptions.DeviceRemoved,
    exceptions.TokenNotPresent,
    exceptions.KeyHandleInvalid,
    exceptions.ObjectHandleInvalid,
)
_WRONG_PIN: Final = (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPlace:
    """Where a token is.

    Attributes:
        module: the vendor's library, such as ``/usr/lib/softhsm/libsofthsm2.so``.
        token: the token's label.
        has_cmac: whether keys are to be made for ``CKM_AES_CMAC``; None asks the token. Keys that
            were made stay usable either way.
    """

    module: Path
    token: str
    has_cmac: bool | None = None


@dataclass(slots=True)
class _Login:
    """A token that this process is logged in to: it is so in all its sessions, or in none.

    Attributes:
        session: closing it would log every other session out.
        pin: what opened it.
        users: how many of our sessions need it.
    """

    session: pkcs11.Session
    pin: str = field(repr=False)
    users: int = 0


#: python-pkcs11 initialises a library without locking, and lets other threads run during calls:
#: all threads of this process take turns.
_TURN: Final = threading.RLock()
_LOGINS: Final[dict[tuple[Path, str], _Login]] = {}


class TokenSession:
    """Asks a token questions, one at a time in this process."""

    def __init__(self, place: TokenPlace, pin: str) -> None:
        """Find the token and log in.

        Args:
            place: which token.
            pin: the user's PIN. It is kept, for a session that has to be opened again.

        Raises:
            KeyStoreError: if there is no such module or token, or the PIN is wrong; the message
                says what to do.
        """
        self._place = place
        self._pin = pin
        self._closed = False
        #: How often the session was opened: handles of an older one mean nothing any more.
        self.generation = 0
        with _TURN, self._faults():
            self._token, self._session = self._open()
            login = self._log_in(self._token)
            login.users += 1

    def ask(self, question: Callable[[pkcs11.Session], Answer]) -> Answer:
        """Ask something that changes nothing; once more if the session turns out to be gone.

        Raises:
            KeyStoreError: if the token fails; the message says what to do.
        """
        with _TURN, self._faults():
            if self._closed:
                raise KeyStoreError("this key store is closed")
            try:
                return question(self._session)
            except _LOST:
                self._begin_again()
                return question(self._session)

    def change(self, change: Callable[[pkcs11.Session], Answer]) -> Answer:
        """Change something, in a session that may.

        Raises:
            KeyStoreError: if the token fails; the message says what to do.
        """
        with _TURN, self._faults(), self._token.open(rw=True) as session:
            return change(session)

    @property
    def has_cmac(self) -> bool:
        """Whether keys are to be made for ``CKM_AES_CMAC``.

        Raises:
            KeyStoreError: if the token fails.
        """
        if self._place.has_cmac is not None:
            return self._place.has_cmac
        with _TURN, self._faults():
            return Mechanism.AES_CMAC in self._token.slot.get_mechanisms()

    def close(self) -> None:
        """Close it, and log out if nothing else in this process needs the token."""
        with _TURN:
            if self._closed:
                return
            self._closed, self._pin = True, ""
            # What is gone already is closed.
            with suppress(exceptions.PKCS11Error):
                self._session.close()
            login = _LOGINS[self._key]
            login.users -= 1
            if not login.users:
                del _LOGINS[self._key]
                with suppress(exceptions.PKCS11Error):
                    login.session.close()

    @property
    def _key(self) -> tuple[Path, str]:
        return (self._place.module, self._place.token)

    def _open(self) -> tuple[pkcs11.Token, pkcs11.Session]:
        self.generation += 1
        library = pkcs11.lib(str(self._place.module))
        token = library.get_token(token_label=self._place.token)
        return token, token.open()

    def _log_in(self, token: pkcs11.Token) -> _Login:
        known = _LOGINS.get(self._key)
        if known is None:
            known = _LOGINS[self._key] = _Login(token.open(user_pin=self._pin), self._pin)
        elif not hmac.compare_digest(known.pin.encode(), self._pin.encode()):
            # The token would not ask for it a second time.
            raise exceptions.PinIncorrect
        return known

    def _begin_again(self) -> None:
        self._token, self._session = self._open()
        login = _LOGINS[self._key]
        with suppress(exceptions.PKCS11Error):
            login.session.close()
        login.session = self._token.open(user_pin=self._pin)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except exceptions.PKCS11Error as error:
            raise KeyStoreError(_sentence(error, self._place)) from error


def _sentence(error: exceptions.PKCS11Error, place: TokenPlace) -> str:
    """What went wrong and what to do about it."""
    token = f"the token {place.token!r}"
    if isinstance(error, _WRONG_PIN):
        return (
            f"{token} refuses the PIN: correct the credential or the variable that holds it "
            "(docs/keys.md). A few more wrong ones lock the token"
        )
    if isinstance(error, exceptions.PinLocked):
        return f"{token} is locked after too many wrong PINs: its security officer sets a new one"
    if isinstance(error, exceptions.NoSuchToken):
        return (
            f"{place.module} has no token {place.token!r}: set card_keys.token to its label, and "
            "look whether this user may reach it"
        )
    if isinstance(error, exceptions.MultipleTokensReturned):
        return f"{place.module} has several tokens {place.token!r}: give each a label of its own"
    said = f" ({error})" if str(error) else ""
    return f"{token} in {place.module} failed with {type(error).__name__}{said}"
