"""Dividing a document into instalments while it is released (INS-04, IPL-01). The caller commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reskontra.clock import Context
from reskontra.db.pool import Connection, need_transaction
from reskontra.documents.commands.preparing import document_of
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.instalments import invoice_of_part
from reskontra.documents.rules.issuing import shown_by
from reskontra.documents.rules.payment_references import reference_layout
from reskontra.documents.store import instalments
from reskontra.documents.store.drafting import Draft, insert_drafts
from reskontra.documents.store.loading import Loaded
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.kinds import INVOICE, Kind
from reskontra.money import ZERO
from reskontra.numbering.rules import choose_range
from reskontra.receivables.commands import locks
from reskontra.records import replace
from reskontra.terms.rules.instalments import Instalment


async def write_parts(
    connection: Connection, context: Context, kind: Kind, loaded: Loaded, *, basis: Basis, parts: Sequence[Instalment]
) -> Mapping[int, Instalment]:
    """Write the invoices of a document's parts, not yet released; returns the parts by the ids of their invoices.

    From here on, everything that the release moves is locked.
    """
    need_transaction(connection)
    master, reference = document_of(loaded), basis.reference
    series_key = INVOICE.series[0]
    needs = locks.Needs(
        series=(series_key, "batch"),
        balances=(basis.debtor.number,),
        tallies=sorted({INVOICE.document_type, kind.document_type}),
    )
    await locks.take(connection, context, reference, needs)
    invoices = [
        invoice_of_part(kind, master, loaded.document_id, part, total=len(parts), actor=context.actor) for part in parts
    ]
    series = reference.series_of(series_key)
    numbers = choose_range(series.ranges, master.document_date, master.branch_number)
    drafts = [
        Draft(
            document=invoice,
            customer_number=basis.debtor.number,
            lines_text=lines_text(invoice, reference),
            vat_text=vat_text(invoice, reference),
        )
        for invoice in invoices
    ]
    written = await insert_drafts(
        connection,
        context,
        INVOICE.document_type,
        drafts,
        sign=0,
        numbering=(series.series_id, numbers.range_id),
        reference_layout=reference_layout(INVOICE, reference.preferences.payment_reference),
    )
    return {it.document_id: part for it, part in zip(written, parts, strict=True)}


async def release_parts(
    connection: Connection, context: Context, master: Document, master_id: int, basis: Basis
) -> None:
    """Release the invoices of a document's parts, after the document itself."""
    undated = replace(master, terms_id=None, vat=(), due_date=None, cash_discount=ZERO)
    shown = shown_by(undated, basis.debtor, basis.reference)
    await instalments.release_parts(connection, context, master_id, shown)
