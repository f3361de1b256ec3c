"""The entries that a receivables document makes in the general ledger, from accounts and amounts alone.

Every set of entries balances in base currency and, apart from differences of conversion and rounding, in the
document's currency (GL-06, invariant 23).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from reskontra.accounts.rules.accounts import AccountType
from reskontra.errors import Refused
from reskontra.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An amount that belongs on one account; above zero it is on the side that the caller means.

    The last four are the batch's own if they are None: parts of one document share customer, currency and rate.
    """

    account_number: str
    subaccount_id: int
    branch_number: str
    amount: Decimal
    amount_base: Decimal
    purpose: str
    vat_id: str | None = None
    customer_id: int | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    moves_document_id: int | None = None
    """The document whose open balance it moves, for a receivable or a prepayment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of a batch: exactly one side is above zero in each currency, the other is zero.

    Customer, currency and rate are None if they are the batch's own.
    """

    line_number: int
    account_number: str
    subaccount_id: int
    branch_number: str
    debit: Decimal
    credit: Decimal
    debit_base: Decimal
    credit_base: Decimal
    purpose: str
    vat_id: str | None = None
    customer_id: int | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    moves_document_id: int | None = None


def batch_header(
    *,
    description: str,
    document: tuple[str, str],
    customer_id: int,
    currency_id: str,
    exchange_rate: Decimal,
    on: tuple[date, str],
    entries: Iterable[Entry],
    auto_post: bool,
) -> dict[str, Any]:
    """A batch's header, and what all its entries share, as `posting.store.writing.batch_and_entries` takes it.

    `document` is the type and number it is in the name of, `on` its date and period.
    """
    day, period_id = on
    return {
        "period_id": period_id,
        "batch_date": day,
        "description": description,
        "status": "Posted" if auto_post else "Unposted",
        "currency_id": currency_id,
        "exchange_rate": exchange_rate,
        "document_type": document[0],
        "document_number": document[1],
        "customer_id": customer_id,
        "total_base": sum(entry.debit_base for entry in entries),
    }


def receivable_entries(
    sign: int,
    receivable: Part,
    parts: Sequence[Part],
    *,
    rounding: Decimal,
    rounding_gain_account: str | None,
    rounding_loss_account: str | None,
    more: Sequence[tuple[Part, int]] = (),
) -> tuple[Entry, ...]:
    """Debit the receivable, credit revenue and VAT (`sign` +1), or the mirror of it for a credit (`sign` -1).

    `rounding` is the document's own rounding difference in its currency. What conversion leaves in base currency goes
    with it: a credit is a gain for the company, a debit a loss (CUR-04), in the document's currency where base currency
    has nothing. Parts with the same account, subaccount, branch and VAT id become one entry (GL-03). Parts of zero make
    no entry. `more` are further entries, each with its side (+1 debit, -1 credit), that balance among themselves.

    Raises ValueError if the parts do not add up to the receivable in document currency: that is a bug of the caller,
    not a rounding difference.
    """
    merged = _merged(parts)
    if sum((part.amount for part in merged), rounding) != receivable.amount:
        raise ValueError(f"the parts of the document do not add up to {receivable.amount}")
    difference = receivable.amount_base - sum((part.amount_base for part in merged), ZERO)
    if rounding or difference:
        merged.append(
            _rounding_part(
                sign,
                receivable,
                rounding,
                difference,
                gain_account=rounding_gain_account,
                loss_account=rounding_loss_account,
            )
        )
    return entries_of([(receivable, sign), *((part, -sign) for part in merged), *more])


def entries_of(parts: Iterable[tuple[Part, int]]) -> tuple[Entry, ...]:
    """The entries of parts with their sides (+1 debit, -1 credit), in their order; parts of zero make none."""
    filled = [(part, side) for part, side in parts if part.amount or part.amount_base]
    return tuple(_entry(position, part, side) for position, (part, side) in enumerate(filled, 1))


def _merged(parts: Iterable[Part]) -> list[Part]:
    sums: dict[tuple[str, int, str, str, str | None], tuple[Decimal, Decimal]] = {}
    for part in parts:
        key = (part.account_number, part.subaccount_id, part.branch_number, part.purpose, part.vat_id)
        amount, amount_base = sums.get(key, (ZERO, ZERO))
        sums[key] = (amount + part.amount, amount_base + part.amount_base)
    return [
        Part(
            account_number=account_number,
            subaccount_id=subaccount_id,
            branch_number=branch_number,
            amount=amount,
            amount_base=amount_base,
            purpose=purpose,
            vat_id=vat_id,
        )
        for (account_number, subaccount_id, branch_number, purpose, vat_id), (amount, amount_base) in sums.items()
    ]


def _rounding_part(
    sign: int,
    receivable: Part,
    rounding: Decimal,
    difference: Decimal,
    *,
    gain_account: str | None,
    loss_account: str | None,
) -> Part:
    account_number = gain_account if sign * (difference or rounding) >= ZERO else loss_account
    if account_number is None:
        raise Refused(
            "The currency has no account for rounding differences.",
            field=("currency_id",),
            hint="Set a rounding gain and a rounding loss account on the currency first.",
        )
    return Part(
        account_number=account_number,
        subaccount_id=receivable.subaccount_id,
        branch_number=receivable.branch_number,
        amount=rounding,
        amount_base=difference,
        purpose="rounding",
    )


def _entry(position: int, part: Part, side: int) -> Entry:
    amount, amount_base = part.amount * side, part.amount_base * side
    return Entry(
        line_number=position,
        account_number=part.account_number,
        subaccount_id=part.subaccount_id,
        branch_number=part.branch_number,
        debit=max(amount, ZERO),
        credit=max(-amount, ZERO),
        debit_base=max(amount_base, ZERO),
        credit_base=max(-amount_base, ZERO),
        purpose=part.purpose,
        vat_id=part.vat_id,
        customer_id=part.customer_id,
        currency_id=part.currency_id,
        exchange_rate=part.exchange_rate,
        moves_document_id=part.moves_document_id,
    )


_CREDIT_SIDE = (AccountType.LIABILITY, AccountType.INCOME)


def balance_on_own_side(debit_less_credit: Decimal, account_type: AccountType) -> Decimal:
    """A balance as its account counts it: debits increase assets and costs, credits liabilities and income."""
    return -debit_less_credit if account_type in _CREDIT_SIDE else debit_less_credit


RESULT_TYPES = (AccountType.INCOME, AccountType.EXPENSE)
"""Accounts of these types begin each year at zero, their sum having gone into the year's result."""
