"""The addresses of invoices, credit notes and debit notes: decode, open the transaction, one command, answer.

One `Resource` per address says what differs on the wire; the handlers are the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from asyncpg import Record
from starlette.responses import Response

from reskontra.changes.lists.routes import is_short, read_page
from reskontra.customers.store.finding import find_customer_id
from reskontra.customers.store.fragments import id_of_number
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.db.pool import Connection
from reskontra.documents.commands import drafting, releasing
from reskontra.documents.store import lists
from reskontra.documents.wire.answers import (
    CreditNoteAnswer,
    DebitNoteAnswer,
    DocumentAnswer,
    InvoiceAnswer,
    ReleaseAnswer,
)
from reskontra.documents.wire.bodies import (
    CreditNoteUpdate,
    DebitNoteUpdate,
    DocumentUpdate,
    InvoiceUpdate,
    Status,
)
from reskontra.documents.wire.rendering import Expand, document_answer
from reskontra.errors import NotFound
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Kind
from reskontra.periods.rules import parse_period
from reskontra.receivables.wire.items import CustomerDocumentAnswer, DocumentType, customer_document_answer
from reskontra.reference.store import remembered
from reskontra.web.answers import created, deleted, done, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.query import Query
from reskontra.web.routing import Route
from reskontra.web.wire import changes


@dataclass(frozen=True, slots=True)
class Resource:
    """What differs between the three addresses: names, structs, and which operations there are."""

    kind: Kind
    path: str
    parameter: str
    operation: str
    release_operation: str
    update: type[DocumentUpdate]
    answer: type[DocumentAnswer]


RESOURCES = (
    Resource(
        kind=INVOICE,
        path="customerinvoice",
        parameter="invoiceNumber",
        operation="CustomerInvoice",
        release_operation="CustomerInvoice_ReleaseInvoiceByinvoiceNumber",
        update=InvoiceUpdate,
        answer=InvoiceAnswer,
    ),
    Resource(
        kind=CREDIT_NOTE,
        path="customerCreditNote",
        parameter="creditNoteNumber",
        operation="CustomerCreditNote",
        release_operation="CustomerCreditNote_ReleaseDocumentBycreditNoteNumber",
        update=CreditNoteUpdate,
        answer=CreditNoteAnswer,
    ),
    Resource(
        kind=DEBIT_NOTE,
        path="customerDebitNote",
        parameter="debitNoteNumber",
        operation="CustomerDebitNote",
        release_operation="CustomerDebitNote_ReleaseDocumentBydebitNoteNumber",
        update=DebitNoteUpdate,
        answer=DebitNoteAnswer,
    ),
)


async def create(resource: Resource, call: Call) -> Response:
    """POST a new document."""
    update = changes(call.decode(resource.update))
    written = await call.database.write(
        lambda connection: drafting.create(connection, call.context, resource.kind, update)
    )
    return created(call, _address(resource, written.number), written.version)


async def change(resource: Resource, call: Call) -> Response:
    """PUT the fields that change."""
    update = changes(call.decode(resource.update))
    number = call.params[resource.parameter]
    written = await call.database.write(
        lambda connection: drafting.change(
            connection, call.context, resource.kind, number, update, expected_version=call.if_match
        )
    )
    return no_content(call, _address(resource, written.number), written.version)


async def delete(resource: Resource, call: Call) -> Response:
    """DELETE a draft."""
    async with call.database.transaction() as connection:
        await drafting.delete(connection, call.context, resource.kind, call.params[resource.parameter], call.if_match)
    return deleted()


async def release(resource: Resource, call: Call) -> Response:
    """POST the release action; a body is not needed and not read."""
    number = call.params[resource.parameter]
    written = await call.database.write(
        lambda connection: releasing.release(connection, call.context, resource.kind, number, call.if_match)
    )
    return done(call, written.version)


async def get_one(resource: Resource, call: Call) -> Response:
    """GET one document, everything expanded (W10)."""
    number = call.params[resource.parameter]
    async with call.database.connection() as connection:
        row = await lists.find_document(connection, call.company_id, resource.kind.document_type, number)
        if row is None:
            raise NotFound(resource.kind.noun, number)
        reference = await remembered.at(connection, call.company_id, row["reference_version"])
    return one(call, document_answer(row, resource.answer, reference, Expand()), row["version"])


async def get_all(resource: Resource, call: Call) -> Response:
    """GET a page of documents in the order of their numbers; of one customer where the address names it."""
    query, document_type = call.query, resource.kind.document_type
    filters = document_filters(query, call.company_id, document_type)
    expand = Expand(
        applications=query.flag("expandApplications"),
        dunning=query.flag("expandDunningInformation"),
        attachments=query.flag("expandAttachments", default=True),
        vat_rows=query.flag("expandTaxDetails", default=True),
        invoice_address=query.flag("expandInvoiceAddress"),
    )
    wanted = page_of(query)
    async with call.database.connection() as connection:
        await _only_customer_of_path(connection, call, filters)
        key = (call.company_id, document_type, filters.key)

        async def rows(window: Window) -> Slice[Record]:
            parameters, where = _windowed(filters, window)
            found = await lists.list_documents(
                connection,
                parameters,
                where,
                limit=window.limit,
                offset=window.offset,
                gathers=await is_short(call.lists, key, window, total, filters),
                with_applications=expand.applications,
            )
            return Slice(found, found[0]["stamp"] if found else None)

        async def total() -> Total:
            unfiltered = filters.where == "true"
            return Total(
                *await lists.count_documents(connection, filters.parameters, None if unfiltered else filters.where)
            )

        listed = await read_page(call.lists, key, wanted, rows=rows, total=total, sort_key=lambda row: (row["number"],))
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0]["reference_version"])
    return page(call, (document_answer(row, resource.answer, reference, expand) for row in listed.rows), listed.total)


async def get_customer_documents(call: Call) -> Response:
    """GET a page of documents of all kinds, by kind and number; of one customer where the address names it."""
    query = call.query
    wanted_type = query.choice("documentType", DocumentType)
    types = [str(wanted_type)] if wanted_type is not None else sorted(DocumentType)
    filters = document_filters(query, call.company_id, [str(document_type) for document_type in types])
    async with call.database.connection() as connection:
        await _only_customer_of_path(connection, call, filters)
        key = (call.company_id, "CustomerDocument", filters.key)

        async def rows(window: Window) -> Slice[Record]:
            parameters, where = _windowed(filters, window)
            found = await lists.list_all_documents(
                connection,
                parameters,
                where,
                limit=window.limit,
                offset=window.offset,
                gathers=await is_short(call.lists, key, window, total, filters),
            )
            return Slice(found, found[0]["stamp"] if found else None)

        async def total() -> Total:
            unfiltered = filters.where == "true"
            return Total(
                *await lists.count_all_documents(connection, filters.parameters, None if unfiltered else filters.where)
            )

        listed = await read_page(
            call.lists,
            key,
            page_of(query),
            rows=rows,
            total=total,
            sort_key=lambda row: (row["document_type"], row["number"]),
        )
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0]["reference_version"])
    return page(call, (customer_document_answer(row, reference) for row in listed.rows), listed.total)


async def _only_customer_of_path(connection: Connection, call: Call, filters: Filters) -> None:
    """Keep to the customer that the address names, if it names one; 404 when there is none of that number."""
    number = call.params.get("customerNumber")
    if number is None:
        return
    customer_id = await find_customer_id(connection, call.company_id, number)
    if customer_id is None:
        raise NotFound("customer", number)
    filters.add("document.customer_id = {}", customer_id)


def _windowed(filters: Filters, window: Window) -> tuple[Sequence[Any], str]:
    """The filter and, on a walk, the place to go on from: behind a number, or behind a kind and a number."""
    if window.after is None:
        return filters.parameters, filters.where
    first = len(filters.parameters) + 1
    behind = _BEHIND[len(window.after)].format(first, first + 1)
    return [*filters.parameters, *window.after], f"{filters.where} and {behind}"


_BEHIND = {
    1: "document.number > ${}",
    2: "(document.document_type, document.number) > (${}, ${})",
}
"""The condition of a walk, by the length of the list's sort key."""

