"""The addresses of projects."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.wire import (
    Filter,
    choice,
    either,
    equal,
    filtered,
    flag,
    idle,
    matching,
    moment,
    nothing,
)
from reskontra.db.lists import Filters
from reskontra.projects import commands
from reskontra.projects.rules.project import ProjectStatus, TaskStatus
from reskontra.projects.store import projects as store
from reskontra.projects.wire import ProjectAnswer, ProjectUpdate, project_answer
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import answer_page, find_listed
from reskontra.versions import Saved
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.query import Query
from reskontra.web.wire import changes


def _with_task(query: Query, filters: Filters) -> None:
    status = query.choice("taskStatus", TaskStatus)
    if status is not None:
        filters.add(store.HAS_TASK_WITH_STATUS, status.value)


def _begun_since(query: Query, filters: Filters) -> None:
    filters.add_comparison("project.start_date", query.day("startDate"))


def _of_user(query: Query, filters: Filters) -> None:
    if query.integer("restrictedUser") is not None:  # users are not kept, so nobody is named
        filters.add("not project.restrict_employees")


FILTERS = (
    choice("status", ProjectStatus, "project.status"),
    either("systemTemplate", "false", "true"),
    flag("visibleInAP", "(project.visibility ->> 'visible_in_ap')::boolean"),
    Filter("startDate", "string", _begun_since),
    idle("expandAttribute"),
    nothing("attributes", lambda query, name: query.values_by_name(name) or None),
    Filter("taskStatus", "string", _with_task),
    *(
        either(f"taskVisibleIn{module}", store.HAS_TASKS, "false")
        for module in ("Ap", "Ar", "Ca", "Cr", "Ea", "Gl", "In", "Po", "So", "Ta")
    ),
    idle("nonProject"),
    nothing("publicId", lambda query, name: query.text(name)),
    matching("restrictedEmployee", store.MAY_USE),
    Filter("restrictedUser", "integer", _of_user),
    moment("lastModifiedDateTime", "project.modified_at"),
    moment("createdDateTime", "project.created_at"),
    equal("branch", "project.branch_number"),
    flag("onHold", "project.on_hold"),
)


async def list_(call: Call) -> Response:
    """A page of projects by number, or the row that stands for none."""
    projects = store.NON_PROJECTS if call.query.flag("nonProject") else store.PROJECTS
    return await answer_page(call, projects, filtered(call), project_answer)


async def get(call: Call) -> Response:
    """One project by number."""
    return _shown(call, *await find_listed(call, "project", store.PROJECTS, call.params["projectId"]))


async def get_internal(call: Call) -> Response:
    """One project by internal id."""
    return _shown(call, *await find_listed(call, "project", store.PROJECTS_BY_ID, call.internal_id("internalId")))


async def create(call: Call) -> Response:
    """A new project."""
    sent = changes(call.decode(ProjectUpdate))
    async with call.database.transaction() as connection:
        project = await commands.create(connection, call.context, sent)
    return created(call, _path(project), project.version)


async def change(call: Call) -> Response:
    """Change a project by number; what is absent stays."""
    return await _change(call, call.params["projectId"])


async def change_internal(call: Call) -> Response:
    """Change a project by internal id; what is absent stays."""
    return await _change(call, call.internal_id("internalId"))


def _shown(call: Call, found: store.Listed, reference: Reference) -> Response:
    return one(call, project_answer(found, reference), found.project.version)


async def _change(call: Call, key: str | int) -> Response:
    sent = changes(call.decode(ProjectUpdate))
    async with call.database.transaction() as connection:
        project = await commands.change(connection, call.context, key, sent, call.if_match)
    return no_content(call, _path(project), project.version)


def _path(project: Saved) -> str:
    return f"/v1/project/{quote(project.number, safe='')}"


_PROJECTS = Addresses("/v1/project", "project", ProjectAnswer, ProjectUpdate)

ROUTES = (
    _PROJECTS.many("Project_GetAll", list_, filters=FILTERS),
    _PROJECTS.post("Project_Post", create),
    _PROJECTS.one("Project_GetByinternalID", get_internal, "internal/{internalId}"),
    _PROJECTS.put("Project_PutByinternalId", change_internal, "internal/{internalId}"),
    _PROJECTS.one("Project_GetByprojectID", get, "{projectId}"),
    _PROJECTS.put("Project_PutByprojectId", change, "{projectId}"),
)
