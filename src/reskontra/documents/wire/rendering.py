"""Documents as the wire shows them, made from rows and reference data. Decides nothing and reads nothing.

The text of the lines and VAT rows is made here once, when they change, and stored beside them; a page of documents
then costs no work per line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from reskontra.accounts.wire.named import CodedAccount, coded_account, segment_answers
from reskontra.documents.document import Document, Line, VatFigure
from reskontra.documents.wire.answers import (
    LINE_ANSWERS,
    ApplicationAnswer,
    ContactName,
    CustomerDocumentAnswer,
    DatedSubaccount,
    DebtCollectionAnswer,
    DocumentAnswer,
    InvoiceAddressAnswer,
    InvoiceContactAnswer,
    MandateAnswer,
    NamedLocation,
    NoteLineAnswer,
    ProjectAnswer,
    VatRowAnswer,
)
from reskontra.money import ZERO
from reskontra.web.pairs import IdDescription, IdName, NumberDescription, NumberName
from reskontra.web.wire import day_text, encode, etag_of, local_text

if TYPE_CHECKING:
    from asyncpg import Record

    from reskontra.accounts.rules.subaccounts import Subaccount
    from reskontra.reference.reference import Reference

_MONEY = Decimal("0.0001")
_FINE = Decimal("0.000001")

_as_written: Callable[[str], Decimal] = msgspec.Raw  # type: ignore[assignment]
"""A number as the database writes it is a number as the wire writes it: between the two it stays text."""


@dataclass(frozen=True, slots=True)
class Expand:
    """Which parts a caller wants (W10)."""

    applications: bool = True
    dunning: bool = True
    attachments: bool = True
    vat_rows: bool = True
    invoice_address: bool = True


def lines_text(document: Document, reference: Reference) -> str:
    """The document's lines as the wire's JSON text."""
    struct = LINE_ANSWERS[document.document_type]
    return encode([_line(struct, line, reference) for line in document.lines]).decode()


def vat_text(document: Document, reference: Reference) -> str:
    """The document's VAT rows as the wire's JSON text."""
    return encode([_vat_row(row, position, reference) for position, row in enumerate(document.vat, 1)]).decode()


def _line(struct: type[NoteLineAnswer], line: Line, reference: Reference) -> NoteLineAnswer:
    more: dict[str, Any] = {}
    if "line_type" in struct.__struct_fields__:
        more = {"line_type": "GN", "start_date": _day(line.start_date), "end_date": _day(line.end_date)}
    if "project_task" in struct.__struct_fields__ and line.task_id:
        more["project_task"] = ProjectAnswer(id=line.task_id)
    category = reference.vat_categories.get(line.vat_category_id or "")
    salesperson = reference.salespersons.get(line.salesperson_id) if line.salesperson_id is not None else None
    return struct(
        term_start_date=_day(line.term_start_date),
        term_end_date=_day(line.term_end_date),
        is_deductible=False,
        attachments=[],
        line_number=line.line_number,
        item_number=line.item_number,
        description=line.description,
        quantity=line.quantity.quantize(_FINE),
        unit_price_base=line.unit_price_base.quantize(_FINE),
        unit_price=line.unit_price.quantize(_FINE),
        extended_amount_base=line.extended_amount_base.quantize(_MONEY),
        extended_amount=line.extended_amount.quantize(_MONEY),
        amount_base=line.amount_base.quantize(_MONEY),
        cost=ZERO.quantize(_MONEY),
        amount=line.amount.quantize(_MONEY),
        account=account_answer(line.account_number, reference),
        vat_category=IdDescription(category.category_id, category.description) if category else None,
        unit_id=line.unit_id,
        discount_percent=line.discount_percent.quantize(_FINE),
        discount_amount_base=line.discount_amount_base.quantize(_MONEY),
        discount_amount=line.discount_amount.quantize(_MONEY),
        manual_discount=line.manual_discount,
        subaccount=subaccount_answer(line.subaccount_id, reference),
        salesperson=salesperson.salesperson_cd if salesperson else None,
        deferral_schedule=line.deferral_schedule or 0,
        deferral_code=line.deferral_code,
        note=line.note,
        branch=_branch(line.branch_number, reference),
        **more,
    )


def _vat_row(row: VatFigure, position: int, reference: Reference) -> VatRowAnswer:
    return VatRowAnswer(
        vat_id=row.vat_id,
        record_id=position,
        vat_code=NumberDescription(number=row.vat_id, description=reference.vat[row.vat_id].description),
        rate=row.rate.quantize(_FINE),
        taxable=row.taxable.quantize(_MONEY),
        vat=row.vat.quantize(_MONEY),
    )


def document_answer(row: Record, struct: type[DocumentAnswer], reference: Reference, expand: Expand) -> DocumentAnswer:
    """A row of `lists.find_document` or `lists.list_documents` as the struct of its kind."""
    zone = reference.zone
    dunning = expand.dunning and row["dunning_level"] > 0
    salesperson = reference.salespersons.get(row["salesperson_id"]) if row["salesperson_id"] is not None else None
    answer = struct(
        credit_terms=_described(reference.terms.get(row["terms_id"] or ""), row["terms_id"]),
        due_date=_day(row["due_date"]),
        cash_discount_date=_day(row["cash_discount_date"]),
        external_reference=row["external_reference"],
        is_deductible=False,
        exchange_rate=_as_written(row["exchange_rate"]),
        dunning_letter_date=_day(row["dunning_letter_date"]) if dunning else None,
        dunning_letter_level=row["dunning_level"] if dunning else None,
        attachments=[] if expand.attachments else None,
        vat_rows=msgspec.Raw(row["vat_json"].encode()) if expand.vat_rows else None,
        rounding_difference=_as_written(row["rounding_difference"]),
        vat_zone=_described(reference.vat_zones.get(row["vat_zone_id"] or ""), row["vat_zone_id"]),
        child=NumberName(row["child_number"], row["child_name"]) if row["child_number"] else None,
        contact=ContactName(id=row["contact_id"], name=row["contact_name"]) if row["contact_id"] else None,
        time_stamp=etag_of(row["version"]),
        hold=row["status"] in ("Hold", "Reserved", "CreditHold"),
        discount_total_base=_as_written(row["discount_total_base"]),
        discount_total=_as_written(row["discount_total"]),
        detail_total_base=_as_written(row["detail_total_base"]),
        detail_total=_as_written(row["detail_total"]),
        vat_taxable_total_base=_as_written(row["vat_taxable_total_base"]),
        vat_taxable_total=_as_written(row["vat_taxable_total"]),
        vat_exempt_total_base=_as_written(row["vat_exempt_total_base"]),
        vat_exempt_total=_as_written(row["vat_exempt_total"]),
        salesperson_id=row["salesperson_id"],
        salesperson_name=salesperson.name if salesperson else None,
        salesperson=IdDescription(salesperson.salesperson_cd, salesperson.name) if salesperson else None,
        payment_reference=row["payment_reference"],
        invoice_address=_address(row["invoice_address"], reference) if expand.invoice_address else None,
        invoice_contact=_contact(row["invoice_contact"]) if expand.invoice_address else None,
        applications=_applications(row["applications"]) if expand.applications else None,
        dont_print=row["dont_print"],
        dont_email=row["dont_email"],
        revoked=row["revoked"],
        customer=NumberName(row["customer_number"], row["customer_name"]),
        document_type=row["document_type"],
        number=row["number"],
        post_period=row["period_id"],
        financial_period=row["period_id"],
        closed_period=row["closed_period_id"],
        document_date=_day(row["document_date"]),
        original_invoice_date=_day(row["original_invoice_date"]),
        status=row["status"],
        currency_id=row["currency_id"],
        amount_base=_as_written(row["amount_base"]),
        amount=_as_written(row["amount"]),
        balance_base=_as_written(row["balance_base"]),
        balance=_as_written(row["balance"]),
        cash_discount_base=_as_written(row["cash_discount_base"]),
        cash_discount=_as_written(row["cash_discount"]),
        payment_method=_described(
            reference.payment_methods.get(row["payment_method_id"] or ""), row["payment_method_id"]
        ),
        customer_reference=row["customer_reference"],
        invoice_text=row["invoice_text"],
        modified_at=local_text(row["modified_at"], zone),
        created_at=local_text(row["created_at"], zone),
        note=row["note"],
        vat_total_base=_as_written(row["vat_total_base"]),
        vat_total=_as_written(row["vat_total"]),
        location=NamedLocation(row["location_country_id"], row["location_cd"], row["location_name"]),
        branch=_branch(row["branch_number"], reference),
        cash_account=row["cash_account"],
        project=ProjectAnswer(id=row["project_id"]) if row["project_id"] else None,
        account=account_answer(row["account_number"], reference),
        subaccount=subaccount_answer(row["subaccount_id"], reference),
        lines=msgspec.Raw(row["lines_json"].encode()),  # type: ignore[call-arg]
    )
    _add_particulars(answer, row)
    return answer


def customer_document_answer(row: Record, reference: Reference) -> CustomerDocumentAnswer:
    """A row of `lists.list_all_documents` as the list of all documents shows it."""
    particulars = msgspec.json.decode(row["particulars"])
    branch = _branch(row["branch_number"], reference)
    return CustomerDocumentAnswer(
        due_date=_day(row["due_date"]),
        branch=branch,
        customer=NumberName(row["customer_number"], row["customer_name"]),
        document_type=row["document_type"],
        number=row["number"],
        post_period=row["period_id"],
        financial_period=row["period_id"],
        closed_period=row["closed_period_id"],
        document_date=_day(row["document_date"]),
        original_invoice_date=_day(row["original_invoice_date"]),
        status=row["status"],
        currency_id=row["currency_id"],
        amount_base=_as_written(row["amount_base"]),
        amount=_as_written(row["amount"]),
        balance_base=_as_written(row["balance_base"]),
        balance=_as_written(row["balance"]),
        cash_discount_base=_as_written(row["cash_discount_base"]),
        cash_discount=_as_written(row["cash_discount"]),
        customer_reference=row["customer_reference"],
        invoice_text=row["invoice_text"],
        modified_at=local_text(row["modified_at"], reference.zone),
        created_at=local_text(row["created_at"], reference.zone),
        note=row["note"],
        vat_total_base=_as_written(row["vat_total_base"]),
        vat_total=_as_written(row["vat_total"]),
        location=NamedLocation(row["location_country_id"], row["location_cd"], row["location_name"]),
        branch_number=branch,
        cash_account=row["cash_account"],
        project=ProjectAnswer(id=row["project_id"]) if row["project_id"] else None,
        account=account_answer(row["account_number"], reference),
        subaccount=subaccount_answer(row["subaccount_id"], reference),
        customer_project=particulars.get("customer_project"),
    )


class _Applied(msgspec.Struct):
    """An entry of `open_items.APPLICATIONS`."""

    document_type: str
    number: str
    customer_number: str
    amount_paid: Decimal
    cash_discount_taken: Decimal
    balance: Decimal
    released: bool
    payment_reference: str | None
    status: str
    voided: bool
    application_date: date
    application_period: str | None
    invoice_text: str | None


_applied = msgspec.json.Decoder(list[_Applied])


def _applications(text: str | None) -> list[ApplicationAnswer]:
    """What settled the document, or what it settles (APP-06: amounts with VAT, in document currency)."""
    if text is None:
        return []
    return [
        ApplicationAnswer(
            document_type=entry.document_type,
            customer_number=entry.customer_number,
            number=entry.number,
            amount_paid=entry.amount_paid,
            cash_discount_taken=entry.cash_discount_taken,
            balance=entry.balance,
            pending_prompt_payment_discount=False,
            released=entry.released,
            hold=False,
            voided=entry.voided,
            payment_reference=entry.payment_reference,
            status=entry.status,
            application_date=day_text(entry.application_date),
            application_period=entry.application_period,
            invoice_text=entry.invoice_text,
        )
        for entry in _applied.decode(text)
    ]


def _add_particulars(answer: Any, row: Record) -> None:
    """What only some kinds show, and what is only echoed (W14)."""
    stored = row["particulars"]
    particulars: Mapping[str, Any] = msgspec.json.decode(stored) if stored != "{}" else {}
    names = answer.__struct_fields__
    if "send_to_auto_invoice" in names:
        answer.send_to_auto_invoice = row["send_to_auto_invoice"]
    if "exclude_debt_collection" in names:
        answer.exclude_debt_collection = row["exclude_debt_collection"]
    if not particulars:
        return
    answer.customer_project = particulars.get("customer_project")
    if "exclude_debt_collection" not in names:
        return
    for name in ("accounting_cost_reference", "originator_document_reference", "contract_document_reference"):
        setattr(answer, name, particulars.get(name))
    for name in ("start_date", "end_date"):
        value = particulars.get(name)
        setattr(answer, name, f"{value}T00:00:00" if value else None)
    mandate = particulars.get("direct_debit_mandate_id")
    answer.direct_debit_mandate = MandateAnswer(id=mandate) if mandate else None
    case = {name: particulars.get(f"debt_collection_{name}") for name in DebtCollectionAnswer.__struct_fields__}
    answer.debt_collection = DebtCollectionAnswer(**case) if any(case.values()) else None


def account_answer(account_number: str | None, reference: Reference) -> CodedAccount | None:
    """An account as documents and lines show it. It is shared: do not change it."""
    account = reference.accounts.get(account_number or "")
    return reference.once((CodedAccount, account_number), lambda: coded_account(account)) if account else None


def subaccount_answer(subaccount_id: int | None, reference: Reference) -> DatedSubaccount | None:
    """A subaccount with its segments. It is shared: do not change it."""
    subaccount = reference.subaccounts.get(subaccount_id or 0)
    if subaccount is None:
        return None
    return reference.once((DatedSubaccount, subaccount_id), lambda: _subaccount(subaccount, reference))


def _subaccount(subaccount: Subaccount, reference: Reference) -> DatedSubaccount:
    return DatedSubaccount(
        subaccount_number=subaccount.subaccount_number,
        subaccount_id=subaccount.subaccount_id,
        description=subaccount.description or None,
        active=subaccount.active,
        segments=segment_answers(subaccount.subaccount_number, reference.subaccounts.segments),
    )


def _described(row: Any, code: str | None) -> IdDescription | None:
    return IdDescription(code, row.description) if row is not None else None


def _branch(branch_number: str, reference: Reference) -> NumberName:
    branch = reference.branches.get(branch_number)
    return NumberName(branch_number, branch.name if branch else None)


def _address(text: str | None, reference: Reference) -> InvoiceAddressAnswer | None:
    if text is None:
        return None
    parts = msgspec.json.decode(text)
    country = reference.countries.get(parts.pop("country_id", None) or "")
    county = parts.pop("county", None)
    return InvoiceAddressAnswer(
        **parts,
        country=IdName(country.country_id, country.name) if country else None,
        county=IdName(county, county) if county else None,
    )


def _contact(text: str | None) -> InvoiceContactAnswer | None:
    if text is None:
        return None
    parts = msgspec.json.decode(text)
    return InvoiceContactAnswer(**{name: parts.get(name) for name in InvoiceContactAnswer.__struct_fields__})


def _day(day: Any) -> str | None:
    return day_text(day) if day is not None else None
