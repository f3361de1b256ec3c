"""One document, with what became of it: history, what settled it, postings, files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.pages.api import Versioned, segment
from reskontra.pages.blocks import block_of
from reskontra.pages.changes import Change, list_changes
from reskontra.pages.derivation import derivation_of
from reskontra.pages.document_buttons import ROLES, buttons_of
from reskontra.pages.document_kinds import DRAFTS, DocumentKind, kind_named
from reskontra.pages.documents import credit_excess_of
from reskontra.pages.screen import Screen
from reskontra.pages.sent import sent_of_document


class Party(msgspec.Struct):
    """A customer or branch by number and name."""

    number: str
    name: str | None = None


class Described(msgspec.Struct):
    """Something by id and description."""

    id: str | None = None
    description: str | None = None


class Account(msgspec.Struct):
    """An account."""

    number: str
    description: str | None = None


class Line(msgspec.Struct, rename="camel"):
    """A line. Amounts are in document currency."""

    line_number: int
    inventory_number: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    uom: str | None = None
    unit_price_in_currency: Decimal | None = None
    discount_percent: Decimal | None = None
    discount_amount_in_currency: Decimal | None = None
    manual_amount_in_currency: Decimal | None = None
    amount_in_currency: Decimal | None = None
    vat_code: Described | None = None
    account: Account | None = None
    note: str | None = None


class VatRow(msgspec.Struct, rename="camel"):
    """The VAT of one id."""

    vat_id: Described | None = None
    tax_id: str | None = None
    vat_rate: Decimal = Decimal(0)
    taxable_amount: Decimal = Decimal(0)
    vat_amount: Decimal = Decimal(0)


class Attachment(msgspec.Struct):
    """A file."""

    id: str
    name: str


class Document(msgspec.Struct, rename="camel"):
    """A document with lines."""

    document_type: str
    reference_number: str
    status: str
    customer: Party
    currency_id: str
    amount_in_currency: Decimal
    balance_in_currency: Decimal
    amount: Decimal
    balance: Decimal
    document_date: datetime | None = None
    document_due_date: datetime | None = None
    financial_period: str | None = None
    exchange_rate: Decimal | None = None
    credit_terms: Described | None = None
    payment_method: Described | None = None
    payment_reference: str | None = None
    external_reference: str | None = None
    customer_ref_number: str | None = None
    invoice_text: str | None = None
    note: str | None = None
    hold: bool = False
    revoked: bool = False
    dunning_letter_level: int | None = None
    dunning_letter_date: datetime | None = None
    detail_total_in_currency: Decimal | None = None
    discount_total_in_currency: Decimal | None = None
    vat_total_in_currency: Decimal | None = None
    rounding_diff: Decimal | None = None
    tax_details: list[VatRow] = []
    attachments: list[Attachment] = []
    invoice_lines: list[Line] = []
    cash_sale_lines: list[Line] = []
    plain_lines: list[Line] = msgspec.field(name="lines", default=[])

    @property
    def lines(self) -> Sequence[Line]:
        """The lines, whatever this kind calls them."""
        return self.invoice_lines or self.cash_sale_lines or self.plain_lines


class PaymentLine(msgspec.Struct, rename="camel"):
    """What a payment settles of one document, in the payment's currency."""

    document_type: str
    ref_nbr: str
    amount_paid: Decimal
    cash_discount_taken: Decimal
    balance_write_off: Decimal
    balance: Decimal
    date: datetime | None = None
    due_date: datetime | None = None


class Payment(msgspec.Struct, rename="camel"):
    """A payment, a refund, a void, or a write-off that is seen as one."""

    type: str
    ref_nbr: str
    status: str
    customer: Party
    currency: str
    payment_amount: Decimal
    available_balance: Decimal
    applied_to_documents: Decimal
    application_date: datetime
    application_period: str
    hold: bool = False
    payment_ref: str | None = None
    payment_method: Described | None = None
    cash_account: str | None = None
    invoice_text: str | None = None
    payment_lines: list[PaymentLine] = []


class WriteOff(msgspec.Struct, rename="camel"):
    """A write-off of a credit."""

    reference_number: str
    status: str
    customer: Party
    currency_id: str
    amount_in_currency: Decimal
    document_date: datetime
    financial_period: str
    invoice_text: str | None = None

    def as_payment(self) -> Payment:
        """The same as it is shown."""
        return Payment(
            type="SmallCreditWo",
            ref_nbr=self.reference_number,
            status=self.status,
            customer=self.customer,
            currency=self.currency_id,
            payment_amount=self.amount_in_currency,
            available_balance=Decimal(0),
            applied_to_documents=self.amount_in_currency,
            application_date=self.document_date,
            application_period=self.financial_period,
            invoice_text=self.invoice_text,
        )


class NamedDocument(msgspec.Struct, rename="camel"):
    """A document by type and number."""

    document_type: str
    reference_number: str


class Application(msgspec.Struct, rename="camel"):
    """What a credit paid of a debit. `amount` is in the credit's currency, the rest in the debit's."""

    id: int
    credit: NamedDocument
    debit: NamedDocument
    amount: Decimal
    discount: Decimal
    write_off: Decimal
    currency_id: str
    released: bool
    application_date: datetime | None = None
    batch_number: str | None = None
    undoes: int | None = None
    undone_by: int | None = None


