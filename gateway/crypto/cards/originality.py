"""Was this chip made by NXP? The signature over the UID that the maker put on the chip.

Sources: AN12196, table 30, for NTAG 424 DNA; the public keys of the other products are published
with the tools that read them. The signature covers the UID and nothing else, so it can be copied
with it: it keeps cheap imitations out of a batch and proves nothing about a card at the counter.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gateway.crypto.cards.small_curves import (
    SECP128R1,
    SECP192R1,
    SECP224R1,
    Curve,
    read_point,
    verify,
)


class OriginalityProduct(StrEnum):
    """Products with a key of their own."""

    NTAG_424_DNA = "ntag_424_dna"
    DESFIRE_EV3 = "desfire_ev3"
    ULTRALIGHT_AES = "ultralight_aes"
    ULTRALIGHT_EV1 = "ultralight_ev1"
    NTAG_21X = "ntag_21x"


def _key(curve: Curve, point: str) -> tuple[Curve, tuple[int, int]]:
    return curve, read_point(curve, bytes.fromhex(point))


_KEYS: Final = {
    OriginalityProduct.NTAG_424_DNA: _key(
        SECP224R1,
        "048A9B380AF2EE1B98DC417FECC263F8449C7625CECE82D9B916C992DA"
        "209D68422B81EC20B65A66B5102A61596AF3379200599316A00A1410",
    ),
    OriginalityProduct.DESFIRE_EV3: _key(
        SECP224R1,
        "041DB46C145D0A36539C6544BD6D9B0AA62FF91EC48CBC6ABAE36E0089"
        "A46F0D08C8A715EA40A63313B92E90DDC1730230E0458A33276FB743",
    ),
    OriginalityProduct.ULTRALIGHT_AES: _key(
        SECP192R1,
        "0453BF8C49B7BD9FE3207A91513B9C1D238ECAB07186B772104AB535F7D3AE63CF"
        "7C7F3DD0D169DA3E99E43C6399621A86",
    ),
    OriginalityProduct.ULTRALIGHT_EV1: _key(
        SECP128R1, "0490933BDCD6E99B4E255E3DA55389A827564E11718E017292FAF23226A96614B8"
    ),
    OriginalityProduct.NTAG_21X: _key(
        SECP128R1, "04494E1A386D3D3CFE3DC10E5DE68A499B1C202DB5B132393E89ED19FE5BE8BC61"
    ),
}


def verify_originality(product: OriginalityProduct, uid: bytes, signature: bytes) -> bool:
    """Whether NXP signed this UID for this product.

    Args:
        product: which key.
        uid: the real UID, seven bytes.
        signature: r ‖ s as the card's READ_SIG or Read_Sig gives it, opened where it came sealed.

    Raises:
        CryptoError: if ``uid`` is longer than any UID.
    """
    curve, public = _KEYS[product]
    return verify(curve, public, uid, signature)
