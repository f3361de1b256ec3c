"""The addresses of the list of documents of all kinds, and of applications: list, apply, undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import PAGING, either, filtered, matching, ordered
from reskontra.clock import local_date
from reskontra.customers.store.finding import find_customer_id
from reskontra.db.export import as_csv
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.errors import Malformed
from reskontra.receivables.commands import applying
from reskontra.receivables.store import documents, lists
from reskontra.receivables.wire.applications import (
    ApplicationActionAnswer,
    ApplicationAnswer,
    ApplicationCreate,
    ApplicationUndo,
    ApplicationUndoAnswer,
    application_answer,
)
from reskontra.receivables.wire.documents import (
    DOCUMENT_FILTERS,
    DocumentRowAnswer,
    DocumentSumsAnswer,
    document_row_answer,
    document_sums_answer,
)
from reskontra.receivables.wire.filters import ITEM_FILTERS
from reskontra.receivables.wire.items import CustomerDocumentAnswer, DocumentType, customer_document_answer
from reskontra.reference.routes import answering
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done, one
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.routing import Route, tryable
from reskontra.web.scalars import whole_number
from reskontra.web.table import FORMAT, table, wants_table
from reskontra.web.wire import changes, names_of

APPLICATION_FILTERS = (
    matching("customer", lists.OF_CUSTOMER),
    matching("documentType", "lower({}::text) in (lower(credit.document_type), lower(debit.document_type))"),
    matching("referenceNumber", 'lower({}::text collate "C") in (lower(credit.number), lower(debit.number))'),
    either("released", "application.released_at is not null", "application.released_at is null"),
)


async def get_documents(call: Call) -> Response:
    """GET a page of documents of all kinds, by kind and number."""
    return await _answer_documents(call, _filtered_documents(call))


async def get_documents_of_customer(call: Call) -> Response:
    """GET a page of a customer's documents of all kinds, by kind and number."""
    filters = _filtered_documents(call)
    customer_id = await call.find("customer", find_customer_id, call.params["customerNumber"])
    filters.add("document.customer_id = {}", customer_id)
    return await _answer_documents(call, filters)


def _filtered_documents(call: Call) -> Filters:
    wanted = call.query.choice("documentType", DocumentType)
    return filtered(call, [str(wanted)] if wanted is not None else sorted(map(str, DocumentType)))


async def _answer_documents(call: Call, filters: Filters) -> Response:
    return await answering.answer_page(
        call, lists.items(names_of(CustomerDocumentAnswer)), filters, customer_document_answer
    )


async def list_documents(call: Call) -> Response:
    """GET a page of documents of all kinds for people, the newest first or in the order that was asked for."""
    filters = filtered(call, local_date(call.context.now, call.zone))
    order = ordered(call.query, documents.ORDERS, "document.document_id") or documents.DOCUMENTS.order
    if wants_table(call):
        async with call.database.transaction() as connection:
            file = await as_csv(connection, documents.document_table(filters, order), *filters.parameters)
        return table(file, "documents.csv")
    return await answer_page(
        call, replace(documents.DOCUMENTS, order=order), filters, lambda found: document_row_answer(found, call.zone)
    )


async def get_document_sums(call: Call) -> Response:
    """GET the sums of the documents that a list would show."""
    filters = filtered(call, local_date(call.context.now, call.zone))
    async with call.database.connection() as connection:
        return one(call, document_sums_answer(await documents.find_sums(connection, filters)))


async def get_applications(call: Call) -> Response:
    """GET a page of applications in the order they were made (UNP-01), proposals among them unless filtered out."""
    return await answer_page(call, lists.APPLICATIONS, filtered(call), application_answer)


async def create(call: Call) -> Response:
    """POST: apply an open credit document to open documents."""
    update = changes(call.decode(ApplicationCreate))
    async with call.database.transaction() as connection:
        ids = await applying.apply(connection, call.context, update)
        return await _done(call, connection, ids)


async def undo(call: Call) -> Response:
    """POST: take a released application back, at an address of our own (UND-03)."""
    update = changes(call.decode(ApplicationUndo))
    async with call.database.transaction() as connection:
        application_id = await applying.undo(connection, call.context, _application_id(call), update)
        return await _done(call, connection, [application_id], {"applicationId": application_id})


async def _done(
    call: Call, connection: Connection, application_ids: Sequence[int], more: Mapping[str, object] | None = None
) -> Response:
    made = await lists.find_applications(connection, call.company_id, application_ids)
    return done(call, more={**(more or {}), "applications": [application_answer(row) for row in made]})


def _application_id(call: Call) -> int:
    text = call.params["applicationId"]
    found = whole_number(text)
    if found is None:
        raise Malformed("This is no application.", field=("application_id",), value=text, hint="Send its whole number.")
    return found


_DOCUMENTS = Addresses("/v1/customerdocument", "document", CustomerDocumentAnswer)
_LISTED = Addresses("/v1/reskontra/document", "document", DocumentRowAnswer)
_SUMS = Addresses("/v1/reskontra/documentSum", "sums of documents", DocumentSumsAnswer)
_OF_CUSTOMER = Addresses("/v1/customer/{customerNumber}/document", "document", CustomerDocumentAnswer)
_APPLICATIONS = Addresses("/v1/reskontra/application", "application", ApplicationAnswer)

ROUTES = tryable(
    (
        _DOCUMENTS.many("CustomerDocument_GetAllDocuments", get_documents, filters=ITEM_FILTERS),
        _OF_CUSTOMER.many(
            "Customer_GetAllDocumentsForCustomerBycustomerNumber", get_documents_of_customer, filters=ITEM_FILTERS
        ),
        replace(
            _LISTED.many(
                "Reskontra_GetDocuments",
                list_documents,
                filters=DOCUMENT_FILTERS,
                query=(Parameter("orderBy"), FORMAT, *PAGING),
            ),
            has_table=True,
        ),
        _SUMS.one("Reskontra_GetDocumentSums", get_document_sums, filters=DOCUMENT_FILTERS),
        _APPLICATIONS.many("Reskontra_GetApplications", get_applications, filters=APPLICATION_FILTERS, query=PAGING),
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
            answer=ApplicationUndoAnswer,
        ),
    )
)
