"""Reports that a bookkeeper reads or hands on: ageing, VAT, sales, movements and reconciliation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, NotFound, Refused
from reskontra.pages.ages import Bucket
from reskontra.pages.api import Rows
from reskontra.pages.customers import Name
from reskontra.pages.document_kinds import kind_named
from reskontra.pages.downloads import table, walk
from reskontra.pages.open_items import address_of
from reskontra.pages.screen import Screen

T = TypeVar("T")


class Aged(msgspec.Struct, rename="camel", kw_only=True):
    """A customer's balance by age."""

    customer: Name
    currency: str
    day: str = msgspec.field(name="asOf")
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


class Sold(msgspec.Struct, rename="camel", kw_only=True):
    """What was sold to a customer, or by what else sales are added up, without VAT."""

    code: str
    name: str | None = None
    document_count: int
    invoiced: Decimal
    cash_sales: Decimal
    credited: Decimal
    cash_returns: Decimal
    sales: Decimal


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


class Differing(msgspec.Struct, rename="camel", kw_only=True):
    """A document, or an entry of none, that the ledger and the open items do not agree on."""

    document_type: str | None = None
    reference_number: str | None = None
    batch_number: str | None = None
    line_number: int | None = None
    date: datetime | None = None
    description: str | None = None
    ledger: Decimal
    open_items: Decimal
    difference: Decimal


async def show_report(screen: Screen) -> Response:
    """One of the reports."""
    pages = {"ageing": _ageing, "vat": _vat, "sales": _sales, "movements": _movements, "reconcile": _reconcile}
    show = pages.get(screen.path["report"])
    if show is None:
        raise NotFound(reason="There is no such report.")
    return await show(screen)


_BEHIND = 200
"""Rows behind a difference on one page."""

_ROWS = 1000
"""Rows of a report on one page."""


_FIELDS: Mapping[str | int, str] = {
    "asOf": "asOf", "knownAt": "knownAt", "by": "by", "period": "period", "toPeriod": "toPeriod",
    "fromFinPeriod": "period", "toFinPeriod": "toPeriod",
}  # fmt: skip
"""The API's names, and the forms'."""


async def _report(
    screen: Screen, type_: type[T], path: str, field: str, asked: Mapping[str, object]
) -> tuple[Rows[T], list[tuple[str, str]]]:
    """The rows of a report, or why there are none, at the field that is to be mended."""
    try:
        return await screen.api.list(type_, path, **asked), []
    except (Malformed, Refused) as refusal:
        return Rows([], 0), [screen.problem(refusal, _FIELDS, elsewhere=field)]


def _show(screen: Screen, name: str, problems: list[tuple[str, str]], **values: object) -> Response:
    return screen.show(
        f"report_{name}.html", 400 if problems else 200, report=name, problems=problems, size=_ROWS, **values
    )


async def _ageing(screen: Screen) -> Response:
    day, page = screen.query.text("asOf") or screen.today.isoformat(), screen.page_number
    asked = {"asOf": day, "knownAt": screen.query.text("knownAt"), "pageNumber": page, "pageSize": _ROWS}
    if screen.query.text("format") == "csv":
        pages = walk(screen.api, Aged, "/v1/reskontra/ageing", asked)
        return await table(pages, _AGEING_COLUMNS, _aged_cells, "ageing")
    found, problems = await _report(screen, Aged, "/v1/reskontra/ageing", "asOf", asked)
    columns = zip(*(it.buckets for it in found.rows), strict=True)
    sums = [msgspec.structs.replace(column[0], amount=_sum(it.amount for it in column)) for column in columns]
    total = _sum(it.balance for it in found.rows)
    late = total - (sums[0].amount if sums else 0)
    finding = screen.formats.say(
        "{late} is overdue; {owed} is owed in all, less credits.",
        late=screen.formats.amount(late),
        owed=screen.formats.amount(total),
    )
    return _show(
        screen, "ageing", problems, found=found, sums=sums, day=day, page=page, total=total,
        addresses=[address_of(screen, it, day) for it in sums] if found.total <= _ROWS else [],
        address_of=partial(address_of, screen), finding=finding,
    )  # fmt: skip


