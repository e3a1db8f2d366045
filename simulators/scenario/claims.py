"""What a scenario says must come of a step, and whether it did."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.errors import ValueRangeError
from gateway.model.outcome import Reason
from simulators.scenario.port import Answer, LotPart, MemberView, Part, State

_RACE_ONLY: Final = ("applied", "refusals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that must be so.

    Attributes:
        path: what, for example ``members.ada.points``.
        expected: the value as JSON text.
    """

    path: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A claim beside what was found; both values are JSON text."""

    path: str
    expected: str
    actual: str

    @property
    def holds(self) -> bool:
        """Whether it is so."""
        return self.expected == self.actual


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What became of a race.

    Attributes:
        applied: steps that happened.
        refusals: why the others did not, sorted.
    """

    applied: int
    refusals: tuple[str, ...]


def read_claims(table: object, where: str) -> tuple[Claim, ...]:
    """Read a step's ``expect``.

    Args:
        table: as TOML gave it.
        where: the path to it, for messages.

    Raises:
        ValueRangeError: naming the path to what cannot be expected.
    """
    return tuple(_read(_table(table, where), where))


def check_claims(
    claims: tuple[Claim, ...], answer: Answer, state: State, lanes: Lanes | None
) -> tuple[Check, ...]:
    """Compare what was claimed with what was found.

    A step about which nothing was said must at least not have been refused.
    """
    found = _found(answer, state, lanes)
    said = {claim.path for claim in claims}
    if lanes is None and "refused" not in said:
        claims = (Claim(path="refused", expected=_text(Reason.NONE.value)), *claims)
    return tuple(
        Check(path=c.path, expected=c.expected, actual=_text(found.get(c.path))) for c in claims
    )


def _read(table: Mapping[str, Any], where: str) -> Iterator[Claim]:
    for name, value in table.items():
        path = f"{where}.{name}"
        if name == "members":
            for member, parts in _table(value, path).items():
                for part, inner in _table(parts, f"{path}.{member}").items():
                    here = f"{path}.{member}.{part}"
                    read = _known(part, _MEMBER, here)
                    yield Claim(path=f"members.{member}.{part}", expected=_text(read(inner, here)))
        elif name == "gift_cards":
            for card, amount in _table(value, path).items():
                expected = _text(_whole(amount, f"{path}.{card}"))
                yield Claim(path=f"gift_cards.{card}", expected=expected)
        else:
            yield Claim(path=name, expected=_text(_known(name, _ANSWER, path)(value, path)))


def _found(answer: Answer, state: State, lanes: Lanes | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: _plain(getattr(answer, name)) for name in _ANSWER if name not in _RACE_ONLY
    }
    if lanes is not None:
        found |= {"applied": lanes.applied, "refusals": list(lanes.refusals)}
    for member in state.members:
        found |= {f"members.{member.name}.{part}": _member_part(member, part) for part in _MEMBER}
    return found | {f"gift_cards.{card.name}": card.amount for card in state.gift_cards}


def _member_part(member: MemberView, part: str) -> Any:  # noqa: ANN401 - JSON's types
    return _plain(getattr(member, part))


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON's types
    if not isinstance(value, tuple):
        return "none" if value is None else value
    if value and isinstance(value[0], Part):
        sums: dict[str, int] = {}
        for part in value:
            sums[part.name] = sums.get(part.name, 0) + part.amount
        return sums
    if value and isinstance(value[0], LotPart):
        return [[lot.day, lot.amount] for lot in value]
    return list(value)


# -- the kinds of values ------------------------------------------------------------------------

_Reader = Callable[[object, str], Any]


def _whole(value: object, where: str) -> int:
    if type(value) is not int:
        raise ValueRangeError(f"{where}: must be a whole number")
    return value


def _word(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ValueRangeError(f"{where}: must be text")
    return value


def _reason(value: object, where: str) -> str:
    known = {reason.value for reason in Reason}
    if value not in known:
        near = difflib.get_close_matches(str(value), known, n=1)
        raise ValueRangeError(f"{where}: there is no such reason" + _near(near))
    return str(value)


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueRangeError(f"{where}: must be a list")
    return value


def _words(value: object, where: str) -> list[str]:
    return [_word(item, f"{where}[{index}]") for index, item in enumerate(_list(value, where))]


def _reasons(value: object, where: str) -> list[str]:
    items = enumerate(_list(value, where))
    return sorted(_reason(item, f"{where}[{index}]") for index, item in items)


def _wholes(value: object, where: str) -> list[int]:
    return [_whole(item, f"{where}[{index}]") for index, item in enumerate(_list(value, where))]


def _parts(value: object, where: str) -> dict[str, int] | list[int]:
    table = _table(value, where)
    # Nothing is an empty list on the other side, whatever was meant to be in it.
    return {name: _whole(amount, f"{where}.{name}") for name, amount in table.items()} or []


def _lots(value: object, where: str) -> list[list[object]]:
    lots = []
    for index, lot in enumerate(_list(value, where)):
        here = f"{where}[{index}]"
        if not isinstance(lot, list) or len(lot) != 2:
            raise ValueRangeError(f"{here}: must be a day and an amount")
        lots.append([_word(lot[0], here), _whole(lot[1], here)])
    return lots


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueRangeError(f"{where}: must be a table")
    return value


_ANSWER: Final[Mapping[str, _Reader]] = {
    "refused": _reason,
    "earned": _whole,
    "credit_earned": _whole,
    "redeemed": _whole,
    "amount_minor": _whole,
    "discount_minor": _whole,
    "total_minor": _whole,
    "due_minor": _whole,
    "clawed": _whole,
    "returned": _whole,
    "activated": _whole,
    "converted_minor": _whole,
    "expired": _whole,
    "awards": _parts,
    "discounts": _parts,
    "vouchers": _parts,
    "held_out": _words,
    "tier": _word,
    "taken": _lots,
    "closed": _wholes,
    "applied": _whole,
    "refusals": _reasons,
}

_MEMBER: Final[Mapping[str, _Reader]] = {
    "points": _whole,
    "pending": _whole,
    "held": _whole,
    "credit_minor": _whole,
    "tier": _word,
    "lots": _lots,
    "pending_lots": _lots,
    "vouchers": _parts,
}


def _known(name: str, readers: Mapping[str, _Reader], where: str) -> _Reader:
    if name not in readers:
        near = difflib.get_close_matches(name, readers, n=1)
        raise ValueRangeError(f"{where}: nothing of that name can be expected" + _near(near))
    return readers[name]


def _near(near: list[str]) -> str:
    return f"; did you mean {near[0]!r}?" if near else ""


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
