"""The addresses of VAT ids, categories and zones: read only, they come with the company file."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_rows, read_list
from reskontra.changes.lists.wire import filtered, greater, matching, moment
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.reference.routes.answering import addressed, answer_page, find_listed, reference_of
from reskontra.vat.store import REPORTED_TO, VAT_CATEGORIES, VAT_IDS, ListedCategory
from reskontra.vat.wire import (
    CategoryAnswer,
    VatIdAnswer,
    ZoneAnswer,
    category_answer,
    vat_id_answer,
    zone_answer,
)
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one, page
from reskontra.web.call import Call

VAT_ID_FILTERS = (moment("lastModifiedDateTime", "vat.modified_at"),)
CATEGORY_FILTERS = (
    greater("greaterThanValue", "vat_category.vat_category_id"),
    moment("createdDateTime", "vat_category.created_at"),
    moment("lastModifiedDateTime", "vat_category.modified_at"),
    matching("vendorCd", REPORTED_TO),
)


async def vat_ids(call: Call) -> Response:
    """A page of VAT ids by id."""
    return await answer_page(call, VAT_IDS, filtered(call), vat_id_answer)


async def vat_id(call: Call) -> Response:
    """One VAT id."""
    found, reference = await find_listed(call, "VAT id", VAT_IDS, call.params["vatId"])
    return one(call, vat_id_answer(found, reference))


async def categories(call: Call) -> Response:
    """A page of VAT categories by id."""
    async with call.database.connection() as connection:
        listed = await read_list(call, connection, VAT_CATEGORIES, filtered(call))
        answers = await _category_answers(call, connection, listed.rows)
    return page(call, answers, listed.total)


async def category(call: Call) -> Response:
    """One VAT category."""
    sent = call.params["taxCategoryId"]
    async with call.database.connection() as connection:
        found = await VAT_CATEGORIES.find(connection, call.company_id, sent)
        if found is None:
            raise NotFound("VAT category", sent)
        (answer,) = await _category_answers(call, connection, [found])
    return one(call, answer)


async def zones(call: Call) -> Response:
    """A page of VAT zones by id."""
    reference = await reference_of(call)
    return answer_rows(call, reference.vat_zones.values(), lambda found: zone_answer(found, reference))


async def zone(call: Call) -> Response:
    """One VAT zone."""
    reference = await reference_of(call)
    return one(call, zone_answer(addressed(reference.vat_zones, "VAT zone", call.params["vatZoneId"]), reference))


async def _category_answers(
    call: Call, connection: Connection, found: Sequence[ListedCategory]
) -> list[CategoryAnswer]:
    by_id = {vat.vat_id: vat for vat in await VAT_IDS.all(connection, Filters([call.company_id]))}
    return [category_answer(one_of, call.zone, by_id, call.query.text("vendorCd")) for one_of in found]


_VAT_IDS = Addresses("/v1/vat", "VAT id", VatIdAnswer)
_CATEGORIES = Addresses("/v1/vatCategory", "VAT category", CategoryAnswer, plural="VAT categories")
_ZONES = Addresses("/v1/vatZone", "VAT zone", ZoneAnswer)

ROUTES = (
    _VAT_IDS.many("Vat_GetAllVats", vat_ids, filters=VAT_ID_FILTERS),
    _VAT_IDS.one("Vat_GetVatByvatId", vat_id, "{vatId}"),
    _CATEGORIES.many("VatCategory_GetAllVatCategories", categories, filters=CATEGORY_FILTERS),
    _CATEGORIES.one("VatCategory_GetVatCategoryBytaxCategoryId", category, "{taxCategoryId}"),
    _ZONES.many("VatZone_GetVatZones", zones),
    _ZONES.one("VatZone_GetVatZoneByvatZoneId", zone, "{vatZoneId}"),
)
