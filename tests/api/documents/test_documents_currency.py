"""Currencies, rates, VAT, rounding, terms and periods of documents, over HTTP."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, Clerk


def line(price: str | int, category: str = "6", quantity: int = 1) -> dict[str, Any]:
    return {"description": "x", "unitPriceInCurrency": Decimal(price), "vatCodeId": category, "quantity": quantity}


# Currencies and rates. The demo's rate of the euro: 10.50 in 2025-01, 10.45 in 2025-02, ... (not real)


async def test_the_rate_is_the_latest_that_begins_on_or_before_the_date(clerk: Clerk) -> None:
    await clerk.sql("""insert into currency_rate (company_id, currency_rate_id, rate_type, from_currency, to_currency,
                                      effective_date, operator, rate, modified_at)
           values (1, 9001, 'SPOT', 'EUR', 'NOK', '2025-03-10', 'M', 11.2345, now()),
                  (1, 9002, 'SPOT', 'EUR', 'NOK', '2025-03-20', 'D', 0.08, now()),
                  (1, 9003, 'BANK', 'EUR', 'NOK', '2025-03-01', 'M', 99, now())""")
    expected = {
        "2025-03-10": ("11.2345", "1123.45"),
        "2025-03-19": ("11.2345", "1123.45"),
        "2025-03-20": ("0.08", "1250"),
    }
    for day, (rate, base) in expected.items():
        document = await clerk.invoice(currencyId="EUR", documentDate=day, lines=[line(100)])
        assert (document["exchangeRate"], document["amount"]) == (Decimal(rate), Decimal(base)), day
        assert document["amountInCurrency"] == 100
    await clerk.sql("update customer set rate_type = 'BANK' where number = '20001'")
    document = await clerk.invoice(currencyId="EUR", documentDate="2025-03-20", lines=[line(1)])
    assert document["exchangeRate"] == 99


async def test_a_foreign_customer_is_invoiced_in_its_own_currency(clerk: Clerk) -> None:
    document = await clerk.invoice(customerNumber="20020", lines=[line(100)])
    assert document["currencyId"] == "EUR"
    assert document["exchangeRate"] > 10
    in_kroner = await clerk.invoice(customerNumber="20020", currencyId="nok", lines=[line(100)])
    assert (in_kroner["currencyId"], in_kroner["exchangeRate"], in_kroner["amount"]) == ("NOK", 1, 100)


async def test_another_currency_needs_the_customers_leave(clerk: Clerk) -> None:
    await clerk.sql("update customer set currency_override = false")
    text = await clerk.refuse(INVOICE, currencyId="EUR")
    assert "Customer 20001 is invoiced in NOK only. Field: currencyId." in text
    assert (await clerk.post(INVOICE, **clerk.sale(currencyId="NOK"))).status_code == 201


async def test_a_sent_rate_stands_until_it_is_cleared_or_the_currency_changes(clerk: Clerk) -> None:
    await clerk.prefer(accept_rates_beyond_tolerance=True)
    document = await clerk.invoice(currencyId="EUR", exchangeRate=Decimal("11.12345678"), lines=[line(100)])
    assert (document["exchangeRate"], document["amount"]) == (Decimal("11.12345678"), Decimal("1112.35"))
    moved = await clerk.change(document, documentDate="2025-07-07")
    assert moved["exchangeRate"] == Decimal("11.12345678")
    table = await clerk.invoice(currencyId="EUR", documentDate="2025-07-07")
    cleared = await clerk.change(document, exchangeRate=None)
    assert cleared["exchangeRate"] == table["exchangeRate"]
    base = await clerk.change(document, currencyId="NOK")
    assert (base["exchangeRate"], base["amount"], base["amountInCurrency"]) == (1, 100, 100)


async def test_the_tables_rate_follows_the_date(clerk: Clerk) -> None:
    document = await clerk.invoice(currencyId="EUR", documentDate="2025-01-15", lines=[line(100)])
    moved = await clerk.change(document, documentDate="2025-03-15")
    assert moved["exchangeRate"] != document["exchangeRate"]
    assert moved["amount"] == round(100 * moved["exchangeRate"], 2)


async def test_a_rate_needs_the_customers_leave_unless_it_is_the_tables(clerk: Clerk) -> None:
    await clerk.sql("update customer set rate_override = false")
    text = await clerk.refuse(INVOICE, currencyId="EUR", exchangeRate=12, documentDate="2025-03-03")
    assert "does not allow another exchange rate than the company's. Field: exchangeRate." in text
    rate = (await clerk.invoice(currencyId="EUR"))["exchangeRate"]
    document = await clerk.invoice(currencyId="EUR", exchangeRate=rate)
    moved = await clerk.change(document, documentDate="2025-05-05")
    assert moved["exchangeRate"] != rate


@pytest.mark.parametrize("rate", [0, -1, Decimal("0.000000001"), Decimal("100000000")])
async def test_a_rate_that_cannot_be_is_refused(bystander: Clerk, rate: Any) -> None:
    assert "Field: exchangeRate." in await bystander.refuse(INVOICE, currencyId="EUR", exchangeRate=rate)


async def test_a_rate_that_makes_a_price_too_large_is_refused(clerk: Clerk) -> None:
    await clerk.sql("update item set unit_price = 9000000")
    fields: dict[str, Any] = {"currencyId": "EUR", "exchangeRate": Decimal("0.00000001")}
    text = await clerk.refuse(INVOICE, **fields, lines=[{"inventoryNumber": "A", "quantity": 0}])
    assert "The amount is too large at the exchange rate 0.00000001. Field: exchangeRate." in text


async def test_a_currency_without_a_rate_on_the_date_is_refused(clerk: Clerk) -> None:
    await clerk.sql("delete from currency_rate where from_currency = 'EUR' and effective_date < '2025-06-01'")
    text = await clerk.refuse(INVOICE, currencyId="EUR", documentDate="2025-05-31")
    assert "There is no exchange rate for EUR on 2025-05-31. Field: currencyId." in text
    assert (await clerk.post(INVOICE, **clerk.sale(currencyId="EUR", documentDate="2025-06-01"))).status_code == 201
    sent = await clerk.invoice(currencyId="EUR", documentDate="2025-05-31", exchangeRate=12)
    assert sent["exchangeRate"] == 12


async def test_the_price_of_an_item_is_converted(clerk: Clerk) -> None:
    await clerk.prefer(accept_rates_beyond_tolerance=True)
    document = await clerk.invoice(currencyId="EUR", exchangeRate=8, lines=[{"inventoryNumber": "A"}])
    [read] = document["invoiceLines"]
    assert (read["unitPriceInCurrency"], read["unitPrice"]) == (Decimal("12.5"), 100)


async def test_the_rounding_of_conversion_is_posted_and_the_batch_balances(clerk: Clerk) -> None:
    # 0.33 x 10.05 = 3.3165 -> 3.32 three times is 9.96; 0.99 x 10.05 = 9.9495 -> 9.95
    lines = [line("0.33") | {"accountNumber": account} for account in ("3000", "3100", "3105")]
    for kind, side in ((INVOICE, (Decimal("0.01"), 0)), (CREDIT_NOTE, (0, Decimal("0.01")))):
        document = await clerk.document(kind, currencyId="EUR", exchangeRate=Decimal("10.05"), lines=lines)
        assert (document["amount"], document["detailTotal"]) == (Decimal("9.95"), Decimal("9.96"))
        assert document["roundingDiff"] == 0
        await clerk.release(document)
        entries = await clerk.entries(document)
        assert [sum(entry[column] for entry in entries) for column in (1, 3)] == [
            sum(entry[column] for entry in entries) for column in (2, 4)
        ]
        [rounding] = [entry for entry in entries if entry[5] == "rounding"]
        assert rounding == ("7740", 0, 0, *side, "rounding")


# Taking the places away under the demo's own SEK documents is what the self-check is there to find.
@pytest.mark.plants_fault
async def test_a_currency_without_places_rounds_the_lines_again(clerk: Clerk) -> None:
    await clerk.sql("update currency set decimals = 0 where currency_id = 'SEK'")
    document = await clerk.invoice(lines=[line("10.50"), line("0.40")])
    changed = await clerk.change(document, currencyId="SEK")
    assert [read["amountInCurrency"] for read in changed["invoiceLines"]] == [11, 0]
    assert changed["detailTotalInCurrency"] == changed["amountInCurrency"] == 11


# VAT


async def test_vat_is_rounded_once_on_the_document_or_on_each_line(clerk: Clerk) -> None:
    lines = [line("33.33", "3") for _ in range(3)]
    assert (await clerk.invoice(lines=lines))["vatTotal"] == Decimal("25.00")
    await clerk.sql("update vat set calculate_on = 'ItemAmount' where vat_id = '3'")
    assert (await clerk.invoice(lines=lines))["vatTotal"] == Decimal("24.99")


@pytest.mark.parametrize(("category", "vat"), [("3", "20.00"), ("31", "13.04"), ("33", "10.71")])
async def test_vat_inside_the_price_is_taken_out_of_each_line(clerk: Clerk, category: str, vat: str) -> None:
    await clerk.sql("update vat set calculate_on = 'ExtractFromItemAmount'")
    document = await clerk.invoice(lines=[line(100, category)])
    assert document["amount"] == document["detailTotal"] == 100
    assert document["vatTotal"] == Decimal(vat)
    assert document["vatTaxableTotal"] == 100 - Decimal(vat)
    await clerk.release(document)
    entries = await clerk.entries(document)
    assert [(entry[1], entry[2]) for entry in entries] == [(100, 0), (0, 100 - Decimal(vat)), (0, Decimal(vat))]


async def test_the_rate_of_a_vat_id_is_that_of_the_date(clerk: Clerk) -> None:
    await clerk.execute(
        "insert into vat_rate (company_id, vat_id, start_date, percent) values (1, '33', '2025-07-01', 6)",
        "update vat set not_valid_after = '2025-12-31' where vat_id = '33'",
    )
    rates = {}
    for day in ("2025-06-30", "2025-07-01", "2025-12-31"):
        document = await clerk.invoice(documentDate=day, lines=[line(100, "33")])
        rates[day] = document["taxDetails"][0]["vatRate"]
    assert list(rates.values()) == [12, 6, 6]
    text = await clerk.refuse(INVOICE, documentDate="2026-01-01", lines=[line(100, "33")])
    assert "The VAT id '33' has no rate on 2026-01-01." in text
    draft = await clerk.invoice(documentDate="2025-06-30", lines=[line(100, "33")])
    moved = await clerk.change(draft, documentDate="2025-07-01")
    assert (moved["vatTotal"], moved["amount"]) == (6, 106)


async def test_exempt_and_reverse_charge_show_their_base_and_charge_nothing(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[line(100, "51"), line(40, "6"), line(10, "5"), line(4, "3")])
    rows = {row["taxId"]: (row["taxableAmount"], row["vatAmount"]) for row in document["taxDetails"]}
    assert rows == {"3": (4, 1), "5": (10, 0), "51": (100, 0), "6": (40, 0)}
    assert (document["vatTaxableTotal"], document["vatExemptTotal"], document["amount"]) == (114, 40, 155)


async def test_the_zone_of_the_customer_of_the_branch_or_of_the_request_decides(clerk: Clerk) -> None:
    assert (await clerk.invoice(customerVatZoneId="eu", lines=[line(1, "52")]))["customerVatZone"]["id"] == "EU"
    await clerk.sql("update location set vat_zone_id = null")
    untaxed = await clerk.invoice(lines=[{"description": "x", "unitPriceInCurrency": 100}])
    assert "customerVatZone" not in untaxed
    assert (untaxed["taxDetails"], untaxed["amount"]) == ([], 100)
    await clerk.sql("update branch set vat_zone_id = 'EX'")
    exported = await clerk.invoice(lines=[{"description": "x", "unitPriceInCurrency": 100}])
    assert exported["invoiceLines"][0]["vatCode"]["id"] == "52"
    await clerk.execute("update branch set vat_zone_id = null", "update customer_class set vat_zone_required = true")
    assert "requires a VAT zone. Field: customerVatZoneId." in await clerk.refuse(INVOICE)


async def test_a_category_may_shut_out_what_it_lists(clerk: Clerk) -> None:
    await clerk.execute(
        "update vat_category set exclude_listed = true, vat_ids = '{31,32,33,5,51,6,7}' where vat_category_id = '31'",
        "update vat_category set vat_ids = '{}' where vat_category_id = '32'",
        "update vat_category set active = false where vat_category_id = '33'",
    )
    assert (await clerk.invoice(lines=[line(100, "31")]))["vatTotal"] == 25
    assert (await clerk.invoice(lines=[line(100, "32")]))["vatTotal"] == 0
    assert "Field: invoiceLines[0].vatCodeId." in await clerk.refuse(INVOICE, lines=[line(100, "33")])


@pytest.mark.parametrize("kind", KINDS)
async def test_sent_vat_figures_stand_within_the_tolerance_until_the_lines_change(clerk: Clerk, kind: str) -> None:
    name = "taxDetails" if kind == CREDIT_NOTE else "taxDetailLines"
    rows: dict[str, Any] = {name: [{"taxId": "3", "taxableAmount": 100, "vatAmount": Decimal("24.98")}]}
    document = await clerk.document(kind, lines=[line(100, "3")], **rows)
    [row] = document["taxDetails"]
    assert (row["taxableAmount"], row["vatAmount"]) == (100, Decimal("24.98"))
    assert (document["vatTotal"], document["amount"]) == (Decimal("24.98"), Decimal("124.98"))
    kept = await clerk.change(document, note="Still")
    assert kept["taxDetails"] == document["taxDetails"]
    changed = await clerk.change(document, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 2}])
    assert (changed["vatTotal"], changed["amount"]) == (50, 250)
    again = await clerk.change(document, **{name: [{"taxId": "3", "vatAmount": Decimal("50.02")}]})
    assert (again["vatTotal"], again["amount"]) == (Decimal("50.02"), Decimal("250.02"))
    await clerk.release(document)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"taxId": "3", "vatAmount": Decimal("26.01")}, "taxDetailLines[0].vatAmount"),
        ({"taxId": "3", "vatAmount": Decimal("25.03")}, "taxDetailLines[0].vatAmount"),
        ({"taxId": "3", "taxableAmount": Decimal("99.50")}, "taxDetailLines[0].taxableAmount"),
        ({"taxId": "3", "taxableAmount": Decimal("98.99")}, "taxDetailLines[0].taxableAmount"),
        ({"taxId": "3", "vatAmount": Decimal("26.005")}, "taxDetailLines[0].vatAmount"),
        ({"taxId": "31", "vatAmount": 1}, "taxDetailLines[0].taxId"),
        ({"vatAmount": 25}, "taxDetailLines[0].taxId"),
    ],
)
async def test_sent_vat_figures_that_do_not_agree_are_refused(
    bystander: Clerk, row: dict[str, Any], field: str
) -> None:
    text = await bystander.refuse(INVOICE, lines=[line(100, "3")], taxDetailLines=[row])
    assert f"Field: {field}." in text


async def test_the_tolerance_is_an_amount_of_base_currency(clerk: Clerk) -> None:
    await clerk.prefer(vat_tolerance="0.10")
    fields: dict[str, Any] = {"currencyId": "EUR", "exchangeRate": 10, "lines": [line(100, "3")]}
    close = [{"taxId": "3", "vatAmount": Decimal("25.01")}]
    assert (await clerk.invoice(**fields, taxDetailLines=close))["vatTotalInCurrency"] == Decimal("25.01")
    far = [{"taxId": "3", "vatAmount": Decimal("25.02")}]
    assert "Field: taxDetailLines[0].vatAmount." in await clerk.refuse(INVOICE, **fields, taxDetailLines=far)


# Rounding of the document


ROUNDED = [
    ("Nearest", "0.05", "1734.55"), ("Up", "0.05", "1734.60"), ("Down", "0.05", "1734.55"),
    ("Nearest", "1", "1735.00"), ("Up", "10", "1740.00"), ("Down", "100", "1700.00"), ("Nearest", "10", "1730.00"),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "precision", "amount"), ROUNDED)
async def test_the_amount_of_a_document_is_rounded_by_preference(
    clerk: Clerk, mode: str, precision: str, amount: str
) -> None:
    await clerk.prefer(document_rounding={"mode": mode, "precision": json.loads(precision)})
    document = await clerk.invoice(lines=[line("1734.57")])
    assert document["amount"] == Decimal(amount)
    assert document["roundingDiff"] == Decimal(amount) - Decimal("1734.57")
    assert document["detailTotal"] == Decimal("1734.57")


async def test_another_currency_is_rounded_only_by_a_rule_of_its_own(clerk: Clerk) -> None:
    await clerk.prefer(document_rounding={"mode": "Nearest", "precision": 1})
    for price, amount in (("0.30", "0.38"), ("10.10", "12.63")):
        euro = await clerk.issue(INVOICE, currencyId="EUR", lines=[line(price, "3")])
        assert (euro["amountInCurrency"], euro["roundingDiff"]) == (Decimal(amount), 0)
        assert (euro["status"], euro["balanceInCurrency"]) == ("Open", Decimal(amount))
    krone = await clerk.invoice(lines=[line("10.10", "3")])
    assert (krone["amount"], krone["roundingDiff"]) == (13, Decimal("0.37"))
    small = await clerk.invoice(lines=[line("0.30", "3")])
    assert (small["amount"], small["roundingDiff"]) == (Decimal("0.38"), 0)
    rule = {"currency_id": "EUR", "mode": "Nearest", "precision": 0.05}
    await clerk.prefer(document_rounding={"currencies": [rule]})
    for currency_id, amount in (("EUR", "12.65"), ("SEK", "12.63")):
        document = await clerk.issue(INVOICE, currencyId=currency_id, lines=[line("10.10", "3")])
        assert document["amountInCurrency"] == Decimal(amount)


@pytest.mark.parametrize(
    ("limit", "currency_id", "price", "told"),
    [
        (None, "NOK", "1004.00", None),
        ("4.00", "NOK", "1004.00", None),
        ("3.99", "NOK", "1004.00", "-4.00"),
        ("3.99", "NOK", "1006.00", "4.00"),
        ("3.99", "NOK", "1003.00", None),
        ("4.15", "EUR", "1000.40", "-4.16"),
        ("4.16", "EUR", "1000.40", None),
        ("0", "NOK", "1000.00", None),
        ("0", "NOK", "1000.01", "-0.01"),
    ],
)
async def test_a_release_that_rounds_by_more_than_the_limit_is_warned_of(
    clerk: Clerk, limit: str | None, currency_id: str, price: str, told: str | None
) -> None:
    rounding = {"mode": "Nearest", "precision": 10, "currencies": [{"currency_id": "EUR", "mode": "Nearest"}]}
    await clerk.prefer(document_rounding=rounding | ({"limit": limit} if limit else {}))
    said = f"The total is rounded by {told} NOK, which is more than the company's limit of {limit} NOK."
    for kind in (INVOICE, CREDIT_NOTE, DEBIT_NOTE):
        document = await clerk.issue(kind, currencyId=currency_id, lines=[line(price)])
        address = f"reskontra/issuedDocument/{document['documentType']}/{document.number}"
        warned = [it for it in (await clerk.get(address))["warnings"] if "rounded" in it]
        assert warned == ([said] if told else []), kind


# Terms and dates (TRM-09)

TERMS = {
    # due type, days, discount type, days -> due date and discount date of 2016-01-01, moved to 2024 (also a leap year)
    "N30N7": ("N", 30, "N", 7, "2024-01-31", "2024-01-08"),
    "D30D7": ("D", 30, "D", 7, "2024-02-29", "2024-02-07"),
    "D30E": ("D", 30, "E", 0, "2024-02-29", "2024-01-31"),
    "MM": ("M", 0, "M", 0, "2024-02-29", "2024-02-29"),
    "T30T7": ("T", 30, "T", 7, "2024-01-30", "2024-01-07"),
    "P30P7": ("P", 30, "P", 7, "2024-03-02", "2024-02-08"),
}


@pytest.mark.parametrize("terms", TERMS)
async def test_due_date_and_discount_date_follow_from_the_terms(clerk: Clerk, terms: str) -> None:
    due_type, due_day, discount_type, discount_day, due, discount = TERMS[terms]
    await clerk.sql(f"""insert into credit_terms (company_id, terms_id, description, due_type, due_day_1, discount_type,
                                      discount_day, discount_percent, created_at, modified_at)
            values (1, '{terms}', '', '{due_type}', {due_day}, '{discount_type}', {discount_day}, 2, now(), now())""")
    for kind in (INVOICE, DEBIT_NOTE):
        document = await clerk.document(kind, documentDate="2024-01-01", creditTermsId=terms, lines=[line(100, "3")])
        assert document["documentDueDate"] == f"{due}T00:00:00"
        assert document["cashDiscountDate"] == f"{discount}T00:00:00"
        assert document["cashDiscount"] == Decimal("2.50")


async def test_a_sent_due_date_stands_until_date_terms_or_customer_change(clerk: Clerk) -> None:
    for change in ({"documentDate": "2025-03-04"}, {"creditTermsId": "30"}, {"customerNumber": "20002"}):
        document = await clerk.invoice(documentDueDate="2025-12-24", cashDiscountDate="2025-12-01")
        kept = await clerk.change(document, note="x", lines=[{"inventoryNumber": "A"}])
        assert kept["documentDueDate"] == "2025-12-24T00:00:00"
        assert kept["cashDiscountDate"] == "2025-12-01T00:00:00"
        moved = await clerk.change(document, **change)
        assert moved["documentDueDate"] < "2025-12", change
        assert moved["cashDiscountDate"] < "2025-12", change


async def test_an_earlier_due_date_ends_the_cash_discount_of_the_terms_too(clerk: Clerk) -> None:
    document = await clerk.invoice(creditTermsId="30D2", documentDueDate="2025-03-05")
    assert (document["cashDiscountDate"], document["cashDiscount"]) == ("2025-03-05T00:00:00", Decimal("2.50"))
    echoed = await clerk.change(document, documentDueDate="2025-03-05", cashDiscountDate="2025-03-05")
    assert echoed == document
    text = await clerk.refuse_change(document, cashDiscountDate="2025-03-06")
    assert "Field: cashDiscountDate." in text
    assert "Field: documentDueDate." in await clerk.refuse_change(document, documentDueDate="2025-03-02")


async def test_the_weekend_rule_may_put_the_due_date_before_the_document(clerk: Clerk) -> None:
    await clerk.sql("update credit_terms set weekend_rule = 2, due_day_1 = 0 where terms_id = '14'")
    document = await clerk.invoice(documentDate="2025-03-02")  # a Sunday
    assert document["documentDueDate"] == "2025-02-28T00:00:00"
    same = await clerk.change(document, documentDueDate="2025-02-28", note=None)
    assert same == document
    assert "Field: documentDueDate." in await clerk.refuse_change(document, documentDueDate="2025-02-27")


async def test_clearing_the_due_date_brings_back_the_terms_own(clerk: Clerk) -> None:
    document = await clerk.invoice(documentDueDate="2025-12-24")
    changed = await clerk.change(document, documentDueDate=None)
    assert changed["documentDueDate"] == "2025-03-17T00:00:00"


async def test_the_original_invoice_date_may_be_the_base_of_the_terms(clerk: Clerk) -> None:
    await clerk.prefer(use_original_invoice_date=True)
    document = await clerk.invoice(origInvoiceDate="2025-02-01")
    assert document["documentDueDate"] == "2025-02-15T00:00:00"
    changed = await clerk.change(document, origInvoiceDate=None)
    assert changed["documentDueDate"] == "2025-03-17T00:00:00"


async def test_credit_notes_have_terms_only_by_preference(clerk: Clerk) -> None:
    assert "documentDueDate" not in await clerk.document(CREDIT_NOTE)
    await clerk.prefer(credit_terms_in_credit_notes=True)
    document = await clerk.document(CREDIT_NOTE)
    assert (document["documentDueDate"], document["creditTerms"]["id"]) == ("2025-03-17T00:00:00", "14")


async def test_the_discount_is_taken_of_the_amount_with_or_without_vat(clerk: Clerk) -> None:
    assert (await clerk.invoice(creditTermsId="30D2", lines=[line(100, "3")]))["cashDiscount"] == Decimal("2.50")
    await clerk.sql("update credit_terms set calculation = 'N'")
    document = await clerk.invoice(creditTermsId="30D2", currencyId="EUR", exchangeRate=10, lines=[line(100, "3")])
    assert (document["cashDiscountInCurrency"], document["cashDiscount"]) == (2, 20)


# Periods


@pytest.mark.parametrize(
    "fields",
    [
        {"postPeriod": "042025"},
        {"postPeriod": "202504"},
        {"financialPeriod": "202504"},
        {"financialPeriod": "042025"},
        {"postPeriod": "042025", "financialPeriod": "202504"},
    ],
)
async def test_both_fields_take_both_spellings_of_a_period(clerk: Clerk, fields: dict[str, str]) -> None:
    document = await clerk.invoice(**fields)
    assert document["postPeriod"] == document["financialPeriod"] == "202504"
    assert document["documentDate"] == "2025-03-03T00:00:00"


async def test_two_periods_that_differ_are_refused(bystander: Clerk) -> None:
    text = await bystander.refuse(INVOICE, postPeriod="042025", financialPeriod="202505")
    assert "The post period and the financial period differ: 202504 and 202505. Field: postPeriod." in text


async def test_a_chosen_period_stands_until_the_date_changes(clerk: Clerk) -> None:
    document = await clerk.invoice(financialPeriod="202504")
    assert (await clerk.change(document, note="x"))["financialPeriod"] == "202504"
    assert (await clerk.change(document, documentDate="2025-06-06"))["financialPeriod"] == "202506"
    both = await clerk.change(document, documentDate="2025-07-07", postPeriod="082025")
    assert both["financialPeriod"] == "202508"


async def test_a_period_too_far_from_the_date_is_refused_where_the_company_says_how_far(clerk: Clerk) -> None:
    await clerk.prefer(period_distance=3)
    for period in ("202507", "202502", "202301"):
        text = await clerk.refuse(INVOICE, financialPeriod=period)
        assert (
            f"The date 2025-03-03 and the financial period {period} are too far apart. Field: financialPeriod." in text
        )
        assert "Send 202503 to 202506, or another date." in text
    document = await clerk.invoice(postPeriod="202506")
    text = await clerk.refuse_change(document, documentDate="2025-08-08", postPeriod="202506")
    assert "The date 2025-08-08 and the financial period 202506 are too far apart. Field: postPeriod." in text
    assert (await clerk.change(document, documentDate="2025-08-08"))["financialPeriod"] == "202508"
    await clerk.prefer(period_distance=None)
    far = await clerk.change(document, financialPeriod="202401")
    await clerk.prefer(period_distance=0)
    assert (await clerk.change(far, note="x", financialPeriod="202401"))["financialPeriod"] == "202401"
    assert (await clerk.release(far))["financialPeriod"] == "202401"
