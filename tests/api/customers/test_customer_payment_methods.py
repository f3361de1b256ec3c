"""How single customers pay: their own payment methods over HTTP, and what payments and documents take of them (CPM)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import STALE, Clerk, Record, refusal

METHODS = "customerpaymentmethod"
UNSTORED = "AAAAAAAAAAA="
FIRST = {"customer": {"id": "20001", "name": "Someone"}, "paymentMethod": {"id": "1", "description": "Bank transfer"}}
NO_DETAILS = [
    {"detailId": "ACCOUNT", "description": "Bank account"},
    {"detailId": "BANK", "description": "Name of the bank"},
]


@pytest.fixture
async def customer(clerk: Clerk) -> Record:
    """Customer 20001, whose class gives it payment method 1."""
    return await clerk.customer(number="20001")


async def give(clerk: Clerk, method: str = "2", **fields: Any) -> Record:
    return await clerk.create(METHODS, **{"customerId": "20001", "paymentMethodId": method} | fields)


async def test_the_default_method_came_with_the_customer(clerk: Clerk, customer: Record) -> None:
    shown = await clerk.get(f"{METHODS}/20001/1")
    bank = {"id": "1920", "description": "Bank"}
    assert shown == FIRST | {
        "active": True, "cashAccount": bank, "paymentMethodDetails": NO_DETAILS, "timeStamp": UNSTORED,
    }  # fmt: skip
    stored = await give(clerk, "1", paymentMethodDetails=[{"detailId": "account", "value": "86011117947"}])
    assert stored["timeStamp"] != UNSTORED
    assert stored["cardOrAccountNo"] == "86011117947"
    text = await clerk.refused("POST", METHODS, customerId="20001", paymentMethodId="1")
    assert "Customer 20001 has the payment method '1' already." in text
    assert "Field: paymentMethodId" in text


async def test_a_method_is_given_and_read_back(clerk: Clerk, customer: Record) -> None:
    details = [{"detailId": "IBAN", "value": "NO9386011117947"}, {"detailId": "BIC", "value": "DNBANOKK"}]
    answer = await clerk.post(
        METHODS, customerId="20001", paymentMethodId="2", cashAccountId="1920", paymentMethodDetails=details
    )
    assert answer.headers["Location"] == f"http://localhost/API/v1/{METHODS}/20001/2"
    given = await clerk.get(f"{METHODS}/20001/2")
    assert given["cashAccount"] == {"id": "1920", "description": "Bank"}
    assert given["cardOrAccountNo"] == "NO9386011117947"
    values = {line["detailId"]: line.get("value") for line in given["paymentMethodDetails"]}
    assert values == {"BIC": "DNBANOKK", "IBAN": "NO9386011117947"}
    changed = await clerk.change(
        given, cashAccountId=None, paymentMethodDetails=[{"detailId": "iban", "value": None}, {"detailId": "BIC"}]
    )
    assert changed["cashAccount"] == {"id": "1930", "description": "Bank in euros"}
    assert "cardOrAccountNo" not in changed
    assert [line.get("value") for line in changed["paymentMethodDetails"]] == ["DNBANOKK", None]
    assert changed["active"] is True


async def test_a_method_moves_with_its_customer(clerk: Clerk, customer: Record) -> None:
    await give(clerk)
    after = await clerk.get("customer/20001", expandPaymentMethods=True)
    assert after.etag != customer.etag
    assert after["paymentMethods"] == [
        {"paymentMethodId": "1", "isDefault": True}, {"paymentMethodId": "2", "isDefault": False},
    ]  # fmt: skip
    rows = await clerk.rows(
        "select entity, event, entity_key from change where entity like 'Customer%' and company_id = $1"
        " order by change_id desc limit 2",
        clerk.company_id,
    )
    assert rows == [("Customer", "updated", "20001"), ("CustomerPaymentMethod", "created", "20001/2")]
    told = (await clerk.get("reskontra/change", key="20001"))[-1]
    assert told["fields"] == [{"field": "payment_method", "new": "2"}]


async def test_what_changes_nothing_writes_nothing_and_an_old_version_is_refused(
    clerk: Clerk, customer: Record
) -> None:
    given = await give(clerk)
    before = await clerk.newest_change()
    answer = await clerk.put(given, active=True, cashAccountId=None, paymentMethodDetails=[])
    assert (answer.status_code, answer.headers["ETag"]) == (204, given.etag)
    assert await clerk.newest_change() == before
    stale = await clerk.put(given, STALE, active=False)
    assert stale.status_code == 412
    answer = await clerk.put(given, given.if_match, active=False)
    assert answer.status_code == 204
    assert answer.headers["Location"] == given.address


async def test_lists_are_by_customer_in_pages(clerk: Clerk, customer: Record) -> None:
    other = await clerk.customer(number="20002")
    await clerk.change(other, defaultPaymentMethod=None)
    await give(clerk)
    rows = await clerk.page(METHODS)
    assert [(row["customerId"], [it["paymentMethod"]["id"] for it in row["paymentMethods"]]) for row in rows] == [
        ("20001", ["1", "2"]), ("20002", ["1"]),
    ]  # fmt: skip
    assert rows[0]["metadata"]["totalCount"] == 2
    (second,) = await clerk.page(METHODS, pageNumber=2, pageSize=1)
    assert second["customerId"] == "20002"
    of_one = await clerk.page(f"{METHODS}/20001")
    assert [row["paymentMethod"]["id"] for row in of_one] == ["1", "2"]
    assert [row["paymentMethod"]["id"] for row in await clerk.page(f"{METHODS}/20001", pageNumber=2, pageSize=1)] == [
        "2"
    ]
    answer = await clerk.http.get(f"/v1/{METHODS}/99999")
    assert "The customer '99999' cannot be found in the system." in refusal(answer, 404)
    answer = await clerk.http.get(f"/v1/{METHODS}/20001/9")
    assert "The payment method '9' of the customer '20001' cannot be found in the system." in refusal(answer, 404)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"customerId": None}, ["A customer's payment method needs a customer.", "Field: customerId"]),
        ({"paymentMethodId": None}, ["needs a payment method.", "Field: paymentMethodId"]),
        ({"customerId": "99999"}, ["CustomerId '99999' cannot be found in the system.", "Field: customerId"]),
        ({"paymentMethodId": "9"}, ["PaymentMethodId '9' cannot be found in the system.", "Known payment methods"]),
        ({"paymentMethodId": "3"}, ["'3' (payment method) is not in use.", "Field: paymentMethodId"]),
        ({"cashAccountId": "3000"}, ["CashAccountId '3000' cannot be found in the system.", "Known cash accounts"]),
        (
            {"paymentMethodDetails": [{"detailId": "CVC", "value": "1"}]},
            ["DetailId 'CVC' cannot be found in the system.", "Field: paymentMethodDetails[0].detailId", "BIC, IBAN"],
        ),
        (
            {"paymentMethodDetails": [{"value": "1"}]},
            ["A detail needs its id.", "Field: paymentMethodDetails[0].detailId"],
        ),
    ],
)
async def test_a_method_that_cannot_be(clerk: Clerk, customer: Record, fields: dict[str, Any], said: list[str]) -> None:
    text = await clerk.refused("POST", METHODS, **{"customerId": "20001", "paymentMethodId": "2"} | fields)
    assert all(part in text for part in said), text


async def test_an_inactive_customer_gets_no_method(clerk: Clerk, customer: Record) -> None:
    given = await give(clerk)
    await clerk.change(customer, status="Inactive")
    assert "Customer 20001 has the status Inactive" in await clerk.refuse_change(given, active=False)
    text = await clerk.refused("POST", METHODS, customerId="20001", paymentMethodId="1")
    assert "Customer 20001 has the status Inactive" in text


async def test_payments_and_invoices_take_the_customers_own_cash_account(clerk: Clerk, customer: Record) -> None:
    await give(clerk, "1", cashAccountId="1930")
    with_rate = {"fromCurrencyId": "EUR", "toCurrencyId": "NOK", "effectiveDate": "2025-03-01", "rate": "10.4"}
    await clerk.post("/v2/currencyrate", **with_rate)
    payment = await clerk.payment(100, currency="EUR")
    assert payment["cashAccount"] == "1930"
    invoice = await clerk.invoice()
    assert invoice["cashAccount"] == "1930"
    text = await clerk.refuse("cashsale", paymentReference="Receipt 1")
    assert "The cash account 1930 is kept in EUR, but this is in NOK." in text
    named = await clerk.invoice(paymentMethodId="2", cashAccount="1920")
    assert named["cashAccount"] == "1920"


async def test_a_method_that_is_not_in_use_with_a_customer(clerk: Clerk, customer: Record) -> None:
    await clerk.change(f"{METHODS}/20001/1", active=False)
    text = await clerk.refused("POST", "customerPayment", **clerk.paying(100))
    assert "The payment has no cash account." in text
    paid = await clerk.payment(100, cashAccount="1920")
    assert "paymentMethod" not in paid
    said = "'1' (payment method of customer 20001) is not in use."
    assert said in await clerk.refused("POST", "customerPayment", **clerk.paying(100, paymentMethod="1"))
    assert said in await clerk.refuse("customerinvoice", paymentMethodId="1")
    assert "paymentMethod" not in await clerk.invoice()
    other = await clerk.customer(number="20002")
    assert (await clerk.payment(100, customer=other.number))["paymentMethod"]["id"] == "1"
    # It stays the default that it is, but it does not become one again.
    await clerk.change(customer, defaultPaymentMethod={"paymentMethodId": "1"}, name="Same")
    await clerk.change(customer, defaultPaymentMethod={"paymentMethodId": "2"})
    assert said in await clerk.refuse_change(customer, defaultPaymentMethod={"paymentMethodId": "1"})
    await clerk.change(f"{METHODS}/20001/1", active=True)
    await clerk.change(customer, defaultPaymentMethod={"paymentMethodId": "1"})
    assert (await clerk.payment(100))["paymentMethod"]["id"] == "1"
