"""A statement of account on paper, as `statement.typ` places it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from reskontra.account_statements.paper.rules import Addressed, Words, shipped_words
from reskontra.account_statements.wire import StatementAnswer, StatementCurrencyAnswer, StatementLineAnswer
from reskontra.letterheads.store import KeptLetterhead
from reskontra.letterheads.wire import page_of
from reskontra.money import ZERO
from reskontra.printing.languages import Language, shipped_languages
from reskontra.printing.page import Column, Group, Overview, Row, Sum, paragraphs
from reskontra.receivables.wire.ageing import BucketAnswer
from reskontra.reference.reference import Reference

_MOVED = {
    "Discount": "discount", "WriteOff": "write_off", "ExchangeDifference": "exchange_difference",
    "Application": "application",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A statement, whom it goes to, and under which letterhead."""

    statement: StatementAnswer
    addressed: Addressed
    letterhead: KeptLetterhead
    reference: Reference

    @property
    def language(self) -> Language:
        """How it writes figures and dates."""
        return shipped_languages()[self.addressed.language]

    @property
    def words(self) -> Words:
        """What it says."""
        return shipped_words()[self.addressed.language]

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency."""
        return self.language.money(amount, currency, self.reference.decimals_of(currency))


def laid_out(it: Sheet) -> dict[str, Any]:
    """The content as `statement.typ` wants it: texts and lists of texts."""
    statement, labels = it.statement, it.words.labels
    texts = it.letterhead.letterhead.texts.get(it.addressed.language)
    as_of = _day(it, statement.as_of)
    nothing = [] if statement.currencies else [[labels.nothing]]
    return {
        "page": page_of(
            it.letterhead.letterhead,
            it.letterhead.logo,
            it.language,
            title=f"{it.words.title} {as_of}",
            reference=f"{it.words.title} {statement.customer.number} {as_of}",
            recipient=it.addressed.recipient,
            mark=None,
        ),
        "facts": [
            (labels.as_of, as_of),
            *([(labels.since, _day(it, statement.since))] if statement.since else []),
            (labels.customer_number, statement.customer.number),
        ],
        "opening": [*paragraphs(texts.above if texts else None), *nothing],
        "parts": [_part(it, block) for block in statement.currencies],
        "closing": paragraphs(texts.below if texts else None),
    }


def _part(it: Sheet, block: StatementCurrencyAnswer) -> dict[str, Any]:
    labels = it.words.labels
    is_forward = block.opening_balance is not None
    columns = [
        Column(label=labels.document, right=False),
        Column(label=labels.date, width=24, right=False),
        Column(label=labels.due_date, width=24, right=False),
        Column(label=labels.amount, width=32),
        Column(label=labels.balance if is_forward else labels.open, width=32),
    ]
    closing = labels.closing if is_forward else labels.owed
    return {
        "title": block.currency,
        "columns": columns,
        "groups": [Group(rows=[*_rows(it, block)])],
        "sums": [Sum(label=closing, amount=it.money(block.closing_balance, block.currency), strong=True)],
        "buckets": Overview(
            head=[_bucket(it, bucket) for bucket in block.buckets],
            rows=[[_amount(it, bucket.amount, block) for bucket in block.buckets]],
        ),
    }


def _rows(it: Sheet, block: StatementCurrencyAnswer) -> Iterator[Row]:
    opening = block.opening_balance
    if opening is not None:
        yield Row(
            cells=[it.words.labels.opening, "", "", "", _amount(it, opening, block)],
            reached=it.money(opening, block.currency),
        )
    owed = ZERO
    for line in block.lines:
        owed += line.balance
        yield Row(
            cells=[
                _name(it, line),
                _day(it, line.date),
                _day(it, line.due_date) if line.due_date else "",
                _amount(it, line.amount, block),
                _amount(it, line.balance, block),
            ],
            reached=it.money(line.balance if opening is not None else owed, block.currency),
        )


def _name(it: Sheet, line: StatementLineAnswer) -> str:
    document = f"{it.words.documents.of(line.document_type)} {line.reference_number}"
    moved = _MOVED.get(line.line_type)
    return f"{getattr(it.words.labels, moved)}: {document}" if moved else document


def _bucket(it: Sheet, bucket: BucketAnswer) -> str:
    labels = it.words.labels
    if bucket.from_days is None:
        return labels.not_due
    if bucket.to_days is None:
        return labels.over.format(last=bucket.from_days - 1)
    return labels.days.format(first=bucket.from_days, last=bucket.to_days)


def _day(it: Sheet, text: str) -> str:
    return it.language.day(date.fromisoformat(text[:10]))


def _amount(it: Sheet, amount: Decimal, block: StatementCurrencyAnswer) -> str:
    return it.language.amount(amount, it.reference.decimals_of(block.currency))
