"""The addresses of branches, the organisation and countries: read only, they come with the company file."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from starlette.responses import Response

from reskontra.errors import Malformed, NotFound
from reskontra.reference.store import remembered, tables
from reskontra.reference.store.tables import FoundBranch
from reskontra.reference.wire import (
    BranchAnswer,
    CountryAnswer,
    Expand,
    OrganisationAnswer,
    branch_answer,
    organisation_answer,
)
from reskontra.web.answers import one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.scalars import shown

_PARTS = {
    "address": "expandAddress",
    "contact": "expandContact",
    "currency": "expandCurrency",
    "vat_zone": "expandVatZone",
    "ledger": "expandLedger",
    "industry_code": "expandIndustryCode",
    "delivery_address": "expandDeliveryAddress",
    "delivery_contact": "expandDeliveryContact",
    "default_country": "expandDefaultCountry",
    "bank": "expandBankSettings",
}
_ORDERS: dict[str, Any] = {
    "number": attrgetter("branch.branch_number"),
    "name": attrgetter("branch.name"),
    "branchid": attrgetter("branch_id"),
    "lastmodifieddatetime": attrgetter("modified_at"),
}


async def get_branches(call: Call) -> Response:
    """Branches by number; each part is shown when it is asked for."""
    query = call.query
    async with call.database.connection() as connection:
        branches = await tables.list_branches(
            connection,
            call.company_id,
            greater_than=query.text("greaterThanValue"),
            modified=query.moment("lastModifiedDateTime"),
        )
        reference = await remembered.at(connection, call.company_id, None)
    listed = cut(_ordered(branches, query), query)
    expand = _expand(query, default=False)
    return page(call, (branch_answer(found, reference, expand) for found in listed.rows), listed.total)


async def get_branch(call: Call) -> Response:
    """One branch, with every part that is not declined."""
    number = call.params["branchNumber"]
    async with call.database.connection() as connection:
        branches = await tables.list_branches(connection, call.company_id, branch_number=number)
        if not branches:
            raise NotFound("branch", number)
        reference = await remembered.at(connection, call.company_id, None)
    return one(call, branch_answer(branches[0], reference, _expand(call.query, default=True)))


async def get_organisations(call: Call) -> Response:
    """The one organisation of a company, unless the parameters leave it out."""
    query = call.query
    answer = await _organisation(call, expanded=False)
    above = query.text("greaterThanValue")
    found = [] if answer is None or (above is not None and (answer.code or "") <= above) else [answer]
    return page(call, found, len(found))


async def get_organisation(call: Call) -> Response:
    """The organisation by its code in any case."""
    answer, wanted = await _organisation(call, expanded=True), call.params["organizationNumber"]
    if answer is None or (answer.code or "").lower() != wanted.lower():
        raise NotFound("organisation", wanted)
    return one(call, answer)


async def get_countries(call: Call) -> Response:
    """A page of countries by code."""
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
    listed = cut(list(reference.countries.values()), call.query)
    return page(call, (CountryAnswer(id=row.country_id, name=row.name) for row in listed.rows), listed.total)


async def get_country(call: Call) -> Response:
    """One country by its code in any case."""
    wanted = call.params["countryId"]
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
    country = reference.countries.find(wanted)
    if country is None:
        raise NotFound("country", wanted)
    return one(call, CountryAnswer(id=country.country_id, name=country.name))


async def _organisation(call: Call, *, expanded: bool) -> OrganisationAnswer | None:
    """None when it was not changed in the time that a list asks for."""
    query = call.query
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
        main = await tables.list_branches(
            connection,
            call.company_id,
            branch_number=reference.preferences.default_branch,
            modified=None if expanded else query.moment("lastModifiedDateTime"),
        )
    if not main:
        return None
    branches, bank = query.flag("expandBranches", expanded), query.flag("expandBankSettings", expanded)
    return organisation_answer(main[0], reference, call.zone, branches=branches, bank=bank)


def _expand(query: Query, *, default: bool) -> Expand:
    return Expand(**{part: query.flag(name, default) for part, name in _PARTS.items()})


def _ordered(branches: list[FoundBranch], query: Query) -> list[FoundBranch]:
    text = query.text("orderBy") or "number"
    name, _, direction = text.strip().partition(" ")
    direction = direction.strip().lower() or "asc"
    if name.lower() not in _ORDERS or direction not in ("asc", "desc"):
        raise Malformed(
            f"'{shown(text)}' is not a value that the parameter orderBy takes.",
            hint="Send number, name, branchId or lastModifiedDateTime, alone or with asc or desc behind it.",
        )
    return sorted(branches, key=_ORDERS[name.lower()], reverse=direction == "desc")


ROUTES = (
    Route(
        "Branch_GetAllBranches", "GET", "/v1/branch", get_branches, "reading branches", answer=BranchAnswer, lists=True
    ),
    Route(
        "Branch_GetSpecificBranchBybranchNumber", "GET", "/v1/branch/{branchNumber}", get_branch, "reading branch",
        answer=BranchAnswer,
    ),
    Route(
        "Organization_GetAll", "GET", "/v1/organization", get_organisations, "reading organisations",
        answer=OrganisationAnswer, lists=True,
    ),
    Route(
        "Organization_GetByOrganizationCdByorganizationNumber", "GET", "/v1/organization/{organizationNumber}",
        get_organisation, "reading organisation", answer=OrganisationAnswer,
    ),
    Route(
        "Country_GetCountries", "GET", "/v1/country", get_countries, "reading countries", answer=CountryAnswer,
        lists=True,
    ),
    Route(
        "Country_GetCountryBycountryId", "GET", "/v1/country/{countryId}", get_country, "reading country",
        answer=CountryAnswer,
    ),
)  # fmt: skip
