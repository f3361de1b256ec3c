"""Agreed exchange rates and the company's: how far apart they may be (CUR-06), and which one VAT has (VAT-13)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from reskontra import kinds
from reskontra.clock import Context
from reskontra.documents.commands.crediting import credit_whole
from tests.clerk import CREDIT_NOTE, INVOICE, KINDS, Clerk, application, refusal

# The company's rate of the euro on 2025-03-03 is 10.40.
EURO: dict[str, Any] = {"currencyId": "EUR", "lines": [
    {"description": "Advice", "quantity": 1, "unitPriceInCurrency": 1000, "vatCodeId": "3"}]}  # fmt: skip
ANY = {"accept_rates_beyond_tolerance": True}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate", ["0.00000001", "1", "9.87999999", "10.92000001", "104"])
async def test_a_rate_far_from_the_companys_is_refused_with_both_named(bystander: Clerk, kind: str, rate: str) -> None:
    text = await bystander.refuse(kind, **EURO, exchangeRate=Decimal(rate))
    said = f"{Decimal(rate).normalize():f}"
    assert f"The exchange rate {said} is too far from the company's, which is 10.4." in text
    assert "Field: exchangeRate." in text
    assert "Send 9.88 to 10.92, or leave it out." in text


@pytest.mark.parametrize("rate", ["9.88", "10.39999999", "10.92"])
async def test_a_rate_near_the_companys_is_taken(clerk: Clerk, rate: str) -> None:
    assert (await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal(rate)))["exchangeRate"] == Decimal(rate)


async def test_how_far_is_a_preference_and_another_takes_any(clerk: Clerk) -> None:
    await clerk.prefer(rate_tolerance_percent=0)
    assert "Send 10.4 to 10.4, or" in await clerk.refuse(INVOICE, **EURO, exchangeRate=Decimal("10.41"))
    await clerk.prefer(rate_tolerance_percent=20)
    assert (await clerk.invoice(**EURO, exchangeRate=12))["exchangeRate"] == 12
    assert "Send 8.32 to 12.48, or" in await clerk.refuse(INVOICE, **EURO, exchangeRate=13)
    await clerk.prefer(**ANY)
    assert (await clerk.invoice(**EURO, exchangeRate=13))["exchangeRate"] == 13


async def test_a_rate_that_a_change_of_date_brings_too_far_is_refused(clerk: Clerk) -> None:
    await clerk.sql(
        "update currency_rate set rate = 11.9 where from_currency = 'EUR' and effective_date >= '2025-06-01'"
    )
    document = await clerk.invoice(**EURO, exchangeRate=Decimal("10.5"))
    text = await clerk.refuse_change(document, documentDate="2025-06-20")
    assert "The exchange rate 10.5 is too far from the company's, which is 11.9." in text
    moved = await clerk.change(document, documentDate="2025-06-20", exchangeRate=12)
    assert moved["exchangeRate"] == 12
    assert await vat_of(clerk, INVOICE, moved.number) == (12, Decimal("11.9"), [("3", 11_900, 1_000, 2_975, 250)])


async def test_a_draft_that_was_taken_may_be_changed_and_released_after_the_tolerance_shrinks(clerk: Clerk) -> None:
    document = await clerk.invoice(**EURO, exchangeRate=Decimal("10.9"))
    await clerk.prefer(rate_tolerance_percent=1)
    await clerk.change(document, note="x")
    assert (await clerk.release(document))["status"] == "Open"


async def test_a_rate_that_divides_is_held_to_the_table_too(clerk: Clerk) -> None:
    await clerk.sql("update currency_rate set rate = 0.1, operator = 'D' where from_currency = 'EUR'")
    assert "Send 0.095 to 0.105, or" in await clerk.refuse(INVOICE, **EURO, exchangeRate=Decimal("0.2"))
    document = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("0.104"))
    assert await vat_of(clerk, INVOICE, document.number) == (
        Decimal("0.104"), Decimal("0.1"), [("3", 10_000, 1_000, 2_500, 250)])  # fmt: skip


async def test_a_credit_note_may_have_the_rate_of_the_invoice_that_it_settles(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("10.4"))
    await clerk.sql("update currency_rate set rate = 12 where from_currency = 'EUR' and effective_date >= '2025-06-01'")
    fields = EURO | {"documentDate": "2025-06-20", "exchangeRate": Decimal("10.4")}
    assert "which is 12." in await clerk.refuse(CREDIT_NOTE, **fields)
    note = await clerk.credit_note(**fields, applicationLines=[application(invoice, 1250)])
    assert note["exchangeRate"] == Decimal("10.4")
    other = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("10.5"))
    refused = await clerk.post(CREDIT_NOTE, **clerk.sale(**fields, applicationLines=[application(other, 1250)]))
    assert "which is 12." in refusal(refused)


# VAT


async def vat_of(clerk: Clerk, kind: str, number: str) -> tuple[Any, Any, list[tuple[Any, ...]]]:
    """Both rates, and of each VAT id: taxable amount in base and in currency, VAT in base and in currency."""
    found = await clerk.get(f"reskontra/{kind}/{number}/vat")
    assert (found["referenceNumber"], found["currencyId"], found["baseCurrency"]) == (number, "EUR", "NOK")
    names = ("vatId", "taxableAmount", "taxableAmountInCurrency", "vatAmount", "vatAmountInCurrency")
    rows = [tuple(row[name] for name in names) for row in found["vat"]]
    return found["exchangeRate"], found["vatExchangeRate"], rows


@pytest.mark.parametrize(
    ("rate", "owed", "account", "difference"),
    [("10.00", 12_500, "8160", 100), ("10.80", 13_500, "8060", -100)],
)
async def test_vat_is_posted_at_the_companys_rate_and_the_rest_is_gain_or_loss(
    clerk: Clerk, rate: str, owed: int, account: str, difference: int
) -> None:
    """The customer owes 1,250 EUR at the agreed rate, the State gets 250 EUR at 10.40 (bokføringsforskriften
    § 4-2)."""
    invoice = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal(rate))
    assert (invoice["amount"], invoice["balance"], invoice["vatTotal"]) == (owed, owed, 2_600)
    assert invoice["vatTaxableTotal"] == 10_400
    assert await vat_of(clerk, INVOICE, invoice.number) == (
        Decimal(rate), Decimal("10.4"), [("3", 10_400, 1_000, 2_600, 250)])  # fmt: skip
    assert await clerk.entries(invoice) == [
        ("1500", 1_250, 0, owed, 0, "receivable"),
        ("3000", 0, 1_000, 0, 1_000 * Decimal(rate), "revenue"),
        ("2711", 0, 250, 0, 2_600, "vat"),
        (account, 0, 0, max(difference, 0), max(-difference, 0), "exchange_gain_loss"),
    ]
    note = await clerk.issue(CREDIT_NOTE, **EURO, exchangeRate=Decimal(rate))
    mirrored = [(entry[0], entry[2], entry[1], entry[4], entry[3], entry[5]) for entry in await clerk.entries(invoice)]
    assert [entry[1:] for entry in await clerk.entries(note)] == [entry[1:] for entry in mirrored]
    assert {entry[0] for entry in await clerk.entries(note)} >= {"1500", "3000", "2711"}


async def test_at_the_companys_rate_nothing_is_left_for_gain_or_loss(clerk: Clerk) -> None:
    agreed: dict[str, Any] = {"exchangeRate": Decimal("10.4")}
    for fields in (EURO, EURO | agreed):
        invoice = await clerk.issue(INVOICE, **fields)
        assert [entry[5] for entry in await clerk.entries(invoice)] == ["receivable", "revenue", "vat"]
        assert await vat_of(clerk, INVOICE, invoice.number) == (
            Decimal("10.4"), Decimal("10.4"), [("3", 10_400, 1_000, 2_600, 250)])  # fmt: skip
    assert await clerk.rows("select from document where vat_exchange_rate is not null") == []


async def test_rounding_stays_apart_from_the_difference_of_rates(clerk: Clerk) -> None:
    lines = [
        {"description": "Third", "quantity": 1, "unitPriceInCurrency": Decimal("33.33"), "vatCodeId": code}
        for code in ("3", "31", "33", "6")
    ]
    invoice = await clerk.issue(INVOICE, currencyId="EUR", lines=lines, exchangeRate=Decimal("10.05"))
    # 8.33, 5.00 and 4.00 EUR of VAT: 86.63, 52.00 and 41.60 at 10.40, 83.72, 50.25 and 40.20 at 10.05
    entries = await clerk.entries(invoice)
    assert [entry[4] for entry in entries if entry[5] == "vat"] == [
        Decimal("86.63"),
        Decimal("52.00"),
        Decimal("41.60"),
    ]
    (difference,) = [entry[3] for entry in entries if entry[5] == "exchange_gain_loss"]
    assert difference == Decimal("86.63") - Decimal("83.72") + Decimal("52.00") - Decimal("50.25") + Decimal("1.40")
    rounding = sum(entry[3] - entry[4] for entry in entries if entry[5] == "rounding")
    assert abs(rounding) <= Decimal("0.04")


async def test_without_a_rate_in_the_table_vat_has_the_rate_that_was_sent(clerk: Clerk) -> None:
    await clerk.sql("delete from currency_rate where from_currency = 'EUR'")
    invoice = await clerk.issue(INVOICE, **EURO, exchangeRate=12)
    assert await vat_of(clerk, INVOICE, invoice.number) == (12, 12, [("3", 12_000, 1_000, 3_000, 250)])


async def test_a_cleared_rate_brings_vat_back_to_one_rate(clerk: Clerk) -> None:
    document = await clerk.invoice(**EURO, exchangeRate=Decimal("10.8"))
    assert (await vat_of(clerk, INVOICE, document.number))[:2] == (Decimal("10.8"), Decimal("10.4"))
    await clerk.change(document, exchangeRate=None)
    assert (await vat_of(clerk, INVOICE, document.number))[:2] == (Decimal("10.4"), Decimal("10.4"))
    await clerk.change(document, exchangeRate=Decimal("10.8"))
    kroner = await clerk.change(document, currencyId="NOK")
    assert (kroner["vatTotal"], kroner["vatTotalInCurrency"]) == (250, 250)


async def test_what_takes_back_a_whole_document_has_both_its_rates(clerk: Clerk) -> None:
    """Revenue, VAT and gain are zero over the pair, whatever the rate is by then (REV-04)."""
    invoice = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("10.8"))
    await clerk.sql("update currency_rate set rate = 12 where from_currency = 'EUR' and effective_date >= '2025-06-01'")
    await clerk.sql("update customer set rate_override = false")
    context = Context(
        company_id=clerk.company_id, actor="test", request_id="", now=clerk.clock.now(), clock=clerk.clock
    )
    async with clerk.database.transaction() as connection:
        await credit_whole(connection, context, kinds.INVOICE, invoice.number, date(2025, 6, 20), origin="reversed")
    assert (await clerk.get(invoice))["status"] == "Closed"
    left = await clerk.rows(
        """select account_number from journal_entry where currency_id = 'EUR'
            group by account_number having sum(debit_base) <> sum(credit_base)"""
    )
    gained = await clerk.sql(
        "select sum(debit_base - credit_base) from journal_entry where purpose = 'exchange_gain_loss'"
    )
    assert ([row["account_number"] for row in left], gained) == (["8060", "8160"], 0)


@pytest.mark.parametrize("kind", KINDS)
async def test_vat_of_kroner_is_shown_as_it_is_and_of_an_unknown_document_refused(clerk: Clerk, kind: str) -> None:
    document = await clerk.document(kind)
    answer = await clerk.http.get(f"/v1/reskontra/{kind.upper()}/{document.number}/vat")
    assert answer.headers["ETag"] == document.etag
    warned = {"warnings": ["The credit note does not say which invoice it corrects."]} if kind == CREDIT_NOTE else {}
    assert answer.json() == warned | {
        "documentType": document["documentType"],
        "referenceNumber": document.number,
        "currencyId": "NOK",
        "baseCurrency": "NOK",
        "exchangeRate": 1,
        "vatExchangeRate": 1,
        "vatDate": "2025-03-03T00:00:00",
        "vat": [
            {"vatId": "3", "vatRate": 25, "taxableAmount": 100, "taxableAmountInCurrency": 100,
             "vatAmount": 25, "vatAmountInCurrency": 25}
        ],
    }  # fmt: skip
    unknown = await clerk.http.get(f"/v1/reskontra/{kind}/NONE/vat")
    assert unknown.status_code == 404
    assert "'NONE' cannot be found in the system." in unknown.json()["message"]
