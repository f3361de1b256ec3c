"""Norwegian and Swedish companies without a database, and documents of theirs as e-invoices."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from reskontra.company_file.file import SECTIONS, periods_of, read_template, series_in_full
from reskontra.currencies.rules import Rate
from reskontra.customers.customer import Address, ContactDetails, Debtor, Location, Status
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.drafts import created
from reskontra.documents.rules.e_invoices import e_invoice_of
from reskontra.documents.rules.issuing import shown_by
from reskontra.e_invoices.e_invoice import EInvoice
from reskontra.kinds import INVOICE, KINDS, Kind
from reskontra.money import Rounding
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.rules.branches import Branch, BranchAddress, BranchBank, BranchContact
from reskontra.reference.rules.classes import CreditVerification
from reskontra.reference.rules.preferences import DocumentRoundingPreference, EInvoicePreferences
from reskontra.reference.store.remembered import made_of
from reskontra.vat.rules.codes import CalculateOn, VatCategory, VatId, VatRate

TODAY = date(2025, 3, 3)


@dataclasses.dataclass(frozen=True)
class Seller:
    """What differs between the companies: their numbers, their VAT, and a customer of theirs."""

    template: str
    corporate_id: str
    vat_number: str
    tax_registration: str
    bank: BranchBank
    city: str
    standard: str
    """The VAT category of the standard rate."""

    account: str
    receivable: str
    buyer: Mapping[str, str]


NORWAY = Seller(
    template="no",
    corporate_id="974 760 673",
    vat_number="974760673MVA",
    tax_registration="Foretaksregisteret",
    bank=BranchBank(name="Bank", iban="NO93 8601 1117 947", bic="DNBANOKK"),
    city="Bergen",
    standard="3",
    account="3000",
    receivable="1500",
    buyer={"country": "NO", "corporate_id": "988077917", "vat": "NO988077917MVA"},
)
SWEDEN = Seller(
    template="se",
    corporate_id="212000-0142",
    vat_number="SE212000014201",
    tax_registration="Godkänd för F-skatt",
    bank=BranchBank(name="Bank", bban="5050-1055"),
    city="Göteborg",
    standard="25",
    account="3001",
    receivable="1510",
    buyer={"country": "SE", "corporate_id": "5560360793", "vat": "SE556036079301"},
)
SELLERS = {"NO": NORWAY, "SE": SWEDEN}

INCLUSIVE, PER_LINE = "INKL", "LINJE"
"""VAT ids, and categories of the same names, that the templates do not have: inside the price, and rounded by line."""


@cache
def books(country: str, rounding: str = "UseCurrencyPrecision", step: str = "1") -> Reference:
    """The company's reference data: its template with a branch that sends e-invoices, and more kinds of VAT."""
    seller = SELLERS[country]
    template = read_template(seller.template).content
    more = (
        _vat(INCLUSIVE, CalculateOn.EXTRACT_FROM_ITEM_AMOUNT, seller),
        _vat(PER_LINE, CalculateOn.ITEM_AMOUNT, seller),
    )
    sections: dict[str, Any] = {
        name: getattr(template, name) for name in SECTIONS if name not in ("company", "preferences", "rates")
    }
    sections |= {
        "branches": [_branch(country, seller)],
        "vat": [*template.vat, *more],
        "vat_categories": [
            *template.vat_categories,
            *(VatCategory(vat.vat_id, vat_ids=(vat.vat_id,)) for vat in more),
        ],
        "vat_zones": [
            dataclasses.replace(zone, vat_ids=(*zone.vat_ids, INCLUSIVE, PER_LINE)) for zone in template.vat_zones
        ],
        "periods": periods_of(template.periods),
        "series": [series_in_full(series) for series in template.series],
        "countries": template.countries or (),
    }
    preferences = dataclasses.replace(
        template.preferences,
        e_invoices=EInvoicePreferences(tax_registration=seller.tax_registration),
        document_rounding=DocumentRoundingPreference(mode=Rounding(rounding), precision=Decimal(step)),
    )
    return made_of(
        sections,
        preferences,
        company_id=1,
        version=1,
        code=country,
        name="Fjord & Sønner" if country == "NO" else "Skärgården AB",
        tenant_id=uuid.UUID(int=1),
        country_id_of_company=country,
        base_currency=template.company.base_currency,
        zone=ZoneInfo("UTC"),
    )


