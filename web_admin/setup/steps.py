"""The wizard's steps: which there are, and which one is open. Pure."""

from __future__ import annotations

from enum import StrEnum

from web_admin.setup.draft import Draft


class Step(StrEnum):
    """One page of the wizard. Each is an endpoint of the same name."""

    LANGUAGE = "language"
    OWNER = "owner"
    SHOP = "shop"
    PROGRAMME = "programme"
    COUNTER = "counter"
    TAP = "tap"


def steps_for(*, has_house: bool) -> tuple[Step, ...]:
    """The steps of a first run.

    Args:
        has_house: whether there is a gateway already, made on the command line: then its rules,
            its currency and its broker are not asked for.
    """
    if has_house:
        return (Step.LANGUAGE, Step.OWNER, Step.SHOP)
    return tuple(Step)


def first_open(draft: Draft, *, has_house: bool) -> Step:
    """The first step about which nothing has been said."""
    said = {
        Step.LANGUAGE: draft.language is not None,
        Step.OWNER: draft.owner is not None,
        Step.SHOP: draft.shop is not None,
        Step.PROGRAMME: draft.rules is not None,
        Step.COUNTER: False,
    }
    steps = steps_for(has_house=has_house)
    return next((step for step in steps if not said.get(step, False)), steps[-1])


def may_open(step: Step, draft: Draft, *, has_house: bool) -> bool:
    """Whether a step may be opened: all before it have been answered. Earlier ones always may."""
    steps = steps_for(has_house=has_house)
    if step not in steps:
        return False
    return steps.index(step) <= steps.index(first_open(draft, has_house=has_house))
