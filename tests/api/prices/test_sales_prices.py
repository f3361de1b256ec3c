"""Sales prices over HTTP, and what lines take of them (PRC)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, STALE, Clerk, Record, number_of, refusal

PRICES = "customerSalesPrice"
RATE = {"fromCurrencyId": "EUR", "toCurrencyId": "NOK", "effectiveDate": "2025-03-01", "rate": "10.4"}


async def price(clerk: Clerk, price: Any, **fields: Any) -> Record:
    """A stored price of item A for everybody, unless `fields` say else."""
    return await clerk.create(PRICES, **{"inventoryId": "A", "price": price} | fields)


async def refused_price(clerk: Clerk, **fields: Any) -> str:
    return await clerk.refused("POST", PRICES, **{"inventoryId": "A", "price": 90} | fields)


async def charged(clerk: Clerk, quantity: Any = 1, customer: str = "20001", kind: str = INVOICE, **fields: Any) -> Any:
    """The unit price of a line of item A on a draft."""
    line = {"inventoryNumber": "A", "quantity": quantity} | fields.pop("line", {})
    document = await clerk.document(kind, customer, lines=[line], **fields)
    return lines_of(document)[0]["unitPriceInCurrency"]


def lines_of(document: Record) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = document.get("invoiceLines") or document["lines"]
    return lines


def total(found: Any) -> Any:
    return found["detailTotalInCurrency"]


@pytest.fixture
async def listed(clerk: Clerk) -> Clerk:
    """The prices of vector 19.7: item A costs 100 of itself, 20001 is `this customer`, 20002 another."""
    await price(clerk, 90, effectiveDate="2025-01-01")
    await price(clerk, 80, effectiveDate="2025-01-01", breakQty=10)
    await price(clerk, 95, priceType="Customer", priceCode="20001", effectiveDate="2025-01-01")
    promotion = {"promotion": True, "effectiveDate": "2025-06-01", "expirationDate": "2025-06-30"}
    await price(clerk, 70, priceType="Customer", priceCode="20001", **promotion)
    return clerk


@pytest.mark.parametrize(
    ("customer", "quantity", "day", "expected"),
    [
        ("20002", 1, "2025-03-03", 90),
        ("20002", 10, "2025-03-03", 80),
        ("20002", -10, "2025-03-03", 80),
        ("20002", 1, "2024-12-31", 100),
        ("20001", 1, "2025-03-03", 95),
        ("20001", 10, "2025-03-03", 95),
        ("20001", 1, "2025-06-01", 70),
        ("20001", 1, "2025-06-15", 70),
        ("20001", 1, "2025-06-30", 70),
        ("20001", 1, "2025-07-01", 95),
    ],
)
async def test_a_line_takes_the_price_of_its_customer_quantity_and_day(
    listed: Clerk, customer: str, quantity: int, day: str, expected: int
) -> None:
    beside = {"inventoryNumber": "A", "quantity": 100, "unitPriceInCurrency": 1}  # an invoice may not be negative
    lines = [{"inventoryNumber": "A", "quantity": quantity}, beside, beside]
    document = await listed.invoice(customer, documentDate=day, lines=[*lines, beside | {"unitPriceInCurrency": 10}])
    assert document["invoiceLines"][0]["unitPriceInCurrency"] == expected


async def test_prices_in_kroner_are_none_in_euros_and_the_items_own_is_converted(listed: Clerk) -> None:
    await listed.post("/v2/currencyrate", **RATE)
    assert await charged(listed, documentDate="2025-03-10", currencyId="EUR") == Decimal("9.615385")
    await price(listed, "8.5", currency="EUR")
    assert await charged(listed, documentDate="2025-03-10", currencyId="EUR") == Decimal("8.5")


@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE, DEBIT_NOTE])
async def test_all_documents_with_items_are_priced(listed: Clerk, kind: str) -> None:
    """PRC-08."""
    assert await charged(listed, kind=kind) == 95


async def test_a_price_class_comes_between_the_customer_and_everybody(clerk: Clerk) -> None:
    await price(clerk, 90)
    await price(clerk, 120, priceType="CustomerPriceClass", priceCode="shops")
    await price(clerk, 40, priceType="CustomerPriceClass", priceCode="OTHERS")
    assert await charged(clerk) == 90
    await clerk.change("customer/20001", priceClassId="SHOPS")
    assert await charged(clerk) == 120, "the more specific price wins although it is dearer"
    await price(clerk, 110, priceType="Customer", priceCode="20001", breakQty=5)
    assert await charged(clerk) == 120, "no tier of the customer's own begins at 1"
    assert await charged(clerk, 5) == 110


async def test_a_price_class_named_like_a_customers_id_is_not_that_customer(clerk: Clerk) -> None:
    customer_id = (await clerk.get("customer/20001"))["internalId"]
    await price(clerk, 1, priceType="CustomerPriceClass", priceCode=str(customer_id))
    assert await charged(clerk) == 100


async def test_the_lines_unit_comes_before_the_items_own(clerk: Clerk) -> None:
    unit = {"uom": "TIME"}
    await price(clerk, 90, breakQty=2)
    assert await charged(clerk, 2, line=unit) == 90
    await price(clerk, 700, uoM="TIME")
    assert await charged(clerk, 2, line=unit) == 700
    assert await charged(clerk, 2) == 90


async def test_of_equal_prices_the_later_start_counts_then_the_later_record(clerk: Clerk) -> None:
    await price(clerk, 90, effectiveDate="2025-02-01")
    await price(clerk, 80, effectiveDate="2025-01-01")
    assert await charged(clerk) == 90
    await price(clerk, 85, effectiveDate="2025-02-01")
    assert await charged(clerk) == 85


async def test_a_price_of_a_warehouse_is_taken_by_no_line(clerk: Clerk) -> None:
    assert (await price(clerk, 1, warehouse="OSLO"))["warehouse"] == "OSLO"
    assert await charged(clerk) == 100


async def test_a_price_that_was_sent_stands_and_lines_are_not_added_up(listed: Clerk) -> None:
    line = {"inventoryNumber": "A", "quantity": 5}
    document = await listed.invoice("20002", lines=[line, line, line | {"unitPriceInCurrency": 12}])
    assert [it["unitPriceInCurrency"] for it in document["invoiceLines"]] == [90, 90, 12]
    entered = await listed.change(
        document, lines=[{"operation": "Update", "lineNumber": 3, "quantity": 50}], documentDate="2024-12-31"
    )
    assert [it["unitPriceInCurrency"] for it in entered["invoiceLines"]] == [100, 100, 12]


async def test_a_draft_that_is_sent_back_with_another_quantity_is_priced_anew(listed: Clerk) -> None:
    document = await listed.invoice("20002")
    (line,) = document["invoiceLines"]
    sent_back = {name: line[name] for name in ("lineNumber", "unitPriceInCurrency", "inventoryNumber")}
    document = await listed.change(document, lines=[{"operation": "Update", **sent_back, "quantity": 10}])
    assert (document["invoiceLines"][0]["unitPriceInCurrency"], total(document)) == (80, 800)
    document = await listed.change(document, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 9}])
    assert (document["invoiceLines"][0]["unitPriceInCurrency"], total(document)) == (90, 810)


async def test_a_new_date_prices_the_lines_that_nobody_entered(listed: Clerk) -> None:
    line = {"inventoryNumber": "A", "quantity": 1}
    amount = line | {"manualAmountInCurrency": 50}
    document = await listed.invoice(
        "20001", lines=[line | {"discountPercent": 10}, line | {"unitPriceInCurrency": 60}, amount]
    )
    document = await listed.change(document, documentDate="2025-06-15")
    first, second, third = document["invoiceLines"]
    assert (first["unitPriceInCurrency"], first["amountInCurrency"]) == (70, 63)
    assert (second["unitPriceInCurrency"], third["amountInCurrency"]) == (60, 50)


async def test_null_looks_the_price_up_again(listed: Clerk) -> None:
    document = await listed.invoice(lines=[{"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 12}])
    line = {"operation": "Update", "lineNumber": 1}
    document = await listed.change(document, lines=[line | {"unitPriceInCurrency": None}])
    assert document["invoiceLines"][0]["unitPriceInCurrency"] == 95
    document = await listed.change(document, documentDate="2025-06-15")
    assert document["invoiceLines"][0]["unitPriceInCurrency"] == 70


async def test_a_draft_keeps_its_prices_when_the_list_or_another_field_changes(listed: Clerk) -> None:
    document = await listed.invoice("20002")
    await listed.change(f"{PRICES}/1", price=91)
    document = await listed.change(document, note="later")
    assert document["invoiceLines"][0]["unitPriceInCurrency"] == 90
    released = await listed.release(document)
    await listed.change(released, note="later still")
    assert (await listed.get(released))["invoiceLines"][0]["unitPriceInCurrency"] == 90


# The list itself


async def test_a_price_is_shown_as_it_was_sent_with_defaults(clerk: Clerk) -> None:
    answer = await clerk.post(PRICES, inventoryId="a", price="12.3456785", vat="3")
    assert answer.headers["Location"].endswith("/v1/customerSalesPrice/1")
    shown = await clerk.get(answer.headers["Location"])
    stamp = {shown.pop(name) for name in ("timeStamp", "lastModifiedDateTime")}
    assert len(stamp) == 2
    assert shown == {
        "recordId": 1, "priceType": "Base", "inventoryId": "A", "description": "Consulting package", "uoM": "STK",
        "promotion": False, "breakQty": 0, "price": Decimal("12.345679"), "currency": "NOK", "vat": "3",
    }  # fmt: skip


async def test_a_price_is_changed_in_part_and_only_at_its_version(clerk: Clerk) -> None:
    stored = await price(clerk, 90, priceType="Customer", priceCode="20001", expirationDate="2025-12-31")
    assert (await clerk.put(stored, STALE, price=80)).status_code == 412
    changed = await clerk.change(stored, price=80)
    assert {name: changed[name] for name in ("price", "priceCode", "expirationDate")} == {
        "price": 80, "priceCode": "20001", "expirationDate": "2025-12-31T00:00:00",
    }  # fmt: skip
    assert (await clerk.change(stored, price=80)).etag == changed.etag, "what changes nothing writes nothing"
    changed = await clerk.change(stored, expirationDate=None, priceType="CustomerPriceClass", priceCode="SHOPS")
    assert (changed["priceType"], changed["priceCode"], changed.get("expirationDate")) == (
        "CustomerPriceClass", "SHOPS", None,
    )  # fmt: skip
    changed = await clerk.change(stored, priceType="Base", inventoryId="222", uoM=None)
    assert (changed.get("priceCode"), changed["inventoryId"]) == (None, "222")
    assert await clerk.status("PUT", f"{PRICES}/99", price=1) == 404
    assert (
        refusal(await clerk.put(f"{PRICES}/99", price=1), 404) == "The sales price '99' cannot be found in the system."
    )


async def test_prices_are_found_by_every_filter(listed: Clerk) -> None:
    await price(listed, 5, inventoryId="222", priceType="CustomerPriceClass", priceCode="Shops")

    async def ids(**query: Any) -> list[int]:
        return [row["recordId"] for row in await listed.page(PRICES, **query)]

    assert await ids() == [1, 2, 3, 4, 5]
    assert await ids(priceType="All") == [1, 2, 3, 4, 5]
    assert await ids(priceType="customer") == [3, 4]
    assert await ids(priceCode="20001") == [3, 4]
    assert await ids(priceCode="shops") == [5]
    assert await ids(priceCode="99") == []
    assert await ids(inventoryId="a") == [1, 2, 3, 4]
    assert await ids(effectiveAsOf="2024-12-31") == [5]
    assert await ids(effectiveAsOf="2025-06-30") == [1, 2, 3, 4, 5]
    assert await ids(effectiveAsOf="2025-07-01") == [1, 2, 3, 5]
    assert await ids(greaterThanValue=3) == [4, 5]
    stamp = (await listed.get(f"{PRICES}/5"))["lastModifiedDateTime"]
    assert await ids(lastModifiedDateTime=stamp, lastModifiedDateTimeCondition=">=") == [5]
    assert await ids(pageSize=2, pageNumber=2) == [3, 4]


async def test_a_price_follows_its_customer_to_another_number(clerk: Clerk) -> None:
    stored = await price(clerk, 90, priceType="Customer", priceCode="20001")
    customer = await clerk.get("customer/20001")
    answer = await clerk.post(f"customer/action/changeCustomerCd/{customer['internalId']}", customerCd="77001")
    assert answer.status_code == 200, answer.text
    assert (await clerk.get(stored))["priceCode"] == "77001"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"inventoryId": "nothing"}, "InventoryID 'nothing' cannot be found in the system"),
        ({"uoM": "YARD"}, "UOM 'YARD' cannot be found in the system"),
        ({"priceType": "Customer", "priceCode": "99"}, "PriceCode '99' cannot be found in the system"),
        ({"priceType": "Customer"}, "needs the number of a customer"),
        ({"priceType": "CustomerPriceClass"}, "needs the id of a price class"),
        ({"priceType": "All"}, "priceType"),
        ({"priceCode": "20001"}, "A base price is for everybody and has no code."),
        ({"currency": "XXX"}, "'XXX' cannot be found in the system"),
        ({"price": -1}, "A price is not negative."),
        ({"breakQty": -1}, "begins at is not negative"),
        ({"price": None}, "A sales price needs its figure."),
        ({"inventoryId": None}, "A sales price needs an item."),
        ({"promotion": True, "effectiveDate": "2025-06-01"}, "A promotion has a first and a last day."),
        ({"promotion": True, "expirationDate": "2025-06-01"}, "A promotion has a first and a last day."),
        ({"effectiveDate": "2025-06-02", "expirationDate": "2025-06-01"}, "before it begins on 2025-06-02"),
    ],
)
async def test_a_price_that_cannot_be_is_refused(clerk: Clerk, fields: dict[str, Any], said: str) -> None:
    assert said in await refused_price(clerk, **fields)


async def test_promotions_of_one_price_do_not_overlap(clerk: Clerk) -> None:
    june = {"promotion": True, "effectiveDate": "2025-06-01", "expirationDate": "2025-06-30"}
    await price(clerk, 70, **june)
    overlap = june | {"effectiveDate": "2025-06-30", "expirationDate": "2025-07-31"}
    assert "Another promotion of the same price overlaps these dates." in await refused_price(clerk, **overlap)
    for other in ({"breakQty": 2}, {"uoM": "TIME"}, {"currency": "EUR"}, {"inventoryId": "222"}, {"promotion": False}):
        await price(clerk, 60, **overlap | other)
    july = await price(clerk, 65, **june | {"effectiveDate": "2025-07-01", "expirationDate": "2025-07-31"})
    assert "overlaps" in await clerk.refuse_change(july, effectiveDate="2025-06-30")
    assert number_of(await clerk.post(PRICES, inventoryId="A", price=1, **june | {"breakQty": "2.000001"})) == "8"
