"""Lists of customers: order, pages, totals, filters, and what is expanded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

Shop = Any  # the class in conftest.py, which test modules cannot import by name


def v(value: Any) -> dict[str, Any]:
    """A value as the wire wraps it."""
    return {"value": value}


def wrapped(**fields: Any) -> dict[str, Any]:
    """An object of wrapped fields, itself wrapped."""
    return v({name: v(value) for name, value in fields.items()})


async def fill(shop: Shop) -> None:
    """Two customers that differ in everything a list can be filtered by, and one that has nothing."""
    shop.clock.move_to(datetime(2025, 3, 1, 9, tzinfo=UTC))
    await shop.create(
        number=v("A"),
        name=v("Berg & Co"),
        status=v("OnHold"),
        corporateId=v("O-1"),
        vatRegistrationId=v("V-1"),
        mainContact=wrapped(email="Post@Berg.no", phone1="11 11", phone2="22"),
        attributeLines=[
            {"attributeId": v("COLOUR"), "attributeValue": v("red")},
            {"attributeId": v("TAGS"), "attributeValue": v("big,old")},
            {"attributeId": v("REMARK"), "attributeValue": v("Ærlig, ja")},
        ],
        directDebitLines=[{"mandateId": v("M1")}],
    )
    shop.clock.move_to(datetime(2025, 3, 2, 9, tzinfo=UTC))
    await shop.create(
        number=v("B"),
        name=v("Dal"),
        corporateId=v("O-2"),
        vatRegistrationId=v("V-2"),
        mainContact=wrapped(email="post@dal.no", phone1="33"),
        attributeLines=[{"attributeId": v("COLOUR"), "attributeValue": v("blue")}],
    )
    shop.clock.move_to(datetime(2025, 3, 3, 9, tzinfo=UTC))
    await shop.create(number=v("C"), name=v("Empty"))
    await shop.change("A", accountReference=v("touched"))


FILTERS: list[tuple[dict[str, str], list[str]]] = [
    ({"name": "berg & co"}, ["A"]),
    ({"NAME": "Berg & Co"}, ["A"]),
    ({"name": "Berg"}, []),
    ({"status": "onhold"}, ["A"]),
    ({"status": "Active"}, ["B", "C"]),
    ({"status": "CreditHold"}, []),
    ({"corporateId": "o-1"}, ["A"]),
    ({"corporateId": "O-3"}, []),
    ({"vatRegistrationId": "V-2"}, ["B"]),
    ({"vatRegistrationId": "V-3"}, []),
    ({"email": "post@berg.no"}, ["A"]),
    ({"email": "berg"}, []),
    ({"phone": "11 11"}, ["A"]),
    ({"phone": "22"}, ["A"]),
    ({"phone": "1"}, []),
    ({"attributes": '{"COLOUR":"red"}'}, ["A"]),
    ({"attributes": '{"colour":"RED,blue"}'}, ["A", "B"]),
    ({"attributes": '{"COLOUR":"green"}'}, []),
    ({"attributes": '{"TAGS":"old"}'}, ["A"]),
    ({"attributes": '{"REMARK":"Ærlig, ja"}'}, ["A"]),
    ({"attributes": '{"REMARK":"Ærlig"}'}, ["A"]),
    ({"attributes": '{"COLOUR":"blue","TAGS":"old"}'}, []),
    ({"attributes": '{"NOPE":"x"}'}, []),
    ({"attributes": "{}"}, ["A", "B", "C"]),
    ({"createdDateTime": "2025-03-02", "createdDateTimeCondition": "<"}, ["A"]),
    ({"createdDateTime": "2025-03-02", "createdDateTimeCondition": ">="}, ["B", "C"]),
    ({"createdDateTime": "2025-03-02 12:00:00", "createdDateTimeCondition": ">"}, ["C"]),
    ({"lastModifiedDateTime": "2025-03-03", "lastModifiedDateTimeCondition": ">="}, ["A", "C"]),
    ({"lastModifiedDateTime": "2025-03-03", "lastModifiedDateTimeCondition": "<="}, ["B"]),
    ({"lastModifiedDateTime": "2030-01-01", "lastModifiedDateTimeCondition": ">"}, []),
    ({"lastModifiedDateTime": "2030-01-01"}, ["A", "B", "C"]),
    ({"lastModifiedDateTimeCondition": ">"}, ["A", "B", "C"]),
    ({"status": "Active", "name": "Dal"}, ["B"]),
    ({"status": "OnHold", "name": "Dal"}, []),
    ({"greaterThanValue": "B", "numberToRead": "1", "skipRecords": "1", "unknown": "x", "name": ""}, ["A", "B", "C"]),
]


async def test_each_filter_finds_its_own_and_a_wrong_value_finds_nothing(shop: Shop) -> None:
    await fill(shop)
    for query, expected in FILTERS:
        found = await shop.find(**query)
        assert [customer["number"] for customer in found] == expected, query
        assert {customer["metadata"]["totalCount"] for customer in found} <= {len(expected)}, query


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"status": "sleeping"}, "status"),
        ({"attributes": "{"}, "attributes"),
        ({"attributes": '["x"]'}, "attributes"),
        ({"attributes": '{"A":1}'}, "attributes"),
        ({"pageNumber": "one"}, "pageNumber"),
        ({"expandDirectDebit": "perhaps"}, "expandDirectDebit"),
        ({"createdDateTime": "yesterday", "createdDateTimeCondition": ">"}, "createdDateTime"),
    ],
)
async def test_a_value_that_cannot_be_read_is_refused(shop: Shop, query: dict[str, str], name: str) -> None:
    answer = await shop.http.get("/v1/customer", params=query)
    assert answer.status_code == 400
    assert f"parameter {name}" in answer.json()["message"]


async def test_pages_come_in_order_of_number_with_exact_totals(shop: Shop) -> None:
    for number in ("b", "A", "10", "9", "Z", "å"):
        await shop.create(number=v(number))
    order = ["10", "9", "A", "Z", "b", "å"]
    assert await shop.numbers() == order
    for size in (1, 4, 5, 6, 7):
        pages = [await shop.find(pageNumber=page, pageSize=size) for page in range(1, 9)]
        assert [it["number"] for page in pages for it in page] == order
        metadata = {tuple(it["metadata"].items()) for page in pages for it in page}
        assert metadata == {(("totalCount", 6), ("maxPageSize", 1000))}
    assert await shop.find(pageNumber=7, pageSize=1) == []
    assert await shop.numbers(pageNumber=0, pageSize=0) == order
    assert await shop.numbers(pageNumber=1, pageSize=5000) == order
    assert await shop.numbers(pageNumber=3, pageSize=2) == ["b", "å"], "a cold jump"


async def test_totals_follow_what_is_created_and_changed(shop: Shop) -> None:
    await shop.create(number=v("1"), name=v("Same"))
    await shop.create(number=v("2"), name=v("Same"))
    for expected in (2, 3, 4):
        (first,) = await shop.find(name="same", pageSize=1)
        assert first["metadata"]["totalCount"] == expected
        (first,) = await shop.find(pageSize=1)
        assert first["metadata"]["totalCount"] == expected
        await shop.create(name=v("Same"))
    await shop.change("1", name=v("Other"))
    (first,) = await shop.find(name="same", pageSize=1)
    assert first["metadata"]["totalCount"] == 4


async def test_an_empty_list_is_an_empty_array(shop: Shop) -> None:
    answer = await shop.http.get("/v1/customer")
    assert answer.status_code == 200
    assert answer.text == "[]"


async def test_accounts_payment_methods_and_mandates_are_shown_when_asked_for(shop: Shop) -> None:
    await fill(shop)
    flags = {
        "expandAccountInformation": "glAccounts",
        "expandPaymentMethods": "paymentMethods",
        "expandDirectDebit": "directDebitLines",
    }
    (plain,) = await shop.find(corporateId="O-1")
    assert not set(flags.values()) & set(plain)
    one = await shop.get("A")
    for flag, name in flags.items():
        (expanded,) = await shop.find(corporateId="O-1", **{flag: "1"})
        assert set(flags.values()) & set(expanded) == {name}
        assert expanded[name] == one[name]
    (everything,) = await shop.find(corporateId="O-1", **dict.fromkeys(flags, "true"))
    assert everything == one | {"metadata": {"totalCount": 1, "maxPageSize": 1000}}


async def test_another_company_sees_nothing_of_it(shop: Shop) -> None:
    await fill(shop)
    other = await shop.sql("select company_id from company where company_id <> $1 limit 1", shop.company_id)
    if other is None:
        pytest.skip("there is no demo company")
    headers = {"ipp-company-id": str(other)}
    found = (await shop.http.get("/v1/customer", params={"name": "Berg & Co"}, headers=headers)).json()
    assert found == []
    assert (await shop.http.get("/v1/customer/A", headers=headers)).status_code == 404
