"""Branches and countries, as a company file holds them."""

from __future__ import annotations

from dataclasses import dataclass

# The rest of the reference data that has no room of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchAddress:
    """Where a branch is, or where its goods go."""

    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country_id: str | None = None
    county: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchContact:
    """The contact of a branch."""

    name: str | None = None
    attention: str | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = None
    phone_2: str | None = None
    fax: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchBank:
    """The bank account that customers of a branch pay to."""

    name: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    address_3: str | None = None
    country: str | None = None
    iban: str | None = None
    bban: str | None = None
    bban_2: str | None = None
    bban_3: str | None = None
    bic: str | None = None
    creditor_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A part of the company that documents belong to. `country_id` is the country of its new customers' addresses."""

    branch_number: str
    name: str
    active: bool = True
    vat_zone_id: str | None = None
    currency_id: str | None = None
    country_id: str | None = None
    subaccount_id: int | None = None
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    industry_code: str | None = None
    industry_description: str | None = None
    main_address: BranchAddress | None = None
    main_contact: BranchContact | None = None
    delivery_address: BranchAddress | None = None
    delivery_contact: BranchContact | None = None
    bank: BranchBank | None = None

    @property
    def account(self) -> str | None:
        """The account that customers pay to: its IBAN, else its national number."""
        return (self.bank.iban or self.bank.bban) if self.bank else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country by its ISO 3166-1 code of two letters."""

    country_id: str
    name: str
