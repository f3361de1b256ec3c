"""Discount series over HTTP, and what lines take of them (DCT)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, STALE, Clerk, Record, location_of, refusal

DISCOUNT = "discount"
STEPS = [{"breakAmount": 0, "discountPercent": 5}, {"breakAmount": 1000, "discountPercent": 10}]


async def series(clerk: Clerk, name: str = "S1", code: str = "RABATT", **fields: Any) -> str:
    """A stored series: 5 per cent, and 10 from 1,000.00 on, unless `fields` say else. Returns its address."""
    given = {"discountCode": code, "series": name, "discountBreakpoints": STEPS} | fields
    return location_of(await clerk.post(DISCOUNT, **given))


async def shown(clerk: Clerk, name: str = "S1", code: str = "RABATT") -> dict[str, Any]:
    (found,) = await clerk.get("/v2/discount", discountCode=code, series=name)
    assert found.pop("metadata") == {"totalCount": 1, "maxPageSize": 1000}
    return dict(found)


async def refused_series(clerk: Clerk, **fields: Any) -> str:
    given = {"discountCode": "RABATT", "series": "S1", "discountBreakpoints": STEPS} | fields
    return await clerk.refused("POST", DISCOUNT, **given)


def lines_of(document: Record) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = document.get("invoiceLines") or document["lines"]
    return lines


def coded(quantity: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"inventoryNumber": "A", "quantity": quantity, "discountCode": "RABATT"} | fields


async def discounted(clerk: Clerk, line: dict[str, Any], kind: str = INVOICE, **fields: Any) -> tuple[Any, ...]:
    """Percent, amount and whether it is manual, of the one line of a draft."""
    return taken(await clerk.document(kind, lines=[line], **fields))


def taken(document: Record) -> tuple[Any, ...]:
    (line,) = lines_of(document)
    return line["discountPercent"], line["discountAmountInCurrency"], line["manualDiscount"]


async def add_code(clerk: Clerk, code: str, applies_to: str, **lists: str) -> None:
    named = {"customers": "{}", "items": "{}", "price_classes": "{}"} | lists
    await clerk.sql(
        "insert into discount_code (company_id, discount_code, description, kind, applies_to, customers, items,"
        " price_classes) values (1, $1, 'Of a test', 'Line', $2, $3::text[], $4::text[], $5::text[])",
        code,
        applies_to,
        *(named[name].strip("{}").split(",") if named[name] != "{}" else [] for name in named),
    )


# Series


async def test_a_series_is_written_and_read_back(clerk: Clerk) -> None:
    address = await series(clerk, description="For friends")
    assert address == "http://localhost/v1/discount/RABATT/S1"
    found = await shown(clerk)
    assert {name: found[name] for name in found if not name.endswith("DateTime")} == {
        "discountCode": "RABATT", "series": "S1", "description": "For friends", "discountBy": "Percent",
        "breakBy": "Amount", "promotional": False, "active": True, "prorateDiscount": False, "lineCntr": 2,
        "customers": [], "items": [], "customerPriceClasses": [],
        "discountBreakpoints": [
            {"lineNbr": 1, "active": True, "breakAmount": 0, "amountTo": 1000, "discountPercent": 5},
            {"lineNbr": 2, "active": True, "breakAmount": 1000, "discountPercent": 10},
        ],
    }  # fmt: skip
    answer = await clerk.put(
        address,
        active=False,
        description=None,
        discountBreakpoints=[
            {"operation": "Delete", "lineNbr": 1},
            {"lineNbr": 2, "discountPercent": 12},
            {"operation": "Insert", "breakAmount": 5000, "discountPercent": 20},
        ],
    )
    assert (answer.status_code, answer.headers["Location"]) == (204, address)
    found = await shown(clerk)
    assert found["active"] is False
    assert "description" not in found
    steps = [(it["lineNbr"], it["breakAmount"], it["discountPercent"]) for it in found["discountBreakpoints"]]
    assert steps == [(2, 1000, 12), (3, 5000, 20)]
    before = await clerk.newest_change()
    again = await clerk.put(address, active=False, discountBreakpoints=[{"lineNbr": 2, "discountPercent": 12}])
    assert again.headers["ETag"] == answer.headers["ETag"]
    assert await clerk.newest_change() == before


async def test_version_1_lists_a_page_object_and_version_2_an_array(clerk: Clerk) -> None:
    (empty,) = await clerk.get(DISCOUNT)
    assert empty == {"pageNumber": 1, "pageSize": 1000, "totalCount": 0, "records": []}
    assert await clerk.get("/v2/discount") == []
    await series(clerk, "S2")
    await series(clerk, "S1")
    (page,) = await clerk.get(DISCOUNT, pageNumber=2, pageSize=1)
    assert (page["pageNumber"], page["pageSize"], page["totalCount"]) == (2, 1, 2)
    assert [it["series"] for it in page["records"]] == ["S2"]
    plain = await clerk.page("/v2/discount", pageNumber=2, pageSize=1)
    assert [(it["series"], it["metadata"]["totalCount"]) for it in plain] == [("S2", 2)]
    (found,) = await clerk.get(DISCOUNT, discountCode="rabatt", series="s1")
    assert [it["series"] for it in found["records"]] == ["S1"]
    late = {"lastModifiedDateTime": "2999-01-01", "lastModifiedDateTimeCondition": ">"}
    (found,) = await clerk.get(DISCOUNT, **late)
    assert found["totalCount"] == 0
    old = {"createdDateTime": "2999-01-01", "createdDateTimeCondition": "<"}
    assert len(await clerk.get("/v2/discount", **old)) == 2


async def test_a_deleted_series_leaves_lines_as_they_are(clerk: Clerk) -> None:
    address = await series(clerk)
    invoice = await clerk.invoice(lines=[coded(2)])
    stale = await clerk.delete(address, STALE)
    assert stale.status_code == 412
    assert (await clerk.delete(address)).status_code == 204
    text = refusal(await clerk.delete(address), 404)
    assert "The series 'S1' of the discount code 'RABATT' cannot be found in the system." in text
    assert (await clerk.put(address, active=True)).status_code == 404
    assert taken(await clerk.change(invoice, note="Kept")) == (5, 10, False)
    line = {"operation": "Update", "lineNumber": 1, "quantity": 3}
    text = await clerk.refuse_change(invoice, lines=[line])
    assert "No series of the discount code 'RABATT' is in force on 2025-03-03 for this line." in text
    assert "Field: invoiceLines[0].discountCode" in text
    assert await clerk.rows("select event from change where entity = 'DiscountSeries' order by change_id") == [
        ("created",), ("deleted",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"discountCode": "SALE"}, "DiscountCode 'SALE' cannot be found in the system. Field: discountCode."),
        ({"discountCode": None}, "A discount series needs a code. Field: discountCode."),
        ({"series": " "}, "A discount series needs an id. Field: series."),
        ({"discountBy": "Free item"}, "Field: discountBy."),
        ({"prorateDiscount": True}, "A discount is not prorated. Field: prorateDiscount."),
        ({"promotional": True}, "A promotion has a first and a last day. Field: effectiveDate."),
        (
            {"promotional": True, "effectiveDate": "2025-01-01"},
            "A promotion has a first and a last day. Field: expirationDate.",
        ),
        (
            {"effectiveDate": "2025-02-01", "expirationDate": "2025-01-31"},
            "The series ends on 2025-01-31, before it begins on 2025-02-01. Field: expirationDate.",
        ),
        (
            {"discountBreakpoints": [{"discountPercent": 101}]},
            "A discount is not more than 100 per cent. Field: discountBreakpoints[0].discountPercent.",
        ),
        (
            {"discountBreakpoints": [{"discountAmount": 5}]},
            "This series gives a discount by Percent. Field: discountBreakpoints[0].discountAmount.",
        ),
        (
            {"discountBreakpoints": [{"breakAmount": -1, "discountPercent": 5}]},
            "This figure is not negative. Field: discountBreakpoints[0].breakAmount.",
        ),
        (
            {"discountBreakpoints": [{"breakAmount": 10, "discountPercent": 5}] * 2},
            "The breakpoints 1 and 2 both begin at 10. Field: discountBreakpoints[1].",
        ),
        (
            {"breakBy": "Quantity", "discountBreakpoints": [{"breakAmount": 10, "discountPercent": 5}]},
            "The steps of this series begin at a quantity. Field: discountBreakpoints[0].breakAmount.",
        ),
        (
            {"discountBreakpoints": [{"pendingBreakQuantity": 10, "discountPercent": 5}]},
            "The steps of this series begin at an amount. Field: discountBreakpoints[0].pendingBreakQuantity.",
        ),
        (
            {"discountBreakpoints": [{"pendingDiscountPercent": 10, "discountPercent": 5}]},
            "Pending figures count from a day on, and there is none. Field: discountBreakpoints[0].pendingDate.",
        ),
        (
            {"discountBreakpoints": [{"operation": "Update", "lineNbr": 7, "discountPercent": 5}]},
            "LineNbr '7' cannot be found in the system. Field: discountBreakpoints[0].lineNbr.",
        ),
    ],
)
async def test_a_series_that_cannot_be(clerk: Clerk, fields: dict[str, Any], said: str) -> None:
    assert said in await refused_series(clerk, **fields)


async def test_a_series_keeps_its_code_its_id_and_what_its_figures_mean(clerk: Clerk) -> None:
    address = await series(clerk)
    assert "The discount code has a series 's1' already. Field: series." in await refused_series(clerk, series="s1")
    text = await clerk.refuse_change(address, series="S2")
    assert "A discount series keeps its code and its id. Field: series." in text
    text = await clerk.refuse_change(address, discountBy="Amount")
    assert "The steps of the series are by Percent, and would mean something else. Field: discountBy." in text
    assert "would mean something else. Field: breakBy." in await clerk.refuse_change(address, breakBy="Quantity")
    answer = await clerk.put(address, STALE, active=False)
    assert answer.status_code == 412


# Lines


@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_with_a_code_takes_the_step_that_it_reaches(clerk: Clerk, kind: str) -> None:
    await series(clerk)
    assert await discounted(clerk, coded(9), kind) == (5, 45, False)
    document = await clerk.document(kind, lines=[coded(10)])
    assert taken(document) == (10, 100, False)
    assert lines_of(document)[0]["discountCode"] == "RABATT"
    assert document["detailTotalInCurrency"] == 900


async def test_a_line_below_the_first_step_has_no_discount(clerk: Clerk) -> None:
    await series(clerk, discountBreakpoints=[{"breakAmount": 1000, "discountPercent": 10}])
    assert await discounted(clerk, coded(9)) == (0, 0, False)


async def test_the_best_series_in_force_counts(clerk: Clerk) -> None:
    await series(clerk, "ALWAYS", discountBreakpoints=[{"discountPercent": 5}])
    june: dict[str, Any] = {"promotional": True, "effectiveDate": "2025-06-01", "expirationDate": "2025-06-30"}
    await series(clerk, "JUNE", discountBreakpoints=[{"discountPercent": 20}], **june)
    await series(clerk, "OFF", active=False, discountBreakpoints=[{"discountPercent": 50}])
    for day, percent in [("2025-05-31", 5), ("2025-06-01", 20), ("2025-06-30", 20), ("2025-07-01", 5)]:
        assert (await discounted(clerk, coded(), documentDate=day))[0] == percent, day


async def test_a_discount_may_be_an_amount_by_quantity(clerk: Clerk) -> None:
    steps = [
        {"pendingBreakQuantity": 10, "pendingDate": "2025-01-01", "discountAmount": 150},
        {"pendingBreakQuantity": 1, "pendingDate": "2025-01-01", "pendingDiscountAmount": 120},
    ]
    await series(clerk, discountBy="Amount", breakBy="Quantity", discountBreakpoints=steps)
    assert await discounted(clerk, coded(10)) == (15, 150, False)
    assert (await discounted(clerk, coded(5)))[1:] == (120, False)
    assert (await discounted(clerk, coded(1)))[1:] == (100, False)  # at most the line
    assert await discounted(clerk, coded(10), documentDate="2024-12-31") == (0, 0, False)
    found = (await shown(clerk))["discountBreakpoints"]
    assert [(it["breakQuantity"], it.get("quantityTo"), it["discountAmount"]) for it in found] == [
        (10, None, 150), (1, 10, 120),
    ]  # fmt: skip


async def test_amounts_are_in_base_currency(clerk: Clerk) -> None:
    rate = {"fromCurrencyId": "EUR", "toCurrencyId": "NOK", "effectiveDate": "2025-03-02", "rate": "10"}
    assert (await clerk.post("/v2/currencyrate", **rate)).status_code == 201
    await series(clerk, discountBy="Amount", discountBreakpoints=[{"breakAmount": 1000, "discountAmount": 50}])
    line = coded(unitPriceInCurrency=100)
    assert await discounted(clerk, line, currencyId="EUR") == (5, 5, False)
    line = coded(unitPriceInCurrency=Decimal("99.99"))
    assert await discounted(clerk, line, currencyId="EUR") == (0, 0, False)


async def test_pending_figures_count_from_their_day_on_for_documents(clerk: Clerk) -> None:
    today = (await clerk.get(await invoice_of_today(clerk)))["documentDate"][:10]
    address = await series(clerk, discountBreakpoints=[{"breakAmount": 0, "discountPercent": 5}])
    pending = {"lineNbr": 1, "pendingDiscountPercent": 8, "pendingDate": today}
    await clerk.put(address, discountBreakpoints=[pending])
    (step,) = (await shown(clerk))["discountBreakpoints"]
    assert (step["discountPercent"], step["pendingDiscountPercent"]) == (5, 8)
    assert step["pendingDate"] == f"{today}T00:00:00"
    assert (await discounted(clerk, coded(), documentDate=today))[0] == 8
    assert (await discounted(clerk, coded(), documentDate="2025-03-03"))[0] == 5
    await clerk.put(address, discountBreakpoints=[{"lineNbr": 1, "pendingDiscountPercent": 9}])
    assert (await discounted(clerk, coded(), documentDate=today))[0] == 9
    await clerk.put(address, discountBreakpoints=[{"lineNbr": 1, "pendingDate": None}])
    (step,) = (await shown(clerk))["discountBreakpoints"]
    assert "pendingDate" not in step
    assert (await discounted(clerk, coded(), documentDate=today))[0] == 5
    past = {"lineNbr": 1, "pendingDiscountPercent": 7, "pendingDate": "2025-03-01"}
    await clerk.put(address, discountBreakpoints=[past])
    (step,) = (await shown(clerk))["discountBreakpoints"]
    assert (step["discountPercent"], step["lastDiscountPercent"]) == (7, 5)
    assert step["effectiveDate"] == "2025-03-01T00:00:00"
    assert (await discounted(clerk, coded(), documentDate="2025-02-28"))[0] == 5
    assert (await discounted(clerk, coded(), documentDate="2025-03-01"))[0] == 7


async def invoice_of_today(clerk: Clerk) -> str:
    """A document of today."""
    return location_of(await clerk.post(INVOICE, customerNumber="20001", lines=[{"inventoryNumber": "A"}]))


async def test_a_discount_beside_the_code_wins_and_an_echo_does_not(clerk: Clerk) -> None:
    await series(clerk)
    assert await discounted(clerk, coded(2, discountPercent=15)) == (15, 30, True)
    assert await discounted(clerk, coded(2, discountAmountInCurrency=50)) == (25, 50, True)
    assert await discounted(clerk, coded(2, discountPercent=0, discountAmountInCurrency=0)) == (5, 10, False)
    invoice = await clerk.invoice(lines=[coded(2)])
    line = {"operation": "Update", "lineNumber": 1}
    whole = line | {name: lines_of(invoice)[0][name] for name in ("discountCode", "discountPercent", "manualDiscount")}
    assert taken(await clerk.change(invoice, lines=[whole | {"quantity": 20}])) == (10, 200, False)
    assert taken(await clerk.change(invoice, lines=[line | {"discountPercent": 3}])) == (3, 60, True)
    changed = await clerk.change(invoice, lines=[line | {"quantity": 5}])
    assert taken(changed) == (3, 15, True)
    assert lines_of(changed)[0]["discountCode"] == "RABATT"
    assert taken(await clerk.change(invoice, lines=[line | {"manualDiscount": False}])) == (5, 25, False)
    gone = await clerk.change(invoice, lines=[line | {"discountCode": None}])
    assert taken(gone) == (0, 0, False)
    assert "discountCode" not in lines_of(gone)[0]


async def test_the_discount_follows_a_draft_until_release(clerk: Clerk) -> None:
    june = {"effectiveDate": "2025-06-01", "expirationDate": "2025-06-30"}
    await series(clerk, "JUNE", **june, discountBreakpoints=[{"discountPercent": 20}])
    await series(clerk, "SPRING", expirationDate="2025-05-31", discountBreakpoints=[{"discountPercent": 5}])
    invoice = await clerk.invoice(lines=[coded(2, unitPriceInCurrency=50)])
    assert taken(invoice) == (5, 5, False)
    assert taken(await clerk.change(invoice, documentDate="2025-06-15")) == (20, 20, False)
    line = {"operation": "Update", "lineNumber": 1}
    assert taken(await clerk.change(invoice, lines=[line | {"unitPriceInCurrency": 60}])) == (20, 24, False)
    assert taken(await clerk.change(invoice, lines=[line | {"manualAmountInCurrency": 200}])) == (20, 40, False)
    text = await clerk.refuse_change(invoice, documentDate="2025-07-01")
    assert "No series of the discount code 'RABATT' is in force on 2025-07-01" in text
    released = await clerk.release(invoice)
    assert taken(released) == (20, 40, False)
    text = await clerk.refuse_change(released, lines=[line | {"discountCode": None}])
    assert "already released" in text
    assert await clerk.status("PUT", released, lines=[line | {"discountCode": "RABATT"}]) == 204


@pytest.mark.parametrize(
    ("applies_to", "lists", "sold", "not_sold"),
    [
        ("Customer", {"customers": "{20002,20003}"}, ("20002", "6"), [("20001", "6")]),
        ("Item", {"items": "{a}"}, ("20001", "A"), [("20001", "6")]),
        (
            "CustomerAndItem",
            {"customers": "{20002}", "items": "{A}"},
            ("20002", "A"),
            [("20001", "A"), ("20002", "6")],
        ),
    ],
)
async def test_a_code_applies_to_its_customers_and_items(
    clerk: Clerk, applies_to: str, lists: dict[str, str], sold: tuple[str, str], not_sold: list[tuple[str, str]]
) -> None:
    await add_code(clerk, "ONLY", applies_to, **lists)
    await series(clerk, code="ONLY")
    line = {"quantity": 1, "discountCode": "only", "unitPriceInCurrency": 100}
    customer, item = sold
    document = await clerk.invoice(customer, lines=[line | {"inventoryNumber": item}])
    assert lines_of(document)[0]["discountPercent"] == 5
    for customer, item in not_sold:
        text = await clerk.refuse(INVOICE, customer=customer, lines=[line | {"inventoryNumber": item}])
        assert "No series of the discount code 'ONLY'" in text, (customer, item)


async def test_a_code_applies_to_a_price_class(clerk: Clerk) -> None:
    await add_code(clerk, "ONLY", "CustomerPriceClass", price_classes="{GOLD}")
    await series(clerk, code="ONLY")
    line = {"inventoryNumber": "A", "discountCode": "ONLY"}
    assert "No series of the discount code 'ONLY'" in await clerk.refuse(INVOICE, lines=[line])
    await clerk.change("customer/20001", priceClassId="gold")
    assert (await discounted(clerk, line))[0] == 5
    assert (await shown(clerk, code="ONLY"))["customerPriceClasses"] == [{"priceClassId": "GOLD"}]


async def test_without_a_code_nothing_is_looked_up_unless_the_company_wants_it(clerk: Clerk) -> None:
    await series(clerk)
    plain = {"inventoryNumber": "A", "quantity": 10}
    assert await discounted(clerk, plain) == (0, 0, False)
    await clerk.prefer(automatic_line_discounts=True)
    document = await clerk.invoice(lines=[plain])
    assert taken(document) == (10, 100, False)
    assert lines_of(document)[0]["discountCode"] == "RABATT"
    assert await discounted(clerk, plain | {"discountPercent": 3}) == (3, 30, True)
    assert await discounted(clerk, {"description": "By hand", "quantity": 1, "unitPriceInCurrency": 5}) == (0, 0, False)
    sale = await clerk.cash_sale(lines=[plain])
    assert (sale["cashSaleLines"][0]["discountCode"], sale["cashSaleLines"][0]["discountPercent"]) == ("RABATT", 10)
    month = {"promotion": True, "effectiveDate": "2025-03-01", "expirationDate": "2025-03-31"}
    await clerk.post("customerSalesPrice", inventoryId="A", price=70, **month)
    assert await discounted(clerk, plain) == (0, 0, False)
    assert (await discounted(clerk, plain | {"discountCode": "RABATT"}))[0] == 5
    assert (await discounted(clerk, plain, documentDate="2025-04-01"))[0] == 10


async def test_negative_lines_have_the_discount_of_their_size(clerk: Clerk) -> None:
    await series(clerk, "BY-AMOUNT", discountBy="Amount", discountBreakpoints=[{"discountAmount": 30}])
    lines = [coded(10), coded(-2)]
    document = await clerk.document(CREDIT_NOTE, lines=lines)
    assert [line["discountAmountInCurrency"] for line in lines_of(document)] == [30, -30]
    assert document["detailTotalInCurrency"] == 800
    assert (await clerk.document(DEBIT_NOTE, lines=lines))["detailTotalInCurrency"] == 800
