"""A profile for every member of a big ledger, written straight into the office's tables.

The rows are those that ``People.save`` writes; a test holds the two together. One by one they
would take minutes.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.formatting.fold import fold_tight
from gateway.office.people import name_words
from simulators.bench.big_ledger import END_MS, BigLedger

_FIRST: Final = (
    "علی", "زهرا", "محمد", "نگار", "کیان", "یاسمن", "آرش", "الهه", "پویا", "سپیده", "مهدی", "ژاله",
    "حسین", "فاطمه", "رضا", "مریم", "امیر", "سارا", "کوروش", "لیلا",
)  # fmt: skip
_STEMS: Final = (
    "یزد", "کاظم", "حسین", "رضای", "کریم", "موسو", "شریعت", "اکبر", "گلستان", "بهرام", "نوروز",
    "صدر", "امین", "پارس", "کیان", "شهر", "باقر", "جعفر", "نادر", "فرهاد",
)  # fmt: skip
_ENDS: Final = ("ی", "ی‌نژاد", "‌پور", "ی‌فر", "‌زاده", "ی اصل", "‌نیا", "یان")
_PERSON: Final = """
    INSERT INTO person (member_id, branch, name, name_tight, phone, phone_reversed, birthday,
        birthday_calendar, language, show_name_at_ms, messages_at_ms, note, created_at_ms,
        changed_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, '', ?, ?)
"""
_WORD: Final = "INSERT INTO person_word (word, member_id, branch) VALUES (?, ?, ?)"


def name_of(member: int, dice: random.Random) -> str:
    """Draw a member's name; there are some thousand of them, so that many people share one."""
    return f"{dice.choice(_FIRST)} {dice.choice(_STEMS)}{_ENDS[member % len(_ENDS)]}"


def phone_of(member: int) -> str:
    """A member's number, as the office keeps it."""
    return f"989{member:09d}"


def add_people(office: Path, ledger: BigLedger, seed: int) -> None:
    """Write a profile for every member.

    Args:
        office: the office's file, whose tables are there.
        ledger: the members.
        seed: of their names.
    """
    dice = random.Random(seed)
    names = [name_of(member, dice) for member in range(ledger.members)]
    with closing(sqlite3.connect(office, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        connection.executemany(_PERSON, _people(ledger, names))
        # In the order of the key, so that each page of the tree is written once.
        connection.executemany(_WORD, sorted(_words(ledger, names)))
        connection.execute("COMMIT")


def _people(ledger: BigLedger, names: list[str]) -> Iterator[tuple[object, ...]]:
    for member, name in enumerate(names):
        phone = phone_of(member)
        branch = ledger.terminal_of(member).name
        identity = ledger.member_id(member)
        yield identity, branch, name, fold_tight(name), phone, phone[::-1], END_MS, END_MS


def _words(ledger: BigLedger, names: list[str]) -> Iterator[tuple[str, str, str]]:
    for member, name in enumerate(names):
        for word in name_words(name):
            yield word, ledger.member_id(member), ledger.terminal_of(member).name
