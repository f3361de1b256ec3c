"""What a customer has several of: accounts, payment methods, attributes and mandates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from reskontra.accounts.rules.accounts import AccountType
from reskontra.attributes.rules import attribute_value
from reskontra.codes import kept_or, refuse_unless
from reskontra.currencies.rules import in_currency
from reskontra.customers.customer import Customer, DirectDebit, Location
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.operations import LineOperation
from reskontra.records import columns, replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]


# Accounts


def with_accounts(location: Location, sent: Sent, reference: Reference) -> Location:
    """The location with the accounts that were sent as numbers, and subaccounts as segments (CUS-06)."""
    values: dict[str, Any] = {}
    for name, value in sent.items():
        field = ("gl_accounts", name)
        if not name.endswith("_subaccount"):
            values[name] = kept_or(_account_number(name, reference), value, getattr(location, name), field)
        elif value:
            values[f"{name}_id"] = reference.subaccounts.in_use(value, field)
    if values.get("customer_ledger_account", "") is None:
        raise Refused(
            "This field cannot be empty.",
            field=("gl_accounts", "customer_ledger_account"),
            hint="Send an account, or leave the field out to keep it.",
        )
    return replace(location, **values)


_SALES_ACCOUNTS = ("sales_account", "sales_non_taxable_account", "sales_eu_account", "sales_export_account")
_BALANCE_TYPES = {
    "customer_ledger_account": (AccountType.ASSET,),
    "prepayment_account": (AccountType.LIABILITY, AccountType.ASSET),
}


def _account_number(name: str, reference: Reference) -> Callable[[str, FieldPath], str]:
    """How the account of `name` is chosen: receivables are an asset, sales do not go to a control account."""

    def choose(sent: str, field: FieldPath) -> str:
        if name in _SALES_ACCOUNTS:
            return reference.sales_account(sent, field).account_number
        return reference.account_of_type(sent, _BALANCE_TYPES.get(name, tuple(AccountType)), field).account_number

    return choose


# Payment methods


def with_payment_method(customer: Customer, method_id: str | None) -> Customer:
    """The customer with `method_id` as its default payment method (None: without default)."""
    methods = customer.payment_methods
    if method_id is not None and method_id not in methods:
        methods = tuple(sorted((*methods, method_id)))
    return replace(customer, payment_methods=methods, default_payment_method_id=method_id)


def with_sent_payment_method(customer: Customer, sent: Sent | None, reference: Reference) -> Customer:
    """The customer with the payment method that was sent; if `is_default` is false, not as the default one.

    A new customer keeps its class's method if none is named (X7).
    """
    if customer.customer_id is None and "payment_method_id" not in (sent or {}):
        return customer
    method_id = (sent or {}).get("payment_method_id", customer.default_payment_method_id if sent else None)
    if method_id is None or not method_id.strip():
        return with_payment_method(customer, None)
    field = ("default_payment_method", "payment_method_id")
    known = {stored.lower(): stored for stored in customer.payment_methods}
    method_id = kept_or(reference.payment_method_id, method_id, known.get(method_id.strip().lower()), field)
    default = customer.default_payment_method_id
    changed = with_payment_method(customer, method_id)
    if (sent or {}).get("is_default", True):
        is_usable = method_id == default or method_id not in customer.closed_payment_methods
        refuse_unless(is_usable, f"payment method of customer {customer.number}", method_id, field)
        return changed
    return replace(changed, default_payment_method_id=None if default == method_id else default)


# Attributes


def with_attributes(customer: Customer, sent: Sequence[Sent], reference: Reference) -> Customer:
    """The customer with the values that were sent; null or "" removes one. Combos take their options only."""
    values = dict(customer.attributes)
    for position, line in enumerate(sent):
        field = ("attributes", position)
        sent_id = (line.get("attribute_id") or "").strip()
        attribute = reference.attributes[reference.attribute_id(sent_id, (*field, "attribute_id"))]
        if "value" not in line:
            continue
        if line["value"]:
            values[attribute.attribute_id] = attribute_value(
                attribute, line["value"], (*field, "value"), stored=customer.attributes.get(attribute.attribute_id, "")
            )
        else:
            values.pop(attribute.attribute_id, None)
    return replace(customer, attributes=dict(sorted(values.items())))


# Mandates to collect


_MANDATE_FIELDS = frozenset(field for field in columns(DirectDebit)) - {"direct_debit_id"}
_NO_ID = "00000000-0000-0000-0000-000000000000"
_MANDATE_FLAGS = frozenset({"is_default", "one_time"})


def with_direct_debits(
    customer: Customer, sent: Sequence[Sent], reference: Reference, new_id: Callable[[], str]
) -> Customer:
    """The customer with mandates inserted, updated and deleted by id; at most one is the default one.

    Without an operation a known id is updated and anything else inserted, under the id that was sent if it is a GUID;
    Insert of a known id updates it.
    """
    mandates = {mandate.direct_debit_id.lower(): mandate for mandate in customer.direct_debits}
    for position, line in enumerate(sent):
        field = ("direct_debits", position)
        sent_id = (line.get("direct_debit_id") or "").strip()
        stored = mandates.get(sent_id.lower())
        operation = line.get("operation") or LineOperation.INSERT
        if operation is LineOperation.NOTHING:
            continue
        if operation is not LineOperation.INSERT and stored is None:
            raise UnknownReference(
                field=(*field, "direct_debit_id"),
                value=sent_id,
                hint="Send the id of one of the customer's direct debit lines, or insert the line.",
            )
        if operation is LineOperation.DELETE:
            del mandates[sent_id.lower()]
            continue
        standing = stored or DirectDebit(direct_debit_id=_sent_id(sent_id, (*field, "direct_debit_id")) or new_id())
        mandate = _mandate(standing, line, reference, field)
        if line.get("max_amount") is not None and mandate.max_amount is not None:
            places = reference.decimals_of(customer.currency_id)
            mandate = replace(mandate, max_amount=in_currency(mandate.max_amount, places, (*field, "max_amount")))
        if mandate.is_default and line.get("is_default"):
            mandates = {key: replace(other, is_default=False) for key, other in mandates.items()}
        mandates[mandate.direct_debit_id.lower()] = mandate
    return replace(customer, direct_debits=tuple(sorted(mandates.values(), key=lambda it: it.direct_debit_id)))


def _sent_id(sent: str, field: FieldPath) -> str | None:
    """The id that a client gave to a new line; None if it gave none, or the one that typed clients send for none."""
    try:
        given = UUID(sent or _NO_ID)
    except ValueError:
        raise Refused(
            "The id of a direct debit line is a GUID.",
            field=field,
            value=sent,
            hint="Send a new GUID, or leave the id out to be given one.",
        ) from None
    return str(given) if given.int else None


def _mandate(mandate: DirectDebit, line: Sent, reference: Reference, field: FieldPath) -> DirectDebit:
    values: dict[str, Any] = {}
    for name in _MANDATE_FIELDS & line.keys():
        value = line[name]
        values[name] = bool(value) if name in _MANDATE_FLAGS else None if value == "" else value
    if "branch_number" in values:
        branch = values["branch_number"]
        values["branch_number"] = kept_or(_branch(reference), branch, mandate.branch_number, (*field, "branch_number"))
    if values.get("max_amount") is not None and values["max_amount"] < 0:
        raise Refused(
            "This amount cannot be below zero.",
            field=(*field, "max_amount"),
            value=values["max_amount"],
            hint="Send 0 or more.",
        )
    return replace(mandate, **values)


def _branch(reference: Reference) -> Callable[[str, FieldPath], str]:
    return lambda sent, field: reference.active_branch(sent, field).branch_number
