"""The addresses of reports on paper, each beside the report that it prints."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.balances.routes import AGE_CREDITS, AGEING_FILTERS, AGEING_QUERY, wanted_ages
from reskontra.errors import Malformed
from reskontra.printed_reports.commands import print_ageing, print_reconciled, print_sales, print_vat
from reskontra.printing.answers import PDF, pdf_answer
from reskontra.printing.languages import language_of, shipped_languages
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import reference_of
from reskontra.reports.routes.answering import BY, PERIOD, TO_PERIOD, first_period, periods, sold_by_what
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call
from reskontra.web.contract import Parameter

_LANGUAGE = Parameter("language")


async def ageing(call: Call) -> Response:
    """GET what customers owed by age as a PDF."""
    reference = await reference_of(call)
    wanted, last_days, filters = wanted_ages(call, reference.today(call.context.now))
    file = await print_ageing(
        call.database,
        call.company_id,
        _language(call, reference),
        wanted,
        last_days=last_days,
        ages_credits=call.query.flag(AGE_CREDITS.name),
        filters=filters,
    )
    return pdf_answer(file)


async def vat(call: Call) -> Response:
    """GET VAT by period, VAT id and rate as a PDF."""
    reference = await reference_of(call)
    code, span = _language(call, reference), periods(call, reference)
    return pdf_answer(await print_vat(call.database, call.company_id, code, span))


async def sales(call: Call) -> Response:
    """GET what was sold without VAT as a PDF."""
    reference = await reference_of(call)
    code, span = _language(call, reference), periods(call, reference)
    return pdf_answer(await print_sales(call.database, call.company_id, code, span, sold_by_what(call)))


async def receivables(call: Call) -> Response:
    """GET the ledger's receivables against the open documents as a PDF."""
    reference = await reference_of(call)
    code, period = _language(call, reference), first_period(call, reference)
    return pdf_answer(await print_reconciled(call.database, call.company_id, code, period))


def _language(call: Call, reference: Reference) -> str:
    """The language that is asked for, else that of the company's country."""
    sent, known = call.query.text(_LANGUAGE.name), shipped_languages()
    if sent is None:
        return language_of(None, reference.country_id_of_company)
    code = sent.strip().lower()
    if code not in known:
        raise Malformed(
            f"Reports are not printed in '{sent[:20]}'.", field=(_LANGUAGE.name,), value=sent,
            hint=f"Send one of {', '.join(known)}.",
        )  # fmt: skip
    return code


_REPORTS = Addresses("/v1/reskontra/report", "report")
_SPAN = (PERIOD, TO_PERIOD, _LANGUAGE)

ROUTES = (
    Addresses("/v1/reskontra/ageing", "ageing").file(
        "Reskontra_PrintAgeing",
        ageing,
        "print",
        "printing",
        PDF,
        filters=AGEING_FILTERS,
        query=(*AGEING_QUERY, _LANGUAGE),
    ),
    _REPORTS.file("Reskontra_PrintVat", vat, "vat/print", "printing", PDF, query=_SPAN),
    _REPORTS.file("Reskontra_PrintSales", sales, "sales/print", "printing", PDF, query=(*_SPAN, BY)),
    _REPORTS.file(
        "Reskontra_PrintReceivables", receivables, "receivable/print", "printing", PDF, query=(PERIOD, _LANGUAGE)
    ),
)
