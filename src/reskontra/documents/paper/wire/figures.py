"""The figures of a printed document: lines, sums, VAT, instalments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reskontra.documents.document import Line, VatFigure
from reskontra.documents.paper.rules import Labels
from reskontra.documents.paper.wire.printable import Printable
from reskontra.kinds import Kind
from reskontra.letterheads.wire import reference_label
from reskontra.money import ZERO
from reskontra.printing.page import Column, Overview, Row, Sum
from reskontra.reference.rules.paper import Column as Wanted
from reskontra.vat.rules.codes import charged_rate

_WIDTHS = {
    Wanted.ITEM: 24, Wanted.QUANTITY: 17, Wanted.UNIT: 14, Wanted.PRICE: 22, Wanted.DISCOUNT: 17, Wanted.VAT: 17,
}  # fmt: skip
_AMOUNT_WIDTH = 27
_LEFT = (Wanted.ITEM, Wanted.UNIT)


def _columns(it: Printable) -> list[Wanted]:
    """The columns that the company wants, but for those in which nothing would stand."""
    lines = it.document.lines
    has = {
        Wanted.ITEM: any(line.item_number for line in lines),
        Wanted.UNIT: any(line.unit_id for line in lines),
        Wanted.DISCOUNT: any(line.discount_amount for line in lines),
        Wanted.VAT: bool(it.document.vat),
    }
    return [column for column in it.letterhead.letterhead.columns if has.get(column, True)]


def column_heads(it: Printable) -> list[Column]:
    """The columns of the lines."""
    labels = it.words.labels
    return [
        Column(label=labels.description, right=False),
        *(Column(label=getattr(labels, each), width=_WIDTHS[each], right=each not in _LEFT) for each in _columns(it)),
        Column(label=f"{labels.amount} {it.document.currency_id}", width=_AMOUNT_WIDTH),
    ]


def line_rows(it: Printable) -> Iterator[Row]:
    """The lines, with what they come to so far."""
    reached, columns = ZERO, _columns(it)
    rates = _rates_of_ids(it.document.vat)
    for line in it.document.lines:
        reached += line.amount
        cells = [_cell(it, line, column, rates) for column in columns]
        yield Row(
            cells=[line.description or line.item_number or "", *cells, it.amount(line.amount)],
            notes=[*_notes(it, line)],
            reached=it.money(reached),
        )


def _cell(it: Printable, line: Line, column: Wanted, rates: dict[str, set[Decimal]]) -> str:
    cells = {
        Wanted.ITEM: lambda: line.item_number or "",
        Wanted.QUANTITY: lambda: it.plain(line.quantity),
        Wanted.UNIT: lambda: line.unit_id or "",
        Wanted.PRICE: lambda: it.plain(line.unit_price, it.reference.decimals_of(it.document.currency_id)),
        Wanted.DISCOUNT: lambda: _discount(it, line),
        Wanted.VAT: lambda: " + ".join(f"{it.plain(_rate_of(it, line, each, rates))}\u00a0%" for each in line.vat_ids),
    }
    return cells[column]()


def _discount(it: Printable, line: Line) -> str:
    if line.discount_percent:
        return f"{it.plain(line.discount_percent)}\u00a0%"
    return it.amount(line.discount_amount) if line.discount_amount else ""


def _rates_of_ids(rows: Sequence[VatFigure]) -> dict[str, set[Decimal]]:
    rates: dict[str, set[Decimal]] = {}
    for row in rows:
        rates.setdefault(row.vat_id, set()).add(row.rate)
    return rates


def _rate_of(it: Printable, line: Line, vat_id: str, rates: dict[str, set[Decimal]]) -> Decimal:
    """The rate that a line was charged; the document's rows say it unless the id has several there."""
    known = rates.get(vat_id, set())
    if len(known) == 1:
        return next(iter(known))
    document = it.document
    return charged_rate(it.reference.vat[vat_id], line.vat_date or document.vat_date or document.document_date)


