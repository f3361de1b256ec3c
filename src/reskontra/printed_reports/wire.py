"""Reports on paper, as `report.typ` places them: texts and lists of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reskontra.account_statements.paper.rules import shipped_words as words_of_statements
from reskontra.letterheads.rules import letterhead_of, logo_of
from reskontra.letterheads.wire import page_of
from reskontra.money import ZERO
from reskontra.printed_reports.rules import Words, shipped_words
from reskontra.printing.languages import Language, shipped_languages
from reskontra.printing.page import paragraphs
from reskontra.reports.store.sales import SoldBy

if TYPE_CHECKING:
    from datetime import datetime

    from reskontra.balances.store.ageing import Aged
    from reskontra.changes.log.store import Cut
    from reskontra.reference.reference import Reference
    from reskontra.reports.store.receivables import Differing, Reconciled
    from reskontra.reports.store.sales import Sold
    from reskontra.reports.store.vat import VatSum

MOST_BEHIND = 200
"""Rows behind a difference that are printed; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; the one that is `wide` has the width that the others leave."""

    label: str
    right: bool = True
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table, under a title if it has one. The first sum is set off."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    sums: Sequence[Sequence[str]] = ()
    title: str | None = None
    after: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind a difference: the first rows of so many."""

    rows: Sequence[Differing]
    total: int

    @property
    def more(self) -> int:
        """How many are not printed."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The language of a report, and the books as of which it is: the newest change that its figures are of."""

    language: Language
    words: Words
    reference: Reference
    cut: Cut

    def amount(self, amount: Decimal) -> str:
        """An amount in base currency."""
        return self.language.amount(amount, self.reference.base_decimals)

    def number(self, number: int | Decimal, decimals: int = 0) -> str:
        """A number with so many decimals."""
        return self.language.amount(Decimal(number), decimals)

    def share(self, amount: Decimal, whole: Decimal) -> str:
        """What part of the whole an amount is."""
        return f"{self.number(amount * 100 / whole, 1)}\u00a0%" if whole > ZERO else ""

    def moment(self, moment: datetime) -> str:
        """A day with its time, in the company's time zone."""
        local = moment.astimezone(self.reference.zone)
        return f"{self.language.day(local.date())} {local:%H:%M}"


def sheet_in(code: str, reference: Reference, cut: Cut) -> Sheet:
    """A sheet in the language of that code."""
    return Sheet(language=shipped_languages()[code], words=shipped_words()[code], reference=reference, cut=cut)


def laid_out(
    sheet: Sheet, title: str, note: str, facts: Iterable[tuple[str, str]], parts: Sequence[Part]
) -> dict[str, Any]:
    """A report as the layout wants it."""
    reference, labels = sheet.reference, sheet.words.labels
    logo = logo_of(reference, reference.preferences.default_branch)
    cut = labels.change.format(number=sheet.number(sheet.cut.change_id), moment=sheet.moment(sheet.cut.changed_at))
    return {
        "page": page_of(
            letterhead_of(reference, None),
            logo.content if logo else None,
            sheet.language,
            title=title,
            reference=title,
            recipient=(),
            mark=None,
        ),
        "facts": [*facts, (labels.currency, reference.base_currency), (labels.cut, cut)],
        "note": paragraphs(note if parts and parts[0].rows else labels.nothing),
        "parts": [part for part in parts if part.rows],
    }


def _summed(sheet: Sheet, columns: Iterable[Iterable[Decimal]]) -> list[str]:
    return [sheet.amount(sum(column, ZERO)) for column in columns]


def ageing_sheet(
    sheet: Sheet,
    found: Sequence[Aged],
    *,
    day: date,
    known_at: datetime | None,
    last_days: Sequence[int],
    ages_credits: bool,
) -> dict[str, Any]:
    """What customers owe by age; the last rows are the sums and what part of the whole each is."""
    labels = sheet.words.labels
    buckets = range(len(last_days) + 1)
    total = sum((it.balance for it in found), ZERO)
    sums = [sum((it.buckets.get(place, ZERO) for it in found), ZERO) for place in buckets]
    first = labels.not_due if ages_credits else labels.not_due_less_credits.replace(", ", ",\n")
    ages = [first, *_ages(sheet, last_days)]
    part = Part(
        columns=[
            Column(label=labels.customer, right=False, wide=True),
            Column(label=labels.balance),
            *(Column(label=age) for age in ages),
        ],
        rows=[
            [
                f"{it.number} {it.name}",
                sheet.amount(it.balance),
                *(sheet.amount(it.buckets[place]) if it.buckets.get(place) else "" for place in buckets),
            ]
            for it in found
        ],
        sums=[
            [labels.sum, sheet.amount(total), *map(sheet.amount, sums)],
            [labels.share, "", *(sheet.share(amount, total) for amount in sums)],
        ],
    )
    facts = [(labels.as_of, sheet.language.day(day))]
    if known_at is not None:
        facts.append((labels.known_at, sheet.moment(known_at)))
    words = sheet.words
    return laid_out(sheet, f"{words.titles.ageing} {sheet.language.day(day)}", words.notes.ageing, facts, [part])


def _ages(sheet: Sheet, last_days: Sequence[int]) -> Iterator[str]:
    labels = sheet.words.labels
    for before, last in pairwise(last_days):
        yield labels.days.format(first=before + 1, last=last)
    yield labels.over.format(last=last_days[-1])


