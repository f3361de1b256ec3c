"""A company's own words for its dunning letters, and the placeholders they may have.

A text has placeholders like `{deadline}`, which `dunning.letters.rules.wording` fills in. `{{` is a brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reskontra.reference.rules.placeholders import faults_of_words
from reskontra.yaml_file import Prose

PLACEHOLDERS = {
    "company": "the name of the company",
    "customer": "the name of the customer",
    "customer_number": "its number",
    "letter_number": "the number of the letter",
    "letter_date": "its date",
    "deadline": "the last day to pay",
    "documents": "the numbers of the documents that it reminds of",
    "fee": "its fee with currency",
    "total": "what is to be paid, with currency",
    "account": "the bank account to pay to",
}
"""The placeholders that a text may have, and what they become."""

_LANGUAGE = re.compile(r"[a-z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningText:
    """What letters of one level say in one language (ISO 639-1). What it leaves out comes from the shipped words."""

    level: int
    language: str
    subject: Prose | None = None
    opening: Prose | None = None
    closing: Prose | None = None

    @property
    def parts(self) -> dict[str, str]:
        """The texts that are given: `subject`, `opening`, `closing` -> text."""
        said = {"subject": self.subject, "opening": self.opening, "closing": self.closing}
        return {part: text for part, text in said.items() if text is not None}


def faults_of(text: DunningText, *, knows_account: bool) -> Iterator[tuple[str, object, str]]:
    """What is wrong with a text: the key, the value there, what would pass. `knows_account`: a branch has a bank."""
    if not _LANGUAGE.fullmatch(text.language):
        yield "language", text.language, "Write two small letters: nb, sv, en."
    if not text.parts:
        yield "subject", None, "Write a subject, an opening or a closing."
    for part, words in text.parts.items():
        if part == "subject" and "\n" in words:
            yield part, words, "Write one line."
        yield from (
            (part, found, hint) for found, hint in faults_of_words(words, PLACEHOLDERS, knows_account=knows_account)
        )
