"""How a company sends mail: `preferences.mail` of the company file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reskontra.reference.rules.placeholders import faults_of_words
from reskontra.yaml_file import Prose

PLACEHOLDERS = {
    "company": "the name of the company",
    "customer": "the name of the customer",
    "customer_number": "its number",
    "document": "what the document is called, or the subject of the letter",
    "number": "its number; a statement has none",
    "date": "its date; of a statement, the day as of which it is",
    "due_date": "the last day to pay",
    "amount": "what is to be paid, with currency; of a statement, the balance of each currency",
    "payment_reference": "the KID, OCR number or reference to pay with",
    "account": "the bank account to pay to",
}
"""The placeholders that a text may have. A line in which one has nothing to say is left out."""

_LANGUAGE = re.compile(r"[a-z]{2}")


class MailType(StrEnum):
    """What is sent by mail and may have texts of the company's own."""

    INVOICE = "Invoice"
    CREDIT_NOTE = "CreditNote"
    DEBIT_NOTE = "DebitNote"
    CHARGE = "FinCharge"
    CASH_SALE = "CashSale"
    CASH_RETURN = "CashReturn"
    LETTER = "DunningLetter"
    STATEMENT = "Statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailText:
    """What mails with one type of document say in one language (ISO 639-1)."""

    document_type: MailType
    language: str
    subject: Prose | None = None
    body: Prose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPreferences:
    """How mail is sent (MAI-04). Nothing is sent unasked unless it is said here.

    Documents that are released go to customers who want their invoices by mail, letters to those who want letters so.
    """

    documents_at_release: bool = False
    letters_at_release: bool = False
    reply_to: str | None = None
    """Where answers go; by default to the address of the document's branch."""

    texts: tuple[MailText, ...] = ()


def faults_of_mail(
    mail: MailPreferences, *, knows_account: bool
) -> Iterator[tuple[tuple[str | int, ...], object, str]]:
    """What is wrong with the settings: where, the value there, what would pass."""
    if mail.reply_to is not None and not re.fullmatch(r"[!-~]+@[!-~]+", mail.reply_to):
        yield ("reply_to",), mail.reply_to, "Write one address, such as name@example.com."
    said: set[tuple[str, str]] = set()
    for position, text in enumerate(mail.texts):
        where = ("texts", position)
        if not _LANGUAGE.fullmatch(text.language):
            yield (*where, "language"), text.language, "Write two small letters: nb, sv, en."
        if text.subject is None and text.body is None:
            yield (*where, "subject"), None, "Write a subject or a body."
        if text.subject is not None and "\n" in text.subject:
            yield (*where, "subject"), text.subject, "Write one line."
        if (text.document_type, text.language) in said:
            yield (*where, "language"), text.language, "This type has its text in this language already."
        said.add((text.document_type, text.language))
        for part, words in (("subject", text.subject), ("body", text.body)):
            for found, hint in faults_of_words(words or "", PLACEHOLDERS, knows_account=knows_account):
                yield (*where, part), found, hint
