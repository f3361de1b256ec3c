"""What an accountant works out on paper: rounding, lines, VAT, totals and dates of a document.

Imports nothing of the program. Whoever calls sets a precision that no product exceeds. Rule ids: docs/RULES.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from tests.books.accountant.company import (
    INSIDE,
    ON_DOCUMENT,
    ON_DOCUMENT_AND_VAT,
    ON_LINE,
    ON_LINE_AND_VAT,
    Company,
    Currency,
    Terms,
)

ZERO = Decimal(0)


def rounded(amount: Decimal, places: int) -> Decimal:
    """Half away from zero."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def to_step(total: Decimal, rule: tuple[str, Decimal] | None) -> Decimal:
    """What is payable of a total that is not negative; no sale is given away (TOT-03)."""
    if rule is None:
        return total
    way = {"Nearest": ROUND_HALF_UP, "Up": ROUND_CEILING, "Down": ROUND_FLOOR}[rule[0]]
    return (total / rule[1]).to_integral_value(way) * rule[1] or total


# --- lines and VAT


@dataclass
class Line:
    """What is known of a line: what was sent, and what its item or the customer's location gave."""

    quantity: Decimal
    price: Decimal
    category: str
    account: str
    item: str | None = None
    manual: Decimal | None = None
    percent: Decimal = ZERO
    discount: Decimal | None = None
    """The discount where an amount was sent."""

    def amounts(self, places: int, basis: str) -> tuple[Decimal, Decimal]:
        """Extended price and discount (LIN-02, LIN-03).

        No paper says which places a discounted unit price has: here, as in the program, those of the price or the
        currency's, whichever are more.
        """
        extended = rounded(self.quantity * self.price, places) if self.manual is None else self.manual
        if self.discount is not None:
            return extended, self.discount
        if basis == "UnitPrice" and self.percent:
            own = max(places, -int(self.price.normalize().as_tuple().exponent))
            reduced = rounded(self.price * (100 - self.percent) / 100, min(own, 6))
            return extended, extended - rounded(reduced * self.quantity, places)
        return extended, rounded(extended * self.percent / 100, places)


@dataclass
class Figures:
    """What lines amount to, in the document's currency."""

    lines: dict[int, tuple[Decimal, Decimal, Decimal]] = field(default_factory=dict)
    """By line number: extended price, discount, amount."""

    nets: dict[int, Decimal] = field(default_factory=dict)
    """By line number: the amount without the VAT inside it."""

    vat: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """By VAT id: what is taxed, and the tax."""

    detail: Decimal = ZERO
    amount: Decimal = ZERO
    rounding: Decimal = ZERO

    @property
    def vat_total(self) -> Decimal:
        return sum((tax for _, tax in self.vat.values()), ZERO)


def figures(
    company: Company,
    lines: Mapping[int, Line],
    *,
    zone: str | None,
    on: date,
    currency: Currency,
    entered: Mapping[str, Decimal],
) -> Figures:
    """The figures of a document of that day; `entered` is VAT that replaces what was computed (VAT-09)."""
    found, places = Figures(), currency.places
    ids = {number: company.vat_ids(line.category, zone) for number, line in lines.items()}
    for number, line in lines.items():
        extended, discount = line.amounts(places, company.discount_basis)
        found.lines[number] = extended, discount, extended - discount
    found.nets, found.vat = _taxed(company, {number: row[2] for number, row in found.lines.items()}, ids, on, places)
    for vat_id, tax in entered.items():
        found.vat[vat_id] = found.vat[vat_id][0], tax
    found.detail = sum((row[2] for row in found.lines.values()), ZERO)
    on_top = sum((tax for it, (_, tax) in found.vat.items() if company.vat[it].calculate_on != INSIDE), ZERO)
    found.amount = to_step(found.detail + on_top, company.rounding.get(currency.currency_id))
    found.rounding = found.amount - found.detail - on_top
    return found


