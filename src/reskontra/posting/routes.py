"""The addresses of the journal: entries of the general ledger and batches with their lines. Read only."""

from __future__ import annotations

from asyncpg import Record
from starlette.responses import Response

from reskontra.accounts.rules.accounts import LEDGER
from reskontra.changes.lists.routes import read_page
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.errors import NotFound
from reskontra.periods.rules import parse_period
from reskontra.posting import store
from reskontra.posting.rules import is_result_account
from reskontra.posting.store import FoundBatch
from reskontra.posting.wire import BatchAnswer, BatchStatus, EntryAnswer, Module, batch_answer, entry_answer
from reskontra.reference.store import remembered
from reskontra.web.answers import one, page
from reskontra.web.call import Call
from reskontra.web.listing import page_of
from reskontra.web.query import Query
from reskontra.web.routing import Route


async def get_entries(call: Call) -> Response:
    """A page of entries by period, batch and line. Batches that are not posted are shown when they are asked for."""
    query = call.query
    filters, unposted = _entry_filters(query, call.company_id), query.flag("includeUnposted")
    balances = query.flag("includeTransactionBalance")
    async with call.database.connection() as connection:
        result_accounts = None
        if balances:
            reference = await remembered.at(connection, call.company_id, None)
            result_accounts = [
                account.account_number
                for account in reference.accounts.values()
                if is_result_account(account.account_type)
            ]

        async def rows(window: Window) -> Slice[Record]:
            return await store.list_entries(
                connection, filters, window, result_accounts=result_accounts, unposted=unposted
            )

        async def total() -> Total:
            return await store.count_entries(connection, filters)

        listed = await read_page(
            call.lists,
            (call.company_id, "JournalEntry", filters.key),
            page_of(query),
            rows=rows,
            total=total,
            sort_key=lambda row: (row["period_id"], row["batch_number"], row["line_number"]),
        )
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0]["reference_version"])
    account_info, branch_info = query.flag("expandAccountInfo"), query.flag("expandBranchInfo")
    answers = (
        entry_answer(row, reference, account_info=account_info, branch_info=branch_info, balances=balances)
        for row in listed.rows
    )
    return page(call, answers, listed.total)


async def get_batches(call: Call) -> Response:
    """A page of batches by period and number."""
    query = call.query
    filters = _batch_filters(query, call.company_id)
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[FoundBatch]:
            return await store.list_batches(connection, filters, window)

        async def total() -> Total:
            return await store.count_batches(connection, filters)

        listed = await read_page(
            call.lists,
            (call.company_id, "Batch", filters.key),
            page_of(query),
            rows=rows,
            total=total,
            sort_key=lambda batch: (batch.period_id, batch.batch_number),
        )
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.rows[0].reference_version)
    attachments = query.flag("expandAttachments", default=True)
    answers = (batch_answer(batch, reference, attachments=attachments) for batch in listed.rows)
    return page(call, answers, listed.total)


async def get_batch(call: Call) -> Response:
    """One batch by its number in any case."""
    number = call.params["journalTransactionNumber"]
    async with call.database.connection() as connection:
        batch = await store.find_batch(connection, call.company_id, number)
        if batch is None:
            raise NotFound("journal transaction", number)
        reference = await remembered.at(connection, call.company_id, batch.reference_version)
    return one(call, batch_answer(batch, reference), batch.version)


def _entry_filters(query: Query, company_id: int) -> Filters:
    """`includeUnreleased` changes nothing: what is not released makes no batch."""
    filters = Filters([company_id])
    query.flag("includeUnreleased")
    if not query.flag("includeUnposted"):
        filters.add(store.POSTED)
    for name, condition in (
        ("branch", "entry.branch_number = {}"),
        ("account", "entry.account_number = {}"),
        ("subaccountId", "entry.subaccount_id::text = {}"),
    ):
        value = query.text(name)
        if value is not None:
            filters.add(condition, value)
    ledger = query.text("ledger")
    if ledger is not None and ledger != LEDGER.ledger_id:
        filters.add("false")
    for name, operator in (("fromPeriod", ">="), ("toPeriod", "<=")):
        period = query.text(name)
        if period is not None:
            filters.add(f"entry.period_id {operator} {{}}", parse_period(period, (name,)))
    for name, operator in (("fromDate", ">="), ("toDate", "<=")):
        day = query.day(name)
        if day is not None:
            filters.add(f"entry.entry_date {operator} {{}}", day.value)
    filters.add_comparison("batch.created_at", query.moment("lastModifiedDateTime"))
    return filters


def _batch_filters(query: Query, company_id: int) -> Filters:
    filters = Filters([company_id])
    period = query.text("periodId")
    if period is not None:
        filters.add("batch.period_id = {}", parse_period(period, ("periodId",)))
    module = query.choice("module", Module)
    if module is not None:
        filters.add("'Module' || batch.module = {}", module.value)
    status = query.choice("status", BatchStatus)
    if status is not None:
        filters.add("batch.status = {}", status.value)
    branch = query.text("branch")
    if branch is not None:
        filters.add(store.OF_BRANCH, branch)
    filters.add_comparison("batch.created_at", query.moment("lastModifiedDateTime"))
    return filters


ROUTES = (
    Route(
        "GeneralLedgerTransactions_GetAll", "GET", "/v1/GeneralLedgerTransactions", get_entries,
        "reading general ledger transactions", answer=EntryAnswer, lists=True,
    ),
    Route(
        "JournalTransactionV2_GetAllJournalTransactions", "GET", "/v2/journaltransaction", get_batches,
        "reading journal transactions", answer=BatchAnswer, lists=True,
    ),
    Route(
        "JournalTransactionV2_GetSpecificJournalTransactionsByjournalTransactionNumber", "GET",
        "/v2/journaltransaction/{journalTransactionNumber}", get_batch, "reading journal transaction",
        answer=BatchAnswer,
    ),
)  # fmt: skip
