"""When to send what: the terminal's own flow control above a pipe that loses, repeats and reorders.

Pure: time and randomness come in, ``Send`` orders come out, and the owner carries them out with the
journal and the link. Only a gateway's receipt moves anything forward. A PUBACK says that the broker
took a message over, not that anybody will ever read it (the broker may drop a full queue or lose it
with its power), so it only makes room for the next message.

A *message* is one publish: a single envelope, or a batch of up to 64 while the backlog is larger
than the window. At most ``window`` messages are unsettled at any time, and at most ``window`` await
their PUBACK. When no receipt comes in time, the outbox starts again from the first unsettled
transaction with a window of one message, waiting twice as long each time, so that a silent gateway
is asked and not flooded. The first receipt that moves forward opens the window again. That one
message is sent even while PUBACKs are missing: waiting for them would make the broker a judge of
progress.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.model.checks import check_int

#: The most that MQTT's default in-flight window lets a client have under way (messaging notes).
WINDOW_MAX: Final = 20
#: The most envelopes one batch message may hold (``gateway.wire.batch``).
BATCH_MAX: Final = 64

_BACKOFF_STEPS_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """The outbox's patience.

    Attributes:
        window: messages that may be unsettled at once, 1 to 20.
        batch: envelopes that one message of a backlog may hold, 1 to 64.
        resend_after_ms: how long to wait for a receipt before sending again.
        resend_max_ms: the longest wait that doubling leads to.
        resend_quiet_ms: a gateway's repeated request for the same seq is answered once in
            this time, because the broker may deliver it several times.

    Raises:
        ValueRangeError: if a setting is outside its range.
    """

    window: int = WINDOW_MAX
    batch: int = BATCH_MAX
    resend_after_ms: int = 10_000
    resend_max_ms: int = 300_000
    resend_quiet_ms: int = 1_000

    def __post_init__(self) -> None:
        check_int("window", self.window, 1, WINDOW_MAX)
        check_int("batch", self.batch, 1, BATCH_MAX)
        check_int("resend_after_ms", self.resend_after_ms, 1, 86_400_000)
        check_int("resend_max_ms", self.resend_max_ms, self.resend_after_ms, 86_400_000)
        check_int("resend_quiet_ms", self.resend_quiet_ms, 0, 86_400_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Publish one message: at most ``count`` envelopes from ``first_seq`` on.

    Answer with ``Outbox.sent``, or with ``Outbox.link_down`` where the link would not take it.
    """

    first_seq: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus:
    """How sending stands, for logs and the operator.

    Attributes:
        link_up: whether there is a connection.
        settled_seq: everything up to it is settled.
        newest_seq: the newest accepted transaction.
        unsettled_messages: messages sent that no receipt covers yet.
        attempt: how often in a row no receipt came in time; 0: the gateway answers.
    """

    link_up: bool
    settled_seq: int
    newest_seq: int
    unsettled_messages: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """The gateway's last request to send again, and until when its repetitions are ignored."""

    from_seq: int
    times: int
    quiet_until_ms: int


