"""The bodies in which customers are sent."""

from __future__ import annotations

from typing import ClassVar

from reskontra.accounts.wire.named import Segments
from reskontra.customers.customer import (
    Status,
)
from reskontra.operations import LineOperation
from reskontra.reference.rules.classes import CreditVerification, StatementType
from reskontra.web.wire import (
    UNSET,
    Amount,
    Body,
    Day,
    Flag,
    OneOf,
    Sent,
    Text30,
    Text40,
    Text255,
    Text32000,
    UnsetType,
    Whole,
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

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"name"})

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
    """The number that a customer gets, sent bare."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"number"})

    number: Text30 | UnsetType | None = sent("customerCd")
