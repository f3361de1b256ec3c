"""What was open at the end of each of 72 months, from documents and applications, and what the journal said then.

By day: what is dated by then, as a statement counts it. By period: what is in periods until then, as the
ledger is closed. Where something is posted to a later period the two differ, and each must tie to the journal: for
every receivables account, customer and currency, in document and in base currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.books.accountant.books import Amounts, Books, Document, period_of
from tests.books.accountant.company import FIRST, LAST, RECEIVABLES


@dataclass(frozen=True)
class Movement:
    """Something that made a customer owe more, or less where it is below zero."""

    day: date
    period: str
    owed: tuple[str, str, str]
    """On which receivables account, by which customer, in which currency."""

    amount: Decimal
    base: Decimal
    document: Document | None = None


def month_ends() -> Iterator[date]:
    """The last days of the months in which documents may be dated."""
    first = FIRST
    while first < LAST:
        first = (first + timedelta(days=31)).replace(day=1)
        yield first - timedelta(days=1)


def open_items(books: Books) -> Iterator[Movement]:
    """By documents and by what settled them: an application moves both of its documents."""
    for it in books.documents:
        if it.released:
            amount, base = it.amounts
            yield _movement(it, it.day, it.period, (it.sign * amount, it.sign * base))
    for made in books.applications:
        yield _movement(made.credit, made.day, made.period, (made.amount, made.credit_base))
        yield _movement(made.debit, made.day, made.period, (-made.amount, -made.debit_base))


def _movement(document: Document, day: date, period: str, amounts: Amounts) -> Movement:
    owed = document.receivable, document.customer.number, document.currency.currency_id
    return Movement(day, period, owed, *amounts, document)


def journal(batches: Iterable[dict[str, Any]]) -> Iterator[Movement]:
    """By the lines of batches on receivables accounts, as they are shown."""
    for batch in batches:
        day = date.fromisoformat(batch["transactionDate"][:10])
        for line in batch["journalTransactionLines"]:
            if line["accountNumber"] in RECEIVABLES:
                owed = line["accountNumber"], line["customerSupplier"], batch["currencyId"]
                amount = line["debitAmountInCurrency"] - line["creditAmountInCurrency"]
                yield Movement(day, batch["financialPeriod"], owed, amount, line["debitAmount"] - line["creditAmount"])


def sums(movements: Iterable[Movement], by: Callable[[Movement], Hashable]) -> dict[Hashable, Amounts]:
    """What movements come to, where that is not zero."""
    found: dict[Hashable, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for it in movements:
        entry = found[by(it)]
        entry[0] += it.amount
        entry[1] += it.base
    return {key: (amount, base) for key, (amount, base) in found.items() if amount or base}


def as_of_differences(books: Books, batches: Iterable[dict[str, Any]]) -> list[str]:
    """Where open items and journal disagree, or more of a document is open or settled than there is (invariant 1)."""
    ours, theirs = list(open_items(books)), list(journal(batches))
    wrong = []
    for end in month_ends():
        for how, counts in (
            ("by day", lambda it, end=end: it.day <= end),
            ("by period", lambda it, end=end: it.period <= period_of(end)),
        ):
            then = [it for it in ours if counts(it)]
            own, told = sums(then, lambda it: it.owed), sums(filter(counts, theirs), lambda it: it.owed)
            at = f"{books.company.code} {how} as of {end}"
            wrong += [
                f"{at}: {key} has {own.get(key)} open, in the journal {told.get(key)}"
                for key in own.keys() | told.keys()
                if own.get(key) != told.get(key)
            ]
            for document, left in sums(then, lambda it: it.document).items():
                assert isinstance(document, Document)
                if not all(0 <= document.sign * it <= most for it, most in zip(left, document.amounts, strict=True)):
                    wrong.append(f"{at}: {document.name} has {left} open of {document.amounts}")
    return wrong
