"""What a released document writes to the journal: its parts by account, and the batch around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import Document
from reskontra.documents.rules.arithmetic import vat_rate_difference
from reskontra.documents.rules.rates import rate_of
from reskontra.kinds import Kind
from reskontra.money import ZERO
from reskontra.posting.rules import Entry, Part, batch_header, receivable_entries
from reskontra.receivables.rules.settling import difference_account, settlement_parts

if TYPE_CHECKING:
    from reskontra.documents.rules.settling import Settling
    from reskontra.reference.reference import Reference
    from reskontra.terms.rules.instalments import Instalment


def entries_of(
    kind: Kind,
    document: Document,
    document_id: int,
    reference: Reference,
    settling: Settling | None = None,
    *,
    divided: Mapping[int, Instalment] | None = None,
) -> tuple[Entry, ...]:
    """The entries of a release (GL-06): the receivable against revenue lines and VAT, then what settling adds.

    `divided` are the parts that the document is divided into, by the ids of their invoices (INS-04). What is paid at
    once debits cash instead, and settling it adds nothing (CSA-03).
    """
    postings = reference.currency_postings[document.currency_id]
    carried = _carried(kind, document, document_id)
    return receivable_entries(
        kind.entry_sign,
        carried,
        [*_revenue(document), *_vat(document), *_vat_difference(kind, document, reference)],
        rounding=document.rounding_difference,
        rounding_gain_account=postings.rounding_gain_account,
        rounding_loss_account=postings.rounding_loss_account,
        more=_settled(kind, settling) or _division(carried, divided or {}),
    )


def _settled(kind: Kind, settling: Settling | None) -> Sequence[tuple[Part, int]]:
    return settlement_parts(settling.settled, settling.before) if settling and not kind.is_paid_at_once else ()


def _division(receivable: Part, divided: Mapping[int, Instalment]) -> list[tuple[Part, int]]:
    """The receivable moves from the divided document to its parts, on one account: parts and sides (+1 debit)."""
    if not divided:
        return []
    parts = [
        replace(receivable, amount=part.amount, amount_base=part.amount_base, moves_document_id=document_id)
        for document_id, part in divided.items()
    ]
    return [(receivable, -1), *((part, +1) for part in parts)]


def _carried(kind: Kind, document: Document, document_id: int) -> Part:
    """Where the total stands: on receivables, or on the cash account if it is paid at once."""
    at_once = kind.is_paid_at_once
    return Part(
        account_number=(document.cash_account or "") if at_once else document.account_number,
        subaccount_id=document.subaccount_id,
        branch_number=document.branch_number,
        amount=document.amount,
        amount_base=document.amount_base,
        purpose="payment" if at_once else "receivable",
        moves_document_id=None if at_once else document_id,
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


def _vat_difference(kind: Kind, document: Document, reference: Reference) -> list[Part]:
    """What VAT at its own rate differs from VAT at the document's, which is what the customer owes (VAT-13)."""
    if document.vat_exchange_rate is None:
        return []
    rows = ((row.vat, row.vat_base) for row in document.vat)
    difference = vat_rate_difference(rows, rate_of(document), reference.base_decimals)
    gain = -kind.entry_sign * difference
    return [
        Part(
            account_number=difference_account(gain, reference.currency_postings[document.currency_id]) or "",
            subaccount_id=document.subaccount_id,
            branch_number=document.branch_number,
            amount=ZERO,
            amount_base=-difference,
            purpose="exchange_gain_loss",
        )
    ]


def batch_of(kind: Kind, document: Document, entries: tuple[Entry, ...], reference: Reference) -> dict[str, Any]:
    """The batch of a release."""
    return batch_header(
        description=document.invoice_text or f"{kind.noun.capitalize()} {document.number}",
        document=(document.document_type, document.number),
        customer_id=document.customer_id,
        currency_id=document.currency_id,
        exchange_rate=document.exchange_rate,
        on=(document.document_date, document.period_id),
        entries=entries,
        auto_post=reference.preferences.auto_post_batches,
    )
