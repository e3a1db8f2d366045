"""A process's ports with a fuse in each call, and with somebody who watches what goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.crypto.signer import Algorithm, Signer
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import StoreFullError
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import HoldId, KeyId
from gateway.model.receipt import Receipt
from mqtt.link import AckToken, Delivered, Link, LinkEvent
from simulators.world.fuse import Fuse
from terminal_agent.display import Display
from terminal_agent.errors import JournalFullError
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import Accepted, Draft, OpenHold, Settlement
from terminal_agent.session.view import View


class FusedSigner(Signer):
    """A key in a process that may die before or after it has signed."""

    def __init__(self, signer: Signer, fuse: Fuse) -> None:
        self._signer = signer
        self._fuse = fuse

    @property
    def algorithm(self) -> Algorithm:
        """See ``Signer``."""
        return self._signer.algorithm

    @property
    def key_id(self) -> KeyId:
        """See ``Signer``."""
        return self._signer.key_id

    @property
    def public_key(self) -> bytes:
        """See ``Signer``."""
        return self._signer.public_key

    def sign(self, message: bytes) -> bytes:
        """See ``Signer``."""
        with self._fuse.call("it signs"):
            return self._signer.sign(message)


class FusedLink(Link):
    """A link whose traffic is watched, in a process that may die at each call.

    Args:
        link: the link.
        fuse: the process's.
        sent: told of each message that the link took.
        arrived: told of each delivery, before its owner is.
        acked: told of each delivery that is given back, before it is.
    """

    def __init__(
        self,
        link: Link,
        fuse: Fuse,
        sent: Callable[[str, bytes], None],
        *,
        arrived: Callable[[Delivered], None] = lambda _delivered: None,
        acked: Callable[[Delivered], None] = lambda _delivered: None,
    ) -> None:
        self._link = link
        self._fuse = fuse
        self._sent = sent
        self._arrived = arrived
        self._acked = acked
        self._delivered: dict[AckToken, Delivered] = {}

    def start(self, on_event: Callable[[LinkEvent], None]) -> None:
        """See ``Link``."""

        def watch(event: LinkEvent) -> None:
            if isinstance(event, Delivered):
                self._delivered[event.token] = event
                self._arrived(event)
            on_event(event)

        with self._fuse.call("it connects"):
            self._link.start(watch)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """See ``Link``."""
        with self._fuse.call("it publishes"):
            message_id = self._link.publish(topic, payload, retain=retain)
            if message_id is not None:
                self._sent(topic, payload)
        return message_id

    def ack(self, token: AckToken) -> None:
        """See ``Link``."""
        with self._fuse.call("it acknowledges"):
            delivered = self._delivered.pop(token, None)
            if delivered is not None:
                self._acked(delivered)
            self._link.ack(token)

    def stop(self) -> None:
        """See ``Link``."""
        self._link.stop()


class FusedDisplay(Display):
    """A display that somebody looks at.

    Args:
        fuse: the process's.
        seen: told of each view once it is shown.
    """

    def __init__(self, fuse: Fuse, seen: Callable[[View], None]) -> None:
        self._fuse = fuse
        self._seen = seen

    def show(self, view: View) -> None:
        """See ``Display``."""
        with self._fuse.call("it shows"):
            self._seen(view)


class FusedJournal(Journal):
    """The real journal in a process that may die before or after each of its commits.

    Attributes:
        fuse: the process's.
        settled: told of the watermark after each receipt, and of the receipt's own.
        found_full: told where a transaction finds no room.
    """

    fuse: Fuse
    settled: Callable[[int, int], None]
    found_full: Callable[[], None]

    def accept(self, drafts: Sequence[Draft], accepted_at_ms: int) -> tuple[Accepted, ...]:
        """See ``Journal``."""
        with self.fuse.call("it journals a transaction"):
            try:
                return super().accept(drafts, accepted_at_ms)
            except JournalFullError:
                self.found_full()
                raise

    def settle(self, receipt: Receipt) -> Settlement:
        """See ``Journal``."""
        with self.fuse.call("it settles a receipt"):
            settlement = super().settle(receipt)
            self.settled(self.watermark(), receipt.watermark)
        return settlement

    def tidy(self) -> bool:
        """See ``Journal``."""
        with self.fuse.call("it tidies its archive"):
            return super().tidy()

    def remember_hold(self, hold: OpenHold) -> None:
        """See ``Journal``."""
        with self.fuse.call("it writes a reservation down"):
            super().remember_hold(hold)

    def grant_hold(
        self, hold_id: HoldId, *, points: int, amount_minor: int, expires_at_ms: int
    ) -> bool:
        """See ``Journal``."""
        with self.fuse.call("it writes a grant down"):
            return super().grant_hold(
                hold_id, points=points, amount_minor=amount_minor, expires_at_ms=expires_at_ms
            )

    def close_hold(self, hold_id: HoldId) -> bool:
        """See ``Journal``."""
        with self.fuse.call("it crosses a reservation out"):
            return super().close_hold(hold_id)

    def save_configuration(self, version: int, envelope: bytes) -> bool:
        """See ``Journal``."""
        with self.fuse.call("it keeps a configuration"):
            return super().save_configuration(version, envelope)

    # -- the disk -----------------------------------------------------------------------------

    def bound_pages(self, spare_pages: int | None) -> None:
        """Let the file grow by so many pages and no more; None: as far as it will."""
        most = 2**31 - 2 if spare_pages is None else self._page_count() + spare_pages
        self._database.rows(f"PRAGMA max_page_count={most}")

    def _page_count(self) -> int:
        return int(self._database.rows("PRAGMA page_count")[0][0])


class FusedStore(SqlLedgerStore):
    """The real ledger in a process that may die around each commit that changes something."""

    def __init__(self, path: Path, fuse: Fuse, found_full: Callable[[], None]) -> None:
        self._fuse = fuse
        self._found_full = found_full
        # Only before it: what is open already when a process dies must be closed by its owner.
        fuse.touch("before it opens its ledger")
        super().__init__(path)

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        """See ``LedgerStore``."""
        head = self._changes()
        try:
            with super().batch() as batch:
                yield batch
                writes = self._changes() != head
                if writes:
                    self._fuse.touch("before it commits")
        except StoreFullError:
            self._found_full()
            raise
        if writes:
            self._fuse.touch("after its commit, before anybody hears of it")

    # -- the disk -----------------------------------------------------------------------------

    def bound_pages(self, spare_pages: int | None) -> None:
        """Let the file grow by so many pages and no more; None: as far as it will."""
        most = 2**31 - 2
        if spare_pages is not None:
            most = self._pragma("page_count") + spare_pages
        self._pragma(f"max_page_count={most}")

    def _changes(self) -> int:
        """How many rows this connection has changed so far."""
        driver = self._open_connection().connection.driver_connection
        assert driver is not None, "the store is open"
        return int(driver.total_changes)

    def _pragma(self, text: str) -> int:
        driver = self._open_connection().connection.driver_connection
        assert driver is not None, "the store is open"
        return int(driver.execute(f"PRAGMA {text}").fetchone()[0])
