"""A customer as frozen records: the customer, its addresses, contacts and default location.

The attributes are the columns of the tables of the same names, so that a record is written and read as one JSON
value. Invoice and delivery address (and contact) are None while they follow the main one (CUS-04).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from reskontra.money import ZERO
from reskontra.records import Record, columns, field
from reskontra.reference.rules.classes import CreditVerification, StatementType


class Status(StrEnum):
    """What may be done with a customer; the matrix is `rules.MATRIX` (CST-03)."""

    ACTIVE = "Active"
    ON_HOLD = "OnHold"
    CREDIT_HOLD = "CreditHold"
    INACTIVE = "Inactive"
    ONE_TIME = "OneTime"


class Address(Record, frozen=True, kw_only=True):
    """A postal address. `address_id` is None until it is stored; `country_id` is an ISO 3166 code."""

    address_id: int | None = None
    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country_id: str | None = None
    county: str | None = None


class ContactDetails(Record, frozen=True, kw_only=True):
    """Who to contact and how. `contact_id` is None until it is stored."""

    contact_id: int | None = None
    name: str | None = None
    attention: str | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = None
    phone_2: str | None = None
    fax: str | None = None


class Location(Record, frozen=True, kw_only=True):
    """Where a customer buys: VAT zone, registrations and the accounts that its documents use (CUS-05, CUS-06)."""

    location_id: int | None = None
    location_cd: str
    name: str
    active: bool = True
    vat_zone_id: str | None = None
    vat_registration_id: str | None = None
    corporate_id: str | None = None
    gln: str | None = None
    edi_code: str | None = None
    peppol_endpoint: str | None = None
    peppol_party_identification: str | None = None
    peppol_party_legal: str | None = None
    customer_ledger_account: str
    customer_ledger_subaccount_id: int | None = None
    sales_account: str | None = None
    sales_non_taxable_account: str | None = None
    sales_eu_account: str | None = None
    sales_export_account: str | None = None
    sales_subaccount_id: int | None = None
    discount_account: str | None = None
    discount_subaccount_id: int | None = None
    freight_account: str | None = None
    freight_subaccount_id: int | None = None
    cash_discount_account: str | None = None
    cash_discount_subaccount_id: int | None = None
    prepayment_account: str | None = None
    prepayment_subaccount_id: int | None = None


class DirectDebit(Record, frozen=True, kw_only=True):
    """A mandate to collect from the customer's bank account. Amounts in the customer's currency."""

    direct_debit_id: str
    mandate_id: str | None = None
    mandate_description: str | None = None
    signed_on: date | None = None
    is_default: bool = False
    one_time: bool = False
    bic: str | None = None
    iban: str | None = None
    last_collection_date: date | None = None
    max_amount: Decimal | None = None
    expires_on: date | None = None
    branch_number: str | None = None


class Parent(Record, frozen=True, kw_only=True):
    """A customer as the parent of others. There are only two levels, so it has no parent of its own (PAR-01)."""

    customer_id: int
    number: str
    name: str
    parent_customer_id: int | None = None


class Customer(Record, frozen=True, kw_only=True):
    """A customer. `customer_id` is None and `number` empty until it is stored; `credit_limit` is in base currency."""

    customer_id: int | None = None
    number: str = ""
    name: str
    status: Status = Status.ACTIVE
    customer_class_id: str
    account_reference: str | None = None
    number_of_employees: int | None = None
    parent_customer_id: int | None = None
    terms_id: str
    currency_id: str
    currency_override: bool = False
    rate_type: str | None = None
    rate_override: bool = False
    credit_verification: CreditVerification = CreditVerification.DISABLED
    credit_limit: Decimal = ZERO
    credit_days_past_due: int = 0
    statement_cycle_id: str | None = None
    statement_type: StatementType = StatementType.OPEN_ITEM
    overdue_charge: bool = False
    write_off_allowed: bool = False
    write_off_limit: Decimal = ZERO
    auto_apply: bool = False
    print_invoices: bool = False
    email_invoices: bool = False
    print_dunning_letters: bool = False
    email_dunning_letters: bool = False
    print_statements: bool = False
    email_statements: bool = False
    multi_currency_statements: bool = False
    accept_auto_invoices: bool = False
    invoice_to_default_location: bool = False
    exclude_debt_collection: bool = False
    price_class_id: str | None = None
    e_invoice_contract_id: str | None = None
    e_invoice_intermediator_id: str | None = None
    default_payment_method_id: str | None = None
    locale: str | None = None
    note: str | None = None
    version: int = 0
    created_at: datetime | None = None
    modified_at: datetime | None = None

    parent: Parent | None = None
    location: Location
    main_address: Address = Address()
    invoice_address: Address | None = None
    delivery_address: Address | None = None
    main_contact: ContactDetails = ContactDetails()
    invoice_contact: ContactDetails | None = None
    delivery_contact: ContactDetails | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    """Attribute id -> value, in the spelling of the company's set-up."""

    payment_methods: tuple[str, ...] = ()
    closed_payment_methods: tuple[str, ...] = ()
    """Those of them that are not in use (CPM-03)."""

    direct_debits: tuple[DirectDebit, ...] = ()


