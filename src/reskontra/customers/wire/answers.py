"""The answers about customers and what belongs to them. `rendering` fills them."""

from __future__ import annotations

from decimal import Decimal

from reskontra.accounts.wire.named import NamedAccount, SegmentedSubaccount
from reskontra.attributes.rules import ControlType
from reskontra.customers.customer import (
    Status,
)
from reskontra.reference.rules.classes import CreditVerification, StatementType
from reskontra.web.pairs import IdDescription, IdName, NumberDescription, NumberName
from reskontra.web.wire import (
    Answer,
    DayOut,
    MomentOut,
    field,
)

# What an answer shows


class AddressAnswer(Answer):
    """A postal address."""

    address_id: int | None = None
    line_1: str | None = field(default=None, name="addressLine1")
    line_2: str | None = field(default=None, name="addressLine2")
    line_3: str | None = field(default=None, name="addressLine3")
    postal_code: str | None = None
    city: str | None = None
    country: IdName | None = None
    county: IdName | None = None


class ContactAnswer(Answer):
    """A contact."""

    contact_id: int | None = None
    name: str | None = None
    attention: str | None = None
    email: str | None = None
    web: str | None = None
    phone_1: str | None = field(default=None, name="phone1")
    phone_2: str | None = field(default=None, name="phone2")
    fax: str | None = None


class VatZoneAnswer(Answer):
    """The VAT zone of the default location and the category that it gives a line by default."""

    id: str
    description: str | None = None
    default_vat_category: str | None = None
    default_tax_category: NumberDescription | None = None


class LocationAnswer(Answer, kw_only=True):
    """The default location."""

    country_id: str | None = None
    id: str
    name: str


class AttributeAnswer(Answer):
    """An attribute of the company and the customer's value of it."""

    id: str
    value: str
    description: str | None = None


class DirectDebitAnswer(Answer, kw_only=True):
    """A mandate to collect from the customer's bank account."""

    id: str
    mandate_id: str | None = None
    mandate_description: str | None = None
    signed_on: DayOut | None = field(default=None, name="dateOfSignature")
    is_default: bool
    one_time: bool
    bic: str | None = None
    iban: str | None = None
    last_collection_date: DayOut | None = None
    max_amount: Decimal | None = None
    expires_on: DayOut | None = field(default=None, name="expirationDate")
    branch_number: str | None = field(default=None, name="branch")


class GlAccountsAnswer(Answer):
    """The accounts of the default location."""

    customer_ledger_account: NamedAccount | None = None
    customer_ledger_subaccount: SegmentedSubaccount | None = None
    sales_account: NamedAccount | None = None
    sales_non_taxable_account: NamedAccount | None = None
    sales_eu_account: NamedAccount | None = None
    sales_export_account: NamedAccount | None = None
    sales_subaccount: SegmentedSubaccount | None = None
    discount_account: NamedAccount | None = None
    discount_subaccount: SegmentedSubaccount | None = None
    freight_account: NamedAccount | None = None
    freight_subaccount: SegmentedSubaccount | None = None
    cash_discount_account: NamedAccount | None = None
    cash_discount_subaccount: SegmentedSubaccount | None = None
    prepayment_account: NamedAccount | None = None
    prepayment_subaccount: SegmentedSubaccount | None = None


class EInvoiceContractAnswer(Answer):
    """The e-invoice contract."""

    contract_id: str | None = field(default=None, name="fInvoiceContractID")
    intermediator_id: str | None = field(default=None, name="fInvoiceIntermediatorID")


class PaymentMethodAnswer(Answer):
    """A payment method that the customer uses."""

    payment_method_id: str
    is_default: bool


class CustomerAnswer(Answer, kw_only=True):
    """A customer as GET shows it."""

    internal_id: int
    number: str
    name: str
    status: Status
    main_address: AddressAnswer
    main_contact: ContactAnswer
    account_reference: str | None = None
    parent: NumberName | None = field(default=None, name="parentRecord")
    customer_class: IdDescription
    terms: IdDescription = field(name="creditTerms")
    currency_id: str
    credit_verification: CreditVerification
    credit_limit: Decimal
    credit_days_past_due: int
    invoice_address: AddressAnswer
    invoice_contact: ContactAnswer
    print_invoices: bool
    accept_auto_invoices: bool
    email_invoices: bool = field(name="sendInvoicesByEmail")
    email_dunning_letters: bool = field(name="sendDunningLettersViaEMail")
    print_dunning_letters: bool
    print_statements: bool
    email_statements: bool = field(name="sendStatementsByEmail")
    multi_currency_statements: bool = field(name="printMultiCurrencyStatements")
    statement_type: StatementType
    delivery_address: AddressAnswer
    delivery_contact: ContactAnswer
    vat_registration_id: str | None = None
    corporate_id: str | None = None
    gln: str | None = None
    vat_zone: VatZoneAnswer | None = None
    location: LocationAnswer
    attributes: list[AttributeAnswer]
    modified_at: MomentOut = field(name="lastModifiedDateTime")
    created_at: MomentOut = field(name="createdDateTime")
    direct_debits: list[DirectDebitAnswer] | None = field(default=None, name="directDebitLines")
    price_class: IdDescription | None = None
    gl_accounts: GlAccountsAnswer | None = None
    invoice_to_default_location: bool
    e_invoice_contract: EInvoiceContractAnswer | None = None
    payment_methods: list[PaymentMethodAnswer] | None = None
    default_payment_method_id: str | None = None
    number_of_employees: int | None = None
    exclude_debt_collection: bool
    version: str = field(name="timeStamp")


class NoteAnswer(Answer):
    """The note on a customer; empty when there is none."""

    note: str | None = None


class CustomerNumberAnswer(Answer):
    """The result of the action."""

    action_id: str
    action_result: str
    error_info: str | None = None


class ClassAttributeOptionAnswer(Answer):
    """A value that an attribute may take."""

    id: str
    description: str | None = None


class ClassAttributeAnswer(Answer, kw_only=True):
    """An attribute that customers of the class may have."""

    attribute_id: str
    description: str
    sort_order: int
    required: bool
    attribute_type: ControlType
    options: list[ClassAttributeOptionAnswer] = field(name="details")


class CustomerClassAnswer(Answer, kw_only=True):
    """A customer class."""

    id: str
    description: str
    vat_zone_id: str | None = field(default=None, name="taxZoneId")
    vat_zone_required: bool = field(name="requiredTaxzoneId")
    payment_method_id: str | None = None
    attributes: list[ClassAttributeAnswer]
