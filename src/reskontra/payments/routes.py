"""The addresses of payments. `customerPayment` and `payment` are the same resource under two names (PAY-01)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from asyncpg import Record
from starlette.responses import Response

from reskontra.changes.lists.wire import Filter, choice, day, equal, filtered, greater, matching, moment, parsed, same
from reskontra.customers.store.fragments import id_of_number, number_of_id
from reskontra.db.lists import Filters, Order, Sorted
from reskontra.db.pool import Connection
from reskontra.errors import Malformed, NotFound
from reskontra.payments.commands import auto_applying, drafting, releasing, voiding
from reskontra.payments.commands.preparing import ADDRESSED, VOIDS
from reskontra.payments.store import lists
from reskontra.payments.store.loading import SEEN_AS_PAYMENT
from reskontra.payments.wire.answers import (
    AutoApplyAnswer,
    PaymentAnswer,
    PaymentReleaseAnswer,
    PaymentType,
    PaymentVoidAnswer,
)
from reskontra.payments.wire.bodies import AutoApplyRun, PaymentRelease, PaymentUpdate, PaymentVoid
from reskontra.payments.wire.rendering import applied_answer, payment_answer
from reskontra.periods.rules import parse_period
from reskontra.receivables.commands import locks
from reskontra.receivables.store.for_payments import SHOWN_ON, has_line_on
from reskontra.receivables.wire.items import Status
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import answer_page
from reskontra.reference.store import remembered
from reskontra.runs.answers import sent_to_run, skipped_answers
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, deleted, done, no_content, one
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.query import Query
from reskontra.web.routing import Route, tryable
from reskontra.web.scalars import shown
from reskontra.web.wire import changes

T = TypeVar("T")

_ATTEMPTS = 3

_LISTED = ("Payment", "Prepayment", "Refund", "VoidPayment", "VoidRefund", "SmallBalanceWo")
"""What a list has without `paymentType`: no credit notes (PAY-12)."""

_PICKED_IN_BODY = (*VOIDS, "CreditNote", "SmallBalanceWo")

FILTERS: tuple[Filter, ...] = (
    same("paymentNbr", "document.number"),
    matching("customer", f"document.customer_id = {id_of_number('{}::text')}"),
    greater("greaterThanValue", "document.number"),
    matching("invoiceRefNbr", has_line_on("{}::text")),
    choice("status", Status, "document.status"),
    equal("branch", "document.branch_number"),
    day("docDate", "document.document_date"),
    parsed("financialPeriod", parse_period, "document.period_id = {}"),
    moment("lastModifiedDateTime", "document.modified_at"),
)

_CHOICE = (Parameter("paymentType"),)
"""What tells payments of one number apart, beside the number in the address (PAY-10)."""

_ORDERS = {
    "type": Sorted(f"array_position(array{[str(it.value) for it in PaymentType]}::text[], document.document_type)"),
    "refNbr": Sorted("document.number", may_be_null=False),
    "customer": Sorted(number_of_id("document.customer_id")),
    "docDate": Sorted("document.document_date", may_be_null=False),
    "applicationDate": Sorted(SHOWN_ON),
    "paymentAmount": Sorted("document.amount", may_be_null=False),
    "status": Sorted("document.status", may_be_null=False),
    "lastModifiedDateTime": Sorted("document.modified_at", may_be_null=False),
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What differs between the two names."""

    path: str
    operation: str


_RESOURCES = (Resource("customerPayment", "CustomerPayment"), Resource("payment", "Payment"))


async def create(resource: Resource, call: Call) -> Response:
    """POST a new payment."""
    update = changes(call.decode(PaymentUpdate))
    written = await _carried_out(call, lambda it: drafting.create(it, call.context, update))
    return created(call, _address(resource, written.number), written.version)


async def change(resource: Resource, call: Call) -> Response:
    """PUT the fields that change. `paymentType` picks among documents of one number as for GET; so does a type in the
    body, but for the types that are entered: those are a value, which must be the stored one (PAY-10)."""
    update = changes(call.decode(PaymentUpdate))
    number = call.params["paymentNumber"]
    document_type = _type_in_query(call.query)
    if document_type is None and update.get("document_type") in _PICKED_IN_BODY:
        document_type = update["document_type"]
    written = await _carried_out(
        call,
        lambda it: drafting.change(
            it, call.context, number, update, document_type=document_type, expected_version=call.if_match
        ),
    )
    return no_content(call, _address(resource, written.number), written.version)


async def delete(resource: Resource, call: Call) -> Response:
    """DELETE a draft, at an address of our own."""
    number, document_type = call.params["paymentNumber"], _type_in_query(call.query)
    await _carried_out(
        call,
        lambda it: drafting.delete(
            it, call.context, number, document_type=document_type, expected_version=call.if_match
        ),
    )
    return deleted()


async def release(resource: Resource, call: Call) -> Response:
    """POST the release action; the ETag is the payment's (PAY-23)."""
    update = changes(call.decode(PaymentRelease))
    number, document_type = call.params["paymentNumber"], update.get("document_type")
    written, applied = await _carried_out(
        call,
        lambda it: releasing.release(
            it, call.context, number, document_type=document_type, expected_version=call.if_match
        ),
    )
    more = {"applications": [applied_answer(it) for it in applied]} if applied else None
    return done(call, written.version, more)


