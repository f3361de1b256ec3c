"""Reversing and correcting invoices on request, and releasing what replaces one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.db.pool import Connection
from reskontra.documents.commands import claiming, releasing
from reskontra.documents.commands.crediting import applied_to, credit_whole, taking_back
from reskontra.documents.commands.drafting import insert, new_draft
from reskontra.documents.commands.preparing import basis_of, document_of, load
from reskontra.documents.document import Document, Links
from reskontra.documents.rules.drafts import replacing
from reskontra.documents.rules.links import REVERSAL_ORIGIN
from reskontra.documents.rules.reversing import check_applicable, check_correctable, check_reversible
from reskontra.documents.store.claims import Claim, find_claim, find_releasing
from reskontra.documents.store.loading import Loaded
from reskontra.errors import NotFound
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Kind
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import CORRECTION_ORIGIN, OpenItem, Ties, name_of
from reskontra.receivables.store.for_documents import find_ties
from reskontra.receivables.store.open_items import find_open_item, find_open_items
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved


async def reverse(
    connection: Connection, context: Context, number: str, *, applies: bool, expected_version: Expected = None
) -> Saved:
    """A draft credit note over all of a released invoice; if it `applies`, it proposes to settle what is open (RVS).

    A claim on the tax authority is taken back first, so that all of the invoice is the customer's again (RRT-05).
    """
    held = await _held(connection, context, number, expected_version, with_claim=True)
    reference, loaded = held.reference, held.loaded
    invoice, debtor = document_of(loaded), _debtor_of(loaded)
    check_reversible(INVOICE, invoice)
    if applies:
        check_applicable(INVOICE, invoice, await _ties(connection, context, loaded))
    on, is_open = max(loaded.today, held.item.stands_free_from), invoice.balance
    if held.claimed is not None:
        needs = locks.Needs(
            series=claiming.SERIES,
            balances=[debtor.number],
            tallies=sorted({CREDIT_NOTE.document_type, DEBIT_NOTE.document_type, INVOICE.document_type}),
        )
        await locks.take(connection, context, reference, needs)
        await claiming.take_back(connection, context, held.claimed, on, debtor=debtor, reference=reference)
        is_open += held.claimed.amount
    changes = taking_back(invoice, debtor, on, reference)
    if applies:
        changes |= applied_to(invoice, is_open)
    note, basis = await new_draft(connection, context, CREDIT_NOTE, changes, REVERSAL_ORIGIN)
    return await insert(connection, context, CREDIT_NOTE, note, changes=changes, basis=basis)


async def correct(connection: Connection, context: Context, number: str, expected_version: Expected = None) -> Saved:
    """A draft that is to replace an open invoice; its release takes the old one back (COR-01, CRR-01, CRR-02)."""
    held = await _held(connection, context, number, expected_version)
    loaded = held.loaded
    invoice = document_of(loaded)
    check_correctable(INVOICE, invoice, await _ties(connection, context, loaded))
    basis = replace(await basis_of(connection, context, loaded, {}), links=Links(replaces=held.item))
    draft = replacing(INVOICE, invoice, loaded.document_id, basis, context.actor)
    return await insert(connection, context, INVOICE, draft, changes={}, basis=basis)


async def release(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> Saved:
    """Release a document. An invoice that it replaces is credited and closed with it (CRR-03), and what it deducts is
    claimed from the tax authority (RRT-05)."""
    has_more = kind.may_be_replaced or kind.may_deduct
    locked = None
    if has_more and connection.is_in_transaction():
        locked = await _lock_draft(connection, context, kind, number)
    claims = locked is not None and locked.document.deduction is not None
    saved = await releasing.release(connection, context, kind, number, expected_version, claims=claims)
    if locked is None:
        return saved
    draft, replaced = locked.document, locked.replaced
    if replaced is not None:
        await credit_whole(
            connection,
            context,
            kind,
            replaced.number,
            max(draft.document_date, replaced.stands_free_from),
            origin=CORRECTION_ORIGIN,
            not_before=draft.period_id,
        )
    if claims:
        await claiming.claim(connection, context, kind, draft, debtor=locked.debtor, reference=locked.reference)
        after = await load(connection, context, kind, number, expected_version=None)
        saved = Saved(saved.number, after.version)
    return saved


@dataclass(frozen=True, slots=True)
class _Held:
    """An invoice that is to be taken back, with what a copy of it depends on."""

    reference: Reference
    item: OpenItem
    loaded: Loaded
    claimed: Claim | None = None
    """What it claims from the tax authority, if that was asked for; the note is locked too."""


async def _held(
    connection: Connection, context: Context, number: str, expected_version: Expected, *, with_claim: bool = False
) -> _Held:
    """An invoice with all that a copy of it depends on, locked in order until the transaction ends."""
    reference = await remembered.held(connection, context.company_id)
    name = INVOICE.document_type, number
    item = (await find_open_items(connection, context.company_id, [name])).get(name_of(*name))
    if item is None:
        raise NotFound(INVOICE.noun, number)
    await locks.take(connection, context, reference, locks.Needs(customers=[item.customer_id]))
    claimed = await find_claim(connection, context.company_id, item.document_id) if with_claim else None
    if claimed is not None:
        await locks.take_documents(connection, context, [(CREDIT_NOTE.document_type, claimed.number), name])
    loaded = await load(connection, context, INVOICE, number, changes={}, expected_version=expected_version)
    if with_claim and document_of(loaded).deduction is not None:
        seen, claimed = claimed, await find_claim(connection, context.company_id, item.document_id)
        if seen is None and claimed is not None:
            raise locks.Overtaken("The invoice was released at the same moment.", hint="Send the request again.")
    return _Held(reference, item, loaded, claimed)


async def _ties(connection: Connection, context: Context, loaded: Loaded) -> Ties:
    return await find_ties(connection, context.company_id, loaded.document_id)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A draft whose release makes more than itself."""

    document: Document
    debtor: Debtor
    reference: Reference
    replaced: OpenItem | None
    """The invoice that it replaces."""


async def _lock_draft(connection: Connection, context: Context, kind: Kind, number: str) -> _Draft | None:
    """A draft that replaces an invoice or deducts, with all that its release moves: locked in order, before anything
    is written. None for any other."""
    found = await find_releasing(connection, context.company_id, kind.document_type, number)
    if found is None:
        return None
    replaced_id = found.corrects_document_id if kind.may_be_replaced else None
    if replaced_id is None and not found.deducts:
        return None
    reference = await remembered.held(connection, context.company_id)
    replaced = await find_open_item(connection, context.company_id, replaced_id) if replaced_id is not None else None
    await locks.take(connection, context, reference, locks.Needs(customers=[found.customer_id]))
    names = [(kind.document_type, number)]
    if replaced is not None:
        names.append((replaced.document_type, replaced.number))
    await locks.take_documents(connection, context, names)
    loaded = await load(connection, context, kind, number, expected_version=None)
    debtor = _debtor_of(loaded)
    needs = locks.Needs(
        series=(CREDIT_NOTE.series[0], "batch"),
        balances=[debtor.number],
        tallies=[CREDIT_NOTE.document_type, kind.document_type],
    )
    await locks.take(connection, context, reference, needs)
    return _Draft(document_of(loaded), debtor, reference, replaced)


def _debtor_of(loaded: Loaded) -> Debtor:
    if loaded.debtor is None:
        raise LookupError("a document has a customer")
    return loaded.debtor
