"""Fills the answers about documents from rows and reference data.

The text of the lines and VAT rows is made here once, when they change, and stored beside them, so that a page of
documents costs no work per line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from reskontra.attachments.wire import FilesByLine, files_by_line
from reskontra.documents.document import Document, Line, VatFigure
from reskontra.documents.rules.links import warnings_about
from reskontra.documents.wire.answers import (
    LINE_ANSWERS,
    ApplicationAnswer,
    ChargeLineAnswer,
    DebtCollectionAnswer,
    InvoiceAddressAnswer,
    InvoiceContactAnswer,
    LineVatDateAnswer,
    MandateAnswer,
    NoteLineAnswer,
    OwedAnswer,
    SaleAnswer,
    SaleLineAnswer,
    VatInBaseAnswer,
    VatInBaseRow,
    VatRowAnswer,
)
from reskontra.domestic_services.rules.work_types import WORK_TYPES
from reskontra.domestic_services.wire import work_type_answer
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.receivables.wire.applications import NamedDocumentAnswer
from reskontra.receivables.wire.items import (
    ProjectAnswer,
    account_answer,
    branch_answer,
    named_by,
    particulars_of,
    project_answer,
    subaccount_answer,
)
from reskontra.web.pairs import IdDescription, IdName, NumberDescription
from reskontra.web.wire import completed, day_answer, day_text, encode, members

if TYPE_CHECKING:
    from asyncpg import Record

    from reskontra.documents.store.lists import VatInBase
    from reskontra.reference.reference import Reference

_MONEY = Decimal("0.0001")
_FINE = Decimal("0.000001")
_NO_COST = ZERO.quantize(_MONEY)


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


def _line(struct: type[SaleLineAnswer], line: Line, reference: Reference) -> SaleLineAnswer:
    more: dict[str, Any] = {}
    if issubclass(struct, ChargeLineAnswer):
        more = {"attachments": []}
    if issubclass(struct, NoteLineAnswer):
        more |= {
            "is_deductible": line.work_type is not None,
            "item_type": line.item_type,
            "term_start_date": day_answer(line.term_start_date),
            "term_end_date": day_answer(line.term_end_date),
        }
        if line.work_type is not None:
            more |= {
                "work_type": work_type_answer(WORK_TYPES[line.work_type]),
                "deductible_amount": line.deduction.quantize(_MONEY),
            }
    if "line_type" in _attributes_of(struct):
        more |= {"line_type": "GN", "start_date": day_answer(line.start_date), "end_date": day_answer(line.end_date)}
    if "project_task" in _attributes_of(struct) and line.task_id:
        more["project_task"] = ProjectAnswer(id=line.task_id)
    category = reference.vat_categories.get(line.vat_category_id or "")
    salesperson = reference.salespersons.get(line.salesperson_id) if line.salesperson_id is not None else None
    return struct(
        line_number=line.line_number,
        item_number=line.item_number,
        description=line.description,
        quantity=line.quantity.quantize(_FINE),
        unit_price_base=line.unit_price_base.quantize(_FINE),
        unit_price=line.unit_price.quantize(_FINE),
        extended_amount_base=line.extended_amount_base.quantize(_MONEY),
        extended_amount=line.extended_amount.quantize(_MONEY),
        amount_base=line.amount_base.quantize(_MONEY),
        cost=_NO_COST,
        amount=line.amount.quantize(_MONEY),
        account=account_answer(line.account_number, reference),
        vat_category=IdDescription(category.category_id, category.description) if category else None,
        unit_id=line.unit_id,
        discount_code=line.discount_code,
        discount_percent=line.discount_percent.quantize(_FINE),
        discount_amount_base=line.discount_amount_base.quantize(_MONEY),
        discount_amount=line.discount_amount.quantize(_MONEY),
        manual_discount=line.manual_discount,
        subaccount=subaccount_answer(line.subaccount_id, reference),
        salesperson=salesperson.salesperson_cd if salesperson else None,
        deferral_schedule=line.deferral_schedule or 0,
        deferral_code=line.deferral_code,
        note=line.note,
        branch=branch_answer(line.branch_number, reference),
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


def vat_in_base_answer(found: VatInBase) -> VatInBaseAnswer:
    """A document's VAT in base currency."""
    rows = [
        VatInBaseRow(
            vat_id=row.vat_id,
            rate=row.rate.quantize(_FINE),
            taxable_base=row.taxable_base.quantize(_MONEY),
            taxable=row.taxable.quantize(_MONEY),
            vat_base=row.vat_base.quantize(_MONEY),
            vat=row.vat.quantize(_MONEY),
        )
        for row in found.vat
    ]
    return VatInBaseAnswer(
        document_type=found.document_type,
        number=found.number,
        currency_id=found.currency_id,
        base_currency=found.base_currency,
        exchange_rate=found.exchange_rate,
        vat_exchange_rate=found.vat_exchange_rate,
        vat_date=day_text(found.vat_date),
        rows=rows,
        lines=[LineVatDateAnswer(line_number=number, vat_date=day_text(on)) for number, on in found.lines] or None,
        corrects=NamedDocumentAnswer(found.corrects.document_type, found.corrects.number) if found.corrects else None,
        warnings=list(_warnings(found)) or None,
    )


