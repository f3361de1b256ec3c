"""The addresses of applications: list them, apply an open credit document, undo an application."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import PAGING, declared, either, filtered, matching
from reskontra.customers.store.fragments import id_of_number
from reskontra.db.pool import Connection
from reskontra.errors import Malformed
from reskontra.receivables.commands import applying
from reskontra.receivables.store import lists
from reskontra.receivables.wire.applications import (
    ApplicationActionAnswer,
    ApplicationAnswer,
    ApplicationCreate,
    ApplicationUndo,
    application_answer,
)
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.routing import Route
from reskontra.web.wire import changes

FILTERS = (
    matching("customer", f"debit.customer_id = {id_of_number('{}::text')}"),
    matching("documentType", "lower({}::text) in (lower(credit.document_type), lower(debit.document_type))"),
    matching("referenceNumber", 'lower({}::text collate "C") in (lower(credit.number), lower(debit.number))'),
    either("released", "application.released_at is not null", "application.released_at is null"),
)


async def get_applications(call: Call) -> Response:
    """GET a page of applications in the order they were made (UNP-01), proposals among them unless filtered out."""
    return await answer_page(call, lists.APPLICATIONS, filtered(call, FILTERS), application_answer)


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


_APPLICATIONS = Addresses("/v1/reskontra/application", "application", ApplicationAnswer)

ROUTES = (
    _APPLICATIONS.many("Reskontra_GetApplications", get_applications, query=(*declared(FILTERS), *PAGING)),
    Route(
        "Reskontra_CreateApplication",
        "POST",
        "/v1/reskontra/application",
        create,
        "applying",
        body=ApplicationCreate,
        answer=ApplicationActionAnswer,
    ),
    _APPLICATIONS.act(
        "Reskontra_UndoApplication",
        undo,
        "{applicationId}/action/undo",
        "undoing",
        body=ApplicationUndo,
        answer=ApplicationActionAnswer,
    ),
)
