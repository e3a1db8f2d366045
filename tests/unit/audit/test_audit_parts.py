"""What an audit makes of parts: a redemption of less than was held, and what it cannot judge."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Final

from gateway.audit.auditor import audit
from gateway.config_programme import default_programme
from gateway.intake.key_ring import KeyRing
from gateway.intake.open_message import open_message
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import BranchId, MemberId, TerminalId
from gateway.model.outcome import Reason
from gateway.model.transaction import Redemption
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.topics import topic_auth, topic_tx
from simulators.ledger_desk import LedgerDesk
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

_NOW_MS: Final = 1_800_000_000_000


def test_a_partial_redemption_audits_clean() -> None:
    """Of 40 points held 10 are used; the auditor gives the other 30 back as the ledger did."""
    store = MemoryLedgerStore()
    rules = default_programme("EUR")
    store.add_programme(replace(rules, redeem_points=10, redeem_minimum_points=10))
    box = SealedTerminal(TerminalId("till-1"), now_ms=_NOW_MS)
    store.add_terminal(box.registration, BranchId("north"), 0)
    counter = itertools.count(1)
    writer = Writer(
        store,
        new_member_id=lambda: MemberId(f"{next(counter):032x}"),
        settings=WriterSettings(),
    )
    keys = KeyRing.of(store.terminal_keys())
    card, sale = card_evidence(1), sale_key(2)
    writer.apply(
        open_message(topic_tx(box.name), box.earn(card, sale_key(1), 10_000), keys), _NOW_MS
    )
    asked = box.reserve(box.new_id(), card, sale, points=40, total_minor=10_000)
    (answer,) = writer.apply(open_message(topic_auth(box.name), asked, keys), _NOW_MS).answers
    assert (answer.points, answer.reason) == (40, Reason.NONE)
    assert answer.amount_minor is not None
    used = Redemption(hold_id=answer.request_id, points=10, amount_minor=answer.amount_minor // 4)
    redeemed = box.redeem(card, sale, 10_000, used)
    writer.apply(open_message(topic_tx(box.name), redeemed, keys), _NOW_MS)
    with store.batch() as batch:
        (hold,) = batch.every(HoldRow)
        report = audit(batch)
    assert hold.redeemed_points == 10
    assert report.findings == ()


def test_what_no_envelope_accounts_for_is_a_finding_and_no_fault() -> None:
    """Rows that a person at a desk or a night made are named where nothing proves them."""
    store = MemoryLedgerStore()
    LedgerDesk(store)
    with store.batch() as batch:
        report = audit(batch)
    assert any("cannot be judged again" in finding.what for finding in report.findings)
    assert any("no envelope accounts for it" in finding.what for finding in report.findings)
