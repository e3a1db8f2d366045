"""What an administrator may change: decided as values, written by the store like any batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.crypto.chain import genesis_hash
from gateway.crypto.public_key import PublicKey
from gateway.crypto.registration import Registration
from gateway.ledger.accounts import opened_ledgers
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.errors import AdministrationError
from gateway.ledger.kinds import CardState, JournalKind
from gateway.ledger.programme_json import programme_to_json
from gateway.ledger.row import Row
from gateway.ledger.rows import AccountRow, JournalRow
from gateway.ledger.rows_intake import (
    ChainRow,
    ProgrammeRow,
    QuarantineRow,
    Tally,
    TallyRow,
    TerminalKey,
    TerminalRow,
)
from gateway.ledger.rows_members import CardRow
from gateway.ledger.shelf import ChangeSet
from gateway.model.ids import BranchId, CardToken, EnvelopeHash
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.program.succession import superseded


def terminal_added(
    batch: LedgerBatch, registration: Registration, branch: BranchId, at_ms: int
) -> ChangeSet:
    """Decide what adding a terminal writes; see ``LedgerStore.add_terminal``."""
    terminal, epoch = registration.terminal, registration.epoch
    key = PublicKey.from_cose_key(registration.public_key)
    same_key = batch.rows(TerminalKey, [key.key_id])
    if same_key and (same_key[0].terminal, same_key[0].epoch) != (terminal, epoch):
        raise AdministrationError(f"the key belongs to terminal {same_key[0].terminal!r} already")
    row = TerminalRow(
        terminal=terminal,
        branch=branch,
        epoch=epoch,
        agreement_key=registration.agreement_key,
        added_at_ms=at_ms,
    )
    known = batch.rows(TerminalRow, [terminal])
    if known and epoch < known[0].epoch:
        raise AdministrationError(f"terminal {terminal!r} is in epoch {known[0].epoch} already")
    if known and epoch == known[0].epoch:
        if not same_key or registration.agreement_key != known[0].agreement_key:
            raise AdministrationError(f"terminal {terminal!r} has other keys in epoch {epoch}")
        return ChangeSet({}, {TerminalRow: [replace(known[0], branch=branch)]}, {})
    inserted: dict[type[Row], list[Row]] = {
        TerminalKey: [
            TerminalKey(
                key_id=key.key_id,
                terminal=terminal,
                epoch=epoch,
                cose_key=registration.public_key,
            )
        ],
        ChainRow: [
            ChainRow(
                terminal=terminal,
                epoch=epoch,
                watermark=0,
                watermark_hash=genesis_hash(terminal, epoch, key.key_id),
                highest_seq=0,
                waiting=0,
            )
        ],
    }
    if known:
        return ChangeSet(inserted, {TerminalRow: [row]}, {})
    return ChangeSet({TerminalRow: [row], **inserted}, {}, {})


def programme_added(batch: LedgerBatch, programme: Programme) -> ChangeSet:
    """Decide what adding a programme writes; see ``LedgerStore.add_programme``."""
    versions = batch.programmes()
    last = versions[-1] if versions else None
    wanted = 1 if last is None else last.version + 1
    if programme.version != wanted:
        raise AdministrationError(f"the next programme version is {wanted}")
    inserted: dict[type[Row], list[Row]] = {
        ProgrammeRow: [ProgrammeRow(version=wanted, rules=programme_to_json(programme))]
    }
    _check_currency(versions, programme)
    changed = last is not None and last.currency != programme.currency
    before = last.currency.code if last is not None and changed else None
    opened = opened_ledgers(batch.ledgers(), programme.name, programme.currency.code, before=before)
    if opened:
        inserted[AccountRow] = [*opened]
    if last is None:
        return ChangeSet(inserted, {}, {})
    if programme.name != last.name:
        raise AdministrationError(f"the programme is called {last.name!r}")
    if programme.effective_from_ms <= max(last.effective_from_ms, batch.head().recorded_at_ms):
        raise AdministrationError(
            "a programme version takes effect after the version before it, and not in the past"
        )
    return ChangeSet(inserted, {}, {})


def _check_currency(versions: Sequence[Programme], programme: Programme) -> None:
    """Let a version count in another currency only where that takes the place of the one before."""
    last, succeeds = (versions[-1] if versions else None), programme.succeeds
    if last is None:
        if succeeds is not None:
            raise AdministrationError(
                "the first version of a programme takes the place of no currency: leave"
                " [redenomination] out, or begin with a version in the old currency"
            )
        return
    new, old = programme.currency, last.currency
    if new == old:
        if succeeds is not None and all(one.succeeds != succeeds for one in versions):
            raise AdministrationError(
                f"the programme counts in {old.code} already: [redenomination] belongs to the"
                " version that changes the currency, and stays as it was there, or is left out"
            )
        return
    if succeeds is None or succeeds.currency != old:
        raise AdministrationError(
            f"the programme counts in {old.code} with {old.exponent} decimals; a version in"
            f" {new.code} needs [redenomination] with from = {old.code!r},"
            f" from_exponent = {old.exponent} and old_units_per_unit, or amounts in {old.code}"
        )
    known = superseded((*versions, programme), programme.effective_from_ms)
    if new.code in known or any(one.currency.code == new.code for one in versions):
        raise AdministrationError(
            f"the programme counted in {new.code} before: a currency never comes back under its"
            " old code"
        )


def card_state_set(batch: LedgerBatch, token: CardToken, state: CardState, at_ms: int) -> ChangeSet:
    """Decide what blocking a card writes; see ``LedgerStore.set_card_state``."""
    book = Book(batch.head(), batch.ledgers())
    book.cards.load(batch.rows(CardRow, [token]), [token])
    card = book.cards.get(token)
    if card is None:
        raise AdministrationError("nobody owns such a card")
    if card.state is state:
        return ChangeSet({}, {}, {})
    book.cards.replace(replace(card, state=state))
    book.record(
        JournalRow(
            journal_index=book.next_index,
            recorded_at_ms=book.next_recorded_at_ms(at_ms),
            judged_at_ms=at_ms,
            kind=JournalKind.CARD,
            card_token=token,
            card_state=state,
            status=Status.APPLIED,
            reason=Reason.NONE,
            member_id=card.member_id,
        )
    )
    return book.change_set()


def told_counted(batch: LedgerBatch, digest: int) -> tuple[ChangeSet | None, int]:
    """Decide what noting a digest writes; see ``LedgerStore.count_told``."""
    names = (Tally.TOLD, Tally.TOLD_CHANGES)
    known = {row.name: row for row in batch.rows(TallyRow, names)}
    if not known:
        made = [TallyRow(name=Tally.TOLD, value=digest), TallyRow(name=names[1], value=0)]
        return ChangeSet({TallyRow: made}, {}, {}), 0
    told, changes = known[Tally.TOLD], known[Tally.TOLD_CHANGES]
    if told.value == digest:
        return None, changes.value
    count = changes.value + 1
    rows = [replace(told, value=digest), replace(changes, value=count)]
    return ChangeSet({}, {TallyRow: rows}, {}), count


def quarantine_discarded(
    batch: LedgerBatch, payload_hash: EnvelopeHash, reason: Reason
) -> ChangeSet:
    """Decide what discarding quarantined bytes writes; see ``LedgerStore.discard_quarantined``."""
    found = batch.rows(QuarantineRow, [(payload_hash, reason)])
    if not found:
        raise AdministrationError("there are no such bytes in quarantine")
    row = found[0]
    freed = (
        {Tally.SEALED_ROWS: 1, Tally.SEALED_BYTES: len(row.payload)}
        if row.sealed
        else {Tally.UNSEALED_ROWS: 1, Tally.UNSEALED_BYTES: len(row.payload)}
    )
    # The counts of what was dropped stay: those bytes were lost, whatever is tidied up now.
    tallies = [
        replace(tally, value=tally.value - freed[tally.name])
        for tally in batch.rows(TallyRow, list(freed))
    ]
    return ChangeSet({}, {TallyRow: tallies}, {QuarantineRow: [row]})
