"""Applying an open credit document after its release, and undoing an application. The route opens the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reskontra.clock import Context
from reskontra.currencies.rules import in_currency
from reskontra.db.pool import Connection
from reskontra.errors import FieldPath, Malformed, NotFound, Refused, UnknownReference
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.receivables.commands import locks
from reskontra.receivables.commands.settlements import write_settlement
from reskontra.receivables.rules.items import CLAIM_ORIGIN, VOID_ORIGIN, Application, OpenItem, Proposal, name_of
from reskontra.receivables.rules.periods import booking_period, may_stay
from reskontra.receivables.rules.proposals import (
    check_credit,
    check_freed,
    check_nothing_waits,
    check_proposal,
    check_total,
)
from reskontra.receivables.rules.settling import settle, undone
from reskontra.receivables.store import open_items, settling
from reskontra.receivables.store.settling import FoundApplication
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered

_DATE: FieldPath = ("application_date",)
_LINES: FieldPath = ("lines",)


async def apply(connection: Connection, context: Context, changes: Mapping[str, Any]) -> list[int]:
    """Apply an open credit document to open debit documents (APP); returns the ids of the applications in order.

    `changes` holds credit (document_type, number), lines (document_type, number, amount_paid), and perhaps
    application_date (default: today in the company's time zone, or the day that freed one of the documents if that is
    to come) and financial_period (default: the date's, or the credit document's where that is later).
    Raises `Refused` as proposing on a draft does, and `Conflict` if some of it was settled at the same moment.
    """
    reference = await remembered.held(connection, context.company_id)
    credit_name = _name(changes.get("credit") or {}, ("credit",), default="CreditNote")
    lines = _lines(changes.get("lines") or ())
    names = [credit_name, *((proposal.document_type, proposal.number) for proposal in lines)]
    await locks.take_documents(connection, context, names)
    found = await open_items.find_open_items(connection, context.company_id, names)
    credit = check_credit(found.get(name_of(*credit_name)), credit_name, ("credit",))
    check_nothing_waits(credit)
    earliest = credit.stands_from, credit.period_id
    freed = [item.freed.on for item in found.values() if item.freed is not None]
    on = _when(reference, changes, earliest=earliest, default=max([reference.today(context.now), *freed]))
    proposals = _proposals(lines, found, credit, on, reference)
    taken = sum((proposal.amount for proposal in proposals), ZERO)
    check_freed(credit.number, credit.freed, on[0], _DATE, amount=taken, balance=credit.balance)
    before = {item.document_id: item for item in found.values()}
    settled = settle(
        credit,
        proposals,
        before,
        reference.base_decimals,
        posting=reference.currency_postings[credit.currency_id],
        on=on,
        field=_LINES,
    )
    return await write_settlement(connection, context, reference, settled, before, credit=credit, kind="apply", on=on)


async def undo(
    connection: Connection,
    context: Context,
    application_id: int,
    changes: Mapping[str, Any],
    *,
    takes_claim_back: bool = False,
) -> int:
    """Take a released application back (UND-02, UNP-02, UNP-04); returns the id of the reversing application.

    `changes` may hold application_date and financial_period. The date is the application's own while its period is
    open, else today. Neither date nor period is earlier than the application's: at no time is more open than there was.
    What it books is in the name of what the application was made with, so that nothing is left there (PAY-24).
    Only who `takes_claim_back` may undo a claim on the tax authority (RRT-05).
    """
    reference = await remembered.held(connection, context.company_id)
    found = await _application(connection, context, application_id)
    maker_id = found.made_by_id or found.credit_document_id
    items = await locks.take_items(connection, context, [found.credit_document_id, found.debit_document_id, maker_id])
    found = await _application(connection, context, application_id)  # nobody else can undo it under these locks
    credit, debit = items[found.credit_document_id], items[found.debit_document_id]
    application = _check_undoable(found, credit, debit)
    if credit.origin == CLAIM_ORIGIN and not takes_claim_back:
        raise Refused(
            f"{credit.number} is what the tax authority pays of {debit.number}, and stays applied to it.",
            hint="Reverse the invoice: that takes the claim back. A part that the authority denies is owed by a debit "
            "note on the account of claims.",
        )
    for item in items.values():
        check_nothing_waits(item)
    stays = may_stay(reference, application.applied_on, application.period_id)
    default = application.applied_on if stays else reference.today(context.now)
    on = _when(reference, changes, earliest=(application.applied_on, application.period_id), default=default)
    settled = undone(application, application_id, credit, debit, on)
    ids = await write_settlement(
        connection,
        context,
        reference,
        settled,
        items,
        credit=items[maker_id],
        kind="undo",
        on=on,
        reverses_id=found.settlement_id,
    )
    return ids[0]


async def _application(connection: Connection, context: Context, application_id: int) -> FoundApplication:
    found = await settling.find_application(connection, context.company_id, application_id)
    if found is None:
        raise NotFound("application", application_id)
    return found


def _check_undoable(found: FoundApplication, credit: OpenItem, debit: OpenItem) -> Application:
    """Refuse what is proposed, undone already, or taken back by a document of its own (UNP-02, UNP-03)."""
    if found.application is None:
        raise Refused(
            "The application is only proposed.",
            hint="Change the credit document: send its application line with the operation Delete.",
        )
    if found.application.reverses_id is not None:
        raise Refused(f"This application takes application {found.application.reverses_id} back.")
    if found.is_split:
        raise Refused(f"{credit.number} is an instalment of {debit.number}, which stays divided.")
    if found.undone_by is not None:
        raise Refused(f"The application is undone already, by application {found.undone_by}.")
    if found.credit_document_id == found.debit_document_id:
        raise Refused(
            f"The {KINDS[debit.document_type].noun} {debit.number} was paid when it was released.",
            hint="A cash sale is taken back with POST /v1/cashsale/{number}/action/reverse.",
        )
    for item in (credit, debit):
        if KINDS[item.document_type].settles_for_good:
            raise Refused(
                f"{item.number} is a {KINDS[item.document_type].noun}, which is not undone.",
                hint="Take it back with a debit note or a credit note.",
            )
    if KINDS[debit.document_type].is_money:
        raise Refused(
            f"{credit.number} was paid out by the {KINDS[debit.document_type].noun} {debit.number}.",
            hint="Void that document instead.",
        )
    if credit.origin == VOID_ORIGIN:
        raise Refused(
            f"{credit.number} takes the fee {debit.number} of a voided dunning letter back, and stays applied to it.",
            hint="Send a new invoice if the fee is owed after all.",
        )
    return found.application


def _lines(sent: Sequence[Mapping[str, Any]]) -> list[Proposal]:
    if not sent:
        raise Malformed("There is nothing to apply.", field=_LINES, hint="Send at least one document with its amount.")
    proposals: dict[tuple[str, str], Proposal] = {}
    for position, line in enumerate(sent):
        field = (*_LINES, position)
        document_type, number = _name(line, field, default="Invoice")
        if line.get("amount_paid") is None:
            raise Malformed(
                "A line needs an amount.", field=(*field, "amount_paid"), hint="Send what is to be applied."
            )
        if name_of(document_type, number) in proposals:
            raise Refused(
                f"{number} stands there twice.", field=(*field, "number"), value=number, hint="Send one line for it."
            )
        proposals[name_of(document_type, number)] = Proposal(
            debit_document_id=0, document_type=document_type, number=number, amount=line["amount_paid"]
        )
    return list(proposals.values())


def _name(sent: Mapping[str, Any], field: FieldPath, *, default: str) -> tuple[str, str]:
    number = (sent.get("number") or "").strip()
    if not number:
        raise Malformed("A document is missing.", field=(*field, "number"), hint="Send its number.")
    return sent.get("document_type") or default, number


def _when(
    reference: Reference, changes: Mapping[str, Any], *, earliest: tuple[date, str], default: date
) -> tuple[date, str]:
    """The date and the period of a settlement (APP-07): not before `earliest`, and the period contains the date or is a
    later one, and is open.
    """
    day = changes.get("application_date") or max(default, earliest[0])
    if day < earliest[0]:
        raise Refused(
            f"Nothing is applied before {earliest[0].isoformat()}.",
            field=_DATE,
            value=day.isoformat(),
            hint="Send that day or a later one.",
        )
    sent = changes.get("financial_period")
    period_id = booking_period(
        reference, day, sent, day_field=_DATE, sent_field=("financial_period",), earliest=earliest[1]
    )
    return day, period_id


def _proposals(
    lines: Sequence[Proposal],
    found: Mapping[tuple[str, str], OpenItem],
    credit: OpenItem,
    on: tuple[date, str],
    reference: Reference,
) -> list[Proposal]:
    decimals = reference.decimals_of(credit.currency_id)
    proposals = []
    for position, line in enumerate(lines):
        field = (*_LINES, position)
        rounded = replace(line, amount=in_currency(line.amount, decimals, (*field, "amount_paid")))
        debit = found.get(name_of(line.document_type, line.number))
        check_proposal(rounded, debit, field, credit=credit, on=on)
        if debit is None:
            raise UnknownReference(field=(*field, "number"), value=line.number)
        proposals.append(replace(rounded, debit_document_id=debit.document_id))
    check_total(proposals, credit.balance, _LINES)
    return proposals
