"""Exchange rates over HTTP: added and changed with checks, and used by what is dated from then on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import INVOICE, Clerk, location_of

EUR = {"fromCurrencyId": "EUR", "toCurrencyId": "NOK", "rateType": "SPOT", "effectiveDate": "2025-03-15", "rate": 11.5}


async def test_a_rate_comes_back(clerk: Clerk) -> None:
    path = location_of(await clerk.post("/v2/currencyrate", **EUR))
    found = await clerk.get("/v2/currencyrate", fromDate="2025-03-02", toDate="2025-03-31", fromCurrency="eur")
    assert path == f"http://localhost/v2/currencyrate/{found[0]['id']}"
    assert found[0].pop("timeStamp")
    assert found == [
        {
            "id": 265,
            "fromCurrencyId": "EUR",
            "toCurrencyId": "NOK",
            "rateType": "SPOT",
            "rate": Decimal("11.50000000"),
            "effectiveDate": "2025-03-15T00:00:00",
            "multDiv": "Multiply",
            "rateReciprocal": Decimal("0.08695652"),
            "metadata": {"totalCount": 1, "maxPageSize": 1000},
        }
    ]


async def test_a_rate_is_rounded_to_eight_places(clerk: Clerk) -> None:
    path = location_of(await clerk.post("/v2/currencyrate", **EUR | {"rate": "11.123456785"}))
    assert (await clerk.put(path, rate="11.1234567849")).status_code == 204
    found = await clerk.get("/v2/currencyrate", fromDate="2025-03-02", toDate="2025-03-31", fromCurrency="eur")
    assert found[0]["rate"] == Decimal("11.12345678")


async def test_what_is_not_sent_is_the_companys(clerk: Clerk) -> None:
    path = location_of(await clerk.post("/v2/currencyrate", fromCurrencyId="sek", rate="1.1", multDiv="divide"))
    rate = (await clerk.get("/v2/currencyrate", fromDate="2026-01-15", toDate="2026-01-15"))[0]
    assert path.endswith(str(rate["id"]))
    assert (rate["fromCurrencyId"], rate["toCurrencyId"], rate["rateType"]) == ("SEK", "NOK", "SPOT")
    assert (rate["effectiveDate"], rate["multDiv"]) == ("2026-01-15T00:00:00", "Divide")  # today in Oslo


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fromCurrencyId": None}, ["needs its currency", "fromCurrencyId"]),
        ({"fromCurrencyId": "QQQ"}, ["FromCurrencyId 'QQQ' cannot be found"]),
        ({"toCurrencyId": "EUR"}, ["no rate to itself", "toCurrencyId"]),
        ({"rateType": "QQ"}, ["RateType 'QQ' cannot be found", "SPOT"]),
        ({"rate": None}, ["needs its figure", "Field: rate"]),
        ({"rate": 0}, ["not an exchange rate", "Field: rate", "above 0"]),
        ({"rate": -1}, ["Field: rate"]),
        ({"rate": "0.000000004"}, ["not an exchange rate", "Field: rate", "above 0"]),
        ({"rate": "1000000000"}, ["rate"]),
        ({"multDiv": "Add"}, ["multDiv", "Divide"]),
        ({"effectiveDate": "2025-02-30"}, ["effectiveDate"]),
        ({"effectiveDate": "2025-03-01"}, ["rate for these currencies, this type and this date already", "2025-03-01"]),
    ],
)
async def test_what_cannot_be_is_refused_by_name(bystander: Clerk, fields: dict[str, Any], words: list[str]) -> None:
    text = await bystander.refused("POST", "/v2/currencyrate", **EUR | fields)
    for word in words:
        assert word in text


async def test_another_type_or_pair_may_have_the_same_date(clerk: Clerk) -> None:
    await clerk.sql(
        "insert into currency_rate (company_id, currency_rate_id, rate_type, from_currency, to_currency,"
        " effective_date, rate, modified_at) values ($1, 900, 'BUY', 'EUR', 'NOK', '2020-01-01', 10, $2)",
        clerk.company_id,
        clerk.clock.now(),
    )
    assert await clerk.status("POST", "/v2/currencyrate", **EUR) == 201
    assert await clerk.status("POST", "/v2/currencyrate", **EUR | {"rateType": "buy"}) == 201
    assert await clerk.status("POST", "/v2/currencyrate", **EUR | {"toCurrencyId": "SEK"}) == 201
    found = await clerk.get("/v2/currencyrate", fromDate="2025-03-15", toDate="2025-03-15")
    assert [(rate["toCurrencyId"], rate["rateType"]) for rate in found] == [
        ("NOK", "BUY"),
        ("NOK", "SPOT"),
        ("SEK", "SPOT"),
    ]


async def test_every_filter_finds_and_a_wrong_value_empties(clerk: Clerk) -> None:
    assert await clerk.status("POST", "/v2/currencyrate", **EUR) == 201
    assert len(await clerk.get("/v2/currencyrate")) == 265  # no paging is declared: everything at once
    for found, empty in (
        ({"fromCurrency": "EUR"}, {"fromCurrency": "USD"}),
        ({"toCurrency": "NOK"}, {"toCurrency": "USD"}),
        ({"rateType": "SPOT"}, {"rateType": "BUY"}),
        ({"fromDate": "2025-03-15"}, {"fromDate": "2031-01-01"}),
        ({"toDate": "2025-03-15"}, {"toDate": "2019-12-31"}),
    ):
        assert 265 in [rate["id"] for rate in await clerk.get("/v2/currencyrate", **found)], found
        assert await clerk.get("/v2/currencyrate", **empty) == [], empty
    assert (await clerk.http.get("/v2/currencyrate?fromDate=x")).status_code == 400


async def test_a_change_keeps_currencies_and_date(clerk: Clerk) -> None:
    path = location_of(await clerk.post("/v2/currencyrate", **EUR))
    assert await clerk.status("PUT", path, rate="0.09", multDiv="Divide", effectiveDate="2020-01-01") == 204
    rate = (await clerk.get("/v2/currencyrate", fromDate="2025-03-02", toDate="2025-03-31"))[0]
    assert (rate["rate"], rate["multDiv"], rate["effectiveDate"]) == (Decimal("0.09"), "Divide", "2025-03-15T00:00:00")
    assert "above 0" in await clerk.refused("PUT", path, rate=0)
    assert "needs its figure" in await clerk.refused("PUT", path, rate={"value": None})
    for missing in ("/v2/currencyrate/99999", "/v2/currencyrate/x"):
        assert (await clerk.put(missing, rate=1)).status_code == 404


async def test_versions_guard_against_lost_changes(clerk: Clerk) -> None:
    created = await clerk.post("/v2/currencyrate", **EUR)
    path, version = location_of(created), created.headers["ETag"]
    same = await clerk.put(path, {"If-Match": version}, rate="11.50")
    assert same.headers["ETag"] == version  # nothing changed, nothing was written
    changed = await clerk.put(path, {"If-Match": version}, rate=12)
    assert changed.headers["ETag"] != version
    assert (await clerk.put(path, {"If-Match": version}, rate=13)).status_code == 412


# What a rate does to documents


async def test_a_rate_added_later_reaches_later_documents(clerk: Clerk) -> None:
    line = {"description": "Vare", "quantity": 1, "unitPriceInCurrency": 100, "vatCodeId": "7"}
    fields = {"currencyId": "EUR", "documentDate": "2025-03-20"}
    draft = await clerk.invoice(lines=[line], **fields)
    released = await clerk.issue(INVOICE, lines=[line], **fields)
    before = draft["exchangeRate"]
    assert released["exchangeRate"] == before
    assert await clerk.status("POST", "/v2/currencyrate", **EUR) == 201

    for document in (draft, released):
        assert await clerk.get(document) == document
    later = await clerk.invoice(lines=[line], **fields)
    assert (later["exchangeRate"], later["amount"]) == (Decimal("11.5"), Decimal("1150"))
    assert (await clerk.invoice(lines=[line], **fields | {"documentDate": "2025-03-14"}))["exchangeRate"] == before

    # Touching the draft keeps its rate; another date reads the table again.
    assert (await clerk.change(draft, invoiceText="Takk"))["exchangeRate"] == before
    moved = await clerk.change(draft, documentDate="2025-03-21")
    assert (moved["exchangeRate"], moved["amount"]) == (Decimal("11.5"), Decimal("1150"))


async def test_a_changed_rate_leaves_documents_that_stand(clerk: Clerk) -> None:
    path = location_of(await clerk.post("/v2/currencyrate", **EUR))
    line = {"description": "Vare", "quantity": 1, "unitPriceInCurrency": 115, "vatCodeId": "7"}
    fields = {"currencyId": "EUR", "documentDate": "2025-03-20"}
    released = await clerk.issue(INVOICE, lines=[line], **fields)
    assert await clerk.status("PUT", path, rate="0.1", multDiv="Divide") == 204
    assert await clerk.get(released) == released
    later = await clerk.invoice(lines=[line], **fields)
    assert (later["amountInCurrency"], later["amount"]) == (Decimal("115"), Decimal("1150"))
