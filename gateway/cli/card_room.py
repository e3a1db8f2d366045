"""Opens what ``mohr card`` works with: keys, journal, ledger, and where cards are laid."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.cli.card_books import CardBooks
from gateway.cli.key import open_store
from gateway.config import load_settings
from gateway.crypto.card_token import organisation_of
from gateway.errors import ConfigError
from gateway.issuing.desk import DeskSettings, IssuingDesk
from gateway.issuing.journal import IssuingJournal
from gateway.issuing.kinds import DeskKit, personaliser_for
from gateway.issuing.press import CodePress
from gateway.model.card import CardProfile
from gateway.readers.cards.keys import StoredCardKeys
from gateway.readers.registry import load_slot
from gateway.readers.slot import CardSession, CardSlot
from gateway.service.data_dir import DataDir, read_card_key
from gateway.service.issuer import open_issuer
from gateway.system_clock import SystemClock

ANSWER_TIMEOUT_MS: Final = 2_000
ACTOR: Final = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOptions:
    """What the command line says of the desk.

    Attributes:
        directory: the gateway's data directory.
        backend: see ``mohr.card_slots``.
        reader: the reader's name, or a part of it.
        profile: the kind of card.
        any_maker: see ``DeskSettings``.
        passphrase_file: opens the card keys; None asks elsewhere.
    """

    directory: Path
    backend: str
    reader: str
    profile: CardProfile
    any_maker: bool
    passphrase_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """An open desk."""

    options: RoomOptions
    desk: IssuingDesk
    books: CardBooks
    press: CodePress
    keys: StoredCardKeys

    @contextmanager
    def slot(self) -> Iterator[CardSlot]:
        """Open the place where cards are laid.

        Raises:
            ConfigError: if there is no such backend.
            ReaderError: if there is no such reader.
        """
        backend = load_slot(self.options.backend)
        with backend(self.options.reader, answer_timeout_ms=ANSWER_TIMEOUT_MS) as slot:
            yield slot

    @contextmanager
    def card(self, wait_s: float) -> Iterator[CardSession]:
        """Wait for one card.

        Raises:
            ConfigError: if none came.
        """
        with self.slot() as slot:
            session = slot.next_card(int(wait_s * 1_000))
            if session is None:
                raise ConfigError(f"no card was laid on the reader within {wait_s:g} s")
            with session:
                yield session


@contextmanager
def open_room(options: RoomOptions) -> Iterator[Room]:
    """Open everything that issuing needs but the reader.

    Raises:
        ConfigError: if the settings cannot be used.
        KeyStoreError: if the keys do not open.
        JournalFaultError: if the journal does not.
    """
    settings, data_dir = load_settings(options.directory), DataDir(options.directory)
    clock = SystemClock()
    with ExitStack() as stack:
        card_key = read_card_key(data_dir)
        store = stack.enter_context(open_store(options.directory, options.passphrase_file))
        journal = IssuingJournal(data_dir.issuing_journal, clock)
        stack.callback(journal.close)
        keys = StoredCardKeys(organisation=organisation_of(card_key), store=store)
        issuer = open_issuer(data_dir)
        kit = DeskKit(
            keys=keys,
            organisation=organisation_of(card_key),
            address=settings.cards.address,
            random_bytes=secrets.token_bytes,
            issuer=issuer,
        )
        books = CardBooks(options.directory)
        desk = IssuingDesk(
            journal,
            personaliser_for(options.profile, kit),
            DeskSettings(
                card_key=card_key,
                version=store.current_version,
                any_maker=options.any_maker,
                actor=ACTOR,
            ),
            clock=clock,
            bind=books.bind,
            new_id=_new_id,
        )
        press = CodePress(desk=desk, issuer=issuer, organisation=kit.organisation, new_id=_new_id)
        yield Room(options=options, desk=desk, books=books, press=press, keys=keys)


def _new_id() -> str:
    return secrets.token_hex(16)
