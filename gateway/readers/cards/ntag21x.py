"""NTAG21x, Ultralight EV1 and their relatives by GET_VERSION: named by the UID, and no more.

These chips have a password of 32 bits that goes over the air in clear (PWD_AUTH), so knowing it
proves nothing and it is never asked for. The maker's signature covers the UID alone and is copied
with it: it keeps imitations out of a batch that is being issued, and says nothing at the counter.
What remains is an identity, good for earning with caps.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import StrEnum
from typing import Final

from gateway.crypto.cards.originality import OriginalityProduct, verify_originality
from gateway.readers.apdu import CommandApdu, ResponseApdu
from gateway.readers.cards.dialogue import (
    CardProblem,
    OtherProfile,
    ProfileDialogue,
    ProfileReader,
    ProfileResult,
)
from gateway.readers.cards.traits import DOUBLE_SIZE_UID_BYTES, CardTraits
from gateway.readers.cards.uid import judge_uid
from gateway.readers.cards.ultralight_c import AUTHENTICATE, is_ultralight_c, refuse_ultralight_c
from gateway.readers.native import (
    FrameFault,
    FrameStyle,
    FrameTrouble,
    close_frames,
    exchange_frame,
    open_frames,
    select_again,
)
from gateway.readers.reader import CardTrouble

#: NTAG213/215/216, 10.1: answers eight bytes.
GET_VERSION: Final = bytes.fromhex("60")
#: NTAG213/215/216, 10.8: answers the maker's signature over the UID.
READ_SIGNATURE: Final = bytes.fromhex("3c00")


class SmallCardKind(StrEnum):
    """What a chip says it is."""

    NTAG213 = "ntag213"
    NTAG215 = "ntag215"
    NTAG216 = "ntag216"
    ULTRALIGHT_EV1_48 = "ultralight_ev1_48"
    ULTRALIGHT_EV1_128 = "ultralight_ev1_128"
    ULTRALIGHT_AES = "ultralight_aes"


#: Vendor NXP, product and its type, size of the memory, by the data sheets' GET_VERSION tables.
#: Subtype and version say how strong the antenna is and which mask, and are left out.
_KINDS: Final = {
    bytes.fromhex("0404010f"): SmallCardKind.NTAG213,
    bytes.fromhex("04040111"): SmallCardKind.NTAG215,
    bytes.fromhex("04040113"): SmallCardKind.NTAG216,
    bytes.fromhex("0403010b"): SmallCardKind.ULTRALIGHT_EV1_48,
    bytes.fromhex("0403010e"): SmallCardKind.ULTRALIGHT_EV1_128,
    bytes.fromhex("0403040f"): SmallCardKind.ULTRALIGHT_AES,
}

#: Whose key signed the UID, and how long the signature is.
_SIGNATURES: Final = {
    SmallCardKind.NTAG213: (OriginalityProduct.NTAG_21X, 32),
    SmallCardKind.NTAG215: (OriginalityProduct.NTAG_21X, 32),
    SmallCardKind.NTAG216: (OriginalityProduct.NTAG_21X, 32),
    SmallCardKind.ULTRALIGHT_EV1_48: (OriginalityProduct.ULTRALIGHT_EV1, 32),
    SmallCardKind.ULTRALIGHT_EV1_128: (OriginalityProduct.ULTRALIGHT_EV1, 32),
    SmallCardKind.ULTRALIGHT_AES: (OriginalityProduct.ULTRALIGHT_AES, 48),
}


def classify_version(raw: bytes) -> SmallCardKind | None:
    """Name the chip by its answer to GET_VERSION; None for one not known here."""
    if len(raw) != 8 or raw[0] != 0x00 or raw[7] != 0x03:
        return None
    return _KINDS.get(raw[1:3] + raw[4:5] + raw[6:7])


def probe_kind(
    style: FrameStyle,
) -> Generator[CommandApdu, ResponseApdu, SmallCardKind | FrameFault | None]:
    """Ask an open frame session for the chip's version; None for a chip not known here."""
    answer = yield from exchange_frame(style, GET_VERSION)
    return answer if isinstance(answer, FrameFault) else classify_version(answer)


def read_originality(
    style: FrameStyle, kind: SmallCardKind, uid: bytes
) -> Generator[CommandApdu, ResponseApdu, bool]:
    """Whether the maker signed this UID; for issuing, where a batch of imitations costs money.

    False as well where the chip does not answer or says something else.
    """
    product, size = _SIGNATURES[kind]
    answer = yield from exchange_frame(style, READ_SIGNATURE)
    if not isinstance(answer, bytes) or len(answer) != size:
        return False
    return len(uid) == DOUBLE_SIZE_UID_BYTES and verify_originality(product, uid, answer)


def read_ntag21x(traits: CardTraits, *, original_only: bool) -> ProfileDialogue:
    """Name the card by its UID once its chip is known, or refuse an Ultralight C."""
    closed = yield from open_frames(traits.frames)
    if closed is not None:
        return OtherProfile(detail=f"raw frames: {closed.detail}")
    result = yield from _judge(traits, original_only=original_only)
    yield from close_frames(traits.frames)
    return result


def _judge(
    traits: CardTraits, *, original_only: bool
) -> Generator[CommandApdu, ResponseApdu, ProfileResult]:
    kind = yield from probe_kind(traits.frames)
    if isinstance(kind, FrameFault):
        return (yield from _judge_silent(traits, kind))
    if kind in {None, SmallCardKind.ULTRALIGHT_AES}:
        return OtherProfile(detail=f"the chip is {kind or 'not known here'}")
    if original_only and traits.uid is not None:
        original = yield from read_originality(traits.frames, kind, traits.uid)
        if not original:
            return CardProblem(
                trouble=CardTrouble.NOT_GENUINE,
                detail=f"the maker did not sign this UID for an {kind}",
            )
    return judge_uid(traits)


def _judge_silent(
    traits: CardTraits, fault: FrameFault
) -> Generator[CommandApdu, ResponseApdu, ProfileResult]:
    """Look for an Ultralight C among the chips that know no GET_VERSION.

    A reader that cannot select the silent chip again finds nothing here, and the card is named by
    its UID, which is worth no more.
    """
    if fault.trouble is FrameTrouble.UNSUPPORTED:
        return OtherProfile(detail=f"raw frames: {fault.detail}")
    yield from select_again(traits.frames)
    answer = yield from exchange_frame(traits.frames, AUTHENTICATE)
    if is_ultralight_c(answer):
        return refuse_ultralight_c()
    return OtherProfile(detail=f"no GET_VERSION: {fault.detail}")


def accepts_ntag21x(traits: CardTraits) -> bool:
    """Any type A memory card of seven bytes, on a reader that carries frames."""
    return traits.may_take_frames


def ntag21x_profile(*, original_only: bool = False) -> ProfileReader:
    """The profile for the ordered list.

    Args:
        original_only: refuse chips whose UID the maker has not signed. For batches under way.
    """
    return ProfileReader(
        name="ntag21x",
        accepts=accepts_ntag21x,
        read=lambda traits: read_ntag21x(traits, original_only=original_only),
    )
