"""The figures of a document, computed from its header and lines: VAT, totals, base amounts, cash discount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import Rate, from_base, to_base
from reskontra.documents.document import Document, Line, VatFigure
from reskontra.documents.rules.arithmetic import BaseFigures, DocumentRounding, Totals, base_figures, document_totals
from reskontra.documents.rules.links import field_of_vat_date, vat_date_of
from reskontra.documents.rules.pricing import figures_of
from reskontra.documents.rules.rates import rate_of, vat_rate_of
from reskontra.errors import Malformed
from reskontra.money import ONE, PRICE_DECIMALS, ZERO
from reskontra.records import replace
from reskontra.terms.rules.dates import discount_amount
from reskontra.vat.rules.calculation import SentVatRow, TaxableLine, VatResult, VatRow, apply_sent_rows, vat_of_document
from reskontra.vat.rules.codes import vat_ids_of_line

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


def with_figures(
    document: Document,
    lines: Sequence[Line],
    reference: Reference,
    sent_vat: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """`document` with these lines and what follows from them.

    Rules: VAT-01 to VAT-11, VAT-13, VAT-14, TOT-01 to TOT-03, TOT-05, CUR-04.

    The balance is the amount: only released documents are settled (BAL-02).
    """
    decimals = reference.decimals_of(document.currency_id)
    taxed = _with_vat_ids(lines, document, reference)
    vat = vat_of_document(
        [TaxableLine(line.line_number, line.amount, line.vat_ids, line.vat_date) for line in taxed],
        reference.vat,
        vat_date_of(document),
        decimals,
        field_of_vat_date(document),
    )
    if sent_vat:
        tolerance = from_base(reference.preferences.vat_tolerance, rate_of(document), decimals)
        vat = VatResult(apply_sent_rows(vat.rows, _sent_rows(sent_vat), tolerance, decimals), vat.line_nets)
    totals = document_totals((line.amount for line in taxed), vat, _rounding(document.currency_id, reference))
    rate = rate_of(document) if document.currency_id != reference.base_currency else None
    lines_alone = {line.line_number: figures_of(line) for line in taxed}
    base = base_figures(lines_alone, vat, totals, rate, reference.base_decimals, vat_rate=vat_rate_of(document))
    return _assembled(document, taxed, vat, totals, base=base, reference=reference)


_COPIED = (
    "detail_total", "detail_total_base", "discount_total", "discount_total_base", "vat_total", "vat_total_base",
    "vat_taxable_total", "vat_taxable_total_base", "vat_exempt_total", "vat_exempt_total_base", "rounding_difference",
    "amount", "amount_base", "lines", "vat",
)  # fmt: skip


def with_figures_of(document: Document, taken_back: Document, reference: Reference) -> Document:
    """`document` with the lines, the VAT and the totals of the one that it takes back, as they stand there (REV-01).

    Nothing is computed anew, whatever has become of VAT ids, rates and rounding since. Both have one currency.
    """
    copied = replace(document, **{name: getattr(taken_back, name) for name in _COPIED})
    discount = _cash_discount(copied, copied.amount, copied.vat_total, reference)
    return replace(
        copied,
        balance=copied.amount,
        balance_base=copied.amount_base,
        cash_discount=discount,
        cash_discount_base=to_base(discount, rate_of(copied), reference.base_decimals),
    )


def with_one_amount(
    document: Document, amount: Decimal, amount_base: Decimal, *, description: str, account_number: str
) -> Document:
    """A document of one line without VAT, discount and rounding, for what is no sale: a part of a document."""
    line = Line(
        line_number=1,
        description=description,
        quantity=ONE,
        unit_price=amount,
        unit_price_base=amount_base,
        price_entered=True,
        extended_amount=amount,
        extended_amount_base=amount_base,
        amount=amount,
        amount_base=amount_base,
        net_amount=amount,
        net_amount_base=amount_base,
        account_number=account_number,
        subaccount_id=document.subaccount_id,
        branch_number=document.branch_number,
        salesperson_id=document.salesperson_id,
    )
    return replace(
        document,
        discount_total=ZERO,
        discount_total_base=ZERO,
        vat_total=ZERO,
        vat_total_base=ZERO,
        vat_taxable_total=ZERO,
        vat_taxable_total_base=ZERO,
        vat_exempt_total=ZERO,
        vat_exempt_total_base=ZERO,
        rounding_difference=ZERO,
        cash_discount=ZERO,
        cash_discount_base=ZERO,
        detail_total=amount,
        detail_total_base=amount_base,
        amount=amount,
        amount_base=amount_base,
        balance=amount,
        balance_base=amount_base,
        vat=(),
        lines=(line,),
    )


def entered_vat(document: Document) -> list[dict[str, Any]]:
    """The VAT rows that a caller entered, as they would be sent (VAT-09)."""
    return [{"vat_id": row.vat_id, "taxable": row.taxable, "vat": row.vat} for row in document.vat if row.entered]


def _with_vat_ids(lines: Sequence[Line], document: Document, reference: Reference) -> list[Line]:
    """The lines in the document's zone. Lines that were sent have already passed, so a misfit is the zone's fault."""
    zone = reference.vat_zones.get(document.vat_zone_id or "")
    applied = {
        category_id: vat_ids_of_line(reference.vat_categories.get(category_id or ""), zone, ("vat_zone_id",))
        for category_id in dict.fromkeys(line.vat_category_id for line in lines)
    }
    return [
        line if applied[line.vat_category_id] == line.vat_ids else replace(line, vat_ids=applied[line.vat_category_id])
        for line in lines
    ]


def _sent_rows(sent: Sequence[Mapping[str, Any]]) -> list[SentVatRow]:
    for position, row in enumerate(sent):
        if not row.get("vat_id"):
            raise Malformed("A VAT row needs its VAT id.", field=("vat_rows", position, "vat_id"), hint="Send taxId.")
    return [SentVatRow(row["vat_id"], row.get("taxable"), row.get("vat")) for row in sent]


def _rounding(currency_id: str, reference: Reference) -> DocumentRounding:
    mode, step = reference.preferences.document_rounding.of(currency_id, reference.base_currency)
    return DocumentRounding(mode, step, reference.decimals_of(currency_id))


def _assembled(
    document: Document,
    lines: Sequence[Line],
    vat: VatResult,
    totals: Totals,
    *,
    base: BaseFigures,
    reference: Reference,
) -> Document:
    cash_discount = _cash_discount(document, totals.amount, totals.vat_total, reference)
    rate = rate_of(document)
    return replace(
        document,
        detail_total=totals.detail_total,
        detail_total_base=base.totals.detail_total,
        discount_total=totals.discount_total,
        discount_total_base=base.totals.discount_total,
        vat_total=totals.vat_total,
        vat_total_base=base.totals.vat_total,
        vat_taxable_total=totals.vat_taxable_total,
        vat_taxable_total_base=base.totals.vat_taxable_total,
        vat_exempt_total=totals.vat_exempt_total,
        vat_exempt_total_base=base.totals.vat_exempt_total,
        rounding_difference=totals.rounding_difference,
        amount=totals.amount,
        amount_base=base.totals.amount,
        balance=totals.amount,
        balance_base=base.totals.amount,
        cash_discount=cash_discount,
        cash_discount_base=to_base(cash_discount, rate, reference.base_decimals),
        lines=tuple(_base_line(line, vat, base, rate) for line in lines),
        vat=tuple(_vat_figure(row, base_row, reference) for row, base_row in zip(vat.rows, base.vat_rows, strict=True)),
    )


def _cash_discount(document: Document, amount: Decimal, vat_total: Decimal, reference: Reference) -> Decimal:
    terms = reference.terms.get(document.terms_id or "")
    if terms is None or document.cash_discount_date is None:
        return ZERO
    return discount_amount(terms, amount, vat_total, reference.decimals_of(document.currency_id))


def _base_line(line: Line, vat: VatResult, base: BaseFigures, rate: Rate) -> Line:
    figures = base.lines[line.line_number]
    return replace(
        line,
        unit_price_base=to_base(line.unit_price, rate, PRICE_DECIMALS),
        extended_amount_base=figures.extended_price,
        discount_amount_base=figures.discount_amount,
        amount_base=figures.amount,
        net_amount=vat.line_nets[line.line_number],
        net_amount_base=base.line_nets[line.line_number],
    )


def _vat_figure(row: VatRow, base_row: VatRow, reference: Reference) -> VatFigure:
    vat_id = reference.vat[row.vat_id]
    return VatFigure(
        vat_id=row.vat_id,
        rate=row.rate,
        taxable=row.taxable,
        taxable_base=base_row.taxable,
        vat=row.vat,
        vat_base=base_row.vat,
        inclusive=row.inclusive,
        exempt=row.exempt,
        reverse_charge=row.reverse_charge,
        entered=row.entered,
        payable_account=vat_id.payable_account,
        payable_subaccount_id=vat_id.payable_subaccount,
    )
