"""How a company's paper looks and what it says: `preferences.paper` and the section `logos` of the company file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reskontra.yaml_file import Base64, Prose

LARGEST_LOGO_BYTES = 100 * 1024
MOST_FOOTER_LINES = 4


class Side(StrEnum):
    """A side of the page."""

    LEFT = "left"
    RIGHT = "right"


class Column(StrEnum):
    """A column of a document's lines beside their text and amount."""

    ITEM = "item"
    QUANTITY = "quantity"
    UNIT = "unit"
    PRICE = "price"
    DISCOUNT = "discount"
    VAT = "vat"


class PaperType(StrEnum):
    """What is printed and may have texts of the company's own."""

    INVOICE = "Invoice"
    CREDIT_NOTE = "CreditNote"
    DEBIT_NOTE = "DebitNote"
    CHARGE = "FinCharge"
    CASH_SALE = "CashSale"
    CASH_RETURN = "CashReturn"
    STATEMENT = "Statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperText:
    """What the company says above and below the lines of one document type in one language (ISO 639-1)."""

    document_type: PaperType
    language: str
    above: Prose | None = None
    below: Prose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPreferences:
    """How printed documents look (PAP-02). A colour is `#rrggbb`; the recipient's window is right in Swedish companies
    and left in others unless it is said. A discount column is left out where nothing has a discount."""

    accent_colour: str | None = None
    logo: Side = Side.LEFT
    window: Side | None = None
    columns: tuple[Column, ...] = (Column.QUANTITY, Column.UNIT, Column.PRICE, Column.DISCOUNT, Column.VAT)
    footer: tuple[str, ...] = ()
    texts: tuple[PaperText, ...] = ()
    in_business_register: bool = False
    """Whether the seller is in the Norwegian Foretaksregisteret, which its sales documents must say."""

    approved_for_f_tax: bool = False
    """Whether the seller is approved for Swedish F-tax, which its invoices must say."""

    registered_office: str | None = None
    """The Swedish säte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """The logo of a branch: PNG, JPEG or SVG in base64. Branches without one have that of the default branch."""

    branch_number: str
    content: Base64


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"[a-z]{2}")


def faults_of_paper(paper: PaperPreferences) -> Iterator[tuple[tuple[str | int, ...], object, str]]:
    """What is wrong with the settings: where, the value there, what would pass."""
    if paper.accent_colour is not None and not _COLOUR.fullmatch(paper.accent_colour):
        yield ("accent_colour",), paper.accent_colour, "Write # and six hexadecimal digits, such as '#1f4e79'."
    twice = {column for column in paper.columns if paper.columns.count(column) > 1}
    for column in sorted(twice):
        yield ("columns",), column.value, "Name each column once."
    if len(paper.footer) > MOST_FOOTER_LINES:
        yield ("footer",), len(paper.footer), f"Write at most {MOST_FOOTER_LINES} lines."
    said: set[tuple[str, str]] = set()
    for position, text in enumerate(paper.texts):
        if not _LANGUAGE.fullmatch(text.language):
            yield ("texts", position, "language"), text.language, "Write two small letters: nb, sv, en."
        if text.above is None and text.below is None:
            yield ("texts", position, "above"), None, "Write a text above or below."
        if (text.document_type, text.language) in said:
            yield ("texts", position, "language"), text.language, "This type has its text in this language already."
        said.add((text.document_type, text.language))
