"""Creating and changing projects.

The reference data, which has their names, is locked first, so that nobody else draws a number meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.changes.commands import lock_reference
from reskontra.clock import Context
from reskontra.customers.store.for_projects import find_buyer
from reskontra.db.constraints import report_key_as_sent
from reskontra.db.pool import Connection
from reskontra.errors import NotFound, Refused, UnknownReference
from reskontra.numbering.rules import check_sent_number, choose_range
from reskontra.operations import supplied
from reskontra.projects.rules import master_data
from reskontra.projects.rules.project import Buyer
from reskontra.projects.store import projects as store
from reskontra.records import differences
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved, check_expected


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new project under the number that was sent, or the next one of its series (PRJ-01)."""
    sent = supplied(sent)
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    series = reference.series_of("project")
    number = check_sent_number(
        series, sent.get("number"), override=False, field=("number",), max_length=master_data.LONGEST_NUMBER
    )
    master_data.check_number(number)
    project = master_data.new_project(sent, await _buyer(connection, context, None, sent), reference)
    detail = differences(None, project, without=("project_id",)) | ({"number": number} if number is not None else {})
    numbering: tuple[str, str] | tuple[str, int]
    if number is not None:
        numbering = (number, series.series_id)
    else:
        branch_number = reference.branch_of_new(context.branch_number)
        chosen = choose_range(series.ranges, reference.today(context.now), branch_number)
        numbering = (series.series_id, chosen.range_id)
    with report_key_as_sent(number):
        return await store.insert_project(connection, context, project, detail, numbering=numbering)


async def change(
    connection: Connection, context: Context, key: str | int, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to the project with that number or internal id; writes only if it changes.

    Raises `NotFound` and `Stale`.
    """
    await lock_reference(connection, context.company_id)
    found = await store.lock_project(connection, context.company_id, key)
    if found is None:
        raise NotFound("project", key)
    stored, standing = found
    check_expected(expected_version, stored.version)
    reference = await remembered.at(connection, context.company_id, None)
    buyer = await _buyer(connection, context, standing, sent)
    project = master_data.changed_project(stored, sent, buyer, reference)
    if project == stored:
        return Saved(stored.number, stored.version)
    return await store.save_project(connection, context, project, differences(stored, project))


async def _buyer(
    connection: Connection, context: Context, standing: Buyer | None, sent: Mapping[str, Any]
) -> Buyer | None:
    """The customer after the request, and its location: the one that was sent, else its default one."""
    if "customer_number" not in sent and "location_cd" not in sent:
        return standing
    number = (sent.get("customer_number", standing.number if standing else None) or "").strip()
    location_cd = (sent.get("location_cd") or "").strip() or None
    if not number:
        if location_cd is None:
            return None
        raise Refused(
            "The project has no customer whose location this could be.",
            field=("location_cd",),
            value=location_cd,
            hint="Send the customer too.",
        )
    kept = standing if standing is not None and number.lower() == standing.number.lower() else None
    if kept is not None and "location_cd" not in sent:
        return kept
    found = await find_buyer(connection, context.company_id, number, location_cd)
    if found is not None:
        return found
    if kept is not None and location_cd == str(kept.location_id):
        return kept  # GET shows the id
    if location_cd is not None and await find_buyer(connection, context.company_id, number, None) is not None:
        hint = f"Send a location of customer {number}."
        raise UnknownReference(field=("location_cd",), value=location_cd, hint=hint)
    hint = "Send the number of an existing customer, or leave it out."
    raise UnknownReference(field=("customer_number",), value=number, hint=hint)
