"""Releasing and reversing cash sales. The routes open the transactions."""

from __future__ import annotations

from reskontra.clock import Context
from reskontra.db.pool import Connection, need_transaction
from reskontra.documents.cash_sales import store
from reskontra.documents.cash_sales.rules import check_returnable, check_reversible
from reskontra.documents.commands import drafting, releasing
from reskontra.documents.commands.crediting import UNSEEN, taking_back
from reskontra.documents.commands.preparing import document_of, load
from reskontra.documents.rules.links import REVERSAL_ORIGIN, check_not_earlier
from reskontra.errors import Malformed, Refused
from reskontra.kinds import CASH_RETURN, CASH_SALE, Kind
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import name_of
from reskontra.receivables.store.for_documents import find_corrected
from reskontra.receivables.store.open_items import find_open_items
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved


async def release(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> Saved:
    """Post a cash sale or return and pay it, once (CSA-03)."""
    if kind.sales_sign < 0:
        need_transaction(connection)
        await _check_returnable(connection, context, number)
    return await releasing.release(connection, context, kind, number, expected_version)


async def _check_returnable(connection: Connection, context: Context, number: str) -> None:
    """Refuse a return of more than there is, with both documents locked, so that no two returns pass together."""
    reference = await remembered.held(connection, context.company_id)
    await locks.take_documents(connection, context, [(CASH_RETURN.document_type, number)])
    sale = await find_corrected(connection, context.company_id, CASH_RETURN.document_type, number)
    if sale is None:
        raise Refused(
            f"The return {number} does not say which cash sale it takes back.",
            hint=f"Name one of the same customer with PUT /v1/reskontra/cashsale/{number}/vat.",
        )
    await locks.take_items(connection, context, [sale.document_id])
    back = document_of(await load(connection, context, CASH_RETURN, number, expected_version=None))
    if not back.is_released:
        check_not_earlier(CASH_RETURN, back, sale, {})
        found = await store.find_returned(connection, context.company_id, sale.document_id)
        check_returnable(back, found, reference.decimals_of(found.currency_id))


async def reverse(
    connection: Connection, context: Context, kind: Kind, number: str, expected_version: Expected = None
) -> Saved:
    """A return of all of a released cash sale, as a draft; its date is today, but not before the sale's (CSA-04)."""
    reference = await remembered.held(connection, context.company_id)
    name = CASH_SALE.document_type, number
    found = (await find_open_items(connection, context.company_id, [name])).get(name_of(*name))
    if found is not None:  # the return names its customer by number, which must stay
        await locks.take(connection, context, reference, locks.Needs(customers=[found.customer_id]))
    loaded = await load(connection, context, kind, number, expected_version=expected_version)
    sale, debtor = document_of(loaded), loaded.debtor
    if kind.sales_sign < 0:
        raise Refused(f"{sale.number} is a return itself.", hint="Create a cash sale instead.")
    if debtor is None:
        raise Malformed(f"The cash sale {sale.number} has no customer.")
    check_reversible(sale, await store.find_returned(connection, context.company_id, loaded.document_id))
    changes = {
        **taking_back(sale, debtor, max(loaded.today, sale.document_date), reference),
        **UNSEEN,
        "payment_method_id": sale.payment_method_id,
        "cash_account": sale.cash_account,
        "payment_reference": sale.payment_reference,
        "invoice_text": sale.invoice_text,
    }
    draft, basis = await drafting.new_draft(connection, context, CASH_RETURN, changes, REVERSAL_ORIGIN)
    return await drafting.insert(connection, context, CASH_RETURN, draft, changes=changes, basis=basis)
