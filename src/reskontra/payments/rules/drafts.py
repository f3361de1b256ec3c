"""A payment before its release: what was sent, what customer and company supply (PAY-01 to PAY-08, APP-04)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import BASE_RATE, Rate, in_currency, to_base
from reskontra.customers.payment_methods.rules import cash_account_of, default_method, sent_method
from reskontra.errors import FieldPath, Malformed, Refused, UnknownReference
from reskontra.kinds import BALANCE_WRITE_OFF, CREDIT_NOTE, KINDS, PAYMENT, PREPAYMENT, Kind
from reskontra.money import ZERO
from reskontra.operations import LineOperation
from reskontra.payments.payment import Basis, Payment, PaymentLine
from reskontra.payments.rules.charges import charges_after
from reskontra.payments.rules.lines import LINES, has_moved, lines_after, taken_by
from reskontra.periods.rules import parse_period
from reskontra.receivables.rules.cash_accounts import check_cash_account
from reskontra.receivables.rules.items import name_of, named_on
from reskontra.receivables.rules.periods import booking_period
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.customers.customer import Payer
    from reskontra.reference.reference import Reference

ENTERED = ("Payment", "Prepayment", "Refund")
"""The kinds that are entered by hand; voids come from an action."""

_AMOUNT: FieldPath = ("amount",)


def kind_to_create(sent: str | None) -> Kind:
    """The kind of a new payment (PAYMENT where none is sent); refuses what is none, or made by the program only."""
    if not sent:
        return PAYMENT
    if sent == CREDIT_NOTE.document_type:
        raise Refused(
            "A credit note is not entered as a payment.",
            field=("document_type",),
            value=sent,
            hint="Send it to customerCreditNote; once released it can be applied here.",
        )
    if sent not in ENTERED:
        is_made = sent in KINDS and (KINDS[sent].is_money or sent == BALANCE_WRITE_OFF.document_type)
        raise Refused(
            f"Payments of the type {sent} are made by the program." if is_made else "This is no type of payments.",
            field=("document_type",),
            value=sent,
            hint=f"Send one of: {', '.join(ENTERED)}.",
        )
    return KINDS[sent]


def created(kind: Kind, changes: Mapping[str, Any], basis: Basis, currency_id: str) -> Payment:
    """A new payment in the currency that `currency_of` found."""
    payer, reference = basis.payer, basis.reference
    location = payer.location
    _check_location(basis, changes)
    day = changes.get("application_date") or basis.today
    account, subaccount = accounts_of(kind, basis.payer, basis.reference)
    method, cash_account = money_place(changes, payer, reference)
    rate = _rate(currency_id, day, basis)
    draft = Payment(
        document_type=kind.document_type,
        customer_id=payer.customer_id,
        location_id=location.location_id or 0,
        branch_number=_branch(changes, basis, reference.branch_of_new(basis.branch_number)),
        document_date=day,
        period_id="",
        currency_id=currency_id,
        exchange_rate=rate.rate,
        rate_operator=rate.operator,
        payment_method_id=method,
        cash_account=cash_account,
        account_number=account,
        subaccount_id=subaccount,
        applied_on=day,
        applied_period_id="",
        amount_entered=False,
    )
    return _written(draft, changes, basis, standing=None)


def changed(payment: Payment, changes: Mapping[str, Any], basis: Basis, currency_id: str) -> Payment:
    """A draft after a PUT."""
    kind = payment.kind
    sent_type = changes.get("document_type")
    if sent_type is not None and sent_type != payment.document_type:
        raise _cannot_change("type", "document_type", sent_type, payment.document_type)
    check_number(payment, changes)
    draft = payment
    _check_location(basis, changes)
    if basis.payer.customer_id != payment.customer_id:
        _check_payer(payment, changes, basis)
    if basis.payer.customer_id != payment.customer_id or changes.get("location_cd"):
        account, subaccount = accounts_of(kind, basis.payer, basis.reference)
        draft = replace(
            draft,
            customer_id=basis.payer.customer_id,
            location_id=basis.payer.location.location_id or 0,
            account_number=account,
            subaccount_id=subaccount,
        )
    if changes.get("application_date") is not None:
        day = changes["application_date"]
        draft = replace(draft, document_date=day, applied_on=day)
    if {"payment_method_id", "cash_account"} & set(changes):
        method, cash_account = money_place(changes, basis.payer, basis.reference, draft)
        draft = replace(draft, payment_method_id=method, cash_account=cash_account)
    if changes.get("branch_number"):
        draft = replace(draft, branch_number=_branch(changes, basis, draft.branch_number))
    if currency_id != payment.currency_id or draft.document_date != payment.document_date:
        rate = _rate(currency_id, draft.document_date, basis)
        draft = replace(draft, currency_id=currency_id, exchange_rate=rate.rate, rate_operator=rate.operator)
    return _written(draft, changes, basis, standing=payment)


def _check_payer(payment: Payment, changes: Mapping[str, Any], basis: Basis) -> None:
    """Refuse another customer who does not pay for what is on a line that stays."""
    deleted = {
        name_of(*named_on(line)) for line in changes.get("lines") or () if line.get("operation") == LineOperation.DELETE
    }
    for line in payment.lines:
        name = name_of(line.document_type, line.number)
        payable = basis.payables.get(name)
        if name not in deleted and (payable is None or basis.payer.customer_id not in payable.item.payers):
            raise Refused(
                f"{payment.number} is applied to {line.number}, which is not of customer {basis.payer.number}.",
                field=("customer_number",),
                value=changes.get("customer_number"),
                hint="Send its paymentLines in the same request, with the operation Delete.",
            )


def changed_after_release(payment: Payment, changes: Mapping[str, Any], basis: Basis) -> Payment:
    """A released payment after a PUT: texts at any time, lines, their date and the hold while it is open (PAY-07)."""
    check_number(payment, changes)
    after = _with_texts(payment, changes)
    because = f"{payment.number} is {payment.status}, so this cannot change any more."
    if payment.status in ("Closed", "Voided"):
        refuse_others(payment, changes, basis, _TEXTS, because)
        return after
    may_change = (*_TEXTS, "hold", "application_date", "application_period", "lines")
    refuse_others(payment, changes, basis, may_change, because)
    if changes.get("application_date") is not None or changes.get("application_period"):
        day = changes.get("application_date") or payment.applied_on
        if day < payment.stands_from:
            came = "was taken over on" if payment.taken_over_on else "is of"
            raise Refused(
                f"The payment {came} {payment.stands_from.isoformat()}; nothing is applied before it.",
                field=("application_date",),
                value=day.isoformat(),
                hint="Send that day or a later one.",
            )
        period = period_after(changes, day, basis.reference, earliest=payment.period_id)
        after = replace(after, applied_on=day, applied_period_id=period)
    if changes.get("hold") is not None:
        after = replace(after, status="Reserved" if changes["hold"] else "Open")
    if changes.get("lines") or has_moved(payment, after):
        if changes.get("lines") and after.status == "Reserved":
            raise Refused(
                f"{payment.number} is reserved and cannot be applied.",
                field=("hold",),
                value=None,
                hint="Send hold as false first.",
            )
        after = replace(
            after,
            lines=lines_after(after, changes.get("lines") or (), basis, available=payment.balance, before=payment),
        )
    return after


def currency_of(changes: Mapping[str, Any], payer: Payer, reference: Reference) -> str:
    """The currency of a new payment: sent, else that of a foreign cash account, which was sent or follows from the
    payment method, else the customer's (CUR-01)."""
    sent = changes.get("currency_id")
    if sent:
        return reference.currency_id(sent, ("currency_id",))
    _, number = money_place(changes, payer, reference)
    kept_in = reference.cash_accounts[number].currency_id if number else None
    return kept_in if kept_in not in (None, reference.base_currency) else payer.currency_id


