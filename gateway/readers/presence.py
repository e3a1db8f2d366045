"""Which card is in front of which reader, and what there is to say about it. Pure.

Theory of operation. A backend reports what its device shows (service lost, which readers there
are, card present, card absent, card swapped) and how conversations ended; it gets back actions:
events to emit and conversations to begin. Time comes in with every call, in monotonic
milliseconds; ``next_due_ms`` says when ``tick`` must be called at the latest.

Rules, each of which some reader library was found to break:

- One conversation at a time per reader. A card that leaves in mid-conversation is dealt with when
  the conversation ends or is given up; what came after it is not lost.
- A conversation past its deadline is abandoned, because a hung card blocks the driver's call for
  ever. Its late result is ignored. With ``ABANDONED_MAX`` of them hanging, none is begun until
  one returns, and the readers are reported lost.
- The same card within ``debounce_ms`` of having left is the same tap. Its flicker is not told,
  nor is a failed reading of a card on its way out.
- A card torn away too soon is read again once while the driver still shows it, before the
  customer is told. As long as the driver goes on showing it, it is looked at again, ever less
  often: a customer who does as told may be back before the driver has seen anybody leave.
- Once after each tap the UID is read again: a quick swap raises no event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.model.card import Tap
from gateway.readers.actions import Action, Begin, Emit, Ended, Failed
from gateway.readers.cards.dialogue import CardIdentity, CardProblem
from gateway.readers.cards.selection import CardReading
from gateway.readers.cards.uid import is_random
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings

ABANDONED_MAX: Final = 8
RETRY_AFTER_MS: Final = 250
#: Attempts before the customer is told; later ones only look whether a card can be read after all.
ATTEMPTS_MAX: Final = 2
RETRY_AFTER_MAX_MS: Final = 4_000


@dataclass(slots=True, kw_only=True)
class _Slot:
    """One reader. ``left`` and ``present`` tell what happened since the conversation began."""

    reader: str
    present: bool = False
    left: bool = False
    conversation: int | None = None
    uid_only: bool = False
    deadline_ms: int = 0
    again_at_ms: int | None = None
    again_uid_only: bool = False
    attempts: int = 0
    untold: CardProblem | None = None
    uid: bytes | None = None
    identity: CardIdentity | None = None
    owes_gone: bool = False
    last_identity: CardIdentity | None = None
    last_left_ms: int = 0


class Presence:
    """The cards and readers of one backend. Not thread-safe: one owner calls it."""

    def __init__(self, settings: ReaderSettings) -> None:
        self._settings = settings
        self._slots: dict[str, _Slot] = {}
        self._abandoned: set[int] = set()
        self._counter = 0
        self._lane_state: ReaderState | None = None

    @property
    def abandoned_count(self) -> int:
        """Conversations that were given up and have not returned yet."""
        return len(self._abandoned)

    @property
    def next_due_ms(self) -> int | None:
        """When ``tick`` must be called, or None while nothing is pending."""
        return min((due for slot in self._slots.values() for due in _due(slot)), default=None)

    def service_lost(self, detail: str) -> list[Action]:
        """The driver's daemon is not there; every reader went with it."""
        actions = [action for slot in self._slots.values() for action in self._drop(slot)]
        self._slots.clear()
        if self._lane_state is not ReaderState.SERVICE_LOST:
            actions.append(self._say(self._settings.lane, ReaderState.SERVICE_LOST, detail))
        self._lane_state = ReaderState.SERVICE_LOST
        return actions

    def readers_are(self, matching: tuple[str, ...], others: tuple[str, ...]) -> list[Action]:
        """The daemon is there, with these readers of ours and those of others."""
        actions: list[Action] = []
        for name in [name for name in self._slots if name not in matching]:
            actions.extend(self._drop(self._slots.pop(name)))
            actions.append(self._say(name, ReaderState.READER_LOST, "the reader was unplugged"))
            self._lane_state = ReaderState.READER_LOST
        for name in matching:
            if name not in self._slots:
                self._slots[name] = _Slot(reader=name)
                actions.append(self._ready_or_stuck(name))
                self._lane_state = ReaderState.READY
        if not matching and self._lane_state is not ReaderState.READER_LOST:
            detail = f"no reader matches; there is {', '.join(others) or 'none at all'}"
            actions.append(self._say(self._settings.lane, ReaderState.READER_LOST, detail))
            self._lane_state = ReaderState.READER_LOST
        return actions

    def card_present(self, reader: str, now_ms: int) -> list[Action]:
        """A card came into the field of an empty reader."""
        slot = self._slots.get(reader)
        if slot is None or slot.present:
            return []
        slot.present = True
        return self._begin_fresh(slot, now_ms)

    def card_absent(self, reader: str, now_ms: int) -> list[Action]:
        """The card left."""
        slot = self._slots.get(reader)
        if slot is None or not slot.present:
            return []
        slot.present = False
        slot.left = True
        return [] if slot.conversation is not None else self._leave(slot, now_ms)

    def card_swapped(self, reader: str, now_ms: int) -> list[Action]:
        """The driver's event counter shows that the card left and one came, unseen."""
        return [*self.card_absent(reader, now_ms), *self.card_present(reader, now_ms)]

    def ended(self, ended: Ended, now_ms: int) -> list[Action]:
        """A conversation returned, perhaps long after it was given up."""
        if ended.conversation in self._abandoned:
            return self._returned(ended.conversation, now_ms)
        slot = self._slot_of(ended.conversation)
        return [] if slot is None else self._settle(slot, ended.result, ended.unix_ms, now_ms)

    def tick(self, now_ms: int) -> list[Action]:
        """Give up what is overdue; begin what is due."""
        actions: list[Action] = []
        for slot in self._slots.values():
            if slot.conversation is not None and slot.deadline_ms <= now_ms:
                actions.extend(self._abandon(slot, now_ms))
            elif slot.again_at_ms is not None and slot.again_at_ms <= now_ms:
                actions.extend(self._begin(slot, now_ms, uid_only=slot.again_uid_only))
        return actions

    def give_up(self, conversation: int, now_ms: int) -> list[Action]:
        """Abandon a conversation before its deadline, where the backend knows that it hangs."""
        slot = self._slot_of(conversation)
        return [] if slot is None else self._abandon(slot, now_ms)

    # Conversations.

    def _begin_fresh(self, slot: _Slot, now_ms: int) -> list[Action]:
        if slot.conversation is not None:
            return []
        slot.left = False
        slot.attempts = 0
        return self._begin(slot, now_ms, uid_only=False)

    def _begin(self, slot: _Slot, now_ms: int, *, uid_only: bool) -> list[Action]:
        slot.again_at_ms = None
        slot.untold = None
        if len(self._abandoned) >= ABANDONED_MAX:
            return []
        self._counter += 1
        slot.conversation = self._counter
        slot.uid_only = uid_only
        slot.attempts += 1
        slot.deadline_ms = now_ms + self._settings.answer_timeout_ms
        return [Begin(conversation=self._counter, reader=slot.reader, uid_only=uid_only)]

    def _settle(
        self, slot: _Slot, result: CardReading | Failed, unix_ms: int, now_ms: int
    ) -> list[Action]:
        slot.conversation = None
        if slot.uid_only:
            actions = self._judge_recheck(slot, result, now_ms)
        elif isinstance(result, Failed) and self._try_again(slot, result, now_ms):
            return []
        elif isinstance(result, Failed):
            # What has been told once stays on the screen; only a departure makes it news again.
            actions = [] if slot.owes_gone else self._complain(slot, result.problem, now_ms)
            self._look_again_later(slot, result, now_ms)
        elif isinstance(result.outcome, CardProblem):
            actions = self._complain(slot, result.outcome, now_ms)
        else:
            actions = self._announce(slot, result.outcome, result.uid, unix_ms, now_ms)
        return [*actions, *self._catch_up(slot, now_ms)]

    def _catch_up(self, slot: _Slot, now_ms: int) -> list[Action]:
        """Deal with what happened in front of the reader during the conversation."""
        if not slot.left:
            return []
        actions = self._leave(slot, now_ms)
        if slot.present:
            actions.extend(self._begin_fresh(slot, now_ms))
        return actions

    def _try_again(self, slot: _Slot, failed: Failed, now_ms: int) -> bool:
        if not failed.passing or slot.left or slot.attempts >= ATTEMPTS_MAX:
            return False
        slot.again_at_ms = now_ms + RETRY_AFTER_MS
        slot.again_uid_only = slot.uid_only
        slot.untold = None if slot.uid_only else failed.problem
        return True

    def _look_again_later(self, slot: _Slot, failed: Failed, now_ms: int) -> None:
        """Plan another look at what the driver still shows, though its card was torn away."""
        if not failed.passing or slot.left:
            return
        doublings = min(slot.attempts - 1, 8)
        slot.again_at_ms = now_ms + min(RETRY_AFTER_MS << doublings, RETRY_AFTER_MAX_MS)
        slot.again_uid_only = False

    def _judge_recheck(
        self, slot: _Slot, result: CardReading | Failed, now_ms: int
    ) -> list[Action]:
        if slot.left:
            return []
        if isinstance(result, Failed):
            self._try_again(slot, result, now_ms)
            return []
        if result.uid == slot.uid:
            return []
        actions = self._leave(slot, now_ms)
        return [*actions, *self._begin_fresh(slot, now_ms)]

    def _abandon(self, slot: _Slot, now_ms: int) -> list[Action]:
        assert slot.conversation is not None
        self._abandoned.add(slot.conversation)
        problem = CardProblem(
            trouble=CardTrouble.NO_ANSWER,
            detail=f"the card did not answer within {self._settings.answer_timeout_ms} ms",
        )
        failed = Failed(problem=problem, passing=False)
        actions = self._settle(slot, failed, 0, now_ms)
        if len(self._abandoned) == ABANDONED_MAX:
            actions.extend(self._ready_or_stuck(name) for name in self._slots)
        return actions

    def _returned(self, conversation: int, now_ms: int) -> list[Action]:
        was_stuck = len(self._abandoned) >= ABANDONED_MAX
        self._abandoned.discard(conversation)
        if not was_stuck:
            return []
        actions: list[Action] = [self._ready_or_stuck(name) for name in self._slots]
        for slot in self._slots.values():
            if slot.present and slot.identity is None and not slot.owes_gone:
                actions.extend(self._begin_fresh(slot, now_ms))
        return actions

    def _slot_of(self, conversation: int) -> _Slot | None:
        found = (one for one in self._slots.values() if one.conversation == conversation)
        return next(found, None)

    # What there is to say.

    def _announce(
        self, slot: _Slot, identity: CardIdentity, uid: bytes | None, unix_ms: int, now_ms: int
    ) -> list[Action]:
        slot.uid = uid
        slot.identity = identity
        self._plan_recheck(slot, now_ms)
        last = slot.last_identity
        if last is not None and _same(last, identity) and self._is_recent(slot, now_ms):
            return []
        # A card that could not be read may have made way for this one unseen.
        actions = list(_gone(slot))
        slot.owes_gone = True
        return [*actions, Emit(event=CardSeen(tap=_tap(slot.reader, identity, unix_ms)))]

    def _complain(self, slot: _Slot, problem: CardProblem, now_ms: int) -> list[Action]:
        if problem.trouble is CardTrouble.REMOVED_EARLY and self._is_recent(slot, now_ms):
            return []
        slot.owes_gone = True
        return [Emit(event=_unreadable(slot.reader, problem))]

    def _is_recent(self, slot: _Slot, now_ms: int) -> bool:
        """Whether a card that was read has only just left."""
        since_ms = now_ms - slot.last_left_ms
        return slot.last_identity is not None and since_ms <= self._settings.debounce_ms

    def _plan_recheck(self, slot: _Slot, now_ms: int) -> None:
        after_ms = self._settings.recheck_after_ms
        if slot.left or after_ms == 0 or slot.uid is None or is_random(slot.uid):
            return
        slot.attempts = 0
        slot.again_at_ms = now_ms + after_ms
        slot.again_uid_only = True

    def _leave(self, slot: _Slot, now_ms: int) -> list[Action]:
        # A card that left while it was to be read again has not been complained about yet.
        actions = [] if slot.untold is None else self._complain(slot, slot.untold, now_ms)
        slot.untold = None
        slot.left = False
        slot.again_at_ms = None
        if slot.identity is not None:
            slot.last_identity = slot.identity
            slot.last_left_ms = now_ms
        slot.identity = None
        slot.uid = None
        return [*actions, *_gone(slot)]

    def _drop(self, slot: _Slot) -> list[Action]:
        # The worker will return by itself once the daemon or the reader fails its call.
        if slot.conversation is not None:
            self._abandoned.add(slot.conversation)
        return list(_gone(slot))

    def _ready_or_stuck(self, reader: str) -> Emit:
        if len(self._abandoned) < ABANDONED_MAX:
            return self._say(reader, ReaderState.READY, "")
        detail = f"{len(self._abandoned)} conversations with cards hang; replug the reader"
        return self._say(reader, ReaderState.READER_LOST, detail)

    @staticmethod
    def _say(reader: str, state: ReaderState, detail: str) -> Emit:
        return Emit(event=ReaderStateChanged(reader=reader, state=state, detail=detail))


def _due(slot: _Slot) -> Iterator[int]:
    if slot.conversation is not None:
        yield slot.deadline_ms
    elif slot.again_at_ms is not None:
        yield slot.again_at_ms


def _gone(slot: _Slot) -> Iterator[Action]:
    if slot.owes_gone:
        slot.owes_gone = False
        yield Emit(event=CardGone(reader=slot.reader))


def _same(one: CardIdentity, other: CardIdentity) -> bool:
    # Counter and proof differ between two readings of the same card.
    return (one.profile, one.identity) == (other.profile, other.identity)


def _unreadable(reader: str, problem: CardProblem) -> CardUnreadable:
    return CardUnreadable(reader=reader, trouble=problem.trouble, detail=problem.detail)


def _tap(reader: str, identity: CardIdentity, unix_ms: int) -> Tap:
    return Tap(
        reader=reader,
        profile=identity.profile,
        identity=identity.identity,
        assurance=identity.assurance,
        seen_at_ms=unix_ms,
        counter=identity.counter,
        proof=identity.proof,
    )
