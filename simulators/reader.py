"""``SimReader``: the simulated card reader, a shipped backend like any other (``sim``).

It runs the same dialogues and keeps the same rules of presence as the PC/SC reader, in process,
without a thread: ``tap`` and ``remove`` deliver their events on the caller's thread before they
return, so a world with a simulated clock is deterministic.

It does not model: the driver's polling interval (a card is noticed at once), other programs that
share the reader, and a late result of a conversation that was given up. Commands take no time,
save those of a card that lets the clock run (``simulators.cards.timed``); several cards in the
field are a card that says so (``simulators.cards.named_states``). A silent card is given up at once
rather than after ``answer_timeout_ms``. Nothing is due by itself: call ``tick`` after moving the
clock to have a card rechecked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import RLock

from gateway.clock import Clock
from gateway.readers.actions import Action, Begin, Emit, Ended, Failed
from gateway.readers.cards.dialogue import CardProblem, ProfileReader
from gateway.readers.cards.selection import CardReading, identify, own_profiles, recheck
from gateway.readers.codes.scan_line import ScannedLine
from gateway.readers.codes.taps import Moment, ScanTaps
from gateway.readers.drive import drive
from gateway.readers.errors import CardRemovedError, ReaderUnavailableError, SeveralCardsError
from gateway.readers.presence import Presence
from gateway.readers.reader import CardTrouble, Reader, ReaderEvent
from gateway.readers.settings import ReaderSettings
from simulators.card import CardSilentError, CardTornError, VirtualCard

DEFAULT_NAME = "Simulated reader"


class SimReader(Reader):
    """A reader whose customer is a method call.

    Args:
        settings: as for any reader; ``reader_name`` becomes the reader's whole name.
        clock: gives each tap its time, and measures debouncing.
        profiles: the ordered profile list; None takes our own.
    """

    def __init__(
        self,
        settings: ReaderSettings,
        *,
        clock: Clock,
        profiles: Sequence[ProfileReader] | None = None,
    ) -> None:
        self.name = settings.reader_name or DEFAULT_NAME
        self._clock = clock
        self._profiles = (
            own_profiles(settings.organisation, legacy_classic=settings.legacy_classic)
            if profiles is None
            else profiles
        )
        self._presence = Presence(settings)
        self._answer_timeout_ms = settings.answer_timeout_ms
        self._scans = ScanTaps(
            self.name,
            settings.codes,
            organisation=settings.organisation,
            debounce_ms=settings.debounce_ms,
        )
        self._lock = RLock()
        self._actions: deque[Action] = deque()
        self._acting = False
        self._on_event: Callable[[ReaderEvent], None] | None = None
        self._card: VirtualCard | None = None
        self._hung: int | None = None

    @classmethod
    def present_readers(cls) -> tuple[str, ...]:
        """There is always exactly one."""
        return (DEFAULT_NAME,)

    def start(self, on_event: Callable[[ReaderEvent], None]) -> None:
        """Begin; the reader is ready before this returns."""
        with self._lock:
            self._on_event = on_event
            self._act(self._presence.readers_are((self.name,), ()))

    def stop(self) -> None:
        """Stop; later taps raise."""
        with self._lock:
            self._on_event = None

    def tap(self, card: VirtualCard) -> None:
        """Put a card in front of the reader and leave it there; one that is there leaves first.

        Raises:
            ReaderUnavailableError: if the reader is not started, or stopped.
        """
        with self._lock:
            self.remove()
            self._card = card
            card.power_on()
            self._act(self._presence.card_present(self.name, self._now_ms()))

    def remove(self) -> None:
        """Take the card away, if one is there.

        Raises:
            ReaderUnavailableError: if the reader is not started, or stopped.
        """
        with self._lock:
            self._check_started()
            self.tick()
            self._card = None
            self._return_hung()
            self._act(self._presence.card_absent(self.name, self._now_ms()))

    def scan(self, data: bytes) -> None:
        """Scan a code or draw a stripe through, as a scanner beside the reader sends it.

        Raises:
            ReaderUnavailableError: if the reader is not started, or stopped.
        """
        with self._lock:
            self._check_started()
            now = Moment(unix_ms=self._clock.unix_ms(), monotonic_ms=self._now_ms())
            self._act([Emit(event=one) for one in self._scans.take([ScannedLine(data=data)], now)])

    def swap_unseen(self, card: VirtualCard) -> None:
        """Exchange the card so quickly that the driver tells nothing; a recheck may find it."""
        with self._lock:
            self._check_started()
            self._card = card
            card.power_on()

    def unplug(self) -> None:
        """Pull the reader's plug; a card in front of it is gone with it."""
        with self._lock:
            self._check_started()
            self._card = None
            self._act(self._presence.readers_are((), ()))
            self._return_hung()

    def plug(self) -> None:
        """Plug the reader in again."""
        with self._lock:
            self._check_started()
            self._act(self._presence.readers_are((self.name,), ()))

    def lose_service(self) -> None:
        """Let the driver's daemon die; ``plug`` brings it back."""
        with self._lock:
            self._check_started()
            self._card = None
            self._act(self._presence.service_lost("the simulated service was stopped"))
            self._return_hung()

    def tick(self) -> None:
        """Do what is due by the clock."""
        with self._lock:
            self._check_started()
            self._act(self._presence.tick(self._now_ms()))

    def _act(self, actions: Sequence[Action]) -> None:
        """Carry out actions in order, also when a listener taps the next card from its event."""
        self._actions.extend(actions)
        if self._acting:
            return
        self._acting = True
        try:
            while self._actions:
                self._act_once(self._actions.popleft())
        finally:
            self._acting = False

    def _act_once(self, action: Action) -> None:
        match action:
            case Emit(event=event):
                if self._on_event is not None:
                    self._on_event(event)
            case Begin():
                # What follows from the conversation comes before what was waiting behind it.
                self._actions.extendleft(reversed(self._converse(action)))

    def _converse(self, begin: Begin) -> list[Action]:
        try:
            result: CardReading | Failed = self._read(begin)
        except (CardTornError, CardRemovedError) as error:
            self._card = None
            problem = CardProblem(trouble=CardTrouble.REMOVED_EARLY, detail=str(error))
            result = Failed(problem=problem, passing=True)
            # The card is known to have left before its conversation ends, as in a real reader.
            left = self._presence.card_absent(self.name, self._now_ms())
            return [*left, *self._ended(begin.conversation, result)]
        except SeveralCardsError as error:
            problem = CardProblem(trouble=CardTrouble.SEVERAL_CARDS, detail=str(error))
            result = Failed(problem=problem, passing=False)
        except CardSilentError:
            self._hung = begin.conversation
            return self._presence.give_up(begin.conversation, self._now_ms())
        return self._ended(begin.conversation, result)

    def _read(self, begin: Begin) -> CardReading:
        card = self._card
        if card is None:
            raise CardRemovedError("the card left before it was read")
        deadline_ms = self._now_ms() + self._answer_timeout_ms

        def transmit(command: bytes) -> bytes:
            answer = card.transmit(command)
            if self._now_ms() >= deadline_ms:
                raise CardSilentError("the card took longer than it may")
            return answer

        if begin.uid_only:
            return drive(recheck(), transmit)
        return drive(identify(card.atr, self._profiles), transmit)

    def _return_hung(self) -> None:
        hung, self._hung = self._hung, None
        if hung is not None:
            problem = CardProblem(trouble=CardTrouble.NO_ANSWER, detail="the silent card left")
            self._act(self._ended(hung, Failed(problem=problem, passing=False)))

    def _ended(self, conversation: int, result: CardReading | Failed) -> list[Action]:
        ended = Ended(conversation=conversation, result=result, unix_ms=self._clock.unix_ms())
        return self._presence.ended(ended, self._now_ms())

    def _now_ms(self) -> int:
        return self._clock.monotonic_ms()

    def _check_started(self) -> None:
        if self._on_event is None:
            raise ReaderUnavailableError("the simulated reader is not running")
