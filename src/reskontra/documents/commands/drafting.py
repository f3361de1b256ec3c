"""Creating, changing and deleting drafts. The route commits.

Most commands take one statement to read and one to write, with no transaction and no lock around the two: the writing
statement proves that what was read still holds (`Database.write`). Those that need more say so and get a transaction.

Locks are taken in the order of `receivables.commands.locks`. PostgreSQL runs the CTEs of the writing statement that
nothing reads from last to first, and they are written to fit that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.db.constraints import report_key_as_sent
from reskontra.db.pool import Connection, need_transaction
from reskontra.documents.commands.preparing import (
    basis_of,
    document_of,
    load,
    lock_debits,
    wanted_by,
    wanted_proposals,
    with_links,
)
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.drafts import changed, check_deletable, created
from reskontra.documents.rules.links import named_by
from reskontra.documents.rules.payment_references import reference_layout
from reskontra.documents.rules.rates import check_agreed_rate
from reskontra.documents.rules.reversing import check_settles_own, check_settles_still, cut_to
from reskontra.documents.rules.settling import with_proposals
from reskontra.documents.store import loading, writing
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.errors import FieldPath, Malformed
from reskontra.kinds import Kind
from reskontra.numbering.rules import check_sent_document_number, choose_range
from reskontra.operations import supplied
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import Proposal
from reskontra.records import differences, replace
from reskontra.reference.reference import Reference
from reskontra.versions import Expected, Saved

K = TypeVar("K")
V = TypeVar("V")


async def create(
    connection: Connection, context: Context, kind: Kind, changes: Mapping[str, Any], *, origin: str = "entered"
) -> Saved:
    """A new draft from `changes` (our attribute names). Two round trips, four if credit is checked."""
    changes = supplied(changes, but=("salesperson",))
    document, basis = await new_draft(connection, context, kind, changes, origin)
    return await insert(connection, context, kind, document, changes=changes, basis=basis)


async def change(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    changes: Mapping[str, Any],
    *,
    expected_version: Expected = None,
) -> Saved:
    """A document after a PUT. If nothing changes, nothing is written and the version stays (invariant 40)."""
    loaded = await load(connection, context, kind, number, changes=changes, expected_version=expected_version)
    before = document_of(loaded)
    await lock_debits(connection, context, kind, before, changes)
    basis = await basis_of(connection, context, loaded, changes)
    basis = await with_links(connection, context, kind, basis, standing=before, changes=changes)
    reference = basis.reference
    wanted = wanted_proposals(kind, before, changes)
    check_settles_own(before, wanted, changes, basis)
    after = changed(kind, before, changes, basis)
    check_settles_still(before, after, wanted, changes)
    wanted = cut_to(after.amount, before, wanted, changes)
    after = _with_proposals(after, wanted, basis, document_id=loaded.document_id)
    check_agreed_rate(before, after, reference.preferences, named_by(basis.links))
    if after == before:
        return Saved(before.number, loaded.version)
    if after.customer_id != before.customer_id:
        need_transaction(connection)  # the writing statement proves nothing about the new customer
    rows_text = None
    if (after.lines, after.vat) != (before.lines, before.vat):
        rows_text = lines_text(after, reference), vat_text(after, reference)
    return await writing.save_document(
        connection,
        context,
        before,
        after,
        loaded.document_id,
        version=loaded.version,
        reference_version=reference.version,
        sign=kind.balance_sign,
        rows_text=rows_text,
        detail=_difference(before, after),
    )


async def delete(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> None:
    """Delete a draft; its number is kept in the log of deleted numbers (NUM-01)."""
    loaded = await load(connection, context, kind, number, expected_version=expected_version)
    document = document_of(loaded)
    check_deletable(kind, document)
    await writing.delete_document(
        connection,
        context,
        kind.document_type,
        loaded.document_id,
        sign=kind.balance_sign,
        detail=_deleted(document, loaded.debtor),
    )


async def new_draft(
    connection: Connection, context: Context, kind: Kind, changes: Mapping[str, Any], origin: str
) -> tuple[Document, Basis]:
    customer_number = changes.get("customer_number")
    if not customer_number:
        raise Malformed(f"The {kind.noun} needs a customer.", field=("customer_number",), hint="Send its number.")
    loaded = await loading.find_basis(connection, context, wanted_by(changes))
    await lock_debits(connection, context, kind, None, changes)
    basis = await basis_of(connection, context, loaded, changes)
    basis = await with_links(connection, context, kind, basis, standing=None, changes=changes)
    return decided(context, kind, changes, basis, origin), basis


def decided(
    context: Context, kind: Kind, changes: Mapping[str, Any], basis: Basis, origin: str = "entered"
) -> Document:
    """A new draft. Raises `Refused`."""
    draft = created(kind, changes, basis, origin)
    document = _with_proposals(draft, wanted_proposals(kind, None, changes), basis)
    check_agreed_rate(None, document, basis.reference.preferences, named_by(basis.links))
    return replace(document, created_by=context.actor)


async def insert(
    connection: Connection,
    context: Context,
    kind: Kind,
    document: Document,
    *,
    changes: Mapping[str, Any],
    basis: Basis,
    series: str | None = None,
) -> Saved:
    reference = basis.reference
    key = series or kind.series[0]
    numbering = numbering_of(document, changes, reference, kind=kind, key=key)
    await locks.take_turn(context, reference.series_of(key).series_id)
    with report_key_as_sent(changes.get("number")):
        return await writing.insert_document(
            connection,
            context,
            document,
            sign=kind.balance_sign,
            lines_text=lines_text(document, reference),
            vat_text=vat_text(document, reference),
            numbering=numbering,
            debtor=basis.debtor,
            reference_version=reference.version,
            reference_layout=reference_layout(kind, reference.preferences.payment_reference),
        )


def _with_proposals(
    draft: Document, wanted: Sequence[tuple[Proposal, FieldPath]], basis: Basis, *, document_id: int = 0
) -> Document:
    """The draft with what it will settle after a request (APP)."""
    if not wanted and not draft.proposals:
        return draft
    decimals = basis.reference.decimals_of(draft.currency_id)
    return with_proposals(draft, wanted, basis.links.settles, document_id=document_id, decimals=decimals)


def numbering_of(
    document: Document, changes: Mapping[str, Any], reference: Reference, *, kind: Kind, key: str
) -> tuple[str, list[str]] | tuple[str, int]:
    """How `store.insert_document` numbers the document: as it was sent, or by a range. Raises `Refused`."""
    series = reference.series_of(key)
    override = bool(changes.get("override_number_series"))
    sent = check_sent_document_number(series, changes.get("number"), override, ("number",))
    if sent is not None:
        return sent, [reference.series_of(other).series_id for other in kind.series]
    return range_of(document, reference, key)


def range_of(document: Document, reference: Reference, key: str) -> tuple[str, int]:
    """The range (series id, range id) that numbers the document. Raises `Refused`."""
    series = reference.series_of(key)
    return series.series_id, choose_range(series.ranges, document.document_date, document.branch_number).range_id


_ROWS = ("lines", "vat", "proposals")


def _difference(before: Document, after: Document) -> dict[str, Any]:
    """For the change row (the audit trail): the header's attributes, and those lines and VAT rows that differ."""
    told = differences(before, after, without=_ROWS)
    if after.proposals != before.proposals:
        told["applications"] = before.proposals, after.proposals
    if after.lines != before.lines:
        told["lines"] = _differing(
            {line.line_number: line for line in before.lines}, {line.line_number: line for line in after.lines}
        )
    if after.vat != before.vat:
        told["vat"] = _differing(
            {(row.vat_id, row.rate): row for row in before.vat}, {(row.vat_id, row.rate): row for row in after.vat}
        )
    return told


def _deleted(document: Document, debtor: Debtor | None) -> dict[str, Any]:
    """For the change row of a deletion: the header as it was, with the customer's number; nothing else keeps it."""
    customer = {"customer_number": debtor.number} if debtor is not None else {}
    return customer | differences(document, None, without=_ROWS)


def _differing(before: Mapping[K, V], after: Mapping[K, V]) -> tuple[list[V], list[V]]:
    """The rows that changed or went, as they were, and those that changed or came, as they are."""
    return (
        [row for key, row in before.items() if after.get(key) != row],
        [row for key, row in after.items() if before.get(key) != row],
    )
