"""Printing statements of account: the door for whoever sends them, and the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from reskontra.account_statements.commands import show
from reskontra.account_statements.paper.rules import addressed_to
from reskontra.account_statements.paper.store import find_paper
from reskontra.account_statements.paper.wire import Sheet, laid_out
from reskontra.account_statements.store import find_recipient
from reskontra.account_statements.wire import StatementAnswer
from reskontra.clock import Context
from reskontra.customers.store.for_charges import find_debtors
from reskontra.errors import NotFound
from reskontra.letterheads.rules import letterhead_of, logo_of
from reskontra.letterheads.store import KeptLetterhead
from reskontra.printing.pdf import PdfFile, file_name, make_pdf
from reskontra.receivables.wire.as_of import Asked
from reskontra.reference.rules.classes import StatementType
from reskontra.reference.rules.paper import PaperType
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.web.call import Database

LAYOUT = "account_statements/paper/statement.typ"
_statement = msgspec.json.Decoder(StatementAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """A statement with all that its print shows, made at `moment`, and the customer's mail address as it was typed."""

    customer_id: int
    day: date
    sheet: Sheet
    moment: datetime
    addresses: str | None


async def print_statement(
    database: Database,
    context: Context,
    number: str,
    asked: Asked,
    *,
    statement_type: StatementType | None = None,
    since: date | None = None,
    by_currency: bool | None = None,
) -> PdfFile:
    """The statement of a customer as a PDF: the kept one as it was made, under the letterhead of then (STA-03).

    Raises `NotFound` if there is no such customer, and `Unavailable` if it takes too long.
    """
    return await print_loaded(
        await load_printable(
            database, context, number, asked, statement_type=statement_type, since=since, by_currency=by_currency
        )
    )


async def load_printable(
    database: Database,
    context: Context,
    number: str,
    asked: Asked,
    *,
    statement_type: StatementType | None = None,
    since: date | None = None,
    by_currency: bool | None = None,
    seen_before: datetime | None = None,
) -> Printable:
    """The statement of a customer, as of now or as it was just before a moment. Raises `NotFound`."""
    company_id = context.company_id
    async with database.connection() as connection:
        recipient = await find_recipient(connection, company_id, asked.day, number, seen_before=seen_before)
        found = await show(
            connection,
            company_id,
            number,
            asked,
            statement_type=statement_type,
            since=since,
            by_currency=by_currency,
            seen_before=seen_before,
        )
        if found is None or recipient is None:
            raise NotFound("customer", number)
        is_kept = isinstance(found, bytes)
        kept = await find_paper(connection, company_id, recipient.customer_id, asked.day) if is_kept else None
        reference = await remembered.at(connection, company_id, None)
        (debtor,) = await find_debtors(connection, company_id, [recipient.customer_id])
    letterhead = letterhead_of(reference, None, PaperType.STATEMENT)
    logo = logo_of(reference, reference.preferences.default_branch)
    sheet = Sheet(
        statement=_statement.decode(found) if isinstance(found, bytes) else found,
        addressed=(kept.addressed if kept else None) or addressed_to(debtor, letterhead.country_id, reference),
        letterhead=(kept.letterhead if kept else None) or KeptLetterhead(letterhead, logo.content if logo else None),
        reference=reference,
    )
    return Printable(
        customer_id=recipient.customer_id,
        day=asked.day,
        sheet=sheet,
        moment=kept.made_at if kept else datetime.combine(asked.day, datetime.min.time(), UTC),
        addresses=debtor.invoice_contact.email,
    )


async def print_loaded(printable: Printable) -> PdfFile:
    """The PDF of what was loaded. Raises `Unavailable` if it takes too long."""
    sheet = printable.sheet
    pdf = await make_pdf(LAYOUT, lambda: laid_out(sheet), printable.moment, noun="statement")
    return PdfFile(name_of_file(sheet.statement.customer.number, printable.day), pdf)


def name_of_file(number: str, day: date) -> str:
    """What the PDF of a customer's statement is called."""
    return file_name("statement", number, f"{day}")
