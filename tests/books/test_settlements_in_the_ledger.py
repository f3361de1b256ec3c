"""What applications give up and what voids take back, against the ledger: faults are planted in books with it all."""

from __future__ import annotations

from typing import Any

import pytest

from reskontra.db.selfcheck import offences
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, Record, application

LINE = {"inventoryNumber": "A", "quantity": 1, "vatCodeId": "6"}


@pytest.fixture
async def clerk_with_all(clerk: Clerk) -> Clerk:
    """A payment with discount and write-off, one that gained, one that was voided, and a write-off by a run."""
    clerk.customer_number = (await clerk.customer(name="Payer AS")).number
    await clerk.execute(
        "update customer set currency_override = true, write_off_allowed = true, write_off_limit = 5",
    )
    for day, rate in (("2025-03-03", "10.40"), ("2025-07-03", "10.60")):
        row = {"fromCurrencyId": "EUR", "toCurrencyId": "NOK", "effectiveDate": day, "rate": rate}
        assert (await clerk.post("/v2/currencyrate", **row)).status_code == 201

    async def owed(price: Any, **fields: Any) -> Record:
        return await clerk.issue(INVOICE, **{"lines": [LINE | {"unitPriceInCurrency": price}]} | fields)

    def on(invoice: Record, **fields: Any) -> dict[str, Any]:
        return {"documentType": "Invoice", "refNbr": invoice.number} | fields

    await clerk.pay(95, on(await owed(100), amountPaid=95, cashDiscountTaken=4, balanceWriteOff=1))
    abroad = await owed(1000, currencyId="EUR")
    await clerk.pay(1000, on(abroad), currency="EUR", applicationDate="2025-07-03")
    voided = await clerk.pay(1000, on(await owed(1000, currencyId="EUR")), currency="EUR",
                             applicationDate="2025-07-03")  # fmt: skip
    for action in ("void", "release"):
        assert (await clerk.act(voided, action)).status_code == 200
    await owed(3)
    run = await clerk.post("reskontra/run/writeOff", asOf="2025-12-01")
    assert run.status_code == 200, run.text
    assert run.json()["created"], run.text
    return clerk


GIVEN, VOIDS = "given-up-ties-to-ledger", "voids-leave-nothing"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("update journal_entry set account_number = '8050' where purpose = 'cash_discount'", GIVEN),
        ("update journal_entry set debit_base = 2 where purpose = 'write_off' and document_type = 'Payment'", GIVEN),
        ("update journal_entry set debit_base = 1 where purpose = 'write_off' and document_type = 'SmallBalanceWo'",
         GIVEN),
        ("delete from journal_entry where purpose = 'exchange_gain_loss' and document_type = 'Payment'", GIVEN),
        ("update application set gain_loss = gain_loss + 1, base_credit = base_credit + 1 where gain_loss <> 0", GIVEN),
        ("update application set discount_account = '8050' where discount <> 0", GIVEN),
        ("update application set write_off_base = 0 where write_off <> 0", GIVEN),
        ("update journal_entry set account_number = '8160' where purpose = 'exchange_gain_loss' and "
         "document_type = 'VoidPayment'", VOIDS),
        ("update journal_entry set credit = credit + 1 where purpose = 'payment' and document_type = 'VoidPayment'",
         VOIDS),
        ("delete from journal_entry where document_type = 'VoidPayment'", VOIDS),
    ],
)  # fmt: skip
async def test_a_fault_among_settlements_is_found(clerk_with_all: Clerk, fault: str, check: str) -> None:
    async with clerk_with_all.database.connection() as connection:
        assert await offences(connection) == []
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local session_replication_role = replica")
        assert await connection.execute(fault) not in ("UPDATE 0", "DELETE 0")
        found = [it.name for it in await offences(connection)]
        await transaction.rollback()
    assert check in found


async def test_vat_at_a_rate_of_its_own_is_a_difference_too(clerk: Clerk) -> None:
    """A note with an agreed rate that settles an invoice has two differences in one batch: its VAT's and the rates'."""
    euro: dict[str, Any] = {"currencyId": "EUR", "lines": [LINE | {"unitPriceInCurrency": 1000, "vatCodeId": "3"}]}
    invoice = await clerk.issue(INVOICE, **euro)
    note = await clerk.issue(
        CREDIT_NOTE, **euro, exchangeRate="10.70", applicationLines=[application(invoice, 1250)]
    )  # fmt: skip
    differences = [entry for entry in await clerk.entries(note) if entry[-1] == "exchange_gain_loss"]
    assert sorted(debit - credit for _, _, _, debit, credit, _ in differences) == [-375, 75]
    async with clerk.database.connection() as connection:
        assert await offences(connection) == []
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            "update journal_entry set debit_base = 76 where purpose = 'exchange_gain_loss' and debit_base = 75"
        )
        assert GIVEN in [it.name for it in await offences(connection)]
        await transaction.rollback()
