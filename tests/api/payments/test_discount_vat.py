"""Cash discounts that give back their VAT, where the company wants that (VAT-15)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reskontra.db.selfcheck import offences
from tests.api.payments.conftest import MONEY, ledger, on, rates
from tests.clerk import INVOICE, Clerk, Record, decoded

VAT = "reskontra/report/vat"
TEN = {"inventoryNumber": "A", "quantity": 10}
BACK = {"8140": 20, "2711": 5}


@pytest.fixture(autouse=True)
async def gives_back(clerk: Clerk, payer: None) -> None:
    """The company gives VAT back."""
    await clerk.prefer(cash_discount_vat="correct")


async def discounted(clerk: Clerk, **fields: Any) -> Record:
    """1,250.00 with 250.00 of VAT; 2 % are 25.00 within ten days."""
    return await clerk.issue(INVOICE, **{"creditTermsId": "30D2", "lines": [TEN]} | fields)


async def reported(clerk: Clerk, period: str = "202503") -> dict[str, tuple[Decimal, ...]]:
    """VAT id -> taxable amount, VAT and documents of a period."""
    rows = await clerk.page(VAT, period=period, toPeriod=period)
    return {row["vatId"]: (row["taxableAmount"], row["vatAmount"], row["documentCount"]) for row in rows}


async def test_a_discount_is_divided_into_net_and_vat(clerk: Clerk) -> None:
    """1,250 paid by 1,225: 20.00 are a discount and 5.00 are VAT that is given back."""
    before = await reported(clerk)
    invoice = await discounted(clerk)
    sold = await reported(clerk)
    paid = await clerk.pay(1225, on(invoice))
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -1250, "1920": 1225} | BACK
    assert await ledger(clerk, paid, types=MONEY, purposes=("vat",)) == {"2711": 5}
    (entry,) = [it for it in await clerk.entries(paid) if it[-1] == "vat"]
    assert entry == ("2711", 5, 0, 5, 0, "vat")
    after = await reported(clerk)
    assert [a - b for a, b in zip(sold["3"], before.get("3", (Decimal(0),) * 3), strict=True)] == [1000, 250, 1]
    assert [a - b for a, b in zip(after["3"], sold["3"], strict=True)] == [-20, -5, 0]
    (line,) = paid["paymentLines"]
    assert (line["cashDiscountTaken"], paid["status"], (await clerk.get(invoice))["status"]) == (25, "Closed", "Closed")


async def test_without_the_preference_vat_is_left_alone(clerk: Clerk) -> None:
    await clerk.prefer(cash_discount_vat="none")
    invoice = await discounted(clerk)
    sold = await reported(clerk)
    paid = await clerk.pay(1225, on(invoice))
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -1250, "1920": 1225, "8140": 25}
    assert await reported(clerk) == sold


@pytest.mark.parametrize("prefers", ["correct", "none"])
async def test_an_undo_takes_back_what_was_given(clerk: Clerk, prefers: str) -> None:
    """As it was booked, whatever the company prefers by then; in the period of the undo."""
    paid = await clerk.pay(1225, on(await discounted(clerk)))
    given = await reported(clerk)
    await clerk.prefer(cash_discount_vat=prefers)
    (made,) = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    earlier = await reported(clerk, "202505")
    undone = await clerk.post(f"reskontra/application/{made['id']}/action/undo", date="2025-05-05")
    assert undone.status_code == 200, undone.text
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -1225, "1920": 1225}
    assert await reported(clerk) == given
    back = await reported(clerk, "202505")
    assert [a - b for a, b in zip(back["3"], earlier.get("3", (Decimal(0),) * 3), strict=True)] == [20, 5, 0]


async def test_a_void_takes_back_what_was_given(clerk: Clerk) -> None:
    invoice = await discounted(clerk)
    sold = await reported(clerk)
    paid = await clerk.pay(1225, on(invoice))
    for action in ("void", "release"):
        assert (await clerk.act(paid, action)).status_code == 200
    assert await ledger(clerk, paid, types=MONEY) == {}
    assert await reported(clerk) == sold
    again = await clerk.pay(1225, on(invoice))
    assert await ledger(clerk, again, types=MONEY) == {"1500": -1250, "1920": 1225} | BACK


async def test_lines_that_are_added_later_give_back_too(clerk: Clerk) -> None:
    paid = await clerk.pay(1225)
    released = await clerk.release(await clerk.change(paid, lines=[on(await discounted(clerk))]))
    assert released["status"] == "Closed"
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -1250, "1920": 1225} | BACK


@pytest.mark.parametrize("way", ["run", "release"])
async def test_so_does_what_is_applied_by_itself(clerk: Clerk, way: str) -> None:
    await discounted(clerk)
    if way == "release":
        await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)
    paid = await clerk.pay(1225)
    if way == "run":
        order: dict[str, Any] = {"asOf": "2025-03-05", "filters": {"customer": [clerk.customer_number]}}
        decoded(await clerk.post("reskontra/run/autoApply", **order))
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -1250, "1920": 1225} | BACK


async def test_each_vat_id_has_its_share(clerk: Clerk) -> None:
    lines = [
        {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 100, "vatCodeId": "3"},
        {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 100, "vatCodeId": "31"},
        {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 60, "vatCodeId": "6"},
    ]
    invoice = await discounted(clerk, lines=lines)
    assert invoice["amount"] == 300
    sold = await reported(clerk)
    paid = await clerk.pay(290, on(invoice, amountPaid=290, cashDiscountTaken=10))
    after = await reported(clerk)
    changed = {
        vat_id: tuple(a - b for a, b in zip(after[vat_id], sold[vat_id], strict=True))
        for vat_id in sold
        if after[vat_id] != sold[vat_id]
    }
    # 10 of 300: 25 of VAT give 0.83 and 15 give 0.50; 3.33 and 3.33 and 2.00 are left, and an øre of rounding.
    assert {vat_id: [str(round(it, 2)) for it in row[:2]] for vat_id, row in changed.items()} == {
        "3": ["-3.34", "-0.83"], "31": ["-3.33", "-0.50"], "6": ["-2.00", "0.00"],
    }  # fmt: skip
    booked_ = await ledger(clerk, paid, types=MONEY, purposes=("vat", "cash_discount"))
    assert sum(booked_.values()) == 10
    assert booked_["8140"] == Decimal("8.67")


async def test_in_another_currency_vat_goes_back_at_its_own_rate(clerk: Clerk) -> None:
    """An agreed rate of 10.50 where the company's is 10.40: VAT was 2,600.00, so 2 % of it are 52.00."""
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    await rates(clerk, {"2025-03-03": "10.40"})
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 1000, "vatCodeId": "3"}
    invoice = await discounted(clerk, lines=[line], currencyId="EUR", exchangeRate="10.50")
    paid = await clerk.pay(1225, on(invoice), currency="EUR")
    assert await ledger(clerk, paid, types=MONEY, purposes=("vat", "cash_discount")) == {
        "2711": 52,
        "8140": Decimal("210.50"),
    }
    assert (await clerk.get(invoice))["status"] == "Closed"


