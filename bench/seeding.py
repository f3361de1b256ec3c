"""Fills books for the bench: the program makes a few documents, SQL copies them by the hundred thousand. Times nothing.

What is copied (texts, figures, journal entries, change rows) is what the program itself wrote, so `reskontra check`
holds on the result. The same size gives the same books on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from reskontra.app import connect_rooms
from reskontra.clock import Context, SeededClock, SystemClock
from reskontra.companies.commands import create_client
from reskontra.company_file.commands.creating import create_company
from reskontra.customers import commands as customers
from reskontra.db.pool import Connection
from reskontra.db.statistics import filled_tables
from reskontra.documents.commands import drafting, releasing
from reskontra.kinds import INVOICE
from reskontra.payments.commands import drafting as paying
from reskontra.serve import open_database, plain_connection

SEED_VERSION = 2
"""Raise it when this module makes other books than before: kept books are then made anew."""

CLIENT_ID = "isv_bench"
CLIENT_SECRET = "bench-secret"  # noqa: S105 - the books behind it are nobody's
SCOPE = "vismanet_erp_service_api"

LARGE_COMPANY = 1
NUMBER_BEFORE_FIRST = 2000
CUSTOMER_BEFORE_FIRST = 20000
LINE_COUNTS = (10, 5, 3, 2)
"""Lines of the documents whose position is 0, 1, 2, 3 modulo 4: five in the mean."""

_ACTOR = "bench"
FIRST_DAY = date(2026, 1, 2)
SPREAD_DAYS = 250
LAST_DAY = FIRST_DAY + timedelta(days=SPREAD_DAYS)
_DRAFT = 4
RELEASED_OF_TEN_LINES, RELEASED_OF_TWO_LINES, DRAFT_OF_TEN_LINES, PAYMENT_OF_TWO_LINES = 0, 3, 4, 8
"""Places of stencils (`_keep_stencils`). The payment is a draft that pays the released invoice of two lines."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much the books hold. Documents of a company are a multiple of 4, so that the mean is five lines."""

    name: str
    companies: int
    large_documents: int
    small_documents: int
    large_customers: int
    small_customers: int
    small_drafts: int
    """How many of a small company's documents are drafts; the large one's are all open and long overdue."""

    @property
    def small_released(self) -> int:
        return self.small_documents - self.small_drafts

    @property
    def documents(self) -> int:
        return self.large_documents + (self.companies - 1) * self.small_documents


FULL = Size("full", 50, 100_040, 2_040, 2_000, 100, 200)
SHORT = Size("short", 50, 10_004, 204, 200, 20, 20)
TINY = Size("tiny", 4, 400, 40, 10, 4, 8)
SIZES = {size.name: size for size in (FULL, SHORT, TINY)}


async def fill(dsn: str, size: Size) -> None:
    """Make the books in an empty database."""
    connect_rooms()
    database = await open_database(dsn, SystemClock(), migrating=True)
    try:
        async with database.transaction() as connection:
            await _make_stencils(connection, size)
    finally:
        await database.close()
    async with plain_connection(dsn) as connection:
        async with connection.transaction():
            # One long load: triggers that guard single writes are left out, and the self-check proves the result.
            await connection.execute("set local session_replication_role = replica")
            await _keep_stencils(connection)
            await _copy_customers(connection, size)
            await _want_documents(connection, size)
            await copy_documents(connection)
        await connection.execute("vacuum (full, analyze) document")  # its rows were written twice
        await connection.execute(f"vacuum (freeze, analyze) {await filled_tables(connection)}")


# What the program makes


def ten_lines() -> list[dict[str, Any]]:
    """The ten lines of the invoices that are posted and read one by one: items, and one free line."""
    items = [("A", 1), ("6", 2), ("222", 40), ("A", 3), ("6", 1), ("222", 25), ("A", 2), ("222", 10), ("6", 4)]
    lines: list[dict[str, Any]] = [{"item_number": item, "quantity": Decimal(count)} for item, count in items]
    return [*lines, {"description": "Freight", "quantity": Decimal(1), "unit_price": Decimal("149.00")}]


