"""The addresses of invoices, credit notes, debit notes and overdue charges; cash sales have theirs in the room within.

Each has a `Resource`, which says what differs on the wire; all share the same handlers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from reskontra.attachments.rules import ReceivedFile, file_name, media_type_of
from reskontra.attachments.wire import AttachmentMetadata, address_of
from reskontra.changes.lists.wire import filtered
from reskontra.clock import Context
from reskontra.customers.store.finding import find_customer_id
from reskontra.db.lists import Filters
from reskontra.db.pool import Connection
from reskontra.documents.commands import attaching, drafting, reversing
from reskontra.documents.many.commands.creating import create_many, foresee
from reskontra.documents.many.commands.deciding import Foreseen, Sent, sent_alike
from reskontra.documents.rules.instalments import parts_of
from reskontra.documents.store import instalments, lists
from reskontra.documents.wire import bodies
from reskontra.documents.wire.answers import InvoiceAnswer, ReleaseAnswer, VatInBaseAnswer
from reskontra.documents.wire.instalments import InstalmentsAnswer, instalments_answer
from reskontra.documents.wire.issued import IssuedDocumentAnswer, issued_answer
from reskontra.documents.wire.rendering import Expand, document_answer, vat_in_base_answer
from reskontra.documents.wire.resources import INVOICES, RESOURCES, Resource
from reskontra.errors import NotFound, Refusal
from reskontra.kinds import INVOICE, Kind, kind_spelled
from reskontra.operations import LineOperation
from reskontra.receivables.wire.filters import ITEM_FILTERS
from reskontra.reference.routes.answering import answer_page
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, deleted, done, no_content, one
from reskontra.web.bulk.operations import Done, Made
from reskontra.web.call import Call, Database
from reskontra.web.routing import Route, tryable
from reskontra.web.scalars import shown, whole_number
from reskontra.web.wire import changes, decode, names_of

_LINE_DIGITS = 9
Release = Callable[[Connection, Context, Kind, str, Expected], Awaitable[Saved]]
"""Releases the document of a kind with a number, if it has one of the versions."""


async def create(resource: Resource, call: Call) -> Response:
    """POST a new document."""
    update = changes(call.decode(resource.update))
    written = await call.database.write(lambda it: drafting.create(it, call.context, resource.kind, update))
    return created(call, _address(resource, written.number), written.version)


async def change(resource: Resource, call: Call) -> Response:
    """PUT the fields that change."""
    written = await _changed(resource, call, changes(call.decode(resource.update)))
    return no_content(call, _address(resource, written.number), written.version)


async def _changed(resource: Resource, call: Call, update: Mapping[str, Any]) -> Saved:
    number = call.params[resource.parameter]
    return await call.database.write(
        lambda it: drafting.change(it, call.context, resource.kind, number, update, expected_version=call.if_match)
    )


async def delete(resource: Resource, call: Call) -> Response:
    """DELETE a draft."""
    async with call.database.transaction() as connection:
        await drafting.delete(connection, call.context, resource.kind, call.params[resource.parameter], call.if_match)
    return deleted()


async def release(resource: Resource, call: Call, *, command: Release = reversing.release) -> Response:
    """POST the release action; a body is not needed and not read."""
    number = call.params[resource.parameter]
    written = await call.database.write(
        lambda connection: command(connection, call.context, resource.kind, number, call.if_match)
    )
    return done(call, written.version)


async def attach(resource: Resource, call: Call) -> Response:
    """POST a file to a document or, if the address names one, to a line of it."""
    number, line_number = call.params[resource.parameter], _line_number(resource, call)
    async with call.upload() as upload:
        metadata = changes(decode(upload.metadata or b"{}", AttachmentMetadata, "The part metadata"))
        file = ReceivedFile(
            name=file_name(upload.name),
            content=upload.file,
            size=upload.size,
            sha256=upload.sha256,
            media_type=media_type_of(upload.start),
            **{flag: bool(value) for flag, value in metadata.items()},
        )
        async with call.database.transaction() as connection:
            named, version = await attaching.attach(
                connection,
                call.context,
                resource.kind,
                number,
                line_number=line_number,
                file=file,
                expected_version=call.if_match,
            )
    return created(call, address_of(named.attachment_id), version)


def _line_number(resource: Resource, call: Call) -> int | None:
    text = call.params.get("lineNumber")
    if text is None:
        return None
    found = whole_number(text, _LINE_DIGITS)
    if found is None:
        number = call.params[resource.parameter]
        raise NotFound(reason=f"The {resource.kind.noun} {number} has no line {shown(text)}.")
    return found


async def get_one(resource: Resource, call: Call) -> Response:
    """GET one document, everything expanded (W10)."""
    return one(call, *await read(resource, call, call.params[resource.parameter]))


async def read(resource: Resource, call: Call, number: str) -> tuple[bytes, int]:
    """One document as GET answers it, as JSON, and its version."""
    async with call.database.connection() as connection:
        names = names_of(resource.answer)
        row = await lists.find_document(connection, call.company_id, resource.types, number, names)
        if row is None:
            raise NotFound(resource.kind.noun, number)
        reference = await remembered.at(connection, call.company_id, row["reference_version"])
    return document_answer(row, resource.answer, reference, Expand()), row["version"]


async def get_issued(call: Call) -> Response:
    """GET what a released document shows of its parties, terms and VAT, as it was when it was released."""
    kind = kind_spelled(call.params["documentType"])
    if kind is None:
        raise NotFound("document type", call.params["documentType"])
    number = call.params["referenceNumber"]
    found = await call.find(f"released {kind.noun}", lists.find_issued, kind.document_type, number)
    return one(call, issued_answer(found, call.zone))


async def get_vat(resource: Resource, call: Call) -> Response:
    """GET the VAT of one document in base currency."""
    number = call.params[resource.parameter]
    async with call.database.connection() as connection:
        found = await lists.find_vat(connection, call.company_id, resource.types, number)
    if found is None:
        raise NotFound(resource.kind.noun, number)
    return one(call, vat_in_base_answer(found), found.version)


async def get_instalments(resource: Resource, call: Call) -> Response:
    """GET the parts that a document is or will be paid in."""
    number = call.params[resource.parameter]
    async with call.database.connection() as connection:
        found = await instalments.find_parts(connection, call.company_id, resource.kind.document_type, number)
        if found is None:
            raise NotFound(resource.kind.noun, number)
        reference = await remembered.at(connection, call.company_id, found.reference_version)
    planned = () if found.document.is_released else parts_of(resource.kind, found.document, reference)
    return one(call, instalments_answer(found, planned), found.version)


async def change_vat(resource: Resource, call: Call) -> Response:
    """PUT the VAT dates of a document and of its lines, and what it corrects."""
    update = changes(call.decode(bodies.VatUpdate))
    if "lines" in update:
        update["lines"] = [{**line, "operation": LineOperation.UPDATE} for line in update["lines"]]
    written = await _changed(resource, call, update)
    address = f"/v1/reskontra/{resource.path}/{quote(written.number, safe='')}/vat"
    return no_content(call, address, written.version)


async def get_all(resource: Resource, call: Call) -> Response:
    """GET a page of documents in the order of their numbers."""
    return await answer_documents(call, resource, filtered(call, resource.kind.document_type))


async def get_invoices_of_customer(call: Call) -> Response:
    """GET a page of a customer's invoices in the order of their numbers."""
    return await answer_of_customer(call, INVOICES, filtered(call, INVOICE.document_type))


