"""A bad line: nothing is invented on a good one, and every fault does what it says."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from simulators.tills.line_faults import LineFaults, spoil

MESSAGE = bytes(range(256)) * 4


def heard(faults: LineFaults, message: bytes = MESSAGE, seed: int = 1) -> bytes:
    """What arrives in all."""
    return b"".join(stretch.data for stretch in spoil(message, faults, Random(seed)))


@given(message=st.binary(max_size=200), seed=st.integers(0, 99), stalled=st.floats(0, 1))
def test_a_line_that_only_stalls_loses_nothing(message: bytes, seed: int, stalled: float) -> None:
    """Pauses change when bytes come, and never which."""
    assert heard(LineFaults(stalled=stalled), message, seed) == message


def test_each_fault_does_what_its_name_says() -> None:
    """Lost bytes make it shorter, turned bits change one bit a byte, noise comes first."""
    assert len(heard(LineFaults(lost=0.5))) < len(MESSAGE)
    turned = heard(LineFaults(turned=1.0))
    assert all((a ^ b).bit_count() == 1 for a, b in zip(turned, MESSAGE, strict=True))
    noisy = heard(LineFaults(noise=1.0))
    assert noisy.endswith(MESSAGE)
    assert len(noisy) > len(MESSAGE)
    assert any(
        one.pause_ms == 7 for one in spoil(b"ab", LineFaults(stalled=1, stall_ms=7), Random(1))
    )


@pytest.mark.parametrize("wrong", [{"lost": 1.5}, {"noise": -0.1}, {"stall_ms": -1}])
def test_shares_are_checked(wrong: dict[str, float]) -> None:
    """A share beyond everything is refused with its name."""
    with pytest.raises(ValueRangeError, match=next(iter(wrong))):
        LineFaults(**wrong)  # type: ignore[arg-type] # as a careless caller would
