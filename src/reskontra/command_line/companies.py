"""The commands about companies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from reskontra.command_line.options import AsJson, Books, examples, switch
from reskontra.command_line.terminal import is_confirmed, say, say_facts, say_json, say_table

if TYPE_CHECKING:
    from reskontra.db.pool import Connection

app = App(
    name="company",
    help="Companies: the tenants of this ledger.",
    help_epilogue=examples("reskontra company list", "reskontra company show acme --json"),
)


@app.command(name="list")
def list_companies(*, json: AsJson = False, books: Books | None = None) -> None:
    """List companies: the id to send as `ipp-company-id`, the tenant id for token requests, and what they hold."""
    from reskontra.command_line.database import ask
    from reskontra.companies.store import companies

    found = ask(books, companies.describe_companies)
    if json:
        say_json(found)
    elif not found:
        say("There are no companies: `reskontra company create` makes one.")
    else:
        rows = [
            (it.company_id, it.code, it.name, str(it.tenant_id), it.customers, it.documents, it.newest_change)
            for it in found
        ]
        say_table(("ID", "CODE", "NAME", "TENANT", "CUSTOMERS", "DOCUMENTS", "NEWEST CHANGE"), rows)


@app.command
def show(
    code: Annotated[str, Parameter(help="Code of the company.")],
    /,
    *,
    json: AsJson = False,
    books: Books | None = None,
) -> None:
    """Show one company, with the API clients that may access it."""
    from reskontra.command_line.database import ask
    from reskontra.companies.commands import company_ids
    from reskontra.companies.store import companies

    async def question(connection: Connection) -> companies.CompanyFacts:
        (company_id,) = await company_ids(connection, [code])
        return next(it for it in await companies.describe_companies(connection) if it.company_id == company_id)

    found = ask(books, question)
    if json:
        say_json(found)
        return
    say_facts(
        {
            "id": found.company_id,
            "code": found.code,
            "name": found.name,
            "tenant": str(found.tenant_id),
            "country": found.country_id,
            "currency": found.base_currency,
            "time zone": found.time_zone,
            "created": found.created_at,
            "customers": found.customers,
            "documents": found.documents,
            "newest change": found.newest_change,
            "clients": found.clients,
        }
    )


@app.command(
    help_epilogue=examples(
        'reskontra company create --template no --code acme --name "Acme AS"',
        "reskontra company create --template acme.yaml --code acme",
    )
)
def create(
    *,
    template: Annotated[str, Parameter(help="`no`, `se`, or a template file.")],
    code: Annotated[str, Parameter(help="Short name that identifies the company here.")],
    name: Annotated[str | None, Parameter(help="Name of the company [default: the template's].")] = None,
    books: Books | None = None,
) -> None:
    """Create a company from a template: its accounts, VAT, terms, items, series, periods and preferences."""
    from reskontra.command_line.database import ask, context
    from reskontra.company_file.commands import creating
    from reskontra.db.migrate import migrate

    async def question(connection: Connection) -> int:
        said = context()
        await migrate(connection, said.now)
        async with connection.transaction():
            return await creating.create_company(connection, template, code=code, name=name, context=said)

    company_id = ask(books, question, making=True, of_any_schema=True)
    say(f"Created company {code} with id {company_id}.")


@app.command(help_epilogue=examples("reskontra company apply changes.yaml --company acme"))
def apply(
    file: Annotated[str, Parameter(help="A company file, or `no` or `se`.")],
    /,
    *,
    company: Annotated[str, Parameter(help="Code of the company.")],
    yes: Annotated[bool, switch("Apply without asking.")] = False,
    books: Books | None = None,
) -> None:
    """Change a company from a file: shows what would change, asks, then applies all of it or nothing.

    The file has the same form as one that creates a company. Whatever it leaves out stays as it is: sections, entries
    of a section, keys of an entry. Nothing is deleted. A change that would affect the figures of documents is refused,
    with its line. Periods are only added: actions of the API open, close and reopen them.
    """
    from reskontra import interrupts
    from reskontra.app import connect_rooms
    from reskontra.clock import SystemClock
    from reskontra.command_line.database import context, open_books
    from reskontra.companies.commands import company_ids
    from reskontra.company_file.commands.applying import apply_plan, plan_changes
    from reskontra.company_file.file import read_partial_template
    from reskontra.company_file.rules.plan import lines_of
    from reskontra.serve import open_database

    said = read_partial_template(file)
    connect_rooms()

    async def change(dsn: str) -> None:
        database = await open_database(dsn, SystemClock(), migrating=False)
        try:
            async with database.transaction() as connection:
                (company_id,) = await company_ids(connection, [company])
                whose = replace(context(), company_id=company_id)
                plan = await plan_changes(connection, whose, said)
            for line in lines_of(plan):
                say(line)
            if not plan.changes:
                say(f"Nothing to do: {company} is as the file says.")
            elif yes or is_confirmed(f"Apply this to {company}?", otherwise="Look at the plan and give --yes."):
                async with database.transaction() as connection:
                    await apply_plan(connection, whose, said, plan)
                say(f"Changed company {company}.")
        finally:
            await database.close()

    with open_books(books) as dsn:
        interrupts.run(change(dsn))


@app.command(
    name="open-items",
    help_epilogue=examples(
        "reskontra company open-items open.csv --company acme --as-of 2026-01-01 --account 9990 --dry-run"
    ),
)
def open_items(
    file: Annotated[Path, Parameter(help="A CSV file in UTF-8 whose first line has the titles of the columns.")],
    /,
    *,
    company: Annotated[str, Parameter(help="Code of the company.")],
    as_of: Annotated[date, Parameter(help="Day of the opening; its period gets the batch.")],
    account: Annotated[
        str | None, Parameter(help="Account of the other side [default: the company's `opening_account`].")
    ] = None,
    dry_run: Annotated[bool, switch("Say what would be taken over, and change nothing.")] = False,
    books: Books | None = None,
) -> None:
    """Take over the open items of an older system from a file: all of them, or none if anything is wrong.

    Each line becomes a released document with the number that it had, without revenue and VAT. docs/OPERATING.md
    describes the columns.
    """
    from reskontra import interrupts
    from reskontra.app import connect_rooms
    from reskontra.clock import SystemClock
    from reskontra.command_line.database import context, open_books
    from reskontra.companies.commands import company_ids
    from reskontra.payments.openings.commands import take_over
    from reskontra.payments.openings.rules.csv_file import read_file
    from reskontra.payments.openings.rules.taking import TakenOver
    from reskontra.serve import open_database

    connect_rooms()

    async def take(dsn: str) -> TakenOver:
        database = await open_database(dsn, SystemClock(), migrating=False)
        try:
            async with database.connection() as connection:
                (company_id,) = await company_ids(connection, [company])
            whose = replace(context(), company_id=company_id)
            return await take_over(database, whose, read_file(file), on=as_of, account_number=account, dry_run=dry_run)
        finally:
            await database.close()

    with open_books(books) as dsn:
        taken = interrupts.run(take(dsn))
    say_table(
        ("TYPE", "DOCUMENTS", f"OPEN, IN {taken.base_currency}"),
        [(it.document_type, it.count, f"{it.balance:.2f}") for it in taken.totals],
    )
    if taken.batch_number is None:
        say("Nothing was changed: this was a trial.")
    else:
        say(f"Taken over by batch {taken.batch_number} of period {taken.period_id} against {taken.account_number}.")
