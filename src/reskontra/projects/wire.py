"""How projects are sent and shown."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from reskontra.accounts.wire.named import NamedAccount, NamedSubaccount, Segments, named_account_of, named_subaccount
from reskontra.money import ZERO
from reskontra.operations import LineOperation
from reskontra.projects.rules.project import BillingPeriod, ProjectStatus, Task, TaskStatus, Visibility
from reskontra.projects.store.projects import Listed
from reskontra.records import as_dict
from reskontra.reference.reference import Reference
from reskontra.web.pairs import IdDescription, NumberName
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Day,
    DayOut,
    Flag,
    Id,
    MomentOut,
    OneOf,
    Sent,
    Text30,
    Text255,
    Text32000,
    UnsetType,
    day_answer,
    etag_of,
    field,
    local_text,
    sent,
)

_CENTS = Decimal("0.00")

# Bodies


class VisibilityUpdate(Body):
    """The modules that the project is meant for."""

    visible_in_gl: Sent[Flag] = UNSET
    visible_in_ap: Sent[Flag] = UNSET
    visible_in_ar: Sent[Flag] = UNSET
    visible_in_so: Sent[Flag] = UNSET
    visible_in_po: Sent[Flag] = UNSET
    visible_in_ea: Sent[Flag] = UNSET
    visible_in_ta: Sent[Flag] = UNSET
    visible_in_in: Sent[Flag] = UNSET
    visible_in_ca: Sent[Flag] = UNSET
    visible_in_cr: Sent[Flag] = UNSET


class EmployeeUpdate(Body):
    """An employee of a project or a task; `operation` is bare."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    employee_number: Sent[Text30] = sent("employeeId")


class TaskUpdate(Body):
    """A task by its id; without an operation it is changed, or added if there is none."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    task_id: Sent[Text30] = UNSET
    description: Sent[Text255] = UNSET
    planned_start: Sent[Day] = UNSET
    planned_end: Sent[Day] = UNSET
    start_date: Sent[Day] = UNSET
    rate_table: Sent[Text30] = UNSET
    status: Sent[OneOf[TaskStatus]] = UNSET
    restrict_employees: Sent[Flag] = UNSET
    employees: list[EmployeeUpdate] | UnsetType | None = UNSET


class ProjectUpdate(Body):
    """A project; what is absent stays as it is. Some names are the contract's own spelling."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"description"})

    number: Sent[Text30] = sent("projectID")
    project_id: Sent[Id] = sent("internalID")
    customer_number: Sent[Text30] = sent("customer")
    description: Sent[Text255] = UNSET
    on_hold: Sent[Flag] = sent("hold")
    template: Sent[Text30] = UNSET
    status: Sent[OneOf[ProjectStatus]] = UNSET
    default_account: Sent[Text30] = sent("defAccount")
    default_subaccount: Segments = field(name="defSub", default=UNSET)
    accrual_account: Sent[Text30] = sent("defAccrualAccount")
    accrual_subaccount: Segments = field(name="defAccrualSub", default=UNSET)
    start_date: Sent[Day] = UNSET
    end_date: Sent[Day] = UNSET
    billing_period: Sent[OneOf[BillingPeriod]] = UNSET
    allocation_rule: Sent[Text30] = UNSET
    billing_rule: Sent[Text30] = UNSET
    branch_number: Sent[Text30] = sent("branch")
    rate_table: Sent[Text30] = UNSET
    manager_number: Sent[Text30] = sent("projectManger")
    manager_id: Sent[Id] = sent("projectManagerInternalId")
    auto_allocate: Sent[Flag] = UNSET
    auto_release: Sent[Flag] = sent("automaticReleaseArDoc")
    restrict_employees: Sent[Flag] = sent("restricEmployees")
    restrict_equipment: Sent[Flag] = sent("restricEquipment")
    location_cd: Sent[Text30] = sent("customerLocation")
    visibility: VisibilityUpdate | UnsetType | None = UNSET
    tasks: list[TaskUpdate] | UnsetType | None = UNSET
    employees: list[EmployeeUpdate] | UnsetType | None = UNSET
    note: Sent[Text32000] = UNSET


# Answers


class PlaceAnswer(Answer):
    """The location of the customer."""

    id: int | None = None
    name: str | None = None


class EmployeeAnswer(Answer):
    """An employee. They are not kept, so only what was sent is known."""

    employee_id: int | None = None
    employee_number: str | None = None


class VisibilityAnswer(Answer):
    """The modules that a project or a task is meant for."""

    visible_in_gl: bool | None = None
    visible_in_ap: bool | None = None
    visible_in_ar: bool | None = None
    visible_in_so: bool | None = None
    visible_in_po: bool | None = None
    visible_in_ea: bool | None = None
    visible_in_ta: bool | None = None
    visible_in_in: bool | None = None
    visible_in_ca: bool | None = None
    visible_in_cr: bool | None = None


class TemplateAnswer(Answer):
    """The template that a project was made from."""

    number: str | None = None