async def _make_stencils(connection: Connection, size: Size) -> None:
    """The companies and their client, and in the first one a customer and one document of each kind and length."""
    clock = SeededClock(datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 8, tzinfo=UTC), seed=1)
    context = Context(0, _ACTOR, "bench", clock.now(), clock)
    companies = [
        await create_company(connection, "no", code=f"bench{place:02d}", name=f"Bench {place} AS", context=context)
        for place in range(1, size.companies + 1)
    ]
    if companies != list(range(LARGE_COMPANY, size.companies + 1)):
        raise RuntimeError("the database is not empty")
    await create_client(connection, companies, [SCOPE], name="bench", secret=CLIENT_SECRET, context=context)
    context = replace(context, company_id=LARGE_COMPANY)
    customer = {
        "name": "Kunde",
        "main_address": {"line_1": "Storgata 1", "postal_code": "0101", "city": "Oslo", "country_id": "NO"},
        "main_contact": {"name": "Kunde", "email": "post@kunde.example"},
    }
    number = (await customers.create(connection, context, customer)).number
    for released in (True, False):
        for count in LINE_COUNTS:
            sent = {"customer_number": number, "document_date": FIRST_DAY, "lines": ten_lines()[-count:]}
            written = await drafting.create(connection, context, INVOICE, sent)
            if released:
                await releasing.release(connection, context, INVOICE, written.number)
    paid = f"{NUMBER_BEFORE_FIRST + 1 + RELEASED_OF_TWO_LINES:06d}"
    lines = [{"document_type": INVOICE.document_type, "number": paid}]
    await paying.create(connection, context, {"customer_number": number, "application_date": FIRST_DAY, "lines": lines})


# Copying


_OF_DOCUMENTS = ("document", "document_line", "document_vat", "issued_document", "batch", "journal_entry", "payment",
                 "proposal")  # fmt: skip
_OF_CUSTOMERS = ("customer", "address", "contact_details", "location", "customer_payment_method")


async def _keep_stencils(connection: Connection) -> None:
    """Move what the program made into tables of the schema `bench`, of the same names, with their place as `stencil`.

    Places: 0 to 3 are the released ones in the order of `LINE_COUNTS`, 4 to 7 the drafts, 8 the payment.
    """
    await connection.execute("create schema bench")
    place = f"""case document.document_type when 'Payment' then {PAYMENT_OF_TWO_LINES}
                                            else document.number::integer - {NUMBER_BEFORE_FIRST + 1} end"""
    await connection.execute(f"create table bench.document as select {place} as stencil, document.* from document")
    await connection.execute(
        f"create table bench.proposal as select {PAYMENT_OF_TWO_LINES} as stencil, proposal.* from proposal"
    )
    for table in ("document_line", "document_vat", "issued_document", "payment"):
        await connection.execute(
            f"create table bench.{table} as select {place} as stencil, {table}.* "
            f"from {table} join document using (company_id, document_id)"
        )
    for table in ("batch", "journal_entry"):
        await connection.execute(
            f"create table bench.{table} as select {place} as stencil, {table}.* "
            f"from {table} join document using (company_id, batch_number)"
        )
    for table in (*_OF_CUSTOMERS, "change"):
        await connection.execute(f"create table bench.{table} as select * from {table}")
    await connection.execute(f"truncate {', '.join((*_OF_DOCUMENTS, *_OF_CUSTOMERS))}, customer_balance cascade")
    await connection.execute("delete from change where entity in ('Customer', 'Invoice', 'Payment')")
    await connection.execute(
        "update tally set total = 0 where entity in ('Invoice', 'Payment', 'Batch', 'JournalEntry')"
    )
    # The books have no payments yet: the series begins as in the other companies.
    await connection.execute(
        """
        update number_series_range
           set last_number = untouched.last_number
          from number_series_range as untouched
         where number_series_range.company_id = $1 and number_series_range.series_id = 'PAYMENT'
           and untouched.company_id = $1 + 1 and untouched.series_id = 'PAYMENT'
        """,
        LARGE_COMPANY,
    )


async def _copy(
    connection: Connection, table: str, source: str, values: Mapping[str, str], *, defaults: Sequence[str] = ()
) -> None:
    """Copy rows of `bench.<table>` as `kept`, for each row of `source`, with some columns taken from `values`."""
    rows = await connection.fetch(
        """
        select column_name from information_schema.columns
         where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position
        """,
        table,
    )
    columns = [row["column_name"] for row in rows if row["column_name"] not in defaults]
    selected = ", ".join(values.get(column, f"kept.{column}") for column in columns)
    await connection.execute(
        f"insert into {table} ({', '.join(columns)}) overriding system value select {selected} from {source}"
    )


