"""What the named test cards are made of: whole cards, and codes on paper."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from secrets import token_bytes
from typing import Final

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.membership_signature import issuer_of
from gateway.crypto.rotating_code import draw_rotating_code
from gateway.model.code_window import CodeWindow
from gateway.readers.cards.desfire_layout import NUMBER_BYTES, CardMembership
from gateway.readers.cards.membership import Membership, signed_membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.ntag21x import SmallCardKind
from gateway.readers.cards.ntag424_wire import KEY_NUMBERS
from gateway.readers.cards.uid import RANDOM_UID_FIRST
from gateway.readers.cards.ultralight_aes import AID
from gateway.readers.cards.ultralight_aes_layout import CONFIG_PAGE, DATA_KEY, Marker
from gateway.readers.codes.membership_qr import FOR_EVER, MembershipCode, write_membership_code
from gateway.readers.errors import SeveralCardsError
from simulators.card import (
    CardFault,
    FaultyCard,
    Type2NdefCard,
    UidCard,
    VirtualCard,
    iso_14443_4_atr,
)
from simulators.cards.classic import ClassicCard
from simulators.cards.desfire_issue import IssuedCard
from simulators.cards.desfire_issue import issued_state as issued_desfire
from simulators.cards.desfire_state import DesfireState, Generation
from simulators.cards.ntag21x import Ntag21xCard, blank_ntag21x
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import KeySlot, Ntag424State
from simulators.cards.ntag424_state import issued_state as issued_ntag424
from simulators.cards.sim_keys import (
    KEY_VERSION,
    OLD_KEY_VERSION,
    ORGANISATION,
    SEED,
    STRIPE,
    named_uid,
    simulator_issuer,
    simulator_keys,
)
from simulators.cards.ultralight_aes import UltralightAesState, issued_ultralight_aes
from simulators.cards.ultralight_c import UltralightCCard, blank_ultralight_c

#: How often an issued card was read before its first tap here.
FIRST_COUNT: Final = 100
#: A number that card schemes publish for tests; it is nobody's.
TEST_PAN: Final = "4111111111111111"

_ADDRESS: Final = "https://club.example/c"
#: A screenshot this old is of no use.
_SCREENSHOT_AGE_S: Final = 600
_LAST_DAY: Final = 18_000
_UID_KEY: Final = Random(SEED).randbytes(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What is no card: a code or a stripe, as a scanner sends it."""

    data: bytes


Shown = VirtualCard | Scanned


class CollidingCards(VirtualCard):
    """Several cards in the field, which a reader notices at the first word."""

    def __init__(self, card: VirtualCard) -> None:
        """``card`` is the one whose answer to reset the reader hears."""
        self.card = card
        self.atr = card.atr

    def power_on(self) -> None:
        """Power the card inside."""
        self.card.power_on()

    def transmit(self, _command: bytes) -> bytes:
        """Answer never.

        Raises:
            SeveralCardsError: always.
        """
        raise SeveralCardsError("two cards answered at once")


def membership(number: bytes) -> Membership:
    """A member of the simulator's organisation."""
    return Membership(organisation=ORGANISATION, number=number)


def ntag424(number: int, *, version: int = KEY_VERSION, random_uid: bool = False) -> Ntag424State:
    """An issued NTAG 424 DNA."""
    uid, keys = named_uid(number), simulator_keys()
    state = issued_ntag424(uid, keys, version, _ADDRESS, random_uid=random_uid)
    return replace(state, read_counter=FIRST_COUNT)


def ntag424_wrong_keys(number: int) -> Ntag424State:
    """One whose message is right and whose own key is not: the batch key alone was stolen."""
    slot = KeySlot(value=Random(number).randbytes(16), version=KEY_VERSION)
    return ntag424(number).with_key(KEY_NUMBERS[KeyPurpose.TERMINAL], slot)


def clone_card(number: int) -> VirtualCard:
    """A copy in a chip that forgets: each tap counts what the genuine card's first tap counted.

    So the gateway sees one count in two places, which needs no clock to be recognised.
    """
    return Ntag424Card(ntag424(number), token_bytes)


def ntag424_old_version(number: int) -> Ntag424State:
    """One that was issued before the keys were rolled over."""
    return ntag424(number, version=OLD_KEY_VERSION)


