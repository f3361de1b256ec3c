"""SQL of projects, with all that is kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.customers.store.for_projects import buyer_json
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.documents.store.for_projects import sold_on
from reskontra.errors import Refused
from reskontra.numbering.store import take_number, use_number
from reskontra.projects.rules.master_data import OWN_COLUMNS
from reskontra.projects.rules.project import NON_PROJECT, Buyer, Project
from reskontra.records import Record, as_dict, columns
from reskontra.versions import Saved

_PROJECT = ", ".join(f"project.{column}" for column in columns(Project))
_OWN = ", ".join(OWN_COLUMNS)
_PART = ", ".join(f"part.{column}" for column in OWN_COLUMNS)


class Listed(Record, frozen=True, kw_only=True):
    """A project with its customer, and what was sold on it in base currency."""

    project: Project
    buyer: Buyer | None
    income: Decimal


PROJECTS = Paged(
    entity="Project",
    found="select project.* from project where project.company_id = $1",
    key=("project.number",),
    columns=f"""json_build_object(
               'project', (select row_to_json(shaped) from (select {_PROJECT}) as shaped),
               'buyer', {buyer_json("project.customer_id", "project.location_id")},
               'income', {sold_on("project.number")}::text)::text as record""",
    read=json_record(Listed),
    sort_key=lambda listed: (listed.project.number,),
)
"""Projects by number."""

PROJECTS_BY_ID = replace(PROJECTS, key=("project.project_id",), sort_key=lambda listed: (listed.project.project_id,))
"""The same by internal id."""

_NOTHING = as_dict(Project(number=NON_PROJECT, description="Non-project code"))
_ROW_OF_NOTHING = as_json(_NOTHING).replace("'", "''")
NON_PROJECTS = replace(
    PROJECTS,
    entity="NonProject",
    found=f"""select project.*
              from jsonb_populate_record(
                       null::project, '{_ROW_OF_NOTHING}'::jsonb || jsonb_build_object('company_id', $1::integer)
                   ) as project
             where project.company_id = $1""",
    is_tallied=False,
)
"""The one row that stands for no project (PRJ-01)."""


HAS_TASK_WITH_STATUS = """exists (select from jsonb_array_elements(project.tasks) as task
                                where task ->> 'status' = {})"""
"""The condition that a project has a task with this status."""

HAS_TASKS = "project.tasks <> '[]'::jsonb"
"""The condition that a project has a task. Tasks are visible everywhere."""

MAY_USE = """(not project.restrict_employees
              or exists (select from jsonb_array_elements_text(project.employees) as employee
                          where lower(employee collate "C") = lower({}::text collate "C")))"""
"""The condition that an employee may use a project."""


_INSERT = f"""
    {count_new("Project", changed="changed")}
    insert into project (company_id, project_id, number, {_OWN}, created_at, modified_at, version)
    select $1, counted.id, taken.number, {_PART}, changed.stamp, changed.stamp, changed.change_id
      from taken, counted, changed, jsonb_populate_record(null::project, $5::jsonb) as part
    returning number, version"""
_CREATED = change_row("'Project'", "created", "number", "taken", detail="$6::jsonb")
_AS_PROJECT = "'Project'"
_INSERT_WITH_NEXT_NUMBER = f"with {take_number(_AS_PROJECT, '$7', '$8')}, {_CREATED}, {_INSERT}"
_INSERT_WITH_SENT_NUMBER = f"with {use_number(_AS_PROJECT, '$7', '$8')}, {_CREATED}, {_INSERT}"


async def insert_project(
    connection: Connection,
    context: Context,
    project: Project,
    detail: Mapping[str, Any],
    *,
    numbering: tuple[str, str] | tuple[str, int],
) -> Saved:
    """Store a new project under a number (number, series id) or the next one of a range (series id, range id)."""
    row = await connection.fetchrow(
        _INSERT_WITH_SENT_NUMBER if isinstance(numbering[1], str) else _INSERT_WITH_NEXT_NUMBER,
        *parameters(context),
        as_json(project),
        as_json(detail),
        *numbering,
    )
    if row is None:
        raise LookupError(f"the number series has no such range: {numbering}")
    return Saved(**row)


_project = msgspec.json.Decoder(Project)
_buyer = msgspec.json.Decoder(Buyer)


async def lock_project(connection: Connection, company_id: int, key: str | int) -> tuple[Project, Buyer | None] | None:
    """The project with a number in any case or an internal id, locked until the transaction ends, and its customer."""
    condition = "project_id = $2" if isinstance(key, int) else 'lower(number) collate "C" = lower($2::text collate "C")'
    row = await connection.fetchrow(
        f"""
        select row_to_json(found)::text as project,
               {buyer_json("found.customer_id", "found.location_id")}::text as buyer
          from (select {_PROJECT} from project where company_id = $1 and {condition} for update) as found
        """,
        company_id,
        key,
    )
    if row is None:
        return None
    return _project.decode(row["project"]), None if row["buyer"] is None else _buyer.decode(row["buyer"])


_SAVE = f"""
    with {change_row("'Project'", "updated", "$5::jsonb ->> 'number'", "(values (1)) as once", detail="$6::jsonb")},
    {tally("'Project'", 0)}
    update project
       set ({_OWN}) = (select {_PART} from jsonb_populate_record(null::project, $5::jsonb) as part),
           modified_at = changed.stamp, version = changed.change_id
      from changed
     where company_id = $1 and project_id = ($5::jsonb ->> 'project_id')::integer
    returning number, version"""


async def save_project(connection: Connection, context: Context, project: Project, detail: Mapping[str, Any]) -> Saved:
    """Write a project that is locked."""
    row = await connection.fetchrow(_SAVE, *parameters(context), as_json(project), as_json(detail))
    if row is None:
        raise LookupError(f"the project {project.number} was not written")
    return Saved(**row)


def _number_taken(value: str) -> Refused:
    number = value.rpartition(", ")[2]
    return Refused(
        f"There is a project '{number}' already.",
        field=("number",),
        value=number,
        hint="Send a number that is free, or change that project.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {
    "project_number_unique": _number_taken,
    "project_number_folded": _number_taken,
}
"""Constraint -> what the caller is told."""
