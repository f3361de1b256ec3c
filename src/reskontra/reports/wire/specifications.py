"""The customer specification and the open items at the end of a period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from reskontra.reports.store.customers import Specification
from reskontra.reports.store.open_items import OpenItems, OpenTotal
from reskontra.web.wire import Answer, DayOut, day_text


class ReportedCustomer(Answer, kw_only=True):
    """Whose figures they are."""

    number: str
    name: str


class PostingAnswer(Answer, kw_only=True):
    """An entry that moved what the customer owes, and the document that it moved. `debitAmount` and `creditAmount`
    are in base currency, `amountInCurrency` is above zero for a debit."""

    date: DayOut
    period: str
    batch_number: str
    line_number: int
    document_type: str
    reference_number: str
    description: str | None = None
    currency_id: str
    amount_in_currency: Decimal
    debit_amount: Decimal
    credit_amount: Decimal


class SpecificationAnswer(Answer, kw_only=True):
    """What a customer owed before the first period, its postings, and what it owed after the last; base currency."""

    customer: ReportedCustomer
    period: str
    to_period: str
    opening_balance: Decimal
    debit_total: Decimal
    credit_total: Decimal
    closing_balance: Decimal
    postings: list[PostingAnswer] | msgspec.Raw


class OpenItemAnswer(Answer, kw_only=True):
    """A document that was open. Credits are negative. The due date is the one that stood then."""

    document_type: str
    reference_number: str
    document_date: DayOut
    document_due_date: DayOut | None = None
    financial_period: str
    account: str
    currency_id: str
    amount_in_currency: Decimal
    balance_in_currency: Decimal
    balance: Decimal


class OpenItemsAnswer(Answer, kw_only=True):
    """The open items of a customer at the end of a period or as of a date, and their sum in base currency."""

    customer: ReportedCustomer
    period: str | None = None
    as_of: DayOut | None = None
    balance: Decimal
    items: list[OpenItemAnswer] | msgspec.Raw


class OpenTotalAnswer(Answer, kw_only=True):
    """What was open in all, in base currency."""

    customer_count: int
    document_count: int
    balance: Decimal


def specification_answer(found: Specification, first: str, last: str) -> SpecificationAnswer:
    """One customer's specification."""
    return SpecificationAnswer(
        customer=ReportedCustomer(number=found.number, name=found.name),
        period=first,
        to_period=last,
        opening_balance=found.opening,
        debit_total=found.debit,
        credit_total=found.credit,
        closing_balance=found.closing,
        postings=found.raw_postings,
    )


def open_items_answer(found: OpenItems, mark: date | str) -> OpenItemsAnswer:
    """One customer's open items as of a date or at the end of a period."""
    return OpenItemsAnswer(
        customer=ReportedCustomer(number=found.number, name=found.name),
        period=mark if isinstance(mark, str) else None,
        as_of=None if isinstance(mark, str) else day_text(mark),
        balance=found.balance,
        items=found.raw_items,
    )


def open_total_answer(total: OpenTotal) -> OpenTotalAnswer:
    """The sums of the open items."""
    return OpenTotalAnswer(customer_count=total.customers, document_count=total.documents, balance=total.balance)
