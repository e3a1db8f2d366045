"""What our processes write into their logs, and what they must never write."""

from __future__ import annotations

import json

import pytest
import structlog

from gateway.logs import log_to_stderr


def _fail() -> None:
    secret = "the-key-of-the-shop"
    raise ValueError(len(secret))


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_names_the_fault_and_no_local_value(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """A logged exception shows where it happened, and no value of a variable there."""
    log_to_stderr(as_json=as_json)
    try:
        _fail()
    except ValueError:
        structlog.get_logger("mohr.test").exception("it failed")
    written = capsys.readouterr().err
    # The source line is part of a traceback; a panel of values, which rich draws, is not.
    assert "ValueError: 19" in written
    assert "locals" not in written
    assert written.count("the-key-of-the-shop") == 0
    if as_json:
        assert json.loads(written)["event"] == "it failed"
