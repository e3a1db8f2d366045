"""What a receipt of the gateway's does to the journal."""

from __future__ import annotations

from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Receipt, Rejection, Result
from terminal_agent.errors import ForeignReceiptError, JournalForkError
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.integrity import hash_at
from terminal_agent.journal.state import State, read_state
from terminal_agent.journal.values import Settlement


def settle(database: JournalDatabase, receipt: Receipt) -> Settlement:
    """Take over a verified receipt, in one commit; see ``Journal.settle``."""
    with database.transaction():
        state = read_state(database)
        if (receipt.terminal, receipt.epoch) != (state.terminal, state.epoch):
            raise ForeignReceiptError(
                f"a receipt for terminal {receipt.terminal}, epoch {receipt.epoch} came to"
                f" terminal {state.terminal}, epoch {state.epoch}"
            )
        fork = _find_fork(database, state, receipt)
        if fork is None:
            settlement = _take_over(database, state, receipt)
        else:
            # Committed, so that a restart cannot make a copied journal accept again.
            database.execute("UPDATE state SET stopped = coalesce(stopped, ?)", (fork,))
    if fork is not None:
        raise JournalForkError(fork)
    return settlement


def _find_fork(database: JournalDatabase, state: State, receipt: Receipt) -> str | None:
    """Say where the gateway's knowledge of this chain and the journal's own differ."""
    newest = state.next_seq - 1
    known = [(result.seq, result.envelope_hash) for result in receipt.results]
    if receipt.watermark > 0:
        known.append((receipt.watermark, receipt.watermark_hash))
    elif receipt.watermark_hash != state.genesis_hash:
        return "the gateway's epoch begins with another key or terminal than this journal's"
    for seq, envelope_hash in known:
        if seq > newest:
            return f"the gateway has seq {seq} and this journal ends at {newest}: an old copy?"
        own = hash_at(database, seq)
        # A row that was dropped was settled and off-site long ago; there is nothing to compare.
        if own is not None and own != envelope_hash:
            return f"the gateway has another envelope at seq {seq}: the terminal was cloned?"
    for rejection in receipt.rejections:
        if rejection.reason is Reason.CLONE and _is_own(database, rejection):
            return "the gateway has another envelope for a number of this journal's"
    return None


def _is_own(database: JournalDatabase, rejection: Rejection) -> bool:
    return (
        database.row("SELECT 1 FROM envelopes WHERE hash = ?", (rejection.envelope_hash,))
        is not None
    )


def _take_over(database: JournalDatabase, state: State, receipt: Receipt) -> Settlement:
    watermark = max(state.watermark, receipt.watermark)
    offsite = max(state.offsite_watermark, receipt.offsite_watermark)
    results = tuple(result for result in receipt.results if _record(database, result))
    rejections = tuple(
        rejection
        for rejection in receipt.rejections
        if _mark_rejected(database, rejection, watermark)
    )
    if (watermark, offsite) != (state.watermark, state.offsite_watermark):
        database.execute(
            "UPDATE state SET watermark = ?, offsite_watermark = ?", (watermark, offsite)
        )
        # What the watermark has passed was taken after all, by a person's decision there.
        database.execute(
            "UPDATE envelopes SET rejected_reason = NULL"
            " WHERE rejected_reason IS NOT NULL AND seq <= ?",
            (watermark,),
        )
    return Settlement(
        watermark=receipt.watermark,
        settled=watermark - state.watermark,
        results=results,
        rejections=rejections,
        archive_over_limit=False,
    )


def _record(database: JournalDatabase, result: Result) -> bool:
    """Keep a result; say whether it is news. Receipts repeat what they said before."""
    row = database.row("SELECT status, reason, points FROM envelopes WHERE seq = ?", (result.seq,))
    if row is None or tuple(row) == (result.status, result.reason, result.points):
        return False
    if row[0] is not None and result.status is Status.DUPLICATE:
        return False
    database.execute(
        "UPDATE envelopes SET status = ?, reason = ?, points = ?, balance_points = ? WHERE seq = ?",
        (result.status, result.reason, result.points, result.balance_points, result.seq),
    )
    return True


def _mark_rejected(database: JournalDatabase, rejection: Rejection, watermark: int) -> bool:
    changed = database.execute(
        "UPDATE envelopes SET rejected_reason = ?"
        " WHERE hash = ? AND seq > ? AND rejected_reason IS NULL",
        (rejection.reason, rejection.envelope_hash, watermark),
    )
    return changed == 1
