"""How values of the ledger go to PostgreSQL and come back: whole numbers, text and bytes alone."""

from __future__ import annotations

from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.postgres import types
from psycopg.types.numeric import IntLoader
from psycopg.types.string import StrDumperUnknown


class _FlagDumper(Dumper):
    """A flag is a whole number in the ledger's tables, as it is in SQLite."""

    oid = types["int8"].oid

    def dump(self, obj: bool) -> bytes:  # noqa: FBT001 - psycopg's own signature
        return b"1" if obj else b"0"


class _QuestionDumper(StrDumperUnknown):
    """PostgreSQL knows no text with a NUL, and who asks for one should find nothing, not fail."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


def ledger_types(adapters: AdaptersMap) -> None:
    """Teach a connection the ledger's types."""
    adapters.register_dumper(bool, _FlagDumper)
    # PostgreSQL adds whole numbers up to a NUMERIC; the ledger knows no other kind of number.
    adapters.register_loader("numeric", IntLoader)


def question_types(adapters: AdaptersMap) -> None:
    """Let a connection that only reads be asked for any text, wherever it came from."""
    adapters.register_dumper(str, _QuestionDumper)
