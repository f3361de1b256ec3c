"""Releasing documents, and issuing those that the program makes itself.

Most commands take one statement to read and one to write, with no transaction and no lock around the two: the writing
statement proves that what was read still holds (`Database.write`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from reskontra.changes.commands import follow_up_on
from reskontra.clock import Context
from reskontra.db.pool import Connection, need_transaction
from reskontra.documents.commands import dividing, e_invoicing
from reskontra.documents.commands.drafting import insert, new_draft
from reskontra.documents.commands.preparing import basis_of, document_of, load, lock_debits, with_links
from reskontra.documents.document import Basis, Document
from reskontra.documents.rules.claims import limits_on
from reskontra.documents.rules.drafts import check_releasable, released
from reskontra.documents.rules.entries import batch_of, entries_of
from reskontra.documents.rules.instalments import parts_of
from reskontra.documents.rules.issuing import shown_by
from reskontra.documents.rules.links import is_replacement, warnings_about
from reskontra.documents.rules.rates import rate_of
from reskontra.documents.rules.settling import Settling, paid_by_itself, settling_of
from reskontra.documents.store import writing
from reskontra.documents.store.claims import find_claimed
from reskontra.documents.store.loading import Loaded
from reskontra.domestic_services.rules.deduction import limit_warnings
from reskontra.e_invoices.commands import queueing
from reskontra.kinds import Kind
from reskontra.numbering.rules import choose_range
from reskontra.receivables.commands import locks
from reskontra.receivables.store import open_items
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.versions import Expected, Saved

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Issued:
    """A document that the program made itself, and the status it ended with."""

    number: str
    status: str


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
    """A document that the program makes itself, such as a fee: created and, if `releases`, released at once.

    It stays a draft if the credit check holds it. `series` is the key of the series, among the kind's, that numbers it.
    """
    document, basis = await new_draft(connection, context, kind, changes, origin)
    key = series or kind.series[0]
    if releases:
        await locks.take(connection, context, basis.reference, locks.Needs(series=(key, "batch")))
    written = await insert(connection, context, kind, document, changes=changes, basis=basis, series=key)
    if not releases or document.status != "Balanced":
        return Issued(written.number, document.status)
    await release(connection, context, kind, written.number)
    return Issued(written.number, released(document, context.now, context.actor).status)


async def release(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    expected_version: Expected = None,
    *,
    claims: bool = False,
) -> Saved:
    """Post a balanced document to the general ledger, once (REL-01 to REL-03), and divide it into instalments if its
    terms say so (INS-04).

    What deducts for domestic services is only released by who `claims` the deduction next (RRT-05).
    """
    loaded = await load(connection, context, kind, number, expected_version=expected_version)
    draft = document_of(loaded)
    await lock_debits(connection, context, kind, draft, {})
    basis = await basis_of(connection, context, loaded, {})
    if is_replacement(kind, draft):
        need_transaction(connection)  # `reversing.release` does the rest
        basis = await with_links(connection, context, kind, basis, standing=draft, changes={})
    _check_claimed(connection, kind, draft, claims=claims)
    check_releasable(kind, draft, basis)
    reference = basis.reference
    shown = shown_by(draft, basis.debtor, reference)
    electronic = await e_invoicing.checked_for_release(connection, context, kind, loaded, basis, shown=shown)
    goes_by_mail = _goes_by_mail(connection, draft, basis)
    settling = await _settling(connection, context, kind, loaded, reference)
    parts = parts_of(kind, draft, reference)
    document = released(draft, context.now, context.actor, settling, is_divided=bool(parts))
    divided = None
    if parts:
        divided = await dividing.write_parts(connection, context, kind, loaded, basis=basis, parts=parts)
    entries = entries_of(kind, draft, loaded.document_id, reference, settling, divided=divided)
    series = reference.series_of("batch")
    numbers = choose_range(series.ranges, document.document_date, document.branch_number)
    warnings = await _warnings(connection, context, kind, draft, settling, reference=reference)
    shown = replace(shown, warnings=(*shown.warnings, *warnings, *(electronic.warnings if electronic else ())))
    await locks.take_turn(context, series.series_id)
    saved = await writing.release_document(
        connection,
        context,
        document,
        loaded.document_id,
        version=loaded.version,
        reference_version=reference.version,
        sign=kind.balance_sign,
        settles_by="cash" if kind.is_paid_at_once else "apply",
        batch=batch_of(kind, document, entries, reference),
        entries=entries,
        series=(series.series_id, numbers.range_id),
        shown=shown,
        settled=settling.settled if settling else None,
    )
    if divided:
        await dividing.release_parts(connection, context, draft, loaded.document_id, basis)
    await _send(connection, context, loaded, electronic=electronic, by_mail=goes_by_mail)
    for warning in shown.warnings:
        _log.warning("released", document_type=draft.document_type, number=draft.number, warning=warning)
    return saved


def _check_claimed(connection: Connection, kind: Kind, draft: Document, *, claims: bool) -> None:
    """Refuse to release a deduction that nobody would claim: it came after the caller looked."""
    if draft.deduction is None:
        return
    need_transaction(connection)
    if not claims:
        raise locks.Overtaken(f"The {kind.noun} changed at the same moment.", hint="Send the request again.")


def _goes_by_mail(connection: Connection, draft: Document, basis: Basis) -> bool:
    """Whether the company sends what it releases, and the customer wants it (MAI-04)."""
    wanted = basis.reference.preferences.mail.documents_at_release and basis.debtor.email_invoices
    if wanted and not draft.dont_email:
        need_transaction(connection)
        return True
    return False


async def _send(
    connection: Connection, context: Context, loaded: Loaded, *, electronic: queueing.Ready | None, by_mail: bool
) -> None:
    """Let what is being released wait to be sent."""
    if electronic:
        await queueing.queue(connection, context, electronic)
    if by_mail:
        document_id, customer_id = loaded.document_id, document_of(loaded).customer_id
        await follow_up_on(connection, context, "ReleasedDocument", document_id=document_id, customer_id=customer_id)


async def _warnings(
    connection: Connection,
    context: Context,
    kind: Kind,
    draft: Document,
    settling: Settling | None,
    *,
    reference: Reference,
) -> Sequence[str]:
    """What the release is warned of."""
    about_correction = await _about_correction(connection, context, kind, draft, settling)
    return (*about_correction, *await _over_limits(connection, context, draft, reference))


async def _about_correction(
    connection: Connection, context: Context, kind: Kind, draft: Document, settling: Settling | None
) -> Sequence[str]:
    """What is odd about what it corrects (REV-06). Only the exchange rate of that may have to be read."""
    items = [settling.before[proposal.debit_document_id] for proposal in draft.proposals] if settling else []
    if not items and draft.corrects_document_id is not None and draft.rate_entered:
        corrected = await open_items.find_open_item(connection, context.company_id, draft.corrects_document_id)
        items = [corrected] if corrected is not None else []
    names_another = bool(items) or draft.corrects_document_id is not None
    rates = [item.rate for item in items if item.currency_id == draft.currency_id]
    return warnings_about(kind, names_another=names_another, rate=rate_of(draft), rates=rates)


async def _over_limits(
    connection: Connection, context: Context, draft: Document, reference: Reference
) -> Sequence[str]:
    """Which persons are over what the law lets them deduct in the document's year, by what this company claims."""
    deduction = draft.deduction
    if deduction is None:
        return ()
    year = draft.document_date.year
    claimed = await find_claimed(
        connection,
        context.company_id,
        [share.personal_id for share in deduction.shares],
        since=date(year, 1, 1),
        until=date(year, 12, 31),
    )
    return tuple(limit_warnings(deduction, claimed, limits_on(draft, reference), year))


async def _settling(
    connection: Connection, context: Context, kind: Kind, loaded: Loaded, reference: Reference
) -> Settling | None:
    """The settlement that releasing makes, with its debits locked; None if it makes none."""
    draft = document_of(loaded)
    if kind.is_paid_at_once:
        return paid_by_itself(draft, loaded.document_id)
    if not draft.proposals:
        return None
    need_transaction(connection)
    wanted = [proposal.debit_document_id for proposal in draft.proposals]
    debits = await locks.take_items(connection, context, wanted)
    return settling_of(draft, loaded.document_id, debits, reference)
