"""What payment methods and cash accounts are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reskontra.errors import Refused


class MeansOfPayment(StrEnum):
    """How the money moves, as the wire names it."""

    CREDIT_CARD = "CreditCard"
    CASH_OR_CHECK = "CashOrCheck"
    DIRECT_DEPOSIT = "DirectDeposit"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethodDetail:
    """Something that a customer may say of its way to pay, such as the number of an account (CPM-01)."""

    detail_id: str
    description: str
    is_identifier: bool = False
    """Whether it tells the card or account itself; at most one detail of a method does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """A way to be paid, and the account that receives the money."""

    payment_method_id: str
    description: str
    active: bool = True
    cash_account: str | None = None
    means_of_payment: MeansOfPayment | None = None
    details: tuple[PaymentMethodDetail, ...] = ()


def check_payment_method(method: PaymentMethod) -> None:
    """Raises `Refused` if details have the same id in any case, or if two of them are the identifier."""
    seen: dict[str, str] = {}
    for position, detail in enumerate(method.details):
        field = ("details", position, "detail_id")
        folded = detail.detail_id.lower()
        if folded in seen:
            raise Refused(f"The detail {seen[folded]} stands there twice.", field=field, value=detail.detail_id)
        seen[folded] = detail.detail_id
    identifiers = [position for position, detail in enumerate(method.details) if detail.is_identifier]
    if len(identifiers) > 1:
        field = ("details", identifiers[1], "is_identifier")
        raise Refused("Another detail is the identifier.", field=field, value=True, hint="Leave one of them.")


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
    pays_out: bool = True
    """Whether refunds may be paid from it (RFD-03)."""

    entry_types: tuple[EntryType, ...] = ()
