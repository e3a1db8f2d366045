"""The issuing journal: what was about to be done to which card, and what became of it.

Losing it loses no card: the ledger knows those that are issued, and a card says which keys it
holds. What is lost with it is who did what, and which number was meant for a card half made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.issuing.errors import IssuingError, JournalFaultError
from gateway.issuing.journal_database import IssuingDatabase, Row, Value
from gateway.issuing.protocol import Intent, IntentKind
from gateway.issuing.record import (
    LIVE,
    AuditEntry,
    CardRecord,
    CardStage,
    DeskAction,
    DeskResult,
)
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken, MemberId

_COLUMNS: Final = tuple(one.name for one in fields(CardRecord))
_LIVE: Final = ", ".join(f"'{one.value}'" for one in LIVE)
# Put together of names in this file; values are always parameters.
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM card"  # noqa: S608 - see above
_FORGET: Final = f"DELETE FROM card WHERE chip = ? AND stage NOT IN ({_LIVE})"  # noqa: S608
_INSERT: Final = (
    f"INSERT INTO card ({', '.join(_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join('?' for _ in _COLUMNS)})"
)
_UPDATE: Final = (
    f"UPDATE card SET {', '.join(f'{name} = ?' for name in _COLUMNS)}"  # noqa: S608
    " WHERE chip = ?"
)
_AUDIT: Final = (
    "INSERT INTO audit (at_ms, actor, action, chip, number, result, detail)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class IssuingJournal:
    """Cards, intents and the audit of one gateway. One thread.

    Args:
        path: the file, ``issuing.db`` in the data directory.
        clock: gives each row its time.

    Raises:
        JournalFaultError: here and in every method, if the file cannot be used.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._database = IssuingDatabase(path)
        self._clock = clock

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    # Cards.

    def card(self, chip: CardToken) -> CardRecord | None:
        """What is known of a chip."""
        return _only(self._database.rows(f"{_SELECT} WHERE chip = ?", [chip]))

    def with_number(self, number: str) -> CardRecord | None:
        """The live card that carries a number."""
        sql = f"{_SELECT} WHERE number = ? AND stage IN ({_LIVE})"
        return _only(self._database.rows(sql, [number]))

    def with_token(self, token: CardToken) -> CardRecord | None:
        """The newest card that the ledger knows by a token."""
        sql = f"{_SELECT} WHERE token = ? ORDER BY begun_at_ms DESC LIMIT 1"
        return _only(self._database.rows(sql, [token]))

    def in_stage(self, *stages: CardStage) -> list[CardRecord]:
        """Every card in one of these stages, by number."""
        places = ", ".join("?" for _ in stages)
        sql = f"{_SELECT} WHERE stage IN ({places}) ORDER BY number"
        return [_record(row) for row in self._database.rows(sql, list(stages))]

    def next_number(self) -> str:
        """A number that no card ever had: one more than the highest of eight digits."""
        rows = self._database.rows(
            "SELECT max(number) FROM card"
            " WHERE number GLOB '[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]'"
        )
        return f"{int(rows[0][0] or 0) + 1:08d}"

    def claim(self, card: CardRecord) -> CardRecord:
        """Give a chip its number before anything is written to it.

        Returns:
            the record, with its times.

        Raises:
            IssuingError: if a live card has this number, or this chip is live.
        """
        now_ms = self._clock.unix_ms()
        claimed = replace(card, begun_at_ms=now_ms, changed_at_ms=now_ms)
        try:
            with self._database.transaction():
                self._database.execute(_FORGET, [card.chip])
                self._database.execute(_INSERT, _values(claimed))
        except sqlite3.IntegrityError as error:
            raise IssuingError(f"number {card.number} stands on another card already") from error
        return claimed

    def release(self, chip: CardToken) -> None:
        """Take a claim back: the card turned out not to be ours to write, and was not written."""
        with self._database.transaction():
            self._database.execute(
                "DELETE FROM card WHERE chip = ? AND stage = ?", [chip, CardStage.BEGUN]
            )

    def change(
        self, card: CardRecord, *, proved: bool = False, entry: AuditEntry | None = None
    ) -> CardRecord:
        """Keep what became of a card.

        Args:
            card: its record.
            proved: the card was read back as it was to be, so all that was open has happened.
            entry: of the audit, kept in the same commit.

        Returns:
            the record, with its time.
        """
        changed = replace(card, changed_at_ms=self._clock.unix_ms())
        with self._database.transaction():
            if proved:
                self._database.execute(
                    "UPDATE intent SET settled_at_ms = ?, happened = 1"
                    " WHERE chip = ? AND settled_at_ms IS NULL",
                    [changed.changed_at_ms, card.chip],
                )
            count = self._database.execute(_UPDATE, [*_values(changed), card.chip])
            if entry is not None:
                self._database.execute(_AUDIT, _audit_values(entry))
        if count != 1:
            raise JournalFaultError("the card is not in the issuing journal any more")
        return changed

    # Intents.

    def note(self, chip: CardToken, intent: Intent) -> None:
        """Keep what is about to be done to a card; on the disk when this returns."""
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO intent (chip, kind, key_number, from_version, to_version, noted_at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [
                    chip,
                    intent.kind,
                    intent.key_number,
                    intent.from_version,
                    intent.to_version,
                    self._clock.unix_ms(),
                ],
            )

    def settle(self, chip: CardToken, versions: Sequence[int]) -> None:
        """Decide open intents by the key versions that the card proved to hold."""
        if not self.open_intents(chip):
            return
        now_ms = self._clock.unix_ms()
        with self._database.transaction():
            for number, version in enumerate(versions):
                self._database.execute(
                    "UPDATE intent SET settled_at_ms = ?, happened = (to_version = ?)"
                    " WHERE chip = ? AND key_number = ? AND kind = ? AND settled_at_ms IS NULL",
                    [now_ms, version, chip, number, IntentKind.CHANGE_KEY],
                )

    def open_intents(self, chip: CardToken) -> list[Intent]:
        """What was about to be done and was never settled, oldest first."""
        rows = self._database.rows(
            "SELECT kind, key_number, from_version, to_version FROM intent"
            " WHERE chip = ? AND settled_at_ms IS NULL ORDER BY intent_id",
            [chip],
        )
        return [
            Intent(kind=IntentKind(kind), key_number=number, from_version=old, to_version=new)
            for kind, number, old, new in rows
        ]

    # The audit.

    def record(self, entry: AuditEntry) -> None:
        """Keep what was done."""
        with self._database.transaction():
            self._database.execute(_AUDIT, _audit_values(entry))

    def audit(self) -> list[AuditEntry]:
        """Everything that was done, oldest first."""
        rows = self._database.rows(
            "SELECT at_ms, actor, action, chip, number, result, detail FROM audit ORDER BY audit_id"
        )
        return [
            AuditEntry(
                at_ms=at_ms,
                actor=actor,
                action=DeskAction(action),
                chip=None if chip is None else CardToken(chip),
                number=number,
                result=DeskResult(result),
                detail=detail,
            )
            for at_ms, actor, action, chip, number, result, detail in rows
        ]


def _audit_values(entry: AuditEntry) -> list[Value]:
    return [getattr(entry, one.name) for one in fields(AuditEntry)]


def _values(card: CardRecord) -> list[Value]:
    return [getattr(card, name) for name in _COLUMNS]


def _only(rows: Iterable[Row]) -> CardRecord | None:
    return next((_record(row) for row in rows), None)


def _record(row: Row) -> CardRecord:
    found = dict(zip(_COLUMNS, row, strict=True))
    replaced, member = found["replaces"], found["member_id"]
    return CardRecord(
        **found
        | {
            "chip": CardToken(found["chip"]),
            "profile": CardProfile(found["profile"]),
            "token": CardToken(found["token"]),
            "stage": CardStage(found["stage"]),
            "random_uid": bool(found["random_uid"]),
            "replaces": None if replaced is None else CardToken(replaced),
            "member_id": None if member is None else MemberId(member),
        }
    )
