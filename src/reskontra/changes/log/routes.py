"""The address of the log of changes."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import NEWEST_FIRST, PAGING, filtered
from reskontra.changes.log.store import BACKWARDS, CHANGES, find_moment, follow
from reskontra.changes.log.wire import AFTER, FILTERS, ChangeAnswer, change_answer
from reskontra.errors import Malformed
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call
from reskontra.web.scalars import whole_number


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
    listed = replace(CHANGES, order=BACKWARDS) if newest_first else CHANGES
    return await answer_page(call, listed, filters, lambda change: change_answer(change, call.zone))


_CHANGES = Addresses("/v1/reskontra/change", "change", ChangeAnswer)

ROUTES = (_CHANGES.many("Reskontra_GetChanges", get_changes, filters=FILTERS, query=(AFTER, NEWEST_FIRST, *PAGING)),)
