"""The demonstration's pages: an address, a login that works, and every customer's page."""

from __future__ import annotations

import http.client
import re
import socket
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from gateway.formatting.numbers import Language
from gateway.system_clock import SystemClock
from simulators.demo.front import Sign, open_pages
from simulators.demo.house import DemoHouse, look_of
from simulators.demo.words import DemoWords

SIGN = Sign(
    address="http://127.0.0.1:8080",
    login="owner",
    password="secret-words",
    displays=(("till-1", "http://127.0.0.1:8091/"),),
)


@pytest.mark.parametrize("language", Language)
def test_the_sign_can_be_copied(language: Language) -> None:
    """Addresses, login and password stand in it bare: no mark sticks to what somebody copies."""
    told = DemoWords(language).sign(SIGN).split()
    assert {SIGN.address, SIGN.login, SIGN.password, SIGN.displays[0][1]} <= set(told)


@pytest.mark.enable_socket
def test_the_login_on_the_sign_opens_the_shop(tmp_path: Path) -> None:
    """With a busy port another is taken; its owner sees both tills as counters to tap at."""
    look = look_of(Language.EN)
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        with (
            DemoHouse(tmp_path, SystemClock(), baud=None, look=look) as shop,
            open_pages(shop, taken) as sign,
        ):
            assert f":{taken}" not in sign.address
            assert [till for till, _ in sign.displays] == ["till-1", "till-2"]
            for _, address in sign.displays:
                assert fetch("GET", address, {})[0] == 200
            page = sign_in(sign)
            assert "counter-till-1" in page
            assert "counter-till-2" in page


def sign_in(sign: Sign) -> str:
    """Log in by the form, and open the developer's page."""
    status, text, cookie = fetch("GET", f"{sign.address}/login", {})
    assert status == 200
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert token is not None
    fields = {"csrf_token": token[1], "login": sign.login, "password": sign.password}
    status, _, session = fetch("POST", f"{sign.address}/login", fields, cookie)
    assert status == 303
    status, page, _ = fetch("GET", f"{sign.address}/developer", {}, session)
    assert status == 200
    return page


def fetch(
    method: str, address: str, fields: dict[str, str], cookie: str = ""
) -> tuple[int, str, str]:
    """Ask for a page; its status, its text, and the cookies it gives."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.netloc, timeout=20)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, place.path or "/", urlencode(fields), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    given = [value.split(";")[0] for name, value in answer.getheaders() if name == "Set-Cookie"]
    connection.close()
    return answer.status, text, "; ".join(given)