def _vat(vat_id: str, calculate_on: CalculateOn, seller: Seller) -> VatId:
    rates = (VatRate(date(2005, 1, 1), Decimal(25)),)
    payable = "2711" if seller is NORWAY else "2611"
    return VatId(vat_id, vat_id, calculate_on=calculate_on, payable_account=payable, rates=rates)


def _branch(country: str, seller: Seller) -> Branch:
    return Branch(
        branch_number="1",
        name="Head office",
        country_id=country,
        subaccount_id=1,
        corporate_id=seller.corporate_id,
        vat_registration_id=seller.vat_number,
        main_address=BranchAddress(line_1="Kaien 1", postal_code="5003", city=seller.city, country_id=country),
        main_contact=BranchContact(name="Accounts", email="post@seller.example", phone_1="+47 55 00 00 00"),
        bank=seller.bank,
    )


def debtor(country: str, *, buyer_country: str | None = None, zone: str | None = None, **location: Any) -> Debtor:
    """A customer at home, or in another country and VAT zone."""
    seller = SELLERS[country]
    at_home = buyer_country in (None, country)
    buyer = seller.buyer if at_home else {"country": buyer_country or "", "vat": "DE136695976"}
    place: dict[str, Any] = {
        "vat_zone_id": zone or country,
        "corporate_id": buyer.get("corporate_id"),
        "vat_registration_id": buyer["vat"],
        "peppol_endpoint": None if at_home else "9930:DE136695976",
    }
    return Debtor(
        customer_id=1,
        version=1,
        number="20001",
        name="Kjøper <& Co>",
        status=Status.ACTIVE,
        customer_class_id="1",
        parent_customer_id=None,
        terms_id="14" if country == "NO" else "30",
        currency_id=books(country).base_currency,
        currency_override=True,
        rate_type=None,
        rate_override=True,
        default_payment_method_id=None,
        price_class_id=None,
        credit_verification=CreditVerification.DISABLED,
        credit_limit=Decimal(0),
        credit_days_past_due=0,
        write_off_allowed=False,
        write_off_limit=Decimal(0),
        auto_apply=False,
        overdue_charge=False,
        print_invoices=False,
        email_invoices=False,
        print_dunning_letters=False,
        email_dunning_letters=False,
        exclude_debt_collection=False,
        invoice_to_default_location=False,
        locale=None,
        accept_auto_invoices=True,
        location=Location(
            location_id=1,
            location_cd="Main",
            name="Main",
            customer_ledger_account=seller.receivable,
            sales_account=seller.account,
            **(place | location),
        ),
        main_address=Address(country_id=buyer["country"]),
        invoice_address=Address(line_1="Gata 2", postal_code="0150", city="Oslo", country_id=buyer["country"]),
        invoice_contact=ContactDetails(name="Kari Nordmann", email="kari@buyer.example"),
    )


def drafted(
    country: str,
    *lines: Mapping[str, Any],
    kind: Kind = INVOICE,
    reference: Reference | None = None,
    owing: Debtor | None = None,
    rate: Rate | None = None,
    **sent: Any,
) -> tuple[Document, Basis]:
    """A document with these lines, each of the standard rate unless it says otherwise, as it is before its release."""
    seller = SELLERS[country]
    basis = Basis(
        reference=reference or books(country),
        debtor=owing or debtor(country),
        child=None,
        contact=None,
        items={},
        table_rate=rate,
        today=TODAY,
    )
    plain = {"description": "Something", "quantity": Decimal(1), "vat_category_id": seller.standard,
             "account_number": seller.account}  # fmt: skip
    given: dict[str, Any] = {
        "lines": [{**plain, **line} for line in lines],
        "customer_reference": "PO-1",
        **({"payment_reference": "2345676"} if KINDS[kind.document_type].has_terms else {}),
        **sent,
    }
    return replace(created(kind, given, basis), number="002001"), basis


def electronic(
    country: str, *lines: Mapping[str, Any], kind: Kind = INVOICE, referred: Any = (), **more: Any
) -> EInvoice:
    """Such a document as an e-invoice."""
    document, basis = drafted(country, *lines, kind=kind, **more)
    shown = shown_by(document, basis.debtor, basis.reference)
    return e_invoice_of(kind, document, shown, basis.debtor, basis.reference, referred=referred)
