"""What a customer's payment method is, how one is made from what was sent, and which one a document takes (CPM)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reskontra.codes import kept_or, known_codes, refuse_unless
from reskontra.customers.customer import OwnMethod, Payer, Status
from reskontra.customers.rules.standing import check_may
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.records import field, replace

if TYPE_CHECKING:
    from reskontra.payment_methods.rules import PaymentMethod
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]


class CustomerMethod(OwnMethod, frozen=True, kw_only=True):
    """A payment method of a customer, with its customer. Version 0: it came with the customer, nobody stored it."""

    customer_id: int
    customer_number: str
    customer_name: str
    customer_status: Status
    details: dict[str, str] = field(default_factory=dict)
    """Id of a detail of the method -> its value."""

    version: int = 0

    @property
    def key(self) -> str:
        """Its key in the change log."""
        return f"{self.customer_number}/{self.payment_method_id}"


def check_new(customer_number: str, status: Status, method: str, version: int) -> None:
    """Refuses a method that the customer has already; one that only came with it may still be stored (CPM-03)."""
    check_may(status, "edit", customer_number, ("customer_number",))
    if version:
        raise Refused(
            f"Customer {customer_number} has the payment method '{method}' already.",
            field=("payment_method_id",),
            value=method,
            hint=f"Change it with PUT /v1/customerpaymentmethod/{customer_number}/{method}.",
        )


def with_sent(method: CustomerMethod, sent: Sent, reference: Reference) -> CustomerMethod:
    """`method` with what was sent; equal to it if nothing changes."""
    check_may(method.customer_status, "edit", method.customer_number)
    values: dict[str, Any] = {}
    if "active" in sent:
        values["active"] = bool(sent["active"])
    if "cash_account" in sent:
        values["cash_account"] = kept_or(
            lambda code, path: reference.cash_account(code, path).account_number,
            sent["cash_account"],
            method.cash_account,
            ("cash_account",),
        )
    if sent.get("details"):
        company_method = reference.payment_methods[method.payment_method_id]
        values["details"] = _details(method.details, sent["details"], company_method)
    return replace(method, **values)


def _details(standing: Mapping[str, str], lines: Sequence[Sent], method: PaymentMethod) -> dict[str, str]:
    """The values after a request; null or an empty text deletes one."""
    known = {detail.detail_id.lower(): detail.detail_id for detail in method.details}
    values = dict(standing)
    for position, line in enumerate(lines):
        path = ("details", position, "detail_id")
        sent = (line.get("detail_id") or "").strip()
        if not sent:
            raise Refused("A detail needs its id.", field=path, hint=known_codes("details", known.values()))
        detail_id = known.get(sent.lower())
        if detail_id is None:
            raise UnknownReference(field=path, value=sent, hint=known_codes("details", known.values()))
        if "value" not in line:
            continue
        if line["value"]:
            values[detail_id] = line["value"]
        else:
            values.pop(detail_id, None)
    return dict(sorted(values.items()))


# What documents take


def default_method(payer: Payer) -> str | None:
    """The customer's default payment method, if it is in use with this customer (CPM-03)."""
    own = _own(payer, payer.default_payment_method_id)
    return payer.default_payment_method_id if own is None or own.active else None


def sent_method(payer: Payer, sent: str | None, path: FieldPath, reference: Reference) -> str | None:
    """The payment method that was sent, in use with the company and with this customer; None stays None."""
    method = reference.payment_method_id(sent, path)
    own = _own(payer, method)
    if own is not None:
        refuse_unless(own.active, f"payment method of customer {payer.number}", sent, path)
    return method


def cash_account_of(payer: Payer, method: str | None, reference: Reference) -> str | None:
    """The account that receives what the customer pays by a stored method: its own, else the method's."""
    own = _own(payer, method)
    return own.cash_account if own is not None and own.cash_account else reference.cash_account_of(method)


def _own(payer: Payer, method: str | None) -> OwnMethod | None:
    return next((own for own in payer.own_methods if own.payment_method_id == method), None)
