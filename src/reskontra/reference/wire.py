"""How branches, the organisation and countries look on the wire. They are read only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

import msgspec

from reskontra.accounts.rules.accounts import LEDGER
from reskontra.reference.reference import Reference
from reskontra.reference.rules.branches import Branch, BranchAddress, BranchBank, BranchContact
from reskontra.reference.store.tables import FoundBranch
from reskontra.web.pairs import IdDescription, IdName, NumberDescription, NumberName
from reskontra.web.wire import Answer, MomentOut, etag_of, local_text


class AddressAnswer(Answer):
    """An address of a branch."""

    line_1: str | None = msgspec.field(default=None, name="addressLine1")
    line_2: str | None = msgspec.field(default=None, name="addressLine2")
    line_3: str | None = msgspec.field(default=None, name="addressLine3")
    postal_code: str | None = None
    city: str | None = None
    country: IdName | None = None
    county: IdName | None = None


class ContactAnswer(Answer):
    """A contact of a branch."""

    name: str | None = None
    attention: str | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = msgspec.field(default=None, name="phone1")
    phone_2: str | None = msgspec.field(default=None, name="phone2")
    fax: str | None = None


class BankAnswer(Answer):
    """The bank account of a branch."""

    name: str | None = msgspec.field(default=None, name="bankName")
    address_1: str | None = msgspec.field(default=None, name="bankAddress1")
    address_2: str | None = msgspec.field(default=None, name="bankAddress2")
    address_3: str | None = msgspec.field(default=None, name="bankAddress3")
    country: str | None = msgspec.field(default=None, name="bankCountry")
    iban: str | None = None
    bban: str | None = None
    bban_2: str | None = msgspec.field(default=None, name="bbaN2")
    bban_3: str | None = msgspec.field(default=None, name="bbaN3")
    bic: str | None = None
    creditor_id: str | None = None


class CurrencyAnswer(Answer):
    """The currency of a branch."""

    id: str | None = None
    description: str | None = None
    symbol: str | None = None


class BranchAnswer(Answer):
    """A branch as it is answered."""

    branch_id: int | None = None
    branch_number: str | None = msgspec.field(default=None, name="number")
    name: str | None = None
    organization_id: int | None = None
    main: bool | None = msgspec.field(default=None, name="isMainBranch")
    active: bool | None = msgspec.field(default=None, name="isActive")
    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    main_address: AddressAnswer | None = None
    main_contact: ContactAnswer | None = None
    delivery_address: AddressAnswer | None = None
    delivery_contact: ContactAnswer | None = None
    default_country: IdName | None = None
    industry_code: IdDescription | None = None
    currency: CurrencyAnswer | None = None
    vat_zone: IdDescription | None = None
    ledger: IdDescription | None = None
    bank: BankAnswer | None = msgspec.field(default=None, name="bankSettings")


class BaseCurrencyAnswer(Answer):
    """The base currency of the books."""

    id: str | None = None
    description: str | None = None
    symbol: str | None = None
    base: bool | None = msgspec.field(default=None, name="isBaseCurrency")
    decimals: int | None = msgspec.field(default=None, name="decimalPrecision")
    used: bool | None = msgspec.field(default=None, name="isUsedForAccounting")


class VatZoneAnswer(Answer):
    """A VAT zone with the category that lines without an item get."""

    id: str | None = None
    description: str | None = None
    default_vat_category: str | None = None
    default_tax_category: NumberDescription | None = None


class OrganisationAnswer(Answer):
    """The organisation that keeps the books; its main branch supplies what it does not have itself."""

    code: str | None = msgspec.field(default=None, name="organizationCd")
    name: str | None = None
    organization_type: str | None = None
    taxes_by_branches: bool | None = msgspec.field(default=None, name="fileTaxByBranches")
    base_currency: str | None = None
    main_address: AddressAnswer | None = None
    main_contact: ContactAnswer | None = None
    delivery_address: AddressAnswer | None = None
    delivery_contact: ContactAnswer | None = None
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    default_country: IdName | None = None
    industry_code: IdDescription | None = None
    currency: BaseCurrencyAnswer | None = None
    vat_zone: VatZoneAnswer | None = None
    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    ledger: IdDescription | None = None
    bank: BankAnswer | None = msgspec.field(default=None, name="bankSettings")
    branches: list[NumberName] | None = None
    time_stamp: str | None = None


class CountryAnswer(Answer):
    """A country by its code of two letters."""

    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Expand:
    """Which parts of a branch a caller wants."""

    address: bool = True
    contact: bool = True
    currency: bool = True
    vat_zone: bool = True
    ledger: bool = True
    industry_code: bool = True
    delivery_address: bool = True
    delivery_contact: bool = True
    default_country: bool = True
    bank: bool = True


def branch_answer(found: FoundBranch, reference: Reference, expand: Expand) -> BranchAnswer:
    """A branch for the wire."""
    branch = found.branch
    zone = reference.vat_zones.get(branch.vat_zone_id or "")
    currency = reference.currencies.get(branch.currency_id or reference.base_currency)
    return BranchAnswer(
        branch_id=found.branch_id,
        branch_number=branch.branch_number,
        name=branch.name,
        organization_id=reference.company_id,
        main=branch.branch_number == reference.preferences.default_branch,
        active=branch.active,
        last_modified=local_text(found.modified_at, reference.zone),
        corporate_id=branch.corporate_id,
        vat_registration_id=branch.vat_registration_id,
        main_address=_address(branch.main_address, reference) if expand.address else None,
        main_contact=_contact(branch.main_contact) if expand.contact else None,
        delivery_address=_address(branch.delivery_address, reference) if expand.delivery_address else None,
        delivery_contact=_contact(branch.delivery_contact) if expand.delivery_contact else None,
        default_country=_country(branch.country_id, reference) if expand.default_country else None,
        industry_code=_industry(branch) if expand.industry_code else None,
        currency=CurrencyAnswer(id=currency.currency_id, description=currency.description, symbol=currency.symbol)
        if currency and expand.currency
        else None,
        vat_zone=IdDescription(id=zone.zone_id, description=zone.description) if zone and expand.vat_zone else None,
        ledger=_ledger() if expand.ledger else None,
        bank=_bank(branch.bank) if expand.bank else None,
    )


def organisation_answer(
    main: FoundBranch, reference: Reference, zone: ZoneInfo, *, branches: bool, bank: bool
) -> OrganisationAnswer:
    """The company as an organisation, with its main branch's particulars."""
    branch = main.branch
    base = reference.currencies[reference.base_currency]
    return OrganisationAnswer(
        code=reference.code,
        name=reference.name,
        organization_type="WithoutBranches" if len(reference.branches) == 1 else "NotBalancing",
        taxes_by_branches=False,
        base_currency=base.currency_id,
        main_address=_address(branch.main_address, reference),
        main_contact=_contact(branch.main_contact),
        delivery_address=_address(branch.delivery_address, reference),
        delivery_contact=_contact(branch.delivery_contact),
        corporate_id=branch.corporate_id,
        vat_registration_id=branch.vat_registration_id,
        default_country=_country(reference.country_id_of_company, reference),
        industry_code=_industry(branch),
        currency=BaseCurrencyAnswer(
            id=base.currency_id,
            description=base.description,
            symbol=base.symbol,
            base=True,
            decimals=base.decimals,
            used=True,
        ),
        vat_zone=_vat_zone(branch.vat_zone_id, reference),
        last_modified=local_text(main.modified_at, zone),
        ledger=_ledger(),
        bank=_bank(branch.bank) if bank else None,
        branches=_branches(reference.branches) if branches else None,
        time_stamp=etag_of(reference.version),
    )


