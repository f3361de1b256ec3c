"""Charges on a payment: the bank's costs, and income that came with the money (CHG)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from reskontra.currencies.rules import in_currency, to_base
from reskontra.errors import FieldPath, Malformed, Refused
from reskontra.money import ZERO
from reskontra.operations import LineOperation
from reskontra.payment_methods.rules import Direction, EntryType
from reskontra.payments.payment import Basis, Charge, Payment
from reskontra.records import replace
from reskontra.reference.reference import Reference, control_account_refused


def charges_after(payment: Payment, sent: Sequence[Mapping[str, Any]], basis: Basis) -> tuple[Charge, ...]:
    """The charges of a draft after a request (CHG-01). Those that stand get their base amounts anew."""
    charges = {charge.line_number: charge for charge in payment.charges}
    for position, line in enumerate(sent):
        field: FieldPath = ("charges", position)
        operation = line.get("operation") or (
            LineOperation.UPDATE if line.get("line_number") is not None else LineOperation.INSERT
        )
        if operation == LineOperation.NOTHING:
            continue
        if operation == LineOperation.INSERT:
            added = max(charges, default=0) + 1
            charges[added] = _charge(payment, None, added, line, basis=basis, field=field)
            continue
        number = line.get("line_number")
        if number is None or number not in charges:
            raise Refused(
                "There is no such charge.",
                field=(*field, "line_number"),
                value=number,
                hint=f"Charges: {', '.join(map(str, charges)) or 'none'}.",
            )
        if operation == LineOperation.DELETE:
            del charges[number]
        else:
            charges[number] = _charge(payment, charges[number], number, line, basis=basis, field=field)
    decimals = basis.reference.base_decimals
    charged = tuple(
        replace(charge, amount_base=to_base(charge.amount, payment.rate, decimals)) for charge in charges.values()
    )
    _check_deducted(payment, charged)
    return charged


def total_of(charges: Iterable[Charge]) -> Decimal:
    """What charges cost in all, less the income among them (CHG-02)."""
    return sum((it.amount if it.direction == Direction.DISBURSEMENT else -it.amount for it in charges), ZERO)


def _charge(
    payment: Payment, before: Charge | None, number: int, line: Mapping[str, Any], *, basis: Basis, field: FieldPath
) -> Charge:
    # CHG-04: the line's own account counts before the entry type's, and neither may be a control account.
    reference = basis.reference
    kind = _entry_type(payment, line.get("entry_type_id") or (before.entry_type_id if before else None), basis, field)
    amount = line.get("amount") if line.get("amount") is not None else (before.amount if before else None)
    if amount is not None:
        amount = in_currency(amount, reference.decimals_of(payment.currency_id), (*field, "amount"))
    if amount is None or amount <= ZERO:
        raise Malformed("A charge needs an amount above 0.", field=(*field, "amount"), hint="Send its amount.")
    wanted = line.get("account_number") or (
        before.account_number if before and before.entry_type_id == kind.entry_type_id else kind.account_number
    )
    account = _account(wanted, kind.direction, reference, (*field, "account_number"))
    description = line.get("description") if "description" in line else (before.description if before else None)
    return Charge(
        line_number=number,
        entry_type_id=kind.entry_type_id,
        direction=kind.direction,
        account_number=account,
        subaccount_id=_subaccount(line, before, basis, field),
        description=description or kind.description,
        amount=amount,
        is_deducted=kind.deduct_from_payment,
    )


def _account(wanted: str, direction: Direction, reference: Reference, field: FieldPath) -> str:
    account = reference.active_account(wanted, field).account_number
    if account in reference.control_accounts:
        fits = "Expense" if direction == Direction.DISBURSEMENT else "Income"
        raise control_account_refused(account, field, what="no charge can", account_type=fits)
    return account


def _entry_type(payment: Payment, sent: str | None, basis: Basis, field: FieldPath) -> EntryType:
    known = basis.reference.cash_accounts[payment.cash_account or ""].entry_types
    found = next((it for it in known if sent and it.entry_type_id.lower() == sent.lower()), None)
    if found is None:
        path, hint = (*field, "entry_type_id"), f"Send one of: {', '.join(it.entry_type_id for it in known)}."
        if not known:
            hint = f"None is set up for the cash account {payment.cash_account}: leave the charge out."
        if not sent:
            raise Malformed("A charge needs an entry type.", field=path, hint=hint)
        raise Refused(
            f"The cash account {payment.cash_account} has no such entry type.", field=path, value=sent, hint=hint
        )
    return found


def _subaccount(line: Mapping[str, Any], before: Charge | None, basis: Basis, field: FieldPath) -> int:
    subaccounts, sent = basis.reference.subaccounts, line.get("subaccount")
    if not sent:
        return before.subaccount_id if before else subaccounts.default_id
    return subaccounts.in_use(sent, (*field, "subaccount"))


def _check_deducted(payment: Payment, charges: Sequence[Charge]) -> None:
    """What the bank takes out of the payment is no more than the payment (CHG-05)."""
    costs = [it for it in charges if it.is_deducted and it.direction == Direction.DISBURSEMENT]
    deducted = sum((it.amount for it in costs), ZERO)
    if payment.kind.balance_sign < 0 and deducted > payment.amount:
        raise Refused(
            f"Charges of {deducted:f} cannot be deducted from a payment of {payment.amount:f}.",
            field=("charges",),
            value=f"{deducted:f}",
            hint=f"Send at most {payment.amount:f}, or an entry type that is not deducted.",
        )
