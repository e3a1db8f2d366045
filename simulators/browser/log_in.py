"""How a person logs in."""

from __future__ import annotations

from simulators.browser.visitor import Visitor


def log_in(visitor: Visitor, login: str, password: str, *, path: str = "/login") -> None:
    """Type login and password, and wait for what comes after.

    Args:
        visitor: who.
        login: of an account.
        password: its.
        path: where to begin; a page that needs a login leads to the form too.
    """
    page = visitor.page
    visitor.go(path)
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url or url.endswith("/login/code"))
    visitor.settle()
