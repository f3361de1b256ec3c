"""The cash account that money comes in on or goes out from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reskontra.codes import known
from reskontra.errors import FieldPath, Malformed, Refused
from reskontra.kinds import Kind

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


def check_cash_account(
    kind: Kind,
    account_number: str | None,
    currency_id: str,
    reference: Reference,
    changes: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Refuses a document without a cash account, or in another currency than its foreign one (PAY-05), and a refund
    from one that does not pay out (RFD-03). `changes` is what was sent, of which it names what is at fault."""
    field: FieldPath = ("cash_account",)
    if account_number is None:
        raise Malformed(
            f"The {kind.noun} has no cash account.",
            field=field,
            hint=f"Send one of: {', '.join(reference.cash_accounts) or 'none is set up'}.",
        )
    account = known(reference.cash_accounts, account_number, field, "cash accounts")
    if kind.is_money and kind.balance_sign > 0 and not account.pays_out:
        field, value = _at_fault(("cash_account", "payment_method_id"), changes, account_number)
        paying = [it.account_number for it in reference.cash_accounts.values() if it.pays_out]
        send = "Send" if field == ("cash_account",) else "Send a cash account too,"
        raise Refused(
            f"Nothing is paid out from the cash account {account_number}.",
            field=field,
            value=value,
            hint=f"{send} one of: {', '.join(paying) or 'none is set up'}.",
        )
    kept_in = account.currency_id
    if kept_in is not None and kept_in not in (currency_id, reference.base_currency):
        field, value = _at_fault(("cash_account", "payment_method_id", "currency_id"), changes, account_number)
        raise Refused(
            f"The cash account {account_number} is kept in {kept_in}, but this is in {currency_id}.",
            field=field,
            value=value,
            hint=f"Send a cash account that takes {currency_id}, or {kept_in} as the currency.",
        )


def _at_fault(names: Sequence[str], changes: Mapping[str, Any], account_number: str) -> tuple[FieldPath, str]:
    """The first of these fields that was sent, with its value; the cash account if none was."""
    name = next((it for it in names if changes.get(it)), None)
    return ((name,), str(changes[name])) if name else (("cash_account",), account_number)