async def test_an_instalment_gives_back_the_vat_of_what_was_divided(clerk: Clerk) -> None:
    master = await discounted(clerk, creditTermsId="RATE3")
    first, *_ = (await clerk.get(f"reskontra/{INVOICE}/{master.number}/instalments"))["instalments"]
    child = await clerk.get(f"{INVOICE}/{first['referenceNumber']}")
    left = child["balance"] - 25
    paid = await clerk.pay(left, on(child, amountPaid=left, cashDiscountTaken=25))
    assert await ledger(clerk, paid, types=MONEY, purposes=("vat", "cash_discount")) == {"8140": 20, "2711": 5}


FAULTS = {
    "discount-vat-adds-up": """update application set discount_vat = jsonb_set(discount_vat, '{0,taxable}', '"21"')
                                where discount_vat <> '[]'""",
    "given-up-ties-to-ledger": """update application set discount_vat = '[]' where discount_vat <> '[]'""",
    "vat-ties-to-ledger": "update journal_entry set vat_id = '31' where purpose = 'vat' and document_type = 'Payment'",
}


@pytest.mark.parametrize("check", FAULTS)
async def test_a_fault_is_found(clerk: Clerk, check: str) -> None:
    await clerk.pay(1225, on(await discounted(clerk)))
    async with clerk.database.connection() as connection:
        assert await offences(connection) == []
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local session_replication_role = replica")
        assert await connection.execute(FAULTS[check]) == "UPDATE 1"
        found = [it.name for it in await offences(connection)]
        await transaction.rollback()
    assert check in found


async def test_a_reversal_that_gives_back_something_else_is_found(clerk: Clerk) -> None:
    paid = await clerk.pay(1225, on(await discounted(clerk)))
    (made,) = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    assert (await clerk.post(f"reskontra/application/{made['id']}/action/undo")).status_code == 200
    async with clerk.database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            """update application set discount_vat = jsonb_set(discount_vat, '{0,taxable_base}', '"-21"')
                where reverses_id is not null"""
        )
        assert [it.name for it in await offences(connection)] == ["discount-vat-adds-up"]
        await transaction.rollback()
