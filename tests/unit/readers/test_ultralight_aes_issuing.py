"""Issuing an Ultralight AES: the order, a card torn away anywhere, and what is refused."""

from __future__ import annotations

import pytest

from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.ultralight_aes_issuing import issue_ultralight_aes
from gateway.readers.cards.ultralight_aes_layout import (
    ACCESS_PAGE,
    CONFIG,
    CONFIG_PAGE,
    DATA_KEY_PAGE,
    KEY_LOCK_PAGE,
    MARKER_PAGE,
    UID_KEY_PAGE,
)
from gateway.readers.cards.writing import WriteDone, WriteOutcome, WriteRefused, WriteUnknown
from gateway.readers.drive import drive
from gateway.readers.native import FrameStyle
from simulators.card import (
    CardFault,
    CardTornError,
    FaultyCard,
    UidCard,
    VirtualCard,
    WrongStatus,
)
from simulators.cards.layer3 import ACK, Said
from simulators.cards.ultralight_aes import (
    UltralightAesCard,
    blank_ultralight_aes,
    issued_ultralight_aes,
)
from simulators.given.small_cards import UID, data_key, issue_of, random_from, read_card

#: What issuing a blank card sends over a reader with transparent sessions.
APDUS = 27


def blank() -> UltralightAesCard:
    """A card as the maker sells it."""
    return UltralightAesCard(blank_ultralight_aes(UID), random_from("blank"))


def issue(card: VirtualCard, style: FrameStyle = FrameStyle.TRANSPARENT) -> WriteOutcome:
    """Issue a card at the desk."""
    card.power_on()
    return drive(issue_ultralight_aes(issue_of(), style, random_from("desk")), card.transmit)


@pytest.mark.parametrize("style", [FrameStyle.TRANSPARENT, FrameStyle.ACR122])
def test_an_issued_card_is_locked_and_is_taken_by_a_terminal(style: FrameStyle) -> None:
    """Every page is as the layout says, and the next tap authenticates it."""
    card = blank()
    assert issue(card, style) == WriteDone()
    wanted = issue_of()
    assert card.state == issued_ultralight_aes(UID, wanted.marker, wanted.data_key, wanted.uid_key)
    assert isinstance(read_card(card, style).outcome, CardIdentity)


def test_nothing_of_an_issued_card_can_be_written_again() -> None:
    """Neither with the key nor without it: settings and both keys are locked for good."""
    card = blank()
    issue(card)
    before = card.state
    for page in (CONFIG_PAGE, ACCESS_PAGE, KEY_LOCK_PAGE, DATA_KEY_PAGE, UID_KEY_PAGE, MARKER_PAGE):
        card.power_on()
        assert card.send(bytes((0xA2, page)) + bytes(4)) != ACK
    assert card.state == before


def test_issuing_sends_what_is_pinned() -> None:
    """The tearing test below walks every one of these commands."""
    card = FaultyCard(blank(), {})
    assert issue(card) == WriteDone()
    assert card.command_count == APDUS


@pytest.mark.parametrize("fault", [CardFault.TEAR_BEFORE, CardFault.TEAR_AFTER])
@pytest.mark.parametrize("at", range(APDUS))
def test_a_card_torn_away_anywhere_is_finished_at_the_next_try(at: int, fault: CardFault) -> None:
    """No point of the way bricks a card or leaves it half locked."""
    card = blank()
    with pytest.raises(CardTornError):
        issue(FaultyCard(card, {at: fault}))
    assert issue(card) == WriteDone()
    assert card.state.failures == 0
    assert isinstance(read_card(card).outcome, CardIdentity)


#: The commands whose answer decides nothing: the switch to layer 3, and the session's end. A lost
#: READ of page 29 is tried again.
INDIFFERENT = {0, 15, APDUS - 1}


@pytest.mark.parametrize("at", range(APDUS))
def test_a_refused_command_is_unknown_and_the_next_try_finishes(at: int) -> None:
    """The desk reads the card again rather than guess what of it is there."""
    card = blank()
    outcome = issue(FaultyCard(card, {at: WrongStatus(status=0x6300)}))
    assert isinstance(outcome, WriteDone if at in INDIFFERENT else WriteUnknown)
    assert issue(card) == WriteDone()


def test_a_card_that_is_no_ultralight_aes_is_refused() -> None:
    """It has no page 29, or the reader reads no memory cards."""
    assert isinstance(issue(UidCard(UID)), WriteRefused)


class Unlocking(UltralightAesCard):
    """A chip that acknowledges its locks and does not keep them."""

    def answer(self, frame: bytes) -> Said:
        """Answer, and forget what page 2D was written."""
        said = super().answer(frame)
        self.state = self.state.with_page(KEY_LOCK_PAGE, bytes(4))
        return said


def test_a_chip_that_does_not_keep_its_locks_is_found_out() -> None:
    """Everything is read back under MAC before a card counts as issued."""
    card = Unlocking(blank_ultralight_aes(UID), random_from("blank"))
    outcome = issue(card)
    assert isinstance(outcome, WriteUnknown)
    assert "keys are not locked" in outcome.detail


def test_issuing_twice_changes_nothing() -> None:
    """A card that is already as it should be is read and left alone."""
    card = blank()
    issue(card)
    before = card.state
    assert issue(card) == WriteDone()
    assert card.state == before


def test_somebody_elses_protected_card_is_refused_untouched() -> None:
    """Its settings are not ours, so no key of ours is tried on it."""
    card = blank()
    card.state = card.state.with_page(CONFIG_PAGE, bytes((0, 0, 0, 0x10)))
    before = card.state
    assert isinstance(issue(card), WriteRefused)
    assert card.state == before


def test_a_card_with_our_settings_and_another_key_is_not_locked() -> None:
    """One failed authentication, and no write."""
    card = blank()
    card.state = card.state.with_page(CONFIG_PAGE, CONFIG).with_page(ACCESS_PAGE, bytes(4))
    outcome = issue(card)
    assert isinstance(outcome, WriteUnknown)
    assert "UID key" in outcome.detail
    assert card.state.page(KEY_LOCK_PAGE) == bytes(4)


def test_a_reader_without_frames_leaves_the_card_to_be_finished() -> None:
    """What a plain reader could write is there; the locks wait for a reader with frames."""
    card = blank()
    assert isinstance(issue(card, FrameStyle.NONE), WriteUnknown)
    assert issue(card) == WriteDone()


def test_keys_are_not_shown_by_the_order() -> None:
    """An order that is logged by accident shows no key."""
    shown = repr(issue_of())
    assert data_key().hex() not in shown
    assert "key=" not in shown.replace("key_version", "")
