"""What a bookkeeper asks for, drawn at random: documents, their lines, changes of drafts, each with its request.

Only what the rules decide is drawn. A document in foreign currency is worth nothing, or something in base currency too.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.books.accountant.books import Customer, Document, period_of
from tests.books.accountant.company import CATEGORIES, SALES, USUAL_SALES, ZONES, Company, some_day
from tests.books.accountant.figures import Line, rounded

LINES = {"Invoice": "invoiceLines", "CreditNote": "lines", "DebitNote": "lines"}
VAT_ROWS = {"Invoice": "taxDetailLines", "CreditNote": "taxDetails", "DebitNote": "taxDetailLines"}
HIGHEST = Decimal(10) ** 12
Sent = dict[str, Any]


def new_document(random: Random, company: Company, customer: Customer, kind: str) -> tuple[Document, Sent]:
    """A document and the request that makes it."""
    while True:
        document, sent = _header(random, company, customer, kind)
        many = 200 if random.random() < 0.005 else random.choice((1, 1, 2, 3, 5, 8))
        is_free = random.random() < 0.04  # worth nothing, and issued all the same (X4)
        lines = [_line(random, document, is_free=is_free) for _ in range(many)]
        document.lines = {number: line for number, (line, _) in enumerate(lines, 1)}
        sent[LINES[kind]] = [{"operation": "Insert"} | fields for _, fields in lines]
        if can_be(document):
            break
    if random.random() < 0.15:
        sent |= _enter_vat(random, document)
    if document.is_foreign and random.random() < 0.6:
        sent["exchangeRate"] = rounded(document.rate * random.randint(970, 1030) / 1000, 8)
        document.take_rates(sent["exchangeRate"])
    return document, sent


def can_be(document: Document) -> bool:
    """Whether it is worth nothing, or something in both currencies, and of a size that is taken."""
    found = document.figures
    amount, base = document.amounts
    highest = max(abs(it) for row in found.lines.values() for it in (*row, document.in_base(row[0])))
    is_worth = amount - found.rounding >= 0 and (base > 0 or not amount)
    return is_worth and max(amount, highest) < HIGHEST


def changed_document(random: Random, document: Document) -> tuple[Document, Sent]:
    """A draft as it will be, and the request that makes it so."""
    changed, sent = copy(document), Sent()
    changed.lines = {number: copy(line) for number, line in document.lines.items()}
    may = [_change_lines, _change_day, _change_hold]
    if not document.entered:  # what is sent again as it stands is an echo
        may.append(_enter_vat)
    if document.kind != "CreditNote":
        may += [_change_terms, _send_dates]
    for change in sorted(random.sample(may, 2), key=may.index):
        changed.recompute()
        if change is not _enter_vat or can_be(changed):
            sent |= change(random, changed)
    changed.recompute()
    return changed, sent


def dated_vat(random: Random, document: Document) -> tuple[Document, Sent]:
    """A draft with another VAT date, or again with its usual one (VAT-14); entered VAT ends (VAT-11)."""
    changed = copy(document)
    day = random.choice((some_day(random), some_day(random), document.usual_vat_day, None))
    changed.vat_day_sent = day if day != document.usual_vat_day else None
    if changed.vat_day != document.vat_day:
        changed.entered = {}
    changed.recompute()
    return changed, {"vatDate": {"value": day.isoformat() if day else None}}


# --- headers


def _header(random: Random, company: Company, customer: Customer, kind: str) -> tuple[Document, Sent]:
    day, is_note = some_day(random), kind == "CreditNote"
    sent: Sent = {"customerNumber": customer.number, "documentDate": f"{day}T00:00:00"}
    currency, zone, terms, period = customer.currency, customer.zone, customer.terms, period_of(day)
    if random.random() < 0.25:
        currency = sent["currencyId"] = random.choice(list(company.currencies))
    if random.random() < 0.15:
        zone = sent["customerVatZoneId"] = random.choice(list(ZONES))
    if not is_note and random.random() < 0.5:
        terms = sent["creditTermsId"] = random.choice(list(company.terms))
    if random.random() < 0.06:
        period = sent["financialPeriod"] = period_of(day, random.randint(1, 3))
    document = Document(
        company=company,
        kind=kind,
        customer=customer,
        receivable=customer.receivable,
        zone=zone,
        day=day,
        period=period,
        currency=company.currencies[currency],
        rate=company.currencies[currency].rate(day),
        vat_rate=company.currencies[currency].rate(day),
        terms=company.terms[terms] if not is_note or company.credit_terms_in_credit_notes else None,
        held=company.hold_on_entry,
    )
    if random.random() < 0.2:
        document.original_day = day - timedelta(days=random.randint(0, 40))
        sent["origInvoiceDate"] = document.original_day.isoformat()
    if random.random() < 0.2:
        sent |= _change_hold(random, document)
    if not is_note and random.random() < 0.15:
        sent |= _send_dates(random, document)
    return document, sent


def _change_hold(random: Random, document: Document) -> Sent:
    document.held = random.random() < 0.5
    return {"hold": document.held}


def _change_day(random: Random, document: Document) -> Sent:
    """Another day brings its rate, and ends what was entered of dates. Entered VAT stands as long as the VAT
    date and the rates do (TRM-06, VAT-11, VAT-14)."""
    before = copy(document)
    document.day = some_day(random)
    document.period = period_of(document.day)
    document.take_rates(document.currency.rate(document.day))
    document.due_sent = document.discount_date_sent = None
    rates = {before.rate, before.vat_rate, document.rate, document.vat_rate}
    if len(rates) > 1 or document.vat_day != before.vat_day:
        document.entered = {}
    sent = {"documentDate": document.day.isoformat(), "financialPeriod": document.period}
    return sent | ({"exchangeRate": document.rate} if document.is_foreign else {})


def _change_terms(random: Random, document: Document) -> Sent:
    """Other terms end what was entered of dates (TRM-06)."""
    before, document.terms = document.terms, document.company.terms[random.choice(list(document.company.terms))]
    if document.terms is not before:
        document.due_sent = document.discount_date_sent = None
    return {"creditTermsId": document.terms.terms_id}


def _send_dates(random: Random, document: Document) -> Sent:
    days = random.randint(0, 90)
    document.due_sent = document.day + timedelta(days=days)
    sent = {"documentDueDate": document.due_sent.isoformat()}
    if document.discount_date_sent or random.random() < 0.5:
        document.discount_date_sent = document.day + timedelta(days=random.randint(0, days))
        sent["cashDiscountDate"] = document.discount_date_sent.isoformat()
    return sent


def _enter_vat(random: Random, document: Document) -> Sent:
    """VAT that differs by the smallest unit, of ids on top of the price that no other id is computed from."""
    document.entered, unit = {}, Decimal(1).scaleb(-document.currency.places)
    document.recompute()
    entered = {
        vat_id: tax + unit * random.choice((-1, 1))
        for vat_id, (_, tax) in document.figures.vat.items()
        if tax > 1 and vat_id in ("DATED", "LINE", "ONE", "TWO", "ONTOP") and document.currency.places >= 2
    }
    document.entered = entered
    document.recompute()
    return (
        {VAT_ROWS[document.kind]: [{"taxId": it, "vatAmount": tax} for it, tax in entered.items()]} if entered else {}
    )


# --- lines


def _line(random: Random, document: Document, *, is_free: bool = False) -> tuple[Line, Sent]:
    """A line and what is sent of it. An item's own price is taken only in base currency."""
    company, places = document.company, document.currency.places
    item = company.items[random.choice(list(company.items))] if random.random() < 0.3 else None
    sent: Sent = {"inventoryNumber": item.item_number} if item else {"description": "Work"}
    usable = [it for it in CATEGORIES if company.vat_ids(it, document.zone)]
    category = item.category if item else "ZERO"
    if (document.zone and category not in usable) or random.random() < 0.7:
        category = sent["vatCodeId"] = random.choice(usable or list(CATEGORIES))
    account = (item and item.account) or USUAL_SALES
    if random.random() < 0.3:
        account = sent["accountNumber"] = random.choice(SALES)
    line = Line(random.choice(_QUANTITIES)(random), random.choice(_PRICES)(random), category, account)
    sent["quantity"] = line.quantity
    if item and not document.is_foreign and random.random() < 0.5:
        line.price = item.price
    else:
        sent["unitPriceInCurrency"] = line.price
    if is_free:
        line.percent = sent["discountPercent"] = Decimal(100)
    elif random.random() < 0.08:
        line.manual = sent["manualAmountInCurrency"] = Decimal(random.randint(1, 10**6)).scaleb(-places)
    if not is_free and random.random() < 0.4 and (line.manual is None or company.discount_basis == "ExtendedPrice"):
        sent |= _discount(random, line, document)
    return line, sent


