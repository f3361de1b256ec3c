"""Who is charged and for how much, the lines of a charge, and what is doubtful about a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from reskontra.charges.charge import LateCustomer, LateDocument
from reskontra.customers.rules.standing import may
from reskontra.documents.document import Line
from reskontra.kinds import KINDS, OVERDUE_CHARGE
from reskontra.money import ONE, ZERO, total
from reskontra.reference.rules.overdue_charges import COMPENSATION
from reskontra.vat.rules.codes import applied_ids

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.reference.reference import Reference
    from reskontra.reference.rules.overdue_charges import OverdueCharge

ORIGIN = "overdue_charge"
"""The origin of charges, which runs make."""


def code_for(customer_class_id: str, cycle_id: str | None, reference: Reference) -> OverdueCharge | None:
    """The code of a customer's class or, by preference, of its statement cycle (OVD-09); None if that names none."""
    if reference.preferences.overdue_charges_by_cycle:
        cycle = reference.statement_cycles.get(cycle_id or "")
        code = cycle.overdue_charge_code if cycle else None
    else:
        code = reference.customer_classes[customer_class_id].overdue_charge_code
    return reference.overdue_charges.get(code) if code else None


def reason_to_skip(debtor: Debtor, code: OverdueCharge | None, waiting: str | None) -> str | None:
    """Why a customer gets no charge, whatever is late (OVD-05, OCH-07, OCH-08); None if nothing is in the way."""
    if not may(debtor.status, OVERDUE_CHARGE.create_operation):
        return f"The customer has the status {debtor.status}."
    if code is None:
        return "The customer's class or statement cycle has no code for overdue charges."
    if waiting is not None:
        return f"The draft {waiting} waits: release or delete it first."
    return None


def not_yet(document: LateDocument, code: OverdueCharge) -> str | None:
    """Why a document is not charged yet; its days are not lost (OCH-04, OCH-06). None if it is."""
    if document.waiting_correction is not None:
        return f"The correction {document.waiting_correction} of it waits for release."
    if document.amount > ZERO:
        return None
    return f"The charge of {document.computed:f} is below the threshold of {code.threshold.normalize():f}."


def too_little_in_all(late: LateCustomer, code: OverdueCharge) -> str | None:
    """Why a customer gets no charge for what is charged of these documents (OVD-04); None if there is one."""
    amount = total(document.amount for document in late.documents)
    if amount >= code.total_threshold:
        return None
    return (
        f"The charge of {amount:f} {late.currency_id} is below the total threshold of "
        f"{code.total_threshold.normalize():f}."
    )


def fee_of(code: OverdueCharge, on: date, reference: Reference) -> Decimal:
    """The fee of a charge: that of the code, or the legal figure in force (OCH-12)."""
    if code.fee_legal is None:
        return code.fee_amount
    legal = reference.legal_rate(code.fee_legal, on)
    return legal.amount if legal is not None else ZERO


def lines_of(
    documents: Iterable[LateDocument],
    fee: Decimal,
    *,
    code: OverdueCharge,
    debtor: Debtor,
    branch_number: str,
    reference: Reference,
) -> tuple[Line, ...]:
    """A line for each document, and the fee last (OCH-01). VAT is that of the code's category, if it has any
    (OVD-08)."""
    zone_id = debtor.location.vat_zone_id or reference.branches[branch_number].vat_zone_id
    zone, category = reference.vat_zones.get(zone_id or ""), reference.vat_categories.get(code.vat_category_id or "")
    applies = zone is not None and category is not None and bool(applied_ids(category, zone))
    parts = [(_description(document), document.amount, code.charge_account) for document in documents]
    if fee > ZERO:
        parts.append((code.fee_description or "Fee", fee, code.fee_account or code.charge_account))
    return tuple(
        Line(
            line_number=line_number,
            description=description,
            quantity=ONE,
            unit_price=amount,
            price_entered=True,
            extended_amount=amount,
            amount=amount,
            account_number=account_number,
            subaccount_id=debtor.location.sales_subaccount_id or reference.subaccounts.default_id,
            vat_category_id=code.vat_category_id if applies else None,
            branch_number=branch_number,
        )
        for line_number, (description, amount, account_number) in enumerate(parts, start=1)
    )


def _description(document: LateDocument) -> str:
    named = KINDS[document.document_type].noun.capitalize()
    days = "1 day" if document.days == 1 else f"{document.days} days"
    return f"{named} {document.number}: {days}, {document.first_day} to {document.last_day}"


def doubts(codes: Iterable[OverdueCharge], on: date, reference: Reference) -> Iterator[str]:
    """What is doubtful about charging by these codes up to a date (OCH-11, OCH-12)."""
    for code in codes:
        for kind in (code.legal, code.fee_legal):
            rate = reference.legal_rate(kind, on) if kind is not None else None
            if kind is not None and rate is None:
                yield f"There is no legal rate {kind} on {on}: nothing is charged by it."
            elif rate is not None and rate.valid_until is not None and rate.valid_until < on:
                yield (
                    f"The newest legal rate {kind} is that until {rate.valid_until}; the days after it are charged by "
                    f"it too."
                )
        has_fees = any(level.fee > ZERO for level in reference.dunning_levels)
        if code.fee_legal == COMPENSATION and has_fees:
            yield (
                f"The code {code.overdue_charge_id} claims compensation for late payment, and reminders have fees; "
                f"the law gives one of the two."
            )