class Outbox:
    """Decides what to send next. One owner, one thread; no input and no output of its own."""

    def __init__(
        self,
        *,
        settled_seq: int,
        newest_seq: int,
        random: Callable[[], float],
        settings: OutboxSettings | None = None,
    ) -> None:
        """Begin with no connection.

        Args:
            settled_seq: the journal's watermark.
            newest_seq: the journal's newest seq; 0 for an empty journal.
            random: gives numbers from 0 up to and without 1, for jitter.
            settings: patience and window.
        """
        self._settings = settings or OutboxSettings()
        self._random = random
        self._settled = settled_seq
        self._newest = max(newest_seq, settled_seq)
        self._next = settled_seq + 1
        self._link_up = False
        #: Last seq of each unsettled message, rising, since each message begins after the last.
        self._unsettled: list[int] = []
        #: Last seq of each message that awaits its PUBACK, by message id.
        self._unacknowledged: dict[int, int] = {}
        self._attempt = 0
        self._resend_at_ms: int | None = None
        self._request: _Request | None = None

    @property
    def status(self) -> OutboxStatus:
        """How sending stands."""
        return OutboxStatus(
            link_up=self._link_up,
            settled_seq=self._settled,
            newest_seq=self._newest,
            unsettled_messages=len(self._unsettled),
            attempt=self._attempt,
        )

    @property
    def deadline_ms(self) -> int | None:
        """The monotonic time at which ``next_send`` should be asked again, if any."""
        return self._resend_at_ms

    def link_up(self) -> None:
        """There is a new connection. What the old one carried may be lost: start again.

        The back-off is kept: a link that flaps is no sign that the gateway answers.
        """
        self._link_up = True
        self._unacknowledged = {}
        self._start_again()

    def link_down(self) -> None:
        """The connection is gone, or would not take a message."""
        self._link_up = False
        self._unacknowledged = {}
        self._start_again()

    def accepted(self, newest_seq: int) -> None:
        """The journal accepted transactions; ``newest_seq`` is the newest."""
        self._newest = max(self._newest, newest_seq)

    def sent(self, *, last_seq: int, message_id: int, now_ms: int) -> None:
        """The link took the message of the last ``Send``.

        Args:
            last_seq: the last seq that the message covers. It may be lower than asked where
                the payload was full, or higher where the journal skipped rejected ones.
            message_id: what ``Link.publish`` returned.
            now_ms: monotonic milliseconds.
        """
        self._next = max(self._next, last_seq + 1)
        self._unsettled.append(self._next - 1)
        self._unacknowledged[message_id] = self._next - 1
        if self._resend_at_ms is None:
            self._resend_at_ms = now_ms + self._delay_ms()

    def nothing_to_send(self) -> None:
        """The journal holds nothing to send from the last ``Send`` on: all of it is rejected."""
        self._next = self._newest + 1

    def published(self, message_id: int) -> None:
        """The broker took a message over. Settles nothing; makes room for another message."""
        self._unacknowledged.pop(message_id, None)

    def settled(self, watermark: int, now_ms: int) -> None:
        """A verified receipt came. Give the receipt's own watermark, not the journal's.

        A receipt that moves nothing forward is ignored: it may be old, and proves nothing
        about what is under way.
        """
        watermark = min(watermark, self._newest)
        if watermark <= self._settled:
            return
        self._settled = watermark
        self._next = max(self._next, watermark + 1)
        self._unsettled = [last for last in self._unsettled if last > watermark]
        # What is settled was carried, whether the broker ever said so or not.
        self._unacknowledged = {
            message_id: last
            for message_id, last in self._unacknowledged.items()
            if last > watermark
        }
        self._attempt = 0
        self._request = None
        self._resend_at_ms = now_ms + self._delay_ms() if self._unsettled else None

    def resend_requested(self, from_seq: int, now_ms: int) -> None:
        """The gateway misses everything from ``from_seq`` on.

        It may ask for what it settled before: a gateway restored from its off-site copy knows
        less than its receipts said, and the archive is kept for exactly that. The same request
        over and over (the broker repeats it; an envelope that was rejected stands in the way) is
        obeyed less and less often.
        """
        if not 1 <= from_seq < self._next or from_seq > self._newest:
            return
        times = 0
        if self._request is not None and self._request.from_seq == from_seq:
            if now_ms < self._request.quiet_until_ms:
                return
            times = min(self._request.times + 1, _BACKOFF_STEPS_MAX)
        quiet_ms = min(self._settings.resend_quiet_ms << times, self._settings.resend_max_ms)
        self._request = _Request(from_seq=from_seq, times=times, quiet_until_ms=now_ms + quiet_ms)
        self._settled = min(self._settled, from_seq - 1)
        self._next = from_seq
        self._unsettled = [last for last in self._unsettled if last < from_seq]
        self._resend_at_ms = now_ms + self._delay_ms()

    def next_send(self, now_ms: int) -> Send | None:
        """Say what to publish now, or None. Ask again until it is None.

        Args:
            now_ms: monotonic milliseconds.
        """
        if not self._link_up or self._settled >= self._newest:
            return None
        if self._resend_at_ms is not None and now_ms >= self._resend_at_ms:
            self._attempt = min(self._attempt + 1, _BACKOFF_STEPS_MAX)
            self._start_again()
        backlog = self._newest - self._next + 1
        if backlog <= 0 or not self._has_room():
            # Whatever is waited for may never come, so something unsettled always has a clock.
            if self._resend_at_ms is None:
                self._resend_at_ms = now_ms + self._delay_ms()
            return None
        # Up to a window's worth goes one by one, so that a day's ordinary sales are each settled
        # as soon as they are read; beyond it, batches carry a backlog away.
        count = min(backlog, self._settings.batch) if backlog > self._settings.window else 1
        return Send(first_seq=self._next, count=count)

    def _has_room(self) -> bool:
        if self._attempt:
            return not self._unsettled
        window = self._settings.window
        return len(self._unsettled) < window and len(self._unacknowledged) < window

    def _start_again(self) -> None:
        self._next = self._settled + 1
        self._unsettled = []
        self._resend_at_ms = None

    def _delay_ms(self) -> int:
        # Half fixed and half random: terminals that lost their gateway together must not all
        # come back at the same moment, and none may come back at once.
        ceiling = min(self._settings.resend_after_ms << self._attempt, self._settings.resend_max_ms)
        return ceiling // 2 + int(self._random() * (ceiling - ceiling // 2))