_TEXT_FILTERS = {
    "externalReference": "document.external_reference = {}",
    "paymentReference": "document.payment_reference = {}",
    "customerRefNumber": "document.customer_reference = {}",
    "project": "document.project_id = {}",
    "branch": "document.branch_number = {}",
    "greaterThanValue": "document.number > {}",
    "customer": "document.customer_id = " + id_of_number("{}::text"),
}
_DAY_FILTERS = {"documentDate": "document_date", "documentDueDate": "due_date"}
_MOMENT_FILTERS = {"lastModifiedDateTime": "modified_at", "createdDateTime": "created_at"}


def document_filters(query: Query, company_id: int, document_type: str | list[str]) -> Filters:
    """The conditions of a document list (W22). `documentType` filters the list of all kinds only."""
    filters = Filters([company_id, document_type])
    for name, condition in _TEXT_FILTERS.items():
        value = query.text(name)
        if value is not None:
            filters.add(condition, value)
    status = query.choice("status", Status)
    if status is not None:
        filters.add("document.status = {}", status.value)
    if query.text("released") is not None:
        filters.add("document.released_at is not null" if query.flag("released") else "document.released_at is null")
    level = query.integer("dunningLevel")
    if level is not None:
        filters.add("document.dunning_level = {}", level)
    for name, column in (("financialPeriod", "period_id"), ("closedFinancialPeriod", "closed_period_id")):
        period = query.text(name)
        if period is not None:
            filters.add(f"document.{column} = {{}}", parse_period(period, (name,)))
    for name, column in _DAY_FILTERS.items():
        day = query.day(name)
        if day is not None:
            filters.add(f"document.{column} {day.operator} {{}}", day.value)
    for name, column in _MOMENT_FILTERS.items():
        moment = query.moment(name)
        if moment is not None:
            filters.add(f"document.{column} {moment.operator} {{}}", moment.value)
    reminded = query.day("dunningLetterDateTime")
    if reminded is not None:
        filters.add(f"document.dunning_letter_date {reminded.operator} {{}}", reminded.value)
    return filters


