"""Carries the outbox's orders out, journal to link, and takes receipts back to the journal."""

from __future__ import annotations

from typing import Final

import structlog

from gateway.model.receipt import Receipt, ResendRequest
from mqtt.link import Link, LinkError
from mqtt.topics import topic_tx
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import Pending, Settlement
from terminal_agent.outbox import Outbox, OutboxStatus
from terminal_agent.parcel import make_parcel

#: The link's window is shared: so many of its places stay free for questions and the birth message.
WINDOW_FOR_QUESTIONS: Final = 4

_log = structlog.get_logger(__name__)


class Sender:
    """Sends what the journal holds until the gateway has settled it."""

    def __init__(self, *, journal: Journal, link: Link, outbox: Outbox, terminal: str) -> None:
        """Begin with no connection."""
        self._journal = journal
        self._link = link
        self._outbox = outbox
        self._topic = topic_tx(terminal)

    @property
    def status(self) -> OutboxStatus:
        """How sending stands."""
        return self._outbox.status

    def link_up(self) -> None:
        """There is a new connection."""
        self._outbox.link_up()

    def link_down(self) -> None:
        """The connection is gone."""
        self._outbox.link_down()

    def published(self, message_id: int) -> None:
        """The broker took a message over; ids of other messages are fine."""
        self._outbox.published(message_id)

    def accepted(self, newest_seq: int) -> None:
        """The journal has something new."""
        self._outbox.accepted(newest_seq)

    def settle(self, receipt: Receipt, now_ms: int) -> Settlement:
        """Take a receipt over.

        Raises:
            ForeignReceiptError: if it is for another epoch.
            JournalForkError: if the gateway knows another chain than ours.
            JournalError: if the journal fails.
        """
        settlement = self._journal.settle(receipt)
        self._outbox.settled(settlement.watermark, now_ms)
        if settlement.rejections:
            _log.error("transactions are in quarantine", count=len(settlement.rejections))
        if settlement.archive_over_limit:
            _log.warning("the archive is beyond its limit; the gateway has no off-site copy")
        return settlement

    def resend(self, request: ResendRequest, now_ms: int) -> bool:
        """Start again from where the gateway asks; False if it means another epoch."""
        if request.epoch != self._journal.position().epoch:
            return False
        self._outbox.resend_requested(request.from_seq, now_ms)
        return True

    def pump(self, now_ms: int) -> None:
        """Publish all that may be under way now.

        Raises:
            JournalError: if the journal cannot be read.
            LinkError: if the link has ended, or carries not even one envelope.
        """
        while (send := self._outbox.next_send(now_ms)) is not None:
            pending = self._journal.envelopes(send.first_seq - 1, send.count)
            if not pending:
                self._outbox.nothing_to_send()
            elif not self._publish(pending, now_ms):
                # No connection now, or its window is full: a later tick or event asks again.
                return

    def _publish(self, pending: tuple[Pending, ...], now_ms: int) -> bool:
        parcel = make_parcel(pending)
        try:
            message_id = self._link.publish(self._topic, parcel.payload)
        except LinkError:
            if len(pending) == 1:
                raise
            # A broker may bound messages below a batch's size; one envelope is far smaller.
            _log.warning("the broker takes no batch of this size", byte_count=len(parcel.payload))
            return self._publish(pending[:1], now_ms)
        if message_id is None:
            return False
        self._outbox.sent(last_seq=parcel.last_seq, message_id=message_id, now_ms=now_ms)
        return True
