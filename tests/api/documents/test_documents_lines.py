"""Lines of drafts: what a PUT does to them, and the money of a line, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import INVOICE, Clerk

A, B = {"inventoryNumber": "A", "quantity": 2}, {"description": "Freight", "unitPriceInCurrency": 50}


def shown(document: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """Those fields of each line."""
    return [tuple(line.get(name) for name in names) for line in document["invoiceLines"]]


def amounts(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    return shown(document, "lineNumber", "amountInCurrency")


# What a PUT does to lines


@pytest.mark.parametrize("number", [{}, {"lineNumber": 0}, {"lineNumber": 7}, {"lineNumber": None}])
async def test_insert_without_a_number_that_stands_adds_a_line(clerk: Clerk, number: dict[str, Any]) -> None:
    document = await clerk.invoice(lines=[A, B])
    line = {"operation": "Insert", "description": "Gift", "unitPriceInCurrency": 5, **number}
    changed = await clerk.change(document, lines=[line])
    assert amounts(changed) == [(1, 200), (2, 50), (3, 5)]
    assert changed["amount"] == Decimal("318.75")


async def test_insert_with_a_number_that_stands_changes_only_the_sent_fields(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A | {"note": "Keep me"}, B])
    changed = await clerk.change(document, lines=[{"operation": "Insert", "lineNumber": 1, "quantity": 3}])
    [first, second] = changed["invoiceLines"]
    assert second == document["invoiceLines"][1]
    assert (first["quantity"], first["amountInCurrency"], first["note"]) == (3, 300, "Keep me")


async def test_no_operation_means_update_where_the_line_stands_and_insert_elsewhere(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A])
    changed = await clerk.change(document, lines=[{"lineNumber": 1, "quantity": 1}, B])
    assert amounts(changed) == [(1, 100), (2, 50)]


async def test_delete_needs_nothing_but_the_number(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A, B])
    changed = await clerk.change(document, lines=[{"operation": "delete", "lineNumber": 1}])
    assert amounts(changed) == [(2, 50)]
    empty = await clerk.change(document, lines=[{"operation": "Delete", "lineNumber": 2}])
    assert (empty["invoiceLines"], empty["amount"], empty["taxDetails"]) == ([], 0, [])


async def test_nothing_leaves_a_line_as_it_is(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A])
    line = {"operation": "Nothing", "lineNumber": 1, "quantity": 99}
    assert await clerk.change(document, lines=[line]) == document


@pytest.mark.parametrize("operation", ["Update", "Delete"])
async def test_an_unknown_line_is_named_by_its_place_in_the_request(bystander: Clerk, operation: str) -> None:
    lines = [{"operation": "Update", "lineNumber": 1}, {"operation": operation, "lineNumber": 9}]
    text = await bystander.refuse_change("customerinvoice/003547", lines=lines)
    assert text.startswith("LineNumber '9' cannot be found in the system. Field: invoiceLines[1].lineNumber.")
    assert "The document has these lines: 1." in text


async def test_an_unknown_operation_is_refused(bystander: Clerk) -> None:
    text = await bystander.refuse_change("customerinvoice/003547", lines=[{"operation": "Replace", "lineNumber": 1}])
    assert "Field: invoiceLines[0].operation." in text


async def test_operations_of_one_request_are_done_in_their_order(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A, B])
    changed = await clerk.change(
        document,
        lines=[
            {"operation": "Delete", "lineNumber": 1},
            {"operation": "Insert", "description": "Gift", "unitPriceInCurrency": 5},
            {"operation": "Update", "lineNumber": 3, "quantity": 2},
        ],
    )
    assert amounts(changed) == [(2, 50), (3, 10)]


async def test_another_item_brings_its_own_defaults(clerk: Clerk) -> None:
    line = A | {"note": "Urgent", "unitPriceInCurrency": 80, "discountPercent": 10}
    document = await clerk.invoice(lines=[line])
    changed = await clerk.change(
        document, lines=[{"operation": "Update", "lineNumber": 1, "inventoryNumber": "PURREGEBYR"}]
    )
    [line] = changed["invoiceLines"]
    assert line["description"] == "Reminder fee"
    assert line["unitPriceInCurrency"] == 35
    assert line["vatCode"]["id"] == "7"
    assert line["account"]["number"] == "3900"
    assert (line["quantity"], line["note"], line["discountPercent"]) == (2, "Urgent", 10)
    assert changed["vatTotal"] == 0


async def test_what_is_sent_with_another_item_wins_over_its_defaults(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A])
    changed = await clerk.change(
        document,
        lines=[
            {
                "operation": "Update",
                "lineNumber": 1,
                "inventoryNumber": "6",
                "unitPriceInCurrency": 1,
                "description": "Mine",
                "accountNumber": "3100",
                "vatCodeId": "31",
                "uom": "KG",
            }
        ],
    )
    [line] = changed["invoiceLines"]
    assert (line["unitPriceInCurrency"], line["description"], line["uom"]) == (1, "Mine", "KG")
    assert (line["account"]["number"], line["vatCode"]["id"]) == ("3100", "31")


async def test_the_same_item_in_another_case_changes_nothing(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A | {"description": "Mine", "unitPriceInCurrency": 7}])
    line = {"operation": "Update", "lineNumber": 1, "inventoryNumber": "a"}
    assert await clerk.change(document, lines=[line]) == document


async def test_a_line_may_lose_its_item_but_not_its_item_and_its_description(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A])
    nameless = {"operation": "Update", "lineNumber": 1, "inventoryNumber": None, "description": None}
    assert "Field: invoiceLines[0].description." in await clerk.refuse_change(document, lines=[nameless])
    del nameless["description"]
    [line] = (await clerk.change(document, lines=[nameless]))["invoiceLines"]
    assert "inventoryNumber" not in line
    assert line["description"] == "Consulting package"


async def test_null_clears_a_field_of_a_line(clerk: Clerk) -> None:
    sent: dict[str, Any] = {
        "note": "x",
        "deferralCode": "D",
        "deferralSchedule": 3,
        "termStartDate": "2025-01-01",
        "termEndDate": "2025-02-01",
        "startDate": "2025-01-01",
        "endDate": "2025-02-01",
        "taskId": "T",
        "discountPercent": 5,
    }
    document = await clerk.invoice(lines=[A | sent])
    cleared = dict.fromkeys(sent) | {"vatCodeId": None, "uom": None}
    changed = await clerk.change(document, lines=[{"operation": "Update", "lineNumber": 1, **cleared}])
    [line] = changed["invoiceLines"]
    gone = {"note", "deferralCode", "termStartDate", "termEndDate", "startDate", "endDate", "projectTask", "vatCode"}
    assert not (gone | {"uom"}) & line.keys()
    assert (line["deferralSchedule"], line["discountPercent"], line["manualDiscount"]) == (0, 0, False)
    assert changed["amount"] == 200


async def test_an_item_that_went_out_of_use_stays_on_its_line_but_goes_on_no_other(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A, {"inventoryNumber": "6"}])
    await clerk.sql("update item set status = 'Inactive' where item_number = 'A'")
    same = {"operation": "Update", "lineNumber": 1, "inventoryNumber": "A", "quantity": 5}
    changed = await clerk.change(document, lines=[same])
    assert changed["invoiceLines"][0]["amount"] == 500
    other = {"operation": "Update", "lineNumber": 2, "inventoryNumber": "A"}
    assert "not active" in await clerk.refuse_change(document, lines=[other])


async def test_a_line_that_is_refused_on_a_change_is_named_by_its_place_in_the_request(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A, A, A])
    lines = [{"operation": "Update", "lineNumber": 3, "vatCodeId": "52"}]
    text = await clerk.refuse_change(document, lines=lines)
    assert text.startswith("TaxID '52' cannot be found in the system. Field: invoiceLines[0].vatCodeId.")


# The money of a line


@pytest.mark.parametrize(
    ("line", "price", "discount", "amount"),
    [
        ({"quantity": Decimal("0.333333"), "unitPriceInCurrency": 100}, "33.33", "0", "33.33"),
        ({"quantity": 3, "unitPriceInCurrency": Decimal("33.335")}, "100.01", "0", "100.01"),
        ({"quantity": 2, "unitPriceInCurrency": 50, "discountPercent": Decimal("33.333333")}, "100", "33.33", "66.67"),
        ({"quantity": 2, "unitPriceInCurrency": 50, "discountAmountInCurrency": 25}, "100", "25", "75"),
        (
            {"quantity": 2, "unitPriceInCurrency": 50, "discountPercent": 25, "discountAmountInCurrency": 25},
            "100",
            "25",
            "75",
        ),
        ({"quantity": 2, "unitPriceInCurrency": 50, "discountPercent": -10}, "100", "-10", "110"),
        ({"quantity": 2, "unitPriceInCurrency": 50, "manualAmountInCurrency": 99}, "99", "0", "99"),
        (
            {"quantity": 2, "unitPriceInCurrency": 50, "manualAmountInCurrency": 80, "discountPercent": 50},
            "80",
            "40",
            "40",
        ),
        ({"quantity": 0, "unitPriceInCurrency": 50}, "0", "0", "0"),
        ({"quantity": 1, "unitPriceInCurrency": 0}, "0", "0", "0"),
    ],
)
async def test_the_amount_of_a_line(clerk: Clerk, line: dict[str, Any], price: str, discount: str, amount: str) -> None:
    document = await clerk.invoice(lines=[line | {"description": "x", "vatCodeId": "6"}])
    [read] = document["invoiceLines"]
    assert read["manualAmountInCurrency"] == Decimal(price)
    assert read["discountAmountInCurrency"] == Decimal(discount)
    assert read["amountInCurrency"] == document["amountInCurrency"] == Decimal(amount)
    assert read["manualDiscount"] is (Decimal(discount) != 0)


async def test_a_discount_amount_gives_the_percent_and_the_percent_stays_when_the_quantity_changes(
    clerk: Clerk,
) -> None:
    document = await clerk.invoice(lines=[A | {"discountAmountInCurrency": 50}])
    assert shown(document, "discountPercent") == [(25,)]
    changed = await clerk.change(document, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 4}])
    assert shown(changed, "discountPercent", "discountAmountInCurrency", "amountInCurrency") == [(25, 100, 300)]


async def test_of_percent_and_amount_the_one_that_differs_from_what_stands_counts(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A | {"discountPercent": 10}])
    line = {"operation": "Update", "lineNumber": 1}
    changed = await clerk.change(document, lines=[line | {"discountPercent": 10, "discountAmountInCurrency": 30}])
    assert shown(changed, "discountPercent", "discountAmountInCurrency") == [(15, 30)]
    changed = await clerk.change(document, lines=[line | {"discountPercent": 20, "discountAmountInCurrency": 30}])
    assert shown(changed, "discountPercent", "discountAmountInCurrency") == [(20, 40)]
    changed = await clerk.change(document, lines=[line | {"discountPercent": 25, "discountAmountInCurrency": 50}])
    assert shown(changed, "discountPercent", "discountAmountInCurrency") == [(25, 50)]
    text = await clerk.refuse_change(document, lines=[line | {"discountPercent": 10, "discountAmountInCurrency": 30}])
    assert text.startswith("A discount of 10 per cent is 20.00, not 30.00. Field: invoiceLines[0].discountPercent.")


async def test_an_account_of_one_currency_takes_lines_of_that_currency_only(clerk: Clerk) -> None:
    await clerk.sql("update account set currency_id = 'EUR' where account_number = '3110'")
    lines = [A | {"accountNumber": "3110"}]
    text = await clerk.refuse(INVOICE, lines=lines)
    assert text.startswith("The account '3110' takes EUR only, and the document is in NOK. Field: invoiceLines[0].acc")
    document = await clerk.invoice(currencyId="EUR", lines=lines)
    assert "Field: invoiceLines[0].accountNumber." in await clerk.refuse_change(document, currencyId="NOK")


async def test_what_became_a_control_account_is_found_at_release_and_may_be_read_and_sent_back(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A])
    await clerk.sql("update vat set payable_account = '3000' where vat_id = '6'")
    await clerk.change(
        document,
        lines=[{"operation": "Update", "lineNumber": 1, "accountNumber": "3000", "note": "x"}],
    )
    assert "'3000' is kept for receivables or VAT" in await clerk.refuse_release(document)


async def test_clearing_the_manual_discount_clears_percent_and_amount(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A | {"discountPercent": 10}])
    line = {"operation": "Update", "lineNumber": 1, "manualDiscount": False}
    changed = await clerk.change(document, lines=[line])
    assert shown(changed, "discountPercent", "discountAmount", "manualDiscount", "amount") == [(0, 0, False, 200)]


async def test_an_entered_amount_stands_until_price_quantity_or_item_change(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A | {"manualAmountInCurrency": 150}])

    async def amount_after(**fields: Any) -> Any:
        changed = await clerk.change(document, lines=[{"operation": "Update", "lineNumber": 1, **fields}])
        return changed["invoiceLines"][0]["amountInCurrency"]

    assert await amount_after(note="Still") == 150
    assert await amount_after(discountPercent=10) == 135
    assert await amount_after(quantity=3) == 270
    assert await amount_after(manualAmountInCurrency=150) == 135
    assert await amount_after(unitPriceInCurrency=90) == 243
    assert await amount_after(unitPriceInCurrency=100) == 270
    assert await amount_after(discountPercent=0, manualAmountInCurrency=150) == 150
    assert await amount_after(manualAmountInCurrency=None) == 300
    assert await amount_after(manualAmountInCurrency=150) == 150
    # The other item happens to cost the same; its line starts anew all the same.
    await clerk.sql("update item set unit_price = 100 where item_number = '6'")
    assert await amount_after(inventoryNumber="6") == 300


async def test_the_discount_can_be_taken_of_the_unit_price(clerk: Clerk) -> None:
    await clerk.prefer(discount_basis="UnitPrice")
    line = {"description": "x", "quantity": 1000, "unitPriceInCurrency": Decimal("0.99"), "discountPercent": 5}
    document = await clerk.invoice(lines=[line])
    # 0.99 less 5 % is 0.94 a piece
    assert shown(document, "discountAmountInCurrency", "amountInCurrency") == [(50, 940)]


async def test_a_negative_line_is_ordinary_and_a_negative_document_is_refused(clerk: Clerk) -> None:
    back = {"inventoryNumber": "A", "quantity": -1}
    document = await clerk.invoice(lines=[A, back])
    assert amounts(document) == [(1, 200), (2, -100)]
    assert document["amount"] == 125
    text = await clerk.refuse(INVOICE, lines=[back])
    assert text.startswith("The document total is negative. Field: invoiceLines. Sent: '-125.00'.")
    more = [{"operation": "Update", "lineNumber": 2, "quantity": -3}]
    assert "The document total is negative." in await clerk.refuse_change(document, lines=more)


async def test_a_line_belongs_to_the_branch_of_its_document(clerk: Clerk) -> None:
    await clerk.sql(
        "insert into branch (company_id, branch_id, branch_number, name, modified_at) values (1, 2, '2', 'West', now())"
    )
    text = await clerk.refuse(INVOICE, lines=[A | {"branchNumber": "2"}])
    assert "Field: invoiceLines[0].branchNumber." in text
    document = await clerk.invoice(lines=[A])
    changed = await clerk.change(document, branchNumber="2")
    assert changed["branchNumber"] == changed["invoiceLines"][0]["branchNumber"] == {"number": "2", "name": "West"}


async def test_a_subaccount_is_chosen_by_its_segments(clerk: Clerk) -> None:
    await clerk.execute(
        """insert into segment_value (company_id, dimension_id, segment_id, value, description, modified_at)
           values (1, 'SUBACCOUNT', 1, '1', 'North', now()), (1, 'SUBACCOUNT', 1, '2', 'South', now())""",
        """insert into subaccount (company_id, subaccount_id, subaccount_number, active, modified_at)
           values (1, 2, '1', true, now()), (1, 3, '2', false, now())""",
    )
    document = await clerk.invoice(lines=[A | {"subaccount": [{"segmentId": 1, "segmentValue": "1"}]}])
    assert document["invoiceLines"][0]["subaccount"]["subaccountId"] == 2
    for value in ("2", "9"):
        line = A | {"subaccount": [{"segmentId": 1, "segmentValue": value}]}
        assert "Field: invoiceLines[0].subaccount" in await clerk.refuse(INVOICE, lines=[line])
