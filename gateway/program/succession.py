"""Currencies that took the place of others: which one, at what rate, and how amounts are rounded.

The versions of a programme say it all: a version in another currency than the one before names that
one and the rate (``Programme.succeeds``). From the moment at which it is in force, the currency
before is *superseded*.

Rounding is the same everywhere: what a wallet has is one sum, brought into the new unit and rounded
once, half to even; the parts it is made of share the result in their order, so that they add up to
it. What the ledger adds up over years (what members spent, what limits counted) goes on in the
minor unit of the first currency, the finest of all, and is brought into a programme's own where its
rules look at it, rounded down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import prod
from typing import Final

from gateway.model.member_facts import Used
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.rules.caps import CapMeasure
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.tiers import TierBasis
from gateway.model.transaction import Returned
from gateway.program.evaluation import Use
from gateway.program.versions import programme_at

#: A key of a limit is ``source:id/measure/owner/period``.
_KEY_PARTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """What a superseded currency is counted in now.

    Attributes:
        currency: the one in force.
        factor: so many minor units of the superseded one are one minor unit of it.
        version: of the programme, as it is in force.
    """

    currency: Currency
    factor: int
    version: int


def superseded(programmes: Sequence[Programme], at_ms: int) -> Mapping[str, Successor]:
    """Say which currencies are superseded at a moment, and by what.

    Args:
        programmes: every version of the rules.
        at_ms: Unix time in milliseconds.

    Returns:
        By the code of each superseded currency, the one in force; of two redenominations the
        first currency leads to the last one at once.
    """
    current = programme_at(programmes, at_ms)
    if current is None or all(one.succeeds is None for one in programmes):
        return {}
    found: dict[str, Successor] = {}
    factor = 1
    for later, earlier in _changes(programmes, current.version):
        factor *= _rate(later)
        found[earlier.currency.code] = Successor(
            currency=current.currency, factor=factor, version=current.version
        )
    return found


def first_minor(programmes: Sequence[Programme], programme: Programme) -> int:
    """How many minor units of the first currency one minor unit of a version's currency is."""
    if all(one.succeeds is None for one in programmes):
        return 1  # as in nearly every shop
    changes = _changes(programmes, programme.version)
    return prod(_rate(later) for later, _ in changes)


def counted_uses(
    programmes: Sequence[Programme], programme: Programme, uses: Sequence[Use]
) -> tuple[Use, ...]:
    """What a version's rules use of limits, as the ledger counts it: money in the first unit."""
    factor = first_minor(programmes, programme)
    if factor == 1:
        return tuple(uses)
    return tuple(
        replace(one, amount=one.amount * factor) if counts_money(programme, one.key) else one
        for one in uses
    )


