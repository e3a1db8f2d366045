"""Reader backends and card profiles by name, through entry points, imported only when used.

A backend is an entry point of the group ``mohr.readers`` that names a class callable as
``Backend(settings, clock=..., profiles=...)`` with a class method ``present_readers``. A card
profile is an entry point of ``mohr.card_profiles`` that names a ``ProfileReader``. A place to
issue cards is one of ``mohr.card_slots`` that names a ``SlotBackend``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from secrets import token_bytes
from typing import Final, Protocol, cast

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.errors import ConfigError
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.selection import own_profiles
from gateway.readers.errors import DriverMissingError
from gateway.readers.reader import Reader
from gateway.readers.settings import ReaderSettings
from gateway.readers.slot import SlotBackend

READERS_GROUP: Final = "mohr.readers"
PROFILES_GROUP: Final = "mohr.card_profiles"
SLOTS_GROUP: Final = "mohr.card_slots"
OWN_DISTRIBUTION: Final = "mohr"


class ReaderBackend(Protocol):
    """What an entry point of ``mohr.readers`` must name."""

    def __call__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> Reader:
        """Make a reader; open nothing before ``start``."""

    def present_readers(self) -> tuple[str, ...]:
        """The names of the readers that are there now.

        Raises:
            ReaderError: if that cannot be found out.
        """


def backend_names() -> tuple[str, ...]:
    """The names of all installed backends, in order; loads none of them."""
    return tuple(sorted({found.name for found in entry_points(group=READERS_GROUP)}))


def load_backend(name: str) -> ReaderBackend:
    """Import a backend.

    Raises:
        ConfigError: if there is no backend of this name; the message lists those there are.
        DriverMissingError: if its driver's package is missing; the message says what to install.
    """
    for found in entry_points(group=READERS_GROUP):
        if found.name == name:
            return cast("ReaderBackend", _load(found))
    raise ConfigError(
        f"there is no card reader backend {name!r}; installed: {', '.join(backend_names())}"
    )


def load_slot(name: str) -> SlotBackend:
    """Import a backend that issues cards.

    Raises:
        ConfigError: if there is no such backend; the message lists those there are.
        DriverMissingError: if its driver's package is missing; the message says what to install.
    """
    there = entry_points(group=SLOTS_GROUP)
    for found in there:
        if found.name == name:
            return cast("SlotBackend", _load(found))
    names = ", ".join(sorted({found.name for found in there}))
    raise ConfigError(f"no backend {name!r} can issue cards; installed: {names}")


def open_reader(
    name: str,
    settings: ReaderSettings,
    clock: Clock,
    keys: CardKeys | None = None,
    issuers: Sequence[PublicKey] | None = None,
) -> Reader:
    """Make a reader of the backend ``name``, with outside card profiles before our own.

    Args:
        name: see ``backend_names``.
        settings: as for any reader.
        clock: gives each tap its time.
        keys: the card keys that this terminal holds; None reads no card that needs one.
        issuers: whose signature on a membership counts, on tags and in codes; looked at anew at
            each tap and each scan. None takes those of the settings.

    Raises:
        ConfigError: if there is no backend of this name.
        DriverMissingError: if a driver's or a profile's package is missing.
    """
    if issuers is not None:
        settings = replace(settings, codes=replace(settings.codes, issuers=issuers))
    return load_backend(name)(settings, clock=clock, profiles=reader_profiles(settings, keys))


def reader_profiles(
    settings: ReaderSettings, keys: CardKeys | None = None
) -> tuple[ProfileReader, ...]:
    """The profiles of a reader with these settings, outside ones before our own.

    Args:
        settings: as for any reader.
        keys: as ``open_reader`` takes them.

    Raises:
        ConfigError, DriverMissingError: as ``outside_profiles``.
    """
    return own_profiles(
        settings.organisation,
        outside_profiles(),
        keys=keys,
        random_bytes=token_bytes,
        legacy_classic=settings.legacy_classic,
        issuers=settings.codes.issuers,
    )


def outside_profiles() -> tuple[ProfileReader, ...]:
    """Card profiles of other packages, in order of their names.

    Raises:
        ConfigError: if an entry point names something else.
        DriverMissingError: if a profile's package is incomplete.
    """
    found = sorted(entry_points(group=PROFILES_GROUP), key=lambda one: one.name)
    return tuple(_profile(one) for one in found)


def _profile(found: EntryPoint) -> ProfileReader:
    loaded = _load(found)
    if not isinstance(loaded, ProfileReader):
        raise ConfigError(f"{found.value} is no card profile: it must name a ProfileReader")
    return loaded


def _load(found: EntryPoint) -> object:
    try:
        loaded: object = found.load()
    except ImportError as error:
        raise DriverMissingError(
            f"{found.name} cannot be used: {error}; install {_source(found)}"
        ) from error
    return loaded


def _source(found: EntryPoint) -> str:
    """What to install: the extra of ours that is named like the backend, or the other package."""
    distribution = None if found.dist is None else found.dist.name
    if distribution in {None, OWN_DISTRIBUTION}:
        return f"{OWN_DISTRIBUTION}[{found.name}]"
    return f"what the package {distribution} asks for"
