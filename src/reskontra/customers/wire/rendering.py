"""Fills the answers about customers from records and reference data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reskontra.accounts.wire.named import NamedAccount, SegmentedSubaccount, named_account, segmented_subaccount
from reskontra.customers.customer import Address, ContactDetails, Customer, DirectDebit, Location
from reskontra.customers.wire.answers import (
    AddressAnswer,
    AttributeAnswer,
    ClassAttributeAnswer,
    ClassAttributeOptionAnswer,
    ContactAnswer,
    CustomerAnswer,
    CustomerClassAnswer,
    DirectDebitAnswer,
    EInvoiceContractAnswer,
    GlAccountsAnswer,
    LocationAnswer,
    PaymentMethodAnswer,
    VatZoneAnswer,
)
from reskontra.reference.reference import Reference
from reskontra.reference.rules.classes import CustomerClass
from reskontra.web.pairs import IdDescription, IdName, NumberDescription, NumberName
from reskontra.web.wire import day_answer, etag_of, local_text


@dataclass(frozen=True, slots=True)
class Expand:
    """The parts of a customer that are shown only on request (W10)."""

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
        direct_debits=direct_debit_answers(customer.direct_debits) if expand.direct_debits else None,
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
    """A contact for the wire."""
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


def direct_debit_answers(lines: Iterable[DirectDebit]) -> list[DirectDebitAnswer]:
    """The customer's mandates for the wire."""
    return [
        DirectDebitAnswer(
            id=line.direct_debit_id,
            mandate_id=line.mandate_id,
            mandate_description=line.mandate_description,
            signed_on=day_answer(line.signed_on),
            is_default=line.is_default,
            one_time=line.one_time,
            bic=line.bic,
            iban=line.iban,
            last_collection_date=day_answer(line.last_collection_date),
            max_amount=line.max_amount,
            expires_on=day_answer(line.expires_on),
            branch_number=line.branch_number,
        )
        for line in lines
    ]


def _gl_accounts(location: Location, reference: Reference) -> GlAccountsAnswer:
    def account(number: str | None) -> NamedAccount | None:
        known = reference.accounts.get(number) if number else None
        if number is None or known is None:
            return NamedAccount(number=number) if number else None
        return named_account(known)

    def subaccount(subaccount_id: int | None) -> SegmentedSubaccount | None:
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


def _subaccount(subaccount_id: int, reference: Reference) -> SegmentedSubaccount | None:
    known = reference.subaccounts.get(subaccount_id)
    return segmented_subaccount(known, reference.subaccounts.segments) if known else None


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


def class_answer(customer_class: CustomerClass, reference: Reference) -> CustomerClassAnswer:
    """A customer class. Every customer may have every attribute of the company, so each class shows them all."""
    return CustomerClassAnswer(
        id=customer_class.customer_class_id,
        description=customer_class.description,
        vat_zone_id=customer_class.vat_zone_id,
        vat_zone_required=customer_class.vat_zone_required,
        payment_method_id=customer_class.payment_method_id,
        attributes=[
            ClassAttributeAnswer(
                attribute_id=attribute.attribute_id,
                description=attribute.description,
                sort_order=position,
                required=False,
                attribute_type=attribute.control_type,
                options=[
                    ClassAttributeOptionAnswer(id=option.value, description=option.description or None)
                    for option in attribute.options
                ],
            )
            for position, attribute in enumerate(reference.attributes.values(), 1)
        ],
    )
