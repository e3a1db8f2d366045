"""What an NTAG 424 DNA is to become: one of our cards, or one as it left the factory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.issuing.protocol import FACTORY_VERSION
from gateway.readers.cards.desfire_layout import MEMBERSHIP_BYTES, CardMembership
from gateway.readers.cards.ntag424_layout import PRIVATE_FILE_SETTINGS, sun_file_settings
from gateway.readers.cards.ntag424_settings import FREE, AccessRights, FileSettings
from gateway.readers.cards.ntag424_wire import NDEF_FILE, PRIVATE_FILE
from gateway.readers.cards.sun import SUN_FILE_BYTES_MAX, sun_template

#: How files 2 and 3 leave the factory (NT4H2421Gx data sheet rev. 3.0, table 6).
FACTORY_SUN_SETTINGS: Final = FileSettings(
    mode=CommMode.PLAIN, access=AccessRights(read=FREE, write=FREE, read_write=FREE, change=0)
)
FACTORY_PRIVATE_SETTINGS: Final = FileSettings(
    mode=CommMode.FULL, access=AccessRights(read=2, write=3, read_write=3, change=0)
)
_FACTORY_PRIVATE: Final = bytes.fromhex("007E")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTarget:
    """What a file is to hold, and who may do what with it."""

    number: int
    content: bytes
    settings: FileSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntag424Target:
    """A whole card.

    Attributes:
        version: of all its keys; 0 for the factory's.
        files: in the order in which they are written.
        random_uid: whether it shows random UIDs from then on, which cannot be undone.
    """

    version: int
    files: tuple[FileTarget, ...]
    random_uid: bool = False

    def content(self, number: int) -> bytes:
        """What a file is to hold."""
        return next(one.content for one in self.files if one.number == number)


def issued_target(
    address: str, membership: CardMembership, version: int, *, random_uid: bool = False
) -> Ntag424Target:
    """A card of ours.

    Args:
        address: what phones open; see ``sun_template``.
        membership: file 3.
        version: of all five keys, 1 to 255.
        random_uid: see ``Ntag424Target``.

    Raises:
        WireError: if the address cannot be one.
    """
    template = sun_template(address)
    sun = FileTarget(
        number=NDEF_FILE,
        content=template.content.ljust(SUN_FILE_BYTES_MAX, b"\0"),
        settings=sun_file_settings(template),
    )
    private = FileTarget(
        number=PRIVATE_FILE, content=membership.to_bytes(), settings=PRIVATE_FILE_SETTINGS
    )
    return Ntag424Target(version=version, files=(sun, private), random_uid=random_uid)


def factory_target() -> Ntag424Target:
    """A card as it left the factory, as far as anything of ours was on it."""
    return Ntag424Target(
        version=FACTORY_VERSION,
        files=(
            FileTarget(
                number=NDEF_FILE, content=bytes(SUN_FILE_BYTES_MAX), settings=FACTORY_SUN_SETTINGS
            ),
            FileTarget(
                number=PRIVATE_FILE,
                content=_FACTORY_PRIVATE.ljust(MEMBERSHIP_BYTES, b"\0"),
                settings=FACTORY_PRIVATE_SETTINGS,
            ),
        ),
    )
