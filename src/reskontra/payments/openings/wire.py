"""How open items of an older system are sent, and what a run answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from reskontra.errors import Malformed
from reskontra.payments.openings.rules.rows import AN_ITEM, Fault, Row
from reskontra.web.scalars import shown
from reskontra.web.wire import (
    Amount,
    Answer,
    Body,
    Day,
    Flag,
    Rate,
    Text30,
    Text255,
    UnsetType,
    changes_apart,
    sent,
)

if TYPE_CHECKING:
    from reskontra.payments.openings.rules.taking import TakenOver


class OpenItem(Body):
    """One open item; what is left out or wrong is told of all items at once."""

    refuses_unknown: ClassVar[bool] = True

    document_type: Text30 | UnsetType = msgspec.UNSET
    number: Text30 | UnsetType = sent("referenceNumber")
    customer_number: Text30 | UnsetType = sent("customer")
    document_date: Day | UnsetType = msgspec.UNSET
    due_date: Day | UnsetType = msgspec.UNSET
    currency_id: Text30 | UnsetType = sent("currency")
    exchange_rate: Rate | UnsetType = msgspec.UNSET
    original_amount: Amount | UnsetType = msgspec.UNSET
    balance: Amount | UnsetType = msgspec.UNSET
    payment_reference: Text255 | UnsetType = msgspec.UNSET
    text: Text255 | UnsetType = msgspec.UNSET
    branch_number: Text30 | UnsetType = sent("branch")


class OpenItems(Body):
    """Open items of an older system, the day on which they are taken over, and the account of the other side."""

    refuses_unknown: ClassVar[bool] = True
    needed_in_post: ClassVar[frozenset[str]] = frozenset({"as_of", "items"})

    as_of: Day | UnsetType = msgspec.UNSET
    account_number: Text30 | UnsetType = sent("account")
    items: list[OpenItem] | UnsetType = msgspec.UNSET
    dry_run: Flag | UnsetType = msgspec.UNSET


class OpenItemsApart(OpenItems):
    """The same with items as they came, to be read field by field: a body with faults is told all of them."""

    items: list[msgspec.Raw] | UnsetType = msgspec.UNSET  # type: ignore[assignment]


class TakenOverTotal(Answer, kw_only=True):
    """The documents of one type that were taken over; the balance is in base currency."""

    document_type: str
    count: int
    balance: Decimal


class TakenOverAnswer(Answer):
    """What was taken over; a trial has no batch."""

    action_id: str | None = None
    action_result: str | None = None
    batch_number: str | None = None
    period: str | None = None
    account: str | None = None
    currency: str | None = None
    totals: list[TakenOverTotal] | None = None


def rows_of(items: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The items of a body as rows."""
    return [Row(place=f"items[{position}]", **item) for position, item in enumerate(items)]


def rows_apart(items: Sequence[object]) -> list[Row]:
    """The items of a body as rows, each with what is wrong with the fields that cannot be read (OPN-03)."""
    rows = []
    for position, item in enumerate(items):
        place = f"items[{position}]"
        fields, faults = changes_apart(item, OpenItem)
        rows.append(Row(place=place, **fields, unread=tuple(_unread(place, fault) for fault in faults)))
    return rows


def _unread(place: str, fault: Malformed) -> Fault:
    attribute = str(fault.field[0]) if fault.field else AN_ITEM
    value = None if fault.value in (None, attribute) else shown(fault.value)
    return Fault(place, attribute, value, fault.hint or fault.reason)


_MONEY = Decimal("0.0001")


def taken_over_fields(taken: TakenOver) -> dict[str, Any]:
    """The fields of the answer, but for the id of the action."""
    totals = [
        TakenOverTotal(document_type=it.document_type, count=it.count, balance=it.balance.quantize(_MONEY))
        for it in taken.totals
    ]
    number = {} if taken.batch_number is None else {"batchNumber": taken.batch_number}
    return {
        **number,
        "period": taken.period_id,
        "account": taken.account_number,
        "currency": taken.base_currency,
        "totals": totals,
    }
