"""What has been said in the wizard so far: values, kept in memory until the gateway is made."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.formatting.numbers import Language, MoneyUnit
from gateway.model.ids import BranchId
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.program.templates import TemplateName


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerDraft:
    """The first account.

    Attributes:
        login: as it will be kept.
        display_name: the person's name.
        password: as typed; it is hashed when the account is made, and nothing prints it.
        wants_code: whether an authenticator is set up right afterwards.
    """

    login: str
    display_name: str
    password: str = field(repr=False)
    wants_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopDraft:
    """The shop.

    Attributes:
        name: the organisation's name as people read it.
        branch: machine name of the first branch.
        colour: of buttons and links.
        currency: what its tills count in.
        money_unit: whether rials are shown as tomans.
        time_zone: an IANA name.
    """

    name: str
    branch: BranchId
    colour: str
    currency: Currency
    money_unit: MoneyUnit
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeDraft:
    """The rules.

    Attributes:
        template: which template they come from.
        programme: the rules, in the shop's currency.
    """

    template: TemplateName
    programme: Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All of it; None where it was not said yet."""

    language: Language | None = None
    owner: OwnerDraft | None = None
    shop: ShopDraft | None = None
    rules: ProgrammeDraft | None = None
