"""The ERP's spelling of a customer: what a body may hold and what an answer shows. Decides nothing.

Attributes are our names; fields stand in the order of the public contract. What is null is left out of an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from reskontra.companies.reference import Reference
from reskontra.companies.rules import CreditVerification, StatementType
from reskontra.customers.customer import (
    Address,
    ContactDetails,
    Customer,
    DirectDebit,
    LineOperation,
    Location,
    Status,
)
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
    day_text,
    etag_of,
    field,
    local_text,
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


class SegmentUpdate(Body):
    """One segment of a subaccount number; both fields travel bare."""

    segment_id: Whole | UnsetType | None = UNSET
    segment_value: Text30 | UnsetType | None = UNSET


Segments = list[SegmentUpdate] | UnsetType | None


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


# What an answer shows


class IdName(Answer):
    """A country or county."""

    id: str
    name: str | None = None


class IdDescription(Answer):
    """Something of the company's set-up by its code."""

    id: str
    description: str | None = None


class NumberName(Answer):
    """Another customer."""

    number: str
    name: str


class NumberDescription(Answer):
    """A VAT category."""

    number: str
    description: str | None = None


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


class AccountAnswer(Answer, kw_only=True):
    """An account of the general ledger."""

    type: str | None = None
    number: str
    description: str | None = None


class SegmentAnswer(Answer):
    """One segment of a subaccount number."""

    segment_id: int
    segment_description: str
    segment_value: str
    segment_value_description: str


class SubaccountAnswer(Answer):
    """A subaccount with its segments."""

    subaccount_number: str
    subaccount_id: int
    description: str
    active: bool
    segments: list[SegmentAnswer]


class GlAccountsAnswer(Answer):
    """The accounts of the default location."""

    customer_ledger_account: AccountAnswer | None = None
    customer_ledger_subaccount: SubaccountAnswer | None = None
    sales_account: AccountAnswer | None = None
    sales_non_taxable_account: AccountAnswer | None = None
    sales_eu_account: AccountAnswer | None = None
    sales_export_account: AccountAnswer | None = None
    sales_subaccount: SubaccountAnswer | None = None
    discount_account: AccountAnswer | None = None
    discount_subaccount: SubaccountAnswer | None = None
    freight_account: AccountAnswer | None = None
    freight_subaccount: SubaccountAnswer | None = None
    cash_discount_account: AccountAnswer | None = None
    cash_discount_subaccount: SubaccountAnswer | None = None
    prepayment_account: AccountAnswer | None = None
    prepayment_subaccount: SubaccountAnswer | None = None


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


# From the record to the answer


@dataclass(frozen=True, slots=True)
class Expand:
    """What of a customer is shown only when it is asked for (decisions.md W10)."""

    accounts: bool = True
    payment_methods: bool = True
    direct_debits: bool = True


EVERYTHING = Expand()


def customer_answer(customer: Customer, reference: Reference, expand: Expand = EVERYTHING) -> CustomerAnswer:
    """A stored customer as GET shows it; moments in the company's zone."""
    if customer.customer_id is None or customer.created_at is None or customer.modified_at is None:
        raise ValueError("only a stored customer can be shown")
    main_address = address_answer(customer.main_address, reference)
    main_contact = contact_answer(customer.main_contact)
    location = customer.location
    return CustomerAnswer(
        internal_id=customer.customer_id,
        number=customer.number,
        name=customer.name,
        status=customer.status,
        main_address=main_address,
        main_contact=main_contact,
        account_reference=customer.account_reference,
        parent=NumberName(number=customer.parent.number, name=customer.parent.name) if customer.parent else None,
        customer_class=_class(customer.customer_class_id, reference),
        terms=_terms(customer.terms_id, reference),
        currency_id=customer.currency_id,
        credit_verification=customer.credit_verification,
        credit_limit=customer.credit_limit,
        credit_days_past_due=customer.credit_days_past_due,
        invoice_address=address_answer(customer.invoice_address, reference)
        if customer.invoice_address
        else main_address,
        invoice_contact=contact_answer(customer.invoice_contact) if customer.invoice_contact else main_contact,
        print_invoices=customer.print_invoices,
        accept_auto_invoices=customer.accept_auto_invoices,
        email_invoices=customer.email_invoices,
        email_dunning_letters=customer.email_dunning_letters,
        print_dunning_letters=customer.print_dunning_letters,
        print_statements=customer.print_statements,
        email_statements=customer.email_statements,
        multi_currency_statements=customer.multi_currency_statements,
        statement_type=customer.statement_type,
        delivery_address=address_answer(customer.delivery_address, reference)
        if customer.delivery_address
        else main_address,
        delivery_contact=contact_answer(customer.delivery_contact) if customer.delivery_contact else main_contact,
        vat_registration_id=location.vat_registration_id,
        corporate_id=location.corporate_id,
        gln=location.gln,
        vat_zone=vat_zone_answer(location.vat_zone_id, reference),
        location=LocationAnswer(
            country_id=customer.main_address.country_id, id=location.location_cd, name=location.name
        ),
        attributes=_attributes(customer.attributes, reference),
        modified_at=local_text(customer.modified_at, reference.zone),
        created_at=local_text(customer.created_at, reference.zone),
        direct_debits=_direct_debits(customer.direct_debits) if expand.direct_debits else None,
        price_class=IdDescription(id=customer.price_class_id) if customer.price_class_id else None,
        gl_accounts=_gl_accounts(location, reference) if expand.accounts else None,
        invoice_to_default_location=customer.invoice_to_default_location,
        e_invoice_contract=_e_invoice_contract(customer),
        payment_methods=_payment_methods(customer) if expand.payment_methods else None,
        default_payment_method_id=customer.default_payment_method_id,
        number_of_employees=customer.number_of_employees,
        exclude_debt_collection=customer.exclude_debt_collection,
        version=etag_of(customer.version),
    )


