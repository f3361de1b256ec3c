"""What every page has: sender, recipient, marks and page numbers. `page.typ` places it the same way on all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reskontra.printing.languages import PageLabels


class Address(Protocol):
    """A postal address, of a customer or of a branch."""

    @property
    def line_1(self) -> str | None: ...
    @property
    def line_2(self) -> str | None: ...
    @property
    def line_3(self) -> str | None: ...
    @property
    def postal_code(self) -> str | None: ...
    @property
    def city(self) -> str | None: ...
    @property
    def country_id(self) -> str | None: ...


class Contact(Protocol):
    """How a branch is reached."""

    @property
    def phone_1(self) -> str | None: ...
    @property
    def email(self) -> str | None: ...


class Branch(Protocol):
    """A branch as its pages name it."""

    @property
    def corporate_id(self) -> str | None: ...
    @property
    def main_address(self) -> Address | None: ...
    @property
    def main_contact(self) -> Contact | None: ...


class Country(Protocol):
    """A country by its name."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What `sheet` of `page.typ` places on every page, around the layout's own content. All of it is text."""

    language: str
    title: str
    author: str
    company: str
    sender: Sequence[str]
    recipient: Sequence[str]
    footer: str
    labels: PageLabels
    mark: str | None = None
    """The text across the page behind everything, for example that it is a draft."""


def sender_lines(branch: Branch | None, labels: PageLabels) -> Iterator[str]:
    """Where and how the branch is reached, below the company's name."""
    if branch is None:
        return
    if branch.main_address is not None:
        yield from address_lines(branch.main_address)
    contact = branch.main_contact
    number = branch.corporate_id and f"{labels.organisation_number} {branch.corporate_id}"
    details = (number, contact and contact.phone_1, contact and contact.email)
    yield from (detail for detail in details if detail)


def recipient_lines(
    name: str, attention: str | None, address: Address, *, home_country_id: str, countries: Mapping[str, Country]
) -> Iterator[str]:
    """Name and address as on an envelope; the country unless it is the sender's own."""
    yield name
    if attention:
        yield attention
    yield from address_lines(address)
    if address.country_id and address.country_id != home_country_id:
        country = countries.get(address.country_id)
        yield country.name if country else address.country_id


def address_lines(address: Address) -> Iterator[str]:
    """An address without its country; what it does not have takes no line."""
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    yield from (line for line in (address.line_1, address.line_2, address.line_3, town) if line)


def paragraphs(text: str) -> list[list[str]]:
    """The lines of each paragraph; an empty line ends one."""
    return [paragraph.split("\n") for paragraph in text.split("\n\n") if paragraph.strip()]
