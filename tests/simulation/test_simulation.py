"""Eight clerks at once, thousands of commands, one seed; then the books must agree with the model on every figure.

3,000 commands, or 10,000 in `make test-all`. RESKONTRA_SIMULATION_COMMANDS asks for more or fewer,
RESKONTRA_SIMULATION_SEED for other ones; a failure tells both. The order in which clerks meet differs from run to run,
what each of them does does not.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest

from tests.simulation.bookkeepers import KEEPING, OF_THE_SIMULATION, Bookkeeper, end_the_year
from tests.simulation.clerks import CLOSING, PATH, Office, RandomClerk
from tests.simulation.model import (
    BALANCE_WRITE_OFF,
    BANK,
    CREDIT_NOTE,
    CREDIT_WRITE_OFF,
    DEBIT_NOTE,
    DEBTORS,
    DISCOUNTS,
    FIN_CHARGE,
    INVOICE,
    LATE_PAYMENT,
    PAYMENT,
    PREPAID,
    PREPAYMENT,
    REFUND,
    VAT_ACCOUNT,
    WRITTEN_OFF,
    Document,
    Payment,
    WriteOff,
    differences,
)
from tests.simulation.payers import figures

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

CLERKS = 8
SEED = int(os.environ.get("RESKONTRA_SIMULATION_SEED", "2025"))
FIRST = {INVOICE: 3548, CREDIT_NOTE: 10002, DEBIT_NOTE: 1002, PAYMENT: 500001, FIN_CHARGE: 30001}
FIRST_WRITE_OFF = 600001
"""The next numbers of the demo company."""


@pytest.mark.slow
async def test_the_books_agree_with_the_model(server_process: Callable[..., ServerProcess], whole: bool) -> None:
    commands = int(os.environ.get("RESKONTRA_SIMULATION_COMMANDS", "10000" if whole else "2000"))
    server = server_process()
    office = Office()
    try:
        async with AsyncExitStack() as opened:
            clerks = []
            for position in range(CLERKS):
                headers = {"Authorization": f"Bearer {server.token}"}
                client = httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60)
                await opened.enter_async_context(client)
                clerks.append(Bookkeeper(position, client, office, Random(f"{SEED}/{position}"), commands=KEEPING))
            await query(server.dsn, OF_THE_SIMULATION)
            await clear_the_way(clerks[0])
            await asyncio.gather(*(clerk.begin() for clerk in clerks))
            await let_apply(clerks, server.dsn)
            await asyncio.gather(*(clerk.work(commands // CLERKS) for clerk in clerks))
            await close_the_month(clerks)
            await end_the_year(clerks[0], [customer for clerk in clerks for customer in clerk.customers])
            await compare(clerks, office, server.dsn)
    except BaseException as error:
        error.add_note(f"RESKONTRA_SIMULATION_SEED={SEED} RESKONTRA_SIMULATION_COMMANDS={commands}")
        raise
    assert office.done["period close"] > 0, "no month was closed while others worked"
    assert office.done["applied by itself"] > 0, "no payment found what it was for"


async def let_apply(clerks: Sequence[RandomClerk], dsn: str) -> None:
    """For the first customer of each clerk, money that names nothing finds what it is for."""
    for clerk in clerks:
        clerk.customers[0].applies_by_itself = True
        await query(dsn, "update customer set auto_apply = true where number = $1", clerk.customers[0].number)


async def clear_the_way(clerk: RandomClerk) -> None:
    """The demo's own drafts up to the month that will be closed, and the rates that there are."""
    for row in await clerk.read(
        f"/v1/customerinvoice?released=0&documentDate={CLOSING[:4]}-02-01&documentDateCondition=<"
    ):
        await clerk.expect(204, "DELETE", f"/v1/customerinvoice/{row['referenceNumber']}")
    await clerk.expect(204, "DELETE", "/v1/customerCreditNote/010001")
    await clerk.expect(200, "POST", "/v1/customerDebitNote/001001/action/release")
    for row in await clerk.read("/v2/currencyrate"):
        key = row["fromCurrencyId"], date.fromisoformat(row["effectiveDate"][:10])
        clerk.office.rates[key] = row["rate"]
        clerk.office.known_rates.add(key)


