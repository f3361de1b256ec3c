"""Loading what a decision about a document depends on, with the locks it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.db.pool import Connection, need_transaction
from reskontra.documents.document import Basis, Document, Links
from reskontra.documents.rules.links import correction_sent, is_replacement, said_to_correct
from reskontra.documents.rules.settling import proposals_after
from reskontra.documents.store import loading
from reskontra.documents.store.loading import Loaded, Wanted
from reskontra.errors import FieldPath, NotFound, UnknownReference
from reskontra.kinds import Kind
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import OpenItem, Proposal, name_of, names_sent
from reskontra.receivables.store import open_items
from reskontra.reference.rules.classes import CreditVerification
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected


async def load(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    *,
    changes: Mapping[str, Any] | None = None,
    expected_version: Expected,
) -> Loaded:
    wanted = None
    if changes is not None:
        wanted = replace(wanted_by(changes), items_of_lines=_may_move_accounts(changes) or _may_move_prices(changes))
    loaded = await loading.load_document(connection, context, kind.document_type, number, wanted)
    if loaded is None:
        raise NotFound(kind.noun, number)
    check_expected(expected_version, loaded.version, what=f"{kind.noun} {number}")
    return loaded


def wanted_by(changes: Mapping[str, Any]) -> Wanted:
    return Wanted(
        customer_number=changes.get("customer_number"),
        currency_id=_upper(changes.get("currency_id")),
        child_number=changes.get("child_customer_number"),
        item_numbers=_item_numbers(changes),
        document_date=changes.get("document_date"),
        location_cd=changes.get("location_cd"),
        contact_id=changes.get("contact_id"),
    )


def document_of(loaded: Loaded) -> Document:
    if loaded.document is None:
        raise LookupError("load_document loads the document")
    return loaded.document


async def basis_of(connection: Connection, context: Context, loaded: Loaded, changes: Mapping[str, Any]) -> Basis:
    debtor = owing(loaded.debtor, changes)
    reference = await remembered.at(connection, context.company_id, loaded.reference_version)
    earliest_due_date = None
    if debtor.credit_verification != CreditVerification.DISABLED and reference.preferences.credit_check.enabled:
        need_transaction(connection)
        debtor = await locks.take_credit(connection, context, debtor)
        earliest_due_date = await loading.find_earliest_due_date(connection, context.company_id, debtor.customer_id)
    return Basis(
        reference=reference,
        debtor=debtor,
        child=loaded.child,
        contact=loaded.contact,
        items=loaded.items,
        offers=loaded.offers,
        table_rate=loaded.table_rate,
        today=loaded.today,
        earliest_due_date=earliest_due_date,
        branch_number=context.branch_number,
    )


def owing(debtor: Debtor | None, changes: Mapping[str, Any]) -> Debtor:
    """Who is to owe the document. Raises `UnknownReference` if nobody was found."""
    if debtor is None:
        raise UnknownReference(
            field=("customer_number",),
            value=changes.get("customer_number"),
            hint="Send the number of an existing customer.",
        )
    return debtor


async def with_links(
    connection: Connection,
    context: Context,
    kind: Kind,
    basis: Basis,
    *,
    standing: Document | None,
    changes: Mapping[str, Any],
) -> Basis:
    """The basis with the documents that the request or `standing`, the document before it, names. Without any, nothing
    is read."""
    named, wanted = changes.get("corrects"), wanted_proposals(kind, standing, changes)
    names = [(proposal.document_type, proposal.number) for proposal, _ in wanted]
    if names:
        need_transaction(connection)
    correction = correction_sent(named) if named else None
    found: Mapping[tuple[str, str], OpenItem] = {}
    if names or correction:
        asked = [*names, *([correction] if correction else [])]
        found = await open_items.find_open_items(connection, context.company_id, asked)
    corrects = found.get(name_of(*correction)) if correction else None
    replaces = None
    if standing is not None and not standing.is_released:
        if is_replacement(kind, standing):
            replaces = await _replaced(connection, context, standing)
        elif "corrects" not in changes:
            corrects = await _standing_correction(connection, context, standing, basis)
    settles = {name_of(*name): found[name_of(*name)] for name in names if name_of(*name) in found}
    return replace(basis, links=Links(settles=settles, corrects=corrects, replaces=replaces))


async def _replaced(connection: Connection, context: Context, draft: Document) -> OpenItem | None:
    if draft.corrects_document_id is None:
        return None
    return await open_items.find_open_item(connection, context.company_id, draft.corrects_document_id)


async def _standing_correction(
    connection: Connection, context: Context, standing: Document, basis: Basis
) -> OpenItem | None:
    """What the document was said to correct, unless it moves to another customer."""
    corrected_id = said_to_correct(standing)
    if corrected_id is None or standing.customer_id != basis.debtor.customer_id:
        return None
    return await open_items.find_open_item(connection, context.company_id, corrected_id)


def wanted_proposals(
    kind: Kind, standing: Document | None, changes: Mapping[str, Any]
) -> Sequence[tuple[Proposal, FieldPath]]:
    """What a draft will settle after a request, if anything, with the path of each line."""
    if not kind.settles or (standing is not None and standing.is_released):
        return ()
    return proposals_after(standing.proposals if standing else (), changes.get("application_lines") or ())


async def lock_debits(
    connection: Connection, context: Context, kind: Kind, standing: Document | None, changes: Mapping[str, Any]
) -> None:
    """Lock what a document settles, if anything.

    From here on, two that propose to settle the same debit take turns (APP-08).
    """
    if not kind.settles or (standing is not None and standing.is_released):
        return
    names = [(proposal.document_type, proposal.number) for proposal in (standing.proposals if standing else ())]
    names += names_sent(changes.get("application_lines") or ())
    if names:
        need_transaction(connection)
        await locks.take_documents(connection, context, names)


def _may_move_accounts(changes: Mapping[str, Any]) -> bool:
    """Whether lines may come to another VAT without naming their item, whose account of sales is then asked for."""
    if any(changes.get(name) is not None for name in ("customer_number", "location_cd", "branch_number")):
        return True
    lines = changes.get("lines") or ()
    return "vat_zone_id" in changes or any("vat_category_id" in it and not it.get("item_number") for it in lines)


def _item_numbers(changes: Mapping[str, Any]) -> list[str]:
    lines = changes.get("lines") or ()
    return [line["item_number"] for line in lines if line.get("item_number")]


def _upper(code: str | None) -> str | None:
    return code.upper() if code else None


def _may_move_prices(changes: Mapping[str, Any]) -> bool:
    """Whether lines may be priced anew, by what they hold already (PRC-06)."""
    moved = ("quantity", "unit_id", "unit_price")
    return "document_date" in changes or any(name in line for line in changes.get("lines") or () for name in moved)