def _warnings(found: VatInBase) -> Sequence[str]:
    kind = KINDS[found.document_type]
    named = [it for it in found.settles if it.document_type in kind.may_correct]
    if not named and found.corrects is not None:
        named = [found.corrects]
    rates = [it.rate for it in named if it.currency_id == found.currency_id]
    return warnings_about(kind, names_another=bool(named), rate=found.rate, rates=rates)


def document_answer(row: Record, struct: type[SaleAnswer], reference: Reference, expand: Expand) -> bytes:
    """A row of `lists.find_document` or `lists.documents` as the struct of its kind, as JSON."""
    files = files_by_line(row["attachments"]) if expand.attachments else {}
    rest = struct(lines=_with_files(row["lines_json"], files, expand))  # type: ignore[call-arg]
    if row["project_id"]:
        rest.project = project_answer(row["project_id"], reference)
    _add_expanded(rest, row, reference, expand)
    _add_particulars(rest, row)
    if isinstance(rest, OwedAnswer):
        _add_what_cash_sales_lack(rest, row, expand)
        rest.attachments = files.get(None, []) if expand.attachments else None
    return completed(row["written"], _looked_up(struct, row, reference), rest)


_codes_of = itemgetter("branch_number", "account_number", "subaccount_id", "terms_id", "payment_method_id",
                       "vat_zone_id", "salesperson_id")  # fmt: skip
"""What `_named_by` reads of a row."""


def _looked_up(struct: type[SaleAnswer], row: Record, reference: Reference) -> bytes:
    """As `items.looked_up`, with what only documents with lines have."""
    return reference.once((struct, _codes_of(row)), lambda: members(_named_by(struct, row, reference)))


def _named_by(struct: type[SaleAnswer], row: Record, reference: Reference) -> SaleAnswer:
    answer = struct(**named_by(row, reference))
    terms, method, zone = row["terms_id"], row["payment_method_id"], row["vat_zone_id"]
    answer.credit_terms = _described(reference.terms.get(terms or ""), terms)
    answer.payment_method = _described(reference.payment_methods.get(method or ""), method)
    salesperson = reference.salespersons.get(row["salesperson_id"] or 0)
    if salesperson:
        answer.salesperson_name = salesperson.name
        answer.salesperson = IdDescription(salesperson.salesperson_cd, salesperson.name)
    if isinstance(answer, OwedAnswer):
        answer.vat_zone = _described(reference.vat_zones.get(zone or ""), zone)
    return answer


def _add_what_cash_sales_lack(answer: OwedAnswer, row: Record, expand: Expand) -> None:
    """Add what only documents show that are owed until they are settled."""
    if expand.dunning and row["dunning_level"] > 0:
        answer.dunning_letter_date = day_answer(row["dunning_letter_date"])
        answer.dunning_letter_level = row["dunning_level"]
    if expand.vat_rows:
        answer.vat_rows = msgspec.Raw(row["vat_json"].encode())


def _add_expanded(answer: SaleAnswer, row: Record, reference: Reference, expand: Expand) -> None:
    """Add what the caller asked for (W10)."""
    if expand.invoice_address:
        answer.invoice_address = _address(row["invoice_address"], reference)
        answer.invoice_contact = _contact(row["invoice_contact"])
    if expand.applications:
        answer.applications = _applications(row["applications"])


_NO_FILES = b',"attachments":[]'
"""How the stored text of a line says that it has none. Inside a text, each quote would have a backslash before it."""

_raw_lines = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def _with_files(stored: str, files: FilesByLine, expand: Expand) -> msgspec.Raw:
    """The stored text of the lines, with their files (ATT-04), which it does not have."""
    text = stored.encode()
    if not expand.attachments:
        return msgspec.Raw(text.replace(_NO_FILES, b""))
    if not files.keys() - {None}:
        return msgspec.Raw(text)
    lines = _raw_lines.decode(text)
    for line in lines:
        line["attachments"] = msgspec.Raw(encode(files.get(int(bytes(line["lineNumber"])), [])))
    return msgspec.Raw(encode(lines))


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


@cache
def _attributes_of(struct: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(struct.__struct_fields__)


def _add_particulars(answer: Any, row: Record) -> None:
    """Add what only some kinds show, and what is only echoed (W14)."""
    particulars = particulars_of(row)
    if not particulars:
        return
    answer.customer_project = particulars.get("customer_project")
    if "exclude_debt_collection" not in _attributes_of(answer.__class__):
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


def _described(row: Any, code: str | None) -> IdDescription | None:
    return IdDescription(code, row.description) if row is not None else None


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
