"""The words of sales documents (`words.yaml`), by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from reskontra.reference.rules.paper import PaperType
from reskontra.yaml_file import read_shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What each document type is called."""

    invoice: str
    credit_note: str
    debit_note: str
    charge: str
    cash_sale: str
    cash_return: str

    def of(self, document_type: str) -> str:
        """The name of a document type."""
        title: str = getattr(self, PaperType(document_type).name.lower())
        return title


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels of facts, columns and sums. Some have a placeholder, named as in the English one."""

    number: str
    date: str
    due_date: str
    vat_date: str
    customer_number: str
    customer_reference: str
    external_reference: str
    your_reference: str
    our_reference: str
    buyer_organisation_number: str
    buyer_vat_number: str
    terms: str
    credits: str
    corrects: str
    replaces: str
    instalment_of: str
    description: str
    item: str
    quantity: str
    unit: str
    price: str
    discount: str
    vat: str
    amount: str
    period: str
    lines_total: str
    document_discount: str
    without_vat: str
    vat_total: str
    vat_included: str
    rounding: str
    to_pay: str
    credited: str
    paid: str
    sum: str
    vat_rate: str
    vat_basis: str
    in_base: str
    exempt: str
    reverse_charge: str
    rate: str
    cash_discount: str
    cash_discount_until: str
    paid_by: str
    instalment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that documents say in a language."""

    language: str
    titles: Titles
    labels: Labels


@dataclass(frozen=True, slots=True)
class _Shipped:
    languages: tuple[Words, ...]


@cache
def shipped_words() -> Mapping[str, Words]:
    """The words by the code of their language."""
    return {
        words.language: words for words in read_shipped("reskontra.documents.paper", "words.yaml", _Shipped).languages
    }
