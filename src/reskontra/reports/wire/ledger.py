"""VAT by period, the journal, and the ledger's receivables."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

from asyncpg import Record

from reskontra.reports.store.receivables import Differing, Reconciled
from reskontra.reports.store.sales import Sold
from reskontra.reports.store.vat import VatElsewhere, VatSum
from reskontra.web.wire import Answer, DayOut, MomentOut, day_answer, day_text, field, local_text


class VatSumAnswer(Answer, kw_only=True):
    """The VAT of an id at one rate (percent) in one period, in base currency. Sales are above zero."""

    period: str
    vat_id: str
    description: str | None = None
    vat_rate: Decimal
    exempt: bool
    reverse_charge: bool
    document_count: int
    taxable_amount: Decimal
    vat_amount: Decimal


class VatElsewhereAnswer(Answer, kw_only=True):
    """The VAT of an id at one rate (percent) on a document whose date and period lie in different terms, in base
    currency. Sales are above zero."""

    period: str
    is_in_term: bool
    document_type: str
    reference_number: str
    document_date: DayOut
    customer_number: str
    vat_id: str
    vat_rate: Decimal
    taxable_amount: Decimal
    vat_amount: Decimal


class JournalEntryAnswer(Answer, kw_only=True):
    """An entry of the journal. `debitAmount` and `creditAmount` are in base currency.

    An entry that moves what customers owe names the document whose balance it moves (`moves...`), which need not be the
    one that was posted.
    """

    period: str
    batch_number: str
    line_number: int
    date: DayOut
    account: str
    account_description: str | None = None
    branch: str
    customer_number: str | None = None
    document_type: str
    reference_number: str
    moves_document_type: str | None = None
    moves_reference_number: str | None = None
    vat_id: str | None = None
    purpose: str
    description: str | None = None
    currency_id: str
    debit_amount_in_currency: Decimal
    credit_amount_in_currency: Decimal
    debit_amount: Decimal
    credit_amount: Decimal
    posted: bool
    created_by: str
    created_at: MomentOut = field(name="createdDateTime")


class SoldAnswer(Answer, kw_only=True):
    """What was sold without VAT, in base currency: `invoiced` and `cashSales`, less `credited` and `cashReturns`, which
    are negative, come to `sales`. A period has no name."""

    code: str
    name: str | None = None
    documents: int = field(name="documentCount")
    invoiced: Decimal
    cash: Decimal = field(name="cashSales")
    credited: Decimal
    returned: Decimal = field(name="cashReturns")
    sales: Decimal


class ReconciledAnswer(Answer, kw_only=True):
    """An account that carries what customers owe, in base currency."""

    account: str
    description: str | None = None
    ledger: Decimal
    open_items: Decimal
    difference: Decimal


class DifferingAnswer(Answer, kw_only=True):
    """A document, or an entry of none, that the ledger and the open documents do not agree on, in base currency."""

    document_type: str | None = None
    number: str | None = field(name="referenceNumber", default=None)
    batch_number: str | None = None
    line_number: int | None = None
    period: str | None = None
    date: DayOut | None = None
    description: str | None = None
    ledger: Decimal
    open_items: Decimal
    difference: Decimal


def vat_answer(found: VatSum) -> VatSumAnswer:
    """The VAT of one id."""
    return VatSumAnswer(
        period=found.period_id,
        vat_id=found.vat_id,
        description=found.description,
        vat_rate=found.rate,
        exempt=found.exempt,
        reverse_charge=found.reverse_charge,
        document_count=found.documents,
        taxable_amount=found.basis,
        vat_amount=found.vat,
    )


def vat_elsewhere_answer(found: VatElsewhere) -> VatElsewhereAnswer:
    """The VAT of one id on one document."""
    return VatElsewhereAnswer(
        period=found.period_id,
        is_in_term=found.is_in_term,
        document_type=found.document_type,
        reference_number=found.number,
        document_date=day_text(found.document_date),
        customer_number=found.customer_number,
        vat_id=found.vat_id,
        vat_rate=found.rate,
        taxable_amount=found.basis,
        vat_amount=found.vat,
    )


def journal_answer(row: Record, zone: ZoneInfo) -> JournalEntryAnswer:
    """One entry."""
    return JournalEntryAnswer(
        period=row["period_id"],
        batch_number=row["batch_number"],
        line_number=row["line_number"],
        date=day_text(row["entry_date"]),
        account=row["account_number"],
        account_description=row["account_description"],
        branch=row["branch_number"],
        customer_number=row["customer_number"],
        document_type=row["document_type"],
        reference_number=row["document_number"],
        moves_document_type=row["moved_type"],
        moves_reference_number=row["moved_number"],
        vat_id=row["vat_id"],
        purpose=row["purpose"],
        description=row["description"],
        currency_id=row["currency_id"],
        debit_amount_in_currency=row["debit"],
        credit_amount_in_currency=row["credit"],
        debit_amount=row["debit_base"],
        credit_amount=row["credit_base"],
        posted=row["is_posted"],
        created_by=row["created_by"],
        created_at=local_text(row["created_at"], zone),
    )


def sold_answer(found: Sold) -> SoldAnswer:
    """What was sold to a customer, or by what else sales are added up."""
    return SoldAnswer(
        code=found.code,
        name=found.name,
        documents=found.documents,
        invoiced=found.invoiced,
        cash=found.cash,
        credited=found.credited,
        returned=found.returned,
        sales=found.sales,
    )


def reconciled_answer(found: Reconciled) -> ReconciledAnswer:
    """An account and what it differs by from the open documents."""
    return ReconciledAnswer(
        account=found.account_number,
        description=found.description,
        ledger=found.ledger,
        open_items=found.open_items,
        difference=found.difference,
    )


def differing_answer(found: Differing) -> DifferingAnswer:
    """A document or an entry behind a difference."""
    return DifferingAnswer(
        document_type=found.document_type,
        number=found.number,
        batch_number=found.batch_number,
        line_number=found.line_number,
        period=found.period_id,
        date=day_answer(found.entry_date),
        description=found.description,
        ledger=found.ledger,
        open_items=found.open_items,
        difference=found.difference,
    )