def _taxed(
    company: Company, amounts: Mapping[int, Decimal], ids: Mapping[int, tuple[str, ...]], on: date, places: int
) -> tuple[dict[int, Decimal], dict[str, tuple[Decimal, Decimal]]]:
    """The amounts without the VAT inside them, and VAT by id (VAT-05, VAT-06).

    VAT inside a price is taken out first; what is on top is of the rest, and VAT on VAT is of both.
    """
    nets: dict[int, Decimal] = {}
    base: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    percent = {it: company.vat[it].percent(on) for names in ids.values() for it in names}
    beside: dict[str, set[str]] = defaultdict(set)
    for number, amount in amounts.items():
        by = {how: [it for it in ids[number] if company.vat[it].calculate_on == how] for how in _KINDS}
        own = {it: rounded(amount * percent[it] / (100 + percent[it]), places) for it in by[INSIDE]}
        nets[number] = net = amount - sum(own.values())
        own |= {it: rounded(net * percent[it] / 100, places) for it in by[ON_LINE]}
        gross = net + sum(own.values())
        own |= {it: rounded(gross * percent[it] / 100, places) for it in by[ON_LINE_AND_VAT]}
        for it, part in own.items():
            base[it] += gross if it in by[ON_LINE_AND_VAT] else net
            tax[it] += part
        for it in by[ON_DOCUMENT] + by[ON_DOCUMENT_AND_VAT]:
            base[it] += net
            beside[it] |= set(ids[number]) - {it}
    for it in sorted(beside, key=lambda it: company.vat[it].calculate_on == ON_DOCUMENT_AND_VAT):
        if company.vat[it].calculate_on == ON_DOCUMENT_AND_VAT:
            base[it] += sum((tax[other] for other in beside[it]), ZERO)
        tax[it] = rounded(base[it] * percent[it] / 100, places)
    return nets, {it: (base[it], tax[it]) for it in base}


_KINDS = (INSIDE, ON_LINE, ON_LINE_AND_VAT, ON_DOCUMENT, ON_DOCUMENT_AND_VAT)


# --- dates


def cash_discount(terms: Terms, amount: Decimal, vat: Decimal, places: int) -> Decimal:
    """What may be taken off for paying early (TRM-03)."""
    return rounded((amount if terms.calculation == "G" else amount - vat) * terms.discount_percent / 100, places)


def due_dates(terms: Terms, on: date) -> tuple[date, date]:
    """Due date and last day of the cash discount (TRM-01, TRM-02, TRM-09)."""
    due = _by_formula(terms.due_type, terms.due_day_1, on, terms)
    if terms.weekend_rule == 2 and due.weekday() >= 5:
        due -= timedelta(days=due.weekday() - 4)
    elif terms.weekend_rule == 3 and due.weekday() >= 5:
        due += timedelta(days=7 - due.weekday())
    return due, min(_by_formula(terms.discount_type, terms.discount_day, on, terms), due)


def _by_formula(kind: str, day: int, on: date, terms: Terms) -> date:
    if kind == "N":
        return on + timedelta(days=day)
    if kind == "P":
        return _day_of(on, 1, 1) + timedelta(days=day)
    if kind in "EM":
        return _day_of(on, 1 if kind == "M" else 0, 31)
    if kind == "D":
        return _day_of(on, 1, day)
    if kind == "C":
        day, until = (terms.due_day_1, terms.day_to_1) if on.day <= terms.day_to_1 else (terms.due_day_2, 31)
        return _day_of(on, 0 if day >= until else 1, day)
    return _day_of(on, 0, day) if _day_of(on, 0, day) >= on else _day_of(on, 1, day)


def _day_of(on: date, months: int, day: int) -> date:
    """That day of the month so many months later, or its last one."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(following - timedelta(days=1), date(year, month + 1, min(day, 28)) + timedelta(days=max(day - 28, 0)))
