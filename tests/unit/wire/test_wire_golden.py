"""Bytes written down once: what version 1.0 wrote must be read, and written, for ever.

``tests/vectors/wire/messages.json`` is never regenerated. A change that makes one of these tests
fail changes the wire format, and breaks every journal and every signature that exists.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulators.given.wire_review_values import REVIEWS
from simulators.given.wire_values import VALUES as OTHERS

VALUES = OTHERS | REVIEWS


@pytest.fixture(scope="module")
def written(project_root: Path) -> dict[str, str]:
    """The bytes, in hexadecimal, by name."""
    path = project_root / "tests" / "vectors" / "wire" / "messages.json"
    loaded: dict[str, str] = json.loads(path.read_text("utf-8"))
    return loaded


def test_every_message_written_down_is_known(written: dict[str, str]) -> None:
    """No bytes lie in the file without a value here, and none is missing."""
    assert written.keys() == VALUES.keys()


@pytest.mark.parametrize("name", sorted(VALUES))
def test_the_bytes_have_not_changed(written: dict[str, str], name: str) -> None:
    """Each value is written as it was, and read from what was written."""
    (encode, decode), value = VALUES[name]
    assert encode(value).hex() == written[name]
    assert decode(bytes.fromhex(written[name])) == value
