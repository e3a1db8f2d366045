"""What is promised of every world, held against what was seen of it."""

from __future__ import annotations

import hashlib

from gateway.audit.auditor import audit
from gateway.errors import MohrError
from gateway.ledger.kinds import HoldState, JournalKind
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import AuthKind
from gateway.model.ids import BranchId, TerminalId
from gateway.model.outcome import Status
from simulators.shop.checker import Circumstances, Verdict, check_books, journal_rows
from simulators.world.stage import Stage

#: The auditor names every row that differs; the first ones tell.
_AUDIT_FINDINGS_MAX = 5


def check_world(stage: Stage) -> Verdict:
    """Compare a settled world with the model, with what was seen, and with the auditor.

    Args:
        stage: every process running, nothing on its way.
    """
    verdict = Verdict()
    down = [one.name for one in stage.processes if not one.up]
    if down:
        verdict.find("settles", f"nobody can look into {', '.join(down)}")
        return verdict
    history = stage.history
    store = stage.gateway.server.store
    tills = list(stage.tills.values())
    about = Circumstances(
        rules=history.rules,
        branches={TerminalId(name): BranchId(branch) for name, branch in stage.setting.branches},
        answers=history.answers,
    )
    verdict = check_books([till.counter.journal for till in tills], store, about)
    for till in tills:
        try:
            till.counter.journal.verify()
        except MohrError as error:
            verdict.find("journal", f"{till.name}: {error}")
    _check_promises(stage, verdict)
    _check_receipts(stage, verdict)
    _check_holds_seen(stage, verdict)
    _check_card_acts(stage, verdict)
    _check_kept_results(stage, verdict)
    with store.batch() as batch:
        report = audit(batch)
    for finding in report.findings[:_AUDIT_FINDINGS_MAX]:
        verdict.find("audit", f"{finding.where}: {finding.what}")
    verdict.fingerprint = _fingerprint(stage, verdict.fingerprint)
    return verdict


def _check_promises(stage: Stage, verdict: Verdict) -> None:
    """What a screen called accepted, and what was ever published, is in its journal as it was."""
    held = {}
    for till in stage.tills.values():
        identity = till.counter.identity
        rows = till.eye.rows("SELECT seq, hash FROM envelopes")
        held.update({(identity.terminal, identity.epoch, seq): its_hash for seq, its_hash in rows})
    for name, its_hash in stage.history.told.items():
        if held.get((name.terminal, name.epoch, name.seq)) != its_hash:
            verdict.lost += 1
            verdict.find("lost", f"{name.terminal} said that seq {name.seq} is accepted")
    for name, its_hash in stage.history.sealed.items():
        if held.get((name.terminal, name.epoch, name.seq)) != its_hash:
            verdict.find("two envelopes", f"{name.terminal} published another seq {name.seq}")


def _check_receipts(stage: Stage, verdict: Verdict) -> None:
    """No receipt ever said more, or something else, than what is durable in the end."""
    store = stage.gateway.server.store
    with store.batch() as batch:
        chains = {chain.terminal: chain for chain in batch.every(ChainRow)}
    rows = {
        (row.terminal, row.epoch, row.seq): row
        for row in journal_rows(store)
        if row.kind is JournalKind.TRANSACTION
    }
    for receipt in stage.history.receipts:
        chain = chains.get(receipt.terminal)
        if chain is None or receipt.watermark > chain.watermark:
            verdict.find("receipt", f"{receipt.terminal} was promised seq {receipt.watermark}")
        for result in receipt.results:
            row = rows.get((receipt.terminal, receipt.epoch, result.seq))
            said = (result.envelope_hash, result.status, result.reason, result.points)
            if row is None or said != (row.envelope_hash, row.status, row.reason, row.points):
                verdict.find("receipt", f"{receipt.terminal} was told otherwise of {result.seq}")


def _check_holds_seen(stage: Stage, verdict: Verdict) -> None:
    """Every reservation that was granted exists, and came to one end."""
    with stage.gateway.server.store.batch() as batch:
        holds = {hold.hold_id: hold for hold in batch.every(HoldRow)}
    for answer in stage.history.answers.values():
        if answer.kind is not AuthKind.RESERVE:
            continue
        hold = holds.get(answer.request_id)
        granted = answer.status is Status.APPLIED
        if granted != (hold is not None):
            verdict.find("hold", f"{answer.request_id.hex()[:8]} was answered {answer.status}")
        elif hold is not None:
            verdict.counts[f"holds_{hold.state}"] += 1
            if hold.state is not HoldState.PENDING and hold.resolved_index is None:
                verdict.find("hold", f"{answer.request_id.hex()[:8]} ended and nobody knows when")


def _check_kept_results(stage: Stage, verdict: Verdict) -> None:
    """What a terminal wrote down of a result is what the gateway decided."""
    rows = {
        (row.terminal, row.epoch, row.seq): (row.status.value, row.reason.value, row.points)
        for row in journal_rows(stage.gateway.server.store)
        if row.kind is JournalKind.TRANSACTION
    }
    for till in stage.tills.values():
        identity = till.counter.identity
        for seq, *kept in till.eye.rows(
            "SELECT seq, status, reason, points FROM envelopes WHERE status IS NOT NULL"
        ):
            decided = rows.get((identity.terminal, identity.epoch, seq))
            if decided != tuple(kept):
                verdict.find("result", f"{till.name} keeps {kept} for seq {seq}, not {decided}")


def _check_card_acts(stage: Stage, verdict: Verdict) -> None:
    """Cards change their state because an administrator said so, and for no other reason."""
    acts = list(stage.history.card_acts)
    for row in journal_rows(stage.gateway.server.store):
        if row.kind is not JournalKind.CARD or row.card_token is None or row.card_state is None:
            continue
        act = (row.card_token, row.card_state)
        if act in acts:
            acts.remove(act)
        else:
            verdict.find("card", f"nobody asked for {row.card_state} in row {row.journal_index}")


def _fingerprint(stage: Stage, of_ledger: str) -> str:
    digest = hashlib.sha256(of_ledger.encode())
    for line in stage.history.lines:
        digest.update(repr((line.at_ms, line.who, line.text)).encode())
    return digest.hexdigest()[:16]
