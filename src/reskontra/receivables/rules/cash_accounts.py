"""The cash account that money comes in on or goes out from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reskontra.codes import known
from reskontra.errors import Malformed, Refused
from reskontra.kinds import Kind

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


def check_cash_account(kind: Kind, account_number: str | None, currency_id: str, reference: Reference) -> None:
    """Refuses a document without a cash account, or in another currency than its foreign one (PAY-05), and a refund
    from one that does not pay out (RFD-03)."""
    field = ("cash_account",)
    if account_number is None:
        raise Malformed(
            f"The {kind.noun} has no cash account.",
            field=field,
            hint=f"Send one of: {', '.join(reference.cash_accounts) or 'none is set up'}.",
        )
    account = known(reference.cash_accounts, account_number, field, "cash accounts")
    if kind.is_money and kind.balance_sign > 0 and not account.pays_out:
        paying = [it.account_number for it in reference.cash_accounts.values() if it.pays_out]
        raise Refused(
            f"Nothing is paid out from the cash account {account_number}.",
            field=field,
            value=account_number,
            hint=f"Send one of: {', '.join(paying) or 'none is set up'}.",
        )
    kept_in = account.currency_id
    if kept_in is not None and kept_in not in (currency_id, reference.base_currency):
        raise Refused(
            f"The cash account {account_number} is kept in {kept_in}, but this is in {currency_id}.",
            field=field,
            value=account_number,
            hint=f"Send another cash account, or bill in {kept_in}.",
        )