async def close_the_month(clerks: Sequence[RandomClerk]) -> None:
    """When nothing waits in the month any more it can be closed, and takes nothing from then on."""
    for clerk in clerks:
        for document in [it for it in clerk.drafts if it.period == CLOSING]:
            await clerk.finish(document)
    first = clerks[0]
    if not first.period_closed:
        await first.expect(200, "POST", f"/v1/reskontra/financialPeriod/{CLOSING}/action/close", {})
    late = first.invoice_with(first.customers[0])
    late["documentDate"] = {"value": "2025-01-15"}
    answer = await first.expect(400, "POST", "/v1/customerinvoice", late)
    assert CLOSING in answer.json()["message"]


async def compare(clerks: Sequence[RandomClerk], office: Office, dsn: str) -> None:
    documents = [document for clerk in clerks for document in clerk.documents]
    shown = {kind: await everything(clerks[0], f"/v1/{PATH[kind]}?expandDunningInformation=true") for kind in PATH}
    assert_every_document(documents, shown)
    await assert_numbers(documents, office, dsn)
    await assert_balances(clerks, dsn)
    assert_vat(documents, shown)
    payments = [payment for clerk in clerks for customer in clerk.customers for payment in customer.payments]
    await assert_payments(clerks[0], payments)
    sales = [sale for clerk in clerks for customer in clerk.customers for sale in customer.cash_sales]
    assert sales
    write_offs = [it for clerk in clerks for customer in clerk.customers for it in customer.write_offs]
    await assert_write_offs(clerks[0], write_offs)
    await assert_journal(clerks[0], [*documents, *sales], payments, write_offs)


async def assert_write_offs(clerk: RandomClerk, write_offs: list[WriteOff]) -> None:
    """All are listed, closed, and numbered by one series without a gap."""
    rows = await everything(clerk, f"/v1/customerPayment?paymentType={BALANCE_WRITE_OFF}")
    found = {(row["type"], row["refNbr"]): (row["status"], row["paymentAmount"]) for row in rows}
    rows = await everything(clerk, "/v1/customerCreditWriteOff?status=Closed")
    found |= {(row["documentType"], row["referenceNumber"]): (row["status"], row["amountInCurrency"]) for row in rows}
    assert found == {(it.kind, it.number): ("Closed", it.amount) for it in write_offs}
    assert {it.kind for it in write_offs} == {BALANCE_WRITE_OFF, CREDIT_WRITE_OFF}
    numbers = range(FIRST_WRITE_OFF, FIRST_WRITE_OFF + len(write_offs))
    assert sorted(int(it.number) for it in write_offs) == list(numbers)


async def assert_payments(clerk: RandomClerk, payments: list[Payment]) -> None:
    """All are listed, with what the model says of them, and their series is without a gap."""
    rows = await everything(clerk, "/v1/customerPayment?docDate=2020-01-01&docDateCondition=>")
    found = {row["refNbr"]: row for row in rows if row["type"] in (PAYMENT, PREPAYMENT, REFUND)}
    assert {row["type"] for row in found.values()} == {PAYMENT, PREPAYMENT, REFUND}
    voids = [row for row in rows if row["type"] in ("VoidPayment", "VoidRefund")]
    first = FIRST[PAYMENT]
    assert sorted(map(int, found)) == list(range(first, first + len(payments)))
    assert len(voids) == sum(payment.is_void for payment in payments) > 0
    for payment in payments:
        assert figures(found[payment.number]) == payment.figures, payment.number


def assert_every_document(documents: list[Document], shown: dict[str, list[dict[str, Any]]]) -> None:
    """Each document in the lists is the model's or was there before, and says what the model says."""
    for kind, rows in shown.items():
        found = {row["referenceNumber"]: row for row in rows}
        own = {document.number: document for document in documents if document.kind == kind}
        assert all(row["metadata"]["totalCount"] == len(rows) == len(found) for row in rows)
        assert own.keys() <= found.keys(), own.keys() - found.keys()
        assert all(is_older(number, kind) for number in found.keys() - own.keys())
        wrong = [text for number, document in own.items() for text in differences(document, found[number])]
        assert not wrong, "\n".join(wrong[:20])


