"""Accepting: numbered, chained, read back, and all or nothing."""

from __future__ import annotations

import io
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cbor2
import pytest

from gateway.crypto.chain import genesis_hash
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.seal import envelope_hash
from gateway.errors import CryptoError
from gateway.model.ids import EnvelopeHash, TerminalId, TransactionId
from terminal_agent.errors import (
    JournalBusyError,
    JournalError,
    JournalFullError,
)
from terminal_agent.journal.integrity import open_own
from terminal_agent.journal.journal import Journal

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench


def test_transactions_are_numbered_from_one_and_linked_from_the_genesis(bench: Bench) -> None:
    """Seq counts 1, 2, 3 and each envelope carries the hash of the one before it."""
    journal = bench.open()
    accepted = journal.accept([bench.earn], 1) + journal.accept([bench.earn, bench.earn], 2)
    kept = journal.pending(0, 10)
    key = bench.settings.public_key
    opened = [open_own(item.envelope, key) for item in kept]
    assert [item.id.seq for item in accepted] == [1, 2, 3]
    assert [item.envelope_hash for item in accepted] == [item.envelope_hash for item in kept]
    assert opened[0].previous_hash == genesis_hash(TerminalId("lane-1"), 1, key.key_id)
    assert [item.previous_hash for item in opened[1:]] == [
        envelope_hash(item.envelope) for item in kept[:2]
    ]


def test_what_was_accepted_is_there_after_an_unclean_end(bench: Bench) -> None:
    """Position and envelopes survive letting the file go without closing it."""
    journal = bench.open()
    bench.fill(journal, 5)
    position, kept = journal.position(), journal.pending(0, 10)
    bench.drop(journal)
    again = bench.open()
    assert (again.position(), again.pending(0, 10)) == (position, kept)
    assert again.accept([bench.earn], 1)[0].id.seq == 6