_AGEING_COLUMNS = ("customerNumber", "customerName", "currency", "balance", "notDue", "days1to30", "days31to60",
                   "days61to90", "daysOver90")  # fmt: skip


def _aged_cells(row: Aged) -> list[object]:
    return [row.customer.number, row.customer.name, row.currency, row.balance, *(it.amount for it in row.buckets)]


async def _vat(screen: Screen) -> Response:
    first = screen.query.text("period") or f"{screen.today:%Y%m}"
    last = screen.query.text("toPeriod") or first
    asked = {"period": first, "toPeriod": last}
    found, problems = await _report(screen, VatSum, "/v1/reskontra/report/vat", "period", asked)
    sums = _sum(it.taxable_amount for it in found.rows), _sum(it.vat_amount for it in found.rows)
    return _show(screen, "vat", problems, found=found, first=first, last=last, basis=sums[0], vat=sums[1])


_SOLD = ("invoiced", "cash_sales", "credited", "cash_returns", "sales")


async def _sales(screen: Screen) -> Response:
    first, last = _year_so_far(screen)
    page, by = screen.page_number, screen.query.text("by") or "customer"
    asked = {"by": by, "period": first, "toPeriod": last, "pageNumber": page, "pageSize": _ROWS}
    found, problems = await _report(screen, Sold, "/v1/reskontra/report/sales", "period", asked)
    sums = {name: _sum(getattr(it, name) for it in found.rows) for name in _SOLD}
    return _show(
        screen, "sales", problems, found=found, first=first, last=last, page=page, columns=_SOLD, sums=sums,
        by="customer" if problems else by,
    )  # fmt: skip


def _year_so_far(screen: Screen) -> tuple[str, str]:
    """The periods that the address names, or those of this year up to today."""
    first, last = f"{screen.today:%Y}01", f"{screen.today:%Y%m}"
    return screen.query.text("period") or first, screen.query.text("toPeriod") or last


_COLUMNS = (
    "begin_balance", "sales", "payments_and_prepayments", "adjustments_and_discounts", "overdue_charges",
    "year_to_date_balance",
)  # fmt: skip


_MOVED_COLUMNS = ("customerNumber", "customerName", "beginBalance", "sales", "paymentsAndPrepayments",
                  "adjustmentsAndDiscounts", "overdueCharges", "yearToDateBalance")  # fmt: skip


def _moved_cells(row: Movements) -> list[object]:
    return [row.customer.number, row.customer.name, *(getattr(row, name) for name in _COLUMNS)]


async def _movements(screen: Screen) -> Response:
    (first, last), page = _year_so_far(screen), screen.page_number
    asked = {"fromFinPeriod": first, "toFinPeriod": last, "pageNumber": page, "pageSize": _ROWS}
    if screen.query.text("format") == "csv":
        pages = walk(screen.api, Movements, "/v2/customer/balance", asked)
        return await table(pages, _MOVED_COLUMNS, _moved_cells, "movements")
    found, problems = await _report(screen, Movements, "/v2/customer/balance", "period", asked)
    rows = sorted(found.rows, key=lambda it: it.sales, reverse=True)
    sums = {name: _sum(getattr(it, name) for it in rows) for name in _COLUMNS}
    return _show(
        screen, "movements", problems, rows=rows, total=found.total, first=first, last=last, page=page,
        columns=_COLUMNS, sums=sums,
    )  # fmt: skip


async def _reconcile(screen: Screen) -> Response:
    period = screen.query.text("period") or f"{screen.today:%Y%m}"
    found, problems = await _report(screen, Account, "/v1/reskontra/report/receivable", "period", {"period": period})
    differing = [it for it in found.rows if it.difference]
    behind = {
        it.account: await screen.api.list(
            Differing, "/v1/reskontra/report/receivable/difference", period=period, account=it.account,
            pageNumber=1, pageSize=_BEHIND,
        )
        for it in differing
    }  # fmt: skip
    return _show(screen, "reconcile", problems, found=found, period=period, behind=behind, kind_of=kind_named)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
