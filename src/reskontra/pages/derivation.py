"""How the figures of a document follow from one another: only what adds up is written as a sum."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from reskontra.pages.formats import Formats
from reskontra.pages.screen import Screen

if TYPE_CHECKING:
    from reskontra.pages.document import Described, Document, Line, VatRow

_CENT = Decimal("0.01")
_HALF = Decimal("0.005")
"""What rounding to two decimals may take or add."""

_FIXED_DAYS = "N"
_WEEKEND = 5
"""The first weekday (Monday is 0) of a weekend."""

Step = tuple[str, str]
"""What is explained, and how it follows."""


class _Terms(msgspec.Struct, rename="camel"):
    terms_id: str
    due_type: str | None = msgspec.field(name="dueDateType", default=None)
    due_day: int | None = msgspec.field(name="dueDay1", default=None)


class _TermsPage(msgspec.Struct):
    records: list[_Terms] = []


async def derivation_of(screen: Screen, document: Document) -> list[Step]:
    """The steps from the lines to the total, and to the due date."""
    steps = list(amounts_of(screen.formats, document))
    if document.document_due_date is not None and document.document_date is not None:
        dated, due = document.document_date.date(), document.document_due_date.date()
        steps.append((screen.formats.say("Due"), await _of_due_date(screen, document.credit_terms, dated, due)))
    return steps


def amounts_of(formats: Formats, document: Document) -> Iterator[Step]:
    """The steps from the lines to the total."""
    say = formats.say
    for line in document.lines:
        yield say("Line {number}", number=line.line_number), _of_line(formats, line)
    for row in document.tax_details:
        name = (row.vat_id.id if row.vat_id else None) or row.tax_id or ""
        yield say("VAT {id}", id=name), _of_vat(formats, row)
    yield say("Total"), _of_total(formats, document)
    rate = document.exchange_rate
    if rate and rate != 1:
        yield say("In the currency of the books"), _in_base(formats, document, rate)


def _of_line(formats: Formats, line: Line) -> str:
    quantity, price, entered, amount = (
        line.quantity, line.unit_price_in_currency, line.manual_amount_in_currency, line.amount_in_currency,
    )  # fmt: skip
    write = formats.amount
    if quantity is None or price is None or entered is None:
        return write(amount)
    if abs(quantity * price - entered) <= _HALF:
        said = f"{formats.number(quantity)} × {formats.price(price)} = {write(entered)}"
    else:
        said = formats.say(
            "{amount}, entered in place of {quantity} × {price}",
            amount=write(entered), quantity=formats.number(quantity), price=formats.price(price),
        )  # fmt: skip
    discount = line.discount_amount_in_currency
    if discount:
        share = f" ({formats.number(line.discount_percent)} %)" if line.discount_percent else ""
        said += f"; − {write(discount)}{share}"
    return f"{said} → {write(amount)}"


def _of_vat(formats: Formats, row: VatRow) -> str:
    write, rate = formats.amount, formats.number(row.vat_rate)
    if abs(row.taxable_amount * row.vat_rate / 100 - row.vat_amount) <= _HALF:
        once = formats.say("(on the sum of the lines of that rate, rounded once)")
        return f"{write(row.taxable_amount)} × {rate} % = {write(row.vat_amount)} {once}"
    return formats.say(
        "{vat}, as entered; {rate} % of {base} would be {computed}",
        vat=write(row.vat_amount), rate=rate, base=write(row.taxable_amount),
        computed=write((row.taxable_amount * row.vat_rate / 100).quantize(_CENT)),
    )  # fmt: skip


def _of_total(formats: Formats, document: Document) -> str:
    """The sum of the parts, if they come to it; a discount on the document may be in the lines' sum already."""
    write = formats.amount
    lines, vat = document.detail_total_in_currency or Decimal(0), document.vat_total_in_currency or Decimal(0)
    discount, rounding = document.discount_total_in_currency or Decimal(0), document.rounding_diff or Decimal(0)
    total = f"{write(document.amount_in_currency)} {document.currency_id}"
    for signed in ((lines, vat, rounding), (lines, -discount, vat, rounding)):
        if sum(signed) == document.amount_in_currency:
            first, *rest = signed
            parts = "".join(f" {'−' if it < 0 else '+'} {write(abs(it))}" for it in rest if it)
            return f"{write(first)}{parts} = {total}"
    return total


def _in_base(formats: Formats, document: Document, rate: Decimal) -> str:
    foreign, base = formats.amount(document.amount_in_currency), formats.amount(document.amount)
    if abs(document.amount_in_currency * rate - document.amount) <= _HALF:
        return f"{foreign} × {formats.number(rate)} = {base}"
    return formats.say("{base}: the lines and the VAT, each at the rate {rate}", base=base, rate=formats.number(rate))


async def _of_due_date(screen: Screen, terms: Described | None, dated: date, due: date) -> str:
    formats = screen.formats
    if terms is None or not terms.id:
        return formats.say("{day}, as entered", day=due)
    words = terms.description or terms.id
    (page,) = await screen.api.get(list[_TermsPage], "/v1/creditTerm")
    found = next((it for it in page.records if it.terms_id == terms.id), None)
    if found is None or found.due_type != _FIXED_DAYS or found.due_day is None:
        return formats.say("{day}; the terms are: {terms}", day=due, terms=words)
    counted = dated + timedelta(days=found.due_day)
    if counted == due:
        return f"{dated} + {words} = {due}"
    if _is_moved(counted, due):
        return formats.say("{date} + {terms}, moved off the weekend: {day}", date=dated, terms=words, day=due)
    return formats.say("{day}, as entered; {terms} would be {counted}", day=due, terms=words, counted=counted)


def _is_moved(counted: date, due: date) -> bool:
    return counted.weekday() >= _WEEKEND and due.weekday() < _WEEKEND and abs((due - counted).days) <= 2
