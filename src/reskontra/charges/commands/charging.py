"""Charging some customers in one transaction: what is due, and the drafts for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from reskontra.charges import store
from reskontra.charges.charge import LateCustomer, LateDocument, MadeCharge
from reskontra.charges.rules import (
    ORIGIN,
    code_for,
    fee_of,
    lines_of,
    not_yet,
    reason_to_skip,
    too_little_in_all,
)
from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.customers.store.for_charges import find_debtors
from reskontra.db.pool import Connection
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.drafts import created
from reskontra.documents.rules.payment_references import reference_layout
from reskontra.documents.store.drafting import Draft, insert_drafts
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.errors import Refused
from reskontra.kinds import DEBIT_NOTE, INVOICE, OVERDUE_CHARGE
from reskontra.numbering.rules import choose_range
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import FEE_ORIGIN
from reskontra.records import replace as replace_record
from reskontra.reference.reference import Reference
from reskontra.runs.outcome import Outcome, Skipped

if TYPE_CHECKING:
    from reskontra.currencies.rules import Rate
    from reskontra.reference.rules.overdue_charges import OverdueCharge

_SERIES = "overdue_charge"

CHARGED = {
    "document_types": (INVOICE.document_type, DEBIT_NOTE.document_type),
    "excluded_origins": (FEE_ORIGIN,),
}
"""What is charged for: no charge on a charge, and none on a reminder's fee (OVD-05, OCH-06)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run must do. `branch_number`: the branch whose documents are charged; None means all."""

    reference: Reference
    on: date
    branch_number: str | None


@dataclass(frozen=True, slots=True)
class _Payer:
    """A customer who may be charged, and how."""

    debtor: Debtor
    code: OverdueCharge


async def charge(
    connection: Connection, context: Context, order: Order, customer_ids: Sequence[int]
) -> Outcome[MadeCharge]:
    """Drafts for these customers, one for each currency (OVD-06). What is paid meanwhile counts as paid after it."""
    payers, skipped = await _payers(connection, context, order, customer_ids)
    found = await _find_charges(connection, context, order, payers)
    rates = await _find_rates(connection, context, order, found, payers)
    made: list[tuple[MadeCharge, Draft]] = []
    for late in found:
        payer = payers[late.customer_id]
        due, left_out = _due(late, payer)
        skipped += left_out
        if due.documents:
            try:
                made.append(_drafted(context, order, due, payer, rates.get(_rate_named(due, payer, order.reference))))
            except Refused as refusal:
                skipped.append(Skipped(payer.debtor.number, refusal.reason))
    return Outcome(tuple(await _stored(connection, context, order, made)), tuple(skipped))


async def _payers(
    connection: Connection, context: Context, order: Order, customer_ids: Sequence[int]
) -> tuple[dict[int, _Payer], list[Skipped]]:
    """Those of the customers who may be charged, by id; they do not change until the transaction ends."""
    await locks.take(connection, context, order.reference, locks.Needs(customers=customer_ids))
    waiting = await store.find_waiting(connection, context.company_id, customer_ids, OVERDUE_CHARGE.document_type)
    payers, skipped = {}, []
    for debtor in await find_debtors(connection, context.company_id, customer_ids):
        code = code_for(debtor.customer_class_id, debtor.statement_cycle_id, order.reference)
        reason = reason_to_skip(debtor, code, waiting.get(debtor.customer_id))
        if reason is not None:
            skipped.append(Skipped(debtor.number, reason))
        elif code is not None:
            payers[debtor.customer_id] = _Payer(debtor, code)
    return payers, skipped


def _due(late: LateCustomer, payer: _Payer) -> tuple[LateCustomer, list[Skipped]]:
    """What is charged of the documents, none if it is too little in all, and why the others are not."""
    reasons = [(document, not_yet(document, payer.code)) for document in late.documents]
    skipped = [Skipped(f"{it.document_type} {it.number}", reason) for it, reason in reasons if reason is not None]
    due = replace_record(late, documents=tuple(it for it, reason in reasons if reason is None))
    reason = too_little_in_all(due, payer.code) if due.documents else None
    if reason is None:
        return due, skipped
    return replace_record(due, documents=()), [*skipped, Skipped(payer.debtor.number, reason)]


