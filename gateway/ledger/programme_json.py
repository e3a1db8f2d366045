"""A programme's rules as canonical JSON text: sorted keys, no spaces, no surprises."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from functools import lru_cache
from typing import Any

from gateway.errors import LedgerError, MohrError
from gateway.model.money import Currency
from gateway.model.plain import from_plain, to_plain
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.rules.rules import Rules
from gateway.model.rules.succession import Succession


def programme_to_json(programme: Programme) -> str:
    """Write the rules down, every field named; what most programmes do not have is left out."""
    parts = asdict(replace(programme, rules=Rules()))
    del parts["rules"]
    if programme.succeeds is None:
        del parts["succeeds"]
    if programme.rules != Rules():
        parts["rules"] = to_plain(programme.rules)
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=256)
def programme_from_json(text: str) -> Programme:
    """Read what ``programme_to_json`` wrote.

    A field that a later version of Mohr added may be missing and has its default then; a field
    that this version does not know would change what a sale earns, and is refused.

    Raises:
        LedgerError: if the text is not a programme that this version can evaluate.
    """
    try:
        parts: dict[str, Any] = json.loads(text)
        unknown = set(parts) - {field.name for field in fields(Programme)}
        if unknown:
            raise LedgerError(f"stored programme has unknown rules: {', '.join(sorted(unknown))}")
        parts["currency"] = Currency(**parts["currency"])
        parts["unknown_card"] = UnknownCardPolicy(parts["unknown_card"])
        parts["refund"] = RefundPolicy(parts["refund"])
        parts["rules"] = from_plain(Rules, parts.get("rules", {}), where="rules")
        if "succeeds" in parts:
            parts["succeeds"] = from_plain(Succession, parts["succeeds"], where="succeeds")
        return Programme(**parts)
    except (MohrError, KeyError, TypeError, ValueError) as error:
        raise LedgerError(f"a stored programme cannot be read: {error}") from error
