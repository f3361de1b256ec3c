"""Reports that a bookkeeper reads or hands on: ageing, open items, VAT, and what is found by a word."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TypeVar

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, NotFound, Refusal
from reskontra.pages.api import Rows
from reskontra.pages.customers import Bucket, DocumentRow, Name, Standing
from reskontra.pages.screen import ROOT, Screen

T = TypeVar("T")


class Aged(msgspec.Struct, rename="camel", kw_only=True):
    """A customer's balance by age."""

    customer: Name
    currency: str
    balance: Decimal
    buckets: list[Bucket]


class VatSum(msgspec.Struct, rename="camel", kw_only=True):
    """VAT of one id at one rate in one period."""

    period: str
    vat_id: str
    description: str | None = None
    vat_rate: Decimal
    document_count: int
    taxable_amount: Decimal
    vat_amount: Decimal


class Movements(msgspec.Struct, rename="camel", kw_only=True):
    """What moved a customer's balance on one branch."""

    customer: Name
    begin_balance: Decimal
    sales: Decimal
    payments_and_prepayments: Decimal
    adjustments_and_discounts: Decimal
    overdue_charges: Decimal
    year_to_date_balance: Decimal


class Account(msgspec.Struct, rename="camel", kw_only=True):
    """An account of receivables at the end of a period: the ledger, the open items, and what they differ by."""

    account: str
    description: str | None = None
    ledger: Decimal
    open_items: Decimal
    difference: Decimal


async def show_report(screen: Screen) -> Response:
    """One of the reports."""
    show = {"ageing": _ageing, "vat": _vat, "sales": _sales, "reconcile": _reconcile}.get(screen.path["report"])
    if show is None:
        raise NotFound(reason="There is no such report.")
    return await show(screen)


def _nothing(type_: type[T]) -> Rows[T]:
    return Rows([], 0)


async def _ageing(screen: Screen) -> Response:
    day = screen.query.text("asOf") or screen.today.isoformat()
    page, found, problems = screen.page_number, _nothing(Aged), []
    try:
        found = await screen.api.list(
            Aged,
            "/v1/reskontra/ageing",
            asOf=day,
            knownAt=screen.query.text("knownAt"),
            pageNumber=page,
            pageSize=1000,
        )
    except Malformed as refusal:
        problems = [("asOf", screen.why(refusal))]
    sums = [Bucket(sum((it.buckets[at].amount for it in found.rows), Decimal(0)), own.from_days, own.to_days)
            for at, own in enumerate(found.rows[0].buckets)] if found.rows else []  # fmt: skip
    return screen.show(
        "report_ageing.html",
        400 if problems else 200,
        report="ageing",
        found=found,
        sums=sums,
        day=day,
        page=page,
        size=1000,
        problems=problems,
        total=sum((it.balance for it in found.rows), Decimal(0)),
    )


async def _vat(screen: Screen) -> Response:
    first = screen.query.text("period") or f"{screen.today:%Y%m}"
    last = screen.query.text("toPeriod") or first
    found, problems = _nothing(VatSum), []
    try:
        found = await screen.api.list(VatSum, "/v1/reskontra/report/vat", period=first, toPeriod=last)
    except Refusal as refusal:
        problems = [("period", screen.why(refusal))]
    return screen.show(
        "report_vat.html",
        400 if problems else 200,
        report="vat",
        found=found,
        first=first,
        last=last,
        problems=problems,
        basis=sum((it.taxable_amount for it in found.rows), Decimal(0)),
        vat=sum((it.vat_amount for it in found.rows), Decimal(0)),
    )


_COLUMNS = (
    "begin_balance", "sales", "payments_and_prepayments", "adjustments_and_discounts", "overdue_charges",
    "year_to_date_balance",
)  # fmt: skip


async def _sales(screen: Screen) -> Response:
    first = screen.query.text("period") or f"{screen.today:%Y}01"
    last = screen.query.text("toPeriod") or f"{screen.today:%Y%m}"
    page, found, problems = screen.page_number, _nothing(Movements), []
    try:
        found = await screen.api.list(
            Movements, "/v2/customer/balance", fromFinPeriod=first, toFinPeriod=last, pageNumber=page, pageSize=1000
        )
    except Refusal as refusal:
        problems = [("period", screen.why(refusal))]
    rows = sorted(found.rows, key=lambda it: it.sales, reverse=True)
    return screen.show(
        "report_sales.html",
        400 if problems else 200,
        report="sales",
        rows=rows,
        total=found.total,
        first=first,
        last=last,
        page=page,
        size=1000,
        problems=problems,
        columns=_COLUMNS,
        sums={name: sum((getattr(it, name) for it in rows), Decimal(0)) for name in _COLUMNS},
    )


async def _reconcile(screen: Screen) -> Response:
    period, found, problems = screen.query.text("period") or f"{screen.today:%Y%m}", _nothing(Account), []
    try:
        found = await screen.api.list(Account, "/v1/reskontra/report/receivable", period=period)
    except Refusal as refusal:
        problems = [("period", screen.why(refusal))]
    return screen.show(
        "report_reconcile.html",
        400 if problems else 200,
        report="reconcile",
        found=found,
        period=period,
        problems=problems,
    )


# --- search

_FOUND_MAX = 20


class FoundDocument(DocumentRow, kw_only=True):
    """A document that was found, and whose it is."""

    customer: Name


async def search(screen: Screen) -> Response:
    """What a word finds: customers by name, number, organisation number or phone, documents by number or amount."""
    words = screen.query.text("q")
    if words is None:
        return screen.show("search.html", words="", customers=[], documents=[], searched="")
    customers = await screen.api.list(Standing, "/v1/reskontra/standing", text=words, pageNumber=1, pageSize=_FOUND_MAX)
    amount, found = _amount(words), list[FoundDocument]()
    asked: list[dict[str, object]] = [{"text": words}]
    asked += [{"amount": amount}] if amount is not None else []
    for sent in asked:
        found += (
            await screen.api.list(FoundDocument, "/v1/reskontra/document", **sent, pageNumber=1, pageSize=_FOUND_MAX)
        ).rows
    rows = list({(it.document_type, it.reference_number): it for it in found}.values())
    if len(customers.rows) + len(rows) == 1:
        if rows:
            return screen.go(f"{ROOT}/documents/{rows[0].document_type}/{rows[0].reference_number}")
        return screen.go(f"{ROOT}/customers/{customers.rows[0].customer.number}")
    return screen.show("search.html", words=words, customers=customers.rows, documents=rows, searched=words)


def _amount(words: str) -> Decimal | None:
    """An amount as people type it: `1 250`, `1250,00`, `1,250.00`."""
    text = words.replace("\u00a0", "").replace(" ", "")
    if "," in text and "." in text:
        text = text.replace(",", "") if text.rfind(".") > text.rfind(",") else text.replace(".", "").replace(",", ".")
    text = text.replace(",", ".")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < Decimal(10) ** 15 else None