def test_a_signer_that_fails_half_way_rolls_everything_back(bench: Bench) -> None:
    """With the second of three drafts failing, none is kept and no number is used up."""

    def broken(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
        raise CryptoError(f"the chip does not answer for {wanted.seq} after {previous.hex()}")

    journal = bench.open()
    before = journal.position()
    with pytest.raises(CryptoError, match="does not answer for 2"):
        journal.accept([bench.earn, broken, bench.earn], 1)
    assert journal.position() == before
    assert journal.pending(0, 10) == ()
    assert journal.accept([bench.earn], 1)[0].id.seq == 1


def test_a_seal_that_cannot_be_read_back_is_not_accepted(bench: Bench) -> None:
    """A signer whose signatures do not verify must not make an unreadable journal."""

    def flipped(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
        envelope = bytearray(bench.earn(wanted, previous))
        envelope[-1] ^= 1
        return bytes(envelope)

    journal = bench.open()
    with pytest.raises(JournalError, match="cannot be read back"):
        journal.accept([flipped], 1)
    assert journal.position().next_seq == 1


@pytest.mark.parametrize("wrong", ["seq", "link", "terminal", "key"])
def test_a_draft_that_seals_something_else_is_not_accepted(bench: Bench, wrong: str) -> None:
    """Another number, link, terminal or key than the journal asked for is a fault."""
    other = FileSigner.generate()

    def draft(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
        plain = bench.transaction(wanted, previous)
        if wrong == "seq":
            plain = replace(plain, id=replace(wanted, seq=wanted.seq + 1))
        elif wrong == "link":
            plain = replace(plain, previous_hash=EnvelopeHash(bytes(32)))
        elif wrong == "terminal":
            plain = replace(plain, id=replace(wanted, terminal=TerminalId("lane-2")))
        else:
            bench.signer = other
        return bench.seal(plain)

    journal = bench.open()
    with pytest.raises(JournalError):
        journal.accept([draft], 1)
    assert journal.counts().accepted == 0


def test_no_drafts_accept_nothing(bench: Bench) -> None:
    """An empty list is no error and makes no number."""
    journal = bench.open()
    assert journal.accept([], 1) == ()
    assert journal.position().next_seq == 1


def test_two_agents_on_one_journal_are_refused(bench: Bench) -> None:
    """The second opening fails at once while the first lives, and works after it."""
    journal = bench.open()
    with pytest.raises(JournalBusyError, match="another agent"):
        bench.open()
    bench.close(journal)
    assert bench.open().position().next_seq == 1


def test_a_journal_of_another_terminal_epoch_or_key_is_refused(bench: Bench) -> None:
    """Opening with any other owner fails and leaves the journal as it was."""
    journal = bench.open()
    bench.fill(journal, 1)
    bench.close(journal)
    strangers = [
        replace(bench.settings, terminal=TerminalId("lane-2")),
        replace(bench.settings, epoch=2),
    ]
    own, bench.signer = bench.signer, FileSigner.generate()
    strangers.append(bench.settings)
    bench.signer = own
    for settings in strangers:
        with pytest.raises(JournalError, match="belongs to"):
            Journal.open(bench.path, settings=settings)
    assert bench.open().verify() == 1


def test_the_journal_is_readable_by_its_owner_alone(bench: Bench) -> None:
    """File, log and lock are 0600 whatever the umask was."""
    journal = bench.open()
    bench.fill(journal, 1)
    files = [path for path in bench.directory.iterdir() if path.name.startswith("journal")]
    assert len(files) >= 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_every_commit_is_synced(bench: Bench) -> None:
    """The connection runs a write-ahead log with synchronous FULL, not NORMAL."""
    connection = bench.open()._database._db.conn
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_nothing_is_accepted_when_less_than_the_reserve_is_free(bench: Bench) -> None:
    """The reserve is kept for settling: accept refuses, settle goes on."""
    journal = bench.open()
    bench.fill(journal, 2)
    bench.close(journal)
    journal = bench.open(reserve_bytes=2**60)
    with pytest.raises(JournalFullError, match="kept for settling"):
        journal.accept([bench.earn], 1)
    assert journal.settle(bench.receipt(journal, 2)).settled == 2


def test_an_export_holds_the_envelopes_one_after_the_other(bench: Bench, tmp_path: Path) -> None:
    """The file is exactly the envelopes in order, and leaves nothing half-written beside it."""
    journal = bench.open()
    bench.fill(journal, 150)
    journal.settle(bench.receipt(journal, 140))
    assert journal.counts().archive_bytes > 0
    kept = journal.envelopes(0, 1000)
    made = journal.export(tmp_path / "export.cbor")
    content = (tmp_path / "export.cbor").read_bytes()
    assert content == b"".join(item.envelope for item in kept)
    assert (made.count, made.first_seq, made.last_seq) == (150, 1, 150)
    assert made.size_bytes == len(content)
    assert not list(tmp_path.glob("*.part"))
    # As an auditor would: the items of a CBOR sequence (RFC 8742), each an envelope.
    stream = io.BytesIO(content)
    tags = [cbor2.load(stream).tag for _ in kept]
    assert set(tags) == {18}
    assert stream.read() == b""


def test_an_export_that_cannot_be_written_names_the_place(bench: Bench, tmp_path: Path) -> None:
    """A missing directory is a clear fault."""
    journal = bench.open()
    with pytest.raises(JournalError, match="cannot write the export"):
        journal.export(tmp_path / "nowhere" / "export.cbor")


def test_the_last_sealed_configuration_is_kept(bench: Bench) -> None:
    """A higher version replaces, an equal or lower one does not, and it survives a restart."""
    journal = bench.open()
    assert journal.load_configuration() is None
    assert journal.save_configuration(2, b"two")
    assert not journal.save_configuration(2, b"again")
    assert not journal.save_configuration(1, b"one")
    assert journal.save_configuration(3, b"three")
    bench.drop(journal)
    assert bench.open().load_configuration() == b"three"


def test_a_receipt_number_finds_its_newest_sale(bench: Bench) -> None:
    """A refund names a receipt number; tills begin again at 1, so the newest one counts."""
    journal = bench.open()
    bench.fill(journal, 3)

    def repeated(wanted: TransactionId, previous: EnvelopeHash) -> bytes:
        plain = bench.transaction(wanted, previous)
        assert plain.sale is not None
        return bench.seal(replace(plain, sale=replace(plain.sale, receipt_number="R-2")))

    assert journal.find_sale("R-2") == bench.sale(2).key
    journal.accept([repeated], 1)
    assert journal.find_sale("R-2") == bench.sale(4).key
    assert journal.find_sale("R-77") is None