def _notes(it: Printable, line: Line) -> Iterator[str]:
    begin, end = line.start_date or line.term_start_date, line.end_date or line.term_end_date
    if begin or end:
        days = " – ".join(it.language.day(day) if day else "" for day in (begin, end))
        yield f"{it.words.labels.period}: {days}"


def sums_of(it: Printable) -> Iterator[Sum]:
    """What stands below the lines."""
    document, labels = it.document, it.words.labels
    includes_vat = any(row.inclusive for row in document.vat)
    if document.discount_total:
        yield Sum(label=labels.lines_total, amount=it.amount(document.detail_total))
        yield Sum(label=labels.document_discount, amount=it.amount(-document.discount_total))
    if document.vat and not includes_vat:
        without = document.amount - document.vat_total - document.rounding_difference
        yield Sum(label=labels.without_vat, amount=it.amount(without))
        yield Sum(label=labels.vat_total, amount=it.amount(document.vat_total))
    if document.rounding_difference:
        yield Sum(label=labels.rounding, amount=it.amount(document.rounding_difference))
    yield Sum(label=_total_label(it.kind, labels), amount=it.money(document.amount), strong=True)
    if includes_vat:
        yield Sum(label=labels.vat_included, amount=it.amount(document.vat_total))


def _total_label(kind: Kind, labels: Labels) -> str:
    if kind.sales_sign < 0:
        return labels.credited
    return labels.paid if kind.is_paid_at_once else labels.to_pay


def tables_of(it: Printable) -> Iterator[Overview]:
    """VAT by rate, and instalments."""
    if it.document.vat:
        yield _vat_table(it)
    if has_parts(it):
        yield _parts_table(it)


def _vat_table(it: Printable) -> Overview:
    """VAT by rate, in base currency too where that is another one (PAP-04)."""
    document, labels = it.document, it.words.labels
    base = it.reference.base_currency
    in_base = f" {labels.in_base.format(currency=base)}"
    foreign = document.currency_id != base
    head = [labels.vat_rate, labels.vat_basis, labels.vat_total]
    head += [labels.vat_basis + in_base, labels.vat_total + in_base] if foreign else []
    rows = []
    for row in sorted(document.vat, key=lambda row: (-row.rate, row.vat_id)):
        figures = [it.amount(row.taxable), it.amount(row.vat)]
        figures += [it.base(row.taxable_base), it.base(row.vat_base)] if foreign else []
        rows.append([_rate_label(it, row), *figures])
    if len(rows) > 1:
        figures = [it.amount(sum((row.taxable for row in document.vat), ZERO)), it.amount(document.vat_total)]
        if foreign:
            basis, vat = (
                sum((getattr(row, name) for row in document.vat), ZERO) for name in ("taxable_base", "vat_base")
            )
            figures += [it.base(basis), it.base(vat)]
        rows.append([labels.sum, *figures])
    return Overview(head=head, rows=rows)


def _rate_label(it: Printable, row: VatFigure) -> str:
    labels = it.words.labels
    if row.reverse_charge:
        return labels.reverse_charge
    return labels.exempt if row.exempt else f"{it.plain(row.rate)}\u00a0%"


def has_parts(it: Printable) -> bool:
    """Whether it is paid in instalments."""
    return bool(it.beside.parts or it.planned)


def _parts_table(it: Printable) -> Overview:
    labels, day = it.words.labels, it.language.day
    if it.beside.parts:
        rows = [
            [
                f"{position}. {it.words.titles.invoice} {part.number}",
                day(part.due_date) if part.due_date else "",
                it.amount(part.amount),
                part.payment_reference or "",
            ]
            for position, part in enumerate(it.beside.parts, 1)
        ]
    else:
        rows = [[f"{part.number}.", day(part.due_date), it.amount(part.amount), ""] for part in it.planned]
    reference = reference_label(it.document.payment_reference, it.letterhead.letterhead, it.language.labels)
    return Overview(head=[labels.instalment, labels.due_date, labels.amount, reference], rows=rows)