def money_place(
    changes: Mapping[str, Any], payer: Payer, reference: Reference, standing: Payment | None = None
) -> tuple[str | None, str | None]:
    """Payment method and cash account: sent, else the method's account, else the customer's method."""
    method = standing.payment_method_id if standing else default_method(payer)
    if "payment_method_id" in changes:
        method = sent_method(payer, changes["payment_method_id"], ("payment_method_id",), reference)
    if changes.get("cash_account"):
        return method, reference.cash_account(changes["cash_account"], ("cash_account",)).account_number
    if standing and not changes.get("payment_method_id"):
        return method, standing.cash_account
    named = cash_account_of(payer, method, reference)
    return method, named if named in reference.cash_accounts else None


def _written(draft: Payment, changes: Mapping[str, Any], basis: Basis, standing: Payment | None) -> Payment:
    reference = basis.reference
    if changes.get("orders"):
        raise Refused(
            "There are no orders here, so a payment cannot be applied to one.",
            field=("orders",),
            value=None,
            hint="Leave the field out.",
        )
    draft = _with_texts(draft, changes)
    moved = standing is None or draft.document_date != standing.document_date
    if moved or changes.get("application_period"):
        period = period_after(changes, draft.document_date, reference)
        draft = replace(draft, period_id=period, applied_period_id=period)
    if standing is None:
        held = reference.preferences.hold_on_entry if changes.get("hold") is None else changes["hold"]
        draft = replace(draft, status="Hold" if held else "Balanced")
    elif changes.get("hold") is not None:
        draft = replace(draft, status="Hold" if changes["hold"] else "Balanced")
    check_cash_account(draft.kind, draft.cash_account, draft.currency_id, reference, _deciding(changes, standing))
    decimals = reference.decimals_of(draft.currency_id)
    amount = changes.get("amount")
    if amount is not None:
        amount = in_currency(amount, decimals, _AMOUNT)
        _check_amount(draft, amount)
        draft = replace(draft, amount=amount, amount_entered=True)
    elif "amount" in changes:
        draft = replace(draft, amount_entered=False)
    lines = _lines_after(draft, changes, basis, standing)
    if not draft.amount_entered:
        draft = replace(draft, amount=max(taken_by(draft, lines), ZERO))
    if not draft.amount and (draft.document_type != PAYMENT.document_type or not lines):
        raise Malformed(
            f"A {draft.kind.noun} needs an amount.", field=_AMOUNT, hint="Send the amount, above 0, or lines."
        )
    charges = charges_after(draft, changes.get("charges") or (), basis)
    base = to_base(draft.amount, draft.rate, reference.base_decimals)
    return replace(draft, lines=lines, charges=charges, amount_base=base, balance=draft.amount, balance_base=base)


