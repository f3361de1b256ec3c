"""What a project and its tasks are (PRJ-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from reskontra.records import Record

NON_PROJECT = "X"
"""What stands for no project. No project has this number."""


class ProjectStatus(StrEnum):
    """How far a project is. It is kept and shown, and changes nothing here."""

    PLANNED = "Planned"
    ACTIVE = "Active"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"
    ON_HOLD = "OnHold"
    PENDING_APPROVAL = "PendingApproval"


class TaskStatus(StrEnum):
    """How far a task is; the contract spells one of them in two ways."""

    PLANNED = "Planned"
    ACTIVE = "Active"
    CANCELLED = "Cancelled"
    CANCELED = "Canceled"
    COMPLETED = "Completed"


class BillingPeriod(StrEnum):
    """How often a project is to be billed."""

    WEEKLY = "Weekly"
    MONTHLY = "Monthly"
    QUARTERLY = "Quarterly"
    ANNUAL = "Annual"
    ON_DEMAND = "OnDemand"


@dataclass(frozen=True, slots=True)
class ProjectName:
    """A project as documents show it."""

    project_id: int
    number: str
    description: str


class Visibility(Record, frozen=True, kw_only=True):
    """The modules that a project or a task is meant for. It is kept and shown, and hides nothing."""

    visible_in_gl: bool = True
    visible_in_ap: bool = True
    visible_in_ar: bool = True
    visible_in_so: bool = True
    visible_in_po: bool = True
    visible_in_ea: bool = True
    visible_in_ta: bool = True
    visible_in_in: bool = True
    visible_in_ca: bool = True
    visible_in_cr: bool = True


class Task(Record, frozen=True, kw_only=True):
    """A part of a project. `employees` are numbers."""

    task_id: str
    description: str | None = None
    planned_start: date | None = None
    planned_end: date | None = None
    start_date: date | None = None
    rate_table: str | None = None
    status: TaskStatus = TaskStatus.PLANNED
    restrict_employees: bool = False
    employees: tuple[str, ...] = ()


class Buyer(Record, frozen=True, kw_only=True):
    """The customer of a project, and the location that it buys at."""

    customer_id: int
    number: str
    name: str
    location_id: int
    location_name: str


class Project(Record, frozen=True, kw_only=True):
    """A project with its tasks. Rules, tables, template and employees are codes that are only kept and shown."""

    project_id: int = 0
    number: str = ""
    description: str = ""
    customer_id: int | None = None
    location_id: int | None = None
    status: ProjectStatus = ProjectStatus.PLANNED
    on_hold: bool = False
    template: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    branch_number: str | None = None
    default_account: str | None = None
    default_subaccount_id: int | None = None
    accrual_account: str | None = None
    accrual_subaccount_id: int | None = None
    billing_period: BillingPeriod | None = None
    billing_rule: str | None = None
    allocation_rule: str | None = None
    rate_table: str | None = None
    auto_allocate: bool = False
    auto_release: bool = False
    manager_number: str | None = None
    manager_id: int | None = None
    restrict_employees: bool = False
    restrict_equipment: bool = False
    employees: tuple[str, ...] = ()
    visibility: Visibility = Visibility()
    tasks: tuple[Task, ...] = ()
    note: str | None = None
    version: int = 0
    created_at: datetime | None = None
    modified_at: datetime | None = None
