"""The card journal: intents before the card hears of them, outcomes once, nothing forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.model.ids import CardToken
from gateway.readers.cards.desfire_commands import TransactionMac
from gateway.readers.cards.desfire_layout import PurseHistory
from gateway.readers.cards.desfire_value import CardIntent, OperationOutcome, OperationResult
from terminal_agent.card_journal import CardJournal
from terminal_agent.errors import JournalBusyError, JournalError

CARD, OTHER = CardToken(b"c" * 32), CardToken(b"o" * 32)
DONE = OperationOutcome(
    result=OperationResult.DONE,
    detail="committed",
    transaction_mac=TransactionMac(counter=7, value=b"12345678"),
)
NOT_DONE = OperationOutcome(result=OperationResult.NOT_DONE, detail="refused")
UNKNOWN = OperationOutcome(result=OperationResult.UNKNOWN, detail="torn")


def intent(name: bytes, card: CardToken = CARD, amount: int = 5) -> CardIntent:
    """An intent on a purse that has seen two operations."""
    history = PurseHistory(moves=2, recent=(b"22222222", b"11111111"))
    return CardIntent(
        operation_id=name,
        card=card,
        amount=amount,
        value_before=100,
        history_before=history,
        intended_at_ms=1_700_000_000_000,
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[CardJournal]:
    """A journal in the test's own folder."""
    with CardJournal.open(tmp_path / "cards.sqlite3") as opened:
        yield opened


def test_intents_come_back_as_they_went_in(tmp_path: Path) -> None:
    """A terminal that was switched off finds what it meant to do, oldest first."""
    path = tmp_path / "cards.sqlite3"
    with CardJournal.open(path) as journal:
        journal.intend(intent(b"bbbbbbbb"))
        journal.intend(intent(b"aaaaaaaa", OTHER, -7))
    with CardJournal.open(path) as journal:
        assert journal.open_intents() == (intent(b"bbbbbbbb"), intent(b"aaaaaaaa", OTHER, -7))
        assert journal.open_intents(OTHER) == (intent(b"aaaaaaaa", OTHER, -7),)


def test_an_outcome_counts_once(journal: CardJournal) -> None:
    """Settling again in the same way changes nothing and says so."""
    journal.intend(intent(b"aaaaaaaa"))
    assert journal.settle(b"aaaaaaaa", DONE)
    assert not journal.settle(b"aaaaaaaa", DONE)
    assert not journal.settle(b"aaaaaaaa", UNKNOWN)
    assert journal.outcome(b"aaaaaaaa") == DONE
    assert journal.moved(CARD) == 5
    assert journal.open_intents() == ()


def test_an_unknown_outcome_stays_open(journal: CardJournal) -> None:
    """Unknown is written for people, and settled later."""
    journal.intend(intent(b"aaaaaaaa"))
    assert not journal.settle(b"aaaaaaaa", UNKNOWN)
    assert journal.outcome(b"aaaaaaaa") == UNKNOWN
    assert len(journal.open_intents(CARD)) == 1
    assert journal.settle(b"aaaaaaaa", NOT_DONE)
    assert journal.moved(CARD) == 0


def test_contradictions_are_refused(journal: CardJournal) -> None:
    """Neither two intents of one name, nor two outcomes of one intent, nor one of none."""
    journal.intend(intent(b"aaaaaaaa"))
    with pytest.raises(JournalError, match="before"):
        journal.intend(intent(b"aaaaaaaa", amount=9))
    journal.settle(b"aaaaaaaa", DONE)
    with pytest.raises(JournalError, match="settled as done"):
        journal.settle(b"aaaaaaaa", NOT_DONE)
    with pytest.raises(JournalError, match="never intended"):
        journal.settle(b"zzzzzzzz", DONE)
    assert journal.outcome(b"zzzzzzzz") is None
    assert journal.moved(CARD) == 5


def test_one_process_holds_it(tmp_path: Path) -> None:
    """Two agents on one journal could settle one intent twice."""
    with (
        CardJournal.open(tmp_path / "cards.sqlite3"),
        pytest.raises(JournalBusyError),
    ):
        CardJournal.open(tmp_path / "cards.sqlite3")


def test_its_file_is_its_owners_and_synced(tmp_path: Path) -> None:
    """As the journal of transactions: mode 600, a write-ahead log, full sync."""
    path = tmp_path / "cards.sqlite3"
    with CardJournal.open(path) as journal:
        connection = journal._database._db.conn
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert path.stat().st_mode & 0o777 == 0o600
