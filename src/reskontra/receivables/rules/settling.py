"""Settling open items and taking settlements back: balances, base amounts, and the entries that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace as replace_part
from datetime import date
from decimal import Decimal

from reskontra.currencies.rules import CurrencyPosting, carry_down
from reskontra.errors import Conflict, FieldPath, Refused
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.posting.rules import Part
from reskontra.receivables.rules.items import Application, OpenItem, Proposal, Settled
from reskontra.records import replace

LINES: FieldPath = ("application_lines",)


def settle(
    credit: OpenItem,
    proposals: Sequence[Proposal],
    debits: Mapping[int, OpenItem],
    base_decimals: int,
    *,
    posting: CurrencyPosting,
    on: tuple[date, str] | None = None,
    field: FieldPath = LINES,
) -> Settled:
    """Apply `credit` to `debits` one after the other (BAL-01, FX-01, D7); linear in the number of proposals.

    The application that empties a document takes all that is left of it in base currency. Each has the latest date of
    `on` (date and period of the settlement; None means the credit document's) and the two documents (APP-07). `posting`
    has the gain and loss accounts of the currency. Raises `Conflict` if a debit no longer has what was proposed, and
    `Refused` if an exchange difference has no account.
    """
    if len({proposal.debit_document_id for proposal in proposals}) != len(proposals):
        raise ValueError("two proposals on one document")
    day, period_id = on or (credit.document_date, credit.period_id)
    applications, moved = [], []
    latest = max(period_id, credit.period_id)
    for proposal in proposals:
        debit = debits[proposal.debit_document_id]
        if proposal.amount > min(debit.balance, credit.balance) or debit.status != "Open":
            raise Conflict(f"{debit.number} no longer has {proposal.amount:f} open.", field=field)
        base_credit = carry_down(proposal.amount, credit.rate, credit.balance, credit.balance_base, base_decimals)
        base_debit = carry_down(proposal.amount, debit.rate, debit.balance, debit.balance_base, base_decimals)
        application = Application(
            credit_document_id=credit.document_id,
            debit_document_id=debit.document_id,
            applied_on=max(day, credit.stands_from, debit.stands_from),
            period_id=max(period_id, credit.period_id, debit.period_id),
            amount_credit=proposal.amount,
            amount_debit=proposal.amount,
            base_credit=base_credit,
            base_debit=base_debit,
            gain_loss_account=difference_account(base_credit - base_debit, posting),
            is_posted=KINDS[credit.document_type].is_money
            or base_credit != base_debit
            or debit.ledger != credit.ledger,
        )
        applications.append(application)
        latest = max(latest, application.period_id)
        credit = reduced(credit, proposal.amount, base_credit, latest)
        moved.append(reduced(debit, application.reduction, application.reduction_base, application.period_id))
    return Settled(items=(credit, *moved), applications=tuple(applications))


def undone(
    application: Application,
    application_id: int,
    credit: OpenItem,
    debit: OpenItem,
    on: tuple[date, str],
) -> Settled:
    """Take a released application back (UND-02): both documents get back what it took from them, in both currencies.

    `on` is the date and the period of undoing it.
    """
    day, period_id = on
    back = replace(
        application,
        applied_on=day,
        period_id=period_id,
        amount_credit=-application.amount_credit,
        amount_debit=-application.amount_debit,
        base_credit=-application.base_credit,
        base_debit=-application.base_debit,
        discount=-application.discount,
        discount_base=-application.discount_base,
        discount_credit=-application.discount_credit,
        discount_vat=tuple(row.opposite for row in application.discount_vat),
        write_off=-application.write_off,
        write_off_base=-application.write_off_base,
        write_off_credit=-application.write_off_credit,
        reverses_id=application_id,
    )
    items = (
        reduced(credit, back.amount_credit, back.base_credit, period_id),
        reduced(debit, back.reduction, back.reduction_base, period_id),
    )
    return Settled(items=items, applications=(back,))


def reduced(item: OpenItem, amount: Decimal, amount_base: Decimal, period_id: str) -> OpenItem:
    """The item with less open, or with more if the amounts are below zero. When empty, it closes in that period."""
    balance = item.balance - amount
    is_closed = balance == ZERO
    return replace(
        item,
        balance=balance,
        balance_base=item.balance_base - amount_base,
        status="Closed" if is_closed else "Open" if item.status == "Closed" else item.status,
        closed_period_id=period_id if is_closed else None,
    )


def settlement_parts(
    settled: Settled, before: Mapping[int, OpenItem], *, skip: int | None = None
) -> list[tuple[Part, int]]:
    """The entries of a settlement as (part, side +1 debit or -1 credit): none for applications that book nothing, else
    the transfer between the places of both documents in the ledger, discount, write-off and exchange difference (GL-01,
    GL-02, FX-03).

    `before` are the documents by id. Each entry of a receivable names the document whose open balance it moves, and
    has its customer, currency and rate. Gains and losses make one entry per account. The entries of the document `skip`
    are left out: its money is booked in their place.
    """
    parts: list[tuple[Part, int]] = []
    differences: dict[tuple[str | None, bool], tuple[OpenItem, Decimal]] = {}
    for application in settled.applications:
        if not application.is_posted:
            continue
        credit, debit = before[application.credit_document_id], before[application.debit_document_id]
        if credit.document_id != skip:
            parts.append((on_account(credit, application.amount_credit, application.base_credit), +1))
        if debit.document_id != skip:
            parts.append((on_account(debit, application.reduction, application.reduction_base), -1))
        parts.extend(_given_up(application, debit))
        if application.gain_loss:
            key = (application.gain_loss_account, application.gain_loss > ZERO)
            first, difference = differences.get(key, (credit, ZERO))
            differences[key] = first, difference + application.gain_loss
    gains_first = sorted(differences.items(), key=lambda difference: not difference[0][1])
    return parts + [_difference(item, account or "", amount) for (account, _), (item, amount) in gains_first]


def _given_up(application: Application, debit: OpenItem) -> Iterator[tuple[Part, int]]:
    """The entries of a cash discount and of a write-off, at what the debit document is booked at (LNE-16). The VAT that
    a discount gives back is no part of it and goes where it came from (VAT-15)."""
    discount, discount_base = application.discount, application.discount_base
    for row in application.discount_vat:
        discount, discount_base = discount - row.vat, discount_base - row.vat_base
        given_back = replace_part(
            on_account(debit, row.vat, row.vat_base),
            account_number=row.account_number or "",
            subaccount_id=row.subaccount_id or debit.subaccount_id,
            purpose="vat",
            vat_id=row.vat_id,
            moves_document_id=None,
        )
        yield given_back, +1
    for account, amount, amount_base, purpose in (
        (application.discount_account, discount, discount_base, "cash_discount"),
        (application.write_off_account, application.write_off, application.write_off_base, "write_off"),
    ):
        if amount or amount_base:
            yield (
                replace_part(
                    on_account(debit, amount, amount_base),
                    account_number=account or "",
                    purpose=purpose,
                    moves_document_id=None,
                ),
                +1,
            )


def difference_account(gain_loss: Decimal, posting: CurrencyPosting) -> str | None:
    """The account of an exchange gain (above 0) or loss (FX-03); None if there is neither. Raises `Refused`."""
    if not gain_loss:
        return None
    account_number = posting.gain_account if gain_loss > ZERO else posting.loss_account
    if account_number is None:
        raise Refused(
            f"The currency {posting.currency_id} has no account for exchange differences.",
            field=("currency_id",),
            value=posting.currency_id,
            hint="Set a gain and a loss account on the currency first.",
        )
    return account_number


def _difference(credit: OpenItem, account_number: str, gain_loss: Decimal) -> tuple[Part, int]:
    part = Part(
        account_number=account_number,
        subaccount_id=credit.subaccount_id,
        branch_number=credit.branch_number,
        amount=ZERO,
        amount_base=gain_loss,
        purpose="exchange_gain_loss",
    )
    return part, -1


def on_account(item: OpenItem, amount: Decimal, amount_base: Decimal) -> Part:
    """An amount on the account that carries a document's balance, naming the document that it moves."""
    return Part(
        account_number=item.account_number,
        subaccount_id=item.subaccount_id,
        branch_number=item.branch_number,
        amount=amount,
        amount_base=amount_base,
        purpose=KINDS[item.document_type].account_role or "",
        customer_id=item.customer_id,
        currency_id=item.currency_id,
        exchange_rate=item.rate.rate,
        moves_document_id=item.document_id,
    )