async def _copy_customers(connection: Connection, size: Size) -> None:
    await connection.execute(
        f"""
        create table bench.customers as
        select company_id, ordinal::integer as customer_id,
               ({CUSTOMER_BEFORE_FIRST} + ordinal)::text as number, nextval('change_id') as change_id
          from generate_series(1, {size.companies}) as company_id,
               generate_series(1, case company_id when {LARGE_COMPANY} then {size.large_customers}
                                                  else {size.small_customers} end) as ordinal
         order by 1, 2
        """
    )
    anew = {"company_id": "made.company_id", "customer_id": "made.customer_id", "number": "made.number"}
    ids = dict.fromkeys(("main_address_id", "main_contact_id", "address_id", "contact_id"), "made.customer_id")
    named = {"name": "kept.name || ' ' || made.customer_id", "version": "made.change_id"}
    for table in ("customer", "address", "contact_details", "location", "customer_payment_method"):
        values = anew | (named if table == "customer" else {}) | (ids if table != "location" else {})
        await _copy(
            connection,
            table,
            f"bench.customers as made, bench.{table} as kept",
            values,
            defaults=["version"] if table == "location" else [],
        )
    change = {"company_id": "made.company_id", "change_id": "made.change_id", "entity_key": "made.number"}
    source = "bench.customers as made, bench.change as kept where kept.entity = 'Customer'"
    await _copy(connection, "change", source, change, defaults=["transaction_id"])
    await connection.execute(
        """
        update tally set total = case when entity in ('Customer', 'Location') then made.count else total end,
                         last_id = case entity when 'Location' then last_id else made.count end,
                         last_change_id = case when entity in ('Customer', 'Location') then made.change_id
                                               else last_change_id end
          from (select company_id, count(*) as count, max(change_id) as change_id
                  from bench.customers group by company_id) as made
         where tally.company_id = made.company_id and entity in ('Customer', 'Location', 'Address', 'Contact');
        update number_series_range
           set last_number = (select max(number) from bench.customers as made
                               where made.company_id = number_series_range.company_id)
         where series_id = 'CUSTOMER';
        insert into customer_balance (company_id, customer_id) select company_id, customer_id from bench.customers
        """
    )


_WANTED = """
    create unlogged table bench.wanted (
        company_id integer, position integer, stencil integer, customer_id integer, day date, moment timestamptz,
        document_id bigint, number text, batch_number text, created bigint, released bigint, pays_document_id bigint)"""


async def _want_documents(connection: Connection, size: Size) -> None:
    """One row in `bench.wanted` for each document: which stencil, whose, when, under which numbers."""
    await connection.execute(_WANTED)
    await connection.execute(
        f"""
        insert into bench.wanted
        select company_id, position, {_DRAFT} * is_draft::integer + position % 4, 1 + (position - 1) % customers,
               day, day + time '09:00' + position % 28800 * interval '1 second',
               row_number() over (order by company_id, position),
               lpad(({NUMBER_BEFORE_FIRST} + position)::text, 6, '0'),
               case when not is_draft then 'AR' || lpad(position::text, 6, '0') end,
               nextval('change_id'), case when not is_draft then nextval('change_id') end
          from (select company_id, position,
                       case company_id when {LARGE_COMPANY} then {size.large_customers}
                                       else {size.small_customers} end as customers,
                       company_id <> {LARGE_COMPANY} and position > {size.small_released}
                           as is_draft,
                       date '{FIRST_DAY}' + position * {SPREAD_DAYS}
                           / case company_id when {LARGE_COMPANY} then {size.large_documents}
                                             else {size.small_documents} end as day
                  from generate_series(1, {size.companies}) as company_id,
                       generate_series(1, case company_id when {LARGE_COMPANY} then {size.large_documents}
                                                          else {size.small_documents} end) as position
                 order by company_id, position) as planned
        """
    )
    await connection.execute(
        f"select setval(pg_get_serial_sequence('document', 'document_id'), {size.documents}, true)"
    )