def desfire(number: int, generation: Generation) -> DesfireState:
    """An issued DESFire."""
    said = CardMembership(
        organisation=ORGANISATION, number=str(number).encode().ljust(NUMBER_BYTES, b"\0")
    )
    card = IssuedCard(
        uid=named_uid(number), membership=said, version=KEY_VERSION, generation=generation
    )
    return issued_desfire(card, simulator_keys())


def ultralight_aes(number: int) -> UltralightAesState:
    """An issued Ultralight AES."""
    uid = named_uid(number)
    key = simulator_keys().key(KeyPurpose.TERMINAL, KEY_VERSION, uid, AID, DATA_KEY)
    assert key is not None, "the simulator holds all of its keys"
    marker = Marker(organisation=ORGANISATION, key_version=KEY_VERSION)
    return issued_ultralight_aes(uid, marker, key, _UID_KEY)


def ultralight_aes_no_cmac(number: int) -> UltralightAesState:
    """One whose CMAC somebody turned off."""
    state = ultralight_aes(number)
    page = state.page(CONFIG_PAGE)
    return state.with_page(CONFIG_PAGE, bytes(1) + page[1:])


def uid_card(number: int) -> VirtualCard:
    """An old card with a number and nothing else."""
    return UidCard(named_uid(number))


def random_uid_card() -> VirtualCard:
    """A phone."""
    return UidCard(bytes((RANDOM_UID_FIRST,)) + token_bytes(3), atr=iso_14443_4_atr())


def ndef_card(number: int) -> VirtualCard:
    """A tag with an unsigned record."""
    record = membership(str(number).encode()).to_record()
    return Type2NdefCard(named_uid(number), encode_message([record]))


def signed_ndef_card(number: int, *, of: int | None = None) -> VirtualCard:
    """A tag with a signed record; ``of`` is the tag that it was signed for, where it is another."""
    said = membership(str(number if of is None else of).encode())
    signed_for = named_uid(number if of is None else of)
    signed = signed_membership(simulator_issuer(), said, signed_for)
    return Type2NdefCard(named_uid(number), encode_message([signed.to_record()]))


def ntag213_card(number: int) -> VirtualCard:
    """A sticker as the maker sells it."""
    return Ntag21xCard(blank_ntag21x(SmallCardKind.NTAG213, named_uid(number)))


def ultralight_c_card(number: int) -> VirtualCard:
    """An Ultralight C as the maker sells it."""
    return UltralightCCard(blank_ultralight_c(named_uid(number)), token_bytes)


def classic_card() -> VirtualCard:
    """A MIFARE Classic."""
    return ClassicCard(b"MOHR")


def leaving(card: VirtualCard) -> VirtualCard:
    """The same card, taken away before its third answer arrives."""
    return FaultyCard(card, {2: CardFault.TEAR_AFTER})


def silent(card: VirtualCard) -> VirtualCard:
    """The same card, which says nothing."""
    return FaultyCard(card, {0: CardFault.SILENCE})


def printed_code(number: int, *, expired: bool = False) -> Scanned:
    """A printed membership code."""
    signer = simulator_issuer()
    code = MembershipCode(
        issuer=issuer_of(signer.key_id),
        organisation=ORGANISATION,
        number=str(number).encode(),
        last_day=_LAST_DAY if expired else FOR_EVER,
    )
    return Scanned(data=write_membership_code(code, signer).encode())


def changing_code(number: int, unix_ms: int, *, screenshot: bool = False) -> Scanned:
    """The code that a member's page shows at this time, or showed a while ago."""
    window = CodeWindow()
    age_s = _SCREENSHOT_AGE_S if screenshot else 0
    step = window.step_at(unix_ms // 1000 - age_s)
    secret = Random(number).randbytes(32)
    code = draw_rotating_code(ORGANISATION, str(number).encode(), secret, step)
    return Scanned(data=code.encode())


def stripe_number(number: int) -> bytes:
    """What is on a loyalty stripe."""
    return f"{STRIPE.prefix}{number:06d}".encode()


def stripe(number: int) -> Scanned:
    """A loyalty stripe's track 2."""
    return Scanned(data=b";" + stripe_number(number) + b"?")


def bank_stripe() -> Scanned:
    """A bank card's track 2: number, a far year and month, service code 101."""
    return Scanned(data=f";{TEST_PAN}=99121010000000000?".encode())
