"""Cards whose answers are spoiled on the issuing desk: ten thousand a kind and a job in soaks.

Whatever comes, a dialogue ends or fails by a name, within a bounded number of commands; and the
card can still be made what it was to be, by its keys and without another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from random import Random
from typing import Final

import pytest

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.errors import ReaderError
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.kinds import DeskKit, personaliser_for
from gateway.issuing.personaliser import CardCheck, CardOrder, Personaliser, SeenCard
from gateway.issuing.protocol import Issuing, drive_issuing
from gateway.model.card import CardProfile
from gateway.readers.cards.keys import StoredCardKeys
from gateway.readers.cards.traits import traits_of
from gateway.readers.native import FrameStyle
from simulators.card import Type2NdefCard, Type4NdefCard, VirtualCard
from simulators.cards.desfire import VirtualDesfire
from simulators.cards.desfire_state import DesfireState, Generation
from simulators.cards.ntag424 import Ntag424Card
from simulators.cards.ntag424_state import Ntag424State
from simulators.cards.ultralight_aes import UltralightAesCard, blank_ultralight_aes
from simulators.given.spoiled_card import SpoiledCard, spoil_many
from simulators.memory_keys import MemoryKeyStore

#: A hundred seconds a case on a slow machine, with the full count.
pytestmark = pytest.mark.timeout(600)

ROUNDS: Final = 10_000 if os.environ.get("MOHR_SOAK") else 30
#: Making a card takes some fifty commands; each of them may be led on through 61xx until it is
#: given up, but the first that is ends the dialogue. Whoever sends more than this hangs.
COMMANDS_MAX: Final = 500
ORGANISATION: Final = b"ORGANISA"
UID: Final = bytes.fromhex("04a1b2c3d4e5f6")
KEYS: Final = StoredCardKeys(
    organisation=ORGANISATION, store=MemoryKeyStore.from_seed(6, versions=2)
)
ISSUER: Final = FileSigner.generate(Algorithm.ED25519)
NUMBER: Final = "00000042"
FIRST: Final = CardOrder(version=1, number=NUMBER)
SECOND: Final = CardOrder(version=2, number=NUMBER, old_version=1)

Job = Callable[[Personaliser, SeenCard], Issuing[object]]

NEW_CARDS: Final[dict[str, tuple[CardProfile, Callable[[], VirtualCard]]]] = {
    "ntag424": (CardProfile.NTAG424, lambda: Ntag424Card(Ntag424State(uid=UID))),
    "desfire ev1": (
        CardProfile.DESFIRE,
        lambda: VirtualDesfire(DesfireState(uid=UID, generation=Generation.EV1)),
    ),
    "desfire ev3": (CardProfile.DESFIRE, lambda: VirtualDesfire(DesfireState(uid=UID))),
    "ultralight aes": (
        CardProfile.ULTRALIGHT_AES,
        lambda: UltralightAesCard(blank_ultralight_aes(UID), Random(7).randbytes),
    ),
    "type 2 tag": (CardProfile.NDEF, lambda: Type2NdefCard(UID, b"")),
    "type 4 tag": (CardProfile.NDEF, lambda: Type4NdefCard(UID, b"", file_bytes=256)),
}


def _desk(profile: CardProfile, dice: Random) -> Personaliser:
    kit = DeskKit(
        keys=KEYS,
        organisation=ORGANISATION,
        address="https://mohr.invalid/t",
        random_bytes=dice.randbytes,
        issuer=ISSUER,
    )
    return personaliser_for(profile, kit)


def _see(desk: Personaliser, seen: SeenCard) -> Issuing[object]:
    return desk.see(seen.traits)


def _make(desk: Personaliser, seen: SeenCard) -> Issuing[object]:
    return desk.make(seen, FIRST)


def _rekey(desk: Personaliser, seen: SeenCard) -> Issuing[object]:
    return desk.make(seen, SECOND)


def _wipe(desk: Personaliser, seen: SeenCard) -> Issuing[object]:
    return desk.wipe(seen, 1)


def _check(desk: Personaliser, seen: SeenCard) -> Issuing[object]:
    return desk.check(seen, 1)


#: What the desk does to a card: from a new one or an issued one, and what leaves it whole again.
JOBS: Final[Mapping[str, tuple[bool, Job, tuple[Job, ...]]]] = {
    "see": (True, _see, ()),
    "check": (True, _check, ()),
    "issue": (False, _make, (_make,)),
    "rekey": (True, _rekey, (_rekey, _wipe, _make)),
    "wipe": (True, _wipe, (_wipe, _make)),
}
#: Tags and an Ultralight AES are recognised without a command; the latter keeps its keys for good.
_SEEN_BY_COMMANDS: Final = frozenset({CardProfile.NTAG424, CardProfile.DESFIRE})
CASES: Final = [
    (kind, job)
    for kind, (profile, _new) in NEW_CARDS.items()
    for job in JOBS
    if (job != "see" or profile in _SEEN_BY_COMMANDS)
    and (job not in {"rekey", "wipe"} or profile is not CardProfile.ULTRALIGHT_AES)
]


def _run(card: VirtualCard, dialogue: Issuing[object]) -> object:
    card.power_on()
    return drive_issuing(dialogue, card.transmit, lambda _note: None)


def _spoiled(card: SpoiledCard, dialogue: Issuing[object]) -> str:
    try:
        _run(card, dialogue)
    except (IssuingError, ReaderError) as error:
        return type(error).__name__
    return "done"


def _mend(card: VirtualCard, desk: Personaliser, seen: SeenCard, jobs: tuple[Job, ...]) -> None:
    """Present the card again; a wipe may find that nothing is left to do."""
    for job in jobs:
        try:
            _run(card, job(desk, seen))
        except WrongCardError:
            assert job is _wipe


@cache
def _begin(kind: str, *, issued: bool) -> tuple[VirtualCard, SeenCard]:
    """The card before a round, which copies it."""
    profile, new = NEW_CARDS[kind]
    desk, card = _desk(profile, Random(kind)), new()
    seen = _run(card, desk.see(traits_of(card.atr, UID, FrameStyle.TRANSPARENT)))
    assert isinstance(seen, SeenCard)
    if issued:
        _run(card, _make(desk, seen))
    return card, seen


def _round(kind: str, job: str, dice: Random) -> tuple[str, int]:
    profile, _new = NEW_CARDS[kind]
    desk = _desk(profile, dice)
    issued, dialogue, mending = JOBS[job]
    begun, seen = _begin(kind, issued=issued)
    inside = deepcopy(begun)
    card = SpoiledCard(inside, dice, COMMANDS_MAX)
    end = _spoiled(card, dialogue(desk, seen))
    _mend(inside, desk, seen, mending)
    check = _run(inside, _check(desk, seen))
    assert isinstance(check, CardCheck)
    assert check.number in {None, NUMBER}
    return end, card.spoiled_count


@pytest.mark.parametrize(("kind", "job"), CASES)
def test_no_spoiled_answer_spoils_a_card(kind: str, job: str) -> None:
    """Presented again it becomes a good card, though any answer was a lie the first time."""
    ends = spoil_many(f"{kind} {job}", ROUNDS, lambda dice: _round(kind, job, dice))
    assert len(ends) > 1
