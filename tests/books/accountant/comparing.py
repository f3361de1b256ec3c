"""What is shown, against what the books say: every difference in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tests.books.accountant.books import Application, Books, Document, Posting
from tests.books.accountant.drawing import LINES
from tests.books.accountant.figures import ZERO


def assert_same(differences: Iterable[str], context: str = "") -> None:
    wrong = list(differences)
    assert not wrong, "\n".join([f"{len(wrong)} differences {context}", *wrong[:20]])


def _differing(where: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return [f"{where}: {name} is {found.get(name)}, not {it}" for name, it in expected.items() if found.get(name) != it]


def document_differences(document: Document, shown: dict[str, Any]) -> list[str]:
    """Every figure, date and status of a document."""
    own, base = document.figures, document.in_base
    due, discount_date = document.dates
    amounts = {
        "cashDiscount": (document.cash_discount, base(document.cash_discount)),
        "detailTotal": (own.detail, sum((base(amount) for _, _, amount in own.lines.values()), ZERO)),
        "vatTotal": (own.vat_total, sum((document.vat_in_base(tax) for _, tax in own.vat.values()), ZERO)),
        "amount": document.amounts,
        "balance": (document.open, document.open_base) if document.released else document.amounts,
    }
    expected = {
        "status": document.status,
        "hold": document.held,
        "currencyId": document.currency.currency_id,
        "exchangeRate": document.rate,
        "financialPeriod": document.period,
        "closedFinancialPeriod": document.closed_in,
        "documentDate": _shown(document.day),
        "documentDueDate": _shown(due),
        "cashDiscountDate": _shown(discount_date),
        "vatTaxableTotalInCurrency": sum((it for name, (it, _) in own.vat.items() if name != "EXEMPT"), ZERO),
        "vatExemptTotalInCurrency": own.vat.get("EXEMPT", (ZERO, ZERO))[0],
        "roundingDiff": own.rounding,
        **{f"{name}InCurrency": amount for name, (amount, _) in amounts.items()},
        **{name: in_base for name, (_, in_base) in amounts.items()},
        "account": document.receivable,
        "vat": {it: row for it, row in own.vat.items() if any(row)},
        "lines": {number: _line_expected(document, number) for number in document.lines},
    }
    found = shown | {
        "account": shown["account"]["number"],
        "vat": {
            row["taxId"]: (row["taxableAmount"], row["vatAmount"])
            for row in shown["taxDetails"]
            if row["taxableAmount"] or row["vatAmount"]
        },
        "lines": {line["lineNumber"]: _line_shown(line) for line in shown[LINES[document.kind]]},
    }
    return _differing(document.name, expected, found)


def vat_differences(document: Document, shown: dict[str, Any]) -> list[str]:
    """The day whose VAT rates it has, both exchange rates, and VAT as it is reported (VAT-13, VAT-14)."""
    base = document.vat_in_base
    expected = {
        "vatDate": _shown(document.vat_day),
        "exchangeRate": document.rate,
        "vatExchangeRate": document.vat_rate,
        "vat": {it: (*row, *map(base, row)) for it, row in document.figures.vat.items() if any(row)},
    }
    names = [f"{name}{suffix}" for suffix in ("InCurrency", "") for name in ("taxableAmount", "vatAmount")]
    rows = {row["vatId"]: tuple(row[name] for name in names) for row in shown["vat"]}
    return _differing(document.name, expected, shown | {"vat": {it: row for it, row in rows.items() if any(row)}})


def _line_expected(document: Document, number: int) -> tuple[Any, ...]:
    """Account, then extended price, discount and amount in both currencies; in each of them the line adds up."""
    extended, discount, amount = document.figures.lines[number]
    in_base = (
        document.in_base(extended),
        document.in_base(extended) - document.in_base(amount),
        document.in_base(amount),
    )
    return (document.lines[number].account, extended, discount, amount, *in_base)


def _line_shown(line: dict[str, Any]) -> tuple[Any, ...]:
    names = ("manualAmount", "discountAmount", "amount")
    return (line["account"]["number"], *(line[f"{name}InCurrency"] for name in names), *(line[name] for name in names))


def application_differences(it: Application, shown: dict[str, Any]) -> list[str]:
    """Every figure of an application, and what it undoes."""
    expected = {
        "credit": {"documentType": it.credit.kind, "referenceNumber": it.credit.number},
        "debit": {"documentType": it.debit.kind, "referenceNumber": it.debit.number},
        "customer": it.credit.customer.number,
        "amount": it.amount,
        "gainLoss": it.gain,
        "currencyId": it.credit.currency.currency_id,
        "applicationDate": _shown(it.day),
        "applicationPeriod": it.period,
        "released": True,
        "undoes": it.undoes and it.undoes.id,
    }
    return _differing(f"{it.credit.name} to {it.debit.name}, application {it.id}", expected, shown)


def journal_differences(books: Books, batches: list[dict[str, Any]]) -> list[str]:
    """Day, period and currency of each batch, and what it moved each account by in both currencies.

    What is released or settled gets batch numbers in that order, without a hole, and nothing else has a batch.
    """
    shown = {batch["batchNumber"]: batch for batch in batches}
    numbers = [f"AR{number:06}" for number in range(1, len(books.postings) + 1)]
    wrong = [f"{books.company.code} {number}: not expected" for number in shown.keys() - set(numbers)]
    for number, posting in zip(numbers, books.postings, strict=True):
        found = _posting(shown[number]) if number in shown else None
        if found is None or found.told() != posting.told():
            wrong.append(f"{books.company.code} {number}: is {found}, not {posting}")
        elif any(map(sum, zip(*posting.moved.values(), strict=True))):
            wrong.append(f"{books.company.code} {number}: does not balance, {posting}")
    return wrong


def _posting(batch: dict[str, Any]) -> Posting:
    day = date.fromisoformat(batch["transactionDate"][:10])
    found = Posting(day, batch["financialPeriod"], batch["currencyId"])
    for line in batch["journalTransactionLines"]:
        amount = line["debitAmountInCurrency"] - line["creditAmountInCurrency"]
        found.add(line["accountNumber"], amount, line["debitAmount"] - line["creditAmount"])
    return found


def _shown(day: date | None) -> str | None:
    return f"{day}T00:00:00" if day else None
