"""Balances by age as of any date, and open items as of a date: as they are known now, and as they were known then."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, refusal

AGEING, OPEN_ITEMS = "reskontra/ageing", "reskontra/report/openItem"
APRIL = "2025-04-30"


def sold(price: Any) -> list[dict[str, Any]]:
    return [{"description": "Work", "unitPriceInCurrency": price, "quantity": 1, "vatCodeId": "5"}]


@pytest.fixture
async def customer(clerk: Clerk) -> str:
    return (await clerk.customer(name="Aged AS")).number


async def owing(clerk: Clerk, customer: str, amount: Any, due: str, day: str = "2025-01-06", **more: Any) -> Any:
    return await clerk.issue(INVOICE, customer, documentDate=day, documentDueDate=due, lines=sold(amount), **more)


async def amounts(clerk: Clerk, customer: str, **query: Any) -> list[Decimal]:
    rows = await clerk.page(AGEING, customer=customer, **{"asOf": APRIL} | query)
    if not rows:
        return []
    (row,) = rows
    assert sum(bucket["amount"] for bucket in row["buckets"]) == row["balance"]
    return [row["balance"], *(bucket["amount"] for bucket in row["buckets"])]


@pytest.fixture
async def vector(clerk: Clerk, customer: str) -> str:
    """The customer of vector 19.8."""
    for amount, due in ((1000, "2025-05-10"), (500, APRIL), (300, "2025-04-29"), (200, "2025-03-30")):
        await owing(clerk, customer, amount, due)
    old = await owing(clerk, customer, 100, "2025-01-20")
    paid = {"documentType": "Invoice", "refNbr": old.number, "amountPaid": 100}
    await clerk.pay(100, paid, customer=customer, applicationDate="2025-05-02")
    await clerk.pay(50, customer=customer, applicationDate="2025-04-10")
    return customer


async def test_balances_by_age_are_those_of_the_vector(clerk: Clerk, vector: str) -> None:
    (row,) = await clerk.page(AGEING, customer=vector, asOf=APRIL)
    assert (row["customer"]["number"], row["asOf"], row["currency"]) == (vector, f"{APRIL}T00:00:00", "NOK")
    assert row["buckets"] == [
        {"toDays": 0, "amount": 1450},
        {"fromDays": 1, "toDays": 30, "amount": 300},
        {"fromDays": 31, "toDays": 60, "amount": 200},
        {"fromDays": 61, "toDays": 90, "amount": 0},
        {"fromDays": 91, "amount": 100},
    ]
    assert row["balance"] == 2050
    assert await amounts(clerk, vector, asOf="2025-05-02", buckets="0") == [1950, 950, 1000]


async def test_age_may_be_counted_from_the_document_date_and_credits_may_age(clerk: Clerk, vector: str) -> None:
    assert await amounts(clerk, vector, by="documentDate") == [2050, -50, 0, 0, 0, 2100]
    assert await amounts(clerk, vector, ageCredits="true") == [2050, 1500, 250, 200, 0, 100]
    assert await amounts(clerk, vector, by="documentDate", buckets="0,20,200", ageCredits="1") == [
        2050,
        0,
        -50,
        2100,
        0,
    ]


async def test_only_those_who_owe_are_listed_by_class_and_in_pages(clerk: Clerk, vector: str) -> None:
    rows = await clerk.page(AGEING, asOf=APRIL)
    numbers = [row["customer"]["number"] for row in rows]
    assert numbers == sorted(numbers)
    assert vector in numbers
    assert await amounts(clerk, vector, asOf="2024-12-31") == []
    classes = {row["customerClass"]["id"] for row in [await clerk.get(f"customer/{number}") for number in numbers]}
    found = [await clerk.page(AGEING, asOf=APRIL, customerClass=name) for name in sorted(classes)]
    assert sorted(row["customer"]["number"] for page in found for row in page) == numbers
    assert await clerk.page(AGEING, asOf=APRIL, customerClass="nope") == []
    paged = [await clerk.page(AGEING, asOf=APRIL, pageSize=1, pageNumber=number + 1) for number in range(len(numbers))]
    assert [row["customer"]["number"] for page in paged for row in page] == numbers


@pytest.mark.parametrize("sent", ["", "30,60", "0,60,30", "0,x", "0,99999", ",".join(map(str, range(40))), "0,-1"])
async def test_buckets_that_are_none_are_refused(clerk: Clerk, sent: str) -> None:
    answer = await clerk.http.get(f"/v1/{AGEING}", params={"buckets": sent})
    if sent:
        assert "buckets" in answer.json()["message"], answer.text
        assert answer.status_code == 400
    else:
        assert answer.status_code == 200


async def test_what_came_later_does_not_count_and_a_void_counts_from_its_own_day(clerk: Clerk, customer: str) -> None:
    invoice = await owing(clerk, customer, 1000, "2025-02-06")
    line = {"documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 1000}
    paid = await clerk.pay(1000, line, customer=customer, applicationDate="2025-03-10")
    assert (await clerk.act(paid, "void", returnVoidPayment=True)).status_code == 200
    void = f"customerPayment/{paid.number}?paymentType=VoidPayment"
    answer = await clerk.put(void, applicationDate="2025-05-20")
    assert answer.status_code == 204, answer.text
    released = await clerk.http.post(f"/v1/customerPayment/{paid.number}/action/release?paymentType=VoidPayment")
    assert released.status_code == 200, released.text
    seen = {day: await amounts(clerk, customer, asOf=day) for day in ("2025-03-09", "2025-03-10", APRIL, "2025-05-20")}
    assert [bool(found) for found in seen.values()] == [True, False, False, True]


async def test_due_dates_are_those_that_stood_then(clerk: Clerk, customer: str) -> None:
    clerk.clock.move_to(datetime.fromisoformat("2025-04-01T10:00:00Z"))
    invoice = await owing(clerk, customer, 300, "2025-04-10", "2025-04-01")
    clerk.clock.move_to(datetime.fromisoformat("2025-05-05T10:00:00Z"))
    await clerk.change(invoice, documentDueDate="2025-12-31")
    assert await amounts(clerk, customer) == [300, 0, 300, 0, 0, 0]
    assert await amounts(clerk, customer, asOf="2025-05-04") == [300, 0, 300, 0, 0, 0]
    assert await amounts(clerk, customer, asOf="2025-05-05") == [300, 300, 0, 0, 0, 0]
    (row,) = await clerk.page(OPEN_ITEMS, customer=customer, asOf=APRIL)
    assert row["asOf"] == f"{APRIL}T00:00:00"
    assert [item["documentDueDate"] for item in row["items"]] == ["2025-04-10T00:00:00"]
    (row,) = await clerk.page(OPEN_ITEMS, customer=customer, period="202505")
    assert [item["documentDueDate"] for item in row["items"]] == ["2025-12-31T00:00:00"]


async def test_the_past_is_told_as_it_is_known_now_and_as_it_was_known(clerk: Clerk, customer: str) -> None:
    clerk.clock.move_to(datetime.fromisoformat("2025-04-01T10:00:00Z"))
    invoice = await owing(clerk, customer, 300, "2025-04-10", "2025-04-01")
    clerk.clock.move_to(datetime.fromisoformat("2025-05-05T10:00:00Z"))
    await clerk.issue(
        CREDIT_NOTE, customer, documentDate="2025-04-20", lines=sold(100),
        applicationLines=[{"documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 100}],
    )  # fmt: skip
    await owing(clerk, customer, 40, "2025-04-25", "2025-04-15")
    assert await amounts(clerk, customer) == [240, 0, 240, 0, 0, 0]
    assert await amounts(clerk, customer, knownAt="2025-05-01") == [300, 0, 300, 0, 0, 0]
    assert await amounts(clerk, customer, knownAt="2025-05-05T10:00:00Z") == [300, 0, 300, 0, 0, 0]
    assert await amounts(clerk, customer, knownAt="2025-05-05T10:00:01Z") == [240, 0, 240, 0, 0, 0]
    for known, items in (("2025-05-01", [300]), ("2025-06-01", [200, 40])):
        (row,) = await clerk.page(OPEN_ITEMS, customer=customer, asOf=APRIL, knownAt=known)
        assert [item["balance"] for item in row["items"]] == items
        table = await clerk.http.get(
            f"/v1/{OPEN_ITEMS}", params={"customer": customer, "asOf": APRIL, "knownAt": known, "format": "csv"}
        )
        assert [Decimal(line.split(",")[-1]) for line in table.text.splitlines()[1:]] == items


async def test_open_items_are_of_a_date_or_of_a_period(clerk: Clerk) -> None:
    answer = await clerk.http.get(f"/v1/{OPEN_ITEMS}", params={"period": "202504", "asOf": APRIL})
    assert "Both asOf and period were sent" in refusal(answer)


BOUNDARIES = {
    "2025-05-01": 0, "2025-04-30": 0, "2025-04-29": 1, "2025-03-31": 1, "2025-03-30": 2, "2025-03-01": 2,
    "2025-02-28": 3, "2025-01-30": 3, "2025-01-29": 4, "2025-01-06": 4,
}  # fmt: skip
"""Due dates, each the first or the last day of a bucket in April, and the position of that."""


async def of_age(clerk: Clerk, customer: str, **query: Any) -> tuple[list[str], Decimal]:
    """The open items of an age and their sum, which the total has, too, and the table."""
    asked = {"customer": customer, **query}
    rows = await clerk.page(OPEN_ITEMS, **asked)
    items = [item for row in rows for item in row["items"]]
    total = await clerk.get(f"{OPEN_ITEMS}/total", **asked)
    found = sum((item["balance"] for item in items), Decimal(0))
    assert sum(row["balance"] for row in rows) == found
    assert (total["customerCount"], total["documentCount"], total["balance"]) == (len(rows), len(items), found)
    table = (await clerk.http.get(f"/v1/{OPEN_ITEMS}", params={**asked, "format": "csv"})).text.splitlines()[1:]
    assert sum(Decimal(line.split(",")[-1]) for line in table) == found
    assert len(table) == len(items)
    return [item["referenceNumber"] for item in items], found


@pytest.mark.parametrize("when", [{"asOf": APRIL}, {"period": "202504"}, {"asOf": APRIL, "knownAt": "2031-01-01"}])
async def test_the_open_items_of_all_ages_are_the_whole(clerk: Clerk, vector: str, when: dict[str, str]) -> None:
    """A bucket of the ageing is asked for by its own days, and a day belongs to one bucket."""
    made = {due: (await owing(clerk, vector, 10, due)).number for due in BOUNDARIES}
    (row,) = await clerk.page(AGEING, customer=vector, asOf=APRIL)
    parts = []
    for bucket in row["buckets"]:
        days = {name: bucket[name] for name in ("fromDays", "toDays") if name in bucket}
        numbers, balance = await of_age(clerk, vector, **when, **days)
        assert balance == bucket["amount"]
        parts.append(numbers)
    for due, position in BOUNDARIES.items():
        assert [number for number, part in enumerate(parts) if made[due] in part] == [position], due
    everything, balance = await of_age(clerk, vector, **when)
    assert sorted(number for part in parts for number in part) == sorted(everything)
    assert balance == row["balance"]
    assert await of_age(clerk, vector, **when, fromDays=0) == (everything, balance)
    assert (await of_age(clerk, vector, **when, fromDays=1, toDays=1))[0] == sorted(
        number for number in parts[1] if number not in made.values() or number == made["2025-04-29"]
    )


async def test_customers_without_items_of_an_age_are_on_no_page(clerk: Clerk, vector: str) -> None:
    punctual = (await clerk.customer(name="Punctual AS")).number
    await owing(clerk, punctual, 10, "2025-12-31")
    late = {row["customer"]["number"] for row in await clerk.page(OPEN_ITEMS, asOf=APRIL, fromDays=91)}
    everybody = {row["customer"]["number"] for row in await clerk.page(OPEN_ITEMS, asOf=APRIL)}
    assert vector in late
    assert punctual in everybody - late
    pages = [await clerk.page(OPEN_ITEMS, asOf=APRIL, fromDays=91, pageSize=1, pageNumber=1 + it) for it in range(9)]
    assert [row["customer"]["number"] for page in pages for row in page] == sorted(late)[:9]
    assert {row["metadata"]["totalCount"] for page in pages for row in page} == {len(late)}
    assert (await clerk.get(f"{OPEN_ITEMS}/total", asOf=APRIL, fromDays=91))["customerCount"] == len(late)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"fromDays": "-1"}, "'-1' is not a value that the parameter fromDays takes."),
        ({"toDays": "-1"}, "'-1' is not a value that the parameter toDays takes."),
        ({"fromDays": "1.5"}, "'1.5' is not a value that the parameter fromDays takes."),
        ({"toDays": "soon"}, "'soon' is not a value that the parameter toDays takes."),
        ({"fromDays": "31", "toDays": "30"}, "fromDays (31) is more than toDays (30)."),
        ({"toDays": "99999999999"}, "'99999999999' is not a value that the parameter toDays takes."),
    ],
)
async def test_ages_that_are_none_are_refused(clerk: Clerk, days: dict[str, str], words: str) -> None:
    for path in (OPEN_ITEMS, f"{OPEN_ITEMS}/total"):
        assert words in refusal(await clerk.http.get(f"/v1/{path}", params=days)), path
