"""Whoever edits the database by hand is found: each kind of edit, one at a time."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from gateway.audit.auditor import audit
from gateway.audit.report import FINDINGS_LISTED_MAX, AuditReport, Findings
from gateway.crypto.file_signer import FileSigner
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import HoldId
from mqtt.topics import topic_auth, topic_tx
from simulators.ledger_day import LedgerDay
from simulators.sealed_terminal import card_evidence, sale_key

#: A day with reservations, late redemptions and debts; and one whose unknown cards wait.
DEBTS, WAITING = 58, 7


def make_ledger(path: Path, seed: int) -> None:
    """Play a day into a file, and leave something waiting, buried and in quarantine."""
    store = SqlLedgerStore(path)
    day = LedgerDay(store, seed)
    day.play(150)
    box = day.boxes[0]
    box.earn(card_evidence(1), sale_key(900), 100)
    early = box.earn(card_evidence(1), sale_key(901), 100)
    day.deliver([(topic_tx(box.name), early)])
    day.deliver([(topic_tx(box.name), early[:-1] + bytes([early[-1] ^ 1]))])
    box.now_ms = day.now_ms
    day.deliver([(topic_auth(box.name), box.cancel(HoldId(b"never reserved..")))])
    store.close()


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """One untouched ledger file for each seed."""
    folder = tmp_path_factory.mktemp("ledgers")
    made = {seed: folder / f"{seed}.db" for seed in (DEBTS, WAITING)}
    for seed, path in made.items():
        make_ledger(path, seed)
    return made


def audit_file(path: Path) -> AuditReport:
    """Audit a ledger file as the command line does."""
    with LedgerReader(path).batch() as batch:
        return audit(batch)


@pytest.mark.parametrize("seed", [DEBTS, WAITING])
def test_untouched_ledger_is_clean(ledgers: dict[int, Path], seed: int) -> None:
    """Without an edit there is no finding, and everything there is was looked at."""
    report = audit_file(ledgers[seed])
    assert report.findings == ()
    assert report.clean
    with sqlite3.connect(ledgers[seed]) as database:
        (rows,) = database.execute("SELECT count(*) FROM journal").fetchone()
        (entries,) = database.execute("SELECT count(*) FROM entry").fetchone()
    database.close()
    checked = report.checked
    assert (checked.journal_rows, checked.entries) == (rows, entries)
    assert checked.seals == checked.transactions + checked.requests + 1
    assert checked.quarantined == 1
    assert min(checked.members, checked.cards, checked.lots, checked.chains) > 0


EDITS = {
    "a balance": ("UPDATE wallet SET available = available + 1", "wallet", DEBTS),
    "held points": ("UPDATE wallet SET held = held + 1", "wallet", DEBTS),
    "another account": (
        "UPDATE wallet SET available_account = held_account, held_account = available_account",
        "its accounts",
        DEBTS,
    ),
    "an entry": (
        (
            "UPDATE entry SET points = points + 1 WHERE journal_index = (SELECT max(journal_index) "
            "FROM entry)"
        ),
        "points from",
        DEBTS,
    ),
    "entries on both sides": (
        "UPDATE entry SET debit_account = credit_account, credit_account = debit_account",
        "points from",
        DEBTS,
    ),
    "a posting gone": (
        "DELETE FROM posting WHERE journal_index = (SELECT min(journal_index) FROM posting)",
        "the posting",
        DEBTS,
    ),
    "a posting's branch": ("UPDATE posting SET branch = 'elsewhere'", "sale", DEBTS),
    "a posting's rules": (
        "UPDATE posting SET programme_version = programme_version + 1",
        "the posting's rules",
        DEBTS,
    ),
    "a journal row gone": (
        "DELETE FROM journal WHERE journal_index = 40",
        "it follows journal row 39",
        DEBTS,
    ),
    "the newest journal row gone": (
        (
            "DELETE FROM journal WHERE journal_index = (SELECT max(journal_index) FROM journal "
            "WHERE kind = 'transaction')"
        ),
        "watermark",
        DEBTS,
    ),
    "a status": (
        "UPDATE journal SET status = 'applied', reason = 'none' WHERE status = 'refused'",
        "the status",
        DEBTS,
    ),
    "a reason": (
        "UPDATE journal SET reason = 'card_blocked' WHERE status = 'refused'",
        "the reason",
        DEBTS,
    ),
    "a result's points": (
        "UPDATE journal SET points = points + 1 WHERE status = 'applied'",
        "points",
        DEBTS,
    ),
    "a result's balance": (
        "UPDATE journal SET balance_points = balance_points + 1",
        "the balance",
        DEBTS,
    ),
    "another member": (
        (
            "UPDATE journal SET member_id = 'ffffffffffffffffffffffffffffffff' "
            "WHERE member_id IS NOT NULL"
        ),
        "member",
        DEBTS,
    ),
    "an envelope's byte": (
        (
            "UPDATE journal SET envelope = CAST(substr(envelope, 1, 100) || x'00' || "
            "substr(envelope, 102) AS BLOB) WHERE envelope IS NOT NULL"
        ),
        "the hash",
        DEBTS,
    ),
    "an envelope gone": (
        "UPDATE journal SET envelope = NULL WHERE journal_index = 2",
        "the envelope is missing",
        DEBTS,
    ),
    "an envelope of another row": (
        (
            "UPDATE journal SET (envelope, envelope_hash) = (SELECT envelope, envelope_hash FROM "
            "journal AS other WHERE other.kind = 'transaction' "
            "AND other.terminal = journal.terminal AND other.seq = journal.seq + 1) "
            "WHERE kind = 'transaction' AND seq = 3"
        ),
        "the id",
        DEBTS,
    ),
    "a time": (
        "UPDATE journal SET recorded_at_ms = 1 WHERE journal_index = 9",
        "not recorded later",
        DEBTS,
    ),
    "a watermark": (
        "UPDATE chain SET watermark = watermark + 1, highest_seq = highest_seq + 1",
        "the watermark",
        DEBTS,
    ),
    "a watermark's hash": (
        "UPDATE chain SET watermark_hash = zeroblob(32)",
        "the watermark's hash",
        DEBTS,
    ),
    "a chain gone": ("DELETE FROM chain", "it is missing", DEBTS),
    "a count of waiting": ("UPDATE chain SET waiting = waiting + 1", "waiting", DEBTS),
    "a waiting envelope": (
        "UPDATE inbox SET envelope = substr(envelope, 2)",
        "inbox",
        DEBTS,
    ),
    "a waiting envelope gone": ("DELETE FROM inbox", "waiting envelopes", DEBTS),
    "a lot": ("UPDATE lot SET remaining = remaining + 1", "remaining", DEBTS),
    "a lot gone": (
        "DELETE FROM lot WHERE lot_id = (SELECT max(lot_id) FROM lot)",
        "lot",
        DEBTS,
    ),
    "a lot made up": (
        (
            "INSERT INTO lot SELECT 1000000, wallet_id, points, remaining, available_from_ms, "
            "expires_at_ms, opened_index, earned_index, source, activated_index, closed_index, "
            "brought_by FROM lot LIMIT 1"
        ),
        "no envelope accounts for it",
        DEBTS,
    ),
    "a lot's expiry": ("UPDATE lot SET expires_at_ms = 5", "expires_at_ms", DEBTS),
    "an allocation": ("UPDATE allocation SET points = points + 1", "allocation", DEBTS),
    "a debt": ("UPDATE debt SET remaining = 0, points = 1", "debt", DEBTS),
    "a debt gone": ("DELETE FROM debt", "debt", DEBTS),
    "a hold's state": (
        "UPDATE hold SET state = 'pending' WHERE state = 'posted'",
        "state",
        DEBTS,
    ),
    "a hold's money": ("UPDATE hold SET amount_minor = amount_minor + 1", "amount_minor", DEBTS),
    "an answer": (
        "UPDATE auth_request SET points = points + 1 WHERE status = 'applied' AND kind = 'reserve'",
        "auth_request",
        DEBTS,
    ),
    "a grant made up": (
        "UPDATE auth_request SET status = 'applied' WHERE status = 'refused' AND kind = 'reserve'",
        "auth_request",
        DEBTS,
    ),
    "a statement's line": (
        "UPDATE movement SET balance_points = balance_points + 1",
        "statement",
        DEBTS,
    ),
    "a statement's line gone": ("DELETE FROM movement", "the line is missing", DEBTS),
    "a card's owner": (
        "UPDATE card SET member_id = (SELECT max(member_id) FROM member)",
        "member_id",
        DEBTS,
    ),
    "a card's state": ("UPDATE card SET state = 'blocked'", "state", DEBTS),
    "a refund forgotten": ("UPDATE sale SET refund_index = NULL", "refund_index", DEBTS),
    "a sale gone": ("DELETE FROM sale", "it is missing", DEBTS),
    "a member's day": ("UPDATE member SET enrolled_at_ms = 0", "enrolled_at_ms", DEBTS),
    "suspended points": ("UPDATE suspended SET points = points + 1", "suspended", WAITING),
    "suspended points released": (
        "UPDATE suspended SET resolved_index = 1 WHERE resolved_index IS NULL",
        "resolved_index",
        WAITING,
    ),
    "the rules": (
        "UPDATE programme SET rules = replace(rules, '\"earn_points\":1', '\"earn_points\":2')",
        "points",
        DEBTS,
    ),
    "rules gone": ("DELETE FROM programme WHERE version = 1", "programmes", DEBTS),
    "rules that cannot be read": ("UPDATE programme SET rules = '{}'", "programmes", DEBTS),
    "a key's number": ("UPDATE terminal_key SET epoch = epoch + 1", "the key is for", DEBTS),
    "a key's range": ("UPDATE terminal_key SET valid_to_seq = 1", "not valid at seq", DEBTS),
    "a key gone": ("DELETE FROM terminal_key", "not registered", DEBTS),
    "an account's name": ("UPDATE account SET name = name || 'x'", "points from", DEBTS),
    "a buried hold": (
        "UPDATE tombstone SET (hold_id, terminal) = (SELECT hold_id, terminal FROM hold LIMIT 1)",
        "cancelled before it was made",
        DEBTS,
    ),
    "quarantined bytes": ("UPDATE quarantine SET payload = x'00'", "quarantine", DEBTS),
    "quarantined bytes gone": ("DELETE FROM quarantine", "quarantine", DEBTS),
    "a number that is a word": ("UPDATE lot SET remaining = 'many'", "not of its type", DEBTS),
    "bytes that are a word": (
        "UPDATE journal SET envelope = 'sealed' WHERE journal_index = 5",
        "not of its type",
        DEBTS,
    ),
    "a word nobody knows": (
        "UPDATE journal SET status = 'perhaps' WHERE journal_index = 5",
        "cannot be read",
        DEBTS,
    ),
}


@pytest.mark.parametrize(("edit", "told", "seed"), EDITS.values(), ids=EDITS.keys())
def test_every_edit_is_found(
    ledgers: dict[int, Path], tmp_path: Path, edit: str, told: str, seed: int
) -> None:
    """One edit behind the gateway's back makes the audit unclean, and a finding names it."""
    path = tmp_path / "edited.db"
    shutil.copy(ledgers[seed], path)
    database = sqlite3.connect(path)
    database.execute("PRAGMA ignore_check_constraints = ON")
    changed = database.execute(edit).rowcount
    database.commit()
    database.close()
    assert changed > 0, "the edit must change something, or it proves nothing"
    report = audit_file(path)
    assert not report.clean
    text = [f"{one.where}: {one.what}" for one in report.findings]
    assert any(told in line for line in text), text[:10]


def test_a_forged_key_does_not_help(ledgers: dict[int, Path], tmp_path: Path) -> None:
    """Whoever swaps a terminal's key for their own breaks every seal that was made before."""
    path = tmp_path / "edited.db"
    shutil.copy(ledgers[DEBTS], path)
    database = sqlite3.connect(path)
    database.execute("UPDATE terminal_key SET cose_key = ?", [FileSigner.generate().public_key])
    database.commit()
    database.close()
    report = audit_file(path)
    assert any("its id" in one.what for one in report.findings)
    assert any("cannot be believed" in one.what for one in report.findings)


def test_the_list_of_findings_is_bounded() -> None:
    """A broken ledger is counted in full and listed in part."""
    findings = Findings()
    for number in range(FINDINGS_LISTED_MAX + 10):
        findings.add(str(number), "wrong")
    assert len(findings.listed) == FINDINGS_LISTED_MAX
    assert findings.found == FINDINGS_LISTED_MAX + 10
