"""Giving back the VAT in cash discounts when they are taken, if the company wants that (VAT-15)."""

from __future__ import annotations

from collections.abc import Mapping

from reskontra.db.pool import Connection
from reskontra.documents.store.for_payments import find_taxed
from reskontra.receivables.rules.discount_vat import with_discount_vat
from reskontra.receivables.rules.items import OpenItem, Settled
from reskontra.reference.reference import Reference
from reskontra.reference.rules.preferences import DiscountVat


async def with_vat(
    connection: Connection, reference: Reference, settled: Settled, before: Mapping[int, OpenItem]
) -> Settled:
    """The settlement with the VAT that its discounts give back. The VAT of what is released needs no lock."""
    ids = [it.debit_document_id for it in settled.applications if it.discount]
    if not ids or reference.preferences.cash_discount_vat != DiscountVat.CORRECT:
        return settled
    return with_discount_vat(settled, before, await find_taxed(connection, reference.company_id, ids), reference)
