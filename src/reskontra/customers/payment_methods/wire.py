"""How payment methods of customers are sent and shown (CPM-01)."""

from __future__ import annotations

from typing import ClassVar

from reskontra.customers.payment_methods.rules import CustomerMethod
from reskontra.customers.payment_methods.store import CustomerMethods
from reskontra.reference.reference import Reference
from reskontra.web.pairs import IdDescription, IdName
from reskontra.web.wire import UNSET, Answer, Body, Flag, Sent, Text30, Text255, UnsetType, etag_of, field, sent


class DetailUpdate(Body):
    """The value of a detail; null deletes it."""

    detail_id: Sent[Text30] = UNSET
    value: Sent[Text255] = UNSET


class CustomerMethodUpdate(Body):
    """What a customer says of a way to pay; what is absent stays as it is."""

    active: Sent[Flag] = UNSET
    cash_account: Sent[Text30] = sent("cashAccountId")
    details: list[DetailUpdate] | UnsetType | None = field(name="paymentMethodDetails", default=UNSET)


class CustomerMethodCreate(CustomerMethodUpdate):
    """A way to pay, of one customer."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"customer_number", "payment_method_id"})

    customer_number: Sent[Text30] = sent("customerId")
    payment_method_id: Sent[Text30] = UNSET


class DetailAnswer(Answer):
    """A detail of the method, and what the customer says of it."""

    detail_id: str | None = None
    description: str | None = None
    value: str | None = None


class CustomerMethodAnswer(Answer):
    """How a customer pays by one method."""

    customer: IdName | None = None
    payment_method: IdDescription | None = None
    active: bool | None = None
    cash_account: IdDescription | None = None
    identifier: str | None = field(name="cardOrAccountNo", default=None)
    details: list[DetailAnswer] | None = field(name="paymentMethodDetails", default=None)
    version: str | None = field(name="timeStamp", default=None)


class CustomerMethodsAnswer(Answer):
    """All ways in which a customer pays."""

    customer_number: str | None = field(name="customerId", default=None)
    methods: list[CustomerMethodAnswer] | None = field(name="paymentMethods", default=None)


def method_answer(method: CustomerMethod, reference: Reference) -> CustomerMethodAnswer:
    """A customer's payment method for the wire, with every detail that the method asks for."""
    of_company = reference.payment_methods[method.payment_method_id]
    account_number = method.cash_account or of_company.cash_account or ""
    account = reference.cash_accounts.get(account_number)
    identifier = next((detail.detail_id for detail in of_company.details if detail.is_identifier), "")
    return CustomerMethodAnswer(
        customer=IdName(id=method.customer_number, name=method.customer_name),
        payment_method=IdDescription(id=of_company.payment_method_id, description=of_company.description),
        active=method.active,
        cash_account=IdDescription(id=account_number, description=account.description) if account else None,
        identifier=method.details.get(identifier),
        details=[
            DetailAnswer(
                detail_id=detail.detail_id,
                description=detail.description,
                value=method.details.get(detail.detail_id),
            )
            for detail in of_company.details
        ],
        version=etag_of(method.version),
    )


def methods_answer(methods: CustomerMethods, reference: Reference) -> CustomerMethodsAnswer:
    """A customer with all its payment methods for the wire."""
    return CustomerMethodsAnswer(
        customer_number=methods.customer_number,
        methods=[method_answer(method, reference) for method in methods.methods],
    )
