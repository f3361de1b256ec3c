"""The addresses of reports. Each answers a page of JSON, or the whole report as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page, answer_rows
from reskontra.changes.lists.wire import equal, filtered, matching, same
from reskontra.codes import known
from reskontra.errors import Malformed
from reskontra.receivables.wire.ageing import FROM_DAYS, TO_DAYS, asked_days
from reskontra.receivables.wire.as_of import AS_OF, KNOWN_AT, asked
from reskontra.receivables.wire.items import DocumentType
from reskontra.reference.routes.answering import reference_of
from reskontra.reports.routes.answering import (
    BY,
    PERIOD,
    TO_PERIOD,
    first_period,
    last_period,
    periods,
    report,
    sold_by_what,
    table,
)
from reskontra.reports.store.customers import SPECIFICATION_TABLE, SPECIFICATIONS
from reskontra.reports.store.journal import JOURNAL, OF_DOCUMENT, OF_TEXT, journal_table
from reskontra.reports.store.open_items import Form, find_total, open_item_table, open_items
from reskontra.reports.store.receivables import (
    DIFFERENCE_TABLE,
    DIFFERENCES,
    RECONCILED_TABLE,
    find_reconciled,
)
from reskontra.reports.store.sales import sold_by, sold_table
from reskontra.reports.store.vat import VAT_ELSEWHERE, VAT_ELSEWHERE_TABLE, VAT_TABLE, find_sums
from reskontra.reports.wire.ledger import (
    DifferingAnswer,
    JournalEntryAnswer,
    ReconciledAnswer,
    SoldAnswer,
    VatElsewhereAnswer,
    VatSumAnswer,
    differing_answer,
    journal_answer,
    reconciled_answer,
    sold_answer,
    vat_answer,
    vat_elsewhere_answer,
)
from reskontra.reports.wire.specifications import (
    OpenItemsAnswer,
    OpenTotalAnswer,
    SpecificationAnswer,
    open_items_answer,
    open_total_answer,
    specification_answer,
)
from reskontra.web.addresses import Addresses
from reskontra.web.answers import json_answer
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.table import wants_table

_TYPE, _NUMBER = Parameter("documentType"), Parameter("referenceNumber")
_ACCOUNT = Parameter("account")
_OF_CUSTOMER = (same("customer", "customer.number"),)
_OF_ENTRY = (
    same("customer", "entry.customer_number"),
    equal("batch", "entry.batch_number"),
    equal("account", "entry.account_number"),
    matching("text", OF_TEXT),
)


async def get_specifications(call: Call) -> Response:
    """GET the customer specification of some periods, by customer."""
    first, last = periods(call, await reference_of(call))
    if wants_table(call):
        return await table(call, "customers", SPECIFICATION_TABLE, first, last, _customer(call))
    filters = filtered(call, first, last)
    return await answer_page(call, SPECIFICATIONS, filters, lambda found: specification_answer(found, first, last))


async def get_open_items(call: Call) -> Response:
    """GET the open items as of a date, or at the end of a period, by customer; as they are known now, or were then."""
    form, parameters = await _open_then(call)
    if wants_table(call):
        return await table(call, "open-items", open_item_table(form), *parameters, _customer(call))
    filters, mark = filtered(call, *parameters), parameters[0]
    return await answer_page(call, open_items(form), filters, lambda found: open_items_answer(found, mark))


async def get_open_total(call: Call) -> Response:
    """GET the sums of the same open items."""
    form, parameters = await _open_then(call)
    async with call.database.connection() as connection:
        total = await find_total(connection, form, call.company_id, *parameters, _customer(call))
    return json_answer(open_total_answer(total))


def _customer(call: Call) -> str | None:
    """The customer's number that is asked for, without the blanks around it, as the filter of a list takes it."""
    sent = call.query.text("customer")
    return None if sent is None else sent.strip()


async def _open_then(call: Call) -> tuple[Form, Sequence[Any]]:
    """Which open items are asked for, and the parameters that say it, after the company."""
    reference = await reference_of(call)
    wanted, by_day = asked(call.query, reference.today(call.context.now)), call.query.day(AS_OF.name) is not None
    mark: date | str = wanted.day
    if not by_day:
        mark = first_period(call, reference)
        wanted = replace(wanted, day=reference.periods[mark].end_date)
    elif call.query.text(PERIOD.name):
        raise Malformed("Both asOf and period were sent.", hint="Send one of them.")
    days = asked_days(call.query)
    known, ages = [] if wanted.known_at is None else [wanted.known_at], [] if days is None else [wanted.day, *days]
    return Form(by_day=by_day, is_dated=bool(known), is_aged=bool(ages)), [mark, wanted.dates_at, *known, *ages]


async def get_vat(call: Call) -> Response:
    """GET the VAT of some periods, by period, VAT id and rate."""
    first, last = periods(call, await reference_of(call))
    if wants_table(call):
        return await table(call, "vat", VAT_TABLE, first, last)
    async with call.database.connection() as connection:
        sums = await find_sums(connection, call.company_id, first, last)
    return answer_rows(call, sums, vat_answer)