def _branches(branches: Mapping[str, Branch]) -> list[NumberName]:
    return [NumberName(number=branch.branch_number, name=branch.name) for branch in branches.values()]


def _address(address: BranchAddress | None, reference: Reference) -> AddressAnswer | None:
    if address is None:
        return None
    return AddressAnswer(
        line_1=address.line_1,
        line_2=address.line_2,
        line_3=address.line_3,
        postal_code=address.postal_code,
        city=address.city,
        country=_country(address.country_id, reference),
        county=IdName(id=address.county, name=address.county) if address.county else None,
    )


def _contact(contact: BranchContact | None) -> ContactAnswer | None:
    return ContactAnswer(**asdict(contact)) if contact else None


def _bank(bank: BranchBank | None) -> BankAnswer | None:
    return BankAnswer(**asdict(bank)) if bank else None


def _country(country_id: str | None, reference: Reference) -> IdName | None:
    country = reference.countries.get(country_id or "")
    return IdName(id=country.country_id, name=country.name) if country else None


def _industry(branch: Branch) -> IdDescription | None:
    if branch.industry_code is None:
        return None
    return IdDescription(id=branch.industry_code, description=branch.industry_description)


def _ledger() -> IdDescription:
    return IdDescription(id=LEDGER.ledger_id, description=LEDGER.description)


def _vat_zone(zone_id: str | None, reference: Reference) -> VatZoneAnswer | None:
    zone = reference.vat_zones.get(zone_id or "")
    if zone is None:
        return None
    category = reference.vat_categories.get(zone.default_category or "")
    return VatZoneAnswer(
        id=zone.zone_id,
        description=zone.description,
        default_vat_category=zone.default_category,
        default_tax_category=NumberDescription(number=category.category_id, description=category.description)
        if category
        else None,
    )
