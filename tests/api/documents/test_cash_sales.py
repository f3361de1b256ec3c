"""Cash sales and their returns over HTTP: paid by their own release, on nobody's balance (CSA, CSH-01, BAL-04)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from reskontra.money import ZERO
from tests.clerk import CASH_SALE, CREDIT_NOTE, INVOICE, ITEM_A, STALE, Clerk, Record, application, refusal

REFERENCE = {"paymentReference": "Receipt 1"}


@pytest.fixture(autouse=True)
async def buyer(clerk: Clerk) -> None:
    """A customer who has bought nothing yet."""
    clerk.customer_number = (await clerk.customer(name="Buyer AS")).number


async def sold(clerk: Clerk, **fields: Any) -> Record:
    return await clerk.release(await clerk.cash_sale(**fields))


def today(clerk: Clerk) -> str:
    return f"{clerk.clock.now():%Y-%m-%d}"


async def refused(clerk: Clerk, **fields: Any) -> str:
    return await clerk.refuse(CASH_SALE, **REFERENCE | fields)


# Creating


async def test_a_cash_sale_has_a_number_of_its_series_and_what_was_sent(clerk: Clerk) -> None:
    sale = await clerk.cash_sale(invoiceText="Counter", note="Two bags", documentDate="2025-03-03")
    assert sale.address.endswith("/v1/cashsale/040001")
    shown = {name: sale[name] for name in ("documentType", "status", "hold", "paymentReference", "invoiceText", "note")}
    assert shown == {
        "documentType": "CashSale", "status": "Balanced", "hold": False, "paymentReference": "Receipt 1",
        "invoiceText": "Counter", "note": "Two bags",
    }  # fmt: skip
    assert (sale["amount"], sale["balance"], sale["vatTotal"]) == (125, 125, 25)
    assert (sale["cashAccount"], sale["paymentMethod"]["id"], sale["currencyId"]) == ("1920", "1", "NOK")
    assert sale["applications"] == []
    assert (sale["cashSaleLines"][0]["inventoryNumber"], sale["cashSaleLines"][0]["amount"]) == ("A", 100)
    assert not {"documentDueDate", "taxDetails", "attachments"} & sale.keys()


async def test_a_payment_reference_is_needed(clerk: Clerk) -> None:
    for sent in ({}, {"paymentReference": ""}, {"paymentReference": None}):
        text = await clerk.refuse(CASH_SALE, **sent)
        assert "A cash sale needs a payment reference." in text
        assert "paymentReference" in text
    sale = await clerk.cash_sale()
    assert "needs a payment reference" in await clerk.refuse_change(sale, paymentReference=None)


async def test_a_customer_is_needed(clerk: Clerk) -> None:
    assert "The cash sale needs a customer." in await refused(clerk, customerNumber=None)
    assert "cannot be found in the system" in await refused(clerk, customerNumber="99999")


async def test_the_money_needs_a_cash_account(clerk: Clerk) -> None:
    await clerk.sql("update payment_method set cash_account = null where company_id = 1")
    assert "The cash sale has no cash account." in await refused(clerk)
    assert "cannot be found in the system" in await refused(clerk, cashAccount="9999")
    assert "1510" in await refused(clerk, cashAccount="1510")
    sale = await clerk.cash_sale(cashAccount="1920")
    cleared = await clerk.change(sale, paymentMethodId=None)
    assert (cleared["cashAccount"], cleared.get("paymentMethod")) == ("1920", None), "the account stays"


async def test_a_foreign_cash_account_takes_its_own_currency(clerk: Clerk) -> None:
    await clerk.sql("update cash_account set currency_id = 'EUR' where company_id = 1 and account_number = '1920'")
    text = await refused(clerk, cashAccount="1920")
    assert "1920" in text
    assert "EUR" in text
    assert "NOK" in text


async def test_a_sale_is_in_the_currency_of_its_customer(clerk: Clerk) -> None:
    await clerk.change(f"customer/{clerk.customer_number}", currencyId="EUR")
    sale = await sold(clerk)
    rate = sale["amount"] / sale["amountInCurrency"]
    assert (sale["currencyId"], sale["balance"], rate > 5) == ("EUR", 0, True)
    assert (await clerk.entries(sale))[0][:5] == (
        "1920", sale["amountInCurrency"], 0, sale["amount"], 0
    )  # fmt: skip


async def test_credit_is_not_checked_and_nothing_waits_to_be_printed(clerk: Clerk) -> None:
    await clerk.change(f"customer/{clerk.customer_number}", creditVerification="CreditLimit", creditLimit=1)
    await clerk.prefer(print_before_release=True, email_before_release=True)
    sale = await clerk.cash_sale(dontPrint=False, dontEmail=False)
    assert sale["status"] == "Balanced"
    assert (await clerk.release(sale))["status"] == "Closed"


async def test_a_customer_that_may_not_buy_is_refused(clerk: Clerk) -> None:
    sale = await clerk.cash_sale()
    await clerk.change(f"customer/{clerk.customer_number}", status="OnHold")
    assert "OnHold" in await refused(clerk)
    assert "OnHold" in await clerk.refuse_release(sale)


async def test_terms_are_shown_and_make_no_due_date(clerk: Clerk) -> None:
    sale = await clerk.cash_sale(creditTermsId="14")
    assert sale["creditTerms"]["id"] == "14"
    assert await clerk.sql("select due_date from document where number = $1", sale.number) is None


# Changing


async def test_a_draft_changes_by_line_and_a_hold_is_kept(clerk: Clerk) -> None:
    sale = await clerk.cash_sale(hold=True)
    assert sale["status"] == "Hold"
    more = {"operation": "Insert", **ITEM_A}
    changed = await clerk.change(sale, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 2}, more])
    assert (changed["amount"], changed["status"]) == (375, "Hold")
    assert "Hold" in await clerk.refuse_release(sale)
    assert (await clerk.change(sale, hold=False))["status"] == "Balanced"
    stale = await clerk.send("PUT", sale, STALE, note="x")
    assert stale.status_code == 412
    assert await clerk.status("PUT", f"{CASH_SALE}/049999", note="x") == 404


async def test_a_draft_is_deleted_at_an_address_of_our_own(clerk: Clerk) -> None:
    draft = await clerk.cash_sale()
    assert await clerk.status("DELETE", draft) == 405
    address = f"reskontra/{CASH_SALE}/{draft.number}"
    assert (await clerk.delete(address, STALE)).status_code == 412
    assert (await clerk.delete(address)).status_code == 204
    assert await clerk.status("GET", draft) == await clerk.status("DELETE", address) == 404
    [logged] = await clerk.rows("select entity, number, reason from deleted_number")
    assert tuple(logged) == ("CashSale", draft.number, "deleted before release")


async def test_a_draft_return_that_is_deleted_blocks_neither_its_sale_nor_its_period(clerk: Clerk) -> None:
    await clerk.release("customerCreditNote/010001")  # the demo's only draft of that month
    sale = await sold(clerk, documentDate="2020-01-10")
    back = await clerk.cash_return(sale, documentDate="2020-01-10")
    assert "Release or delete that one first." in refusal(await clerk.act(sale, "reverse"))
    january = "reskontra/financialPeriod/202001"
    assert f"not released yet: CashReturn {back.number} (202001)." in refusal(await clerk.act(january, "close"))
    assert (await clerk.delete(f"reskontra/{CASH_SALE}/{back.number}")).status_code == 204
    [logged] = await clerk.rows("select entity, number from deleted_number")
    assert tuple(logged) == ("CashReturn", back.number)
    assert (await clerk.act(january, "close")).status_code == 200
    assert (await clerk.cash_return(sale))["status"] == "Balanced"


async def test_what_is_released_is_not_deleted(clerk: Clerk) -> None:
    sale = await sold(clerk)
    back = await clerk.release(await clerk.cash_return(sale))
    for document in (sale, back):
        answer = await clerk.delete(f"reskontra/{CASH_SALE}/{document.number}")
        assert "can't be deleted because it is already released" in refusal(answer)
    assert await clerk.rows("select * from deleted_number") == []


# Releasing


async def test_release_pays_it(clerk: Clerk) -> None:
    sale = await sold(clerk)
    assert (sale["status"], sale["balance"], sale["amount"]) == ("Closed", 0, 125)
    assert (sale["closedFinancialPeriod"], sale["applications"]) == (sale["financialPeriod"], [])
    assert await clerk.entries(sale) == [
        ("1920", 125, 0, 125, 0, "payment"),
        ("3000", 0, 100, 0, 100, "revenue"),
        ("2711", 0, 25, 0, 25, "vat"),
    ]
    settled = await clerk.rows(
        """
        select settlement.kind, amount_debit, credit_document_id = debit_document_id as by_itself
          from application join settlement using (company_id, settlement_id) join document
            on document.document_id = debit_document_id where document.number = $1
        """,
        sale.number,
    )
    assert settled == [("cash", 125, True)]


async def test_a_sale_moves_sales_and_no_balance(clerk: Clerk) -> None:
    draft = await clerk.cash_sale(documentDate=today(clerk))
    assert await clerk.balance(clerk.customer_number) == (ZERO, ZERO)
    await clerk.release(draft)
    assert await clerk.balance(clerk.customer_number) == (ZERO, ZERO)
    figures = await clerk.get(f"customer/{clerk.customer_number}/balance")
    assert (figures["balance"], figures["totalSalePeriod"], figures["totalSaleYear"]) == (0, 100, 100)


async def test_a_released_sale_keeps_all_but_its_note(clerk: Clerk) -> None:
    sale = await sold(clerk)
    text = await clerk.refuse_change(sale, paymentReference="Receipt 2")
    assert f"The cash sale {sale.number} can't be updated because it is already released." in text
    text = await clerk.refuse_change(sale, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 2}])
    assert "Reverse it with POST /v1/cashsale/" in text
    assert (await clerk.change(sale, note="Paid with a 200 note"))["note"] == "Paid with a 200 note"
    assert "already released" in await clerk.refuse_release(sale)


async def test_one_of_many_releases_counts(clerk: Clerk) -> None:
    sale = await clerk.cash_sale()
    answers = await asyncio.gather(*(clerk.act(sale, "release") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400, 400]
    assert len(await clerk.entries(sale)) == 3


async def test_a_sale_of_nothing_is_closed_without_money(clerk: Clerk) -> None:
    gift = await sold(clerk, lines=[{"description": "Sample", "quantity": 1, "unitPriceInCurrency": 0}])
    assert (gift["status"], await clerk.entries(gift)) == ("Closed", [])


async def test_a_closed_period_takes_no_sale(clerk: Clerk) -> None:
    sale = await clerk.cash_sale()
    await clerk.sql("update financial_period set closed_in_general_ledger = true where period_id = '202503'")
    assert "202503" in await clerk.refuse_release(sale)


async def test_what_was_paid_at_once_is_not_an_application(clerk: Clerk) -> None:
    sale = await sold(clerk)
    applications = "reskontra/application"
    assert await clerk.page(applications, referenceNumber=sale.number) == []
    made = await clerk.sql("select max(application_id) from application where credit_document_id = debit_document_id")
    text = refusal(await clerk.act(f"{applications}/{made}", "undo"))
    assert f"The cash sale {sale.number} was paid when it was released." in text
    note = await clerk.credit_note(applicationLines=[])
    text = await clerk.refuse_change(note, applicationLines=[application(sale, 10, kind=INVOICE)])
    assert sale.number in text, "a cash sale is nothing to settle"


async def test_its_vat_is_reported(clerk: Clerk) -> None:
    sale = await sold(clerk)
    vat = await clerk.get(f"reskontra/cashsale/{sale.number}/vat")
    assert [(row["taxableAmount"], row["vatAmount"]) for row in vat["vat"]] == [(100, 25)]
    before = await clerk.sql("select sum(taxable_base) from document_vat where company_id = 1")
    assert before is not None
    report = await clerk.get("reskontra/report/vat", period="202503")
    back = await clerk.release(await clerk.cash_return(sale, documentDate="2025-03-20"))
    assert back["status"] == "Closed"
    after = await clerk.get("reskontra/report/vat", period="202503")
    taxed = {row["vatId"]: row for row in report}
    left = {row["vatId"]: row for row in after}
    differing = [name for name in taxed if taxed[name] != left.get(name)]
    assert differing, "the return takes its VAT back"


# Returning


async def test_a_return_takes_the_sale_back_as_it_stood(clerk: Clerk) -> None:
    bags = {"description": "Bag", "quantity": 2, "unitPriceInCurrency": 10}
    sale = await sold(clerk, documentDate=today(clerk), lines=[ITEM_A, bags])
    await clerk.change("Inventory/A", defaultPrice=999)
    back = await clerk.cash_return(sale)
    assert (back["documentType"], back.number, back["status"]) == ("CashReturn", "040002", "Balanced")
    same = ("amount", "vatTotal", "cashAccount", "paymentReference", "cashSaleLines")
    assert [back[name] for name in same] == [sale[name] for name in same]
    linked = await clerk.get(f"reskontra/cashsale/{back.number}/vat")
    assert linked["corrects"] == {"documentType": "CashSale", "referenceNumber": sale.number}
    back = await clerk.release(back)
    assert (back["status"], back["balance"]) == ("Closed", 0)
    mirrored = [(account, credit, debit, *rest) for account, debit, credit, *rest in await clerk.entries(sale)]
    assert [row[:3] for row in await clerk.entries(back)] == [row[:3] for row in mirrored]
    figures = await clerk.get(f"customer/{clerk.customer_number}/balance")
    assert (figures["balance"], figures["totalSaleYear"]) == (0, 0)


async def test_only_a_released_sale_is_reversed(clerk: Clerk) -> None:
    draft = await clerk.cash_sale()
    assert "not released: its status is Balanced" in refusal(await clerk.act(draft, "reverse"))
    back = await clerk.cash_return(await clerk.release(draft))
    assert f"{back.number} is a return itself" in refusal(await clerk.act(back, "reverse"))
    assert (await clerk.act(f"{CASH_SALE}/049999", "reverse")).status_code == 404


async def test_no_more_comes_back_than_was_paid(clerk: Clerk) -> None:
    sale = await sold(clerk, lines=[{**ITEM_A, "quantity": 2}])
    part = await clerk.cash_return(sale, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 1}])
    assert part["amount"] == 125
    text = refusal(await clerk.act(sale, "reverse"))
    assert f"The return {part.number} of the cash sale {sale.number} waits for release." in text
    await clerk.release(part)
    rest = await clerk.cash_return(sale)
    text = await clerk.refuse_release(rest)
    assert "over 250" in text
    assert "only 125 can come back" in text
    await clerk.release(await clerk.change(rest, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 1}]))
    assert "has come back already: 250" in refusal(await clerk.act(sale, "reverse"))


async def test_no_more_vat_comes_back_than_was_charged(clerk: Clerk) -> None:
    """What is left of a sale may be of other lines than those that come back again."""
    free = {**ITEM_A, "unitPriceInCurrency": 1000, "vatCodeId": "6"}
    sale = await sold(clerk, lines=[ITEM_A, free])
    only_first = [{"operation": "Delete", "lineNumber": 2}]
    await clerk.release(await clerk.cash_return(sale, lines=only_first))
    again = await clerk.cash_return(sale, lines=only_first)
    text = await clerk.refuse_release(again)
    assert (
        f"The return {again.number} gives 100 of VAT id 3 back, but of the cash sale {sale.number} only 0 can" in text
    )
    await clerk.change(again, lines=[{"operation": "Update", "lineNumber": 1, "vatCodeId": "6"}])
    assert (await clerk.release(again))["status"] == "Closed"


async def test_what_was_rounded_comes_back_in_parts(clerk: Clerk) -> None:
    """The sale was rounded once, and each return by itself."""
    await clerk.prefer(document_rounding={"rule": "Nearest", "precision": "1.00"})
    line = {**ITEM_A, "unitPriceInCurrency": "8.42", "quantity": 1}
    sale = await sold(clerk, lines=[line, line, line])
    for number in (1, 2, 3):
        others = [{"operation": "Delete", "lineNumber": it} for it in (1, 2, 3) if it != number]
        assert (await clerk.release(await clerk.cash_return(sale, lines=others)))["status"] == "Closed"
    assert "has come back already" in refusal(await clerk.act(sale, "reverse"))


async def test_reversed_at_once_a_sale_has_one_return(clerk: Clerk) -> None:
    sale = await sold(clerk)
    answers = await asyncio.gather(*(clerk.act(sale, "reverse") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_return_that_names_no_sale_is_not_released(clerk: Clerk) -> None:
    back = await clerk.cash_return(await sold(clerk))
    await clerk.change(back, customerNumber="20001")
    assert "does not say which cash sale it takes back" in await clerk.refuse_release(back)


async def test_a_return_is_no_earlier_than_its_sale(clerk: Clerk) -> None:
    """CSA-04: whichever sale it takes back."""
    sale, later = await sold(clerk, documentDate="2025-03-03"), await sold(clerk, documentDate="2025-05-05")
    back = await clerk.cash_return(sale)
    text = await clerk.refuse_change(back, documentDate="2025-03-02")
    assert "a cash return is no earlier than that. Field: documentDate. Sent: '2025-03-02'. Send 2025-03-03" in text
    back = await clerk.change(back, documentDate="2025-03-03")
    text = await clerk.refuse_change(
        f"reskontra/{CASH_SALE}/{back.number}/vat",
        corrects={"documentType": "CashSale", "referenceNumber": later.number},
    )
    assert "Field: corrects.referenceNumber. Date the cash return 2025-05-05" in text
    await clerk.sql("update document set document_date = '2025-03-01' where number = $1", back.number)
    assert "is of 2025-03-03 in period 202503" in await clerk.refuse_release(back)
    await clerk.sql("update document set document_date = '2025-03-03' where number = $1", back.number)
    assert (await clerk.release(back))["status"] == "Closed"


async def test_reversing_asks_for_the_version(clerk: Clerk) -> None:
    sale = await sold(clerk)
    assert (await clerk.act(sale, "reverse", STALE)).status_code == 412
    answer = await clerk.act(sale, "reverse", sale.if_match)
    assert (answer.status_code, answer.json()["documentType"]) == (200, "CashReturn")
    back = await clerk.get(f"{CASH_SALE}/{answer.json()['referenceNumber']}")
    assert back.etag == answer.headers["ETag"]


# Lists


async def test_lists_have_sales_and_returns_of_one_or_all_customers(clerk: Clerk) -> None:
    sale = await sold(clerk)
    back = await clerk.cash_return(sale)
    other = await clerk.cash_sale("20001")
    assert await clerk.numbers(CASH_SALE) == [sale.number, back.number, other.number]
    assert await clerk.numbers(f"customer/{clerk.customer_number}/cashSale") == [sale.number, back.number]
    assert await clerk.numbers(CASH_SALE, documentType="CashReturn") == [back.number]
    assert await clerk.numbers(CASH_SALE, documentType="Invoice") == []
    assert await clerk.numbers(CASH_SALE, status="Closed", paymentReference="Receipt 1") == [sale.number]
    assert await clerk.numbers(CASH_SALE, greaterThanValue=sale.number, pageSize=1) == [back.number]
    (first,) = await clerk.page(CASH_SALE, pageSize=1)
    assert first["metadata"]["totalCount"] == 3
    assert (await clerk.http.get("/v1/customer/99999/cashSale")).status_code == 404
    of_all_kinds = await clerk.page(f"customer/{clerk.customer_number}/document")
    assert [(row["documentType"], row["balance"]) for row in of_all_kinds] == [("CashReturn", 125), ("CashSale", 0)]


async def test_both_kinds_share_their_numbers(clerk: Clerk) -> None:
    sale = await sold(clerk)
    back = await clerk.cash_return(sale)
    await clerk.execute("update number_series_range set last_number = '040000' where series_id = 'CASHSALE'")
    again = await clerk.cash_sale()
    assert [sale.number, back.number, again.number] == ["040001", "040002", "040003"]


async def test_released_it_shows_its_parties_for_years(clerk: Clerk) -> None:
    sale = await sold(clerk)
    issued = await clerk.get(f"reskontra/issuedDocument/CashSale/{sale.number}")
    assert issued["buyer"]["name"] == "Buyer AS"


async def test_the_log_tells_of_both(clerk: Clerk) -> None:
    sale = await sold(clerk)
    await clerk.cash_return(sale)
    changes = await clerk.page("reskontra/change", entity="CashSale", key=sale.number)
    assert [change["event"] for change in changes] == ["created", "released"]
    assert len(await clerk.page("reskontra/change", entity="CashReturn")) == 1


async def test_a_credit_note_corrects_no_cash_sale(clerk: Clerk) -> None:
    sale, note = await sold(clerk), await clerk.document(CREDIT_NOTE)
    named = {"documentType": "CashSale", "referenceNumber": sale.number}
    text = await clerk.refuse_change(f"reskontra/customerCreditNote/{note.number}/vat", corrects=named)
    assert "cannot correct this kind" in text
    assert Decimal(note["amount"]) == 125