async def copy_documents(connection: Connection) -> None:
    """Make the documents of `bench.wanted`, with all that belongs to them. Triggers must be off."""
    period = "to_char(made.day, 'YYYYMM')"
    anew = {
        "company_id": "made.company_id",
        "document_id": "made.document_id",
        "number": "made.number",
        "document_number": "made.number",
        "generated_reference": "null",
        "payment_reference": "case when kept.document_type = 'Payment' then made.number end",
        "customer_id": "made.customer_id",
        "batch_number": "made.batch_number",
        "document_date": "made.day",
        "due_date": "made.day + (kept.due_date - kept.document_date)",
        "cash_discount_date": "made.day + (kept.cash_discount_date - kept.document_date)",
        "period_id": period,
        "batch_date": "made.day",
        "entry_date": "made.day",
        "applied_on": "made.day",
        "applied_period_id": period,
        "description": "'Invoice ' || made.number",
        "moves_document_id": "case when kept.moves_document_id is not null then made.document_id end",
        "created_at": "made.moment",
        "modified_at": "made.moment",
        "released_at": "case when kept.released_at is not null then made.moment end",
        "version": "coalesce(made.released, made.created)",
        "invoice_address": "kept.invoice_address || jsonb_build_object('address_id', made.customer_id)",
        "invoice_contact": "kept.invoice_contact || jsonb_build_object('contact_id', made.customer_id)",
    }
    for table in _OF_DOCUMENTS:
        values = {name: value for name, value in anew.items() if table != "document_line" or name != "description"}
        if table == "proposal":
            values |= {"proposer_document_id": "made.document_id", "document_id": "made.pays_document_id"}
        source = f"bench.wanted as made join bench.{table} as kept using (stencil)"
        await _copy(connection, table, source, values, defaults=["version"] if table == "batch" else [])
    await connection.execute(
        """
        insert into letterhead (company_id, digest, content, logo)
        select company.company_id, kept.digest, kept.content, kept.logo from letterhead as kept, company
            on conflict do nothing
        """
    )
    for event, change_id in (("created", "made.created"), ("released", "made.released")):
        await connection.execute(
            f"""
            insert into change (company_id, change_id, changed_at, actor, request_id, entity, entity_key, event)
            select made.company_id, {change_id}, made.moment, '{_ACTOR}', 'bench', kept.document_type, made.number,
                   '{event}'
              from bench.wanted as made join bench.document as kept using (stencil) where {change_id} is not null
            """
        )
    await connection.execute(
        """
        update document set figures_hash = document_figures(document.company_id, document.document_id)
          from bench.wanted as made
         where made.company_id = document.company_id and made.document_id = document.document_id
           and document.released_at is not null
        """
    )
    await _count_up(connection)


async def _count_up(connection: Connection) -> None:
    """Bring balances, tallies and number series to what `bench.wanted` added."""
    await connection.execute(
        """
        update customer_balance
           set balance = customer_balance.balance + added.balance,
               unreleased = customer_balance.unreleased + added.unreleased
          from (select company_id, customer_id,
                       coalesce(sum(balance_base * balance_sign) filter (where released_at is not null), 0) as balance,
                       coalesce(sum(amount_base * balance_sign) filter (where released_at is null), 0) as unreleased
                  from document join document_kind using (document_type)
                  join bench.wanted using (company_id, document_id, customer_id)
                 group by company_id, customer_id) as added
         where customer_balance.company_id = added.company_id and customer_balance.customer_id = added.customer_id;
        update tally
           set total = total + added.count, last_change_id = greatest(last_change_id, added.change_id)
          from (select wanted.company_id, kept.document_type as entity, count(*) as count,
                       max(coalesce(released, created)) as change_id
                  from bench.wanted join bench.document as kept using (stencil) group by 1, 2
                union all
                select company_id, 'Batch', count(batch_number), max(released) from bench.wanted group by 1
                union all
                select wanted.company_id, 'JournalEntry', count(*), max(released)
                  from bench.wanted join bench.journal_entry using (stencil) group by wanted.company_id) as added
         where tally.company_id = added.company_id and tally.entity = added.entity;
        update number_series_range
           set last_number = greatest(number_series_range.last_number, added.number)
          from (select wanted.company_id, upper(kept.document_type) as series_id, max(wanted.number) as number
                  from bench.wanted join bench.document as kept using (stencil) group by 1, 2
                union all
                select company_id, 'BATCH', max(batch_number) from bench.wanted group by 1) as added
         where number_series_range.company_id = added.company_id and number_series_range.series_id = added.series_id
           and added.number is not null
        """
    )
