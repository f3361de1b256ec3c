"""Lists of customers: order, pages, totals, filters, and what is expanded."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.clerk import Clerk


async def fill(clerk: Clerk) -> None:
    """Two customers that differ in everything a list can be filtered by, and one that has nothing."""
    clerk.clock.move_to(datetime(2025, 3, 1, 9, tzinfo=UTC))
    await clerk.customer(
        number="A",
        name="Berg & Co",
        status="OnHold",
        corporateId="O-1",
        vatRegistrationId="V-1",
        mainContact={"email": "Post@Berg.no", "phone1": "11 11", "phone2": "22"},
        mainAddress={"city": "Tromsø"},
        attributeLines=[
            {"attributeId": "COLOUR", "attributeValue": "red"},
            {"attributeId": "TAGS", "attributeValue": "big,old"},
            {"attributeId": "REMARK", "attributeValue": "Ærlig, ja"},
        ],
        directDebitLines=[{"mandateId": "M1"}],
    )
    clerk.clock.move_to(datetime(2025, 3, 2, 9, tzinfo=UTC))
    await clerk.customer(
        number="B",
        name=" Dal ",
        corporateId="O-2",
        vatRegistrationId="V-2",
        mainContact={"email": "post+dal@dal.no", "phone1": "+47 33"},
        mainAddress={"city": "Oslo"},
        invoiceAddress={"city": "Tromsø"},
        attributeLines=[{"attributeId": "COLOUR", "attributeValue": "blue"}],
    )
    clerk.clock.move_to(datetime(2025, 3, 3, 9, tzinfo=UTC))
    await clerk.customer(number="C", name="Empty")
    await clerk.change("customer/A", accountReference="touched")


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
    ({"name": " Berg & Co  "}, ["A"]),
    ({"name": "Dal"}, ["B"]),
    ({"phone": " 11 11 "}, ["A"]),
    ({"email": "post+dal@dal.no"}, ["B"]),
    ({"city": "TROMSØ"}, ["A"]),
    ({"city": "Tromsø", "name": "Dal"}, []),
    ({"city": "oslo"}, ["B"]),
    ({"city": "Osl"}, []),
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


@pytest.mark.parametrize(
    "sent", ["phone=+47%2033", "phone=+47+33", "phone=%2B47%2033", "email=post+dal@dal.no", "email=POST%2BDAL%40DAL.NO"]
)
async def test_a_plus_need_not_be_escaped(clerk: Clerk, sent: str) -> None:
    await fill(clerk)
    assert [customer["number"] for customer in await clerk.get(f"customer?{sent}")] == ["B"]


async def test_each_filter_finds_its_own_and_a_wrong_value_finds_nothing(clerk: Clerk) -> None:
    await fill(clerk)
    for query, expected in FILTERS:
        found = await clerk.page("customer", **query)
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
async def test_a_value_that_cannot_be_read_is_refused(clerk: Clerk, query: dict[str, str], name: str) -> None:
    answer = await clerk.http.get("/v1/customer", params=query)
    assert answer.status_code == 400
    assert f"parameter {name}" in answer.json()["message"]


async def test_pages_come_in_order_of_number_with_exact_totals(clerk: Clerk) -> None:
    for number in ("b", "A", "10", "9", "Z", "å"):
        await clerk.customer(number=number)
    order = ["10", "9", "A", "Z", "b", "å"]
    assert await clerk.numbers("customer") == order
    for size in (1, 4, 5, 6, 7):
        pages = [await clerk.page("customer", pageNumber=page, pageSize=size) for page in range(1, 9)]
        assert [it["number"] for page in pages for it in page] == order
        metadata = {tuple(it["metadata"].items()) for page in pages for it in page}
        assert metadata == {(("totalCount", 6), ("maxPageSize", 1000))}
    assert await clerk.page("customer", pageNumber=7, pageSize=1) == []
    assert await clerk.numbers("customer", pageNumber=0, pageSize=0) == order
    assert await clerk.numbers("customer", pageNumber=1, pageSize=5000) == order
    assert await clerk.numbers("customer", pageNumber=3, pageSize=2) == ["b", "å"], "a cold jump"


async def test_totals_follow_what_is_created_and_changed(clerk: Clerk) -> None:
    await clerk.customer(number="1", name="Same")
    await clerk.customer(number="2", name="Same")
    for expected in (2, 3, 4):
        (first,) = await clerk.page("customer", name="same", pageSize=1)
        assert first["metadata"]["totalCount"] == expected
        (first,) = await clerk.page("customer", pageSize=1)
        assert first["metadata"]["totalCount"] == expected
        await clerk.customer(name="Same")
    await clerk.change("customer/1", name="Other")
    (first,) = await clerk.page("customer", name="same", pageSize=1)
    assert first["metadata"]["totalCount"] == 4


async def test_an_empty_list_is_an_empty_array(clerk: Clerk) -> None:
    answer = await clerk.http.get("/v1/customer")
    assert answer.status_code == 200
    assert answer.text == "[]"


async def test_accounts_payment_methods_and_mandates_are_shown_when_asked_for(clerk: Clerk) -> None:
    await fill(clerk)
    flags = {
        "expandAccountInformation": "glAccounts",
        "expandPaymentMethods": "paymentMethods",
        "expandDirectDebit": "directDebitLines",
    }
    (plain,) = await clerk.page("customer", corporateId="O-1")
    assert not set(flags.values()) & set(plain)
    one = await clerk.get("customer/A")
    for flag, name in flags.items():
        (expanded,) = await clerk.page("customer", corporateId="O-1", **{flag: "1"})
        assert set(flags.values()) & set(expanded) == {name}
        assert expanded[name] == one[name]
    (everything,) = await clerk.page("customer", corporateId="O-1", **dict.fromkeys(flags, "true"))
    assert everything == one | {"metadata": {"totalCount": 1, "maxPageSize": 1000}}


async def test_another_company_sees_nothing_of_it(clerk: Clerk) -> None:
    await fill(clerk)
    other = await clerk.sql("select company_id from company where company_id <> $1 limit 1", clerk.company_id)
    if other is None:
        pytest.skip("there is no demo company")
    headers = {"ipp-company-id": str(other)}
    found = (await clerk.http.get("/v1/customer", params={"name": "Berg & Co"}, headers=headers)).json()
    assert found == []
    assert (await clerk.http.get("/v1/customer/A", headers=headers)).status_code == 404