def _deciding(changes: Mapping[str, Any], standing: Payment | None) -> Mapping[str, Any]:
    """What was sent that decides on the cash account and the currency: nothing that is stored already, but a payment
    method brings its account anew."""
    if not changes.get("cash_account") and changes.get("payment_method_id"):
        return {"payment_method_id": changes["payment_method_id"]}
    return {
        name: changes[name]
        for name in ("cash_account", "currency_id")
        if name in changes and (standing is None or changes[name] != getattr(standing, name))
    }


def _lines_after(
    draft: Payment, changes: Mapping[str, Any], basis: Basis, standing: Payment | None
) -> tuple[PaymentLine, ...]:
    """The lines after a request. If one that was not sent no longer fits, it is the new currency that is refused."""
    available = draft.amount if draft.amount_entered else None
    try:
        return lines_after(draft, changes.get("lines") or (), basis, available=available, before=standing)
    except Refused as refused:
        of_sent = len(refused.field) > 1 and isinstance(refused.field[1], int)
        if standing is None or draft.currency_id == standing.currency_id or refused.field[:1] != LINES or of_sent:
            raise
        raise Refused(
            f"The lines of {draft.number} do not fit {draft.currency_id}: {refused.reason}",
            field=("currency_id",),
            value=changes.get("currency_id"),
            hint=f"Send each of its paymentLines with it, with an amountPaid in {draft.currency_id}.",
        ) from refused


def _with_texts(payment: Payment, changes: Mapping[str, Any]) -> Payment:
    if "payment_reference" in changes:
        payment = replace(payment, payment_reference=changes["payment_reference"] or payment.number or None)
    if "invoice_text" in changes:
        payment = replace(payment, invoice_text=changes["invoice_text"] or None)
    return payment


def check_number(payment: Payment, changes: Mapping[str, Any]) -> None:
    """Refuse another number than the payment has."""
    number = changes.get("number")
    if number is not None and number.strip().lower() != payment.number.lower():
        raise _cannot_change("number", "number", number, payment.number)


def _cannot_change(what: str, field: str, sent: str, stored: str) -> Refused:
    return Refused(
        f"The {what} of a payment cannot be changed.", field=(field,), value=sent,
        hint=f"Send {stored} or leave it out.",
    )  # fmt: skip


_COMPARED = ("payment_method_id", "cash_account", "currency_id", "branch_number", "document_type")
_TEXTS = ("payment_reference", "invoice_text")


