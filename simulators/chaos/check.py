"""Holds what the processes wrote against what the outside was promised, and against the model.

The history checker is the one that every simulated day and world is held against
(``simulators.shop.checker``); the audit is the one that is shipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from gateway.audit.auditor import audit
from gateway.crypto.seal import parse_envelope
from gateway.model.ids import BranchId, TerminalId
from gateway.model.programme import Programme
from gateway.model.transaction import Kind, Transaction
from gateway.wire.transaction import decode_transaction
from simulators.chaos.customers import Promises
from simulators.chaos.evidence import copied_journal, copied_ledger
from simulators.process_setup import BRANCH
from simulators.shop.checker import Circumstances, Verdict, check_books, kept_envelopes
from terminal_agent.journal.journal import Journal

#: The kind under which the auditor's findings are listed.
AUDIT = "audit"


def check(
    terminals: Mapping[TerminalId, tuple[Path, Promises]],
    ledger: Path,
    programme: Programme,
) -> Verdict:
    """Compare journals, promises and ledger, of processes that may be running.

    Args:
        terminals: data directory of each, and what the outside was told of it; all settled.
        ledger: the gateway's.
        programme: the only rules.

    Raises:
        MohrError: if a book cannot be read.
    """
    with ExitStack() as stack:
        journals = {
            name: stack.enter_context(copied_journal(folder))
            for name, (folder, _) in terminals.items()
        }
        store = stack.enter_context(copied_ledger(ledger))
        about = Circumstances(
            rules=((0, programme),), branches=dict.fromkeys(terminals, BranchId(BRANCH))
        )
        verdict = check_books(journals.values(), store, about)
        for name, (_, promises) in terminals.items():
            _check_promises(name, _transactions(journals[name]), promises, verdict)
        with store.batch() as batch:
            report = audit(batch)
    for finding in report.findings:
        verdict.find(AUDIT, f"{finding.where}: {finding.what}")
    return verdict


def _transactions(journal: Journal) -> Sequence[Transaction]:
    return [decode_transaction(parse_envelope(one).payload) for one in kept_envelopes(journal)]


def _check_promises(
    name: TerminalId, accepted: Sequence[Transaction], promises: Promises, verdict: Verdict
) -> None:
    """What the outside was told is in the journal."""
    if promises.accepted > len(accepted):
        verdict.lost += promises.accepted - len(accepted)
        told = f"{promises.accepted} transactions accepted and holds {len(accepted)}"
        verdict.find("lost", f"{name} called {told}")
    sold = {one.sale.receipt_number for one in accepted if one.sale and one.kind is Kind.EARN}
    refunded = Counter(one.original.receipt_number for one in accepted if one.original)
    missing = [f"sale {number}" for number in sorted(promises.sales - sold)]
    missing += [
        f"refund of sale {number}"
        for number, times in promises.refunds.items()
        if refunded[number] < times
    ]
    verdict.lost += len(missing)
    for one in missing:
        verdict.find("lost", f"{name} said that the {one} is accepted")
