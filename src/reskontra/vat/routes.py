"""The addresses of VAT ids, categories and zones: read only, they come with the company file. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.reference.store import remembered
from reskontra.vat.store import ListedCategory, list_categories, list_vat_ids
from reskontra.vat.wire import (
    CategoryAnswer,
    VatIdAnswer,
    ZoneAnswer,
    category_answer,
    vat_id_answer,
    zone_answer,
)
from reskontra.web.answers import one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.routing import Route


async def vat_ids(call: Call) -> Response:
    """VAT ids by id."""
    async with call.database.connection() as connection:
        found = await list_vat_ids(connection, call.company_id, modified=call.query.moment("lastModifiedDateTime"))
        reference = await remembered.at(connection, call.company_id, None)
    listed = cut(found, call.query)
    return page(call, (vat_id_answer(vat, reference) for vat in listed.rows), listed.total)


async def vat_id(call: Call) -> Response:
    """One VAT id."""
    sent = call.params["vatId"]
    async with call.database.connection() as connection:
        found = await list_vat_ids(connection, call.company_id, vat_id=sent)
        reference = await remembered.at(connection, call.company_id, None)
    if not found:
        raise NotFound("VAT id", sent)
    return one(call, vat_id_answer(found[0], reference))


async def categories(call: Call) -> Response:
    """VAT categories by id."""
    query = call.query
    async with call.database.connection() as connection:
        found = await list_categories(
            connection,
            call.company_id,
            greater_than=query.text("greaterThanValue"),
            agency_number=query.text("vendorCd"),
            created=query.moment("createdDateTime"),
            modified=query.moment("lastModifiedDateTime"),
        )
        listed = cut(found, query)
        answers = await _category_answers(call, connection, listed.rows)
    return page(call, answers, listed.total)


async def category(call: Call) -> Response:
    """One VAT category."""
    sent = call.params["taxCategoryId"]
    async with call.database.connection() as connection:
        found = await list_categories(connection, call.company_id, category_id=sent)
        answers = await _category_answers(call, connection, found)
    if not answers:
        raise NotFound("VAT category", sent)
    return one(call, answers[0])


async def zones(call: Call) -> Response:
    """VAT zones by id."""
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
    listed = cut(list(reference.vat_zones.values()), call.query)
    return page(call, (zone_answer(found, reference) for found in listed.rows), listed.total)


async def zone(call: Call) -> Response:
    """One VAT zone."""
    sent = call.params["vatZoneId"]
    async with call.database.connection() as connection:
        reference = await remembered.at(connection, call.company_id, None)
    found = reference.vat_zones.find(sent)
    if found is None:
        raise NotFound("VAT zone", sent)
    return one(call, zone_answer(found, reference))


async def _category_answers(
    call: Call, connection: Connection, found: Sequence[ListedCategory]
) -> list[CategoryAnswer]:
    by_id = {vat.vat_id: vat for vat in await list_vat_ids(connection, call.company_id)}
    return [category_answer(one_of, call.zone, by_id, call.query.text("vendorCd")) for one_of in found]


ROUTES = (
    Route("Vat_GetAllVats", "GET", "/v1/vat", vat_ids, "reading VAT ids", answer=VatIdAnswer, lists=True),
    Route("Vat_GetVatByvatId", "GET", "/v1/vat/{vatId}", vat_id, "reading VAT id", answer=VatIdAnswer),
    Route(
        "VatCategory_GetAllVatCategories",
        "GET",
        "/v1/vatCategory",
        categories,
        "reading VAT categories",
        answer=CategoryAnswer,
        lists=True,
    ),
    Route(
        "VatCategory_GetVatCategoryBytaxCategoryId",
        "GET",
        "/v1/vatCategory/{taxCategoryId}",
        category,
        "reading VAT category",
        answer=CategoryAnswer,
    ),
    Route("VatZone_GetVatZones", "GET", "/v1/vatZone", zones, "reading VAT zones", answer=ZoneAnswer, lists=True),
    Route(
        "VatZone_GetVatZoneByvatZoneId",
        "GET",
        "/v1/vatZone/{vatZoneId}",
        zone,
        "reading VAT zone",
        answer=ZoneAnswer,
    ),
)
