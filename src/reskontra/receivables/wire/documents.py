"""How documents of all kinds look in the list for people, an address of our own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from reskontra.changes.lists.wire import Filter, dated, either, matching, number
from reskontra.customers.store.fragments import id_of_number
from reskontra.db.lists import Filters
from reskontra.errors import Malformed
from reskontra.kinds import document_spelled
from reskontra.receivables.store.documents import (
    CORRECTS,
    EXCEEDS_CREDIT,
    MENTIONS,
    OPEN,
    OVERDUE,
    DocumentSums,
    ListedDocument,
)
from reskontra.receivables.wire.items import DocumentType, Status
from reskontra.web.pairs import NumberName
from reskontra.web.query import Query
from reskontra.web.wire import Answer, DayOut, MomentOut, day_answer, field, local_text


class DocumentRowAnswer(Answer, kw_only=True):
    """A document of any kind. Amounts are above zero; `sign` is -1 where they lower what the customer owes."""

    document_type: str
    number: str = field(name="referenceNumber")
    status: str
    document_date: DayOut | None = None
    due_date: DayOut | None = field(name="documentDueDate", default=None)
    customer: NumberName
    invoice_text: str | None = None
    currency_id: str
    sign: int
    amount: Decimal = field(name="amountInCurrency")
    amount_base: Decimal = field(name="amount")
    balance: Decimal = field(name="balanceInCurrency")
    balance_base: Decimal = field(name="balance")
    dunning_level: int | None = None
    days_overdue: int | None = None
    credit_excess: Decimal | None = None
    created_at: MomentOut = field(name="createdDateTime")


class DocumentSumsAnswer(Answer, kw_only=True):
    """The sums of a selection in base currency, credits below zero. Drafts have no balance."""

    count: int
    amount_base: Decimal = field(name="amount")
    balance_base: Decimal = field(name="balance")


def _types(query: Query, filters: Filters) -> None:
    wanted = query.choices("documentType", DocumentType)
    if wanted is not None:
        filters.add("document.document_type = any ({}::text[])", list(map(str, wanted)))


def _statuses(query: Query, filters: Filters) -> None:
    wanted = query.choices("status", Status)
    if wanted is not None:
        filters.add("document.status = any ({}::text[])", [str(status.value) for status in wanted])


def _corrects(query: Query, filters: Filters) -> None:
    sent = query.text("corrects")
    if sent is None:
        return
    named = document_spelled(sent)
    if named is None:
        raise Malformed(
            "This is no document.",
            field=("corrects",),
            value=sent,
            hint="Send its type and number, such as Invoice/003548.",
        )
    filters.add(CORRECTS, *named)


def _bound(name: str, condition: str) -> Filter:
    """A date that is a bound by its name, so that it needs no operator beside it."""
    return replace(dated(name, condition), kind="string")


DOCUMENT_FILTERS: tuple[Filter, ...] = (
    matching("text", MENTIONS),
    Filter("documentType", "string", _types),
    Filter("status", "string", _statuses),
    matching("customer", f"document.customer_id = {id_of_number('{}::text')}"),
    Filter("corrects", "string", _corrects),
    either("released", "document.released_at is not null", "document.released_at is null"),
    either("open", OPEN, f"not ({OPEN})"),
    either("overdue", f"({OVERDUE})", f"({OVERDUE}) is not true"),
    either("exceedsCredit", EXCEEDS_CREDIT, f"({EXCEEDS_CREDIT}) is not true"),
    number("amount", "document.amount"),
    _bound("fromDate", "document.document_date >= {}"),
    _bound("toDate", "document.document_date <= {}"),
    _bound("fromDueDate", "document.due_date >= {}"),
    _bound("toDueDate", "document.due_date <= {}"),
)
"""The filters of that list; several types or statuses are sent with commas. $2 is today."""


def document_row_answer(found: ListedDocument, zone: ZoneInfo) -> DocumentRowAnswer:
    """A document as it is listed."""
    return DocumentRowAnswer(
        document_type=found.document_type,
        number=found.number,
        status=found.status,
        document_date=day_answer(found.document_date),
        due_date=day_answer(found.due_date),
        customer=NumberName(found.customer_number, found.customer_name),
        invoice_text=found.invoice_text,
        currency_id=found.currency_id,
        sign=found.sign,
        amount=found.amount,
        amount_base=found.amount_base,
        balance=found.balance,
        balance_base=found.balance_base,
        dunning_level=found.dunning_level,
        days_overdue=found.days_overdue,
        credit_excess=found.credit_excess,
        created_at=local_text(found.created_at, zone),
    )


def document_sums_answer(found: DocumentSums) -> DocumentSumsAnswer:
    """The sums of a selection."""
    return DocumentSumsAnswer(count=found.count, amount_base=found.amount_base, balance_base=found.balance_base)
