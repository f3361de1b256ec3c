"""What a run writes off, and why it passes the rest over (SWO, WRO)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from reskontra.codes import all_known
from reskontra.customers.customer import Status
from reskontra.customers.rules.standing import may
from reskontra.errors import Malformed, Refused
from reskontra.kinds import BALANCE_WRITE_OFF, CREDIT_WRITE_OFF, Kind, document_spelled
from reskontra.money import ZERO
from reskontra.receivables.rules.proposals import freed_later
from reskontra.records import Record

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference
    from reskontra.reference.rules.classes import ReasonCode

USAGES = {"balance": (BALANCE_WRITE_OFF, "BalanceWriteOff"), "credit": (CREDIT_WRITE_OFF, "CreditWriteOff")}
"""What a run may write off -> the kind of document that does it (SWO-01), and the usage of its reason codes."""

FILTERS = "filters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run is asked for."""

    on: date
    period_id: str
    reasons: Mapping[str, ReasonCode]
    """The document type of each write-off that the run makes -> its reason code."""

    limit: Decimal | None
    """The most that is written off of one document, in base currency; None: as much as its customer allows."""

    currency_id: str | None
    """The currency of the documents; None for all."""

    document_ids: Sequence[int] | None
    """The documents that are looked at; None for all."""

    @property
    def settles(self) -> dict[str, str]:
        """The type of a document that may be written off -> that of what writes it off."""
        kinds = [kind for kind, _ in USAGES.values() if kind.document_type in self.reasons]
        return {settled: kind.document_type for kind in kinds for settled in kind.settles}


class Small(Record, frozen=True, kw_only=True):
    """An open document as the run sees it; `limit` is what its customer allows, 0 if nothing, in base currency."""

    document_id: int
    document_type: str
    number: str
    status: str
    branch_number: str
    period_id: str
    currency_id: str
    balance: Decimal
    balance_base: Decimal
    customer_id: int
    customer_number: str
    customer_status: Status
    limit: Decimal
    proposer: str | None
    """Type and number of the document that has an application on this one, or of it, that waits for release."""

    waiting_void: bool
    waiting_correction: str | None
    freed_on: date | None
    """The last day on which an application of an earlier day was taken back."""

    settled_on: date | None
    """The last day on which something that is in force was applied on it, or of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """What a run wrote off; `number` is None in a trial. `amount` is in the currency of what was settled."""

    customer_number: str
    document_type: str
    number: str | None
    settled: tuple[str, str]
    amount: Decimal
    currency_id: str

    def without_ids(self) -> Self:
        """The same as a trial reports it, whose number was rolled back."""
        return replace(self, number=None)


def reasons_of(filters: Mapping[str, Any], reference: Reference) -> dict[str, ReasonCode]:
    """The reason code of each kind of write-off that is asked for: the one sent, else the only one of its usage
    (SWO-02)."""
    wanted = filters.get("kind") or "both"
    sent, path = filters.get("reason_code"), (FILTERS, "reason_code")
    if sent and wanted == "both":
        raise Refused(
            "A reason code is for BalanceWriteOff or for CreditWriteOff, never for both.",
            field=path,
            value=sent,
            hint="Send the kind 'balance' or 'credit' too.",
        )
    return {kind.document_type: _reason(kind, usage, sent, reference)
            for name, (kind, usage) in USAGES.items() if wanted in (name, "both")}  # fmt: skip


def _reason(kind: Kind, usage: str, sent: str | None, reference: Reference) -> ReasonCode:
    path = (FILTERS, "reason_code")
    if sent:
        found = reference.reason_code(sent, usage, path)
    else:
        known = [code for code in reference.reason_codes.values() if code.usage == usage]
        if len(known) != 1:
            codes = ", ".join(code.reason_code_id for code in known) or "none is set up"
            raise Malformed(f"A {kind.noun} needs a reason code.", field=path, hint=f"Send one of: {codes}.")
        found = known[0]
    reference.active_account(found.account_number, path)
    return found


def limit_sent(filters: Mapping[str, Any]) -> Decimal | None:
    """The limit of the run, which lowers those of customers (WRO-01)."""
    limit: Decimal | None = filters.get("limit")
    if limit is not None and limit <= ZERO:
        raise Refused("A limit is above zero.", field=(FILTERS, "limit"), value=f"{limit:f}", hint="Send 0.01 or more.")
    return limit


def names_sent(filters: Mapping[str, Any]) -> Sequence[tuple[str, str]] | None:
    """Type and number of each document that a run is to look at; None for all. Raises `UnknownReference`."""
    sent: Sequence[str] | None = filters.get("document_names")
    if sent is None:
        return None
    names = [document_spelled(it) for it in sent]
    return all_known(names, sent, (FILTERS, "document_names"), "Send type and number, such as Invoice/003548.")


def reason_to_skip(small: Small, order: Order) -> str | None:
    """Why an open document stays, as a sentence; None if it is written off (WRO-02, WRO-04)."""
    return _too_much(small, order) or _held_back(small) or _came_later(small, order)


def _too_much(small: Small, order: Order) -> str | None:
    if not may(small.customer_status, "payment"):
        return f"The customer has the status {small.customer_status}."
    if not small.limit:
        return f"Customer {small.customer_number} has no limit for write-offs."
    limit = small.limit if order.limit is None else min(small.limit, order.limit)
    if small.balance_base > limit:
        return f"Its balance of {small.balance_base:.2f} is above the limit of {limit:.2f}."
    return None


def _held_back(small: Small) -> str | None:
    if small.status != "Open":
        return f"It is {small.status}."
    if small.proposer is not None:
        return f"It has a pending application of {small.proposer}, which waits for release."
    if small.waiting_void:
        return "A void of it waits for release."
    if small.waiting_correction is not None:
        return f"The correction {small.waiting_correction} of it waits for release."
    return None


def _came_later(small: Small, order: Order) -> str | None:
    if small.freed_on is not None and small.freed_on > order.on:
        return freed_later(small.freed_on)
    if small.settled_on is not None and small.settled_on > order.on:
        return f"More of it was open then: something was applied on {small.settled_on.isoformat()}."
    if small.period_id > order.period_id:
        return f"It is of the period {small.period_id}, later than the run."
    return None