async def answer_of_customer(call: Call, resource: Resource, filters: Filters, *, of_kinds: bool = False) -> Response:
    """A page of those documents that are the customer's in the address."""
    customer_id = await call.find("customer", find_customer_id, call.params["customerNumber"])
    filters.add("document.customer_id = {}", customer_id)
    return await answer_documents(call, resource, filters, of_kinds=of_kinds)


async def answer_documents(call: Call, resource: Resource, filters: Filters, *, of_kinds: bool = False) -> Response:
    """A page of documents in the order of their numbers, with what the caller asked for."""
    expand = Expand(
        applications=call.query.flag("expandApplications"),
        dunning=call.query.flag("expandDunningInformation"),
        attachments=call.query.flag("expandAttachments", default=True),
        vat_rows=call.query.flag("expandTaxDetails", default=True),
        invoice_address=call.query.flag("expandInvoiceAddress"),
    )
    more = {"with_applications": expand.applications, "with_address": expand.invoice_address, "of_kinds": of_kinds}
    paged = lists.documents(names_of(resource.answer), **more)
    return await answer_page(call, paged, filters, lambda row, it: document_answer(row, resource.answer, it, expand))


def _address(resource: Resource, number: str) -> str:
    return f"/v1/{resource.path}/{quote(number, safe='')}"