async def assert_numbers(documents: list[Document], office: Office, dsn: str) -> None:
    """Each series is without a gap, when the deleted numbers are counted; and these are on record."""
    for kind, first in ((kind, FIRST[kind]) for kind in PATH):
        deleted = {number for number in office.deleted[kind] if number.isdigit()}
        used = {document.number for document in documents if document.kind == kind and document.number.isdigit()}
        assert not used & deleted
        assert sorted(map(int, used | deleted)) == list(range(first, first + len(used | deleted)))
        rows = await query(dsn, "select number from deleted_number where entity = $1", kind)
        assert {row["number"] for row in rows if not is_older(row["number"], kind)} == office.deleted[kind]


async def assert_balances(clerks: Sequence[RandomClerk], dsn: str) -> None:
    rows = await query(
        dsn, "select number, unreleased from customer_balance join customer using (company_id, customer_id)"
    )
    unreleased = {row["number"]: row["unreleased"] for row in rows}
    for clerk in clerks:
        for customer in clerk.customers:
            shown = await clerk.read(f"/v1/customer/{customer.number}/balance")
            assert shown["balance"] == customer.balance, customer.number
            assert unreleased[customer.number] == customer.unreleased, customer.number


def assert_vat(documents: list[Document], shown: dict[str, list[dict[str, Any]]]) -> None:
    """What the answers of released documents add up to, for each VAT id and currency."""
    own = {(document.kind, document.number) for document in documents if document.released}
    ours: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    theirs: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for document in documents:
        for vat_id, (_, tax) in document.vat.items() if document.released else ():
            ours[vat_id, document.currency] += document.sign * tax
    for kind, rows in shown.items():
        for row in rows:
            for tax in row["taxDetails"] if (kind, row["referenceNumber"]) in own else ():
                theirs[tax["taxId"], row["currencyId"]] += (-1 if kind == CREDIT_NOTE else 1) * tax["vatAmount"]
    assert theirs == ours


async def assert_journal(
    clerk: RandomClerk, documents: list[Document], payments: list[Payment], write_offs: list[WriteOff]
) -> None:
    """Each document's entries by account, and through them the accounts of debtors and VAT."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in await everything(clerk, "/v1/GeneralLedgerTransactions?fromPeriod=202001&toPeriod=203012"):
        found[entry["refNumber"]][entry["account"]["number"]] += entry["debitAmount"] - entry["creditAmount"]
    totals: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    booking: list[Document | WriteOff] = [*documents, *payments, *write_offs]
    for document in booking:
        booked = {account: amount for account, amount in found[document.number].items() if amount}
        assert booked == document.entries, f"{document.kind} {document.number}: {booked}, expected {document.entries}"
        for position, entries in enumerate((booked, document.entries)):
            for account, amount in entries.items():
                totals[account][position] += amount
    for account in (DEBTORS, BANK, PREPAID, DISCOUNTS, LATE_PAYMENT, *WRITTEN_OFF.values(), *VAT_ACCOUNT.values()):
        assert totals[account][0] == totals[account][1] != 0, account
    on_debtors = [it for it in (*documents, *payments) if it.released and it.kind not in (PREPAYMENT, "CashSale")]
    owed = sum((it.sign * it.open_base for it in on_debtors), Decimal(0))
    assert totals[DEBTORS][0] == owed


async def everything(clerk: RandomClerk, path: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    rows: list[dict[str, Any]] = []
    while True:
        answer = await clerk.expect(200, "GET", f"{path}&pageSize=1000&pageNumber={len(rows) // 1000 + 1}")
        page = json.loads(answer.text, parse_float=Decimal)
        rows += page
        if len(page) < 1000:
            return rows


def is_older(number: str, kind: str) -> bool:
    return number.isdigit() and int(number) < FIRST[kind]


async def query(dsn: str, statement: str, *values: Any) -> Iterable[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()
