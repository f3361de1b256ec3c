"""What a dunning letter says: in which language, with which words and figures. Pure; lays nothing out on paper.

The words ship with the program (`wording.yaml`); what the company's file says for a level and language goes first.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from reskontra.reference.rules.branches import Branch, BranchBank
from reskontra.reference.rules.dunning_texts import DunningText
from reskontra.yaml_file import Prose, read_yaml

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.dunning.letters.letter import StoredLetter
    from reskontra.reference.reference import Reference

ENGLISH = "en"
_HARD_BLANK = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said before and after the list of documents; with placeholders, or with them filled in."""

    subject: str
    opening: Prose
    closing: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What stands beside the figures."""

    letter_number: str
    letter_date: str
    customer_number: str
    deadline: str
    pay_to: str
    document: str
    document_date: str
    due_date: str
    days_overdue: str
    balance: str
    information: str
    documents: str
    credits: str
    fee: str
    total: str
    page: str
    of: str
    draft: str
    voided: str
    invoice: str
    debit_note: str
    credit_note: str
    charge: str
    payment: str

    def of_type(self, document_type: str) -> str:
        """What a document of a type is called."""
        name = TYPES.get(document_type)
        return getattr(self, name) if name else document_type


TYPES = {
    "Invoice": "invoice",
    "DebitNote": "debit_note",
    "CreditNote": "credit_note",
    "FinCharge": "charge",
    "Payment": "payment",
    "Prepayment": "payment",
}
"""Document type -> the word of `Labels` for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language (ISO 639-1): whom it is for, how it writes figures, and its words."""

    language: str
    countries: tuple[str, ...]
    decimal_mark: str
    group_mark: str
    date_pattern: str
    labels: Labels
    first: Words
    again: Words
    last: Words

    def money(self, amount: Decimal, decimals: int) -> str:
        """An amount with that many places, its digits in groups of three."""
        marks = {",": self.group_mark.replace(" ", _HARD_BLANK), ".": self.decimal_mark}
        return "".join(marks.get(character, character) for character in f"{amount:,.{decimals}f}")

    def day(self, day: date) -> str:
        """A date as it is written."""
        text = self.date_pattern.replace("yyyy", f"{day.year:04d}")
        return text.replace("mm", f"{day.month:02d}").replace("dd", f"{day.day:02d}")


@dataclass(frozen=True, slots=True)
class _Shipped:
    languages: tuple[Language, ...]


@cache
def shipped_languages() -> Mapping[str, Language]:
    """The languages that ship with the program, by code."""
    name = "wording.yaml"
    text = (files("reskontra.dunning.letters") / name).read_text(encoding="utf-8")
    return {language.language: language for language in read_yaml(text, name, _Shipped).content.languages}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A letter in words: `language` has the figures' forms and labels, English where only the text is another."""

    code: str
    language: Language
    words: Words


def worded(letter: StoredLetter, debtor: Debtor, reference: Reference) -> Wording:
    """What the letter says to the customer, with all figures in it."""
    own = {text.language: text for text in reference.dunning_texts if text.level == letter.level}
    country_id = debtor.invoice_address.country_id or debtor.main_address.country_id
    code = language_of(debtor.locale, country_id or reference.country_id_of_company, own)
    language = shipped_languages().get(code, shipped_languages()[ENGLISH])
    said = _words(letter, language)
    text = own.get(code)
    parts = {"subject": said.subject, "opening": said.opening, "closing": said.closing} | (text.parts if text else {})
    values = placeholder_values(letter, language, reference)
    filled = {part: fill(words, values) for part, words in parts.items()}
    words = Words(subject=filled["subject"], opening=Prose(filled["opening"]), closing=Prose(filled["closing"]))
    return Wording(code=code, language=language, words=words)


def language_of(locale: str | None, country_id: str, own: Mapping[str, DunningText]) -> str:
    """The language of a customer: by its locale, else by its country; English where that says nothing.

    `own` are the company's texts of the level. A language that does not ship is used when they say all of it.
    """
    spoken = [*shipped_languages(), *(code for code, text in own.items() if len(text.parts) == len(Words.__slots__))]
    wanted = (locale or "").replace("_", "-").partition("-")[0].lower()
    wanted = {"no": "nb", "nn": "nb"}.get(wanted, wanted)
    if wanted in spoken:
        return wanted
    of_country = [it.language for it in shipped_languages().values() if country_id.upper() in it.countries]
    return of_country[0] if of_country else ENGLISH


def _words(letter: StoredLetter, language: Language) -> Words:
    if letter.final_reminder:
        return language.last
    return language.first if letter.level == 1 else language.again


def placeholder_values(letter: StoredLetter, language: Language, reference: Reference) -> dict[str, str]:
    """What each placeholder becomes (`companies.dunning_texts.PLACEHOLDERS`)."""

    def money(amount: Decimal, currency_id: str) -> str:
        return f"{language.money(amount, reference.decimals_of(currency_id))}{_HARD_BLANK}{currency_id}"

    return {
        "company": reference.name,
        "customer": letter.customer_name,
        "customer_number": letter.customer_number,
        "letter_number": str(letter.letter_id),
        "letter_date": language.day(letter.letter_date),
        "deadline": language.day(letter.payment_deadline),
        "documents": ", ".join(line.document.number for line in letter.lines if line.is_reminded),
        "fee": money(letter.fee, letter.currency_id),
        "total": " + ".join(money(owed.total, owed.currency_id) for owed in letter.owed),
        "account": account_of(letter, reference),
    }


def branch_of(letter: StoredLetter, reference: Reference) -> Branch | None:
    """The branch that a letter comes from: the company's default one when letters are of the whole company."""
    return reference.branches.get(letter.branch_number or reference.preferences.default_branch)


def account_of(letter: StoredLetter, reference: Reference) -> str:
    """The bank account that the letter's branch is paid on; empty where none is known."""
    branch = branch_of(letter, reference)
    bank = (branch.bank if branch else None) or BranchBank()
    return bank.iban or bank.bban or ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders filled in; what is no placeholder stays: a letter is never lost to it."""
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        return text
    return "".join(literal + ("" if name is None else values.get(name, f"{{{name}}}")) for literal, name, *_ in pieces)
