"""The tap of a DESFire card: who it is, in how few APDUs, and every way in which it can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.errors import ReaderError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.apdu import ResponseApdu
from gateway.readers.cards.desfire import desfire_profile
from gateway.readers.cards.desfire_layout import CardMembership
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile, ProfileResult
from gateway.readers.cards.keys import SharedCardKeys
from gateway.readers.cards.traits import CardKind, CardTraits, traits_of
from gateway.readers.drive import drive
from gateway.readers.errors import CardRemovedError
from gateway.readers.reader import CardTrouble
from simulators.card import CardFault, Type2NdefCard, Type4NdefCard, VirtualCard, WrongStatus
from simulators.cards.desfire_state import AesKey, DataFile, Generation

if TYPE_CHECKING:
    from tests.unit.readers.desfire.conftest import Bench, Hand

UID = bytes.fromhex("04a1b2c3d4e5f6")
ORGANISATION = b"ORGANISA"
TERMINAL, META = KeyPurpose.TERMINAL, KeyPurpose.SDM_META


def tap(
    bench: Bench,
    hand: Hand,
    *held: CardKeyName,
    organisation: bytes | None = ORGANISATION,
) -> ProfileResult:
    """What the profile makes of a card whose UID the reader shows as the card gives it."""
    shown = ResponseApdu.from_bytes(hand.card.transmit(bytes.fromhex("ffca000000"))).data
    profile = desfire_profile(bench.keys(*held), organisation, bench.random.randbytes)
    return hand.drive(profile.read(CardTraits(kind=CardKind.ISO_14443_4, uid=shown)))


def trouble_of(result: ProfileResult) -> CardTrouble:
    """Why a card could not be identified."""
    assert isinstance(result, CardProblem), result
    return result.trouble


@pytest.mark.parametrize(
    ("which", "instructions"),
    [
        (Generation.EV1, ["5a", "71", "aa", "af", "bd"]),
        (Generation.EV2, ["5a", "71", "af", "bd"]),
        (Generation.EV3, ["5a", "71", "af", "bd"]),
    ],
)
def test_a_tap_takes_the_fewest_commands(
    bench: Bench, which: Generation, instructions: list[str]
) -> None:
    """Select, authenticate, read: nothing else is sent, on any generation."""
    hand = bench.hold(bench.state(which))
    identity = tap(bench, hand, bench.name(TERMINAL))
    assert identity == CardIdentity(
        profile=CardProfile.DESFIRE, identity=UID, assurance=Assurance.AUTHENTICATED
    )
    assert hand.instructions == instructions


def test_nothing_is_remembered_between_taps(bench: Bench) -> None:
    """The second tap of an EV1 card says what the first one said, though its numbers are new."""
    first, second = (bench.hold(bench.state(Generation.EV1)) for _ in range(2))
    held = bench.name(TERMINAL)
    assert tap(bench, first, held) == tap(bench, second, held)
    assert first.instructions == second.instructions
    assert first.said[3] != second.said[3]


@pytest.mark.parametrize(
    ("which", "count"), [(Generation.EV1, 8), (Generation.EV2, 7), (Generation.EV3, 7)]
)
def test_a_random_uid_is_seen_through(bench: Bench, which: Generation, count: int) -> None:
    """A card that hides its UID is asked for it under the batch key, and keeps its identity."""
    hand = bench.hold(bench.state(which, random_uid=True))
    identity = tap(bench, hand, bench.name(TERMINAL), bench.name(META))
    assert isinstance(identity, CardIdentity)
    assert (identity.identity, identity.assurance) == (UID, Assurance.AUTHENTICATED)
    assert len(hand.said) == count


def test_a_random_uid_without_the_batch_key_names_nobody(bench: Bench) -> None:
    """The card's own key is made from its real UID, so the terminal can do nothing."""
    hand = bench.hold(bench.state(random_uid=True))
    assert trouble_of(tap(bench, hand, bench.name(TERMINAL))) is CardTrouble.RANDOM_UID
    assert hand.instructions == ["5a"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_old_key_version_is_asked_for(
    bench: Bench, generation: Generation, version: int
) -> None:
    """A terminal that holds two versions asks which one the card has, and never tries wrongly."""
    hand = bench.hold(bench.state(generation, version=version))
    identity = tap(bench, hand, bench.name(TERMINAL, 1), bench.name(TERMINAL, 2))
    assert isinstance(identity, CardIdentity)
    assert identity.assurance is Assurance.AUTHENTICATED
    assert hand.instructions[:2] == ["5a", "64"]
    assert all(answer[-4:] != "91ae" for _, answer in hand.said)


def test_a_version_that_is_not_held_is_no_wrong_try(bench: Bench) -> None:
    """A card of a later version is refused without an authentication."""
    state = bench.state()
    application = state.applications[0]
    newer = application.with_key(3, replace(application.keys[3], version=9))
    hand = bench.hold(state.with_application(newer))
    held = (bench.name(TERMINAL, 1), bench.name(TERMINAL, 2))
    assert trouble_of(tap(bench, hand, *held)) is CardTrouble.NOT_SUPPORTED
    assert hand.instructions == ["5a", "64"]


def test_a_wrong_key_is_not_genuine(bench: Bench, generation: Generation) -> None:
    """A card that holds another key refuses us, and its UID counts for nothing."""
    state = bench.state(generation)
    other = state.applications[0].with_key(3, AesKey(key=bytes(16), version=2))
    hand = bench.hold(state.with_application(other))
    assert trouble_of(tap(bench, hand, bench.name(TERMINAL))) is CardTrouble.NOT_GENUINE


def test_a_card_of_a_copied_uid_is_not_genuine(bench: Bench, generation: Generation) -> None:
    """A copy that shows another card's UID lacks the key that is made from it."""
    hand = bench.hold(replace(bench.state(generation), uid=bytes.fromhex("04000000000001")))
    assert trouble_of(tap(bench, hand, bench.name(TERMINAL))) is CardTrouble.NOT_GENUINE


def test_a_terminal_without_the_key_identifies_only(bench: Bench) -> None:
    """The same card keeps its name where nothing can be proved, and is worth a UID."""
    hand = bench.hold(bench.state())
    identity = tap(bench, hand, bench.name(META))
    assert isinstance(identity, CardIdentity)
    assert (identity.profile, identity.identity) == (CardProfile.DESFIRE, UID)
    assert identity.assurance is Assurance.IDENTIFIED


def test_another_organisations_card_is_refused(bench: Bench) -> None:
    """Same keys, other membership: a mistake in issuing, not a member."""
    other = CardMembership(organisation=b"SOMEBODY", number=bytes(16))
    hand = bench.hold(bench.state(membership=other))
    assert trouble_of(tap(bench, hand)) is CardTrouble.BAD_RECORD
    hand = bench.hold(bench.state(membership=other))
    assert isinstance(tap(bench, hand, organisation=None), CardIdentity)


def test_a_membership_of_a_later_version_is_refused(bench: Bench) -> None:
    """A file that this terminal does not know is not read as if it did."""
    state = bench.state()
    application = state.applications[0]
    file = application.files[0]
    assert isinstance(file, DataFile)
    later = replace(file, content=b"\x02" + file.content[1:])
    hand = bench.hold(state.with_application(application.with_file(later)))
    assert trouble_of(tap(bench, hand)) is CardTrouble.BAD_RECORD


@pytest.mark.parametrize(
    "card",
    [
        Type4NdefCard(UID, b""),
        Type2NdefCard(UID, b""),
    ],
    ids=["type4", "type2"],
)
def test_cards_without_our_application_fall_through(bench: Bench, card: VirtualCard) -> None:
    """One command tells; the next profile is tried."""
    profile = desfire_profile(bench.keys(), ORGANISATION, bench.random.randbytes)
    result = drive(profile.read(traits_of(card.atr, UID)), card.transmit)
    assert isinstance(result, OtherProfile)


def test_a_desfire_of_somebody_else_falls_through(bench: Bench) -> None:
    """A new card, and one with other applications, are not ours."""
    hand = bench.hold(replace(bench.state(), applications=()))
    assert isinstance(tap(bench, hand), OtherProfile)
    assert hand.instructions == ["5a"]


def test_only_cards_that_take_apdus_are_asked(bench: Bench) -> None:
    """A memory card is never sent a native command."""
    profile = desfire_profile(bench.keys(), ORGANISATION, bench.random.randbytes)
    assert profile.accepts(CardTraits(kind=CardKind.ISO_14443_4))
    assert not profile.accepts(CardTraits(kind=CardKind.STORAGE))


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
def test_a_card_torn_away_at_any_command_reads_well_at_the_next_tap(
    bench: Bench, generation: Generation, fault: CardFault
) -> None:
    """A tap changes nothing on the card, wherever it is cut."""
    commands = 5 if generation is Generation.EV1 else 4
    for at in range(commands):
        hand = bench.hold(bench.state(generation), {at + 1: fault})
        with pytest.raises(CardRemovedError):
            tap(bench, hand, bench.name(TERMINAL))
        hand.card.power_on()
        assert isinstance(tap(bench, hand, bench.name(TERMINAL)), CardIdentity)


@pytest.mark.parametrize("at", range(1, 5))
@pytest.mark.parametrize("status", [0x9100, 0x91AF, 0x911C, 0x91AE, 0x91EE, 0x6E00, 0x0000, 0x61FF])
def test_any_status_at_any_command_ends_as_a_value(bench: Bench, at: int, status: int) -> None:
    """No answer without its proof identifies anybody; none escapes or goes on for ever."""
    hand = bench.hold(bench.state(), {at: WrongStatus(status=status)})
    result = tap(bench, hand, bench.name(TERMINAL))
    assert isinstance(result, OtherProfile if at == 1 and status != 0x9100 else CardProblem) or (
        # A faked OK to the selection leaves the card itself selected, which refuses the rest;
        # a faked 1C leads to EV1's authentication, which EV3 speaks as well.
        at == 2 and status == 0x911C and isinstance(result, CardIdentity)
    )
    assert len(hand.said) <= 64


def test_a_conversation_that_was_given_up_is_no_hindrance(
    bench: Bench, generation: Generation
) -> None:
    """A card left waiting for a frame says so once, and is asked again."""
    hand = bench.hold(bench.state(generation))
    hand.transmit(bytes.fromhex("905a000003f54d4800"))
    hand.transmit(bytes.fromhex("90aa0000010300"))
    assert isinstance(tap(bench, hand, bench.name(TERMINAL)), CardIdentity)


@settings(max_examples=200)
@given(data=st.data(), which=st.sampled_from(Generation))
def test_one_garbled_answer_never_makes_somebody_else(
    data: st.DataObject, which: Generation, request: pytest.FixtureRequest
) -> None:
    """Whatever is done to an answer, the card is itself or nobody, and no fault escapes."""
    bench: Bench = request.getfixturevalue("bench")
    hand = bench.hold(bench.state(which, version=1))
    hand.garble = data.draw(bench.garbles())
    try:
        result = tap(bench, hand)
    except CardRemovedError:
        return
    if isinstance(result, CardIdentity):
        assert (result.identity, result.assurance) == (UID, Assurance.AUTHENTICATED)


ANSWERS = st.lists(
    st.one_of(
        st.binary(max_size=70),
        st.builds(
            lambda data, status: data + b"\x91" + bytes((status,)),
            st.one_of(st.binary(max_size=60), st.sampled_from([bytes(16), bytes(32)])),
            st.sampled_from([0x00, 0x00, 0xAF, 0xAF, 0x1C, 0xAE, 0x40]),
        ),
    ),
    max_size=12,
)
MASTERS = {CardKeyName(purpose=one, version=v): bytes(16) for one in KeyPurpose for v in (1, 2)}


@settings(max_examples=300)
@given(
    answers=ANSWERS, uid=st.one_of(st.none(), st.binary(max_size=10)), last=st.binary(max_size=6)
)
def test_malformed_answers_end_as_a_value_or_a_named_error(
    answers: list[bytes], uid: bytes | None, last: bytes
) -> None:
    """Whatever a card says, it is refused in a bounded number of commands and nothing else."""
    keys = SharedCardKeys(organisation=ORGANISATION, masters=MASTERS)
    profile = desfire_profile(keys, ORGANISATION, bytes)
    told = iter(answers)
    count = 0

    def transmit(_command: bytes) -> bytes:
        nonlocal count
        count += 1
        return next(told, last)

    try:
        result = drive(profile.read(CardTraits(kind=CardKind.ISO_14443_4, uid=uid)), transmit)
    except ReaderError:
        pass
    else:
        assert isinstance(result, CardProblem | OtherProfile)
    assert count < 150