class Entry(msgspec.Struct, rename="camel"):
    """An entry of the journal, in base currency."""

    batch_number: str
    account: str
    debit_amount: Decimal
    credit_amount: Decimal
    account_description: str | None = None
    vat_id: str | None = None


_MANY = 1000
"""As many as the API gives at once."""


async def show_document(
    screen: Screen,
    problems: Sequence[tuple[str, str]] = (),
    status: int = 200,
    *,
    changed: Change | None = None,
    typed_note: str | None = None,
) -> Response:
    """One document of any kind, below what was refused of it, who `changed` it meanwhile, and with a note not kept."""
    kind, number = kind_named(screen.path["type"]), screen.path["number"]
    read = await read_document(screen, kind, number)
    document = read.thing
    is_payment = isinstance(document, Payment)
    number = document.ref_nbr if isinstance(document, Payment) else document.reference_number
    ours = NamedDocument(kind.document_type, number)
    applications, changes = await applications_of(screen, ours), await changes_of(screen, ours)
    return screen.show(
        "payment.html" if is_payment else "document.html",
        status,
        problems=problems,
        changed=changed,
        typed_note=typed_note,
        kind=kind,
        number=number,
        document=document,
        etag=read.etag,
        can=[it for it in buttons_of(kind, document, changes) if screen.api.may(ROLES.get(it, "bookkeeper"))],
        block=await block_of(screen.api, kind.document_type, number, document.status),
        entries=await entries_of(screen, ours),
        applications=applications,
        undone={it.undoes for it in applications},
        ours=ours,
        changes=changes,
        sent=await sent_of_document(screen, kind, number, status=document.status, customer=document.customer.number),
        kind_of=kind_named,
        drafts=DRAFTS,
        excess=await credit_excess_of(screen, kind.document_type, number, document.customer.number, document.status),
        why=[] if isinstance(document, Payment) else await derivation_of(screen, document),
    )


async def read_document(screen: Screen, kind: DocumentKind, number: str) -> Versioned[Document] | Versioned[Payment]:
    """A document and its version. Raises `NotFound`."""
    if not kind.is_payment:
        read = await screen.api.read(Document, kind.address(number))
        if read.thing.vat_total_in_currency and not read.thing.tax_details:
            read.thing.tax_details = await _vat_of(screen, kind, read.thing.reference_number)
        return read
    if kind.document_type == "SmallCreditWo":
        found = await screen.api.read(WriteOff, kind.address(number))
        return Versioned(found.thing.as_payment(), found.etag)
    return await screen.api.read(Payment, kind.address(number))


class _VatOfId(msgspec.Struct, rename="camel"):
    vat_id: str
    vat_rate: Decimal
    taxable_amount_in_currency: Decimal
    vat_amount_in_currency: Decimal


class _Vat(msgspec.Struct):
    vat: list[_VatOfId] = []


async def _vat_of(screen: Screen, kind: DocumentKind, number: str) -> list[VatRow]:
    """The VAT of a document whose own answer has no room for it, such as a cash sale."""
    found = await screen.api.find(_Vat, f"{kind.path_of_ours}/{segment(number)}/vat")
    return [
        VatRow(Described(it.vat_id), it.vat_id, it.vat_rate, it.taxable_amount_in_currency, it.vat_amount_in_currency)
        for it in (found.vat if found else [])
    ]


def applications_at(ours: NamedDocument) -> str:
    """Where the API has what settled a document, or what it settled, among others of its number."""
    return f"/v1/reskontra/application?{_naming(ours)}"


async def applications_of(screen: Screen, ours: NamedDocument) -> list[Application]:
    """What settled a document, or what it settled, in the order in which that was done."""
    found = await screen.api.list(Application, applications_at(ours))
    return [it for it in found.rows if ours in (it.credit, it.debit)]


def entries_at(ours: NamedDocument) -> str:
    """Where the API has what the release of a document posted."""
    return f"/v1/reskontra/report/journal?{_naming(ours)}"


async def entries_of(screen: Screen, ours: NamedDocument) -> list[Entry]:
    """What the release of a document posted."""
    return (await screen.api.list(Entry, entries_at(ours))).rows


def _naming(ours: NamedDocument) -> str:
    number = segment(ours.reference_number)
    return f"documentType={ours.document_type}&referenceNumber={number}&pageSize={_MANY}"


async def changes_of(screen: Screen, ours: NamedDocument) -> list[Change]:
    """What happened to a document, in order."""
    return (await list_changes(screen, entity=ours.document_type, key=ours.reference_number, pageSize=_MANY)).rows


def address_of(kind: DocumentKind, number: str, *more: str) -> str:
    """The address of a document's page, below the root, and of what is below it."""
    return "/".join((f"/ui/documents/{kind.document_type}/{segment(number)}", *more))


def link_to(screen: Screen, kind: DocumentKind, number: str) -> str:
    """A document as a link in a status line."""
    return f"[{screen.formats.say(kind.words)} {number}]({address_of(kind, number)})"


def go_to_saved(screen: Screen, kind: DocumentKind, number: str, do: str | None) -> Response:
    """On from a form that was saved: to its release, or to the document, which says that it is a draft."""
    if do == "release":
        return screen.go(address_of(kind, number, "release"))
    return screen.go(
        address_of(kind, number),
        "{document} is saved as a draft.",
        document=link_to(screen, kind, number),
    )
