"""The addresses of reports. Each answers a page of JSON, or the whole report as CSV."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page, answer_rows
from reskontra.changes.lists.wire import PAGING, Filter, equal, filtered, matching, same
from reskontra.codes import known
from reskontra.db.export import as_csv
from reskontra.db.lists import Filters
from reskontra.errors import Malformed
from reskontra.kinds import KINDS
from reskontra.periods.rules import parse_period
from reskontra.receivables.wire.as_of import AS_OF, KNOWN_AT, asked
from reskontra.receivables.wire.items import DocumentType
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import reference_of
from reskontra.reports.store import numbers
from reskontra.reports.store.customers import SPECIFICATION_TABLE, SPECIFICATIONS
from reskontra.reports.store.journal import JOURNAL, OF_DOCUMENT, OF_TEXT, journal_table
from reskontra.reports.store.open_items import open_item_table, open_items
from reskontra.reports.store.receivables import (
    DIFFERENCE_TABLE,
    RECONCILED_TABLE,
    find_differences,
    find_reconciled,
)
from reskontra.reports.store.vat import VAT_ELSEWHERE, VAT_ELSEWHERE_TABLE, VAT_TABLE, find_sums
from reskontra.reports.wire.ledger import (
    DifferingAnswer,
    JournalEntryAnswer,
    ReconciledAnswer,
    VatElsewhereAnswer,
    VatSumAnswer,
    differing_answer,
    journal_answer,
    reconciled_answer,
    vat_answer,
    vat_elsewhere_answer,
)
from reskontra.reports.wire.numbers import FindingAnswer, SeriesUseAnswer, finding_answer, series_use_answer
from reskontra.reports.wire.specifications import (
    OpenItemsAnswer,
    SpecificationAnswer,
    open_items_answer,
    specification_answer,
)
from reskontra.web.addresses import Addresses, Struct
from reskontra.web.answers import page
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.listing import MAXIMUM
from reskontra.web.routing import Route
from reskontra.web.table import FORMAT, table, wants_table

if TYPE_CHECKING:
    from reskontra.web.addresses import Handler

_PERIOD, _TO_PERIOD = Parameter("period"), Parameter("toPeriod")
_TYPE, _NUMBER = Parameter("documentType"), Parameter("referenceNumber")
_ACCOUNT = Parameter("account")
_SERIES = Parameter("series", description="Only this number series.")
_OF_CUSTOMER = (same("customer", "customer.number"),)
_OF_ENTRY = (
    same("customer", "entry.customer_number"),
    equal("batch", "entry.batch_number"),
    equal("account", "entry.account_number"),
    matching("text", OF_TEXT),
)

_TABLES_AT_ONCE = 2
_turns = asyncio.Semaphore(_TABLES_AT_ONCE)
"""Tables may take minutes of a connection, which other requests need too."""


async def get_specifications(call: Call) -> Response:
    """GET the customer specification of some periods, by customer."""
    first, last = _periods(call, await reference_of(call))
    if wants_table(call):
        return await _table(call, "customers", SPECIFICATION_TABLE, first, last, _customer(call))
    filters = filtered(call, first, last)
    return await answer_page(call, SPECIFICATIONS, filters, lambda found: specification_answer(found, first, last))


async def get_open_items(call: Call) -> Response:
    """GET the open items as of a date, or at the end of a period, by customer; as they are known now, or were then."""
    reference = await reference_of(call)
    wanted, by_day = asked(call.query, reference.today(call.context.now)), call.query.day(AS_OF.name) is not None
    mark: date | str = wanted.day
    if not by_day:
        mark = _first_period(call, reference)
        wanted = replace(wanted, day=reference.periods[mark].end_date)
    elif call.query.text(_PERIOD.name):
        raise Malformed("Both asOf and period were sent.", hint="Send one of them.")
    form = {"by_day": by_day, "is_dated": wanted.known_at is not None}
    parameters = [mark, wanted.dates_at, *([] if wanted.known_at is None else [wanted.known_at])]
    if wants_table(call):
        return await _table(call, "open-items", open_item_table(**form), *parameters, _customer(call))
    filters = filtered(call, *parameters)
    return await answer_page(call, open_items(**form), filters, lambda found: open_items_answer(found, mark))


async def get_vat(call: Call) -> Response:
    """GET the VAT of some periods, by period, VAT id and rate."""
    first, last = _periods(call, await reference_of(call))
    if wants_table(call):
        return await _table(call, "vat", VAT_TABLE, first, last)
    async with call.database.connection() as connection:
        sums = await find_sums(connection, call.company_id, first, last)
    return answer_rows(call, sums, vat_answer)


async def get_vat_elsewhere(call: Call) -> Response:
    """GET the VAT of documents that are posted in a term and dated outside it, or the other way round.

    The term is the periods that are asked for: how long it is differs between companies.
    """
    reference = await reference_of(call)
    first, last = _periods(call, reference)
    term = (first, last, reference.periods[first].start_date, reference.periods[last].end_date)
    if wants_table(call):
        return await _table(call, "vat-elsewhere", VAT_ELSEWHERE_TABLE, *term)
    return await answer_page(call, VAT_ELSEWHERE, filtered(call, *term), vat_elsewhere_answer)


async def get_receivables(call: Call) -> Response:
    """GET the accounts that carry what customers owe at the end of a period, against the documents open then."""
    period = _first_period(call, await reference_of(call))
    if wants_table(call):
        return await _table(call, "receivables", RECONCILED_TABLE, period)
    async with call.database.connection() as connection:
        accounts = await find_reconciled(connection, call.company_id, period)
    return answer_rows(call, accounts, reconciled_answer)


async def get_differences(call: Call) -> Response:
    """GET what is behind the difference of one of those accounts: documents, and entries of none."""
    period, account = _first_period(call, await reference_of(call)), call.query.text(_ACCOUNT.name)
    if account is None:
        raise Malformed(f"The parameter {_ACCOUNT.name} is missing.", hint="Send the number of an account.")
    if wants_table(call):
        return await _table(call, "differences", DIFFERENCE_TABLE, period, account)
    async with call.database.connection() as connection:
        found = await find_differences(connection, call.company_id, period, account)
    return answer_rows(call, found, differing_answer)


async def get_journal(call: Call) -> Response:
    """GET the journal of some periods, of one document or of one batch, by period, batch and line."""
    filters = filtered(call)
    kind, number = call.query.choice(_TYPE.name, DocumentType), call.query.text(_NUMBER.name)
    if kind is not None or number is not None:
        if kind is None or number is None:
            name = _TYPE.name if kind is None else _NUMBER.name
            raise Malformed(f"A document is named by its type and number: {name} is missing.", hint="Send both.")
        filters.add(OF_DOCUMENT, str(kind), number)
    elif call.query.text("batch") is None or call.query.text(_PERIOD.name) is not None:
        filters.add("entry.period_id between {} and {}", *_periods(call, await reference_of(call)))
    if wants_table(call):
        return await _table(call, "journal", journal_table(filters), *filters.parameters[1:])
    return await answer_page(call, JOURNAL, filters, lambda row: journal_answer(row, call.zone))


async def get_numbers(call: Call) -> Response:
    """GET what each number series has given out, and the first of what is to be explained."""
    reference = await reference_of(call)
    drawing = _drawing(reference)
    wanted = _wanted(call, reference)
    async with call.database.connection() as connection:
        control = await numbers.find_control(connection, call.company_id, drawing, wanted, MAXIMUM)
    answers = [
        series_use_answer(
            series,
            control,
            {entity for series_id, entity, _ in drawing if series_id == series.series_id},
            call.zone,
        )
        for series in reference.series.values()
        if wanted in (None, series.series_id)
    ]
    return page(call, answers, len(answers))


async def get_number_findings(call: Call) -> Response:
    """GET all that is to be explained of number series, by series and number."""
    reference = await reference_of(call)
    drawing = _drawing(reference)
    wanted = _wanted(call, reference)
    if wants_table(call):
        return await _table(call, "numbers", numbers.FINDING_TABLE, *numbers.arrays_of(drawing), wanted)
    filters = Filters([call.company_id, *numbers.arrays_of(drawing)])
    if wanted is not None:
        filters.add("found.series_id = {}", wanted)
    return await answer_page(call, numbers.FINDINGS, filters, lambda found: finding_answer(found, call.zone))


def _drawing(reference: Reference) -> numbers.Drawing:
    """Which entity draws its numbers from which series. An entity's usual series comes first."""
    keys = [(key, kind.document_type, key == kind.series[0]) for kind in KINDS.values() for key in kind.series]
    found: dict[tuple[str, str], bool] = {}
    others = [(entity.lower(), entity, True) for entity in ("Customer", "Project", "Batch")]
    for key, entity, is_usual in (*keys, *others):
        found.setdefault((reference.series_of(key).series_id, entity), is_usual)
    return [(series_id, entity, is_usual) for (series_id, entity), is_usual in found.items()]


