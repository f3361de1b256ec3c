"""The addresses of seals of the log of changes."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import NEWEST_FIRST, PAGING, filtered
from reskontra.changes.seals.commands import seal
from reskontra.changes.seals.store import BACKWARDS, SEALS
from reskontra.changes.seals.wire import FILTERS, SealAnswer, seal_answer
from reskontra.db.lists import Filters, Window
from reskontra.errors import Refused
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

_NEWEST_FIRST = replace(SEALS, order=BACKWARDS)


async def get_seals(call: Call) -> Response:
    """GET a page of seals by number."""
    listed = _NEWEST_FIRST if call.query.flag(NEWEST_FIRST.name) else SEALS
    return await answer_page(call, listed, filtered(call), lambda it: seal_answer(it, call.zone))


async def post_seal(call: Call) -> Response:
    """POST: seal what has no seal yet. 200 with the newest seal, which may be an older one if there was nothing."""
    async with call.database.transaction() as connection:
        await seal(connection, call.context)
        found = await _NEWEST_FIRST.rows(connection, Filters([call.company_id]), Window(1, 0))
    if not found.rows:
        raise Refused("There is nothing to seal yet.", hint="Send it again once something was changed.")
    return one(call, seal_answer(found.rows[0], call.zone))


_SEALS = Addresses("/v1/reskontra/change", "seal", SealAnswer)

ROUTES = (
    _SEALS.many("Reskontra_GetSeals", get_seals, "seal", filters=FILTERS, query=(NEWEST_FIRST, *PAGING)),
    _SEALS.act("Reskontra_SealChanges", post_seal, "action/seal", "making"),
)