class ManyDrafts:
    """Creates drafts of any kinds together (`web/bulk`)."""

    def prepared(self, call: Call) -> Sent | None:
        """What was sent, or None if it is created alone. Raises `Malformed`."""
        resource = _CREATED[call.route.operation]
        return sent_alike(resource.kind, changes(call.decode(resource.update)))

    async def foresee(self, database: Database, calls: Sequence[Call], prepared: Sequence[Sent]) -> Foreseen | None:
        """What would be decided now, while those before are being written."""
        return await foresee(database, calls[0].context, prepared)

    async def carry_out(
        self, database: Database, calls: Sequence[Call], prepared: Sequence[Sent], foreseen: Foreseen | None
    ) -> list[Done]:
        """What came of each, in their order. Raises `Refusal` if nothing is done."""
        async with database.transaction() as connection:
            found = await create_many(connection, calls[0].context, prepared, foreseen)
        return [
            it if isinstance(it, Refusal) else Made(_address(_CREATED[call.route.operation], it.number), it.version)
            for call, it in zip(calls, found, strict=True)
        ]


_MANY = ManyDrafts()
_CREATED = {f"{it.operation}{version}_Create": it for it in RESOURCES for version in ("", "V2")}


def _routes(resource: Resource) -> Iterator[Route]:
    documents = Addresses(f"/v1/{resource.path}", "document", resource.answer, resource.update)
    in_v2, named = replace(documents, path=f"/v2/{resource.path}"), replace(documents, noun=resource.kind.noun)
    operation, by_number, below = resource.operation, f"By{resource.parameter}", f"{{{resource.parameter}}}"
    yield documents.many(f"{operation}_GetAll", partial(get_all, resource), filters=ITEM_FILTERS)
    yield named.one(f"{operation}_Get{by_number}", partial(get_one, resource), below)
    if not resource.kind.made_by_run:
        yield replace(documents.post(f"{operation}_Create", partial(create, resource)), many=_MANY)
        yield replace(in_v2.post(f"{operation}V2_Create", partial(create, resource)), many=_MANY)
    yield documents.put(f"{operation}_Update{by_number}", partial(change, resource), below)
    yield documents.act(
        f"{operation}_{resource.release}{by_number}",
        partial(release, resource),
        f"{below}/action/release",
        "releasing",
        answer=ReleaseAnswer,
    )
    of_ours = replace(named, path=f"/v1/reskontra/{resource.path}", answer=VatInBaseAnswer, body=bodies.VatUpdate)
    if resource.kind.sales_sign:
        yield of_ours.one(f"Reskontra_Get{operation}Vat", partial(get_vat, resource), f"{below}/vat")
        yield of_ours.put(f"Reskontra_Update{operation}Vat", partial(change_vat, resource), f"{below}/vat")
    if resource.kind.has_terms and not resource.kind.made_by_run:
        parts = replace(of_ours, answer=InstalmentsAnswer)
        yield parts.one(
            f"Reskontra_Get{operation}Instalments", partial(get_instalments, resource), f"{below}/instalments"
        )
    files = Addresses(documents.path, resource.kind.noun, body=AttachmentMetadata)
    post_file = partial(attach, resource)
    yield files.attach(f"{operation}_CreateHeaderAttachment{by_number}", post_file, f"{below}/attachment")
    yield files.attach(
        f"{operation}_CreateLineAttachment{by_number}lineNumber", post_file, f"{below}/{{lineNumber}}/attachment"
    )
    if resource.kind.has_wire_delete:
        yield documents.delete(f"{operation}_Delete{by_number}", partial(delete, resource), below)
    else:
        of_ours = replace(documents, path=of_ours.path)
        yield of_ours.delete(f"Reskontra_Delete{operation}", partial(delete, resource), below)


ROUTES = [
    *tryable(route for resource in RESOURCES for route in _routes(resource)),
    Addresses("/v1/customer/{customerNumber}/invoice", "document", InvoiceAnswer).many(
        "Customer_GetAllInvoicesForCustomerBycustomerNumber", get_invoices_of_customer, filters=ITEM_FILTERS
    ),
    Addresses("/v1/reskontra/issuedDocument", "issued document", IssuedDocumentAnswer).one(
        "Reskontra_GetIssuedDocument", get_issued, "{documentType}/{referenceNumber}"
    ),
]