_PARTS = frozenset({
    "parent", "location", "main_address", "invoice_address", "delivery_address", "main_contact", "invoice_contact",
    "delivery_contact", "attributes", "payment_methods", "closed_payment_methods", "direct_debits",
})  # fmt: skip
_KEPT_BY_THE_STORE = frozenset({"customer_id", "number", "version", "created_at", "modified_at"})

CUSTOMER_COLUMNS = tuple(column for column in columns(Customer) if column not in _PARTS | _KEPT_BY_THE_STORE)
"""The columns that are written from the record. The statements make id, number, times and version themselves."""

LOCATION_COLUMNS = tuple(column for column in columns(Location) if column != "location_id")
ADDRESS_COLUMNS = tuple(column for column in columns(Address) if column != "address_id")
CONTACT_COLUMNS = tuple(column for column in columns(ContactDetails) if column != "contact_id")
DIRECT_DEBIT_COLUMNS = tuple(column for column in columns(DirectDebit))


class Addressed(Record, frozen=True, kw_only=True):
    """Where a customer's post goes, and what its language follows from."""

    name: str
    locale: str | None
    address: Address
    attention: str | None
    main_country_id: str | None


class OwnMethod(Record, frozen=True, kw_only=True):
    """How a customer pays by one of the company's payment methods (CPM-01)."""

    payment_method_id: str
    active: bool = True
    cash_account: str | None = None
    """Where the money arrives; None is the method's own cash account."""


class Payer(Record, frozen=True, kw_only=True):
    """A customer as its payments see it, at a location. It is read for each, so it holds only what they need."""

    customer_id: int
    version: int
    number: str
    status: Status
    customer_class_id: str
    currency_id: str
    rate_type: str | None
    default_payment_method_id: str | None
    write_off_allowed: bool
    write_off_limit: Decimal
    auto_apply: bool
    location: Location
    own_methods: tuple[OwnMethod, ...] = ()
    """The payment methods of which something is stored; others are as the company has them (CPM-03)."""


class Debtor(Payer, frozen=True, kw_only=True):
    """A customer as a document or a letter sees it: defaults, default location, and what it owes in base currency.

    `invoice_address` and `invoice_contact` are resolved: where invoices go (CUS-04).
    """

    name: str
    parent_customer_id: int | None
    terms_id: str
    currency_override: bool
    rate_override: bool
    price_class_id: str | None
    credit_verification: CreditVerification
    credit_limit: Decimal
    credit_days_past_due: int
    overdue_charge: bool
    print_invoices: bool
    email_invoices: bool
    print_dunning_letters: bool
    email_dunning_letters: bool
    exclude_debt_collection: bool
    invoice_to_default_location: bool
    locale: str | None
    main_address: Address
    invoice_address: Address
    invoice_contact: ContactDetails
    statement_cycle_id: str | None = None
    accept_auto_invoices: bool = False
    salesperson_id: int | None = None
    """Who sells at the location unless a document says otherwise."""

    @property
    def addressed(self) -> Addressed:
        """Where its post goes."""
        return Addressed(
            name=self.name,
            locale=self.locale,
            address=self.invoice_address,
            attention=self.invoice_contact.attention,
            main_country_id=self.main_address.country_id,
        )

    balance: Decimal = ZERO
    unreleased: Decimal = ZERO
    """Both are only set if credit is checked, which reads them under their lock."""
