"""Reading reference data over HTTP: VAT, terms, currencies, periods, series, payment methods; filters, pages, order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import Clerk, refusal

LATE = "2090-01-01"


def ids(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


@pytest.mark.parametrize(
    "address",
    [
        "currency",
        "vat",
        "vatCategory",
        "vatZone",
        "financialPeriod",
        "numberSequence",
        "paymentmethod",
        "inventory/itemClass",
        "inventory",
    ],
)
async def test_what_does_not_exist_is_404(bystander: Clerk, address: str) -> None:
    answer = await bystander.http.get(f"/v1/{address}/QQ")
    assert answer.status_code == 404
    assert "cannot be found" in answer.json()["message"]


# Credit terms


async def test_terms_come_as_a_page_in_an_array(bystander: Clerk) -> None:
    answer = await bystander.get("creditTerm")
    assert len(answer) == 1
    page = answer[0]
    assert (page["pageNumber"], page["pageSize"], page["totalCount"]) == (1, 1000, 6)
    assert ids(page["records"], "termsId") == ["14", "30", "30D2", "EOM", "KONTANT", "RATE3"]
    second = (await bystander.get("creditTerm", pageNumber=2, pageSize=2))[0]
    assert (second["pageNumber"], second["pageSize"], second["totalCount"]) == (2, 2, 6)
    assert ids(second["records"], "termsId") == ["30D2", "EOM"]
    assert (await bystander.get("creditTerm", pageNumber=9, pageSize=2))[0]["records"] == []


async def test_terms_show_all_that_is_kept(bystander: Clerk) -> None:
    records = (await bystander.get("creditTerm", termsId="30d2"))[0]["records"]
    assert len(records) == 1
    terms = records[0]
    assert terms.pop("createdDateTime") == terms.pop("lastModifiedDateTime")
    assert terms == {
        "termsId": "30D2",
        "description": "30 days net, 2 % cash discount within 10 days",
        "visibleTo": "AL",
        "dueDateType": "N",
        "moveDueDateIfOnTheWeekend": "1",
        "dueDay1": 30,
        "dueDay1DayFrom1": 0,
        "dueDay1DayTo1": 0,
        "dueDay2": 0,
        "dueDay2DayFrom1": 0,
        "dueDay2DayTo1": 0,
        "discountType": "N",
        "discountDay": 10,
        "discountPercent": Decimal("2.000000"),
        "delayDays": 0,
        "calculationType": "G",
        "instalmentType": "S",
        "numberOfInstalments": 0,
        "instalmentFrequency": "M",
        "instalmentMethod": "E",
        "instalmentsSchedule": [],
    }


async def test_custom_terms_and_instalments_show_their_days(clerk: Clerk) -> None:
    await clerk.sql(
        """
        insert into credit_terms (company_id, terms_id, description, due_type, due_day_1, due_day_2, day_to_1,
               weekend_rule, instalment_type, instalment_count, instalment_method, instalment_parts,
               created_at, modified_at)
        values ($1, 'C', 'Custom', 'C', 10, 25, 15, 3, 'M', 2, 'S',
                '[{"days": 0, "percent": 40}, {"days": 30, "percent": 60}]', $2, $2)
        """,
        clerk.company_id,
        clerk.clock.now(),
    )
    terms = (await clerk.get("creditTerm", termsId="C"))[0]["records"][0]
    days = ("dueDay1", "dueDay1DayFrom1", "dueDay1DayTo1", "dueDay2", "dueDay2DayFrom1", "dueDay2DayTo1")
    assert [terms[name] for name in days] == [10, 1, 15, 25, 16, 31]
    assert terms["moveDueDateIfOnTheWeekend"] == "3"
    assert terms["instalmentsSchedule"] == [{"days": 0, "percent": 40}, {"days": 30, "percent": 60}]


async def test_terms_are_filtered_by_time(clerk: Clerk) -> None:
    for name in ("lastModifiedDateTime", "createdDateTime"):
        for moment, condition, count in ((LATE, "<", 6), (LATE, ">", 0), ("2000-01-01", ">=", 6)):
            query = {name: moment, f"{name}Condition": condition}
            assert (await clerk.get("creditTerm", **query))[0]["totalCount"] == count
        assert (await clerk.get("creditTerm", **{name: LATE}))[0]["totalCount"] == 6  # no condition, no filter
    assert (await clerk.get("creditTerm", termsId="QQ"))[0]["totalCount"] == 0


# Currencies, payment methods, series, periods


async def test_currencies(clerk: Clerk) -> None:
    await clerk.sql(
        "update currency set active = false where company_id = $1 and currency_id = 'SEK'", clerk.company_id
    )
    found = await clerk.get("currency")
    assert ids(found, "id") == ["EUR", "NOK", "SEK"]
    assert ids(found, "isBaseCurrency") == [False, True, False]
    assert ids(found, "isUsedForAccounting") == [True, True, False]
    assert await clerk.get("currency/nok") == {
        "id": "NOK",
        "description": "Norwegian krone",
        "symbol": "kr",
        "isBaseCurrency": True,
        "decimalPrecision": 2,
        "isUsedForAccounting": True,
    }


async def test_payment_methods(clerk: Clerk) -> None:
    await clerk.sql(
        "insert into payment_method (company_id, payment_method_id, description, active, means_of_payment, modified_at)"
        " values ($1, '7', 'Kort', false, 'CreditCard', '2025-01-01'), ($1, '8', 'Annet', true, null, '2025-01-01')",
        clerk.company_id,
    )
    assert ids(await clerk.get("paymentmethod"), "paymentMethodID") == ["1", "2", "7", "8"]
    assert await clerk.get("paymentmethod/7") == {
        "paymentMethodID": "7",
        "active": False,
        "meansOfPayment": "CreditCard",
        "description": "Kort",
        "useInAP": False,
        "details": [],
    }
    assert ids(await clerk.get("paymentmethod", greaterThanValue="7"), "paymentMethodID") == ["8"]
    assert ids(await clerk.get("paymentmethod", numberToRead=1, skipRecords=1), "paymentMethodID") == ["2"]
    assert (await clerk.get("paymentmethod", numberToRead=1))[0]["metadata"]["totalCount"] == 4
    old = {"lastModifiedDateTime": "2025-06-01", "lastModifiedDateTimeCondition": "<"}
    assert ids(await clerk.get("paymentmethod", **old), "paymentMethodID") == ["7", "8"]
    assert await clerk.get("paymentmethod", lastModifiedDateTime=LATE, lastModifiedDateTimeCondition=">") == []


async def test_cash_accounts_are_read_whole_or_one_by_one(clerk: Clerk) -> None:
    """CAC-01, CAC-02."""
    bank, abroad = await clerk.get("cashaccount")
    changed = bank.pop("lastModifiedDateTime")
    assert bank.pop("metadata")["totalCount"] == 2
    entry_types = bank.pop("entryTypes")
    assert [
        (it["entryTypeId"], it["disableReceipt"], it["defaultOffsetAccount"]["number"], it["lastModifiedDateTime"])
        for it in entry_types
    ] == [
        ("BANKGEBYR", "Disbursement", "7770", changed),
        ("BANKRENTE", "Receipt", "8050", changed),
        ("TREKK", "Disbursement", "7770", changed),
    ]
    assert entry_types[0]["defaultOffsetSubaccount"]["id"] == "0"
    assert (entry_types[0]["taxCalculationMode"], entry_types[0]["useForPaymentsReclasification"]) == (
        "TaxSetting", False,
    )  # fmt: skip
    subaccount = bank.pop("subaccount")
    assert (subaccount["subaccountNumber"], subaccount["active"], len(subaccount["segments"])) == ("0", True, 1)
    assert bank == {
        "number": "1920",
        "description": "Bank",
        "currency": "NOK",
        "account": {"type": "Asset", "number": "1920", "description": "Bank"},
    }
    assert (abroad["number"], abroad["currency"], abroad["entryTypes"]) == ("1930", "EUR", [])
    assert (await clerk.get("cashaccount/1930"))["description"] == "Bank in euros"
    assert refusal(await clerk.send("GET", "cashaccount/1500"), 404) == (
        "The cash account '1500' cannot be found in the system."
    )


async def test_cash_accounts_are_found_by_every_filter(clerk: Clerk) -> None:
    async def numbers(**query: Any) -> list[str]:
        return ids(await clerk.get("cashaccount", **query), "number")

    assert await numbers(greaterThanValue="1920") == ["1930"]
    assert await numbers(numberToRead=1) == ["1920"]
    assert await numbers(numberToRead=1, skipRecords=1) == ["1930"]
    assert await numbers(lastModifiedDateTime=LATE, lastModifiedDateTimeCondition=">") == []
    assert await numbers(lastModifiedDateTime=LATE, lastModifiedDateTimeCondition="<") == ["1920", "1930"]


async def test_series_show_the_last_number_live(clerk: Clerk) -> None:
    before = await clerk.get("numberSequence/invoice")
    document = await clerk.invoice(lines=[{"inventoryNumber": "A", "quantity": 1}])
    after = await clerk.get("numberSequence/INVOICE")
    assert before["sequence"][0]["nextNumber"] == document["referenceNumber"] == after["sequence"][0]["lastNbr"]
    assert after == {
        "numberingId": "INVOICE",
        "description": "Invoices",
        "manualNumbering": False,
        "newNumberSymbol": "<NEW>",
        "sequence": [
            {
                "numberingId": "INVOICE",
                "startNbr": "002001",
                "endNbr": "999999",
                "startDate": "0001-01-01T00:00:00",
                "lastNbr": "002001",
                "warnNbr": "990000",
                "nbrStep": 1,
                "nextNumber": "002002",
            }
        ],
    }
    assert ids(await clerk.get("numberSequence"), "numberingId") == [
        "BATCH",
        "CASHSALE",
        "CREDITNOTE",
        "CUSTOMER",
        "DEBITNOTE",
        "INVOICE",
        "OVERDUE",
        "PAYMENT",
        "PROJECT",
        "WRITEOFF",
    ]


async def test_a_used_up_range_has_no_next_number(clerk: Clerk) -> None:
    await clerk.sql(
        "update number_series_range set end_number = last_number, branch_number = '1'"
        " where company_id = $1 and series_id = 'PAYMENT'",
        clerk.company_id,
    )
    await clerk.sql(
        "update number_series set mode = 'manual' where company_id = $1 and series_id = 'PAYMENT'", clerk.company_id
    )
    series = await clerk.get("numberSequence/PAYMENT")
    assert series["manualNumbering"] is True
    assert "nextNumber" not in series["sequence"][0]
    assert series["sequence"][0]["branch"] == {"number": "1", "name": "Head office"}


async def test_periods_show_where_they_are_closed(clerk: Clerk) -> None:
    await clerk.sql(
        "update financial_period set closed_in_customer_ledger = true where company_id = $1 and period_id = '202502'",
        clerk.company_id,
    )
    await clerk.sql(
        "update financial_period set closed_in_general_ledger = true, active = false"
        " where company_id = $1 and period_id = '202501'",
        clerk.company_id,
    )
    february = await clerk.get("financialPeriod/022025")
    assert february == {
        "year": 2025,
        "period": "202502",
        "startDate": "2025-02-01T00:00:00",
        "endDate": "2025-02-28T00:00:00",
        "description": "02-2025",
        "active": True,
        "closedInSupplierLedger": False,
        "closedInCustomerLedger": True,
        "closedInInventoryManagement": False,
        "closedInGeneralLedger": False,
        "closedInCashManagement": False,
        "closedInFixedAssets": False,
    }
    january = await clerk.get("financialPeriod/202501")
    assert (january["active"], january["closedInGeneralLedger"], january["closedInFixedAssets"]) == (False, True, True)


async def test_periods_are_listed_all_at_once(bystander: Clerk) -> None:
    periods = await bystander.get("financialPeriod")
    assert (len(periods), periods[0]["period"], periods[-1]["period"]) == (132, "202001", "203012")
    assert ids(await bystander.get("financialPeriod", greaterThanValue="203010"), "period") == ["203011", "203012"]
    assert ids(await bystander.get("financialPeriod", greaterThanValue="112030"), "period") == ["203012"]
    assert await bystander.get("financialPeriod", greaterThanValue="203012") == []
    assert (await bystander.http.get("/v1/financialPeriod?greaterThanValue=x")).status_code == 400
    assert (await bystander.http.get("/v1/financialPeriod/209901")).status_code == 404


# VAT


async def test_a_vat_id_shows_all_that_is_kept(clerk: Clerk) -> None:
    await clerk.sql(
        "update vat set not_valid_after = '2029-12-31', eu_report_code = 'SalesOfService', document_text = 'Tekst',"
        " payable_subaccount_id = 1 where company_id = $1 and vat_id = '3'",
        clerk.company_id,
    )
    vat = await clerk.get("vat/3")
    assert vat.pop("lastModifiedDateTime")
    assert vat == {
        "vatCategoryId": "3",
        "vatId": "3",
        "description": "Outgoing VAT, standard rate",
        "type": "Vat",
        "deductibleVat": False,
        "reverseVat": False,
        "statisticalVat": False,
        "pendingVat": False,
        "includeinVatExemptTotal": False,
        "includeinVatTotal": True,
        "enterFromVatInvoice": False,
        "calculateOn": "DocumentAmount",
        "cashDiscount": "NoAdjust",
        "vatAgencyId": {"number": "SKATT", "name": "Skatteetaten"},
        "notValidAfter": "2029-12-31T00:00:00",
        "euReportCode": "SalesOfService",
        "documentText": "Tekst",
        "glAccounts": {
            "vatPayableAccount": {
                "type": "Liability",
                "active": True,
                "number": "2711",
                "description": "VAT payable 25 %",
            },
            "vatPayableSubaccount": {"active": True, "id": "0", "description": "No department"},
        },
        "schedules": [
            {
                "startDate": "2005-01-01T00:00:00",
                "vatRate": 25,
                "minTaxableAmt": 0,
                "maxTaxableAmt": 0,
                "groupType": "Output",
            }
        ],
        "categories": [
            {"vatCategoryId": "3", "description": "Standard rate", "active": True, "excludeListedTaxes": False}
        ],
        "zones": [
            {
                "id": "NO",
                "description": "Norway",
                "defaultVatCategory": "3",
                "defaultTaxCategory": {"number": "3", "description": "Standard rate"},
            }
        ],
    }
    assert (await clerk.get("vat/51"))["reverseVat"] is True
    exempt = await clerk.get("vat/6")
    assert (exempt["includeinVatExemptTotal"], exempt["includeinVatTotal"]) == (True, False)


async def test_vat_ids_are_listed_by_id(bystander: Clerk) -> None:
    everything = ["3", "31", "32", "33", "5", "51", "52", "6", "7"]
    assert ids(await bystander.get("vat"), "vatId") == everything
    assert ids(await bystander.get("vat", numberToRead=2, skipRecords=3), "vatId") == ["33", "5"]
    await bystander.sql(
        "update vat set modified_at = '2025-01-01' where company_id = $1 and vat_id = '52'", bystander.company_id
    )
    old = {"lastModifiedDateTime": "2025-01-02", "lastModifiedDateTimeCondition": "<="}
    assert ids(await bystander.get("vat", **old), "vatId") == ["52"]
    assert await bystander.get("vat", lastModifiedDateTime=LATE, lastModifiedDateTimeCondition=">") == []
    assert ids(await bystander.get("vat", lastModifiedDateTime=LATE), "vatId") == everything


async def test_dated_rates_show_in_order(clerk: Clerk) -> None:
    await clerk.sql(
        "insert into vat_rate (company_id, vat_id, start_date, percent) values ($1, '31', '2027-01-01', 14)",
        clerk.company_id,
    )
    schedules = (await clerk.get("vat/31"))["schedules"]
    assert [(row["startDate"][:10], row["vatRate"]) for row in schedules] == [("2012-01-01", 15), ("2027-01-01", 14)]
    line = (await clerk.get("vatCategory/31"))["vatCategoryLines"][0]
    assert ids(line["vatRates"], "revisionID") == ["1", "2"]
    assert line["vatRates"][1] == {
        "revisionID": "2",
        "vatRate": 14,
        "groupType": "Output",
        "startDate": "2027-01-01T00:00:00",
    }


async def test_vat_categories(bystander: Clerk) -> None:
    found = await bystander.get("vatCategory/3")
    assert found.pop("lastModifiedDateTime")
    line = found.pop("vatCategoryLines")[0]
    assert found == {"vatCategoryId": "3", "description": "Standard rate", "active": True, "excludeListedTaxes": False}
    assert (line["vatId"], line["vendorCd"], line["type"], line["calculateOn"], line["cashDiscount"]) == (
        "3",
        "SKATT",
        "Vat",
        "DocumentAmount",
        "NoAdjust",
    )


async def test_vat_categories_are_filtered(clerk: Clerk) -> None:
    everything = ["3", "31", "32", "33", "5", "51", "52", "6", "7"]
    assert ids(await clerk.get("vatCategory"), "vatCategoryId") == everything
    assert ids(await clerk.get("vatCategory", greaterThanValue="52"), "vatCategoryId") == ["6", "7"]
    assert ids(await clerk.get("vatCategory", numberToRead=1, skipRecords=8), "vatCategoryId") == ["7"]
    assert ids(await clerk.get("vatCategory", vendorCd="skatt"), "vatCategoryId") == everything[:-1]
    assert await clerk.get("vatCategory", vendorCd="QQ") == []
    assert (await clerk.get("vatCategory/7", vendorCd="SKATT"))["vatCategoryLines"] == []
    await clerk.sql(
        "update vat_category set modified_at = '2025-02-01', created_at = '2025-01-01'"
        " where company_id = $1 and vat_category_id = '6'",
        clerk.company_id,
    )
    for name in ("lastModifiedDateTime", "createdDateTime"):
        old = {name: "2025-03-01", f"{name}Condition": "<"}
        assert ids(await clerk.get("vatCategory", **old), "vatCategoryId") == ["6"]
        assert await clerk.get("vatCategory", **{name: LATE, f"{name}Condition": ">"}) == []
    assert await clerk.get("vatCategory", createdDateTime="2025-01-15", createdDateTimeCondition="<")
    assert await clerk.get("vatCategory", lastModifiedDateTime="2025-01-15", lastModifiedDateTimeCondition="<") == []


async def test_vat_zones(bystander: Clerk) -> None:
    zones = await bystander.get("vatZone")
    assert ids(zones, "id") == ["EU", "EX", "NO"]
    assert ids(await bystander.get("vatZone", pageNumber=2, pageSize=2), "id") == ["NO"]
    assert await bystander.get("vatZone", pageNumber=3, pageSize=2) == []
    assert await bystander.get("vatZone/eu") == {
        "id": "EU",
        "description": "European Union",
        "defaultVatCategory": "52",
        "defaultTaxCategory": {"number": "52", "description": "Export"},
    }
