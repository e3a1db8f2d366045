"""Shops that count in rials first, for everything that a redenomination touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.model.programme import RefundPolicy
from simulators.given.teheran import Teheran, till_of
from simulators.rules_till import RulesTill

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore


@pytest.fixture
def shop(store: LedgerStore) -> Teheran:
    """A shop whose members may owe."""
    return Teheran(store, RefundPolicy.ALLOW_NEGATIVE)


@pytest.fixture
def till(shop: Teheran) -> RulesTill:
    """A till that counts in rials."""
    return till_of(shop)
