"""How financial periods look on the wire."""

from __future__ import annotations

from reskontra.periods.store import ListedPeriod
from reskontra.web.wire import Answer, DayOut, day_text, field


class PeriodAnswer(Answer):
    """A financial period: its dates (both inclusive), and the ledgers in which it is closed."""

    year: int | None = None
    period_id: str | None = field(name="period", default=None)
    start_date: DayOut | None = None
    end_date: DayOut | None = None
    description: str | None = None
    active: bool | None = None
    closed_in_supplier_ledger: bool | None = None
    closed_in_customer_ledger: bool | None = None
    closed_in_inventory: bool | None = field(name="closedInInventoryManagement", default=None)
    closed_in_general_ledger: bool | None = None
    closed_in_cash_management: bool | None = None
    closed_in_fixed_assets: bool | None = None


def period_answer(period: ListedPeriod) -> PeriodAnswer:
    """A period for the wire. Ledgers that are not kept here count as closed when the general ledger is."""
    elsewhere = period.closed_in_general_ledger
    return PeriodAnswer(
        year=int(period.period_id[:4]),
        period_id=period.period_id,
        start_date=day_text(period.start_date),
        end_date=day_text(period.end_date),
        description=period.description,
        active=period.active,
        closed_in_supplier_ledger=elsewhere,
        closed_in_customer_ledger=period.closed_in_customer_ledger,
        closed_in_inventory=elsewhere,
        closed_in_general_ledger=period.closed_in_general_ledger,
        closed_in_cash_management=elsewhere,
        closed_in_fixed_assets=elsewhere,
    )
