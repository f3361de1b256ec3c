"""Creating and changing customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reskontra.clock import Context
from reskontra.codes import all_known
from reskontra.customers.customer import Customer, Parent
from reskontra.customers.rules import master_data
from reskontra.customers.rules.standing import check_may
from reskontra.customers.store import finding, writing
from reskontra.db.constraints import report_key_as_sent
from reskontra.db.pool import Connection
from reskontra.errors import FieldPath, NotFound, Refused
from reskontra.numbering.commands import wait_for_turn
from reskontra.numbering.rules import check_sent_number, choose_range
from reskontra.operations import supplied
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved, check_expected

LONGEST_NUMBER = 30


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new customer from what was sent, under the sent number or the next one of its series (CUS-03)."""
    sent = supplied(sent, but=("name",))
    reference = await remembered.at(connection, context.company_id, None)
    series = reference.series_of("customer")
    number = check_sent_number(
        series, sent.get("number"), bool(sent.get("override_number_series")), ("number",), LONGEST_NUMBER
    )
    parent = await _sent_parent(connection, context, sent)
    customer = master_data.new_customer(sent, reference, parent=parent, new_id=_ids_of(context))
    detail = master_data.differences(None, customer) | ({"number": number} if number is not None else {})
    numbering: tuple[str, str] | tuple[str, int]
    if number is not None:
        numbering = (number, series.series_id)
    else:
        branch_number = reference.branch_of_new(context.branch_number)
        chosen = choose_range(series.ranges, reference.today(context.now), branch_number)
        numbering = (series.series_id, chosen.range_id)
    await wait_for_turn(context.company_id, series.series_id)
    with report_key_as_sent(number):
        return await writing.insert_customer(connection, context, customer, detail, numbering=numbering)


async def change(
    connection: Connection, context: Context, key: str | int, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to the customer with that number or internal id; writes only if it changes.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    stored, reference = await _locked(connection, context, key)
    check_expected(expected_version, stored.version)
    parent = await _sent_parent(connection, context, sent)
    customer = master_data.changed_customer(
        stored,
        sent,
        reference,
        parent=parent,
        has_children=parent is not None and await _has_children(connection, context, stored),
        new_id=_ids_of(context),
    )
    if customer == stored:
        return _as_saved(stored)
    if master_data.becomes_inactive(stored, customer) and await finding.has_unfinished_documents(
        connection, context.company_id, _id_of(stored)
    ):
        raise master_data.refuse_inactive(customer)
    if master_data.becomes_of_another_currency(stored, customer) and await finding.has_documents(
        connection, context.company_id, _id_of(stored)
    ):
        raise master_data.refuse_currency(stored, customer, sent)
    detail = master_data.differences(stored, customer)
    customer = await _with_new_rows(connection, context, customer)
    return await writing.save_customer(connection, context, stored, customer, detail)


async def renumber(
    connection: Connection, context: Context, customer_id: int, number: str | None, expected_version: Expected
) -> Saved:
    """Give a customer another number, which its documents show from then on (CUS-01).

    Raises `NotFound`, `Stale`, and `Refused` if another customer has the number.
    """
    stored, reference = await _locked(connection, context, customer_id)
    check_expected(expected_version, stored.version)
    check_may(stored.status, "edit", stored.number)
    series = reference.series_of("customer")
    wanted = check_sent_number(series, number, override=True, field=("number",), max_length=LONGEST_NUMBER)
    if wanted is None:
        raise Refused("A customer needs a number.", field=("number",), hint="Send the new one.")
    if wanted == stored.number:
        return _as_saved(stored)
    await wait_for_turn(context.company_id, series.series_id)
    with report_key_as_sent(wanted):
        return await writing.save_number(connection, context, stored, wanted, series.series_id)


async def ids_of_sent(connection: Connection, company_id: int, sent: Sequence[str], field: FieldPath) -> list[int]:
    """The ids of customers by the numbers that a request names, in any case. Raises `UnknownReference`."""
    found = await finding.find_customer_ids(connection, company_id, sent)
    return all_known(found, sent, field, "Send numbers of existing customers.")


async def _locked(connection: Connection, context: Context, key: str | int) -> tuple[Customer, Reference]:
    customer_id = await finding.lock_customer(connection, context.company_id, key)
    found = None if customer_id is None else await finding.find_customer(connection, context.company_id, customer_id)
    if found is None:
        raise NotFound("customer", key)
    return found.record, await remembered.at(connection, context.company_id, found.reference_version)


async def _sent_parent(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Parent | None:
    number = (sent.get("parent_number") or "").strip()
    return await finding.lock_parent(connection, context.company_id, number) if number else None


async def _has_children(connection: Connection, context: Context, customer: Customer) -> bool:
    return await finding.has_children(connection, context.company_id, _id_of(customer))


async def _with_new_rows(connection: Connection, context: Context, customer: Customer) -> Customer:
    """The customer with its new own addresses and contacts stored. In extra statements, as it is rarely needed."""
    new: dict[str, Any] = {}
    for name in ("invoice_address", "delivery_address"):
        address = getattr(customer, name)
        if address is not None and address.address_id is None:
            new[name] = await writing.insert_address(connection, context.company_id, address)
    for name in ("invoice_contact", "delivery_contact"):
        contact = getattr(customer, name)
        if contact is not None and contact.contact_id is None:
            new[name] = await writing.insert_contact(connection, context.company_id, contact)
    return replace(customer, **new)


def _ids_of(context: Context) -> master_data.NewId:
    return lambda: str(context.clock.new_id())


def _id_of(customer: Customer) -> int:
    if customer.customer_id is None:
        raise ValueError("the customer is not stored yet")
    return customer.customer_id


def _as_saved(customer: Customer) -> Saved:
    return Saved(customer.number, customer.version)
