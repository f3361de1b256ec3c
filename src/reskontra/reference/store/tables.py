"""The tables of reference data that have no room of their own, and the list of branches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, json_record
from reskontra.db.tables import Table
from reskontra.reference.rules.branches import Branch, Country
from reskontra.reference.rules.classes import CustomerClass, ReasonCode, StatementCycle
from reskontra.reference.rules.dunning_levels import DunningLevel, LegalRate
from reskontra.reference.rules.dunning_texts import DunningText
from reskontra.reference.rules.overdue_charges import ChargeRate, OverdueCharge
from reskontra.reference.rules.paper import Logo

BRANCH_TABLE = Table(
    "branches",
    "branch",
    Branch,
    ("branch_number",),
    entity="Branch",
    numbered="branch_id",
    detail=(
        "corporate_id", "vat_registration_id", "industry_code", "industry_description", "main_address", "main_contact",
        "delivery_address", "delivery_contact", "bank",
    ),
    moments=("modified_at",),
)  # fmt: skip
COUNTRY_TABLE = Table("countries", "country", Country, ("country_id",), entity="Country")
CUSTOMER_CLASS_TABLE = Table(
    "customer_classes",
    "customer_class",
    CustomerClass,
    ("customer_class_id",),
    entity="CustomerClass",
    moments=("modified_at",),
)
STATEMENT_CYCLE_TABLE = Table(
    "statement_cycles",
    "statement_cycle",
    StatementCycle,
    ("statement_cycle_id",),
    entity="StatementCycle",
    detail=(
        "schedule", "day_1", "day_2", "ageing_days", "age_by_due_date", "require_payment_application",
        "require_overdue_charges", "overdue_charge_code", "print_empty_statements",
    ),
)  # fmt: skip
REASON_CODE_TABLE = Table("reason_codes", "reason_code", ReasonCode, ("reason_code_id",), entity="ReasonCode")
OVERDUE_CHARGE_TABLE = Table(
    "overdue_charges",
    "overdue_charge",
    OverdueCharge,
    ("overdue_charge_id",),
    entity="OverdueCharge",
    parts=(Table("rates", "overdue_charge_rate", ChargeRate, ("start_date",)),),
)
DUNNING_LEVEL_TABLE = Table("dunning_levels", "dunning_level", DunningLevel, ("level",), entity="DunningLevel")
DUNNING_TEXT_TABLE = Table("dunning_texts", "dunning_text", DunningText, ("level", "language"), entity="DunningText")
LOGO_TABLE = Table("logos", "logo", Logo, ("branch_number",), entity="Logo")
LEGAL_RATE_TABLE = Table("legal_rates", "legal_rate", LegalRate, ("kind", "start_date"), entity="LegalRate")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBranch:
    """A branch as it is stored."""

    branch: Branch
    branch_id: int
    modified_at: datetime


BRANCHES = Paged(
    entity="Branch",
    found="select branch.* from branch where branch.company_id = $1",
    key=("branch.branch_number",),
    columns=f"""json_build_object(
               'branch', (select row_to_json(part) from (select {BRANCH_TABLE.select_list}) as part),
               'branch_id', branch.branch_id, 'modified_at', branch.modified_at)::text as record""",
    read=json_record(FoundBranch),
    sort_key=lambda found: (found.branch.branch_number,),
    is_tallied=False,
)
"""Branches by number."""


def name_of_branch(number: str) -> str:
    """A scalar: the name of the branch of company $1 with that number, an SQL expression."""
    return f"(select branch.name from branch where branch.company_id = $1 and branch.branch_number = {number})"
