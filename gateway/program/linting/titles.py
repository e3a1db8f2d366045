"""Names that members would read in one language only, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look


def check_titles(look: Look) -> Iterator[Doubt]:
    """Find names that are missing in a language."""
    rules = look.rules
    settings = rules.settings
    yield from _titles("settings", settings.points_name_en, settings.points_name_fa)
    for rule in rules.earning:
        yield from _titles(f"earning.{rule.id}", rule.title_en, rule.title_fa)
    for occasion in rules.occasions:
        yield from _titles(f"occasions.{occasion.id}", occasion.title_en, occasion.title_fa)
    shown = [(f"rewards.{one.id}", one.title_en, one.title_fa) for one in rules.rewards]
    shown += [(f"offers.{one.id}", one.title_en, one.title_fa) for one in rules.offers]
    shown += [(f"tiers.levels.{one.id}", one.title_en, one.title_fa) for one in rules.tiers.levels]
    for subject, title_en, title_fa in shown:
        if not title_en and not title_fa:
            yield Doubt(code=DoubtCode.TITLE_MISSING, subject=subject)
        yield from _titles(subject, title_en, title_fa)


def _titles(subject: str, title_en: str, title_fa: str) -> Iterator[Doubt]:
    if bool(title_en) != bool(title_fa):
        missing = "fa" if title_en else "en"
        values = {"language": missing}
        yield Doubt(code=DoubtCode.TITLE_IN_ONE_LANGUAGE, subject=subject, values=values)
