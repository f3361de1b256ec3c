"""The addresses of applications: list them, apply an open credit document, undo an application."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from reskontra.changes.lists.routes import read_page
from reskontra.customers.store.fragments import id_of_number
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.db.pool import Connection
from reskontra.errors import Malformed
from reskontra.receivables.commands import applying
from reskontra.receivables.store import lists
from reskontra.receivables.store.lists import ListedApplication
from reskontra.receivables.wire.applications import (
    ApplicationActionAnswer,
    ApplicationAnswer,
    ApplicationCreate,
    ApplicationUndo,
    application_answer,
)
from reskontra.web.answers import done, page
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.listing import page_of
from reskontra.web.routing import Route
from reskontra.web.wire import changes


async def get_applications(call: Call) -> Response:
    """GET a page of applications in the order they were made (UNP-01), proposals among them unless filtered out."""
    filters = _filters(call)
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[ListedApplication]:
            return await lists.list_applications(connection, filters, window)

        async def total() -> Total:
            return await lists.count_applications(connection, filters)

        key = (call.company_id, "Application", filters.key)
        listed = await read_page(
            call.lists, key, page_of(call.query), rows=rows, total=total, sort_key=lambda row: (row.application_id,)
        )
    return page(call, (application_answer(row) for row in listed.rows), listed.total)


async def create(call: Call) -> Response:
    """POST: apply an open credit document to open documents."""
    update = changes(call.decode(ApplicationCreate))
    async with call.database.transaction() as connection:
        ids = await applying.apply(connection, call.context, update)
        return await _done(call, connection, ids)


async def undo(call: Call) -> Response:
    """POST: take a released application back, by an address of ours (UND-03)."""
    update = changes(call.decode(ApplicationUndo))
    async with call.database.transaction() as connection:
        application_id = await applying.undo(connection, call.context, _application_id(call), update)
        return await _done(call, connection, [application_id])


async def _done(call: Call, connection: Connection, application_ids: Sequence[int]) -> Response:
    made = await lists.find_applications(connection, call.company_id, application_ids)
    return done(call, more={"applications": [application_answer(row) for row in made]})


_LARGEST_ID = 2**63 - 1


def _application_id(call: Call) -> int:
    text = call.params["applicationId"]
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST_ID):
        raise Malformed("This is no application.", field=("application_id",), value=text, hint="Send its whole number.")
    return int(text)


def _filters(call: Call) -> Filters:
    query = call.query
    filters = Filters([call.company_id])
    customer = query.text("customer")
    if customer is not None:
        filters.add("debit.customer_id = " + id_of_number("{}::text"), customer)
    document_type, number = query.text("documentType"), query.text("referenceNumber")
    if document_type is not None:
        filters.add("lower({}::text) in (lower(credit.document_type), lower(debit.document_type))", document_type)
    if number is not None:
        filters.add('lower({}::text collate "C") in (lower(credit.number), lower(debit.number))', number)
    if query.text("released") is not None:
        released = query.flag("released")
        filters.add("application.released_at is not null" if released else "application.released_at is null")
    return filters


_PATH = "/v1/reskontra/application"
_QUERY = tuple(
    Parameter(name, kind, "")
    for name, kind in {
        "customer": "string",
        "documentType": "string",
        "referenceNumber": "string",
        "released": "boolean",
        "pageNumber": "integer",
        "pageSize": "integer",
    }.items()
)

ROUTES = (
    Route("Reskontra_GetApplications", "GET", _PATH, get_applications, "reading applications",
          answer=ApplicationAnswer, lists=True, query=_QUERY),
    Route("Reskontra_CreateApplication", "POST", _PATH, create, "applying",
          body=ApplicationCreate, answer=ApplicationActionAnswer),
    Route("Reskontra_UndoApplication", "POST", f"{_PATH}/{{applicationId}}/action/undo", undo, "undoing application",
          body=ApplicationUndo, answer=ApplicationActionAnswer),
)  # fmt: skip
