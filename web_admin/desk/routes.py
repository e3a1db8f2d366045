"""Every blueprint of the area."""

from __future__ import annotations

from typing import Final

from web_admin.desk.routes_books import blueprint as books
from web_admin.desk.routes_branches import blueprint as branches
from web_admin.desk.routes_corrections import blueprint as corrections
from web_admin.desk.routes_gift import blueprint as gift_cards
from web_admin.desk.routes_member import blueprint as members

blueprints: Final = (members, gift_cards, corrections, books, branches)
