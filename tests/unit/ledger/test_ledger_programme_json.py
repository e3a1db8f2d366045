"""Rules as text: nothing is lost, and nothing unknown is passed over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import LedgerError
from gateway.ledger.programme_json import programme_from_json, programme_to_json
from gateway.model.money import EUR, IRR
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy

_PROGRAMMES = st.builds(
    Programme,
    name=st.sampled_from(["club", "x"]),
    version=st.integers(1, 2**31 - 1),
    effective_from_ms=st.integers(0, 2**63 - 1),
    currency=st.sampled_from([EUR, IRR]),
    earn_points=st.integers(0, 10**9),
    earn_per_minor=st.integers(1, 2**63 - 1),
    redeem_points=st.integers(1, 10**9),
    redeem_value_minor=st.integers(1, 10**12),
    redeemed_amount_earns=st.booleans(),
    unknown_card=st.sampled_from(UnknownCardPolicy),
    refund=st.sampled_from(RefundPolicy),
)
_ONE = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=1,
    redeem_value_minor=1,
)


@given(programme=_PROGRAMMES)
def test_rules_come_back_whole(programme: Programme) -> None:
    """Every field survives, and the same rules always make the same text."""
    text = programme_to_json(programme)
    assert programme_from_json(text) == programme
    assert programme_to_json(programme_from_json(text)) == text


def test_rules_of_an_older_version_have_todays_defaults() -> None:
    """A field that was added later may be missing."""
    parts = json.loads(programme_to_json(_ONE))
    del parts["hold_ttl_ms"]
    assert programme_from_json(json.dumps(parts)) == _ONE


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "nonsense",
        programme_to_json(_ONE)[:-1] + ',"stamps":1}',
        programme_to_json(_ONE)
        .replace('"clamp"', '"forgive"')
        .replace("allow_negative", "forgive"),
        programme_to_json(_ONE).replace('"version":1', '"version":0'),
    ],
)
def test_rules_that_cannot_be_evaluated_are_refused(text: str) -> None:
    """Unknown, missing or impossible rules are a fault and never a guess."""
    with pytest.raises(LedgerError):
        programme_from_json(text)
