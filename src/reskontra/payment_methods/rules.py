"""What payment methods and cash accounts are."""

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


class Direction(StrEnum):
    """Whether an entry type brings money in or takes it out, as the wire names it."""

    RECEIPT = "Receipt"
    DISBURSEMENT = "Disbursement"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryType:
    """A kind of charge or income that comes with a payment, and the account it goes to (CHG-02)."""

    entry_type_id: str
    description: str
    direction: Direction
    account_number: str
    deduct_from_payment: bool = False
    """Whether the bank takes it out of the payment before it pays the rest in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CashAccount:
    """A place where money lies: an account of the general ledger, its currency, and what may be charged there.

    Without a currency it is kept in base currency, and payments in any currency may go there (PAY-05).
    """

    account_number: str
    description: str
    currency_id: str | None = None
    entry_types: tuple[EntryType, ...] = ()
