"""What a dunning letter says: its language, words and figures.

The words ship with the program (`wording.yaml`); what the company's file says for a level and language overrides them.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from reskontra.kinds import KINDS
from reskontra.printing.languages import ENGLISH, Language, language_of, shipped_languages
from reskontra.yaml_file import Prose, read_shipped

if TYPE_CHECKING:
    from reskontra.customers.customer import Addressed
    from reskontra.dunning.letters.letter import Letter
    from reskontra.letterheads.rules import Letterhead
    from reskontra.reference.reference import Reference

_PARTS = ("subject", "opening", "closing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said before and after the list of documents; with placeholders, or with them filled in."""

    subject: str
    opening: Prose
    closing: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The labels of the figures."""

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
    in_favour: str
    """With the placeholder {amount}."""

    invoice: str
    debit_note: str
    credit_note: str
    charge: str
    payment: str

    def of_type(self, document_type: str) -> str:
        """The name of a document type."""
        kind = KINDS.get(document_type)
        return getattr(self, kind.word) if kind and kind.word else document_type


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterWords:
    """All that letters say in a language: `first` at level 1, `last` at the last level, `again` between them."""

    language: str
    labels: Labels
    first: Words
    again: Words
    last: Words


@dataclass(frozen=True, slots=True)
class _Shipped:
    wordings: tuple[LetterWords, ...]


@cache
def shipped_words() -> Mapping[str, LetterWords]:
    """What letters say in the languages that ship with the program, by code."""
    return {
        words.language: words for words in read_shipped("reskontra.dunning.letters", "wording.yaml", _Shipped).wordings
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A letter in words. `code` is the language of its text; figures and labels are English where it does not ship."""

    code: str
    language: Language
    labels: Labels
    words: Words
    in_favour: str = ""
    """What is said of open credits that the letter does not list (LET-08); empty if there are none."""


def worded(letter: Letter, addressed: Addressed, letterhead: Letterhead, reference: Reference) -> Wording:
    """What the letter says to the customer, with all figures in it."""
    own = letterhead.letter_texts
    code = language_to(addressed, letterhead, reference)
    shipped = code if code in shipped_languages() else ENGLISH
    language, words = shipped_languages()[shipped], shipped_words()[shipped]
    said = _said(letter, words)
    parts = {part: getattr(said, part) for part in _PARTS} | own.get(code, {})
    values = placeholder_values(letter, addressed, letterhead, language, reference)
    filled = {part: Prose(fill(words, values)) for part, words in parts.items()}
    return Wording(
        code=code,
        language=language,
        labels=words.labels,
        words=Words(**filled),
        in_favour=_in_favour(letter, words.labels, language, reference),
    )


def _in_favour(letter: Letter, labels: Labels, language: Language, reference: Reference) -> str:
    amounts = [money(it.amount, it.currency_id, language, reference) for it in letter.open_credits]
    return fill(labels.in_favour, {"amount": " + ".join(amounts)}) if amounts else ""


def language_to(addressed: Addressed, letterhead: Letterhead, reference: Reference) -> str:
    """The code of the language in which a customer is written to."""
    country_id = addressed.address.country_id or addressed.main_country_id or reference.country_id_of_company
    return letter_language(addressed.locale, country_id, letterhead.letter_texts)


def letter_language(locale: str | None, country_id: str, own: Mapping[str, Sized]) -> str:
    """The language of a letter. One that does not ship is used when `own`, the company's texts, say all of it."""
    return language_of(locale, country_id, [code for code, text in own.items() if len(text) == len(_PARTS)])


def _said(letter: Letter, words: LetterWords) -> Words:
    if letter.final_reminder:
        return words.last
    return words.first if letter.level == 1 else words.again


def placeholder_values(
    letter: Letter, addressed: Addressed, letterhead: Letterhead, language: Language, reference: Reference
) -> dict[str, str]:
    """What each placeholder becomes (`reference.rules.dunning_texts.PLACEHOLDERS`)."""
    return {
        "company": letterhead.company,
        "customer": addressed.name,
        "customer_number": letter.customer_number,
        "letter_number": str(letter.letter_id),
        "letter_date": language.day(letter.letter_date),
        "deadline": language.day(letter.payment_deadline),
        "documents": ", ".join(line.document.number for line in letter.lines if line.is_reminded),
        "fee": money(letter.fee, letter.currency_id, language, reference),
        "total": " + ".join(money(owed.total, owed.currency_id, language, reference) for owed in letter.owed),
        "account": letterhead.account or "",
    }


def money(amount: Decimal, currency_id: str, language: Language, reference: Reference) -> str:
    """An amount with the decimals of its currency."""
    return language.money(amount, currency_id, reference.decimals_of(currency_id))


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders filled in. Anything else in braces stays, so that this never fails."""
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError:
        return text
    return "".join(literal + ("" if name is None else values.get(name, f"{{{name}}}")) for literal, name, *_ in pieces)