def seen_uses(
    programmes: Sequence[Programme], programme: Programme, used: Sequence[Used]
) -> tuple[Used, ...]:
    """What the ledger counts of limits, as a version's rules see it: in their unit, rounded down.

    What is rounded down to nothing was not used.
    """
    factor = first_minor(programmes, programme)
    if factor == 1:
        return tuple(used)
    seen = (
        replace(one, amount=one.amount // factor) if counts_money(programme, one.key) else one
        for one in used
    )
    return tuple(one for one in seen if one.amount)


def seen_basis(programmes: Sequence[Programme], programme: Programme, basis: int) -> int:
    """What levels are measured by, in the unit of a version's thresholds, rounded down."""
    if programme.rules.tiers.basis is not TierBasis.SPEND:
        return basis
    return basis // first_minor(programmes, programme)


def factor_between(
    programmes: Sequence[Programme], older: Programme, newer: Programme
) -> int | None:
    """How many minor units of one version's currency are one of another's.

    Returns:
        1 for the same currency; None where neither rate leads from the one to the other.
    """
    if older.currency == newer.currency:
        return 1
    known = superseded(programmes, newer.effective_from_ms)
    found = known.get(older.currency.code)
    fits = found is not None and found.currency == newer.currency
    return found.factor if found is not None and fits else None


def in_older_unit(returned: Returned, factor: int, *, left_minor: int, earlier: int) -> Returned:
    """Bring a return that is told in a newer currency into that of its sale.

    A till rounds what it pays out to its own smallest unit. So a return to which less than one
    such unit is missing takes all that is left; and so does one that is too large by less than
    one unit for each return of the sale.

    Args:
        returned: as it is told.
        factor: so many minor units of the sale's currency are one that it is told in.
        left_minor: what is left of the sale.
        earlier: how many returns of it there were before.
    """
    if factor == 1:
        return returned
    amount_minor = returned.amount_minor * factor
    most_minor = left_minor + factor * (earlier + 1)
    if left_minor - factor < amount_minor < most_minor:
        amount_minor = left_minor
    lines = (replace(one, amount_minor=one.amount_minor * factor) for one in returned.lines)
    return replace(returned, amount_minor=amount_minor, lines=tuple(lines))


def rules_in(programmes: Sequence[Programme], at_ms: int, currency: Currency) -> Programme | None:
    """The rules that rate what is told in a currency.

    Args:
        programmes: every version of the rules.
        at_ms: when it happened, Unix time in milliseconds.
        currency: what it is told in.

    Returns:
        The version in force, where that counts in the currency or in none that took its place; a
        till that was not changed over yet goes by the last version in its own currency.
    """
    current = programme_at(programmes, at_ms)
    if current is None or current.currency == currency:
        return current
    old = [one for one in programmes if one.version < current.version and one.currency == currency]
    known = currency.code in superseded(programmes, at_ms)
    return max(old, key=_version_of) if old and known else current


def rounded(amount: int, factor: int) -> int:
    """Divide, and round half to even; of what is below zero likewise."""
    whole, rest = divmod(amount, factor)
    return whole + (2 * rest > factor or (2 * rest == factor and whole % 2 == 1))


def converted(amounts: Sequence[int], factor: int) -> tuple[int, ...]:
    """Bring the parts of one sum into the new unit.

    Args:
        amounts: in the old unit, none below zero, in the order in which they would be spent.
        factor: so many old units are one new one.

    Returns:
        The parts in the new unit, none below zero; together they are ``rounded`` of the sum.
    """
    sums = [rounded(part, factor) for part in accumulate(amounts, initial=0)]
    return tuple(after - before for before, after in pairwise(sums))


def counts_money(programme: Programme, key: str) -> bool:
    """Whether a limit's key counts minor units of money: money off, or stored credit given."""
    parts = key.rsplit("/", _KEY_PARTS - 1)
    if len(parts) < _KEY_PARTS:
        return False
    source, measure = parts[0], parts[1]
    if measure != CapMeasure.POINTS:
        return measure == CapMeasure.AMOUNT
    kind, _, name = source.partition(":")
    rules = programme.rules
    if kind == "cards":
        return False  # what weak cards earn is counted in points alone
    if kind == "earn":
        return any(one.id == name and one.unit is Unit.CREDIT for one in rules.earning)
    gifts = {one.id: one.gift for one in (rules.offers if kind == "offer" else rules.rewards)}
    return name in gifts and gifts[name].kind is GiftKind.CREDIT


def _changes(
    programmes: Sequence[Programme], version: int
) -> Iterator[tuple[Programme, Programme]]:
    """Where the currency changed up to a version, newest first: that version, and the one before.

    Only the version that brought a currency has to say what it succeeds. Ledgers of before there
    were successions may hold versions in a currency that has nothing to do with the one before:
    there the chain ends.
    """
    known = sorted((one for one in programmes if one.version <= version), key=_version_of)
    for later, earlier in pairwise(reversed(known)):
        if earlier.currency == later.currency:
            continue
        if later.succeeds is None or later.succeeds.currency != earlier.currency:
            return
        yield later, earlier


def _rate(version: Programme) -> int:
    """What one minor unit of a version's currency is in that of the version before."""
    return 1 if version.succeeds is None else version.succeeds.factor(version.currency)


def _version_of(programme: Programme) -> int:
    return programme.version
