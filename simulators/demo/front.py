"""The demonstration's pages: the web admin before the shop, with a login made up each time."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gateway.config import WebSettings
from gateway.errors import ConfigError
from gateway.formatting.numbers import Language
from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.house import Door, WebFront
from gateway.office.roles import Role
from simulators.demo.house import DemoError, DemoHouse
from simulators.open_door import OpenDoor
from web_admin.front import open_front

LOGIN: Final = "owner"
_PASSWORD_BYTES: Final = 9
_OWNERS: Final = {Language.FA: "مینا", Language.EN: "Mina"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a visitor must know to come in.

    Attributes:
        address: of the pages.
        login: what to sign in as.
        password: made up for this run, and kept nowhere.
        displays: each till with its customer's page.
    """

    address: str
    login: str
    password: str
    displays: tuple[tuple[str, str], ...]


@contextmanager
def open_pages(shop: DemoHouse, port: int) -> Iterator[Sign]:
    """Serve the pages of a shop that runs, until the context is left.

    Args:
        shop: the shop.
        port: where; a free one is taken where somebody else listens there.

    Raises:
        DemoError: if the owner's account cannot be made.
        ConfigError: if there is no port to listen on.
    """
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    language = shop.house.office.organisation.read().language
    made = shop.house.office.accounts.add(
        LOGIN,
        Profile(display_name=_OWNERS[language], role=Role.OWNER),
        password,
        language=language.value,
        must_change_password=False,
    )
    if not isinstance(made, Account):
        raise DemoError(f"no account for the owner: {made}")
    with _listen(OpenDoor(shop.house), port) as front:
        yield Sign(
            address=front.address,
            login=LOGIN,
            password=password,
            displays=tuple(
                (till.name, till.page_address)
                for till in shop.tills
                if till.page_address is not None
            ),
        )


def _listen(door: Door, port: int) -> WebFront:
    settings = WebSettings(port=port)
    try:
        return open_front(door, settings)
    except ConfigError:
        if port == 0:
            raise
        # Whoever listens there was here first; the sign tells the new address.
        return open_front(door, settings.model_copy(update={"port": 0}))
