"""The organisation and its programme, as a program that shows figures needs them."""

from __future__ import annotations

from typing import Final

from apiflask import APIBlueprint

from gateway.model.programme import Programme
from gateway.queries.reading import reading
from gateway.queries.terminals import branches
from web_admin.api.answers import CurrencyAnswer, OrganisationAnswer
from web_admin.api.asked import NoQuestion
from web_admin.api.guard import SEEN, current_api_house, needs

blueprint: Final = APIBlueprint(
    "organisation", __name__, url_prefix="/v1/organisation", tag="Organisation"
)


@blueprint.get("")
@needs(None)
@blueprint.input(NoQuestion, location="query", arg_name="asked")
@blueprint.output(OrganisationAnswer)
def get_organisation(asked: NoQuestion) -> OrganisationAnswer:
    """Get the organisation; any token may."""
    del asked
    house, programme = current_api_house(), newest_programme()
    organisation = house.office.organisation.read()
    with reading(house.ledger.place) as connection:
        shops = branches(connection, SEEN)
    return OrganisationAnswer(
        name=organisation.name,
        language=organisation.language,
        time_zone=organisation.time_zone,
        money_unit=organisation.money_unit,
        currency=None if programme is None else CurrencyAnswer.of(programme.currency),
        programme=None if programme is None else programme.name,
        programme_version=None if programme is None else programme.version,
        branches=shops,
    )


def newest_programme() -> Programme | None:
    """The newest rules; None before there are any."""
    with current_api_house().ledger.batch() as batch:
        programmes = batch.programmes()
    return programmes[-1] if programmes else None
