"""What each way to compute VAT makes of a document over HTTP: its totals, its VAT rows, and what release posts.

Figures are worked out by hand in the comments (TOT, VAT). Zone T knows every VAT id; the categories are
named after the ids they list.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import Clerk, Record

# The id, how it is computed, its percent, its account; then exempt and reverse charge.
VAT_IDS = [
    ("IN25", "Vat", "ExtractFromItemAmount", 25, "2711", False, False),
    ("LN25", "Vat", "ItemAmount", 25, "2711", False, False),
    ("DO25", "Vat", "DocumentAmount", 25, "2711", False, False),
    ("LC10", "Vat", "ItemTaxAmount", 10, "2712", False, False),
    ("DC10", "Vat", "DocumenTaxAmount", 10, "2713", False, False),
    ("EX", "ExemptVat", "DocumentAmount", 25, "2714", True, False),
    ("RV", "ReverseVat", "DocumentAmount", 25, "2714", False, True),
]
CATEGORIES = {
    "IN": ["IN25"],
    "LN": ["LN25"],
    "DO": ["DO25"],
    "LN+LC": ["LN25", "LC10"],
    "DO+DC": ["DO25", "DC10"],
    "LN+DC": ["LN25", "DC10"],
    "IN+LC": ["IN25", "LC10"],
    "EX": ["EX"],
    "RV": ["RV"],
    "NOTHING": [],
}


@pytest.fixture
async def vat_clerk(clerk: Clerk) -> Any:
    """The company with these ids and categories, and customer K in zone T."""
    for vat_id, vat_type, calculate_on, percent, account, exempt, reverse in VAT_IDS:
        await clerk.sql(
            """
            with rate as (
                insert into vat_rate (company_id, vat_id, start_date, percent) values ($1, $2, '2000-01-01', $5))
            insert into vat (company_id, vat_id, description, vat_type, calculate_on, payable_account, exempt,
                   reverse_charge, modified_at)
            values ($1, $2, $2, $3, $4, $6, $7, $8, $9)
            """,
            clerk.company_id,
            vat_id,
            vat_type,
            calculate_on,
            Decimal(percent),
            account,
            exempt,
            reverse,
            clerk.clock.now(),
        )
    for category, ids in {**CATEGORIES, "ALL BUT": [it[0] for it in VAT_IDS if it[0] != "DO25"]}.items():
        await clerk.sql(
            "insert into vat_category (company_id, vat_category_id, description, exclude_listed, vat_ids, created_at,"
            " modified_at) values ($1, $2, $2, $3, $4, $5, $5)",
            clerk.company_id,
            category,
            category == "ALL BUT",
            ids,
            clerk.clock.now(),
        )
    await clerk.sql(
        "insert into vat_zone (company_id, vat_zone_id, description, default_category_id, vat_ids, modified_at)"
        " values ($1, 'T', 'Test', 'DO', $2, $3)",
        clerk.company_id,
        [it[0] for it in VAT_IDS],
        clerk.clock.now(),
    )
    await clerk.change("customer/K", vatZoneId="T")
    return clerk


def line(amount: str, category: str, **fields: Any) -> dict[str, Any]:
    return {"description": "Vare", "quantity": 1, "unitPriceInCurrency": amount, "vatCodeId": category, **fields}


def thrice(category: str) -> list[dict[str, Any]]:
    return [line("33.33", category)] * 3


def figures(document: dict[str, Any], *names: str) -> list[str]:
    """Totals in document currency, as text with two decimals."""
    return [f"{document[name]:.2f}" for name in names]


def rows(document: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """VAT id -> percent, taxable amount, VAT."""
    return {
        row["taxId"]: (f"{row['vatRate']:.0f}", f"{row['taxableAmount']:.2f}", f"{row['vatAmount']:.2f}")
        for row in document["taxDetails"]
    }


async def moved(clerk: Clerk, document: Record) -> dict[str, tuple[Decimal, Decimal]]:
    """What a document put on each account, debit positive: in its own currency and in base currency."""
    amounts: dict[str, tuple[Decimal, Decimal]] = {}
    for account, debit, credit, debit_base, credit_base, _ in await clerk.entries(document):
        amount, amount_base = amounts.get(account, (Decimal(0), Decimal(0)))
        amounts[account] = amount + debit - credit, amount_base + debit_base - credit_base
    return amounts


async def posted(clerk: Clerk, document: Record) -> dict[str, str]:
    """Release a document: account -> amount, debit positive. In base currency the amounts must be the same."""
    await clerk.release(document)
    amounts = await moved(clerk, document)
    assert all(amount == amount_base for amount, amount_base in amounts.values())
    return {account: f"{amount:.2f}" for account, (amount, _) in sorted(amounts.items())}


TOTALS = ("detailTotal", "vatTotal", "amount")

# 3 x 33.33. Per line 25 % is 8.33, of the sum it is 25.00 (24.9975); inside the line it is 6.67 of 33.33.
# 10 % on line and VAT: 4.17 of 41.66; on 99.99 + 25.00 it is 12.50, on 99.99 + 24.99 (12.498) too.
CASES: list[tuple[str, list[str], dict[str, tuple[str, str, str]], dict[str, str]]] = [
    (
        "DO",
        ["99.99", "25.00", "124.99"],
        {"DO25": ("25", "99.99", "25.00")},
        {"1500": "124.99", "2711": "-25.00", "3000": "-99.99"},
    ),
    (
        "LN",
        ["99.99", "24.99", "124.98"],
        {"LN25": ("25", "99.99", "24.99")},
        {"1500": "124.98", "2711": "-24.99", "3000": "-99.99"},
    ),
    (
        "IN",
        ["99.99", "20.01", "99.99"],
        {"IN25": ("25", "79.98", "20.01")},
        {"1500": "99.99", "2711": "-20.01", "3000": "-79.98"},
    ),
    (
        "LN+LC",
        ["99.99", "37.50", "137.49"],
        {"LN25": ("25", "99.99", "24.99"), "LC10": ("10", "124.98", "12.51")},
        {"1500": "137.49", "2711": "-24.99", "2712": "-12.51", "3000": "-99.99"},
    ),
    (
        "DO+DC",
        ["99.99", "37.50", "137.49"],
        {"DO25": ("25", "99.99", "25.00"), "DC10": ("10", "124.99", "12.50")},
        {"1500": "137.49", "2711": "-25.00", "2713": "-12.50", "3000": "-99.99"},
    ),
    (
        "LN+DC",
        ["99.99", "37.49", "137.48"],
        {"LN25": ("25", "99.99", "24.99"), "DC10": ("10", "124.98", "12.50")},
        {"1500": "137.48", "2711": "-24.99", "2713": "-12.50", "3000": "-99.99"},
    ),
    # Inside 33.33: 6.67, net 26.66. On top: 10 % of 26.66 + 6.67 = 3.33.
    (
        "IN+LC",
        ["99.99", "30.00", "109.98"],
        {"IN25": ("25", "79.98", "20.01"), "LC10": ("10", "99.99", "9.99")},
        {"1500": "109.98", "2711": "-20.01", "2712": "-9.99", "3000": "-79.98"},
    ),
    (
        "EX",
        ["99.99", "0.00", "99.99"],
        {"EX": ("0", "99.99", "0.00")},
        {"1500": "99.99", "3100": "-99.99"},
    ),
    (
        "RV",
        ["99.99", "0.00", "99.99"],
        {"RV": ("0", "99.99", "0.00")},
        {"1500": "99.99", "3100": "-99.99"},
    ),
    ("NOTHING", ["99.99", "0.00", "99.99"], {}, {"1500": "99.99", "3100": "-99.99"}),
    (
        "ALL BUT",
        ["99.99", "25.00", "124.99"],
        {"DO25": ("25", "99.99", "25.00")},
        {"1500": "124.99", "2711": "-25.00", "3000": "-99.99"},
    ),
]


@pytest.mark.parametrize(("category", "totals", "vat", "journal"), CASES, ids=[case[0] for case in CASES])
async def test_each_way_to_compute(
    vat_clerk: Clerk,
    category: str,
    totals: list[str],
    vat: dict[str, tuple[str, str, str]],
    journal: dict[str, str],
) -> None:
    document = await vat_clerk.invoice(lines=thrice(category))
    assert figures(document, *TOTALS) == totals
    assert rows(document) == vat
    assert await posted(vat_clerk, document) == journal


@pytest.mark.parametrize("category", ["IN", "LN", "DO+DC"])
async def test_a_credit_note_is_the_mirror(vat_clerk: Clerk, category: str) -> None:
    invoice = await vat_clerk.invoice(lines=thrice(category))
    note = await vat_clerk.credit_note(lines=thrice(category))
    assert figures(note, *TOTALS) == figures(invoice, *TOTALS)
    mirrored = {account: f"{-Decimal(amount):.2f}" for account, amount in (await posted(vat_clerk, note)).items()}
    assert mirrored == await posted(vat_clerk, invoice)


async def test_taxable_and_exempt_totals_are_apart(vat_clerk: Clerk) -> None:
    document = await vat_clerk.invoice(
        lines=[line("100", "DO"), line("50", "EX"), line("30", "RV"), line("7", "NOTHING")]
    )
    names = ("vatTaxableTotal", "vatExemptTotal", "vatTotal", "detailTotal", "amount")
    assert figures(document, *names) == ["130.00", "50.00", "25.00", "187.00", "212.00"]
    assert set(rows(document)) == {"DO25", "EX", "RV"}


async def test_the_discount_comes_before_the_vat(vat_clerk: Clerk) -> None:
    # 2 x 62.50 less 10 % is 112.50; inside it 22.50 VAT.
    inside = await vat_clerk.invoice(lines=[line("62.50", "IN", quantity=2, discountPercent=10)])
    assert rows(inside) == {"IN25": ("25", "90.00", "22.50")}
    assert figures(inside, *TOTALS) == ["112.50", "22.50", "112.50"]
    # 100 less 25.50 in money is 74.50; 25 % on top of it 18.63 (18.625).
    on_top = await vat_clerk.invoice(lines=[line("100", "LN", discountAmountInCurrency="25.50")])
    assert on_top["invoiceLines"][0]["discountPercent"] == Decimal("25.5")
    assert figures(on_top, *TOTALS) == ["74.50", "18.63", "93.13"]
    assert await posted(vat_clerk, on_top) == {"1500": "93.13", "2711": "-18.63", "3000": "-74.50"}


async def test_the_basis_of_a_discount_is_a_preference(vat_clerk: Clerk) -> None:
    # 10 x 0.99 less 15 %: 9.90 - 1.49 (1.485) = 8.41; or 10 x 0.84 (0.8415) = 8.40.
    sent = line("0.99", "NOTHING", quantity=10, discountPercent=15)
    first = (await vat_clerk.invoice(lines=[sent]))["invoiceLines"][0]
    await vat_clerk.prefer(discount_basis="UnitPrice")
    second = (await vat_clerk.invoice(lines=[sent]))["invoiceLines"][0]
    names = ("manualAmount", "discountAmount", "amount")
    assert figures(first, *names) == ["9.90", "1.49", "8.41"]
    assert figures(second, *names) == ["9.90", "1.50", "8.40"]


async def test_a_negative_line_takes_its_vat_back(vat_clerk: Clerk) -> None:
    document = await vat_clerk.invoice(lines=[line("100", "LN"), line("-33.33", "LN")])
    assert rows(document) == {"LN25": ("25", "66.67", "16.67")}  # 25.00 - 8.33
    assert await posted(vat_clerk, document) == {"1500": "83.34", "2711": "-16.67", "3000": "-66.67"}


# Rounding of the amount to pay (TOT-03): lines and VAT stay as they are


@pytest.mark.parametrize(
    ("mode", "step", "amount", "difference"),
    [
        ("UseCurrencyPrecision", "1", "124.99", "0.00"),
        ("Nearest", "1", "125.00", "0.01"),
        ("Nearest", "0.05", "125.00", "0.01"),
        ("Nearest", "10", "120.00", "-4.99"),
        ("Nearest", "100", "100.00", "-24.99"),
        ("Up", "0.5", "125.00", "0.01"),
        ("Up", "10", "130.00", "5.01"),
        ("Down", "0.1", "124.90", "-0.09"),
        ("Down", "1", "124.00", "-0.99"),
    ],
)
async def test_rounding_of_the_document(vat_clerk: Clerk, mode: str, step: str, amount: str, difference: str) -> None:
    await vat_clerk.prefer(document_rounding={"mode": mode, "precision": step})
    document = await vat_clerk.invoice(lines=thrice("DO"))
    assert figures(document, "detailTotal", "vatTotal", "amount", "roundingDiff") == [
        "99.99",
        "25.00",
        amount,
        difference,
    ]
    expected = {"1500": amount, "2711": "-25.00", "3000": "-99.99", "7740": f"{-Decimal(difference):.2f}"}
    if not Decimal(difference):
        del expected["7740"]
    assert await posted(vat_clerk, document) == expected


# Another currency: each part is converted, what is left over goes to the rounding account (CUR-04)


async def test_conversion_leaves_its_rest_on_the_rounding_account(vat_clerk: Clerk) -> None:
    # At 11.2345: 33.33 is 374.45 (three times), VAT 25.00 is 280.86, the total 124.99 is 1404.20, the parts 1404.21.
    await vat_clerk.sql("update currency_rate set rate = 11.2345 where from_currency = 'EUR'")
    document = await vat_clerk.invoice(lines=thrice("DO"), currencyId="EUR", exchangeRate="11.2345")
    assert figures(document, "amountInCurrency", "amount", "vatTotal", "detailTotal") == [
        "124.99",
        "1404.20",
        "280.86",
        "1123.35",
    ]
    await vat_clerk.release(document)
    journal = await moved(vat_clerk, document)
    assert {account: f"{base:.2f}" for account, (_, base) in sorted(journal.items())} == {
        "1500": "1404.20",
        "2711": "-280.86",
        "3000": "-1123.35",
        "7740": "0.01",
    }
    assert {account: f"{amount:.2f}" for account, (amount, _) in sorted(journal.items())} == {
        "1500": "124.99",
        "2711": "-25.00",
        "3000": "-99.99",
        "7740": "0.00",
    }


# VAT that is sent (VAT-09, VAT-11)


async def test_sent_vat_within_tolerance_is_taken(vat_clerk: Clerk) -> None:
    sent = [{"taxId": "DO25", "taxableAmount": "99.99", "vatAmount": "24.96"}]
    document = await vat_clerk.invoice(lines=thrice("DO"), taxDetailLines=sent)
    assert rows(document) == {"DO25": ("25", "99.99", "24.96")}
    assert figures(document, *TOTALS) == ["99.99", "24.96", "124.95"]
    changed = await vat_clerk.change(document, invoiceText="Takk")  # touches no figure: the sent VAT stands
    assert figures(changed, "vatTotal") == ["24.96"]
    assert await posted(vat_clerk, document) == {"1500": "124.95", "2711": "-24.96", "3000": "-99.99"}


async def test_sent_vat_is_rounded_to_the_currency(vat_clerk: Clerk) -> None:
    sent = [{"taxId": "DO25", "taxableAmount": "99.98500000000001", "vatAmount": "24.964999999999999"}]
    document = await vat_clerk.invoice(lines=thrice("DO"), taxDetailLines=sent)
    assert rows(document) == {"DO25": ("25", "99.99", "24.96")}


async def test_a_changed_line_drops_sent_vat(vat_clerk: Clerk) -> None:
    document = await vat_clerk.invoice(lines=thrice("DO"), taxDetailLines=[{"taxId": "DO25", "vatAmount": "24.96"}])
    changed = await vat_clerk.change(document, invoiceLines=[{"operation": "Update", "lineNumber": 1, "quantity": 2}])
    assert rows(changed) == {"DO25": ("25", "133.32", "33.33")}


@pytest.mark.parametrize(
    "change",
    [
        {"creditTermsId": "30D2"},
        {"cashDiscountDate": "2025-03-04"},
        {"invoiceLines": [{"operation": "Update", "lineNumber": 1, "description": "Annet"}]},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_vat_does_not_follow_from_leaves_sent_vat(vat_clerk: Clerk, change: dict[str, Any]) -> None:
    await vat_clerk.sql("update credit_terms set discount_percent = 50 where terms_id = '30D2'")
    document = await vat_clerk.invoice(lines=thrice("DO"), taxDetailLines=[{"taxId": "DO25", "vatAmount": "24.96"}])
    changed = await vat_clerk.change(document, **change)
    assert rows(changed) == {"DO25": ("25", "99.99", "24.96")}
    if "creditTermsId" in change:
        assert figures(changed, "cashDiscount") == ["62.48"], "computed anew, of the VAT that was entered"


@pytest.mark.parametrize(
    ("category", "sent", "words"),
    [
        ("DO", {"taxId": "DO25", "vatAmount": "26.01"}, ["taxDetailLines[0].vatAmount", "25.00", "25.04"]),
        ("DO", {"taxId": "DO25", "vatAmount": "25.045"}, ["taxDetailLines[0].vatAmount", "Sent: '25.05'"]),
        ("DO", {"taxId": "DO25", "vatAmount": "24.95"}, ["taxDetailLines[0].vatAmount", "25.00", "24.96"]),
        ("DO", {"taxId": "DO25", "vatAmount": "0"}, ["taxDetailLines[0].vatAmount", "25.00", "24.96"]),
        ("DO", {"taxId": "DO25", "taxableAmount": "98.98"}, ["taxDetailLines[0].taxableAmount", "99.99"]),
        ("DO", {"taxId": "DO25", "taxableAmount": "99.98"}, ["taxDetailLines[0].taxableAmount", "99.99"]),
        ("DO", {"taxId": "LN25", "vatAmount": "25"}, ["TaxID 'LN25' cannot be found", "DO25"]),
        ("IN", {"taxId": "IN25", "vatAmount": "20.00"}, ["taxDetailLines[0].vatAmount", "20.01"]),
        ("EX", {"taxId": "EX", "vatAmount": "0.50"}, ["taxDetailLines[0].vatAmount"]),
        ("RV", {"taxId": "RV", "vatAmount": "0.50"}, ["taxDetailLines[0].vatAmount"]),
    ],
)
async def test_sent_vat_that_does_not_fit_is_refused(
    vat_clerk: Clerk, category: str, sent: dict[str, Any], words: list[str]
) -> None:
    text = await vat_clerk.refused(
        "POST",
        "customerinvoice",
        customerNumber="K",
        documentDate="2025-03-03",
        invoiceLines=thrice(category),
        taxDetailLines=[sent],
    )
    for word in words:
        assert word in text


async def test_the_tolerance_is_in_base_currency(vat_clerk: Clerk) -> None:
    # 0.22 in base currency at 11 is 0.02 in EUR, less than the 0.04 that rounding three lines can explain.
    await vat_clerk.prefer(vat_tolerance="0.22", accept_rates_beyond_tolerance=True)
    fields = {"currencyId": "EUR", "exchangeRate": "11", "customerNumber": "K", "documentDate": "2025-03-03"}
    taken = await vat_clerk.invoice(
        lines=thrice("DO"), **fields, taxDetailLines=[{"taxId": "DO25", "vatAmount": "24.98"}]
    )
    assert figures(taken, "vatTotalInCurrency") == ["24.98"]
    over = [{"taxId": "DO25", "vatAmount": "24.97"}]
    text = await vat_clerk.refused("POST", "customerinvoice", invoiceLines=thrice("DO"), taxDetailLines=over, **fields)
    assert "25.00" in text


async def test_small_amounts_keep_their_vat(vat_clerk: Clerk) -> None:
    line = {"description": "DO", "quantity": 1, "unitPriceInCurrency": "3.00", "vatCodeId": "DO"}
    sent = {"customerNumber": "K", "documentDate": "2025-03-03", "invoiceLines": [line]}
    nothing = [{"taxId": "DO25", "vatAmount": "0"}]
    text = await vat_clerk.refused("POST", "customerinvoice", **sent, taxDetailLines=nothing)
    assert "Computed: 0.75; send 0.73 to 0.77." in text


async def test_sent_vat_of_a_credit_note(vat_clerk: Clerk) -> None:
    note = await vat_clerk.credit_note(lines=thrice("DO"), taxDetails=[{"taxId": "DO25", "vatAmount": "24.99"}])
    assert figures(note, *TOTALS) == ["99.99", "24.99", "124.98"]
    assert await posted(vat_clerk, note) == {"1500": "-124.98", "2711": "24.99", "3000": "99.99"}


# What decides which ids apply (VAT-01 to VAT-04)


async def test_dated_rates_follow_the_document_date(vat_clerk: Clerk) -> None:
    await vat_clerk.sql(
        "insert into vat_rate (company_id, vat_id, start_date, percent) values ($1, 'DO25', '2025-07-01', 20)",
        vat_clerk.company_id,
    )
    before = await vat_clerk.invoice(lines=[line("100", "DO")], documentDate="2025-06-30")
    after = await vat_clerk.invoice(lines=[line("100", "DO")], documentDate="2025-07-01")
    assert (rows(before)["DO25"], rows(after)["DO25"]) == (("25", "100.00", "25.00"), ("20", "100.00", "20.00"))
    changed = await vat_clerk.change(before, documentDate="2025-07-02")
    assert rows(changed)["DO25"] == ("20", "100.00", "20.00")


async def test_an_id_that_is_no_longer_valid_is_refused(vat_clerk: Clerk) -> None:
    await vat_clerk.sql("update vat set not_valid_after = '2025-06-30' where company_id = $1", vat_clerk.company_id)
    await vat_clerk.invoice(lines=[line("100", "DO")], documentDate="2025-06-30")
    sent = {"customerNumber": "K", "documentDate": "2025-07-01", "invoiceLines": [line("100", "DO")]}
    assert "'DO25' has no rate on 2025-07-01" in await vat_clerk.refused("POST", "customerinvoice", **sent)


async def test_a_category_that_the_zone_does_not_know_is_refused(vat_clerk: Clerk) -> None:
    sent = {"customerNumber": "K", "customerVatZoneId": "NO", "invoiceLines": [line("100", "DO")]}
    assert "TaxID 'DO' cannot be found" in await vat_clerk.refused("POST", "customerinvoice", **sent)
    await vat_clerk.sql("update vat_category set active = false where company_id = $1", vat_clerk.company_id)
    sent = {"customerNumber": "K", "invoiceLines": [line("100", "DO")]}
    assert "'DO' is not active" in await vat_clerk.refused("POST", "customerinvoice", **sent)


async def test_the_zone_on_the_document_wins(vat_clerk: Clerk) -> None:
    document = await vat_clerk.invoice(lines=[line("100", "3")], customerVatZoneId="NO")
    assert rows(document) == {"3": ("25", "100.00", "25.00")}


async def test_a_line_without_category_takes_the_zones(vat_clerk: Clerk) -> None:
    document = await vat_clerk.invoice(lines=[{"description": "Vare", "quantity": 1, "unitPriceInCurrency": "100"}])
    assert document["invoiceLines"][0]["vatCode"]["id"] == "DO"
    assert rows(document) == {"DO25": ("25", "100.00", "25.00")}


async def test_vat_without_account_is_not_released(vat_clerk: Clerk) -> None:
    await vat_clerk.sql("update vat set payable_account = null where company_id = $1", vat_clerk.company_id)
    document = await vat_clerk.invoice(lines=[line("100", "DO")])
    assert "no account for VAT payable" in await vat_clerk.refuse_release(document)
    free = await vat_clerk.invoice(lines=[line("100", "EX")])
    assert await posted(vat_clerk, free) == {"1500": "100.00", "3100": "-100.00"}
