"""Creating, changing, deleting and releasing documents: load, decide, store. Commits nothing: the route does.

Most take one statement to read and one to write, which needs no transaction and no lock between the two: the writing
statement proves that what was read still stands (`Database.write`). What needs more says so and is done in one.

Locks are taken in one order everywhere: the reference data as it is (decision 0016), the document, its customer where
that is new, the debits that it settles, the customer's balance if credit is checked, the number series, then balance
and tally inside the writing statement (PostgreSQL runs the parts that nothing asks for from the last to the first).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reskontra.clock import Context
from reskontra.companies import remembered
from reskontra.companies.reference import Reference
from reskontra.companies.rules import CreditVerification
from reskontra.customers.customer import Debtor
from reskontra.customers.store import lock_balance
from reskontra.db.pool import Connection, need_transaction, told_as_sent
from reskontra.documents import loading, open_items, store, texts
from reskontra.documents.answers import lines_text, vat_text
from reskontra.documents.document import Document
from reskontra.documents.entries import batch_of, entries_of
from reskontra.documents.kinds import Kind
from reskontra.documents.loading import Loaded, Wanted
from reskontra.documents.rules import Basis, changed, check_deletable, check_releasable, created, released
from reskontra.documents.settling import Settling, names_sent, proposals_after, settling_of, with_proposals
from reskontra.documents.store import Written
from reskontra.errors import Malformed, NotFound, UnknownReference
from reskontra.numbering.commands import wait_for_turn
from reskontra.numbering.rules import check_sent_number, choose_range
from reskontra.numbering.store import lock_ranges
from reskontra.records import columns, replace
from reskontra.versions import Expected, check_expected

_REWRITTEN = 500
"""How many documents' texts are made anew in one round."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that the house made itself, and the status it ended with."""

    number: str
    status: str


async def create(
    connection: Connection, context: Context, kind: Kind, changes: Mapping[str, Any], *, origin: str = "entered"
) -> Written:
    """A new draft from `changes` (our attribute names). Two round trips, four when credit is checked."""
    document, basis = await _new(connection, context, kind, changes, origin)
    return await _insert(connection, context, kind, document, changes=changes, basis=basis)


async def issue(
    connection: Connection,
    context: Context,
    kind: Kind,
    changes: Mapping[str, Any],
    *,
    origin: str,
    series: str | None = None,
    releases: bool = True,
) -> Issued:
    """A document that the house makes itself, for example a fee: created and, when `releases`, released at once.

    It stays a draft when the credit check holds it. `series` is that key of the kind's series which numbers it.
    """
    document, basis = await _new(connection, context, kind, changes, origin)
    key = series or kind.series[0]
    if releases:
        await _take_turns(connection, context, document, basis.reference, (key, "batch"))
    written = await _insert(connection, context, kind, document, changes=changes, basis=basis, series=key)
    if not releases or document.status != "Balanced":
        return Issued(written.number, document.status)
    await release(connection, context, kind, written.number)
    return Issued(written.number, released(document, context.now, context.actor).status)


