"""Whoever edits what rules wrote is found: each column that says something, one at a time."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from gateway.audit.auditor import audit
from gateway.audit.report import AuditReport
from gateway.ledger.checks import broken_invariants
from gateway.ledger.queries import LedgerReader


def edited(ledger: Path, folder: Path, edit: str) -> Path:
    """A copy of a ledger with one edit, which must change something or proves nothing."""
    path = folder / "edited.db"
    shutil.copy(ledger, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        changed = database.execute(edit).rowcount
        database.commit()
    assert changed > 0, edit
    return path


def audit_file(path: Path) -> AuditReport:
    """Audit a ledger file as the command line does."""
    with LedgerReader(path).batch() as batch:
        return audit(batch)


def test_the_untouched_ledger_is_clean(rules_ledger: Path) -> None:
    """Without an edit there is no finding, and the report says how many birthdays it believed."""
    report = audit_file(rules_ledger)
    assert report.findings == ()
    assert (report.checked.ratings, report.checked.believed_dates) == (6, 3)


#: For each table: its columns, and what each becomes. A number goes up, a text is another.
UP: Final = "{column} + 1"
COLUMNS: Final[dict[str, dict[str, str]]] = {
    "rating": {
        "member_id": "'ffffffffffffffffffffffffffffffff'",
        "branch": "'elsewhere'",
        "sale_key": "zeroblob(16)",
        "business_day": "'2027-01-01'",
        "programme_version": UP,
        "facts": "'{}'",
        "evaluation": "'{}'",
    },
    "sale_return": {
        "branch": "'elsewhere'",
        "return_key": "zeroblob(15) || char(journal_index)",
        "sale_key": "zeroblob(16)",
        "returned": "'{}'",
        "amount_minor": UP,
        "clawed": "'[]'",
    },
    "standing": {
        "purchases": UP,
        "visits": UP,
        "last_visit_on": "'2020-01-01'",
        "visit_before_on": "'2020-01-01'",
        "spent_minor": UP,
        "earned_points": UP,
        "joined_on": "'2020-01-01'",
        "tier": "'gold'",
        "tier_state": "'{}'",
        "referred_by": "(SELECT max(member_id) FROM member)",
        "referral_index": "1",
        "segments": "'[\"vip\"]'",
    },
    "visit": {"sales": UP, "amount_minor": UP, "points": UP, "business_day": "business_day || 'x'"},
    "usage": {"amount": UP, "owner": "'all of them'", "last_day": "'2020-01-01'"},
    "voucher": {
        "member_id": "(SELECT max(member_id) FROM member)",
        "source": "'other'",
        "kind": "'benefit'",
        "reward": "'other'",
        "quantity": UP,
        "used": "1 - used",
        "granted_at_ms": UP,
        "expires_at_ms": "7",
        "funder": "'elsewhere'",
        "revoked_index": "7",
    },
    "gift_card": {
        "wallet_id": "(SELECT max(wallet_id) FROM wallet)",
        "state": "'blocked'",
        "issued_at_ms": UP,
        "branch": "'elsewhere'",
        "last_four": "'9999'",
    },
    "household": {
        "wallet_id": "(SELECT max(wallet_id) FROM wallet WHERE kind = 'points')",
        "founder": "(SELECT member_id FROM household_member WHERE role = 'member')",
        "created_at_ms": UP,
    },
    "household_member": {
        "household_id": "'other'",
        "role": "'invited'",
        "since_ms": UP,
    },
    "hold": {
        "member_id": "(SELECT max(member_id) FROM member)",
        "wallet_id": "(SELECT max(wallet_id) FROM wallet)",
        "instrument": "'offer'",
        "source": "'other'",
        "terms": "'{\"times\":9}'",
        "redeemed_points": UP,
        "redeemed_minor": UP,
        "shortfall_points": UP,
        "given_back_points": UP,
        "given_back_minor": UP,
        "owner_index": UP,
    },
    "auth_request": {"standing": "'{}'", "balance_points": UP, "amount_minor": UP},
    "lot": {
        "wallet_id": "(SELECT min(wallet_id) FROM wallet)",
        "points": UP,
        "available_from_ms": UP,
        "expires_at_ms": UP,
        "opened_index": UP,
        "source": "'other'",
        "activated_index": "NULL",
        "closed_index": "7",
        "brought_by": "(SELECT max(member_id) FROM member)",
    },
    "suspended": {
        "ledger": "'CR:EUR'",
        "card_token": "zeroblob(32)",
        "points": UP,
        "available_from_ms": UP,
        "expires_at_ms": UP,
        "pending": "1 - pending",
        "source": "'other'",
        "taken_back": UP,
    },
    "sale": {
        "receipt_number": "'99'",
        "first_index": UP,
        "earn_index": UP,
        "refund_index": "7",
        "total_minor": UP,
        "returned_minor": UP,
    },
    "wallet": {
        "kind": "'gift'",
        "member_id": "(SELECT max(member_id) FROM member)",
        "pending": UP,
        "available": UP,
    },
    "movement": {"pending_points": UP, "available_points": UP},
}
EDITS: Final = {
    f"{table}.{column}": (
        f"UPDATE {table} SET {column} = {value.replace('{column}', column)} "  # noqa: S608 - our own words
        f"WHERE {column} IS NOT {value.replace('{column}', column)}"
    )
    for table, columns in COLUMNS.items()
    for column, value in columns.items()
}
GONE: Final = {
    f"{table} gone": f"DELETE FROM {table}"  # noqa: S608 - our own words
    for table in COLUMNS
    if table != "auth_request"
}
ROWS: Final = {
    "a command's amount": (
        "UPDATE journal SET envelope = CAST(replace(CAST(envelope AS TEXT), '\"amount\":700', "
        "'\"amount\":800') AS BLOB) WHERE kind = 'command'"
    ),
    "a command's id": (
        "UPDATE journal SET request_id = zeroblob(16) WHERE journal_index = "
        "(SELECT max(journal_index) FROM journal WHERE kind = 'command')"
    ),
    "a command no more": "UPDATE journal SET envelope = x'7b7d' WHERE kind = 'command'",
    "a command's rules": (
        "UPDATE journal SET programme_version = programme_version + 1 WHERE kind = 'command'"
    ),
    "a command's branch": (
        "UPDATE posting SET branch = 'elsewhere' WHERE journal_index IN "
        "(SELECT journal_index FROM journal WHERE kind = 'command')"
    ),
    "a night of another day": (
        "UPDATE journal SET judged_at_ms = judged_at_ms - 1 WHERE kind = 'nightly'"
    ),
    "a night of another scope": (
        "UPDATE journal SET envelope = CAST(replace(CAST(envelope AS TEXT), 'member\"', 'wallet\"')"
        " AS BLOB) WHERE kind = 'nightly'"
    ),
    "a night's rules": (
        "UPDATE journal SET programme_version = programme_version + 1 WHERE kind = 'nightly'"
    ),
    "a night's branch": (
        "UPDATE posting SET branch = 'elsewhere' WHERE journal_index IN "
        "(SELECT journal_index FROM journal WHERE kind = 'nightly')"
    ),
    "a night's points": "UPDATE journal SET points = points + 1 WHERE kind = 'nightly'",
    "a limit made up": "INSERT INTO usage VALUES ('earn:x/uses/all/ever', 'all', '9999-12-31', 1)",
    "a rating that cannot be read": "UPDATE rating SET facts = '[', evaluation = ']'",
    "a tier that cannot be read": "UPDATE standing SET tier_state = '['",
}


@pytest.mark.parametrize(
    "edit",
    [*EDITS.values(), *GONE.values(), *ROWS.values()],
    ids=[*EDITS, *GONE, *ROWS],
)
def test_every_edit_is_found(rules_ledger: Path, tmp_path: Path, edit: str) -> None:
    """One edit behind the gateway's back makes the audit unclean, and never breaks it."""
    assert not audit_file(edited(rules_ledger, tmp_path, edit)).clean


