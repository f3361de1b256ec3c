"""The account of a sale follows its VAT (CUS-06, LIN-05, decision 0023), so that turnover can be compared with VAT."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, ITEM_A, KINDS, Clerk, Record

SERVICE = {"description": "Advice", "quantity": 1, "unitPriceInCurrency": 100}


def accounts(document: Record) -> list[str]:
    """The accounts of the lines."""
    lines = document.get("invoiceLines") or document["lines"]
    return [line["account"]["number"] for line in lines]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("zone", "category", "account"),
    [
        ("NO", None, "3000"),
        ("NO", "31", "3000"),
        ("NO", "5", "3100"),
        ("NO", "51", "3100"),
        ("NO", "6", "3100"),
        ("NO", "7", "3100"),
        ("EU", None, "3110"),
        ("EU", "33", "3000"),
        ("EU", "6", "3100"),
        ("EX", None, "3120"),
        ("EX", "52", "3120"),
        ("EX", "7", "3100"),
    ],
)
async def test_the_vat_of_a_line_decides_its_account(
    clerk: Clerk, kind: str, zone: str, category: str | None, account: str
) -> None:
    sent = {"vatCodeId": category} if category else {}
    document = await clerk.document(kind, customerVatZoneId=zone, lines=[SERVICE | sent, ITEM_A | sent])
    assert accounts(document) == [account, account]
    await clerk.release(document)
    revenue = {entry[0] for entry in await clerk.entries(document) if entry[5] == "revenue"}
    assert revenue == {account}


async def test_an_items_own_account_comes_first(clerk: Clerk) -> None:
    fee = {"inventoryNumber": "PURREGEBYR", "quantity": 1}
    assert accounts(await clerk.invoice(lines=[fee])) == ["3900"]
    await clerk.sql("update item set detail = '{}' where item_number = 'A'")
    for zone in ("NO", "EU", "EX"):
        assert accounts(await clerk.invoice(customerVatZoneId=zone, lines=[ITEM_A])) == ["3000"]
    await clerk.sql("update item set sales_account = null where item_number = 'A'")
    for zone, account in (("NO", "3000"), ("EU", "3110"), ("EX", "3120")):
        assert accounts(await clerk.invoice(customerVatZoneId=zone, lines=[ITEM_A])) == [account]


async def test_a_location_without_the_account_has_that_of_its_class_and_then_its_own_for_sales(clerk: Clerk) -> None:
    await clerk.sql("update location set sales_export_account = null, sales_eu_account = '3105'")
    assert accounts(await clerk.invoice(customerVatZoneId="EX", lines=[SERVICE])) == ["3120"]
    assert accounts(await clerk.invoice(customerVatZoneId="EU", lines=[SERVICE])) == ["3105"]
    await clerk.sql("update customer_class set sales_export_account = null")
    assert accounts(await clerk.invoice(customerVatZoneId="EX", lines=[SERVICE])) == ["3000"]


async def test_an_account_that_is_sent_wins(clerk: Clerk) -> None:
    lines = [SERVICE | {"vatCodeId": "3", "accountNumber": "3900"}, ITEM_A | {"accountNumber": "3900"}]
    document = await clerk.invoice(customerVatZoneId="EX", lines=lines)
    assert accounts(document) == ["3900", "3900"]
    moved = await clerk.change(document, customerVatZoneId="NO")
    assert accounts(moved) == ["3900", "3900"]


async def test_lines_move_with_the_zone_and_back(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[SERVICE, ITEM_A, SERVICE | {"vatCodeId": "6"}])
    assert accounts(document) == ["3000", "3000", "3100"]
    for zone, expected in (
        ("EX", ["3120", "3120", "3100"]),
        ("EU", ["3110", "3110", "3100"]),
        ("NO", ["3000", "3000", "3100"]),
    ):
        assert accounts(await clerk.change(document, customerVatZoneId=zone)) == expected
        assert (await clerk.change(document, note=zone))["note"] == zone
        assert accounts(await clerk.get(document)) == expected


async def test_a_line_moves_with_its_category_also_when_its_item_is_not_sent(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[SERVICE, ITEM_A])
    for category, account in (("6", "3100"), ("31", "3000"), ("5", "3100")):
        update = [{"operation": "Update", "lineNumber": line, "vatCodeId": category} for line in (1, 2)]
        assert accounts(await clerk.change(document, lines=update)) == [account, account]
    chosen = [{"operation": "Update", "lineNumber": 1, "vatCodeId": "3", "accountNumber": "3900"}]
    assert accounts(await clerk.change(document, lines=chosen)) == ["3900", "3100"]
    again = [{"operation": "Update", "lineNumber": 1, "vatCodeId": "6"}]
    assert accounts(await clerk.change(document, lines=again)) == ["3900", "3100"]


async def test_another_item_brings_the_account_of_its_vat(clerk: Clerk) -> None:
    document = await clerk.invoice(customerVatZoneId="EX", lines=[SERVICE])
    for item, account in (("A", "3120"), ("PURREGEBYR", "3900"), ("222", "3120")):
        update = [{"operation": "Update", "lineNumber": 1, "inventoryNumber": item}]
        assert accounts(await clerk.change(document, lines=update)) == [account]


async def test_another_customer_brings_its_zone_and_that_the_accounts(clerk: Clerk) -> None:
    await clerk.sql(
        """update location set vat_zone_id = 'EX' where customer_id =
           (select customer_id from customer where number = '20002')"""
    )
    document = await clerk.invoice(lines=[SERVICE, ITEM_A])
    moved = await clerk.change(document, customerNumber="20002")
    assert accounts(moved) == ["3120", "3120"]
    assert [row["taxId"] for row in moved["taxDetails"]] == ["52"]


async def test_an_item_made_over_the_api_has_the_accounts_of_its_class(clerk: Clerk) -> None:
    item = await clerk.create("inventory", inventoryNumber="BOLT", itemClass="SALG", description="Bolt", defaultPrice=5)
    named = {name: account["number"] for name, account in item["accountInformation"].items() if "sales" in name}
    assert named == {
        "salesAccount": "3000",
        "salesNonTaxableAccount": "3100",
        "salesEuAccount": "3110",
        "salesExportAccount": "3120",
    }
    line = {"inventoryNumber": "BOLT", "quantity": 1}
    for zone, account in (("NO", "3000"), ("EU", "3110"), ("EX", "3120")):
        assert accounts(await clerk.invoice(customerVatZoneId=zone, lines=[line])) == [account]


async def test_turnover_by_account_agrees_with_turnover_by_vat_code(clerk: Clerk) -> None:
    before = await turnover(clerk)
    for kind, times in ((INVOICE, 3), (CREDIT_NOTE, 1)):
        for zone, categories in (("NO", ("3", "31", "5", "6", "7")), ("EU", ("3", "6")), ("EX", ("3", "33", "7"))):
            lines = [SERVICE | {"vatCodeId": it, "unitPriceInCurrency": times * 10 + at}
                     for at, it in enumerate(categories)]  # fmt: skip
            await clerk.issue(kind, customerVatZoneId=zone, lines=lines)
    after = await turnover(clerk)
    added = {name: after[name] - before.get(name, Decimal(0)) for name in after}
    assert {name: amount for name, amount in added.items() if amount} == {
        ("3000", "3"): 20, ("3000", "31"): 20, ("3000", "33"): 20,
        ("3100", "5"): 20, ("3100", "6"): 40, ("3100", "7"): 40,
        ("3110", "52"): 20, ("3120", "52"): 20,
    }  # fmt: skip


async def turnover(clerk: Clerk) -> dict[tuple[str, str], Decimal]:
    """Revenue by account and VAT id, as the journal has it."""
    rows = await clerk.rows(
        """select account_number, vat_id, sum(credit_base - debit_base) as amount from journal_entry
            where purpose = 'revenue' group by account_number, vat_id"""
    )
    return {(row["account_number"], row["vat_id"]): row["amount"] for row in rows}
