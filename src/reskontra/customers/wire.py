"""The ERP's spelling of a customer: what a body may hold and what an answer shows. Decides nothing.

Attributes are our names; fields stand in the order of the public contract. What is null is left out of an answer.
"""

from __future__ import annotations

from decimal import Decimal

from reskontra.accounts.shown import NamedAccount, SegmentedSubaccount, Segments
from reskontra.attributes.rules import ControlType
from reskontra.companies.rules import CreditVerification, StatementType
from reskontra.customers.customer import (
    LineOperation,
    Status,
)
from reskontra.web.pairs import IdDescription, IdName, NumberDescription, NumberName
from reskontra.web.wire import (
    UNSET,
    Amount,
    Answer,
    Body,
    Day,
    DayOut,
    Flag,
    MomentOut,
    OneOf,
    Sent,
    Text30,
    Text40,
    Text255,
    Text32000,
    UnsetType,
    Whole,
    field,
    sent,
)

# What a body may hold


class AddressUpdate(Body):
    """An address; what is absent stays as it is."""

    line_1: Sent[Text255] = sent("addressLine1")
    line_2: Sent[Text255] = sent("addressLine2")
    line_3: Sent[Text255] = sent("addressLine3")
    postal_code: Sent[Text30] = UNSET
    city: Sent[Text255] = UNSET
    country_id: Sent[Text30] = UNSET
    county: Sent[Text255] = UNSET


class ContactUpdate(Body):
    """A contact; what is absent stays as it is."""

    name: Sent[Text255] = UNSET
    attention: Sent[Text255] = UNSET
    email: Sent[Text255] = UNSET
    web: Sent[Text255] = UNSET
    phone_1: Sent[Text255] = sent("phone1")
    phone_2: Sent[Text255] = sent("phone2")
    fax: Sent[Text255] = UNSET


class EInvoiceContractUpdate(Body):
    """The e-invoice contract; stored and echoed."""

    contract_id: Sent[Text255] = sent("fInvoiceContractID")
    intermediator_id: Sent[Text255] = sent("fInvoiceIntermediatorID")


class DefaultPaymentMethodUpdate(Body):
    """A payment method of the customer and whether it is the default one (it is, unless false is sent)."""

    payment_method_id: Sent[Text30] = UNSET
    is_default: Sent[Flag] = UNSET


class GlAccountsUpdate(Body):
    """The accounts of the default location: account numbers, and subaccounts as segments."""

    customer_ledger_account: Sent[Text30] = UNSET
    customer_ledger_subaccount: Segments = UNSET
    sales_account: Sent[Text30] = UNSET
    sales_non_taxable_account: Sent[Text30] = UNSET
    sales_eu_account: Sent[Text30] = UNSET
    sales_export_account: Sent[Text30] = UNSET
    sales_subaccount: Segments = UNSET
    discount_account: Sent[Text30] = UNSET
    discount_subaccount: Segments = UNSET
    freight_account: Sent[Text30] = UNSET
    freight_subaccount: Segments = UNSET
    cash_discount_account: Sent[Text30] = UNSET
    cash_discount_subaccount: Segments = UNSET
    prepayment_account: Sent[Text30] = UNSET
    prepayment_subaccount: Segments = UNSET


class DirectDebitUpdate(Body):
    """A mandate to insert, update or delete; `operation` and `id` travel bare."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    direct_debit_id: Text255 | UnsetType | None = sent("id")
    mandate_id: Sent[Text255] = UNSET
    mandate_description: Sent[Text255] = UNSET
    signed_on: Sent[Day] = sent("dateOfSignature")
    is_default: Sent[Flag] = UNSET
    one_time: Sent[Flag] = UNSET
    bic: Sent[Text30] = UNSET
    iban: Sent[Text40] = UNSET
    last_collection_date: Sent[Day] = UNSET
    max_amount: Sent[Amount] = UNSET
    expires_on: Sent[Day] = sent("expirationDate")
    branch_number: Sent[Text30] = sent("branch")


class AttributeUpdate(Body):
    """The value of one of the company's attributes; null or "" removes it."""

    attribute_id: Sent[Text30] = UNSET
    value: Sent[Text255] = sent("attributeValue")


class CustomerUpdate(Body):
    """The body of POST and PUT: absent is "not supplied", `{"value": null}` is "clear it"."""

    number: Sent[Text30] = UNSET
    name: Sent[Text255] = UNSET
    status: Sent[OneOf[Status]] = UNSET
    account_reference: Sent[Text255] = UNSET
    number_of_employees: Sent[Whole] = UNSET
    parent_number: Sent[Text30] = sent("parentRecordNumber")
    currency_id: Sent[Text30] = UNSET
    credit_limit: Sent[Amount] = UNSET
    credit_days_past_due: Sent[Whole] = UNSET
    override_with_class_values: Flag | UnsetType | None = UNSET
    customer_class_id: Sent[Text30] = UNSET
    terms_id: Sent[Text30] = sent("creditTermsId")
    print_invoices: Sent[Flag] = UNSET
    accept_auto_invoices: Sent[Flag] = UNSET
    email_invoices: Sent[Flag] = sent("sendInvoicesByEmail")
    email_dunning_letters: Sent[Flag] = sent("sendDunningLettersViaEMail")
    print_dunning_letters: Sent[Flag] = UNSET
    print_statements: Sent[Flag] = UNSET
    email_statements: Sent[Flag] = sent("sendStatementsByEmail")
    multi_currency_statements: Sent[Flag] = sent("printMultiCurrencyStatements")
    invoice_to_default_location: Sent[Flag] = UNSET
    vat_registration_id: Sent[Text255] = UNSET
    corporate_id: Sent[Text255] = UNSET
    vat_zone_id: Sent[Text30] = UNSET
    gln: Sent[Text255] = UNSET
    note: Sent[Text32000] = UNSET
    main_address: Sent[AddressUpdate] = UNSET
    main_contact: Sent[ContactUpdate] = UNSET
    credit_verification: Sent[OneOf[CreditVerification]] = UNSET
    invoice_address: Sent[AddressUpdate] = UNSET
    invoice_contact: Sent[ContactUpdate] = UNSET
    statement_type: Sent[OneOf[StatementType]] = UNSET
    delivery_address: Sent[AddressUpdate] = UNSET
    delivery_contact: Sent[ContactUpdate] = UNSET
    price_class_id: Sent[Text30] = UNSET
    e_invoice_contract: Sent[EInvoiceContractUpdate] = UNSET
    default_payment_method: Sent[DefaultPaymentMethodUpdate] = UNSET
    gl_accounts: Sent[GlAccountsUpdate] = UNSET
    direct_debits: list[DirectDebitUpdate] | UnsetType | None = sent("directDebitLines")
    attributes: list[AttributeUpdate] | UnsetType | None = sent("attributeLines")
    override_number_series: Sent[Flag] = UNSET
    exclude_debt_collection: Sent[Flag] = UNSET


class CustomerNumberAction(Body):
    """The number that a customer gets; it travels bare."""

    number: Text30 | UnsetType | None = sent("customerCd")


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
    """What became of the action."""

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