#: Of all edits those that break what must hold of members, sales and cards by themselves.
INVARIANTS: Final = {
    "UPDATE standing SET purchases = purchases + 1": "but the visits say",
    "UPDATE visit SET points = points + 1": "but the visits say",
    "DELETE FROM standing": "has visits and no standing",
    "UPDATE visit SET sales = -1": "has -1 sales",
    "UPDATE usage SET amount = -1": "is used -1 times",
    "UPDATE voucher SET used = 9": "is used 9 of",
    "UPDATE sale SET returned_minor = returned_minor + 1": "its returns say",
    "UPDATE sale SET total_minor = 0": "has 5000 returned",
    "UPDATE rating SET branch = 'elsewhere'": "is of no sale",
    "UPDATE hold SET given_back_points = points + 1": "points back",
    "UPDATE hold SET given_back_minor = redeemed_minor + 1": "back",
    "UPDATE hold SET shortfall_points = points + 1": "lacked",
    "UPDATE gift_card SET wallet_id = (SELECT min(wallet_id) FROM wallet)": "no wallet of its own",
    "UPDATE gift_card SET token = (SELECT token FROM card LIMIT 1) WHERE last_four = '1234'": (
        "is a member's and a gift card"
    ),
    "UPDATE household_member SET role = 'founder'": "has several founders",
    "DELETE FROM household": "has members and is none",
}


@pytest.mark.parametrize(("edit", "complaint"), INVARIANTS.items())
def test_what_must_hold_of_members_is_checked(
    rules_ledger: Path, tmp_path: Path, edit: str, complaint: str
) -> None:
    """An edit that breaks an invariant of members, sales or cards is named without any envelope."""
    with LedgerReader(edited(rules_ledger, tmp_path, edit)).batch() as batch:
        complaints = broken_invariants(batch)
    assert any(complaint in one for one in complaints), complaints


def test_nothing_is_broken_where_nobody_edited(rules_ledger: Path) -> None:
    """The untouched ledger holds every invariant."""
    with LedgerReader(rules_ledger).batch() as batch:
        assert broken_invariants(batch) == ()
