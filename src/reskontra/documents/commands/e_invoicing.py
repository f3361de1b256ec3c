"""Sending documents as e-invoices: checked before release, queued with it or on request. The caller commits."""

from __future__ import annotations

from reskontra.attachments.store import find_enclosed
from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.db.pool import Connection, need_transaction
from reskontra.documents.commands.preparing import document_of, load
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.e_invoices import e_invoice_of, goes_electronically
from reskontra.documents.rules.issuing import Shown
from reskontra.documents.store.lists import find_issued
from reskontra.documents.store.loading import Loaded
from reskontra.e_invoices.commands import queueing
from reskontra.e_invoices.commands.queueing import Ready
from reskontra.e_invoices.e_invoice import Attachment
from reskontra.e_invoices.rules.enclosing import LARGEST
from reskontra.e_invoices.store import State, find_delivery
from reskontra.errors import NotFound, Refused
from reskontra.kinds import Kind
from reskontra.receivables.rules.items import OPENING_ORIGIN
from reskontra.receivables.store.for_documents import find_referred
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved


async def checked_for_release(
    connection: Connection, context: Context, kind: Kind, loaded: Loaded, basis: Basis, *, shown: Shown
) -> Ready | None:
    """A draft that its release is to send; None if it is not sent. Raises `Refused` if it breaks a rule (EHF-03)."""
    if not goes_electronically(kind, document_of(loaded), basis.debtor):
        return None
    need_transaction(connection)  # it is queued with the release
    return await _checked(
        connection, context, kind, loaded, debtor=basis.debtor, shown=shown, reference=basis.reference
    )


async def _checked(
    connection: Connection,
    context: Context,
    kind: Kind,
    loaded: Loaded,
    *,
    debtor: Debtor,
    shown: Shown,
    reference: Reference,
) -> Ready:
    document = document_of(loaded)
    referred = await find_referred(connection, context.company_id, loaded.document_id)
    files = await find_enclosed(connection, context.company_id, loaded.document_id, most=LARGEST)
    invoice = replace(
        e_invoice_of(kind, document, shown, debtor, reference, referred=referred),
        attachments=tuple(Attachment(name=it.name, size=it.size, content=it.content) for it in files),
    )
    return await queueing.check(invoice, kind, loaded.document_id)


async def send(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> Saved:
    """Let a released document wait to be sent as an e-invoice. One that waits or was sent stays as it is (EHF-06)."""
    loaded = await load(connection, context, kind, number, expected_version=expected_version)
    document, debtor = document_of(loaded), loaded.debtor
    if debtor is None:
        raise NotFound("customer", document.customer_id)
    _check_sendable(kind, document, debtor)
    standing = await find_delivery(connection, context.company_id, kind.document_type, document.number)
    if standing is not None and standing.state is not State.REFUSED:
        return Saved(document.number, loaded.version)
    reference = await remembered.at(connection, context.company_id, loaded.reference_version)
    issued = await find_issued(connection, context.company_id, kind.document_type, document.number)
    if issued is None:
        raise NotFound(f"released {kind.noun}", document.number)
    ready = await _checked(connection, context, kind, loaded, debtor=debtor, shown=issued.shown, reference=reference)
    await queueing.queue(connection, context, ready, again=standing is not None)
    return Saved(document.number, loaded.version)


def _check_sendable(kind: Kind, document: Document, debtor: Debtor) -> None:
    if not document.is_released:
        raise Refused(
            f"The {kind.noun} {document.number} is not released: its status is {document.status}.",
            hint="Release it first; then it is sent by itself if the customer takes e-invoices.",
        )
    if not debtor.accept_auto_invoices:
        raise Refused(
            f"The customer {debtor.number} does not take e-invoices.",
            hint="Set acceptAutoInvoices of the customer to true first.",
        )
    if document.master_document_id is not None:
        raise Refused(
            f"The {kind.noun} {document.number} is an instalment.", hint="Send the document that it is a part of."
        )
    if document.origin == OPENING_ORIGIN:
        raise Refused(
            f"The {kind.noun} {document.number} was taken over from an older system, which has sent it.",
            hint="Send it from there, or make a new document.",
        )