async def _find_charges(
    connection: Connection, context: Context, order: Order, payers: Mapping[int, _Payer]
) -> list[LateCustomer]:
    if not payers:
        return []
    reference = order.reference
    used = {payer.code.overdue_charge_id: payer.code for payer in payers.values()}
    return await store.find_charges(
        connection,
        context.company_id,
        on=order.on,
        payers={customer_id: payer.code.overdue_charge_id for customer_id, payer in payers.items()},
        branch_number=order.branch_number,
        codes=[asdict(code) for code in used.values()],
        rates=[
            {"overdue_charge_id": code.overdue_charge_id, **asdict(rate)}
            for code in used.values()
            for rate in code.percents(reference.legal_rates)
        ],
        decimals={currency_id: currency.decimals for currency_id, currency in reference.currencies.items()},
        base_currency=reference.base_currency,
        **CHARGED,
    )


def _rate_named(late: LateCustomer, payer: _Payer, reference: Reference) -> tuple[str, str]:
    return late.currency_id, payer.debtor.rate_type or reference.preferences.default_rate_type


async def _find_rates(
    connection: Connection,
    context: Context,
    order: Order,
    found: Sequence[LateCustomer],
    payers: Mapping[int, _Payer],
) -> dict[tuple[str, str], Rate]:
    """The exchange rates of charges in other currencies."""
    reference = order.reference
    named = {
        _rate_named(late, payers[late.customer_id], reference)
        for late in found
        if late.currency_id != reference.base_currency
    }
    return await store.find_rates(connection, context.company_id, sorted(named), order.on)


def _drafted(
    context: Context, order: Order, late: LateCustomer, payer: _Payer, rate: Rate | None
) -> tuple[MadeCharge, Draft]:
    """The draft of a charge by the rules of any document (OCH-08). Raises `Refused` as they do."""
    reference, debtor, code = order.reference, payer.debtor, payer.code
    branch_number = order.branch_number or reference.branch_of_new(context.branch_number)
    fee = fee_of(code, order.on, reference)
    changes = {
        "document_date": order.on,
        "currency_id": late.currency_id,
        "branch_number": branch_number,
        "terms_id": code.terms_id,
        "invoice_text": code.description,
        "made_lines": lines_of(
            late.documents, fee, code=code, debtor=debtor, branch_number=branch_number, reference=reference
        ),
    }
    basis = Basis(
        reference=reference,
        debtor=debtor,
        child=None,
        contact=None,
        items={},
        table_rate=rate,
        today=reference.today(context.now),
    )
    document: Document = replace_record(created(OVERDUE_CHARGE, changes, basis, ORIGIN), created_by=context.actor)
    draft = Draft(
        document=document,
        customer_number=debtor.number,
        lines_text=lines_text(document, reference),
        vat_text=vat_text(document, reference),
    )
    charge = MadeCharge(
        customer_number=debtor.number,
        customer_name=debtor.name,
        number=None,
        currency_id=late.currency_id,
        amount=document.amount,
        fee=fee,
        documents=late.documents,
    )
    return charge, draft


async def _stored(
    connection: Connection, context: Context, order: Order, made: Sequence[tuple[MadeCharge, Draft]]
) -> list[MadeCharge]:
    if not made:
        return []
    reference = order.reference
    drafts = [draft for _, draft in made]
    needs = locks.Needs(
        series=(_SERIES,),
        balances=[draft.customer_number for draft in drafts],
        tallies=(OVERDUE_CHARGE.document_type,),
    )
    await locks.take(connection, context, reference, needs)
    series = reference.series_of(_SERIES)
    numbers = choose_range(series.ranges, order.on, drafts[0].document.branch_number)
    drafted = await insert_drafts(
        connection,
        context,
        OVERDUE_CHARGE.document_type,
        drafts,
        sign=OVERDUE_CHARGE.balance_sign,
        numbering=(series.series_id, numbers.range_id),
        reference_layout=reference_layout(OVERDUE_CHARGE, reference.preferences.payment_reference),
    )
    charged: list[tuple[int, int, LateDocument]] = [
        (written.document_id, line_number, document)
        for (charge, _), written in zip(made, drafted, strict=True)
        for line_number, document in enumerate(charge.documents, start=1)
    ]
    await store.insert_days(connection, context, charged)
    return [replace_record(charge, number=written.number) for (charge, _), written in zip(made, drafted, strict=True)]