def refuse_others(
    before: Payment, changes: Mapping[str, Any], basis: Basis, may_change: tuple[str, ...], because: str
) -> None:
    """Whatever else was sent must say what is stored already (W13); `because` refuses it else."""
    name = _other_value(before, changes, basis, may_change)
    if name is not None:
        value = changes[name]
        raise Refused(
            because,
            field=(name,),
            value=None if value is None or isinstance(value, list) else str(value),
            hint="Send the stored value or leave the field out.",
        )


def _other_value(before: Payment, changes: Mapping[str, Any], basis: Basis, may_change: tuple[str, ...]) -> str | None:
    """The first field that was sent with another value than it has, but for those that may change."""
    amount = -before.amount if before.is_void else before.amount
    for name, value in changes.items():
        if name in may_change or name in ("number", "override_number_series"):
            continue
        if name == "location_cd" and (not value or is_location(basis, value, before.location_id)):
            continue
        if name in _COMPARED and value in (None, getattr(before, name)):
            continue
        if name in _TEXTS and (value or None) == getattr(before, name):
            continue
        if name == "amount" and value in (None, amount):
            continue
        if name == "customer_number" and (value is None or basis.payer.customer_id == before.customer_id):
            continue
        if name == "hold" and value in (None, before.status == "Reserved"):
            continue
        if name == "application_date" and value in (None, before.applied_on):
            continue
        if name == "application_period" and (not value or parse_period(value, (name,)) == before.applied_period_id):
            continue
        if name in ("lines", "charges", "orders") and not value:
            continue
        return name
    return None


def is_location(basis: Basis, sent: str, location_id: int) -> bool:
    """Whether this is what the location of a payment is called."""
    location = basis.payer.location
    return location.location_cd.lower() == sent.lower() and location.location_id == location_id


def _check_location(basis: Basis, changes: Mapping[str, Any]) -> None:
    location, sent = basis.payer.location, changes.get("location_cd")
    if sent and sent.lower() != location.location_cd.lower():
        raise UnknownReference(
            field=("location_cd",), value=sent, hint=f"Send a location of customer {basis.payer.number}."
        )


def accounts_of(kind: Kind, payer: Payer, reference: Reference) -> tuple[str, int]:
    """Account and subaccount that the open rest stands on: receivables, or prepayments for a prepayment (PAY-30)."""
    location = payer.location
    default = reference.subaccounts.default_id
    if kind is not PREPAYMENT:
        return location.customer_ledger_account, location.customer_ledger_subaccount_id or default
    customer_class = reference.customer_classes[payer.customer_class_id]
    account = location.prepayment_account or customer_class.prepayment_account
    if account is None:
        raise Refused(
            f"Customer {payer.number} has no account for prepayments.",
            field=("customer_number",),
            value=payer.number,
            hint="Set a prepayment account on its location or class.",
        )
    subaccount = location.prepayment_subaccount_id or customer_class.prepayment_subaccount_id or default
    return account, subaccount


def _branch(changes: Mapping[str, Any], basis: Basis, default: str) -> str:
    sent = changes.get("branch_number")
    return basis.reference.active_branch(sent, ("branch_number",)).branch_number if sent else default


def _rate(currency_id: str, day: date, basis: Basis) -> Rate:
    """The rate of the customer's rate type on the payment's date (PAY-06)."""
    if currency_id == basis.reference.base_currency:
        return BASE_RATE
    rate = basis.rates.get(currency_id)
    if rate is None:
        raise Refused(
            f"There is no exchange rate for {currency_id} on {day.isoformat()}.",
            field=("currency_id",),
            value=currency_id,
            hint="Enter one with POST /v2/currencyrate first.",
        )
    return rate


def _check_amount(draft: Payment, amount: Decimal) -> None:
    """Above zero, or zero for a payment whose lines net to nothing (PAY-04)."""
    if amount < ZERO or (not amount and draft.document_type != PAYMENT.document_type):
        raise Refused(
            f"The amount of a {draft.kind.noun} is above 0.", field=_AMOUNT, value=f"{amount:f}",
            hint="Send what was paid.",
        )  # fmt: skip


def period_after(changes: Mapping[str, Any], day: date, reference: Reference, *, earliest: str = "") -> str:
    """The period that was sent, else the date's; it holds the date or is a later open one."""
    return booking_period(
        reference,
        day,
        changes.get("application_period"),
        day_field=("application_date",),
        sent_field=("application_period",),
        earliest=earliest,
    )
