"""What a payment method is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MeansOfPayment(StrEnum):
    """How the money moves, as the wire names it."""

    CREDIT_CARD = "CreditCard"
    CASH_OR_CHECK = "CashOrCheck"
    DIRECT_DEPOSIT = "DirectDeposit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """A way to be paid, and the account that receives the money."""

    payment_method_id: str
    description: str
    active: bool = True
    cash_account: str | None = None
    means_of_payment: MeansOfPayment | None = None
