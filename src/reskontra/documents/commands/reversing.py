"""Reversing and correcting invoices on request, and releasing what replaces one."""

from __future__ import annotations

from dataclasses import replace

from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.db.pool import Connection
from reskontra.documents.commands import releasing
from reskontra.documents.commands.crediting import applied_to, credit_whole, taking_back
from reskontra.documents.commands.drafting import insert, new_draft
from reskontra.documents.commands.preparing import basis_of, document_of, load
from reskontra.documents.document import Document, Links
from reskontra.documents.rules.drafts import replacing
from reskontra.documents.rules.links import CORRECTION_ORIGIN, REVERSAL_ORIGIN
from reskontra.documents.rules.reversing import check_applicable, check_correctable, check_reversible
from reskontra.documents.store.loading import Loaded
from reskontra.errors import NotFound
from reskontra.kinds import CREDIT_NOTE, INVOICE, Kind
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import OpenItem, Ties, name_of
from reskontra.receivables.store.for_documents import find_corrected, find_ties
from reskontra.receivables.store.open_items import find_open_items
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved


async def reverse(
    connection: Connection, context: Context, number: str, *, applies: bool, expected_version: Expected = None
) -> Saved:
    """A draft credit note over all of a released invoice; if it `applies`, it proposes to settle what is open (RVS)."""
    reference, _, loaded = await _held(connection, context, number, expected_version)
    invoice = document_of(loaded)
    check_reversible(INVOICE, invoice)
    if applies:
        check_applicable(INVOICE, invoice, await _ties(connection, context, loaded))
    on = max(loaded.today, invoice.document_date)
    changes = taking_back(invoice, _debtor_of(loaded), on, reference)
    if applies:
        changes |= applied_to(invoice, invoice.balance)
    note, basis = await new_draft(connection, context, CREDIT_NOTE, changes, REVERSAL_ORIGIN)
    return await insert(connection, context, CREDIT_NOTE, note, changes=changes, basis=basis)


async def correct(connection: Connection, context: Context, number: str, expected_version: Expected = None) -> Saved:
    """A draft that is to replace an open invoice; its release takes the old one back (COR-01, CRR-01, CRR-02)."""
    _, item, loaded = await _held(connection, context, number, expected_version)
    invoice = document_of(loaded)
    check_correctable(INVOICE, invoice, await _ties(connection, context, loaded))
    basis = replace(await basis_of(connection, context, loaded, {}), links=Links(replaces=item))
    draft = replacing(INVOICE, invoice, loaded.document_id, basis, context.actor)
    return await insert(connection, context, INVOICE, draft, changes={}, basis=basis)


async def release(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> Saved:
    """Release a document. An invoice that it replaces is credited and closed with it (CRR-03)."""
    pair = None
    if kind.may_be_replaced and connection.is_in_transaction():
        pair = await _lock_pair(connection, context, number)
    saved = await releasing.release(connection, context, kind, number, expected_version)
    if pair is not None:
        draft, replaced = pair
        await credit_whole(
            connection,
            context,
            kind,
            replaced.number,
            max(draft.document_date, replaced.document_date),
            origin=CORRECTION_ORIGIN,
            not_before=draft.period_id,
        )
    return saved


async def _held(
    connection: Connection, context: Context, number: str, expected_version: Expected
) -> tuple[Reference, OpenItem, Loaded]:
    """An invoice with all that a copy of it depends on, locked in order until the transaction ends."""
    reference = await remembered.held(connection, context.company_id)
    name = INVOICE.document_type, number
    item = (await find_open_items(connection, context.company_id, [name])).get(name_of(*name))
    if item is None:
        raise NotFound(INVOICE.noun, number)
    await locks.take(connection, context, reference, locks.Needs(customers=[item.customer_id]))
    loaded = await load(connection, context, INVOICE, number, changes={}, expected_version=expected_version)
    return reference, item, loaded


async def _ties(connection: Connection, context: Context, loaded: Loaded) -> Ties:
    return await find_ties(connection, context.company_id, loaded.document_id)


async def _lock_pair(connection: Connection, context: Context, number: str) -> tuple[Document, OpenItem] | None:
    """A draft and the invoice that it replaces, if it does, with all that releasing the one and crediting the other
    moves: locked in order, before either is written."""
    replaced = await find_corrected(connection, context.company_id, INVOICE.document_type, number)
    if replaced is None:
        return None
    reference = await remembered.held(connection, context.company_id)
    await locks.take(connection, context, reference, locks.Needs(customers=[replaced.customer_id]))
    names = [(INVOICE.document_type, number), (replaced.document_type, replaced.number)]
    await locks.take_documents(connection, context, names)
    loaded = await load(connection, context, INVOICE, number, expected_version=None)
    needs = locks.Needs(
        series=(CREDIT_NOTE.series[0], "batch"),
        balances=[_debtor_of(loaded).number],
        tallies=[CREDIT_NOTE.document_type, INVOICE.document_type],
    )
    await locks.take(connection, context, reference, needs)
    return document_of(loaded), replaced


def _debtor_of(loaded: Loaded) -> Debtor:
    if loaded.debtor is None:
        raise LookupError("a document has a customer")
    return loaded.debtor