async def change(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    changes: Mapping[str, Any],
    *,
    expected_version: Expected = None,
) -> Written:
    """A document after a PUT. What changes nothing writes nothing and keeps its version (invariant 40)."""
    loaded = await _locked(connection, context, kind, number, changes=changes, expected_version=expected_version)
    before = _document(loaded)
    await _lock_debits(connection, context, kind, before, changes)
    basis = await _basis(connection, context, loaded, changes)
    after = changed(kind, before, changes, basis)
    reference = basis.reference
    after = await _with_proposals(connection, kind, after, changes, reference=reference, document_id=loaded.document_id)
    if after == before:
        return Written(before.number, loaded.version)
    if after.customer_id != before.customer_id:
        need_transaction(connection)  # the writing statement proves nothing of the customer that it moves to
    rows_text = None
    if (after.lines, after.vat) != (before.lines, before.vat):
        rows_text = lines_text(after, reference), vat_text(after, reference)
    return await store.save_document(
        connection,
        context,
        before,
        replace(after, modified_at=context.now),
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
    loaded = await _locked(connection, context, kind, number, expected_version=expected_version)
    check_deletable(kind, _document(loaded))
    await store.delete_document(connection, context, kind.document_type, loaded.document_id, sign=kind.balance_sign)


async def release(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> Written:
    """Post a balanced document to the general ledger, once (REL-01 to REL-03)."""
    loaded = await _locked(connection, context, kind, number, expected_version=expected_version)
    draft = _document(loaded)
    await _lock_debits(connection, context, kind, draft, {})
    basis = await _basis(connection, context, loaded, {})
    check_releasable(kind, draft, basis)
    reference = basis.reference
    settling = await _settling(connection, context, loaded, reference)
    document = released(draft, context.now, context.actor, settling)
    entries = entries_of(kind, draft, reference, settling)
    series = reference.series_of("batch")
    numbers = choose_range(series.ranges, document.document_date, document.branch_number)
    await wait_for_turn(context.company_id, series.series_id)
    return await store.release_document(
        connection,
        context,
        document,
        loaded.document_id,
        version=loaded.version,
        reference_version=reference.version,
        sign=kind.balance_sign,
        batch=batch_of(kind, document, entries, reference),
        entries=entries,
        series=(series.series_id, numbers.range_id),
        settled=settling.settled if settling else None,
    )


async def rewrite_texts(connection: Connection, context: Context, **what: str | int) -> None:
    """Make the stored texts anew that show what was just changed, for example `account_number="3000"` (decision 0009).

    A follow-up: `changes.commands.register_follow_up` has it called in the transaction of the change.
    """
    company_id, last = context.company_id, 0
    reference = await remembered.at(connection, company_id, None)
    while document_ids := await texts.lock_showing(connection, company_id, what, after=last, limit=_REWRITTEN):
        last = document_ids[-1]
        rewritten = [
            texts.Rewritten(document_id, lines_text(document, reference), vat_text(document, reference))
            for document_id, document in await texts.find_documents(connection, company_id, document_ids)
        ]
        await texts.save_texts(connection, company_id, rewritten)


async def _new(
    connection: Connection, context: Context, kind: Kind, changes: Mapping[str, Any], origin: str
) -> tuple[Document, Basis]:
    customer_number = changes.get("customer_number")
    if not customer_number:
        raise Malformed(f"The {kind.noun} needs a customer.", field=("customer_number",), hint="Send its number.")
    loaded = await loading.find_basis(connection, context, _wanted(changes))
    await _lock_debits(connection, context, kind, None, changes)
    basis = await _basis(connection, context, loaded, changes)
    draft = created(kind, changes, basis)
    document = await _with_proposals(connection, kind, draft, changes, reference=basis.reference)
    document = replace(
        document, origin=origin, created_at=context.now, created_by=context.actor, modified_at=context.now
    )
    return document, basis


async def _insert(
    connection: Connection,
    context: Context,
    kind: Kind,
    document: Document,
    *,
    changes: Mapping[str, Any],
    basis: Basis,
    series: str | None = None,
) -> Written:
    reference = basis.reference
    numbering = await _numbering(context, document, changes, reference, kind=kind, key=series or kind.series[0])
    with told_as_sent(changes.get("number")):
        return await store.insert_document(
            connection,
            context,
            document,
            sign=kind.balance_sign,
            lines_text=lines_text(document, reference),
            vat_text=vat_text(document, reference),
            numbering=numbering,
            customer_version=basis.debtor.version,
            reference_version=reference.version,
        )


async def _locked(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    *,
    changes: Mapping[str, Any] | None = None,
    expected_version: Expected,
) -> Loaded:
    wanted = _wanted(changes) if changes is not None else None
    loaded = await loading.load_document(connection, context, kind.document_type, number, wanted)
    if loaded is None:
        raise NotFound(f"The {kind.noun} '{number}' cannot be found in the system.")
    check_expected(expected_version, loaded.version, what=f"{kind.noun} {number}")
    return loaded


def _wanted(changes: Mapping[str, Any]) -> Wanted:
    return Wanted(
        customer_number=changes.get("customer_number"),
        currency_id=_upper(changes.get("currency_id")),
        child_number=changes.get("child_customer_number"),
        item_numbers=_item_numbers(changes),
        document_date=changes.get("document_date"),
        location_cd=changes.get("location_cd"),
        contact_id=changes.get("contact_id"),
    )


def _document(loaded: Loaded) -> Document:
    if loaded.document is None:
        raise LookupError("load_document loads the document")
    return loaded.document


async def _basis(connection: Connection, context: Context, loaded: Loaded, changes: Mapping[str, Any]) -> Basis:
    debtor = loaded.debtor
    if debtor is None:
        raise UnknownReference(
            field=("customer_number",),
            value=changes.get("customer_number"),
            hint="Send the number of an existing customer.",
        )
    reference = await remembered.at(connection, context.company_id, loaded.reference_version)
    earliest_due_date = None
    if debtor.credit_verification != CreditVerification.DISABLED and reference.preferences.credit_check.enabled:
        need_transaction(connection)
        debtor = await _with_locked_balance(connection, context, debtor)
        earliest_due_date = await loading.find_earliest_due_date(connection, context.company_id, debtor.customer_id)
    return Basis(
        reference=reference,
        debtor=debtor,
        child=loaded.child,
        contact=loaded.contact,
        items=loaded.items,
        table_rate=loaded.table_rate,
        today=loaded.today,
        earliest_due_date=earliest_due_date,
    )


async def _lock_debits(
    connection: Connection, context: Context, kind: Kind, standing: Document | None, changes: Mapping[str, Any]
) -> None:
    """Lock what a document settles before its customer's balance; who reminds takes both in this order.

    Only where there is any. Two that propose to settle one debit are one after the other from here on (APP-08).
    """
    if not kind.settles or (standing is not None and standing.is_released):
        return
    names = [(proposal.document_type, proposal.number) for proposal in (standing.proposals if standing else ())]
    names += names_sent(changes.get("application_lines") or ())
    if names:
        need_transaction(connection)
        await open_items.lock_debits(connection, context.company_id, names)


async def _with_proposals(
    connection: Connection,
    kind: Kind,
    draft: Document,
    changes: Mapping[str, Any],
    *,
    reference: Reference,
    document_id: int = 0,
) -> Document:
    """The draft with what it is to settle after a request (APP-01 to APP-09); one read, only where there is any."""
    sent = changes.get("application_lines") or ()
    if not kind.settles or draft.is_released or not (sent or draft.proposals):
        return draft
    need_transaction(connection)
    wanted = proposals_after(draft.proposals, sent)
    names = [(proposal.document_type, proposal.number) for proposal, _ in wanted]
    debits = await open_items.find_open_items(connection, reference.company_id, names)
    decimals = reference.decimals_of(draft.currency_id)
    return with_proposals(draft, wanted, debits, document_id=document_id, decimals=decimals)


async def _settling(connection: Connection, context: Context, loaded: Loaded, reference: Reference) -> Settling | None:
    """The settlement that releasing makes, its debits locked; None when the document proposes none."""
    draft = _document(loaded)
    if not draft.proposals:
        return None
    need_transaction(connection)
    wanted = [proposal.debit_document_id for proposal in draft.proposals]
    debits = await open_items.lock_open_items(connection, context.company_id, wanted)
    return settling_of(draft, loaded.document_id, debits, reference.base_decimals)


async def _with_locked_balance(connection: Connection, context: Context, debtor: Debtor) -> Debtor:
    """Two documents that are each within the limit must not pass together: the balance is read under its lock."""
    locked = await lock_balance(connection, context.company_id, debtor.customer_id)
    return replace(debtor, balance=locked.balance, unreleased=locked.unreleased)


async def _take_turns(
    connection: Connection, context: Context, document: Document, reference: Reference, keys: Sequence[str]
) -> None:
    """Take all series of a transaction that creates and releases before it writes anything.

    Else it would hold the tally of its first statement while it waits for the second series, whose holder waits for
    that tally: neither would ever go on.
    """
    ranges = []
    for key in keys:
        series = reference.series_of(key)
        numbers = choose_range(series.ranges, document.document_date, document.branch_number)
        await wait_for_turn(context.company_id, series.series_id)
        ranges.append((series.series_id, numbers.range_id))
    await lock_ranges(connection, context.company_id, ranges)


async def _numbering(
    context: Context, document: Document, changes: Mapping[str, Any], reference: Reference, *, kind: Kind, key: str
) -> tuple[str, list[str]] | tuple[str, int]:
    """What `store.insert_document` numbers the document by, with the turn in the series taken."""
    series = reference.series_of(key)
    override = bool(changes.get("override_number_series"))
    sent = check_sent_number(series, changes.get("number"), override, ("number",))
    await wait_for_turn(context.company_id, series.series_id)
    if sent is not None:
        return sent, [reference.series_of(other).series_id for other in kind.series]
    return series.series_id, choose_range(series.ranges, document.document_date, document.branch_number).range_id


def _item_numbers(changes: Mapping[str, Any]) -> list[str]:
    lines = changes.get("lines") or ()
    return [line["item_number"] for line in lines if line.get("item_number")]


def _upper(code: str | None) -> str | None:
    return code.upper() if code else None


_UNTOLD = {"lines", "vat", "proposals", "modified_at"}


def _difference(before: Document, after: Document) -> dict[str, Any]:
    """What the change row tells: our attribute name -> new value; rows only by number (the audit trail)."""
    told = {
        name: getattr(after, name)
        for name in columns(Document)
        if name not in _UNTOLD and getattr(after, name) != getattr(before, name)
    }
    if after.proposals != before.proposals:
        told["applications"] = after.proposals
    if after.lines != before.lines:
        told["lines"] = [line for line in after.lines if line not in before.lines]
        gone = {line.line_number for line in before.lines} - {line.line_number for line in after.lines}
        if gone:
            told["deleted_lines"] = sorted(gone)
    return told
