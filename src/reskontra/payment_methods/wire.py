"""How payment methods look on the wire."""

from __future__ import annotations

from reskontra.payment_methods.rules import MeansOfPayment, PaymentMethod
from reskontra.web.wire import Answer, field


class DetailAnswer(Answer):
    """A detail that a payment by this method requires, such as an account number. None are stored."""

    detail_id: str | None = field(name="detailID", default=None)
    description: str | None = None
    banking_detail_type: str | None = None


class PaymentMethodAnswer(Answer):
    """A way to be paid."""

    payment_method_id: str | None = field(name="paymentMethodID", default=None)
    active: bool | None = None
    means_of_payment: MeansOfPayment | None = None
    description: str | None = None
    used_for_suppliers: bool | None = field(name="useInAP", default=None)
    details: list[DetailAnswer] | None = None


def payment_method_answer(method: PaymentMethod) -> PaymentMethodAnswer:
    """A payment method for the wire. There are no payments to suppliers here, and no details are stored."""
    return PaymentMethodAnswer(
        payment_method_id=method.payment_method_id,
        active=method.active,
        means_of_payment=method.means_of_payment,
        description=method.description,
        used_for_suppliers=False,
        details=[],
    )
