"""The invoices for the fees of letters, and the release of letters that ask for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import asyncpg

from reskontra.clock import Context
from reskontra.db.constraints import refusal_for
from reskontra.db.pool import Connection
from reskontra.documents.commands import releasing
from reskontra.dunning.new_letter import Fee
from reskontra.dunning.rules.fees import fee_invoice
from reskontra.dunning.store import making
from reskontra.errors import Refused
from reskontra.kinds import INVOICE, KINDS
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import FEE_ORIGIN

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


REMINDED = tuple(kind.document_type for kind in KINDS.values() if kind.may_be_reminded)
_FEE_SERIES = "dunning_fee"


async def charge_all(
    connection: Connection, context: Context, asked: Sequence[Fee | None], reference: Reference
) -> list[releasing.Issued | None]:
    """A customer's fees, all or none: if one is refused, the ones before it leave nothing behind either."""
    if not any(asked):
        return [None] * len(asked)
    try:
        async with connection.transaction():
            return [await _charge(connection, context, fee, reference) if fee else None for fee in asked]
    except asyncpg.PostgresError as error:
        refusal = refusal_for(error)
        if isinstance(refusal, Refused):
            raise refusal from error
        raise


async def release_letters(
    connection: Connection, context: Context, letters: Mapping[int, Fee | None], reference: Reference
) -> dict[int, int]:
    """Release drafts, by id with the fee that each asks for (FEE-01); returns the new version of each.

    The caller has locked the documents on the letters (by type and number) and then the letters, and knows that they
    are drafts. First all fees are invoiced, one for each letter, then all letters are released in one statement:
    levels and dates of their documents, change rows, tallies. `Refused` when a fee cannot be invoiced; the caller's
    transaction must not be committed then.
    """
    await take_turns_for_fees(connection, context, [fee for fee in letters.values() if fee is not None], reference)
    issued = [
        await _charge(connection, context, fee, reference) if fee is not None else None for fee in letters.values()
    ]
    return await making.release_letters(
        connection,
        context,
        list(letters),
        fee_numbers=[fee.number if fee else None for fee in issued],
        warnings=[warnings_of(fee) for fee in issued],
    )


def warnings_of(fee: releasing.Issued | None) -> Sequence[str]:
    if fee is None or fee.status != "Hold":
        return ()
    return (f"The credit check holds the fee invoice {fee.number}: it is not released.",)


async def take_turns_for_fees(
    connection: Connection, context: Context, fees: Sequence[Fee], reference: Reference
) -> None:
    """Take the locks for the fees and the letters. Without a fee the releasing statement takes its own."""
    if fees:
        needs = needs_of_letters([fee.customer_number for fee in fees], series=(_FEE_SERIES, "batch"))
        await locks.take(connection, context, reference, needs)


def needs_of_letters(customers: Sequence[str], *, series: Sequence[str], entities: Sequence[str] = ()) -> locks.Needs:
    """What letters that make documents ask for: numbers of customers, keys of series, and the entities of the documents
    besides those that are reminded of."""
    return locks.Needs(
        numbering_tallies=(making.ENTITY,), balances=customers, series=series, tallies=(*entities, *REMINDED)
    )


async def _charge(connection: Connection, context: Context, fee: Fee, reference: Reference) -> releasing.Issued:
    """The invoice for a letter's fee, one for each letter (FEE-02)."""
    preferences = reference.preferences.dunning
    try:
        return await releasing.issue(
            connection,
            context,
            INVOICE,
            fee_invoice(fee, preferences),
            origin=FEE_ORIGIN,
            series=_FEE_SERIES,
            releases=preferences.auto_release_fee,
        )
    except Refused as refusal:
        raise _fee_refusal(fee, refusal) from refusal


def _fee_refusal(fee: Fee, refusal: Refused) -> Refused:
    """The invoice's refusal in the words of the caller, who sent a date and no invoice."""
    reason = refusal.reason or f"'{refusal.value}' cannot be found in the system."
    of_date = refusal.field in (("document_date",), ("financial_period",))
    return Refused(
        f"The fee of dunning level {fee.level} cannot be invoiced. {reason}",
        field=("letter_date",) if of_date else (),
        value=fee.letter_date.isoformat() if of_date else None,
        hint=refusal.hint,
    )
