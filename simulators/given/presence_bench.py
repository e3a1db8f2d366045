"""One reader whose cards come and go as a test says, and all that is said about them."""

from __future__ import annotations

from gateway.model.card import Assurance, CardProfile, Tap
from gateway.readers.actions import Action, Begin, Ended, Failed
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.cards.selection import CardReading
from gateway.readers.presence import Presence
from gateway.readers.reader import CardGone, CardSeen, CardTrouble, ReaderEvent
from gateway.readers.settings import ReaderSettings

LANE = "Lane 1"
SETTINGS = ReaderSettings(reader_name=LANE)
UID_A = bytes.fromhex("04000000000001")
UID_B = bytes.fromhex("04000000000002")
GONE = CardGone(reader=LANE)
TORN = Failed(problem=CardProblem(trouble=CardTrouble.REMOVED_EARLY, detail="torn"), passing=True)


class Bench:
    """A presence with one reader, a hand that moves time, and everything that was said."""

    def __init__(self, settings: ReaderSettings = SETTINGS) -> None:
        self.presence = Presence(settings)
        self.now_ms = 0
        self.begun: list[Begin] = []
        self.said: list[ReaderEvent] = []
        self.act(self.presence.readers_are((LANE,), ()))
        self.said.clear()

    def act(self, actions: list[Action]) -> None:
        """Take note of actions."""
        for action in actions:
            if isinstance(action, Begin):
                self.begun.append(action)
            else:
                self.said.append(action.event)

    def come(self) -> None:
        """A card comes."""
        self.act(self.presence.card_present(LANE, self.now_ms))

    def leave(self) -> None:
        """The card leaves."""
        self.act(self.presence.card_absent(LANE, self.now_ms))

    def swap(self) -> None:
        """The event counter shows that cards were exchanged."""
        self.act(self.presence.card_swapped(LANE, self.now_ms))

    def wait(self, step_ms: int) -> None:
        """Time passes."""
        self.now_ms += step_ms
        self.act(self.presence.tick(self.now_ms))

    def end(self, result: CardReading | Failed, conversation: int | None = None) -> None:
        """A conversation ends, the latest unless another is named."""
        number = self.begun[-1].conversation if conversation is None else conversation
        ended = Ended(conversation=number, result=result, unix_ms=1_000 + self.now_ms)
        self.act(self.presence.ended(ended, self.now_ms))

    def hear(self) -> list[ReaderEvent]:
        """What was said since the last time."""
        heard, self.said = self.said, []
        return heard


def reading(uid: bytes) -> CardReading:
    """A card that is named by its UID."""
    identity = CardIdentity(profile=CardProfile.UID, identity=uid, assurance=Assurance.IDENTIFIED)
    return CardReading(uid=uid, outcome=identity)


def problem(trouble: CardTrouble) -> CardReading:
    """A card that was read and cannot be identified."""
    return CardReading(uid=UID_A, outcome=CardProblem(trouble=trouble, detail="so"))


def seen(uid: bytes, at_ms: int = 0) -> CardSeen:
    """The event of a card named by its UID."""
    tap = Tap(
        reader=LANE,
        profile=CardProfile.UID,
        identity=uid,
        assurance=Assurance.IDENTIFIED,
        seen_at_ms=1_000 + at_ms,
    )
    return CardSeen(tap=tap)
