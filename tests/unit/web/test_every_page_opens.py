"""Every page without an argument opens for the owner, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.office.roles import Role

#: Streams never end by themselves; the rest answer with something other than a page on purpose.
_NOT_PAGES = frozenset({"live.stream", "static"})


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_page_without_an_argument_opens_for_the_owner(
    app: Flask, client_as: Callable[..., FlaskClient], language: str
) -> None:
    """Nobody finds a page of the side bar, or one behind it, that ends in a fault."""
    client = client_as(Role.OWNER)
    assert client.post("/language", data={"language": language}).status_code < 400
    broken = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments or rule.endpoint in _NOT_PAGES:
            continue
        answer = client.get(quote(rule.rule))
        if answer.status_code >= 500:
            broken[rule.rule] = answer.status_code
        answer.close()
    assert broken == {}
