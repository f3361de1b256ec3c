"""Customer classes, statement cycles and reason codes, as a company file holds them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reskontra.money import ZERO


class CreditVerification(StrEnum):
    """How a customer's credit is checked (CRD-01)."""

    DISABLED = "Disabled"
    DAYS_PAST_DUE = "DaysPastDue"
    CREDIT_LIMIT = "CreditLimit"
    LIMIT_AND_DAYS = "LimitAndDaysPastDue"


class StatementType(StrEnum):
    """Whether a statement lists open documents or carries a balance forward."""

    OPEN_ITEM = "OpenItem"
    BALANCE_FORWARD = "BalanceBroughtForward"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerClass:
    """What a new customer gets for fields that are not sent (CLS-01, CLS-02)."""

    customer_class_id: str
    description: str
    terms_id: str
    currency_id: str
    customer_ledger_account: str
    currency_override: bool = False
    rate_type: str | None = None
    rate_override: bool = False
    payment_method_id: str | None = None
    vat_zone_id: str | None = None
    vat_zone_required: bool = False
    statement_cycle_id: str | None = None
    statement_type: StatementType = StatementType.OPEN_ITEM
    credit_verification: CreditVerification = CreditVerification.DISABLED
    credit_limit: Decimal = ZERO
    credit_days_past_due: int = 0
    overdue_charge: bool = False
    overdue_charge_code: str | None = None
    write_off_allowed: bool = False
    write_off_limit: Decimal = ZERO
    auto_apply: bool = False
    print_invoices: bool = False
    email_invoices: bool = False
    print_dunning_letters: bool = False
    email_dunning_letters: bool = False
    print_statements: bool = False
    email_statements: bool = False
    multi_currency_statements: bool = False
    locale: str | None = None
    country_id: str | None = None
    customer_ledger_subaccount_id: int | None = None
    sales_account: str | None = None
    sales_non_taxable_account: str | None = None
    sales_eu_account: str | None = None
    sales_export_account: str | None = None
    sales_subaccount_id: int | None = None
    discount_account: str | None = None
    discount_subaccount_id: int | None = None
    freight_account: str | None = None
    freight_subaccount_id: int | None = None
    cash_discount_account: str | None = None
    cash_discount_subaccount_id: int | None = None
    prepayment_account: str | None = None
    prepayment_subaccount_id: int | None = None


class StatementSchedule(StrEnum):
    """When statements are made (STM-01)."""

    WEEKLY = "Weekly"
    TWICE_A_MONTH = "TwiceAMonth"
    FIXED_DAY = "FixedDay"
    END_OF_MONTH = "EndOfMonth"
    END_OF_PERIOD = "EndOfPeriod"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementCycle:
    """When statements are made and how they age; `ageing_days` are the last days of each bucket (STM-01, STM-02)."""

    statement_cycle_id: str
    description: str
    schedule: StatementSchedule = StatementSchedule.END_OF_MONTH
    day_1: int = 0
    day_2: int = 0
    ageing_days: tuple[int, ...] = (0, 30, 60, 90)
    age_by_due_date: bool = True
    require_payment_application: bool = False
    require_overdue_charges: bool = False
    overdue_charge_code: str | None = None
    print_empty_statements: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCode:
    """Why an amount is written off, and the account it goes to."""

    reason_code_id: str
    description: str
    usage: str
    account_number: str
