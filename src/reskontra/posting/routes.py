"""The addresses of the journal: entries of the general ledger, and batches with their lines. Read only."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.accounts.rules.accounts import LEDGER
from reskontra.changes.lists.wire import choice, dated, equal, filtered, idle, matching, moment, parsed, unless
from reskontra.periods.rules import parse_period
from reskontra.posting.store import reading
from reskontra.posting.wire import BatchAnswer, BatchStatus, EntryAnswer, Module, batch_answer, entry_answer
from reskontra.reference.routes.answering import answer_page, find
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

ENTRY_FILTERS = (
    idle("includeUnreleased"),  # what is not released makes no batch
    unless("includeUnposted", reading.POSTED),
    equal("branch", "entry.branch_number"),
    equal("account", "entry.account_number"),
    equal("subaccountId", "entry.subaccount_id::text"),
    equal("ledger", f"'{LEDGER.ledger_id}'"),
    parsed("fromPeriod", parse_period, "entry.period_id >= {}"),
    parsed("toPeriod", parse_period, "entry.period_id <= {}"),
    dated("fromDate", "entry.entry_date >= {}"),
    dated("toDate", "entry.entry_date <= {}"),
    moment("lastModifiedDateTime", "batch.created_at"),
)
BATCH_FILTERS = (
    parsed("periodId", parse_period, "batch.period_id = {}"),
    choice("module", Module, "'Module' || batch.module"),
    choice("status", BatchStatus, "batch.status"),
    matching("branch", reading.OF_BRANCH),
    moment("lastModifiedDateTime", "batch.created_at"),
)


async def get_entries(call: Call) -> Response:
    """A page of entries by period, batch and line. Batches that are not posted are shown when they are asked for."""
    query, filters = call.query, filtered(call)
    account_info, branch_info = query.flag("expandAccountInfo"), query.flag("expandBranchInfo")
    balances = query.flag("includeTransactionBalance")
    entries = reading.entries_with_opening(unposted=query.flag("includeUnposted")) if balances else reading.ENTRIES
    return await answer_page(
        call,
        entries,
        filters,
        lambda row, reference: entry_answer(
            row, reference, account_info=account_info, branch_info=branch_info, balances=balances
        ),
    )


async def get_batches(call: Call) -> Response:
    """A page of batches by period and number."""
    attachments = call.query.flag("expandAttachments", default=True)
    return await answer_page(
        call,
        reading.BATCHES,
        filtered(call),
        lambda batch, reference: batch_answer(batch, reference, attachments=attachments),
    )


async def get_batch(call: Call) -> Response:
    """One batch by its number in any case."""
    number = call.params["journalTransactionNumber"]
    batch, reference = await find(call, "journal transaction", reading.find_batch, number)
    return one(call, batch_answer(batch, reference), batch.version)


_ENTRIES = Addresses("/v1/GeneralLedgerTransactions", "general ledger transaction", EntryAnswer)
_BATCHES = Addresses("/v2/journaltransaction", "journal transaction", BatchAnswer)

ROUTES = (
    _ENTRIES.many("GeneralLedgerTransactions_GetAll", get_entries, filters=ENTRY_FILTERS),
    _BATCHES.many("JournalTransactionV2_GetAllJournalTransactions", get_batches, filters=BATCH_FILTERS),
    _BATCHES.one(
        "JournalTransactionV2_GetSpecificJournalTransactionsByjournalTransactionNumber",
        get_batch,
        "{journalTransactionNumber}",
    ),
)
