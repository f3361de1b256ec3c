"""The addresses of number series: read only, always current."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.errors import NotFound
from reskontra.numbering.store import list_series
from reskontra.numbering.wire import SeriesAnswer, series_answer
from reskontra.reference.store import remembered
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one, page
from reskontra.web.call import Call


async def list_(call: Call) -> Response:
    """All number series by id."""
    shown = await _series(call)
    return page(call, shown, len(shown))


async def get(call: Call) -> Response:
    """One number series."""
    sent = call.params["numberingId"]
    for series in await _series(call):
        if series.series_id is not None and series.series_id.lower() == sent.lower():
            return one(call, series)
    raise NotFound("number series", sent)


async def _series(call: Call) -> list[SeriesAnswer]:
    async with call.database.connection() as connection:
        found = await list_series(connection, call.company_id)
        reference = await remembered.at(connection, call.company_id, None)
    names = {branch.branch_number: branch.name for branch in reference.branches.values()}
    return [series_answer(series, names) for series in found]


_SERIES = Addresses("/v1/numberSequence", "number series", SeriesAnswer, plural="number series")

ROUTES = (
    _SERIES.many("NumberSequence_GetAll", list_),
    _SERIES.one("NumberSequence_GetBynumberingId", get, "{numberingId}"),
)
