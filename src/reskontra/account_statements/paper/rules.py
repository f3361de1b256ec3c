"""What statements say on paper: their words by language (`words.yaml`), and whom they are sent to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from reskontra.printing.languages import language_of
from reskontra.printing.page import recipient_lines
from reskontra.records import Record, as_dict
from reskontra.yaml_file import read_shipped

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.reference.reference import Reference

_WORDS = {
    "Invoice": "invoice", "CreditNote": "credit_note", "DebitNote": "debit_note", "FinCharge": "charge",
    "Payment": "payment", "Prepayment": "prepayment", "Refund": "refund", "VoidPayment": "void", "VoidRefund": "void",
    "SmallBalanceWo": "write_off", "SmallCreditWo": "write_off",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels of facts, columns and sums. Some have a placeholder, named as in the English one."""

    as_of: str
    since: str
    customer_number: str
    document: str
    date: str
    due_date: str
    amount: str
    open: str
    balance: str
    opening: str
    closing: str
    owed: str
    nothing: str
    not_due: str
    days: str
    over: str
    discount: str
    write_off: str
    exchange_difference: str
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What each document type is called."""

    invoice: str
    credit_note: str
    debit_note: str
    charge: str
    payment: str
    prepayment: str
    refund: str
    void: str
    write_off: str

    def of(self, document_type: str) -> str:
        """The name of a document type."""
        name: str = getattr(self, _WORDS[document_type]) if document_type in _WORDS else document_type
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that statements say in a language."""

    language: str
    title: str
    labels: Labels
    documents: Documents


@dataclass(frozen=True, slots=True)
class _Shipped:
    languages: tuple[Words, ...]


@cache
def shipped_words() -> Mapping[str, Words]:
    """The words by the code of their language."""
    return {
        words.language: words
        for words in read_shipped("reskontra.account_statements.paper", "words.yaml", _Shipped).languages
    }


class Addressed(Record, frozen=True):
    """Whom a statement is sent to, and in which language."""

    language: str
    recipient: tuple[str, ...]


def addressed_to(debtor: Debtor, home_country_id: str, reference: Reference) -> Addressed:
    """Where the customer's invoices go; its country is named unless it is the sender's own."""
    to = debtor.invoice_address
    country = reference.countries.get(to.country_id or "") if to.country_id != home_country_id else None
    lines = recipient_lines(
        debtor.name, debtor.invoice_contact.attention, as_dict(to), country.name if country else None
    )
    country_id = to.country_id or debtor.main_address.country_id or reference.country_id_of_company
    return Addressed(language_of(debtor.locale, country_id), tuple(lines))
