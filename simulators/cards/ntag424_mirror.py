"""What a reading of file 2 shows while dynamic messaging is on (data sheet, 9.3). Pure."""

from __future__ import annotations

from gateway.crypto.cards.sdm import encrypt_file_data, encrypt_picc_data, sdm_mac
from gateway.readers.cards.ntag424_settings import KEY_NUMBER_MAX, NEVER, SdmSettings
from gateway.readers.cards.ntag424_wire import NDEF_FILE
from simulators.cards.ntag424_state import Ntag424State

_NO_MIRROR = 0xFFFFFF


def mirrored(state: Ntag424State, padding: bytes) -> bytes:
    """File 2 as anybody reads it, at the state's read counter.

    Args:
        state: the card, counted up already.
        padding: five random bytes for the encrypted PICC data.
    """
    stored = state.file(NDEF_FILE)
    sdm = stored.settings.sdm
    if sdm is None:
        return stored.content
    content = _with_picc_data(state, sdm, stored.content, padding)
    if sdm.file_read == NEVER or sdm.mac_offset is None:
        return content
    key = state.keys[sdm.file_read].value
    if sdm.enc_offset is not None and sdm.enc_length is not None:
        # The cipher takes two characters a byte: the first half of its place holds the plaintext.
        plain = content[sdm.enc_offset :][: sdm.enc_length // 2]
        cipher = encrypt_file_data(key, state.uid, state.read_counter, plain)
        content = _put(content, sdm.enc_offset, cipher)
    message = content[sdm.mac_input_offset : sdm.mac_offset]
    return _put(content, sdm.mac_offset, sdm_mac(key, state.uid, state.read_counter, message))


def _with_picc_data(state: Ntag424State, sdm: SdmSettings, content: bytes, padding: bytes) -> bytes:
    if sdm.meta_read <= KEY_NUMBER_MAX and sdm.picc_data_offset is not None:
        key = state.keys[sdm.meta_read].value
        picc_data = encrypt_picc_data(key, state.uid, state.read_counter, padding)
        return _put(content, sdm.picc_data_offset, picc_data)
    if sdm.uid_offset is not None:
        content = _put(content, sdm.uid_offset, state.uid)
    if sdm.read_counter_offset not in {None, _NO_MIRROR}:
        assert sdm.read_counter_offset is not None
        # Unlike in the encrypted data, the counter's first byte is the most significant.
        content = _put(content, sdm.read_counter_offset, state.read_counter.to_bytes(3))
    return content


def _put(content: bytes, offset: int, value: bytes) -> bytes:
    text = value.hex().upper().encode()
    return content[:offset] + text + content[offset + len(text) :]
