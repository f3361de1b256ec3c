"""What a customer's status and credit allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.customers.customer import Status
from reskontra.errors import FieldPath, Refused
from reskontra.reference.rules.classes import CreditVerification

_ALL = frozenset(Status)
_OPEN = _ALL - {Status.INACTIVE}
_TRADING = frozenset({Status.ACTIVE, Status.ONE_TIME})

MATRIX: Mapping[str, frozenset[Status]] = {
    "create_debit": _TRADING,
    "create_credit": _OPEN,
    "release_credit": _OPEN,
    "release_debit": _TRADING,
    "payment": _OPEN,
    "dunning": _OPEN,
    "overdue_charge": _OPEN - {Status.ON_HOLD},
    "edit": _OPEN,
}
"""Operation -> the statuses that allow it (CST-03). `create_debit` is an invoice, debit note or cash sale;
`create_credit` a credit note; `release_credit` also releases overdue charges; `payment` is to enter, release, void
or apply one."""

_WORDS = {
    "create_debit": "get a new invoice or debit note",
    "create_credit": "get a new credit note",
    "release_credit": "have a credit note released",
    "release_debit": "have an invoice or debit note released",
    "payment": "pay or be paid",
    "dunning": "be sent a dunning letter",
    "overdue_charge": "be charged for overdue documents",
    "edit": "be changed, apart from its status",
}


def may(status: Status, operation: str) -> bool:
    """Whether a customer of that status allows `operation`, a key of `MATRIX`."""
    return status in MATRIX[operation]


def check_may(status: Status, operation: str, number: str, field: FieldPath = ()) -> None:
    """Refuse unless the customer `number` of that status allows `operation` (CST-03)."""
    if may(status, operation):
        return
    passing = ", ".join(known for known in Status if may(known, operation))
    raise Refused(
        f"Customer {number} has the status {status} and cannot {_WORDS[operation]}.",
        field=field,
        value=number,
        hint=f"A customer must have one of these statuses for that: {passing}.",
    )


@dataclass(frozen=True, slots=True)
class CreditFailure:
    """Why credit is refused: `reason` names limit, balance and excess in base currency, or the days.

    `excess` is how much it is over the limit, zero if only the days test failed.
    """

    reason: str
    excess: Decimal


def credit_check(
    rule: CreditVerification,
    *,
    limit: Decimal,
    days_past_due: int,
    balance: Decimal,
    unreleased: Decimal,
    earliest_due_date: date | None,
    today: date,
    added_amount: Decimal,
) -> CreditFailure | None:
    """Whether an invoice or debit note of `added_amount` may be saved or released (CRD-01 to CRD-03).

    All amounts in base currency. `balance` and `unreleased` are the customer's without the document at hand;
    `earliest_due_date` is that of its open invoices, debit notes and charges, None when there is none.
    """
    failures = []
    excess = Decimal(0)
    if rule in (CreditVerification.CREDIT_LIMIT, CreditVerification.LIMIT_AND_DAYS):
        excess = balance + unreleased + added_amount - limit
        if excess > 0:
            failures.append(
                f"credit limit {limit:f}, balance {balance:f}, unreleased {unreleased:f}, "
                f"this document {added_amount:f}, excess {excess:f}"
            )
        excess = max(excess, Decimal(0))
    if rule in (CreditVerification.DAYS_PAST_DUE, CreditVerification.LIMIT_AND_DAYS) and earliest_due_date is not None:
        overdue = (today - earliest_due_date).days
        if overdue > days_past_due:
            failures.append(
                f"a document was due on {earliest_due_date.isoformat()}, {overdue} days ago, allowed {days_past_due}"
            )
    return CreditFailure(f"The credit check failed: {'; '.join(failures)}.", excess) if failures else None
