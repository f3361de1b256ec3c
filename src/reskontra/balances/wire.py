"""How the figures of customers look on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from reskontra.balances.store.ageing import Aged
from reskontra.balances.store.customers import Balance
from reskontra.balances.store.periods import Movements
from reskontra.balances.store.standing import Overview, Standing, Totals
from reskontra.receivables.store.for_balances import LAST_DAYS
from reskontra.receivables.wire.ageing import BucketAnswer, bucket_answers
from reskontra.receivables.wire.as_of import Asked
from reskontra.reference.reference import Reference
from reskontra.web.wire import Answer, DayOut, MomentOut, day_text, field, local_text

_MONEY = Decimal("0.0001")
_NONE = Decimal("0.0000")


class BalanceCustomerAnswer(Answer):
    """Whose figures they are."""

    internal_id: int
    number: str
    name: str


class BalanceAnswer(Answer, kw_only=True):
    """What a customer owes and has bought, in base currency."""

    customer: BalanceCustomerAnswer
    balance: Decimal
    open_orders: Decimal = field(name="totalOrder")
    loans: Decimal = field(name="totalLoan")
    sales_in_period: Decimal = field(name="totalSalePeriod")
    sales_in_year: Decimal = field(name="totalSaleYear")
    discounts_in_period: Decimal = field(name="totalDiscountPeriod")
    discounts_in_year: Decimal = field(name="totalDiscountYear")
    modified_at: MomentOut = field(name="lastModified")


class BalanceBranchAnswer(Answer):
    """The branch of the documents."""

    number: str
    name: str | None = None


class MovementsAnswer(Answer, kw_only=True):
    """What a customer owed on the documents of a branch before the first period and after the last, and what moved it.

    In base currency. beginBalance + sales - paymentsAndPrepayments + adjustmentsAndDiscounts + overdueCharges is
    yearToDateBalance.
    """

    branch: BalanceBranchAnswer = field(name="branchNumber")
    customer: BalanceCustomerAnswer
    beginning: Decimal = field(name="beginBalance")
    sales: Decimal
    payments: Decimal = field(name="paymentsAndPrepayments")
    adjustments: Decimal = field(name="adjustmentsAndDiscounts")
    charges: Decimal = field(name="overdueCharges")
    ending: Decimal = field(name="yearToDateBalance")


class AgedCustomerAnswer(Answer):
    """Whose balance it is."""

    number: str
    name: str


class AgeingAnswer(Answer, kw_only=True):
    """What a customer owed on a date in base currency, and how long it had been due. The buckets add up to it."""

    customer: AgedCustomerAnswer
    as_of: DayOut
    currency: str
    balance: Decimal
    buckets: list[BucketAnswer]


class StandingAnswer(Answer, kw_only=True):
    """How a customer stands, in base currency."""

    customer: AgedCustomerAnswer
    status: str
    customer_class: str
    currency: str
    balance: Decimal
    overdue: Decimal
    oldest_due_date: DayOut | None = None
    overdue_days: int
    dunning_level: int
    credit_limit: Decimal | None = None
    credit_left: Decimal | None = None
    buckets: list[BucketAnswer]


class StandingTotalAnswer(Answer, kw_only=True):
    """How the customers of a selection stand together, in base currency."""

    count: int
    balance: Decimal
    overdue: Decimal
    buckets: list[BucketAnswer]


class MonthAnswer(Answer):
    """What was sold in a month, VAT included, and what of it is open."""

    month: str
    billed: Decimal
    open: Decimal


class OverviewAnswer(Answer, kw_only=True):
    """What waits today, and what was sold by month; amounts in base currency."""

    today: DayOut
    currency: str
    unreleased: int
    old_drafts: int
    on_hold: int
    overdue: int
    credit_exceeded: int
    paid_in_month: Decimal
    months: list[MonthAnswer]


def balance_answer(balance: Balance, zone: ZoneInfo) -> BalanceAnswer:
    """A customer's figures. Orders and loans do not exist here."""
    return BalanceAnswer(
        customer=BalanceCustomerAnswer(internal_id=balance.customer_id, number=balance.number, name=balance.name),
        balance=balance.balance.quantize(_MONEY),
        open_orders=_NONE,
        loans=_NONE,
        sales_in_period=balance.sales_in_period.quantize(_MONEY),
        sales_in_year=balance.sales_in_year.quantize(_MONEY),
        discounts_in_period=balance.discounts_in_period.quantize(_MONEY),
        discounts_in_year=balance.discounts_in_year.quantize(_MONEY),
        modified_at=local_text(balance.modified_at, zone),
    )


def movements_answer(moved: Movements, reference: Reference) -> MovementsAnswer:
    """A customer's movements on one branch."""
    branch = reference.branches.get(moved.branch_number)
    return MovementsAnswer(
        branch=BalanceBranchAnswer(number=moved.branch_number, name=branch.name if branch else None),
        customer=BalanceCustomerAnswer(internal_id=moved.customer_id, number=moved.number, name=moved.name),
        beginning=moved.beginning,
        sales=moved.sales,
        payments=moved.payments,
        adjustments=moved.adjustments,
        charges=moved.charges,
        ending=moved.ending,
    )


def ageing_answer(aged: Aged, asked: Asked, last_days: Sequence[int], currency_id: str) -> AgeingAnswer:
    """A customer's balance by age; `last_days` are those of each bucket but the last."""
    return AgeingAnswer(
        customer=AgedCustomerAnswer(number=aged.number, name=aged.name),
        as_of=day_text(asked.day),
        currency=currency_id,
        balance=aged.balance,
        buckets=list(_filled(aged, last_days)),
    )


def _filled(aged: Aged, last_days: Sequence[int]) -> Iterator[BucketAnswer]:
    amounts = [aged.buckets.get(position, _NONE) for position in range(len(last_days) + 1)]
    return bucket_answers(last_days, amounts)


def standing_answer(stands: Standing, today: date) -> StandingAnswer:
    """A customer's standing on a day."""
    oldest, limit = stands.oldest_due_date, stands.credit_limit
    return StandingAnswer(
        customer=AgedCustomerAnswer(number=stands.number, name=stands.name),
        status=stands.status,
        customer_class=stands.customer_class_id,
        currency=stands.currency_id,
        balance=stands.balance,
        overdue=stands.overdue,
        oldest_due_date=None if oldest is None else day_text(oldest),
        overdue_days=0 if oldest is None else (today - oldest).days,
        dunning_level=stands.dunning_level,
        credit_limit=limit,
        credit_left=None if limit is None else limit - stands.credit_used,
        buckets=list(bucket_answers(LAST_DAYS, stands.buckets)),
    )


def standing_total_answer(totals: Totals) -> StandingTotalAnswer:
    """The sums of a selection of customers."""
    return StandingTotalAnswer(
        count=totals.count,
        balance=totals.balance,
        overdue=totals.overdue,
        buckets=list(bucket_answers(LAST_DAYS, totals.buckets)),
    )


def overview_answer(overview: Overview, today: date, currency_id: str) -> OverviewAnswer:
    """What waits on a day."""
    return OverviewAnswer(
        today=day_text(today),
        currency=currency_id,
        unreleased=overview.unreleased,
        old_drafts=overview.old_drafts,
        on_hold=overview.on_hold,
        overdue=overview.overdue,
        credit_exceeded=overview.credit_exceeded,
        paid_in_month=overview.paid_in_month,
        months=[MonthAnswer(month=it.month, billed=it.billed, open=it.open) for it in overview.months],
    )
