"""Making a customer's master data from class defaults and what was sent, and what is refused.

`sent` is a dict of what a body held, in our names: absent means unchanged, None means "clear it" (EDT-01).
Every refusal names the field and what would pass. Lists and accounts are in `collections`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra import records
from reskontra.codes import kept_or
from reskontra.currencies.rules import in_currency
from reskontra.customers.customer import Address, ContactDetails, Customer, Location, Parent, Status
from reskontra.customers.rules import collections, identifiers, standing
from reskontra.customers.rules.addresses import check_mail, country_after
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.records import columns, replace
from reskontra.reference.rules.classes import CustomerClass

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]
NewId = Callable[[], str]

DEFAULT_LOCATION = "Main"

_FLAGS = (
    "print_invoices", "accept_auto_invoices", "email_invoices", "email_dunning_letters", "print_dunning_letters",
    "print_statements", "email_statements", "multi_currency_statements", "invoice_to_default_location",
    "exclude_debt_collection",
)  # fmt: skip
_TEXTS = ("account_reference", "price_class_id", "note")
_LOCATION_TEXTS = ("vat_registration_id", "corporate_id", "gln")
_FIGURES = {"number_of_employees": None, "credit_days_past_due": 0, "credit_limit": Decimal(0)}
"""Numbers below zero are refused; the value is what clearing leaves."""

_ENUMS = ("status", "credit_verification", "statement_type")
_MANDATORY = ("name", "status", "customer_class_id", "terms_id", "currency_id", "credit_verification", "statement_type")

_ADDRESSES = ("main_address", "invoice_address", "delivery_address")
_CONTACTS = ("main_contact", "invoice_contact", "delivery_contact")

_CLASS_FIELDS = frozenset(field.name for field in fields(CustomerClass)) - {"customer_class_id", "description"}
_CUSTOMER_FROM_CLASS = tuple(field for field in columns(Customer) if field in _CLASS_FIELDS)
_LOCATION_FROM_CLASS = tuple(field for field in columns(Location) if field in _CLASS_FIELDS)


def new_customer(sent: Sent, reference: Reference, *, parent: Parent | None, new_id: NewId) -> Customer:
    """A customer without number and ids: what was sent wins, the class gives the rest (CLS-01 to CLS-05).

    `parent` is the customer that `parent_number` names, None if there is none.
    """
    _check_mandatory(sent)
    if sent.get("name") is None:
        raise Refused("A customer needs a name.", field=("name",), hint="Send a text that is not blank.")
    customer_class = reference.customer_class(sent.get("customer_class_id"), ("customer_class_id",))
    blank = Customer(
        name=sent["name"],
        customer_class_id=customer_class.customer_class_id,
        terms_id=customer_class.terms_id,
        currency_id=customer_class.currency_id,
        main_address=Address(country_id=customer_class.country_id),
        location=Location(
            location_cd=DEFAULT_LOCATION,
            name=DEFAULT_LOCATION,
            customer_ledger_account=customer_class.customer_ledger_account,
        ),
    )
    customer = _with_sent(_with_class(blank, customer_class), sent, reference, new_id)
    customer = _with_parent(customer, sent, parent, has_children=False)
    _check_vat_zone(customer, customer_class)
    if reference.preferences.check_identifiers:
        identifiers.check(customer, None)
    return customer


def changed_customer(
    stored: Customer, sent: Sent, reference: Reference, *, parent: Parent | None, has_children: bool, new_id: NewId
) -> Customer:
    """`stored` with what was sent; equal to `stored` if nothing changes (CLS-03, CLS-04, CST-01).

    Only the database knows whether open documents forbid the status Inactive: the command asks it.
    """
    _check_same_number(stored, sent)
    _check_mandatory(sent)
    class_id = sent.get("customer_class_id", stored.customer_class_id)
    customer_class = reference.customer_class(class_id, ("customer_class_id",))
    base = replace(stored, customer_class_id=customer_class.customer_class_id)
    is_reclassified = base.customer_class_id != stored.customer_class_id
    if is_reclassified and sent.get("override_with_class_values"):
        base = _with_class(base, customer_class)
    customer = _with_sent(base, sent, reference, new_id)
    customer = _with_parent(customer, sent, parent, has_children)
    _check_inactive(stored, customer)
    if is_reclassified or customer.location.vat_zone_id != stored.location.vat_zone_id:
        _check_vat_zone(customer, customer_class)
    if reference.preferences.check_identifiers:
        identifiers.check(customer, stored)
    return customer


def becomes_inactive(stored: Customer, customer: Customer) -> bool:
    """Whether the change needs the proof that no document is open or unreleased (CST-01)."""
    return customer.status is Status.INACTIVE and stored.status is not Status.INACTIVE


def refuse_inactive(customer: Customer) -> Refused:
    """Refuses the status Inactive while documents are open or unreleased (CST-01)."""
    return Refused(
        f"Customer {customer.number} has open or unreleased documents and cannot become Inactive.",
        field=("status",),
        value=customer.status,
        hint="Close, void or delete its documents first, or send OnHold.",
    )


def becomes_of_another_currency(stored: Customer, customer: Customer) -> bool:
    """Whether the change is only allowed to a customer without documents (CUS-10)."""
    return customer.currency_id != stored.currency_id


def refuse_currency(stored: Customer, customer: Customer, sent: Sent) -> Refused:
    """The refusal of another currency, sent or taken from a class, for a customer with documents (CUS-10)."""
    return Refused(
        f"Customer {stored.number} has documents, so its currency stays {stored.currency_id}.",
        field=("currency_id",) if "currency_id" in sent else ("customer_class_id",),
        value=customer.currency_id,
        hint=f"Send {stored.currency_id} or leave the field out; make another customer for another currency.",
    )


def differences(stored: Customer | None, customer: Customer) -> dict[str, Any]:
    """What the change log tells of a customer; of its parent, the id."""
    return records.differences(stored, customer, without=("parent",))


# The ladder of refusals


def _check_same_number(stored: Customer, sent: Sent) -> None:
    number = (sent.get("number") or "").strip()
    if number and number.lower() != stored.number.lower():
        raise Refused(
            f"Customer {stored.number} keeps its number here.",
            field=("number",),
            value=number,
            hint=f"Leave the number out or send {stored.number}.",
        )


def _check_mandatory(sent: Sent) -> None:
    for name in _MANDATORY:
        if name in sent and (sent[name] is None or not str(sent[name]).strip()):
            raise Refused(
                "This field cannot be empty.", field=(name,), hint="Send a value, or leave the field out to keep it."
            )


def _check_vat_zone(customer: Customer, customer_class: CustomerClass) -> None:
    if customer_class.vat_zone_required and customer.location.vat_zone_id is None:
        raise Refused(
            f"The customer class {customer_class.customer_class_id} requires a VAT zone.",
            field=("vat_zone_id",),
            hint="Send a VAT zone or another class.",
        )


def _check_inactive(stored: Customer, customer: Customer) -> None:
    if standing.may(stored.status, "edit"):
        return
    changed = differences(stored, replace(customer, status=stored.status))
    if changed:
        raise Refused(
            f"Customer {stored.number} is {stored.status}: only its status can be changed.",
            field=(next(iter(changed)),),
            hint="Send the status Active first, by itself.",
        )


# Putting together


def _with_class(customer: Customer, customer_class: CustomerClass) -> Customer:
    """All fields that a class supplies (CLS-02); the country stays (CLS-03)."""
    location = replace(customer.location, **{name: getattr(customer_class, name) for name in _LOCATION_FROM_CLASS})
    customer = replace(
        customer, location=location, **{name: getattr(customer_class, name) for name in _CUSTOMER_FROM_CLASS}
    )
    return collections.with_payment_method(customer, customer_class.payment_method_id)


def _with_sent(customer: Customer, sent: Sent, reference: Reference, new_id: NewId) -> Customer:
    before = customer
    customer = replace(customer, **_plain_values(sent, reference), **_codes(customer, sent, reference))
    customer = replace(customer, location=_location(before.location, sent, reference))
    for name in _ADDRESSES:
        if name in sent:
            customer = _with_address(customer, before, name, sent[name], reference)
    for name in _CONTACTS:
        if name in sent:
            customer = _with_contact(customer, before, name, sent[name])
    if "e_invoice_contract" in sent:
        contract = sent["e_invoice_contract"] or _NO_CONTRACT
        customer = _replaced(customer, {f"e_invoice_{part}": value or None for part, value in contract.items()})
    if "default_payment_method" in sent:
        customer = collections.with_sent_payment_method(customer, sent["default_payment_method"], reference)
    if sent.get("attributes"):
        customer = collections.with_attributes(customer, sent["attributes"], reference)
    if sent.get("direct_debits"):
        customer = collections.with_direct_debits(customer, sent["direct_debits"], reference, new_id)
    return customer


_NO_CONTRACT = {"contract_id": None, "intermediator_id": None}


def _plain_values(sent: Sent, reference: Reference) -> dict[str, Any]:
    values: dict[str, Any] = {name: sent[name] for name in (*_ENUMS, "name") if name in sent}
    values |= {name: bool(sent[name]) for name in _FLAGS if name in sent}
    values |= {name: sent[name] or None for name in _TEXTS if name in sent}
    for name, cleared in _FIGURES.items():
        if name in sent:
            values[name] = _not_negative(cleared if sent[name] is None else sent[name], (name,))
    if "credit_limit" in values:
        values["credit_limit"] = in_currency(values["credit_limit"], reference.base_decimals, ("credit_limit",))
    return values


def _not_negative(value: Any, field: FieldPath) -> Any:
    if value is not None and value < 0:
        raise Refused("This number cannot be below zero.", field=field, value=value, hint="Send 0 or more.")
    return value


def _codes(customer: Customer, sent: Sent, reference: Reference) -> dict[str, Any]:
    choices = {"terms_id": reference.terms_id, "currency_id": reference.currency_id}
    return {
        name: kept_or(choose, sent[name], getattr(customer, name), (name,))
        for name, choose in choices.items()
        if name in sent
    }


def _location(location: Location, sent: Sent, reference: Reference) -> Location:
    values: dict[str, Any] = {name: sent[name] or None for name in _LOCATION_TEXTS if name in sent}
    if "vat_zone_id" in sent:
        zone_id = sent["vat_zone_id"]
        values["vat_zone_id"] = kept_or(reference.vat_zone_id, zone_id, location.vat_zone_id, ("vat_zone_id",))
    location = replace(location, **values)
    if sent.get("gl_accounts"):
        location = collections.with_accounts(location, sent["gl_accounts"], reference)
    return location


def _with_address(
    customer: Customer, before: Customer, name: str, parts: Sent | None, reference: Reference
) -> Customer:
    """The customer after the parts of an address were sent; an address of None follows the main one (CUS-04).

    An address that follows still follows if it is sent as it was shown: clients send whole customers back. Otherwise it
    becomes the customer's own, which starts as a copy of the main one.
    """
    if parts is None:
        return _following_main(customer, name)
    values: dict[str, Any] = {part: value or None for part, value in parts.items()}
    own: Address | None = getattr(before, name)
    shown = own or before.main_address
    if "country_id" in values:
        field = (name, "country_id")
        values["country_id"] = country_after(values["country_id"], shown.country_id, reference, field)
    if own is None and before.customer_id is not None and replace(shown, **values) == shown:
        return customer
    start = own or replace(customer.main_address, address_id=None)
    return _replaced(customer, {name: replace(start, **values)})


def _with_contact(customer: Customer, before: Customer, name: str, parts: Sent | None) -> Customer:
    """The customer after the parts of a contact were sent. It follows the main one as an address does (CUS-04)."""
    if parts is None:
        return _following_main(customer, name)
    values: dict[str, Any] = {part: value or None for part, value in parts.items()}
    own: ContactDetails | None = getattr(before, name)
    shown = own or before.main_contact
    check_mail(values.get("email"), shown.email, (name, "email"))
    if own is None and before.customer_id is not None and replace(shown, **values) == shown:
        return customer
    start = own or replace(customer.main_contact, contact_id=None)
    return _replaced(customer, {name: replace(start, **values)})


def _following_main(customer: Customer, name: str) -> Customer:
    if name.startswith("main_"):
        hint = "Send the parts that change; a part that is null is cleared."
        raise Refused("This field cannot be empty.", field=(name,), hint=hint)
    return _replaced(customer, {name: None})


def _replaced(customer: Customer, values: dict[str, Any]) -> Customer:
    return replace(customer, **values)


def _with_parent(customer: Customer, sent: Sent, parent: Parent | None, has_children: bool) -> Customer:
    """Two levels only: a parent has no parent, a child has no children (PAR-01)."""
    if "parent_number" not in sent:
        return customer
    number = (sent["parent_number"] or "").strip()
    if not number:
        return replace(customer, parent=None, parent_customer_id=None)
    field = ("parent_number",)
    if parent is None:
        raise UnknownReference(field=field, value=number, hint="Send the number of a customer, or null for none.")
    if parent.customer_id == customer.parent_customer_id:
        return customer
    if parent.customer_id == customer.customer_id:
        raise Refused("A customer cannot be its own parent.", field=field, value=number, hint="Send another customer.")
    if parent.parent_customer_id is not None:
        raise Refused(
            f"Customer {parent.number} has a parent itself, so it cannot be one.",
            field=field,
            value=number,
            hint="Send a customer that has no parent.",
        )
    if has_children:
        raise Refused(
            f"Customer {customer.number} is a parent, so it cannot have one.",
            field=field,
            value=number,
            hint="Send null.",
        )
    return replace(customer, parent=parent, parent_customer_id=parent.customer_id)