def vat_sheet(sheet: Sheet, found: Sequence[VatSum], periods: tuple[str, str]) -> dict[str, Any]:
    """VAT by period, VAT id and rate."""
    labels, titles = sheet.words.labels, sheet.words.titles
    part = Part(
        columns=[
            Column(label=labels.period, right=False),
            Column(label=labels.vat_id, right=False, wide=True),
            *(Column(label=it) for it in (labels.rate, labels.documents, labels.basis, labels.vat)),
        ],
        rows=[
            [
                _month(it.period_id),
                " ".join(filter(None, (it.vat_id, it.description))),
                f"{sheet.number(it.rate, _places(it.rate))}\u00a0%",
                sheet.number(it.documents),
                sheet.amount(it.basis),
                sheet.amount(it.vat),
            ]
            for it in found
        ],
        sums=[[labels.sum, "", "", "", *_summed(sheet, [(it.basis for it in found), (it.vat for it in found)])]],
    )
    return laid_out(sheet, _over(titles.vat, periods), sheet.words.notes.vat, _span(sheet, periods), [part])


def sales_sheet(sheet: Sheet, found: Sequence[Sold], periods: tuple[str, str], by: SoldBy) -> dict[str, Any]:
    """What was sold without VAT, with the part of the whole that each is."""
    labels, titles = sheet.words.labels, sheet.words.titles
    total = sum((it.sales for it in found), ZERO)

    def figures(it: Sold) -> tuple[Decimal, ...]:
        return it.invoiced, it.cash, it.credited, it.returned, it.sales

    heads = (labels.documents, labels.invoiced, labels.cash_sales, labels.credited, labels.returned, labels.sales)
    part = Part(
        columns=[
            Column(label=getattr(labels, by.value), right=False, wide=True),
            *(Column(label=it) for it in (*heads, labels.share)),
        ],
        rows=[
            [
                _month(it.code) if by is SoldBy.PERIOD else f"{it.code} {it.name or ''}".strip(),
                sheet.number(it.documents),
                *(sheet.amount(amount) if amount else "" for amount in figures(it)),
                sheet.share(it.sales, total),
            ]
            for it in found
        ],
        sums=[[labels.sum, "", *_summed(sheet, zip(*map(figures, found), strict=True)), ""]] if found else [],
    )
    return laid_out(sheet, _over(titles.sales, periods), sheet.words.notes.sales, _span(sheet, periods), [part])


def reconciled_sheet(
    sheet: Sheet, found: Sequence[Reconciled], behind: Mapping[str, Behind], period: str
) -> dict[str, Any]:
    """The ledger's accounts of receivables against the open documents, and what is behind each difference."""
    labels, titles = sheet.words.labels, sheet.words.titles
    heads = (labels.ledger, labels.open_documents, labels.difference)
    accounts = Part(
        columns=[Column(label=labels.account, right=False, wide=True), *(Column(label=it) for it in heads)],
        rows=[[f"{it.account_number} {it.description or ''}".strip(), *_compared(sheet, it)] for it in found],
        sums=[
            [
                labels.sum,
                *_summed(
                    sheet,
                    [(it.ledger for it in found), (it.open_items for it in found), (it.difference for it in found)],
                ),
            ]
        ],
    )
    parts = [
        Part(
            title=labels.differs.format(account=account),
            columns=[
                Column(label=labels.entry, right=False),
                Column(label=labels.date, right=False),
                Column(label=labels.text, right=False, wide=True),
                *(Column(label=it) for it in heads),
            ],
            rows=[
                [
                    _entry(sheet, it),
                    sheet.language.day(it.entry_date) if it.entry_date else "",
                    it.description or "",
                    *_compared(sheet, it),
                ]
                for it in differing.rows
            ],
            after=paragraphs(labels.more.format(count=sheet.number(differing.more))) if differing.more else (),
        )
        for account, differing in behind.items()
    ]
    facts = [(labels.period, _month(period))]
    title = f"{titles.reconcile} {_month(period)}"
    return laid_out(sheet, title, sheet.words.notes.reconcile, facts, [accounts, *parts])


def _compared(sheet: Sheet, found: Reconciled | Differing) -> list[str]:
    return [sheet.amount(found.ledger), sheet.amount(found.open_items), sheet.amount(found.difference)]


def _entry(sheet: Sheet, found: Differing) -> str:
    if found.document_type and found.number:
        return f"{words_of_statements()[sheet.words.language].documents.of(found.document_type)} {found.number}"
    return f"{found.batch_number or ''}, {sheet.words.labels.line.format(number=found.line_number)}"


def _span(sheet: Sheet, periods: tuple[str, str]) -> list[tuple[str, str]]:
    return [(sheet.words.labels.periods, _over("", periods))]


def _over(title: str, periods: tuple[str, str]) -> str:
    first, last = map(_month, periods)
    return f"{title} {first if first == last else f'{first} – {last}'}".strip()


def _month(period: str) -> str:
    return f"{period[:4]}-{period[4:]}"


def _places(rate: Decimal) -> int:
    exponent = rate.normalize().as_tuple().exponent
    return max(0, -exponent if isinstance(exponent, int) else 0)
