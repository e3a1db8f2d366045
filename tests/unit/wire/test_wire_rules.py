"""The rules of a programme inside a configuration: canonical text, strict, absent where empty."""

from __future__ import annotations

import pytest

from gateway.errors import WireError
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, TerminalId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Weekday, Window
from gateway.wire import cbor
from gateway.wire.configuration import decode_configuration, encode_configuration

FRIDAYS = Rules(
    earning=(
        EarningRule(
            id="friday",
            kind=EarningKind.MULTIPLIER,
            multiplier_permille=2_000,
            when=Condition(window=Window(weekdays=(Weekday.FRIDAY,))),
            title_fa="جمعه‌ها دو برابر",
        ),
    )
)


def configuration(rules: Rules) -> Configuration:
    """A terminal's settings with one programme."""
    programme = Programme(
        name="points",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=rules,
    )
    return Configuration(
        terminal=TerminalId("till-1"),
        version=1,
        issued_at_ms=0,
        branch=BranchId("main"),
        programmes=(programme,),
        card_key_box=bytes(48),
    )


def with_text(text: bytes) -> bytes:
    """A configuration whose rules are any text."""
    plain = cbor.load(encode_configuration(configuration(FRIDAYS)), 10_000)
    assert isinstance(plain, dict)
    plain[5][0][15] = text
    return cbor.dump(plain)


def test_rules_come_back_as_they_were_sent() -> None:
    """A rule with a Persian title survives the way to a terminal."""
    sent = configuration(FRIDAYS)
    assert decode_configuration(encode_configuration(sent)) == sent


def test_a_programme_without_rules_has_the_bytes_it_always_had() -> None:
    """The key is left out where a programme is only its base."""
    plain = cbor.load(encode_configuration(configuration(Rules())), 10_000)
    assert isinstance(plain, dict)
    assert 15 not in plain[5][0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"{}", "says nothing and must be left out"),
        (b"", "must be a byte string of 1 to"),
        (b"\xff", "must be JSON"),
        (b"[" * 100_000, "must be JSON"),
        (b'{"earnings":[]}', "did you mean 'earning'"),
        (b'{"pending_days":true}', "pending_days: must be a whole number"),
        (b'{"pending_days": 3}', "is not in canonical form"),
        (b'{"pending_days":9999}', "pending_days must be a whole number in"),
        (b'{"offers":[{"id":"a","gift":{"kind":"money_off"}}]}', "needs exactly: amount_minor"),
    ],
)
def test_any_other_text_is_refused(text: bytes, problem: str) -> None:
    """A terminal takes nothing but the one canonical text, and says where the fault is."""
    with pytest.raises(WireError, match=r"configuration\.programmes\[0\]\.rules") as refused:
        decode_configuration(with_text(text))
    assert problem in str(refused.value)