def _wanted(call: Call, reference: Reference) -> str | None:
    """The series that was asked for."""
    sent = call.query.text(_SERIES.name)
    return None if sent is None else known(reference.series, sent, (_SERIES.name,), "number series").series_id


async def _table(call: Call, name: str, statement: str, *parameters: object) -> Response:
    async with _turns, call.database.transaction() as connection:
        file = await as_csv(connection, statement, call.company_id, *parameters)
    return table(file, f"{name}.csv")


def _customer(call: Call) -> str | None:
    return call.query.text("customer")


def _periods(call: Call, reference: Reference) -> tuple[str, str]:
    """The first and the last period that are asked for; without any, the one of today."""
    first, last = _first_period(call, reference), call.query.text(_TO_PERIOD.name)
    last = _period(last, _TO_PERIOD, reference) if last else first
    if last < first:
        raise Malformed(
            f"The period {last} comes before the period {first}.",
            field=(_TO_PERIOD.name,),
            value=last,
            hint="Send the earlier one as period.",
        )
    return first, last


def _first_period(call: Call, reference: Reference) -> str:
    """The period that is asked for; without any, the one of today."""
    sent = call.query.text(_PERIOD.name)
    if sent:
        return _period(sent, _PERIOD, reference)
    today = reference.today(call.context.now)
    begun = [period.period_id for period in reference.ordinary_periods if period.start_date <= today]
    return (begun or sorted(reference.periods))[-1]


