"""The address that takes open items of an older system over. They are read as documents of their kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from reskontra.errors import Malformed
from reskontra.payments.openings.commands import take_over
from reskontra.payments.openings.rules.rows import Row, RowFaults
from reskontra.payments.openings.wire import (
    OpenItems,
    OpenItemsApart,
    TakenOverAnswer,
    rows_apart,
    rows_of,
    taken_over_fields,
)
from reskontra.runs.answers import sent_to_run
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call


async def take(call: Call) -> Response:
    """POST: all of these open items, or none. Parameters in the address are refused, as by every run."""
    sent, rows = _sent(call)
    unread = [fault for row in rows for fault in row.unread]
    if sent.get("as_of") is None and unread:
        raise RowFaults(unread)
    if sent.get("as_of") is None:
        raise Malformed("The day of the opening is missing.", field=("as_of",), hint="Send a date such as 2026-01-01.")
    taken = await take_over(
        call.database,
        call.context,
        rows,
        on=sent["as_of"],
        account_number=sent.get("account_number"),
        dry_run=bool(sent.get("dry_run")),
    )
    return done(call, more=taken_over_fields(taken))


def _sent(call: Call) -> tuple[Mapping[str, Any], Sequence[Row]]:
    """What was sent, and its items as rows. If one cannot be read, they are read apart, so that all faults are told."""
    try:
        sent = sent_to_run(call, OpenItems)
    except Malformed as fault:
        if fault.field[:1] != ("items",) or len(fault.field) == 1:
            raise
        sent = sent_to_run(call, OpenItemsApart)
        return sent, rows_apart(sent.get("items") or ())
    return sent, rows_of(sent.get("items") or ())


ROUTES = (
    Addresses("/v1/reskontra", "open items", TakenOverAnswer).act(
        "Reskontra_TakeOverOpenItems", take, "openItems", "taking over", body=OpenItems
    ),
)
