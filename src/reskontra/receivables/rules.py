"""Which credit may settle which debit, by how much, and what that is in base currency. Knows no request and no row.

A credit document is applied to debit documents of the same customer (APP-01, APP-02). Until the credit is
released an application is a proposal; released, it is a dated fact that is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from reskontra.currencies.rules import BASE_RATE, Rate, carry_down, gain_or_loss
from reskontra.errors import Conflict, FieldPath, Refused, UnknownReference
from reskontra.money import ZERO, round_money
from reskontra.posting.rules import Part
from reskontra.records import Record, replace

DEBITS = frozenset({"Invoice", "DebitNote", "FinCharge"})
"""What a credit note or payment may settle (APP-01)."""


class OpenItem(Record, frozen=True, kw_only=True):
    """A document as settlement sees it: what is left of it, in its currency and in base currency."""

    document_id: int
    document_type: str
    number: str
    status: str
    customer_id: int
    account_number: str
    subaccount_id: int
    branch_number: str
    document_date: date
    period_id: str
    currency_id: str
    rate: Rate
    balance: Decimal
    balance_base: Decimal
    proposed_by: int | None = None
    """The credit document that has an application proposed on this one, if any (APP-08)."""


class Proposal(Record, frozen=True, kw_only=True):
    """An application that waits for its credit document's release. `amount` is in both documents' currency."""

    debit_document_id: int
    document_type: str
    number: str
    amount: Decimal


class Application(Record, frozen=True, kw_only=True):
    """A released application. `gain_loss` is in base currency, above zero for a gain (FX-01)."""

    debit_document_id: int
    applied_on: date
    period_id: str
    amount: Decimal
    base_credit: Decimal
    base_debit: Decimal
    gain_loss: Decimal


class Settled(Record, frozen=True, kw_only=True):
    """What a settlement leaves: the credit, the debits with their new balances, and the applications between them."""

    credit: OpenItem
    debits: tuple[OpenItem, ...]
    applications: tuple[Application, ...]

    @property
    def base_debit(self) -> Decimal:
        """What all debits together lose in base currency."""
        return sum((application.base_debit for application in self.applications), ZERO)


def check_proposal(
    proposal: Proposal, debit: OpenItem | None, field: FieldPath, *, credit: OpenItem, decimals: int
) -> None:
    """Refuse an application that could never be released (APP-01 to APP-03, APP-07 to APP-09).

    `credit` is the credit document as it will be released, its `document_id` 0 while it is not stored; `decimals` are
    the places of its currency.
    """
    if proposal.document_type not in DEBITS:
        raise Refused(
            "A credit note cannot settle this kind of document.",
            field=(*field, "document_type"),
            value=proposal.document_type,
            hint=f"Send one of: {', '.join(sorted(DEBITS))}.",
        )
    if debit is None or debit.customer_id != credit.customer_id:
        raise UnknownReference(
            field=(*field, "number"), value=proposal.number, hint="Send an open document of the same customer."
        )
    if debit.status != "Open":
        raise Refused(
            f"{debit.number} has the status {debit.status} and cannot be settled.",
            field=(*field, "number"),
            value=proposal.number,
            hint="Send a released document that is open.",
        )
    if debit.currency_id != credit.currency_id:
        raise Refused(
            f"{debit.number} is in {debit.currency_id}.",
            field=(*field, "number"),
            value=proposal.number,
            hint=f"Settle documents in {credit.currency_id} only.",
        )
    _check_order(proposal, credit, debit, field)
    if debit.proposed_by not in (None, credit.document_id):
        raise Refused(
            f"{debit.number} has an application of another document that is not released yet.",
            field=(*field, "number"),
            value=proposal.number,
            hint="Release or remove that one first.",
        )
    if round_money(proposal.amount, decimals) != proposal.amount:
        raise Refused(
            f"An amount in {credit.currency_id} has at most {decimals} decimals.",
            field=(*field, "amount_paid"),
            value=f"{proposal.amount:f}",
            hint=f"Send {round_money(proposal.amount, decimals):f}, for example.",
        )
    if not ZERO < proposal.amount <= debit.balance:
        raise Refused(
            "The amount is not open on that document.",
            field=(*field, "amount_paid"),
            value=f"{proposal.amount:f}",
            hint=f"Send more than 0 and at most {debit.balance:f}.",
        )


def _check_order(proposal: Proposal, credit: OpenItem, debit: OpenItem, field: FieldPath) -> None:
    """An application is of the later of both dates (APP-07), but what it books is in the credit's batch: so it may
    book nothing where the debit is later, or the books would have an exchange difference before the debt itself."""
    is_later = (debit.document_date, debit.period_id) > (credit.document_date, credit.period_id)
    at_par = debit.rate == credit.rate == BASE_RATE
    books_something = not at_par or debit.account_number != credit.account_number
    if books_something and (is_later or debit.period_id > credit.period_id):
        raise Refused(
            f"{debit.number} is of {debit.document_date.isoformat()}, later than the credit note.",
            field=(*field, "number"),
            value=proposal.number,
            hint="Date the credit note on that day or later.",
        )


def check_total(proposals: Iterable[Proposal], available: Decimal) -> None:
    """Refuse to apply more than the credit document has (APP-03)."""
    applied = sum((proposal.amount for proposal in proposals), ZERO)
    if applied > available:
        raise Refused(
            "More is applied than the document has.",
            field=("application_lines",),
            value=f"{applied:f}",
            hint=f"Apply at most {available:f} in all.",
        )


def settle(
    credit: OpenItem, proposals: Sequence[Proposal], debits: Mapping[int, OpenItem], base_decimals: int
) -> Settled:
    """Apply `credit` to `debits` one after the other (BAL-01, FX-01, D7).

    The application that empties a document takes all that is left of it in base currency. Dated the later of the two
    documents (APP-07). Raises `Conflict` when a debit no longer has what was proposed.
    """
    if len({proposal.debit_document_id for proposal in proposals}) != len(proposals):
        raise ValueError("two proposals on one document")
    applications = []
    for proposal in proposals:
        debit = debits[proposal.debit_document_id]
        if proposal.amount > min(debit.balance, credit.balance) or debit.status != "Open":
            raise Conflict(f"{debit.number} no longer has {proposal.amount:f} open.", field=("application_lines",))
        base_credit = carry_down(proposal.amount, credit.rate, credit.balance, credit.balance_base, base_decimals)
        base_debit = carry_down(proposal.amount, debit.rate, debit.balance, debit.balance_base, base_decimals)
        applications.append(
            Application(
                debit_document_id=debit.document_id,
                applied_on=max(credit.document_date, debit.document_date),
                period_id=max(credit.period_id, debit.period_id),
                amount=proposal.amount,
                base_credit=base_credit,
                base_debit=base_debit,
                gain_loss=gain_or_loss(base_debit, base_credit),
            )
        )
        credit = _reduced(credit, proposal.amount, base_credit)
        debits = {**debits, debit.document_id: _reduced(debit, proposal.amount, base_debit)}
    touched = tuple(debits[proposal.debit_document_id] for proposal in proposals)
    return Settled(credit=credit, debits=touched, applications=tuple(applications))


def _reduced(item: OpenItem, amount: Decimal, amount_base: Decimal) -> OpenItem:
    balance = item.balance - amount
    return replace(
        item,
        balance=balance,
        balance_base=item.balance_base - amount_base,
        status="Closed" if balance == ZERO else "Open",
    )


def application_parts(
    credit: OpenItem, debits: Mapping[int, OpenItem], applications: Sequence[Application]
) -> list[tuple[Part, int]]:
    """The entries of applications as (part, side +1 debit or -1 credit): nothing as long as both documents stand on
    one account at one rate; else the transfer between the accounts and the exchange difference (GL-01, GL-02).

    The difference itself has no part here: it is what the caller's entries lack (`gain_loss`).
    """
    parts = []
    for application in applications:
        debit = debits[application.debit_document_id]
        if debit.account_number == credit.account_number and not application.gain_loss:
            continue
        parts.append((_receivable(credit, application.amount, application.base_credit), +1))
        parts.append((_receivable(debit, application.amount, application.base_debit), -1))
    return parts


def _receivable(item: OpenItem, amount: Decimal, amount_base: Decimal) -> Part:
    return Part(
        account_number=item.account_number,
        subaccount_id=item.subaccount_id,
        branch_number=item.branch_number,
        amount=amount,
        amount_base=amount_base,
        purpose="receivable",
    )
