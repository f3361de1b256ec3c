"""The address of the log of changes."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.store import find_settled
from reskontra.changes.lists.wire import NEWEST_FIRST, PAGING, filtered
from reskontra.changes.log.store import BACKWARDS, CHANGES, change_table, find_moment, follow
from reskontra.changes.log.wire import AFTER, FILTERS, ChangeAnswer, change_answer
from reskontra.db.export import as_csv
from reskontra.db.lists import Filters
from reskontra.errors import Malformed
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call
from reskontra.web.scalars import whole_number
from reskontra.web.table import FORMAT, table, wants_table


async def get_changes(call: Call) -> Response:
    """GET a page of changes by document, person and time, in the order in which they were made.

    What follows a change, or a moment, is shown once nothing earlier is still under way, so that a reader who goes on
    from the last one misses none (decision 0021).
    """
    filters = filtered(call)
    sent = call.query.text(AFTER.name)
    if sent is not None:
        change_id = whole_number(sent.strip())
        async with call.database.connection() as connection:
            moment = None if change_id is None else await find_moment(connection, call.company_id, change_id)
        if change_id is None or moment is None:
            reason = f"There is no change {sent} in this company."
            raise Malformed(
                reason, field=(AFTER.name,), value=sent, hint="Send the changeId of a change that was read."
            )
        follow(filters, moment, change_id)
    newest_first = call.query.flag(NEWEST_FIRST.name)
    if newest_first and sent is not None:
        raise Malformed(
            f"{AFTER.name} goes on forwards, and {NEWEST_FIRST.name} goes backwards.", hint="Send one of the two."
        )
    if wants_table(call):
        return await _table(call, filters, newest_first=newest_first)
    listed = replace(CHANGES, order=BACKWARDS) if newest_first else CHANGES
    return await answer_page(call, listed, filters, lambda change: change_answer(change, call.zone))


async def _table(call: Call, filters: Filters, *, newest_first: bool) -> Response:
    """All of it as CSV, with nothing newer than the oldest write under way, as a page has it."""
    async with call.database.transaction() as connection:
        settled = await find_settled(connection, call.company_id) if filters.stamps else None
        if settled is not None:
            for column in filters.stamps:
                filters.add(f"{column} < {{}}", settled.horizon)
        file = await as_csv(connection, change_table(filters, newest_first=newest_first), *filters.parameters)
    return table(file, "log.csv")


_CHANGES = Addresses("/v1/reskontra/change", "change", ChangeAnswer)

_QUERY = (AFTER, NEWEST_FIRST, FORMAT, *PAGING)
ROUTES = (replace(_CHANGES.many("Reskontra_GetChanges", get_changes, filters=FILTERS, query=_QUERY), has_table=True),)
