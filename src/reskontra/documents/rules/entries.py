"""What a released document writes to the journal: its parts by account, and the batch around them. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import Document
from reskontra.errors import Refused
from reskontra.kinds import Kind
from reskontra.money import ZERO
from reskontra.posting.rules import Entry, Part, receivable_entries
from reskontra.receivables.rules import application_parts

if TYPE_CHECKING:
    from reskontra.documents.rules.settling import Settling
    from reskontra.reference.reference import Reference


def entries_of(
    kind: Kind, document: Document, reference: Reference, settling: Settling | None = None
) -> tuple[Entry, ...]:
    """The entries of a release (GL-06): the receivable against revenue lines and VAT, then what settling adds."""
    postings = reference.currency_postings[document.currency_id]
    return receivable_entries(
        kind.balance_sign,
        _receivable(document),
        [*_revenue(document), *_vat(document)],
        rounding=document.rounding_difference,
        rounding_gain_account=postings.rounding_gain_account,
        rounding_loss_account=postings.rounding_loss_account,
        more=_settlement(settling, document, reference) if settling else (),
    )


def _receivable(document: Document) -> Part:
    return Part(
        account_number=document.account_number,
        subaccount_id=document.subaccount_id,
        branch_number=document.branch_number,
        amount=document.amount,
        amount_base=document.amount_base,
        purpose="receivable",
    )


def _revenue(document: Document) -> list[Part]:
    return [
        Part(
            account_number=line.account_number,
            subaccount_id=line.subaccount_id,
            branch_number=line.branch_number,
            amount=line.net_amount,
            amount_base=line.net_amount_base,
            purpose="revenue",
            vat_id=line.vat_ids[0] if len(line.vat_ids) == 1 else None,
        )
        for line in document.lines
    ]


def _vat(document: Document) -> list[Part]:
    return [
        Part(
            account_number=row.payable_account or "",
            subaccount_id=row.payable_subaccount_id or document.subaccount_id,
            branch_number=document.branch_number,
            amount=row.vat,
            amount_base=row.vat_base,
            purpose="vat",
            vat_id=row.vat_id,
        )
        for row in document.vat
        if row.vat or row.vat_base
    ]


def _settlement(settling: Settling, document: Document, reference: Reference) -> list[tuple[Part, int]]:
    """Transfers between receivables accounts, and exchange gains and losses, each by itself (GL-01, GL-02, FX-03)."""
    applications = settling.settled.applications
    postings = reference.currency_postings[document.currency_id]
    differences = [application.gain_loss for application in applications]
    gain = sum((difference for difference in differences if difference > ZERO), ZERO)
    loss = sum((-difference for difference in differences if difference < ZERO), ZERO)
    return [
        *application_parts(settling.credit, settling.debits, applications),
        *_difference(gain, postings.gain_account, -1, document),
        *_difference(loss, postings.loss_account, +1, document),
    ]


def _difference(amount: Decimal, account_number: str | None, side: int, document: Document) -> list[tuple[Part, int]]:
    if not amount:
        return []
    if account_number is None:
        raise Refused(
            f"The currency {document.currency_id} has no account for exchange differences.",
            field=("currency_id",),
            value=document.currency_id,
            hint="Set a gain and a loss account on the currency first.",
        )
    difference = Part(
        account_number=account_number,
        subaccount_id=document.subaccount_id,
        branch_number=document.branch_number,
        amount=ZERO,
        amount_base=amount,
        purpose="exchange_gain_loss",
    )
    return [(difference, side)]


def batch_of(kind: Kind, document: Document, entries: tuple[Entry, ...], reference: Reference) -> dict[str, Any]:
    """The batch's header, and what all its entries share."""
    return {
        "period_id": document.period_id,
        "batch_date": document.document_date,
        "entry_date": document.document_date,
        "description": document.invoice_text or f"{kind.noun.capitalize()} {document.number}",
        "status": "Posted" if reference.preferences.auto_post_batches else "Unposted",
        "currency_id": document.currency_id,
        "exchange_rate": document.exchange_rate,
        "document_type": document.document_type,
        "document_number": document.number,
        "customer_id": document.customer_id,
        "total_base": sum(entry.debit_base for entry in entries),
    }