def address_answer(address: Address, reference: Reference) -> AddressAnswer:
    """An address with the name of its country."""
    country = reference.countries.get(address.country_id) if address.country_id else None
    return AddressAnswer(
        address_id=address.address_id,
        line_1=address.line_1,
        line_2=address.line_2,
        line_3=address.line_3,
        postal_code=address.postal_code,
        city=address.city,
        country=IdName(id=address.country_id, name=country.name if country else None) if address.country_id else None,
        county=IdName(id=address.county, name=address.county) if address.county else None,
    )


def contact_answer(contact: ContactDetails) -> ContactAnswer:
    """Whom to reach and how."""
    return ContactAnswer(
        contact_id=contact.contact_id,
        name=contact.name,
        attention=contact.attention,
        email=contact.email,
        web=contact.web,
        phone_1=contact.phone_1,
        phone_2=contact.phone_2,
        fax=contact.fax,
    )


def _class(class_id: str, reference: Reference) -> IdDescription:
    known = reference.customer_classes.get(class_id)
    return IdDescription(id=class_id, description=known.description if known else None)


def _terms(terms_id: str, reference: Reference) -> IdDescription:
    known = reference.terms.get(terms_id)
    return IdDescription(id=terms_id, description=known.description if known else None)


def vat_zone_answer(zone_id: str | None, reference: Reference) -> VatZoneAnswer | None:
    """A VAT zone with the category that it gives a line by default."""
    if zone_id is None:
        return None
    zone = reference.vat_zones.get(zone_id)
    if zone is None:
        return VatZoneAnswer(id=zone_id)
    default = None
    if zone.default_category is not None:
        category = reference.vat_categories.get(zone.default_category)
        default = NumberDescription(
            number=zone.default_category, description=category.description if category else None
        )
    return VatZoneAnswer(
        id=zone_id,
        description=zone.description,
        default_vat_category=zone.default_category,
        default_tax_category=default,
    )


def _attributes(values: dict[str, str], reference: Reference) -> list[AttributeAnswer]:
    answers = []
    for attribute_id, value in values.items():
        known = reference.attributes.get(attribute_id)
        answers.append(AttributeAnswer(id=attribute_id, value=value, description=known.description if known else None))
    return answers


def _direct_debits(lines: Iterable[DirectDebit]) -> list[DirectDebitAnswer]:
    return [
        DirectDebitAnswer(
            id=line.direct_debit_id,
            mandate_id=line.mandate_id,
            mandate_description=line.mandate_description,
            signed_on=day_text(line.signed_on) if line.signed_on else None,
            is_default=line.is_default,
            one_time=line.one_time,
            bic=line.bic,
            iban=line.iban,
            last_collection_date=day_text(line.last_collection_date) if line.last_collection_date else None,
            max_amount=line.max_amount,
            expires_on=day_text(line.expires_on) if line.expires_on else None,
            branch_number=line.branch_number,
        )
        for line in lines
    ]


def _gl_accounts(location: Location, reference: Reference) -> GlAccountsAnswer:
    def account(number: str | None) -> AccountAnswer | None:
        known = reference.accounts.get(number) if number else None
        if number is None or known is None:
            return AccountAnswer(number=number) if number else None
        return AccountAnswer(type=known.account_type, number=number, description=known.description)

    def subaccount(subaccount_id: int | None) -> SubaccountAnswer | None:
        return _subaccount(subaccount_id, reference) if subaccount_id is not None else None

    return GlAccountsAnswer(
        customer_ledger_account=account(location.customer_ledger_account),
        customer_ledger_subaccount=subaccount(location.customer_ledger_subaccount_id),
        sales_account=account(location.sales_account),
        sales_non_taxable_account=account(location.sales_non_taxable_account),
        sales_eu_account=account(location.sales_eu_account),
        sales_export_account=account(location.sales_export_account),
        sales_subaccount=subaccount(location.sales_subaccount_id),
        discount_account=account(location.discount_account),
        discount_subaccount=subaccount(location.discount_subaccount_id),
        freight_account=account(location.freight_account),
        freight_subaccount=subaccount(location.freight_subaccount_id),
        cash_discount_account=account(location.cash_discount_account),
        cash_discount_subaccount=subaccount(location.cash_discount_subaccount_id),
        prepayment_account=account(location.prepayment_account),
        prepayment_subaccount=subaccount(location.prepayment_subaccount_id),
    )


def _subaccount(subaccount_id: int, reference: Reference) -> SubaccountAnswer | None:
    known = reference.subaccounts.get(subaccount_id)
    if known is None:
        return None
    return SubaccountAnswer(
        subaccount_number=known.subaccount_number,
        subaccount_id=known.subaccount_id,
        description=known.description,
        active=known.active,
        segments=[
            SegmentAnswer(
                segment_id=segment.segment_id,
                segment_description=segment.description,
                segment_value=segment.value,
                segment_value_description=segment.value_description,
            )
            for segment in reference.segments_of(subaccount_id)
        ],
    )


def _e_invoice_contract(customer: Customer) -> EInvoiceContractAnswer | None:
    if customer.e_invoice_contract_id is None and customer.e_invoice_intermediator_id is None:
        return None
    return EInvoiceContractAnswer(
        contract_id=customer.e_invoice_contract_id, intermediator_id=customer.e_invoice_intermediator_id
    )


def _payment_methods(customer: Customer) -> list[PaymentMethodAnswer]:
    return [
        PaymentMethodAnswer(payment_method_id=method, is_default=method == customer.default_payment_method_id)
        for method in customer.payment_methods
    ]
