"""How a card of ours is laid out: what issuing writes and what the other ends may rely on."""

from __future__ import annotations

from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.readers.cards.ntag424_settings import (
    FREE,
    AccessRights,
    FileSettings,
    SdmSettings,
)
from gateway.readers.cards.ntag424_wire import KEY_NUMBERS
from gateway.readers.cards.sun import SunTemplate

_ADMIN: Final = KEY_NUMBERS[KeyPurpose.ADMIN]
_WRITE: Final = KEY_NUMBERS[KeyPurpose.WRITE]

#: File 3, the membership: read at the counter, written at the desk, always encrypted.
PRIVATE_FILE_SETTINGS: Final = FileSettings(
    mode=CommMode.FULL,
    access=AccessRights(
        read=KEY_NUMBERS[KeyPurpose.TERMINAL], write=_WRITE, read_write=_WRITE, change=_ADMIN
    ),
)


def sun_file_settings(template: SunTemplate) -> FileSettings:
    """File 2: anybody may read it, phones too; each run of readings counts up.

    Writing takes a key: a card whose address anybody may write sends the next phone anywhere.
    """
    sdm = SdmSettings(
        meta_read=KEY_NUMBERS[KeyPurpose.SDM_META],
        file_read=KEY_NUMBERS[KeyPurpose.SDM_FILE],
        counter_return=_ADMIN,
        picc_data_offset=template.picc_data_offset,
        mac_input_offset=template.mac_offset,
        mac_offset=template.mac_offset,
    )
    access = AccessRights(read=FREE, write=_WRITE, read_write=_WRITE, change=_ADMIN)
    return FileSettings(mode=CommMode.PLAIN, access=access, sdm=sdm)
