"""The parts that kill and watch: fuse, files, history, clock and cut-off networks."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.ids import EnvelopeHash, HoldId, TerminalId, TransactionId
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt
from mqtt.link import LinkDown, LinkEvent, LinkUp
from simulators.broker import SimBroker
from simulators.clock import VirtualClock
from simulators.world.files import Eye, left_as_they_are, make_empty
from simulators.world.fuse import Fuse, ProcessDied
from simulators.world.history import History

TILL = TerminalId("till-1")


# -- fuse -----------------------------------------------------------------------------------------


def _calls(fuse: Fuse, count: int, done: list[int] | None = None) -> list[int]:
    done = [] if done is None else done
    for number in range(1, count + 1):
        with fuse.call(f"call {number}"):
            done.append(number)
    return done


def test_an_unlit_fuse_lets_everything_through() -> None:
    """A process lives until somebody lights its fuse."""
    fuse = Fuse()
    assert _calls(fuse, 5) == [1, 2, 3, 4, 5]
    assert not fuse.lit


@pytest.mark.parametrize(("after", "done"), [(False, 2), (True, 3)])
def test_it_burns_down_before_or_after_the_call(after: bool, done: int) -> None:  # noqa: FBT001 - the two sides of a call
    """The third call takes effect or does not, and either way the process is dead then."""
    fuse = Fuse()
    effects: list[int] = []
    fuse.light(3, after=after)
    with pytest.raises(ProcessDied, match="after call 3" if after else "before call 3"):
        _calls(fuse, 9, effects)
    assert len(effects) == done
    assert fuse.burnt_at is not None


def test_a_dead_process_has_no_effect_until_it_lives_again() -> None:
    """What still runs on its way out of a dying process changes nothing."""
    fuse = Fuse()
    fuse.light(1, after=True)
    with pytest.raises(ProcessDied):
        fuse.touch("it writes")
    with pytest.raises(ProcessDied, match="after the end"):
        _calls(fuse, 1)
    fuse.put_out()
    assert _calls(fuse, 2) == [1, 2]


def test_no_handler_of_the_product_catches_a_death() -> None:
    """It passes through ``except Exception``, as the end of a process does."""
    fuse = Fuse()
    fuse.light(1, after=False)

    def careless() -> str:
        try:
            fuse.touch("it writes")
        except Exception:  # noqa: BLE001 - the widest net that the product may cast
            return "caught"
        return "alive"

    with pytest.raises(ProcessDied):
        careless()


# -- files ----------------------------------------------------------------------------------------


def _writer(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
    return connection


def test_a_dead_process_leaves_its_log_as_it_was(tmp_path: Path) -> None:
    """Committed rows stay in the log that nobody moved into the database, and are found there."""
    database = tmp_path / "a.db"
    writer = _writer(database)
    writer.execute("INSERT INTO t VALUES (1)")
    log = database.with_name("a.db-wal")
    before = (database.read_bytes(), log.read_bytes())
    with left_as_they_are(database):
        writer.execute("INSERT INTO t VALUES (2)")
        writer.close()
        assert not log.exists(), "closing in order moves the log away"
    assert (database.read_bytes(), log.read_bytes()) == before
    assert _writer(database).execute("SELECT n FROM t").fetchall() == [(1,)]


def test_the_eye_sees_only_what_is_committed(tmp_path: Path) -> None:
    """What its owner has written and not committed is no promise yet."""
    database = tmp_path / "a.db"
    writer, eye = _writer(database), Eye(database)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO t VALUES (1)")
    assert eye.rows("SELECT n FROM t") == []
    writer.execute("COMMIT")
    assert eye.rows("SELECT n FROM t WHERE n = ?", (1,)) == [(1,)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        eye.rows("INSERT INTO t VALUES (2)")
    eye.close()
    assert eye.rows("SELECT count(*) FROM t") == [(1,)], "a question opens it again"
    eye.close()
    writer.close()


def test_an_empty_database_keeps_its_page_size(tmp_path: Path) -> None:
    """Tables made later lie on the small pages; nobody else may read the file."""
    database = tmp_path / "a.db"
    make_empty(database, 512)
    writer = _writer(database)
    assert writer.execute("PRAGMA page_size").fetchone() == (512,)
    writer.close()
    assert database.stat().st_mode & 0o777 == 0o600


# -- history --------------------------------------------------------------------------------------


def _hash(number: int) -> EnvelopeHash:
    return EnvelopeHash(bytes((number,)) * 32)


def _receipt(watermark: int) -> Receipt:
    return Receipt(
        terminal=TILL,
        epoch=1,
        watermark=watermark,
        watermark_hash=_hash(watermark),
        offsite_watermark=0,
        issued_at_ms=5,
    )


def _answer(status: Status, kind: AuthKind = AuthKind.RESERVE) -> AuthAnswer:
    reason = Reason.NONE if status is Status.APPLIED else Reason.UNKNOWN_CARD
    return AuthAnswer(
        request_id=HoldId(bytes(16)),
        terminal=TILL,
        kind=kind,
        status=status,
        reason=reason,
        answered_at_ms=7,
    )


def test_one_number_for_two_envelopes_is_found() -> None:
    """The same envelope again is no news; another one under its number is a fork."""
    history = History()
    name = TransactionId(terminal=TILL, epoch=1, seq=4)
    history.note_sealed(name, _hash(1))
    history.note_told(name, _hash(1))
    assert history.findings == []
    history.note_sealed(name, _hash(2))
    assert [one.partition(":")[0] for one in history.findings] == ["two envelopes"]


def test_a_watermark_that_goes_back_is_found() -> None:
    """Receipts are cumulative as the gateway publishes them."""
    history = History()
    for watermark in (1, 3, 3):
        history.note_receipt(_receipt(watermark))
    assert history.findings == []
    history.note_receipt(_receipt(2))
    assert history.findings == ["receipt: till-1's watermark went from 3 to 2"]


def test_one_request_answered_in_two_ways_is_found() -> None:
    """A reservation is answered once and for all; a balance may have changed meanwhile."""
    history = History()
    for status in (Status.APPLIED, Status.REFUSED):
        history.note_answer(_answer(status, AuthKind.INQUIRE))
    history.note_answer(_answer(Status.REFUSED))
    history.note_answer(_answer(Status.REFUSED))
    assert history.findings == []
    history.note_answer(_answer(Status.APPLIED))
    assert [one.partition(":")[0] for one in history.findings] == ["answer"]


# -- clock and network ----------------------------------------------------------------------------


def test_a_rebooted_machine_begins_its_monotonic_clock_anew() -> None:
    """The wall clock goes on as it is, and may be a guess from then on."""
    clock = VirtualClock(unix_ms=1_000, synchronised_at_ms=1_000)
    clock.advance(500)
    clock.reboot()
    clock.synchronise(None)
    assert (clock.monotonic_ms(), clock.unix_ms(), clock.synchronised_at_ms()) == (0, 1_500, None)
    clock.advance(20)
    clock.synchronise(clock.unix_ms())
    assert (clock.monotonic_ms(), clock.synchronised_at_ms()) == (20, 1_520)


def test_a_client_without_network_comes_back_when_it_has_one() -> None:
    """Its connection is cut, each attempt fails, and the first one after the outage succeeds."""
    broker, events = SimBroker(random.Random(1)), list[LinkEvent]()

    def kinds() -> list[type[LinkEvent]]:
        return [type(event) for event in events]

    link = broker.link("till-1")
    link.start(events.append)
    broker.step(100)
    assert kinds() == [LinkUp]
    broker.cut_off("till-1")
    broker.step(20_000)
    assert kinds()[1:] == [LinkDown] * (len(events) - 1)
    assert len(events) > 2, "it has tried again"
    broker.reconnect("till-1")
    broker.step(200_000)
    assert kinds()[-1] is LinkUp
