"""What a letterhead says of its sender, and how the page looks (PAP-01, PAP-02)."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING

from stdnum import iban

from reskontra.records import Record, field, replace
from reskontra.reference.rules.paper import Column, PaperType, Side

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference
    from reskontra.reference.rules.paper import Logo

_ADDRESS = ("line_1", "line_2", "line_3", "postal_code", "city", "county", "country_id")
_BANK = ("name", "iban", "bban", "bic")
_RIGHT_WINDOW = frozenset({"SE"})
"""The countries whose envelopes have their window on the right."""


class Texts(Record, frozen=True, omit_defaults=True):
    """What the company says above and below the lines of a document."""

    above: str | None = None
    below: str | None = None


class LogoName(Record, frozen=True):
    """Which logo it is: the branch that has it, and the SHA-256 of the file in hex."""

    branch_number: str
    sha256: str


class Letterhead(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The sender of a document: legal name, numbers, address, how to reach it, and the account to pay to."""

    company: str
    country_id: str
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    in_business_register: bool = False
    approved_for_f_tax: bool = False
    registered_office: str | None = None
    address: dict[str, str] = field(default_factory=dict)
    phone: str | None = None
    email: str | None = None
    web: str | None = None
    bank: dict[str, str] = field(default_factory=dict)
    """Name, iban, bban and bic, as far as they are known."""

    accent_colour: str | None = None
    logo: LogoName | None = None
    logo_side: Side = Side.LEFT
    window: Side = Side.LEFT
    columns: tuple[Column, ...] = ()
    footer: tuple[str, ...] = ()
    texts: dict[str, Texts] = field(default_factory=dict)
    """Language -> the company's texts for the type of the document."""

    letter_texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Language -> what the company says in dunning letters of one level: subject, opening, closing."""

    @property
    def account(self) -> str | None:
        """The account to pay to: its IBAN in groups, else its national number."""
        account = self.bank.get("iban") or self.bank.get("bban")
        return grouped_iban(account) if account else None


def letterhead_of(reference: Reference, branch_number: str | None, paper_type: PaperType | None = None) -> Letterhead:
    """The letterhead of a branch, or of the default one, with the texts of a document type."""
    number = branch_number or reference.preferences.default_branch
    return reference.once(("letterhead", number, paper_type), lambda: _letterhead(reference, number, paper_type))


def letterhead_of_letter(reference: Reference, branch_number: str | None, level: int) -> Letterhead:
    """The letterhead of a branch, or of the default one, with the company's words for letters of a level."""

    def with_words() -> Letterhead:
        words = {text.language: text.parts for text in reference.dunning_texts if text.level == level}
        return replace(letterhead_of(reference, branch_number), letter_texts=words)

    return reference.once(("letterhead of letters", branch_number, level), with_words)


def grouped_iban(account: str) -> str:
    """An IBAN in groups of four; any other account as it is."""
    return iban.format(account) if iban.is_valid(account) else account


def _letterhead(reference: Reference, branch_number: str, paper_type: PaperType | None) -> Letterhead:
    branch, paper = reference.branches[branch_number], reference.preferences.paper
    at, contact, bank = branch.main_address, branch.main_contact, branch.bank
    address = {name: value for name in _ADDRESS if at is not None and (value := getattr(at, name))}
    country_id = address.get("country_id") or branch.country_id or reference.country_id_of_company
    window = paper.window or (Side.RIGHT if country_id in _RIGHT_WINDOW else Side.LEFT)
    return Letterhead(
        company=reference.name,
        country_id=country_id,
        corporate_id=branch.corporate_id,
        vat_registration_id=branch.vat_registration_id,
        in_business_register=paper.in_business_register,
        approved_for_f_tax=paper.approved_for_f_tax,
        registered_office=paper.registered_office,
        address=address,
        phone=contact.phone_1 if contact else None,
        email=contact.email if contact else None,
        web=contact.web if contact else None,
        bank={name: value for name in _BANK if bank is not None and (value := getattr(bank, name))},
        accent_colour=paper.accent_colour,
        logo=_logo_name(logo_of(reference, branch_number)),
        logo_side=paper.logo,
        window=window,
        columns=paper.columns,
        footer=paper.footer,
        texts={
            text.language: Texts(text.above, text.below) for text in paper.texts if text.document_type == paper_type
        },
    )


def logo_of(reference: Reference, branch_number: str) -> Logo | None:
    """The logo of a branch, else that of the default branch."""
    logos = reference.logos
    return logos.get(branch_number) or logos.get(reference.preferences.default_branch)


def _logo_name(logo: Logo | None) -> LogoName | None:
    return LogoName(logo.branch_number, sha256(b64decode(logo.content)).hexdigest()) if logo else None