def _discount(random: Random, line: Line, document: Document) -> Sent:
    extended, _ = line.amounts(document.currency.places, document.company.discount_basis)
    if random.random() < 0.8 or not extended:
        line.percent = random.choice(_PERCENTS)(random)
        return {"discountPercent": line.percent}
    line.discount = rounded(extended * random.randint(0, 100) / 100, document.currency.places)
    return {"discountAmountInCurrency": line.discount}


def _change_lines(random: Random, document: Document) -> Sent:
    """Some lines changed or deleted and one added; VAT that was entered ends (EDT-02, VAT-11)."""
    sent = []
    highest = max(document.lines)  # the number of a line that this deletes is not given again
    for number in list(document.lines):
        draw = random.random()
        if draw < 0.1 and len(document.lines) > 1:
            del document.lines[number]
            sent.append({"operation": "Delete", "lineNumber": number})
        elif draw < 0.4:
            line = document.lines[number]
            line.quantity, line.price = random.choice(_QUANTITIES)(random), random.choice(_PRICES)(random)
            line.manual = line.discount = None
            line.percent = random.choice(_PERCENTS)(random)
            fields = {"quantity": line.quantity, "unitPriceInCurrency": line.price, "discountPercent": line.percent}
            sent.append({"operation": "Update", "lineNumber": number} | fields)
    line, fields = _line(random, document)
    document.lines[highest + 1] = line
    document.entered = {}
    return {LINES[document.kind]: [*sent, {"operation": "Insert"} | fields]}


def _digits(highest: int, places: int) -> Callable[[Random], Decimal]:
    return lambda random: Decimal(random.randint(1, highest)).scaleb(-places)


def _back(random: Random) -> Decimal:
    return -_digits(20, 0)(random)


_QUANTITIES = (
    _digits(1, 0), _digits(20, 0), _digits(20, 0), _digits(500, 1), _digits(10**6, 3), _digits(10**8, 6), _back,
)  # fmt: skip
_PRICES = (_digits(10**5, 2), _digits(10**5, 2), _digits(10**7, 2), _digits(10**8, 6), _digits(1, 6), _digits(10**9, 0))
_PERCENTS = (_digits(20, 0), _digits(100, 0), _digits(1000, 1), _digits(10**8, 6))
