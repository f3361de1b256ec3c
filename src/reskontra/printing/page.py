"""What every page has: sender, recipient, marks and page numbers. `page.typ` places it the same way on all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reskontra.printing.languages import PageLabels


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What `sheet` of `page.typ` places on every page, around the layout's own content. All of it is text."""

    language: str
    title: str
    author: str
    company: str
    logo: str | None
    """An SVG; the company's name stands in its place if there is none."""

    logo_side: str
    window: str
    """Where the recipient stands: `left` or `right`."""

    accent: str | None
    """A colour as `#rrggbb`."""

    recipient: Sequence[str]
    sender: Sequence[str]
    reach: Sequence[str]
    bank: Sequence[str]
    footer: Sequence[str]
    reference: str
    """What the page is of, beside its number."""

    labels: PageLabels
    mark: str | None = None
    """The text across the page behind everything, for example that it is a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a ledger: its width in mm, or None for what the others leave."""

    label: str
    width: int | None = None
    right: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a ledger: a text for each column, small lines below the first one, and what the rows so far come to."""

    cells: Sequence[str]
    reached: str
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under a name of their own, if they have one."""

    rows: Sequence[Row]
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A line below a ledger."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A small table: its head, and rows with as many cells."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def recipient_lines(
    name: str, attention: str | None, address: Mapping[str, str | None], country: str | None = None
) -> Iterator[str]:
    """Name and address as on an envelope; `country` is the name of a country that is not the sender's own."""
    yield name
    if attention and attention != name:
        yield attention
    yield from address_lines(address)
    if country:
        yield country


def address_lines(address: Mapping[str, str | None]) -> Iterator[str]:
    """An address without its country; what it does not have takes no line."""
    town = " ".join(part for part in (address.get("postal_code"), address.get("city")) if part)
    yield from (line for line in (*map(address.get, ("line_1", "line_2", "line_3")), town) if line)


def paragraphs(text: str | None) -> list[list[str]]:
    """The lines of each paragraph; an empty line ends one."""
    return [paragraph.split("\n") for paragraph in (text or "").split("\n\n") if paragraph.strip()]


def places_of(number: Decimal, least: int = 0) -> int:
    """How many decimals a number is written with: those that it needs, at least so many."""
    exponent = number.normalize().as_tuple().exponent
    return max(least, -exponent if isinstance(exponent, int) else 0)
