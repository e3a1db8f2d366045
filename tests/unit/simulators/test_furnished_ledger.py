"""The furnished shop: sealed for real, the same from every seed, something of everything in it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.queries import LedgerReader
from gateway.model.outcome import Reason, Status
from simulators.furnished.clock import RunningClock
from simulators.furnished.house import NOW_MS
from simulators.furnished.ledger import furnish_ledger
from simulators.furnished.names import HOSTILE, names, phone
from simulators.furnished.past import MEMBERS, Past


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Past, LedgerReader]:
    """Two weeks of a shop, and its ledger."""
    folder = tmp_path_factory.mktemp("furnished")
    past = furnish_ledger(folder, seed=1, now_ms=NOW_MS)
    return past, LedgerReader(folder / "ledger.db")


def test_the_past_passes_the_audit(shop: tuple[Past, LedgerReader]) -> None:
    """Every seal, chain and balance is real: the independent auditor finds nothing."""
    with shop[1].batch() as batch:
        report = audit(batch)
    assert report.findings == ()


def test_there_is_something_of_everything(shop: tuple[Past, LedgerReader]) -> None:
    """Members, refusals, points without an owner, suspicious bytes, a gap, a silent terminal."""
    reader = shop[1]
    counts = reader.counts()
    assert counts.members == MEMBERS
    assert min(counts.held, counts.waiting) > 0
    assert counts.quarantined == 5
    journal = reader.journal()
    refused = {row.reason for row in journal if row.status is Status.REFUSED}
    assert refused >= {
        Reason.CARD_BLOCKED,
        Reason.CURRENCY_MISMATCH,
        Reason.SALE_ALREADY_RECORDED,
        Reason.SALE_NOT_FOUND,
    }
    assert len({row.reason for row in reader.quarantine()}) == 5
    assert any(one.watermark == 0 for one in reader.terminals())


def test_the_first_member_has_a_long_statement(shop: tuple[Past, LedgerReader]) -> None:
    """One statement has more lines than any page shows."""
    past, reader = shop
    member = reader.balance_of_card(past.cards[0].token)
    assert member is not None
    assert len(reader.statement(member.member_id, limit=200)) > 100


def test_the_same_seed_makes_the_same_shop(shop: tuple[Past, LedgerReader], tmp_path: Path) -> None:
    """Members, cards and balances repeat, so that pictures can be compared."""
    furnish_ledger(tmp_path / "again", seed=1, now_ms=NOW_MS)
    furnish_ledger(tmp_path / "other", seed=2, now_ms=NOW_MS)
    again, other = (LedgerReader(tmp_path / name / "ledger.db") for name in ("again", "other"))
    assert again.balances() == shop[1].balances() != other.balances()


def test_the_names_hold_every_danger() -> None:
    """What must be harmless stands among the first names, and the numbers belong to nobody."""
    drawn = names(random.Random(1), 60)
    assert len(drawn) == 60
    assert set(HOSTILE) <= set(drawn[:20])
    assert any("\u202e" in name for name in HOSTILE)
    assert len({phone(number) for number in range(60)}) == 60


def test_the_clock_starts_where_it_is_told_and_runs() -> None:
    """Time goes on from the chosen moment."""
    clock = RunningClock(NOW_MS)
    first, second = clock.unix_ms(), clock.unix_ms()
    assert NOW_MS <= first <= second
    assert clock.utc_offset_min() == 210
