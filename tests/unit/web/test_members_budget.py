"""Every page about members, and the overview, asks the databases little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from gateway.office.roles import Role
from web_admin.overview.periods import Period

if TYPE_CHECKING:
    from tests.unit.web.conftest import ClientAs

STATEMENTS_MAX = 25
ADA = f"{1:032x}"
PAGES = (
    "/members",
    "/members?q=a",
    "/members?q=zzz",
    "/members?q=4567",
    f"/members?q={ADA}",
    f"/members/{ADA}",
    f"/members/{ADA}/profile",
    f"/members/{ADA}/statement.csv",
    "/figures",
    *(f"/?period={period}" for period in Period),
)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Notes every SQL statement but BEGIN, of whichever database."""
    seen: list[str] = []

    def note(_c: Any, _cur: Any, sql: str, _p: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if not sql.startswith("BEGIN"):
            seen.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_takes_few_statements(client_as: ClientAs, page: str, role: Role) -> None:
    """The first look, which has figures to count, and a later one both stay within the budget."""
    owner, client = client_as(Role.OWNER), client_as(role)
    for number in (1, 2, 3):
        fields = {"name": f"Ada {number}", "phone": f"0912 000 456{number}"}
        assert owner.post(f"/members/{number:032x}/profile", data=fields).status_code == 303
    for _ in range(2):
        with counted_statements() as seen:
            answer = client.get(page)
        assert answer.status_code == 200
        assert len(seen) <= STATEMENTS_MAX, seen
        assert len(seen) > 3
