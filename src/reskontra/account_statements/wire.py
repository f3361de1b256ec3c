"""How statements of account look on the wire, and the run that makes them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import BinaryIO, ClassVar

import msgspec

from reskontra.account_statements.rules import Block, Line
from reskontra.account_statements.store import Recipient
from reskontra.receivables.wire.ageing import BucketAnswer, bucket_answers
from reskontra.reference.rules.classes import StatementCycle, StatementType
from reskontra.runs.answers import SkippedAnswer
from reskontra.web.wire import Answer, Body, Day, DayOut, Flag, Text30, day_answer, day_text, field, sent

_PLACES = Decimal("0.0001")


class StatementCustomerAnswer(Answer):
    """Whose statement it is."""

    number: str
    name: str


class StatementLineAnswer(Answer, kw_only=True):
    """A document, or what moved the balance; `balance` is what is open of it, or what was owed after it.

    `lineType` is Document, Discount, WriteOff, ExchangeDifference, or Application: what settled between this balance
    and one in another currency or of another customer.
    """

    date: DayOut
    line_type: str
    document_type: str
    reference_number: str
    due_date: DayOut | None = None
    amount: Decimal
    balance: Decimal


class StatementCurrencyAnswer(Answer, kw_only=True):
    """What a statement shows in one currency. Only a balance brought forward has an opening balance."""

    currency: str
    opening_balance: Decimal | None = None
    lines: list[StatementLineAnswer]
    closing_balance: Decimal
    buckets: list[BucketAnswer]


class StatementAnswer(Answer, kw_only=True):
    """What a customer owed on a day, in base currency. `from` is the first day of the lines, if a balance is brought
    forward to it."""

    customer: StatementCustomerAnswer
    as_of: DayOut
    type: StatementType
    since: DayOut | None = field(name="from", default=None)
    balance: Decimal
    currencies: list[StatementCurrencyAnswer]


class StatementFilters(Body):
    """Whose statements a run makes; no filter is required. Unknown ones are refused: ignoring one would make all."""

    refuses_unknown: ClassVar[bool] = True

    customer_numbers: list[Text30] | msgspec.UnsetType = sent("customer")
    customer_class: Text30 | msgspec.UnsetType = msgspec.UNSET
    statement_cycle: Text30 | msgspec.UnsetType = msgspec.UNSET


class StatementRun(Body):
    """A run: the date of its statements (default: today), whose they are, and whether it is a trial."""

    refuses_unknown: ClassVar[bool] = True

    as_of: Day | msgspec.UnsetType = msgspec.UNSET
    filters: StatementFilters | msgspec.UnsetType = msgspec.UNSET
    dry_run: Flag | msgspec.UnsetType = msgspec.UNSET


class MadeStatementAnswer(Answer, kw_only=True):
    """A statement that a run made, and what the customer owed, in base currency."""

    customer: str
    as_of: DayOut
    balance: Decimal


class StatementRunAnswer(Answer):
    """The result of a run that makes statements: those that were made, and whose were left out."""

    action_id: str | None = None
    action_result: str | None = None
    created: list[MadeStatementAnswer] | None = None
    skipped: list[SkippedAnswer] | None = None


_HEAD = ("currency", "date", "lineType", "documentType", "referenceNumber", "dueDate", "amount", "balance")


def statement_table(statement: StatementAnswer) -> BinaryIO:
    """A statement as CSV, a file at its end: its lines by currency, each currency between an opening balance, if there
    is one, and a closing balance. UTF-8, RFC 4180, lines end with LF."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for block in statement.currencies:
        if block.opening_balance is not None:
            rows.writerow(
                (block.currency, _day(statement.since), "OpeningBalance", "", "", "", "", block.opening_balance)
            )
        for line in block.lines:
            rows.writerow(
                (
                    block.currency,
                    _day(line.date),
                    line.line_type,
                    line.document_type,
                    line.reference_number,
                    _day(line.due_date),
                    line.amount,
                    line.balance,
                )
            )
        rows.writerow((block.currency, _day(statement.as_of), "ClosingBalance", "", "", "", "", block.closing_balance))
    return BytesIO(text.getvalue().encode())


def _day(shown: str | None) -> str:
    return (shown or "")[:10]


def statement_answer(
    recipient: Recipient,
    statement_type: StatementType,
    blocks: tuple[Block, ...],
    *,
    as_of: date,
    since: date | None,
    balance: Decimal,
    cycle: StatementCycle,
) -> StatementAnswer:
    """A statement as it is shown and kept."""
    return StatementAnswer(
        customer=StatementCustomerAnswer(number=recipient.number, name=recipient.name),
        as_of=day_text(as_of),
        type=statement_type,
        since=day_answer(since),
        balance=balance.quantize(_PLACES),
        currencies=[_currency(block, cycle) for block in blocks],
    )


def _currency(block: Block, cycle: StatementCycle) -> StatementCurrencyAnswer:
    return StatementCurrencyAnswer(
        currency=block.currency_id,
        opening_balance=block.opening,
        lines=list(_lines(block.lines)),
        closing_balance=block.closing.quantize(_PLACES),
        buckets=list(bucket_answers(cycle.ageing_days, [amount.quantize(_PLACES) for amount in block.buckets])),
    )


def _lines(lines: tuple[Line, ...]) -> Iterator[StatementLineAnswer]:
    for line in lines:
        yield StatementLineAnswer(
            date=day_text(line.day),
            line_type=line.kind,
            document_type=line.document_type,
            reference_number=line.number,
            due_date=day_answer(line.due_date),
            amount=line.amount,
            balance=line.balance,
        )