class TaskAnswer(Answer):
    """A task. Its version is that of the project."""

    task_id: str | None = None
    description: str | None = None
    planned_start: DayOut | None = None
    planned_end: DayOut | None = None
    start_date: DayOut | None = None
    branch: NumberName | None = None
    rate_table: IdDescription | None = None
    status: TaskStatus | None = None
    restrict_employees: bool | None = None
    visibility: VisibilityAnswer | None = None
    version: str | None = field(name="timeStamp", default=None)
    employees: list[EmployeeAnswer] | None = None


class ProjectAnswer(Answer):
    """A project."""

    project_id: int | None = field(name="internalID", default=None)
    number: str | None = field(name="projectID", default=None)
    customer: NumberName | None = None
    on_hold: bool | None = field(name="hold", default=None)
    status: ProjectStatus | None = None
    template: TemplateAnswer | None = None
    description: str | None = None
    assets: Decimal | None = None
    liability: Decimal | None = None
    income: Decimal | None = None
    expenses: Decimal | None = None
    start_date: DayOut | None = None
    end_date: DayOut | None = None
    manager: EmployeeAnswer | None = field(name="projectManager", default=None)
    restrict_employees: bool | None = None
    restrict_equipment: bool | None = None
    visibility: VisibilityAnswer | None = None
    default_account: NamedAccount | None = field(name="defAccount", default=None)
    default_subaccount: NamedSubaccount | None = field(name="defSub", default=None)
    accrual_account: NamedAccount | None = field(name="defAccrualAccount", default=None)
    accrual_subaccount: NamedSubaccount | None = field(name="defAccrualSub", default=None)
    billing_period: BillingPeriod | None = None
    customer_location: PlaceAnswer | None = None
    allocation_rule: IdDescription | None = None
    billing_rule: IdDescription | None = None
    branch: NumberName | None = None
    rate_table: IdDescription | None = None
    auto_allocate: bool | None = None
    auto_release: bool | None = field(name="automaticReleaseAr", default=None)
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    tasks: list[TaskAnswer] | None = None
    employees: list[EmployeeAnswer] | None = None
    system_template: bool | None = None
    version: str | None = field(name="timeStamp", default=None)
    note: str | None = None


def project_answer(listed: Listed, reference: Reference) -> ProjectAnswer:
    """A project for the wire, with its tasks."""
    project, buyer = listed.project, listed.buyer
    branch = reference.branches.get(project.branch_number or "")
    shown_branch = NumberName(branch.branch_number, branch.name) if branch else None
    version = etag_of(project.version)
    is_managed = project.manager_id is not None or project.manager_number is not None
    return ProjectAnswer(
        project_id=project.project_id,
        number=project.number,
        customer=NumberName(buyer.number, buyer.name) if buyer else None,
        on_hold=project.on_hold,
        status=project.status,
        template=TemplateAnswer(project.template) if project.template else None,
        description=project.description,
        assets=_CENTS,
        liability=_CENTS,
        income=listed.income.quantize(_CENTS) if listed.income != ZERO else _CENTS,
        expenses=_CENTS,
        start_date=day_answer(project.start_date),
        end_date=day_answer(project.end_date),
        manager=EmployeeAnswer(project.manager_id, project.manager_number) if is_managed else None,
        restrict_employees=project.restrict_employees,
        restrict_equipment=project.restrict_equipment,
        visibility=_visibility(project.visibility),
        default_account=named_account_of(reference.accounts, project.default_account),
        default_subaccount=_subaccount(project.default_subaccount_id, reference),
        accrual_account=named_account_of(reference.accounts, project.accrual_account),
        accrual_subaccount=_subaccount(project.accrual_subaccount_id, reference),
        billing_period=project.billing_period,
        customer_location=PlaceAnswer(buyer.location_id, buyer.location_name) if buyer else None,
        allocation_rule=_code(project.allocation_rule),
        billing_rule=_code(project.billing_rule),
        branch=shown_branch,
        rate_table=_code(project.rate_table),
        auto_allocate=project.auto_allocate,
        auto_release=project.auto_release,
        modified_at=local_text(project.modified_at, reference.zone) if project.modified_at else None,
        tasks=[_task(task, shown_branch, version) for task in project.tasks],
        employees=[EmployeeAnswer(employee_number=number) for number in project.employees],
        system_template=False,
        version=version,
        note=project.note,
    )


def _task(task: Task, branch: NumberName | None, version: str) -> TaskAnswer:
    return TaskAnswer(
        task_id=task.task_id,
        description=task.description,
        planned_start=day_answer(task.planned_start),
        planned_end=day_answer(task.planned_end),
        start_date=day_answer(task.start_date),
        branch=branch,
        rate_table=_code(task.rate_table),
        status=task.status,
        restrict_employees=task.restrict_employees,
        visibility=_visibility(Visibility()),
        version=version,
        employees=[EmployeeAnswer(employee_number=number) for number in task.employees],
    )


def _visibility(visibility: Visibility) -> VisibilityAnswer:
    return VisibilityAnswer(**as_dict(visibility))


def _code(code: str | None) -> IdDescription | None:
    return IdDescription(id=code) if code else None


def _subaccount(subaccount_id: int | None, reference: Reference) -> NamedSubaccount | None:
    subaccount = reference.subaccounts.get(subaccount_id or 0)
    return named_subaccount(subaccount) if subaccount else None
