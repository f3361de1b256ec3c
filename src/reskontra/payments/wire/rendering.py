"""Fills the answers about payments from rows and reference data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from reskontra.currencies.rules import Operator, Rate, to_base
from reskontra.kinds import CREDIT_NOTE, DEBITS, KINDS
from reskontra.money import ZERO
from reskontra.payments.payment import Applied, Charge, ShownLine
from reskontra.payments.rules.charges import total_of
from reskontra.payments.rules.cross_rates import in_payment_currency
from reskontra.payments.wire.answers import AppliedAnswer, FinancialDetails, PaymentAnswer, PaymentLineAnswer
from reskontra.receivables.wire.applications import NamedDocumentAnswer
from reskontra.receivables.wire.items import NamedLocation
from reskontra.web.pairs import IdDescription, NumberName
from reskontra.web.wire import day_answer, day_text, etag_of, local_text

if TYPE_CHECKING:
    from asyncpg import Record

    from reskontra.reference.reference import Reference

_MONEY = Decimal("0.0001")


class _Line(ShownLine, frozen=True, kw_only=True):
    """An entry of `for_payments.SHOWN_LINES`."""

    document_date: date
    due_date: date | None
    cash_discount_date: date | None
    invoice_text: str | None
    currency_id: str
    period_id: str
    customer_reference: str | None
    balance: Decimal
    discount_left: Decimal


_lines = msgspec.json.Decoder(list[_Line])
_charges = msgspec.json.Decoder(list[Charge])


def payment_answer(row: Record, reference: Reference) -> PaymentAnswer:
    """A row of `lists.find_payment` or `lists.PAYMENTS`. A void has figures below zero (VDP-02)."""
    kind = KINDS[row["document_type"]]
    sign = -1 if row["document_type"] in ("VoidPayment", "VoidRefund") else 1
    lines = _lines.decode(row["lines"]) if row["lines"] else []
    charges = _charges.decode(row["charges"]) if row["charges"] else ()
    decimals = reference.decimals_of(row["currency_id"])
    waiting = [line for line in lines if line.is_proposed]
    proposed = _applied(waiting, is_credit=kind.balance_sign < 0)
    rate = Rate(row["exchange_rate"], Operator(row["rate_operator"]))
    available, available_base = row["balance"] - proposed, row["balance_base"]
    if sign < 0:
        available, available_base = ZERO, ZERO
    elif proposed:
        available_base = available_base - to_base(proposed, rate, reference.base_decimals) if available else ZERO
    method = reference.payment_methods.get(row["payment_method_id"] or "")
    has_place = kind.is_money
    return PaymentAnswer(
        type=row["document_type"],
        number=row["number"],
        status=row["status"],
        hold=row["status"] in ("Hold", "Reserved"),
        application_date=day_text(max([row["document_date"], *(it.applied_on for it in lines if it.applied_on)])),
        application_period=max([row["period_id"], *(it.applied_period_id for it in lines if it.applied_period_id)]),
        payment_reference=row["payment_reference"],
        customer=NumberName(row["customer_number"], row["customer_name"]),
        location=NamedLocation(row["location_country_id"], row["location_cd"], row["location_name"]),
        payment_method=IdDescription(method.payment_method_id, method.description) if method and has_place else None,
        cash_account=row["cash_account"] if has_place else None,
        currency=row["currency_id"],
        amount=_money(row["amount"] * sign),
        invoice_text=row["invoice_text"],
        applied_to_documents=_money(_applied(lines, is_credit=kind.balance_sign < 0 or sign < 0)),
        applied_to_orders=_money(ZERO),
        available_balance=_money(available),
        write_off_amount=_money(sum((line.write_off for line in lines), ZERO)),
        finance_charges=_money(total_of(charges) * sign),
        deducted_charges=_money(total_of(it for it in charges if it.is_deducted) * sign),
        branch=row["branch_number"],
        modified_at=local_text(row["modified_at"], reference.zone),
        lines=[_line(line, decimals, reference) for line in lines],
        orders=[],
        financial_details=FinancialDetails(day_text(row["document_date"])),
        amount_base=_money(row["amount_base"] * sign),
        available_balance_base=_money(available_base),
        time_stamp=etag_of(row["version"]),
    )


def applied_answer(applied: Applied) -> AppliedAnswer:
    """What was applied by itself."""
    return AppliedAnswer(
        customer=applied.customer_number,
        credit=NamedDocumentAnswer(*applied.credit),
        debit=NamedDocumentAnswer(*applied.debit),
        amount=_money(applied.amount),
        currency=applied.currency_id,
    )


def _applied(lines: list[_Line], *, is_credit: bool) -> Decimal:
    """What the lines take: debits less credit notes used; for a refund, what it pays out."""
    if not is_credit:
        return sum((line.amount for line in lines), ZERO)
    return sum(
        (-line.amount if line.document_type == CREDIT_NOTE.document_type else line.amount for line in lines), ZERO
    )


def _line(line: _Line, decimals: int, reference: Reference) -> PaymentLineAnswer:
    reason = reference.reason_codes.get(line.reason_code or "")
    reduction = line.amount + line.discount + line.write_off
    balance = in_payment_currency(line.balance, line.cross_rate, decimals)
    discount = in_payment_currency(line.discount_left, line.cross_rate, decimals)
    return PaymentLineAnswer(
        document_type=line.document_type,
        number=line.number,
        amount_paid=_money(line.amount),
        discount=_money(line.discount),
        write_off=_money(line.write_off),
        reason_code=IdDescription(reason.reason_code_id, reason.description) if reason else None,
        document_date=day_answer(line.document_date),
        due_date=day_answer(line.due_date),
        discount_date=day_answer(line.cash_discount_date),
        balance=_money(balance - reduction if line.is_proposed else balance),
        discount_balance=_money(
            max(discount - line.discount if line.is_proposed else discount, ZERO)
            if line.document_type in DEBITS
            else ZERO
        ),
        description=line.invoice_text,
        currency=line.currency_id,
        post_period=line.period_id,
        customer_order=line.customer_reference,
        cross_rate=line.cross_rate,
    )


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(_MONEY)
