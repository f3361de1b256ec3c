"""A document with all that its print shows, and how it writes figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reskontra.documents.document import Document
from reskontra.documents.paper.rules import Words, shipped_words
from reskontra.documents.paper.store import Beside
from reskontra.documents.rules.issuing import Printed, Shown
from reskontra.kinds import Kind
from reskontra.letterheads.store import KeptLetterhead
from reskontra.printing.languages import Language, shipped_languages
from reskontra.printing.page import places_of
from reskontra.reference.reference import Reference
from reskontra.terms.rules.instalments import Instalment


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """A document with all that its print shows. `planned` are the instalments of a draft."""

    kind: Kind
    document_id: int
    document: Document
    shown: Shown
    printed: Printed
    letterhead: KeptLetterhead
    beside: Beside
    planned: Sequence[Instalment]
    reference: Reference

    @property
    def language(self) -> Language:
        """How it writes figures and dates."""
        return shipped_languages()[self.printed.language]

    @property
    def words(self) -> Words:
        """What it says."""
        return shipped_words()[self.printed.language]

    def amount(self, amount: Decimal) -> str:
        """An amount in the document's currency, which is not named."""
        return self.language.amount(amount, self.reference.decimals_of(self.document.currency_id))

    def money(self, amount: Decimal) -> str:
        """An amount with the document's currency."""
        document = self.document
        return self.language.money(amount, document.currency_id, self.reference.decimals_of(document.currency_id))

    def base(self, amount: Decimal) -> str:
        """An amount in base currency, which is not named."""
        return self.language.amount(amount, self.reference.base_decimals)

    def plain(self, number: Decimal, least: int = 0) -> str:
        """A number with the decimals that it needs."""
        return self.language.amount(number, places_of(number, least))
