"""The SUN message: an NDEF address into which the card writes who it is, at each reading.

The address ends in ``?e=`` or ``&e=``, 32 hexadecimal characters of encrypted PICC data, ``&c=``
and 16 of the MAC (NT4H2421Gx data sheet, 9.3; AN12196, 3.4). Our cards make the MAC over no file
data: the offsets of its input and of itself are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.errors import WireError
from gateway.readers.cards.ndef import (
    NdefRecord,
    TypeNameFormat,
    decode_message,
    encode_message,
)

#: A template of this size is written in one frame, which no tearing can cut in half, and read in
#: one frame by every reader.
SUN_FILE_BYTES_MAX: Final = 128
PICC_DATA_BYTES: Final = 16
MAC_BYTES: Final = 8

_LENGTH_BYTES: Final = 2
_HTTPS: Final = "https://"
#: URI identifier codes (NFC Forum RTD URI 1.0, table 3): none, and ``https://``.
_HTTPS_CODE: Final = b"\x04"
_URI_TYPE: Final = b"U"
_PARAMETERS: Final = re.compile(rb"[?&]e=([0-9A-Fa-f]{32})&c=([0-9A-Fa-f]{16})\Z")
_PICC_DATA_HOLE: Final = b"0" * (2 * PICC_DATA_BYTES)
_MAC_HOLE: Final = b"0" * (2 * MAC_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SunTemplate:
    """What issuing writes into file 2, and where the card is to put its own.

    Attributes:
        content: the file's first bytes: length, then the NDEF message.
        picc_data_offset: where the encrypted PICC data go, in bytes of the file.
        mac_offset: where the MAC goes.
    """

    content: bytes
    picc_data_offset: int
    mac_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SunMessage:
    """What one reading said.

    Attributes:
        picc_data: 16 bytes, encrypted.
        mac: 8 bytes.
    """

    picc_data: bytes
    mac: bytes

    @property
    def proof(self) -> bytes:
        """What the gateway checks: both, in this order."""
        return self.picc_data + self.mac


def sun_template(address: str) -> SunTemplate:
    """Make the file for an address.

    Args:
        address: what a phone opens, beginning in ``https://``; a query may be there already.

    Raises:
        WireError: if it is another kind of address, not ASCII, or too long for one frame.
    """
    if not address.startswith(_HTTPS) or not address.isascii():
        raise WireError("the address of a card begins in https:// and is ASCII")
    mark = "&" if "?" in address else "?"
    head = f"{address.removeprefix(_HTTPS)}{mark}e=".encode()
    uri = _HTTPS_CODE + head + _PICC_DATA_HOLE + b"&c=" + _MAC_HOLE
    record = NdefRecord(tnf=TypeNameFormat.WELL_KNOWN, type=_URI_TYPE, payload=uri)
    message = encode_message([record])
    content = len(message).to_bytes(_LENGTH_BYTES) + message
    if len(content) > SUN_FILE_BYTES_MAX:
        too_many = len(content) - SUN_FILE_BYTES_MAX
        raise WireError(f"the address of a card is {too_many} characters too long")
    mac_offset = len(content) - len(_MAC_HOLE)
    picc_data_offset = mac_offset - len(b"&c=") - len(_PICC_DATA_HOLE)
    return SunTemplate(content=content, picc_data_offset=picc_data_offset, mac_offset=mac_offset)


def parse_sun(content: bytes) -> SunMessage | None:
    """Find the SUN message in the first bytes of an NDEF file; None where there is none."""
    length = int.from_bytes(content[:_LENGTH_BYTES])
    try:
        records = decode_message(content[_LENGTH_BYTES:][:length])
    except WireError:
        # Somebody else's file, or one that is longer than ours ever are.
        return None
    for record in records:
        if (record.tnf, record.type) == (TypeNameFormat.WELL_KNOWN, _URI_TYPE):
            found = _PARAMETERS.search(record.payload)
            if found is not None:
                picc_data, mac = (bytes.fromhex(part.decode()) for part in found.groups())
                return SunMessage(picc_data=picc_data, mac=mac)
    return None
