"""Goods in words: which articles, categories and labels a rule looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask_babel import gettext as _
from flask_babel import pgettext
from markupsafe import Markup

from gateway.model.rules.scope import ItemFilter, ItemSet
from web_admin import filters
from web_admin.programme.sentence import and_, code, or_, plain, said, trusted

#: More names than these say nothing to a reader; the rest are counted.
_NAMES_SHOWN: Final = 6


def goods(items: ItemFilter) -> Markup | None:
    """What counts, such as ``drinks and cakes except tea``; None where everything does."""
    if items.empty:
        return None
    without = None if items.without.empty else item_set(items.without)
    if items.only.empty:
        return said(_("all goods except %(goods)s"), goods=without)
    only = item_set(items.only)
    if without is None:
        return only
    return said(_("%(goods)s except %(others)s"), goods=only, others=without)


def item_set(items: ItemSet) -> Markup:
    """The goods that a set names."""
    parts = []
    if items.categories:
        names = and_(_shown([code(name) for name in items.categories]))
        pattern = (
            _("the category %(names)s")
            if len(items.categories) == 1
            else _("the categories %(names)s")
        )
        parts.append(said(pattern, names=names))
    if items.skus:
        names = and_(_shown([code(name) for name in items.skus]))
        pattern = _("article %(names)s") if len(items.skus) == 1 else _("the articles %(names)s")
        parts.append(said(pattern, names=names))
    if items.label_words:
        quoted = [said(pgettext("word", "“%(word)s”"), word=plain(w)) for w in items.label_words]
        parts.append(said(_("goods with %(words)s in their name"), words=or_(_shown(quoted))))
    return and_(parts)


def _shown(names: Sequence[Markup]) -> list[Markup]:
    if len(names) <= _NAMES_SHOWN:
        return list(names)
    rest = len(names) - _NAMES_SHOWN
    more = trusted(_("%(count)s more", count=filters.num(rest)))
    return [*names[:_NAMES_SHOWN], more]
