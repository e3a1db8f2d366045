"""A gateway made on the command line gets its owner and its look in the browser."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.office.roles import Role
from simulators.quiet_house import QuietHouse
from web_admin.app import setup_code_of

PASSWORD = "three green frogs"


def test_only_owner_and_look_are_asked_for(app: Flask, quiet: QuietHouse) -> None:
    """Its rules stay as they are, and its name is offered as the shop's."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.get(f"/setup?code={setup_code_of(app)}").location == "/setup/language"
    assert client.post("/setup/language", data={"language": "en"}).location == "/setup/owner"
    owner = {"display_name": "Mina", "login": "Mina", "password": PASSWORD, "again": PASSWORD}
    assert client.post("/setup/owner", data=owner).location == "/setup/shop"
    page = client.get("/setup/shop").text
    assert "Corner Café" in page
    assert 'name="money"' not in page
    assert client.get("/setup/programme").location == "/setup/shop"
    look = {"name": "Corner Café", "colour": "#112233", "time_zone": "UTC"}
    answer = client.post("/setup/shop", data=look)
    assert answer.location == "/setup/real"
    (account,) = quiet.office.accounts.all()
    assert (account.login, account.role) == ("mina", Role.OWNER)
    assert quiet.office.organisation.read().colour == "#112233"
    assert client.get("/setup").status_code == 404
    assert client.get("/organisation").status_code == 200


@pytest.mark.parametrize("path", ["/setup", "/setup/language", "/setup/owner", "/setup/counter"])
def test_with_an_owner_there_is_no_wizard(client_as: object, app: Flask, path: str) -> None:
    """Once somebody owns the house the wizard is a page that does not exist."""
    assert client_as is not None
    assert setup_code_of(app) is None
    assert app.test_client().get(path).status_code == 404
