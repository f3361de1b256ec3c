"""How salespersons look on the wire: bodies and answers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

from reskontra.accounts.wire.named import NamedSubaccount, named_subaccount
from reskontra.customers.store.for_salespersons import Assignment
from reskontra.operations import LineOperation
from reskontra.reference.reference import Reference
from reskontra.salespersons.rules.salespersons import Salesperson
from reskontra.versions import Stored
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Flag,
    MomentOut,
    OneOf,
    Percent,
    Sent,
    Text30,
    Text60,
    UnsetType,
    field,
    local_text,
    sent,
)

_SIX_PLACES = Decimal("0.000001")


class SoldToUpdate(Body):
    """A customer to sell to, its location (the default one if none is sent) and the commission; `operation` is bare."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    customer_number: Sent[Text30] = sent("customerID")
    location_cd: Sent[Text30] = sent("locationID")
    commission_percent: Sent[Percent] = sent("commissionPct")


class SalespersonUpdate(Body):
    """The body of POST and PUT: absent is "not supplied", `{"value": null}` is "clear it"."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"salesperson_cd", "name"})

    salesperson_cd: Sent[Text30] = sent("salespersonID")
    name: Sent[Text60] = UNSET
    active: Sent[Flag] = sent("isActive")
    commission_percent: Sent[Percent] = sent("commissionPct")
    sales_subaccount: Sent[Text30] = sent("salesSub")
    customers: list[SoldToUpdate] | UnsetType | None = UNSET


class SoldToAnswer(Answer, kw_only=True):
    """A customer's location that the salesperson sells to."""

    customer_id: int = field(name="bAccountID")
    customer_name: str
    location_id: int = field(name="locationID")
    location_name: str
    is_default: bool
    commission_percent: Decimal = field(name="commisionPct")
    created_at: MomentOut = field(name="createdDateTime")
    modified_at: MomentOut = field(name="lastModifiedDateTime")


class SalespersonAnswer(Answer, kw_only=True):
    """A salesperson as GET shows it."""

    salesperson_cd: str = field(name="salespersonID")
    name: str
    active: bool = field(name="isActive")
    commission_percent: Decimal = field(name="commissionPct")
    sales_subaccount: NamedSubaccount | None = field(default=None, name="salesSub")
    customers: list[SoldToAnswer] | None = None
    created_at: MomentOut = field(name="createdDateTime")
    modified_at: MomentOut = field(name="lastModifiedDateTime")


class SellerAnswer(Answer, kw_only=True):
    """Who sells to a customer at one of its locations."""

    salesperson_cd: str = field(name="salePersonID")
    name: str
    location_cd: str = field(name="locationID")
    location_name: str
    commission_percent: Decimal = field(name="commisionPct")
    is_default: bool


def salesperson_answer(
    stored: Stored[Salesperson], sold_to: Iterable[Assignment] | None, reference: Reference
) -> SalespersonAnswer:
    """A stored salesperson as GET shows it, without customers if none are given; moments in the company's zone."""
    salesperson = stored.record
    subaccount = reference.subaccounts.get(salesperson.sales_subaccount_id or 0)
    return SalespersonAnswer(
        salesperson_cd=salesperson.salesperson_cd,
        name=salesperson.name,
        active=salesperson.active,
        commission_percent=salesperson.commission_percent.quantize(_SIX_PLACES),
        sales_subaccount=named_subaccount(subaccount) if subaccount else None,
        customers=[
            SoldToAnswer(
                customer_id=line.customer_id,
                customer_name=line.customer_name,
                location_id=line.location_id,
                location_name=line.location_name,
                is_default=line.is_default,
                commission_percent=line.commission_percent.quantize(_SIX_PLACES),
                created_at=local_text(line.created_at, reference.zone),
                modified_at=local_text(line.modified_at, reference.zone),
            )
            for line in sold_to
        ]
        if sold_to is not None
        else None,
        created_at=local_text(stored.created_at, reference.zone),
        modified_at=local_text(stored.modified_at, reference.zone),
    )


def seller_answer(line: Assignment, reference: Reference) -> SellerAnswer:
    """An assignment as the customer shows it."""
    salesperson = reference.salespersons[line.salesperson_id]
    return SellerAnswer(
        salesperson_cd=salesperson.salesperson_cd,
        name=salesperson.name,
        location_cd=line.location_cd,
        location_name=line.location_name,
        commission_percent=line.commission_percent.quantize(_SIX_PLACES),
        is_default=line.is_default,
    )
