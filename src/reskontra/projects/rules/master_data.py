"""Making a project from what was sent, and what is refused (PRJ-01, PRJ-03).

`sent` is a dict of what a body held, in our names: absent means unchanged, None means "clear it" (EDT-01).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reskontra.codes import kept_or
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.operations import LineOperation
from reskontra.projects.rules.project import NON_PROJECT, Buyer, Project, ProjectStatus, Task, TaskStatus
from reskontra.records import columns, replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]

LONGEST_NUMBER = 30
MOST_TASKS = 1000

KEPT_BY_THE_STORE = frozenset({"project_id", "number", "version", "created_at", "modified_at"})
OWN_COLUMNS = tuple(column for column in columns(Project) if column not in KEPT_BY_THE_STORE)

_TEXTS = ("template", "billing_rule", "allocation_rule", "rate_table", "manager_number", "note")
_FLAGS = ("on_hold", "auto_allocate", "auto_release", "restrict_employees", "restrict_equipment")
_PLAIN = ("start_date", "end_date", "billing_period")


def new_project(sent: Sent, buyer: Buyer | None, reference: Reference) -> Project:
    """A project without number and id. `buyer` is the customer that was sent, with its location."""
    if sent.get("project_id"):
        raise Refused(
            "The internal id of a new project is not chosen.",
            field=("project_id",),
            value=sent["project_id"],
            hint="Leave it out.",
        )
    return _with_sent(Project(), sent, buyer, reference)


def changed_project(stored: Project, sent: Sent, buyer: Buyer | None, reference: Reference) -> Project:
    """`stored` with what was sent; equal to it if nothing changes. Number and internal id stay (PRJ-03).

    `buyer` is the customer after the change, with its location; None if there is none.
    """
    number, project_id = (sent.get("number") or "").strip(), sent.get("project_id") or 0
    if number and number.lower() != stored.number.lower():
        raise Refused(
            f"Project {stored.number} keeps its number.",
            field=("number",),
            value=number,
            hint=f"Send {stored.number} or leave it out.",
        )
    if project_id and project_id != stored.project_id:
        raise Refused(
            f"Project {stored.number} keeps its internal id.",
            field=("project_id",),
            value=project_id,
            hint=f"Send {stored.project_id} or leave it out.",
        )
    return _with_sent(stored, sent, buyer, reference)


def check_number(number: str | None) -> None:
    """Refuse the number that stands for no project."""
    if number is not None and number.lower() == NON_PROJECT.lower():
        raise Refused(
            f"{NON_PROJECT} stands for no project.", field=("number",), value=number, hint="Send another number."
        )


def _with_sent(project: Project, sent: Sent, buyer: Buyer | None, reference: Reference) -> Project:
    values: dict[str, Any] = {name: (sent[name] or "").strip() or None for name in _TEXTS if name in sent}
    values |= {name: bool(sent[name]) for name in _FLAGS if name in sent}
    values |= {name: sent[name] for name in _PLAIN if name in sent}
    if "manager_id" in sent:
        values["manager_id"] = sent["manager_id"] or None
    if "description" in sent:
        values["description"] = (sent["description"] or "").strip()
    if "status" in sent:
        values["status"] = sent["status"] or ProjectStatus.PLANNED
    if "branch_number" in sent:
        values["branch_number"] = kept_or(
            lambda code, field: reference.active_branch(code, field).branch_number,
            sent["branch_number"],
            project.branch_number,
            ("branch_number",),
        )
    values |= _accounts(project, sent, reference)
    shown = {name: bool(value) for name, value in (sent.get("visibility") or {}).items()}
    changed = replace(
        project,
        **values,
        customer_id=buyer.customer_id if buyer else None,
        location_id=buyer.location_id if buyer else None,
        visibility=replace(project.visibility, **shown),
        employees=_employees(project.employees, sent.get("employees") or (), ("employees",)),
        tasks=_tasks(project, sent.get("tasks") or ()),
    )
    _check_complete(changed)
    return changed


def _accounts(project: Project, sent: Sent, reference: Reference) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in ("default_account", "accrual_account"):
        if name in sent:
            values[name] = kept_or(
                lambda code, field: reference.active_account(code, field).account_number,
                sent[name],
                getattr(project, name),
                (name,),
            )
    for name in ("default_subaccount", "accrual_subaccount"):
        if sent.get(name):
            values[f"{name}_id"] = reference.subaccounts.in_use(sent[name], (name,))
    return values


def _check_complete(project: Project) -> None:
    if not project.description:
        raise Refused("A project needs a description.", field=("description",), hint="Send a text that is not blank.")
    if project.start_date and project.end_date and project.end_date < project.start_date:
        raise Refused(
            f"The project ends on {project.end_date}, before it begins on {project.start_date}.",
            field=("end_date",),
            value=project.end_date,
            hint="Send a date that is not earlier.",
        )


# Tasks and employees


def _tasks(project: Project, lines: Sequence[Sent]) -> tuple[Task, ...]:
    standing = {task.task_id.lower(): task for task in project.tasks}
    for position, line in enumerate(lines):
        field = ("tasks", position)
        task_id = _id(line, "task_id", "A task", field)
        key, operation = task_id.lower(), line.get("operation")
        if operation == LineOperation.NOTHING:
            continue
        if operation == LineOperation.INSERT and key in standing:
            raise Refused(
                f"The project has a task '{standing[key].task_id}' already.",
                field=(*field, "task_id"),
                value=task_id,
                hint="Send an id that is free, or the operation Update.",
            )
        if operation in (LineOperation.UPDATE, LineOperation.DELETE) and key not in standing:
            known = ", ".join(task.task_id for task in standing.values()) or "none"
            hint = f"The project has these tasks: {known}."
            raise UnknownReference(field=(*field, "task_id"), value=task_id, hint=hint)
        if operation == LineOperation.DELETE:
            del standing[key]
        else:
            standing[key] = _task(standing.get(key) or Task(task_id=task_id), line, field)
    if len(standing) > MOST_TASKS:
        raise Refused(
            f"A project has at most {MOST_TASKS} tasks.", field=("tasks",), value=len(standing), hint="Send fewer."
        )
    return tuple(standing[key] for key in sorted(standing))


def _task(task: Task, line: Sent, field: FieldPath) -> Task:
    values: dict[str, Any] = {name: line[name] or None for name in ("description", "rate_table") if name in line}
    values |= {name: line[name] for name in ("planned_start", "planned_end", "start_date") if name in line}
    if "restrict_employees" in line:
        values["restrict_employees"] = bool(line["restrict_employees"])
    if "status" in line:
        values["status"] = line["status"] or TaskStatus.PLANNED
    employees = _employees(task.employees, line.get("employees") or (), (*field, "employees"))
    return replace(task, **values, employees=employees)


def _employees(standing: tuple[str, ...], lines: Sequence[Sent], field: FieldPath) -> tuple[str, ...]:
    numbers = {number.lower(): number for number in standing}
    for position, line in enumerate(lines):
        at = (*field, position)
        number = _id(line, "employee_number", "An employee", at)
        operation = line.get("operation")
        if operation == LineOperation.DELETE and number.lower() not in numbers:
            hint = f"These employees are named: {', '.join(numbers.values()) or 'none'}."
            raise UnknownReference(field=(*at, "employee_number"), value=number, hint=hint)
        if operation == LineOperation.DELETE:
            del numbers[number.lower()]
        elif operation != LineOperation.NOTHING:
            numbers.setdefault(number.lower(), number)
    return tuple(numbers[key] for key in sorted(numbers))


def _id(line: Sent, name: str, noun: str, field: FieldPath) -> str:
    sent = str(line.get(name) or "").strip()
    if not sent:
        raise Refused(f"{noun} needs its id.", field=(*field, name), hint="Send a text that is not blank.")
    return sent
