"""The addresses of branches, the organisation and countries: read only, they come with the company file.

And the choice of a branch for a request, which any address takes in a header.
"""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_rows
from reskontra.changes.lists.wire import filtered, greater, moment, ordered
from reskontra.codes import known_codes
from reskontra.db.lists import Filters, Sorted, Window
from reskontra.errors import NotFound, Refused
from reskontra.reference.routes.answering import addressed, answer_page, find_listed, reference_of
from reskontra.reference.rules.branches import Country
from reskontra.reference.store import remembered
from reskontra.reference.store.tables import BRANCHES
from reskontra.reference.wire import (
    BranchAnswer,
    CountryAnswer,
    Expand,
    OrganisationAnswer,
    branch_answer,
    organisation_answer,
)
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one, page
from reskontra.web.call import Call, Database
from reskontra.web.query import Query
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
_ORDERS = {
    "number": Sorted("branch.branch_number"),
    "name": Sorted('branch.name collate "C"'),
    "branchId": Sorted("branch.branch_id"),
    "lastModifiedDateTime": Sorted("branch.modified_at"),
}
_MODIFIED = moment("lastModifiedDateTime", "branch.modified_at")
FILTERS = (greater("greaterThanValue", "branch.branch_number"), _MODIFIED)


async def get_branches(call: Call) -> Response:
    """Branches by number; each part is shown when it is asked for."""
    branches = replace(BRANCHES, order=ordered(call.query, _ORDERS, tie="branch.branch_number"))
    expand = _expand(call.query, default=False)
    return await answer_page(
        call, branches, filtered(call), lambda found, reference: branch_answer(found, reference, expand)
    )


async def get_branch(call: Call) -> Response:
    """One branch, with every part that is not declined."""
    found, reference = await find_listed(call, "branch", BRANCHES, call.params["branchNumber"])
    return one(call, branch_answer(found, reference, _expand(call.query, default=True)))


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


async def choose_branch(database: Database, company_id: int, sent: str) -> str:
    """The number of the branch in use whose id a caller sent as `branchid` (W25). Raises `Refused`."""
    async with database.connection() as connection:
        found = await BRANCHES.all(connection, Filters([company_id]))
    in_use = {str(it.branch_id): it.branch for it in found if it.branch.active}
    if sent not in in_use:
        names = [f"{branch_id} ({branch.name})" for branch_id, branch in in_use.items()]
        raise Refused(
            f"The header branchid '{shown(sent)}' names no branch that is in use.", hint=known_codes("branches", names)
        )
    return in_use[sent].branch_number


async def get_countries(call: Call) -> Response:
    """A page of countries by code."""
    reference = await reference_of(call)
    return answer_rows(call, reference.countries.values(), _country_answer)


async def get_country(call: Call) -> Response:
    """One country by its code in any case."""
    reference = await reference_of(call)
    return one(call, _country_answer(addressed(reference.countries, "country", call.params["countryId"])))


def _country_answer(country: Country) -> CountryAnswer:
    return CountryAnswer(id=country.country_id, name=country.name)


async def _organisation(call: Call, *, expanded: bool) -> OrganisationAnswer | None:
    """None when it was not changed in the time that a list asks for."""
    query, filters = call.query, filtered(call)
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
        filters.add_same("branch.branch_number", reference.preferences.default_branch)
        main = await BRANCHES.rows(connection, filters, Window(1, 0))
    if not main.rows:
        return None
    branches, bank = query.flag("expandBranches", expanded), query.flag("expandBankSettings", expanded)
    return organisation_answer(main.rows[0], reference, call.zone, branches=branches, bank=bank)


def _expand(query: Query, *, default: bool) -> Expand:
    return Expand(**{part: query.flag(name, default) for part, name in _PARTS.items()})


_BRANCHES = Addresses("/v1/branch", "branch", BranchAnswer, plural="branches")
_ORGANISATIONS = Addresses("/v1/organization", "organisation", OrganisationAnswer)
_COUNTRIES = Addresses("/v1/country", "country", CountryAnswer, plural="countries")

ROUTES = (
    _BRANCHES.many("Branch_GetAllBranches", get_branches, filters=FILTERS),
    _BRANCHES.one("Branch_GetSpecificBranchBybranchNumber", get_branch, "{branchNumber}"),
    _ORGANISATIONS.many("Organization_GetAll", get_organisations, filters=(_MODIFIED,)),
    _ORGANISATIONS.one(
        "Organization_GetByOrganizationCdByorganizationNumber", get_organisation, "{organizationNumber}"
    ),
    _COUNTRIES.many("Country_GetCountries", get_countries),
    _COUNTRIES.one("Country_GetCountryBycountryId", get_country, "{countryId}"),
)
