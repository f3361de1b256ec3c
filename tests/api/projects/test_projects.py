"""Projects over HTTP, and what documents show of them (PRJ)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, ITEM_A, STALE, Clerk, Record, refusal

PROJECTS = "project"
EVERYWHERE = {f"visibleIn{module}": True for module in ("Gl", "Ap", "Ar", "So", "Po", "Ea", "Ta", "In", "Ca", "Cr")}


async def start(clerk: Clerk, **fields: Any) -> Record:
    return await clerk.create(PROJECTS, **{"description": "New harbour"} | fields)


async def test_a_project_gets_a_number_and_defaults(clerk: Clerk) -> None:
    answer = await clerk.post(PROJECTS, description="New harbour")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == "http://localhost/v1/project/P00001"
    shown = await clerk.get("project/P00001")
    modified, version = shown.pop("lastModifiedDateTime"), shown.pop("timeStamp")
    assert (modified[:2], len(version)) == ("20", 12)
    assert shown == {
        "internalID": 2,
        "projectID": "P00001",
        "description": "New harbour",
        "status": "Planned",
        "hold": False,
        "assets": 0,
        "liability": 0,
        "income": 0,
        "expenses": 0,
        "restrictEmployees": False,
        "restrictEquipment": False,
        "visibility": EVERYWHERE,
        "autoAllocate": False,
        "automaticReleaseAr": False,
        "tasks": [],
        "employees": [],
        "systemTemplate": False,
    }


async def test_everything_that_is_sent_is_shown(clerk: Clerk) -> None:
    customer = await clerk.get("customer/20001")
    project = await start(
        clerk,
        projectID="30",
        customer="20001",
        hold=True,
        template="T1",
        status="Active",
        defAccount="3000",
        defAccrualAccount="1500",
        startDate="2025-01-01",
        endDate="2025-12-31",
        billingPeriod="Monthly",
        allocationRule="ALL",
        billingRule="BILL",
        branch="1",
        rateTable="R",
        projectManger="7",
        projectManagerInternalId=77,
        autoAllocate=True,
        automaticReleaseArDoc=True,
        restricEmployees=True,
        restricEquipment=True,
        customerLocation="main",
        visibility={"visibleInAp": False},
        tasks=[{"taskId": "DIG", "description": "Dig", "plannedStart": "2025-02-01", "plannedEnd": "2025-03-01",
                "startDate": "2025-02-03", "rateTable": "R", "restrictEmployees": True,
                "employees": [{"employeeId": "7"}]}],
        employees=[{"employeeId": "7"}, {"employeeId": "8"}],
        note="By the sea",
    )  # fmt: skip
    location_id = await clerk.sql("select default_location_id from customer where company_id = $1", clerk.company_id)
    wanted = {
        "projectID": "30",
        "customer": {"number": "20001", "name": customer["name"]},
        "hold": True,
        "template": {"number": "T1"},
        "status": "Active",
        "startDate": "2025-01-01T00:00:00",
        "endDate": "2025-12-31T00:00:00",
        "billingPeriod": "Monthly",
        "allocationRule": {"id": "ALL"},
        "billingRule": {"id": "BILL"},
        "rateTable": {"id": "R"},
        "projectManager": {"employeeId": 77, "employeeNumber": "7"},
        "autoAllocate": True,
        "automaticReleaseAr": True,
        "restrictEmployees": True,
        "restrictEquipment": True,
        "customerLocation": {"id": location_id, "name": "Main"},
        "visibility": EVERYWHERE | {"visibleInAp": False},
        "employees": [{"employeeNumber": "7"}, {"employeeNumber": "8"}],
        "note": "By the sea",
    }
    assert {name: project[name] for name in wanted} == wanted
    assert (project["defAccount"]["number"], project["defAccrualAccount"]["number"]) == ("3000", "1500")
    (task,) = project["tasks"]
    assert task == {
        "taskId": "DIG",
        "description": "Dig",
        "plannedStart": "2025-02-01T00:00:00",
        "plannedEnd": "2025-03-01T00:00:00",
        "startDate": "2025-02-03T00:00:00",
        "branch": project["branch"],
        "rateTable": {"id": "R"},
        "status": "Planned",
        "restrictEmployees": True,
        "visibility": EVERYWHERE,
        "timeStamp": project["timeStamp"],
        "employees": [{"employeeNumber": "7"}],
    }


async def test_a_series_passes_over_a_number_that_was_sent(clerk: Clerk) -> None:
    await start(clerk, projectID="p00001")
    assert (await start(clerk))["projectID"] == "P00002"


async def test_the_number_and_the_internal_id_are_one_address(clerk: Clerk) -> None:
    project = await start(clerk, projectID="30")
    by_id = f"project/internal/{project['internalID']}"
    assert await clerk.get(by_id) == await clerk.get("project/30")
    answer = await clerk.put(by_id, description="Old harbour", projectID="30", internalID=project["internalID"])
    assert (answer.status_code, answer.headers["Location"]) == (204, "http://localhost/v1/project/30")
    changed = await clerk.get("project/30")
    assert changed["description"] == "Old harbour"
    assert changed["timeStamp"] != project["timeStamp"]
    assert "keeps its number" in await clerk.refuse_change(project, projectID="31")
    assert "keeps its internal id" in await clerk.refuse_change(project, internalID=9)
    assert (await clerk.put(project, STALE, hold=True)).status_code == 412
    before = await clerk.newest_change()
    assert (await clerk.put(project, description="Old harbour")).status_code == 204
    assert await clerk.newest_change() == before
    assert "'99'" in refusal(await clerk.http.get("/v1/project/99"), 404)
    assert "'99'" in refusal(await clerk.http.get("/v1/project/internal/99"), 404)


async def test_tasks_are_added_changed_and_deleted_by_their_id(clerk: Clerk) -> None:
    project = await start(clerk, tasks=[{"taskId": "B"}, {"taskId": "A", "description": "First"}])
    assert [task["taskId"] for task in project["tasks"]] == ["A", "B"]
    changed = await clerk.change(
        project,
        tasks=[
            {"operation": "Update", "taskId": "a", "status": "Completed"},
            {"operation": "Delete", "taskId": "B"},
            {"operation": "Insert", "taskId": "C"},
        ],
    )
    shown = [(task["taskId"], task["status"], task.get("description")) for task in changed["tasks"]]
    assert shown == [("A", "Completed", "First"), ("C", "Planned", None)]
    changed = await clerk.change(changed, employees=[{"employeeId": "7"}])
    changed = await clerk.change(changed, employees=[{"operation": "Delete", "employeeId": "7"}])
    assert changed["employees"] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"description": " "}, ["A project needs a description.", "Field: description"]),
        ({"projectID": "x"}, ["X stands for no project.", "Field: projectID"]),
        ({"internalID": 7}, ["not chosen", "Field: internalID"]),
        ({"customer": "99999"}, ["Customer '99999' cannot be found in the system.", "Field: customer"]),
        ({"customer": "20001", "customerLocation": "NORD"}, ["CustomerLocation 'NORD' cannot be found in the system."]),
        ({"customerLocation": "NORD"}, ["no customer", "Field: customerLocation"]),
        ({"branch": "9"}, ["Branch '9' cannot be found in the system.", "Field: branch"]),
        ({"defAccount": "9"}, ["DefAccount '9' cannot be found in the system."]),
        ({"startDate": "2025-02-01", "endDate": "2025-01-31"}, ["ends on 2025-01-31", "Field: endDate"]),
        ({"tasks": [{"description": "Dig"}]}, ["A task needs its id.", "Field: tasks[0].taskId"]),
        ({"tasks": [{"taskId": "A"}, {"operation": "Insert", "taskId": "a"}]}, ["a task 'A' already", "tasks[1]"]),
        ({"tasks": [{"operation": "Delete", "taskId": "A"}]}, ["TaskId 'A' cannot be found in the system.", "none"]),
        ({"employees": [{"operation": "Delete", "employeeId": "7"}]}, ["EmployeeId '7' cannot be found"]),
        ({"employees": [{}]}, ["An employee needs its id.", "Field: employees[0].employeeId"]),
    ],
)  # fmt: skip
async def test_a_project_that_cannot_be(clerk: Clerk, fields: dict[str, Any], said: list[str]) -> None:
    text = await clerk.refused("POST", PROJECTS, **{"description": "New harbour"} | fields)
    assert all(part in text for part in said), text


async def test_a_number_is_given_once(clerk: Clerk) -> None:
    await start(clerk, projectID="20a")
    text = await clerk.refused("POST", PROJECTS, projectID="20A", description="Another")
    assert "There is a project '20A' already." in text
    assert "Field: projectID" in text


async def test_projects_are_found_by_every_filter(clerk: Clerk) -> None:
    await start(clerk, projectID="1")
    await start(
        clerk, projectID="2", status="Active", hold=True, branch="1", startDate="2025-03-01",
        visibility={"visibleInAp": False}, restricEmployees=True, employees=[{"employeeId": "7"}],
        tasks=[{"taskId": "A", "status": "Active"}],
    )  # fmt: skip
    finds = {  # project 20 is the demo's own
        "": "1220",
        "status=Active": "2",
        "onHold=true": "2",
        "onHold=false": "120",
        "branch=1": "2",
        "branch=2": "",
        "startDate=2025-03-01": "2",
        "startDate=2025-03-02": "",
        "visibleInAP=false": "2",
        "taskStatus=Active": "2",
        "taskStatus=Planned": "",
        "taskVisibleInAr=true": "2",
        "taskVisibleInGl=false": "",
        "restrictedEmployee=7": "1220",
        "restrictedEmployee=8": "120",
        "restrictedUser=1": "120",
        "systemTemplate=true": "",
        "systemTemplate=false": "1220",
        "nonProject=false": "1220",
        "nonProject=true": "X",
        "nonProject=true&status=Active": "",
        "publicId=1": "",
        'attributes={"A":"1"}': "",
        "expandAttribute=true": "1220",
        "createdDateTime=2001-01-01&createdDateTimeCondition=%3E": "1220",
        "lastModifiedDateTime=2001-01-01&lastModifiedDateTimeCondition=%3C": "",
        "pageNumber=2&pageSize=1": "2",
    }
    for query, wanted in finds.items():
        answer = await clerk.http.get(f"/v1/project?{query}")
        assert answer.status_code == 200, answer.text
        assert "".join(row["projectID"] for row in answer.json()) == wanted, query
    (nothing,) = await clerk.page(PROJECTS, nonProject=True)
    assert (nothing["projectID"], nothing["description"]) == ("X", "Non-project code")


async def test_income_is_what_was_released_on_the_project(clerk: Clerk) -> None:
    await start(clerk, projectID="Dock")
    invoice = await clerk.invoice(project="DOCK", lines=[ITEM_A | {"unitPriceInCurrency": 1000}])
    assert (await clerk.get("project/Dock"))["income"] == 0
    await clerk.release(invoice)
    assert (await clerk.get("project/Dock"))["income"] == 1000
    await clerk.issue(CREDIT_NOTE, project="dock", lines=[ITEM_A | {"unitPriceInCurrency": 250}])
    await clerk.issue(INVOICE)
    assert (await clerk.get("project/Dock"))["income"] == 750
    in_parts = await clerk.issue(INVOICE, project="Dock", creditTermsId="RATE3")
    assert in_parts["status"] == "Closed"
    assert (await clerk.get("project/Dock"))["income"] == 850


async def test_documents_show_a_known_project_and_take_any(clerk: Clerk) -> None:
    invoice = await clerk.invoice(project="30")
    assert invoice["project"] == {"id": "30"}
    project = await start(clerk, projectID="30")
    shown = {"internalId": project["internalID"], "id": "30", "description": "New harbour"}
    assert (await clerk.get(invoice))["project"] == shown
    assert (await clerk.page("customerdocument", project="30"))[0]["project"] == shown
    await clerk.change(project, description="Old harbour")
    assert (await clerk.get(invoice))["project"] == shown | {"description": "Old harbour"}


async def test_a_company_may_want_to_know_all_projects(clerk: Clerk) -> None:
    before = await clerk.invoice(project="Anything")
    await start(clerk, projectID="Dock")
    await clerk.prefer(check_projects=True)
    text = await clerk.refuse(INVOICE, **clerk.sale(project="Quay"))
    assert "Project 'Quay' cannot be found in the system." in text
    assert "Known projects: 20, Dock." in text
    assert (await clerk.invoice(project="DOCK"))["project"]["id"] == "Dock"
    assert "project" not in await clerk.invoice(project="")
    assert (await clerk.change(before, project="Anything", note="As it was"))["project"] == {"id": "Anything"}
    assert "Project 'Quay'" in await clerk.refuse_change(before, project="Quay")
    assert "project" not in await clerk.change(before, project=None)


async def test_a_project_takes_back_what_it_shows(clerk: Clerk) -> None:
    project = await start(clerk, customer="20001", employees=[{"employeeId": "7"}], tasks=[{"taskId": "DIG"}])
    address = f"/v1/project/{project['projectID']}"
    shown = (await clerk.http.get(address)).json()
    assert shown["customerLocation"]["name"] == "Main"
    answer = await clerk.http.put(address, json=shown)
    assert (answer.status_code, answer.text) == (204, "")
    assert (await clerk.http.get(address)).json() == shown
    place = shown["customerLocation"]["id"]
    said = f"CustomerLocation '{place}' cannot be found in the system."
    assert said in await clerk.refuse_change(project, customer="20002", customerLocation=str(place))
    said = f"CustomerLocation '{place + 1}' cannot be found in the system."
    assert said in await clerk.refuse_change(project, customerLocation=str(place + 1))