def _period(sent: str, parameter: Parameter, reference: Reference) -> str:
    field = (parameter.name,)
    return reference.period_named(parse_period(sent, field), field).period_id


def _report(
    operation: str,
    handler: Handler,
    noun: str,
    answer: Struct,
    below: str,
    *query: Parameter,
    filters: tuple[Filter, ...] = (),
    needed: tuple[str, ...] = (),
) -> Route:
    addresses = Addresses("/v1/reskontra/report", noun, answer, plural=noun)
    return replace(
        addresses.many(operation, handler, below, filters=filters, query=(*query, FORMAT, *PAGING), needed=needed),
        has_table=True,
    )


_SPAN = (_PERIOD, _TO_PERIOD)

ROUTES = (
    Addresses("/v1/reskontra/numbers", "number series", SeriesUseAnswer, plural="number series").many(
        "Reskontra_GetNumbers", get_numbers, query=(_SERIES,)
    ),
    _report("Reskontra_ReportNumbers", get_number_findings, "numbers", FindingAnswer, "number", _SERIES),
    _report(
        "Reskontra_ReportCustomers", get_specifications, "customer specification", SpecificationAnswer, "customer",
        *_SPAN, filters=_OF_CUSTOMER,
    ),
    _report(
        "Reskontra_ReportOpenItems", get_open_items, "open items", OpenItemsAnswer, "openItem",
        _PERIOD, AS_OF, KNOWN_AT, filters=_OF_CUSTOMER,
    ),
    _report("Reskontra_ReportReceivables", get_receivables, "receivables", ReconciledAnswer, "receivable", _PERIOD),
    _report(
        "Reskontra_ReportReceivableDifferences", get_differences, "differences", DifferingAnswer,
        "receivable/difference", _PERIOD, _ACCOUNT, needed=(_ACCOUNT.name,),
    ),
    _report("Reskontra_ReportVat", get_vat, "VAT", VatSumAnswer, "vat", *_SPAN),
    _report(
        "Reskontra_ReportVatElsewhere", get_vat_elsewhere, "VAT", VatElsewhereAnswer, "vatElsewhere", *_SPAN
    ),
    _report(
        "Reskontra_ReportJournal", get_journal, "journal", JournalEntryAnswer, "journal", *_SPAN, _TYPE, _NUMBER,
        filters=_OF_ENTRY,
    ),
)  # fmt: skip