async def run_auto_apply(call: Call) -> Response:
    """POST: apply open credits to open debts (AUP-04). Parameters in the address are refused, as by every run."""
    outcome = await auto_applying.run_auto_apply(call.database, call.context, sent_to_run(call, AutoApplyRun))
    more = {"created": [applied_answer(it) for it in outcome.created], "skipped": skipped_answers(outcome)}
    return done(call, more=more)


async def void(resource: Resource, call: Call) -> Response:
    """POST the void action: it makes a document of its own, which takes effect when it is released."""
    update = changes(call.decode(PaymentVoid))
    number, document_type = call.params["paymentNumber"], update.get("document_type")
    made, written = await _carried_out(
        call,
        lambda it: voiding.void(it, call.context, number, document_type=document_type, expected_version=call.if_match),
    )
    more: dict[str, object] = {"type": made.document_type, "refNbr": written.number}
    if update.get("returns_void"):
        more["voidPayment"], _ = await _read(call, [made.document_type], written.number)
    return done(call, written.version, more)


async def _carried_out(call: Call, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do `work`, once more from the start each time that another request overtakes it."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(locks.Overtaken):
            return await call.database.write(work)
    return await call.database.write(work)


async def get_one(resource: Resource, call: Call) -> Response:
    """GET one payment; `paymentType` picks another one with that number, or a released credit note (PAY-10, CNP-01)."""
    wanted = _type_in_query(call.query)
    answer, version = await _read(call, [wanted] if wanted else ADDRESSED, call.params["paymentNumber"])
    return one(call, answer, version)


async def _read(call: Call, types: list[str] | tuple[str, ...], number: str) -> tuple[PaymentAnswer, int]:
    async with call.database.connection() as connection:
        row = await lists.find_payment(connection, call.company_id, types, number)
        if row is None:
            raise NotFound("payment", number)
        reference = await remembered.at(connection, call.company_id, row["reference_version"])
    return payment_answer(row, reference), row["version"]


async def get_all(resource: Resource, call: Call) -> Response:
    """GET a page of payments with their lines, by number or in the order that was asked for (PAY-11, PAY-14)."""
    wanted = _type_in_query(call.query)
    filters: Filters = filtered(call, [wanted] if wanted else list(_LISTED))
    if wanted == PaymentType.CREDIT_NOTE:
        filters.add(SEEN_AS_PAYMENT)
    payments = replace(lists.PAYMENTS, order=_order(call.query))
    return await answer_page(call, payments, filters, _answer)


def _answer(row: Record, reference: Reference) -> PaymentAnswer:
    return payment_answer(row, reference)


def _type_in_query(query: Query) -> str | None:
    wanted = query.choice("paymentType", PaymentType)
    return None if wanted is None else str(wanted.value)


def _order(query: Query) -> Order:
    """The order of `orderBy` (PAY-13): names with commas between them, each once, alone or with asc or desc."""
    text = query.text("orderBy")
    if text is None:
        return ()
    by_name = {name.lower(): term for name, term in _ORDERS.items()}
    terms: dict[str, Sorted] = {}
    for part in text.split(",", len(by_name)):
        words = part.lower().split()
        if not words or words[0] not in by_name or words[0] in terms or words[1:] not in ([], ["asc"], ["desc"]):
            raise Malformed(
                f"'{shown(part.strip())}' is not a value that the parameter orderBy takes.",
                hint=f"Send some of {', '.join(_ORDERS)}, each once, alone or with asc or desc.",
            )
        terms[words[0]] = replace(by_name[words[0]], is_descending=words[1:] == ["desc"])
    sorted_already = {term.sql for term in terms.values()}
    ties = (Sorted(column, may_be_null=False) for column in lists.PAYMENTS.key if column not in sorted_already)
    return (*terms.values(), *ties)


def _address(resource: Resource, number: str) -> str:
    return f"/v1/{resource.path}/{quote(number, safe='')}"


def _routes(resource: Resource) -> Iterator[Route]:
    payments = Addresses(f"/v1/{resource.path}", "payment", PaymentAnswer, PaymentUpdate)
    operation, below = resource.operation, "{paymentNumber}"
    yield payments.many(f"{operation}_GetAllPayments", partial(get_all, resource), filters=FILTERS)
    yield payments.one(f"{operation}_GetBypaymentNumber", partial(get_one, resource), below, query=_CHOICE)
    yield payments.post(f"{operation}_CreatePayment", partial(create, resource))
    yield payments.put(f"{operation}_PutBypaymentNumber", partial(change, resource), below, query=_CHOICE)
    yield payments.act(
        f"{operation}_ReleasePaymentBypaymentNumber",
        partial(release, resource),
        f"{below}/action/release",
        "releasing",
        body=PaymentRelease,
        answer=PaymentReleaseAnswer,
    )
    yield payments.act(
        f"{operation}_VoidPaymentBypaymentNumber",
        partial(void, resource),
        f"{below}/action/void",
        "voiding",
        body=PaymentVoid,
        answer=PaymentVoidAnswer,
    )


_OURS = Addresses("/v1/reskontra/customerPayment", "payment")

ROUTES = [
    *tryable(route for resource in _RESOURCES for route in _routes(resource)),
    Addresses("/v1/reskontra/run", "automatic application", AutoApplyAnswer).act(
        "Reskontra_RunAutoApply", run_auto_apply, "autoApply", "running", body=AutoApplyRun
    ),
    *tryable(
        [_OURS.delete("Reskontra_DeletePayment", partial(delete, _RESOURCES[0]), "{paymentNumber}", query=_CHOICE)]
    ),
]
