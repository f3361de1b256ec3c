"""What reports say on paper: their words by language (`words.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from reskontra.yaml_file import read_shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What each report is called."""

    ageing: str
    vat: str
    sales: str
    reconcile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels of facts, columns and sums. Some have placeholders, named as in the English ones."""

    as_of: str
    known_at: str
    cut: str
    change: str
    periods: str
    period: str
    currency: str
    customer: str
    branch: str
    account: str
    balance: str
    not_due: str
    not_due_less_credits: str
    days: str
    over: str
    sum: str
    share: str
    vat_id: str
    rate: str
    documents: str
    basis: str
    vat: str
    invoiced: str
    cash_sales: str
    credited: str
    returned: str
    sales: str
    ledger: str
    open_documents: str
    difference: str
    differs: str
    entry: str
    line: str
    date: str
    text: str
    more: str
    nothing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What is said above the figures of a report."""

    ageing: str
    vat: str
    sales: str
    reconcile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that reports say in a language."""

    language: str
    titles: Titles
    notes: Notes
    labels: Labels


@dataclass(frozen=True, slots=True)
class _Shipped:
    languages: tuple[Words, ...]


@cache
def shipped_words() -> Mapping[str, Words]:
    """The words by the code of their language."""
    return {
        words.language: words for words in read_shipped("reskontra.printed_reports", "words.yaml", _Shipped).languages
    }