async def get_vat_elsewhere(call: Call) -> Response:
    """GET the VAT of documents that are posted in a term and dated outside it, or the other way round.

    The term is the periods that are asked for: how long it is differs between companies.
    """
    reference = await reference_of(call)
    first, last = periods(call, reference)
    term = (first, last, reference.periods[first].start_date, reference.periods[last].end_date)
    if wants_table(call):
        return await table(call, "vat-elsewhere", VAT_ELSEWHERE_TABLE, *term)
    return await answer_page(call, VAT_ELSEWHERE, filtered(call, *term), vat_elsewhere_answer)


async def get_sales(call: Call) -> Response:
    """GET what was sold in some periods without VAT, by customer or by what was asked for, the largest first."""
    first, last = periods(call, await reference_of(call))
    by = sold_by_what(call)
    if wants_table(call):
        return await table(call, "sales", sold_table(by), first, last)
    return await answer_page(call, sold_by(by), filtered(call, first, last), sold_answer)


async def get_receivables(call: Call) -> Response:
    """GET the accounts that carry what customers owe at the end of a period, against the documents open then."""
    period = first_period(call, await reference_of(call))
    if wants_table(call):
        return await table(call, "receivables", RECONCILED_TABLE, period)
    async with call.database.connection() as connection:
        accounts = await find_reconciled(connection, call.company_id, period)
    return answer_rows(call, accounts, reconciled_answer)


async def get_differences(call: Call) -> Response:
    """GET what is behind the difference of one of those accounts: documents, and entries of none."""
    reference, sent = await reference_of(call), call.query.text(_ACCOUNT.name)
    if sent is None:
        raise Malformed(f"The parameter {_ACCOUNT.name} is missing.", hint="Send the number of an account.")
    period = first_period(call, reference)
    account = known(reference.accounts, sent, (_ACCOUNT.name,), "accounts").account_number
    if wants_table(call):
        return await table(call, "differences", DIFFERENCE_TABLE, period, account)
    return await answer_page(call, DIFFERENCES, filtered(call, period, account), differing_answer)


async def get_journal(call: Call) -> Response:
    """GET the journal of some periods, of one document or of one batch, by period, batch and line.

    A document or a batch is meant as a whole, unless periods are sent, too.
    """
    filters = filtered(call)
    kind, number = call.query.choice(_TYPE.name, DocumentType), call.query.text(_NUMBER.name)
    if kind is not None and number is not None:
        filters.add(OF_DOCUMENT, str(kind), number)
    elif kind is not None or number is not None:
        name = _TYPE.name if kind is None else _NUMBER.name
        raise Malformed(f"A document is named by its type and number: {name} is missing.", hint="Send both.")
    reference, is_named = await reference_of(call), kind is not None or call.query.text("batch") is not None
    if call.query.text(PERIOD.name) is not None or not is_named:
        filters.add("entry.period_id between {} and {}", *periods(call, reference))
    elif (last := last_period(call, reference)) is not None:
        filters.add("entry.period_id <= {}", last)
    if wants_table(call):
        return await table(call, "journal", journal_table(filters), *filters.parameters[1:])
    return await answer_page(call, JOURNAL, filters, lambda row: journal_answer(row, call.zone))


_SPAN = (PERIOD, TO_PERIOD)
_OPEN_THEN = (PERIOD, AS_OF, KNOWN_AT, FROM_DAYS, TO_DAYS)

ROUTES = (
    report(
        "Reskontra_ReportCustomers", get_specifications, "customer specification", SpecificationAnswer, "customer",
        *_SPAN, filters=_OF_CUSTOMER,
    ),
    report(
        "Reskontra_ReportOpenItems", get_open_items, "open items", OpenItemsAnswer, "openItem",
        *_OPEN_THEN, filters=_OF_CUSTOMER,
    ),
    Addresses("/v1/reskontra/report/openItem/total", "open item total", OpenTotalAnswer).one(
        "Reskontra_ReportOpenItemTotal", get_open_total, filters=_OF_CUSTOMER, query=_OPEN_THEN
    ),
    report("Reskontra_ReportReceivables", get_receivables, "receivables", ReconciledAnswer, "receivable", PERIOD),
    report(
        "Reskontra_ReportReceivableDifferences", get_differences, "differences", DifferingAnswer,
        "receivable/difference", PERIOD, _ACCOUNT, needed=(_ACCOUNT.name,),
    ),
    report("Reskontra_ReportVat", get_vat, "VAT", VatSumAnswer, "vat", *_SPAN),
    report(
        "Reskontra_ReportVatElsewhere", get_vat_elsewhere, "VAT", VatElsewhereAnswer, "vatElsewhere", *_SPAN
    ),
    report("Reskontra_ReportSales", get_sales, "sales", SoldAnswer, "sales", *_SPAN, BY),
    report(
        "Reskontra_ReportJournal", get_journal, "journal", JournalEntryAnswer, "journal", *_SPAN, _TYPE, _NUMBER,
        filters=_OF_ENTRY,
    ),
)  # fmt: skip
