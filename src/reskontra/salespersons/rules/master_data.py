"""Making a salesperson from what was sent, and the assignments that follow.

This module is above customers, because it assigns salespersons to them; the salesperson itself is in `salespersons`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.customers.store.for_salespersons import Assignment, Spot, Wanted
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.operations import LineOperation
from reskontra.salespersons.rules.salespersons import Salesperson

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]


def new_salesperson(sent: Sent, reference: Reference) -> Salesperson:
    """A salesperson without internal id."""
    salesperson_cd = (sent.get("salesperson_cd") or "").strip()
    if not salesperson_cd:
        raise Refused("A salesperson needs an id.", field=("salesperson_cd",), hint="Send a text that is not blank.")
    if sent.get("name") is None:
        raise Refused("A salesperson needs a name.", field=("name",), hint="Send a text that is not blank.")
    blank = Salesperson(salesperson_id=0, salesperson_cd=salesperson_cd, name=sent["name"])
    return _with_sent(blank, sent, reference)


def changed_salesperson(stored: Salesperson, sent: Sent, reference: Reference) -> Salesperson:
    """`stored` with what was sent; equal to it if nothing changes. The id stays."""
    salesperson_cd = (sent.get("salesperson_cd") or "").strip()
    if salesperson_cd and salesperson_cd.lower() != stored.salesperson_cd.lower():
        raise Refused(
            "A salesperson keeps the id.",
            field=("salesperson_cd",),
            value=salesperson_cd,
            hint=f"Leave the field out or send {stored.salesperson_cd}.",
        )
    return _with_sent(stored, sent, reference)


def _with_sent(salesperson: Salesperson, sent: Sent, reference: Reference) -> Salesperson:
    values: dict[str, Any] = {}
    if "name" in sent:
        if sent["name"] is None or not sent["name"].strip():
            hint = "Send a text, or leave the field out."
            raise Refused("A salesperson needs a name.", field=("name",), hint=hint)
        values["name"] = sent["name"]
    if "active" in sent:
        values["active"] = bool(sent["active"])
    if "commission_percent" in sent:
        values["commission_percent"] = _percent(sent["commission_percent"], ("commission_percent",))
    if "sales_subaccount" in sent:
        values["sales_subaccount_id"] = _subaccount(salesperson, sent["sales_subaccount"], reference)
    return replace(salesperson, **values)


def _subaccount(salesperson: Salesperson, sent: str | None, reference: Reference) -> int | None:
    if not sent:
        return None
    stored = reference.subaccounts.get(salesperson.sales_subaccount_id or 0)
    if stored is not None and stored.subaccount_number == sent:
        return stored.subaccount_id
    return reference.subaccounts.in_use(sent, ("sales_subaccount",))


def _percent(sent: Decimal | None, field: FieldPath) -> Decimal:
    percent = sent or Decimal(0)
    if not 0 <= percent <= 100:
        raise Refused(
            "A commission is between 0 and 100 per cent.", field=field, value=sent, hint="Send such a number."
        )
    return percent


def spots_of(sent: Sent) -> list[tuple[str, str | None]]:
    """The customer numbers and location ids that were sent, to be looked up."""
    return [
        ((line.get("customer_number") or "").strip(), (line.get("location_cd") or "").strip() or None)
        for line in sent.get("customers") or ()
    ]


def wanted_assignments(
    salesperson: Salesperson, sent: Sent, spots: Mapping[int, Spot], stored: Sequence[Assignment]
) -> list[Wanted]:
    """What must be written for the customers that were sent; nothing for those that are already as sent.

    Without an operation, and with Insert, an existing assignment is changed and a new one added.
    """
    standing = {(line.customer_id, line.location_id): line.commission_percent for line in stored}
    wanted: dict[tuple[int, int], Wanted] = {}
    for position, line in enumerate(sent.get("customers") or ()):
        if line.get("operation") is LineOperation.NOTHING:
            continue
        key = _spot(position, line, spots)
        field = ("customers", position)
        operation = line.get("operation") or LineOperation.INSERT
        if operation is not LineOperation.INSERT and key not in standing:
            hint = "Send a customer and location of the salesperson, or insert the line."
            raise UnknownReference(field=(*field, "customer_number"), value=line.get("customer_number"), hint=hint)
        percent = None
        if operation is not LineOperation.DELETE:
            percent = standing.get(key, salesperson.commission_percent)
            if "commission_percent" in line:
                percent = _percent(line["commission_percent"], (*field, "commission_percent"))
        if key not in standing or percent != standing[key]:
            wanted[key] = Wanted(customer_id=key[0], location_id=key[1], commission_percent=percent)
    return list(wanted.values())


def assignments_before(wanted: Sequence[Wanted], standing: Sequence[Assignment]) -> list[Wanted]:
    """What stands at the places of `wanted`, for the change row."""
    percents = {(line.customer_id, line.location_id): line.commission_percent for line in standing}
    return [replace(line, commission_percent=percents.get((line.customer_id, line.location_id))) for line in wanted]


def _spot(position: int, line: Sent, spots: Mapping[int, Spot]) -> tuple[int, int]:
    field = ("customers", position)
    spot = spots.get(position)
    if spot is None:
        hint = "Send the number of an existing customer."
        raise UnknownReference(field=(*field, "customer_number"), value=line.get("customer_number"), hint=hint)
    if spot.location_id is None:
        hint = "Send a location of the customer, or leave it out for the default one."
        raise UnknownReference(field=(*field, "location_cd"), value=line.get("location_cd"), hint=hint)
    return spot.customer_id, spot.location_id