def _address(resource: Resource, number: str) -> str:
    return f"/v1/{resource.path}/{quote(number, safe='')}"


def _routes(resource: Resource) -> list[Route]:
    collection, noun, operation = f"/v1/{resource.path}", resource.kind.noun, resource.operation
    single = f"{collection}/{{{resource.parameter}}}"
    create_handler = partial(create, resource)
    routes = [
        Route(f"{operation}_GetAll", "GET", collection, partial(get_all, resource), "reading documents",
              answer=resource.answer, lists=True),
        Route(f"{operation}_GetBy{resource.parameter}", "GET", single, partial(get_one, resource),
              f"reading {noun}", answer=resource.answer),
        Route(f"{operation}_Create", "POST", collection, create_handler, "creating document", resource.update),
        Route(f"{operation}V2_Create", "POST", f"/v2/{resource.path}", create_handler, "creating document",
              resource.update),
        Route(f"{operation}_UpdateBy{resource.parameter}", "PUT", single, partial(change, resource),
              "updating document", resource.update),
        Route(resource.release_operation, "POST", f"{single}/action/release", partial(release, resource),
              "releasing document", answer=ReleaseAnswer, spelling=resource.update),
    ]  # fmt: skip
    if resource.kind.may_be_deleted:
        routes.append(
            Route(
                f"{operation}_DeleteBy{resource.parameter}",
                "DELETE",
                single,
                partial(delete, resource),
                "deleting document",
            )
        )
    return routes


_CUSTOMER = "/v1/customer/{customerNumber}"

ROUTES = [
    *(route for resource in RESOURCES for route in _routes(resource)),
    Route("CustomerDocument_GetAllDocuments", "GET", "/v1/customerdocument", get_customer_documents,
          "reading documents", answer=CustomerDocumentAnswer, lists=True),
    Route("Customer_GetAllDocumentsForCustomerBycustomerNumber", "GET", f"{_CUSTOMER}/document",
          get_customer_documents, "reading documents", answer=CustomerDocumentAnswer, lists=True),
    Route("Customer_GetAllInvoicesForCustomerBycustomerNumber", "GET", f"{_CUSTOMER}/invoice",
          partial(get_all, RESOURCES[0]), "reading documents", answer=InvoiceAnswer, lists=True),
]  # fmt: skip
