"""The VAT date of documents and lines (VAT-14), and what a credit note corrects (REV-04, REV-06)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import structlog

from reskontra import kinds
from reskontra.clock import Context
from reskontra.documents.commands.crediting import credit_whole
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk, Record, application, refusal

FOOD = {"description": "Potatoes", "quantity": 1, "unitPriceInCurrency": 1000, "vatCodeId": "FOOD"}
MARCH, APRIL = "2025-03-31", "2025-04-15"


@pytest.fixture
async def grocer(clerk: Clerk) -> Clerk:
    """A company whose VAT on food fell from 12 to 6 per cent on 1 April."""
    await clerk.execute(
        """insert into vat (company_id, vat_id, description, vat_type, calculate_on, payable_account, modified_at)
           values (1, 'FOOD', 'Food', 'Vat', 'ItemAmount', '2711', now())""",
        "insert into vat_rate (company_id, vat_id, start_date, percent) values (1, 'FOOD', '2020-01-01', 12)",
        "insert into vat_rate (company_id, vat_id, start_date, percent) values (1, 'FOOD', '2025-04-01', 6)",
        """insert into vat_category (company_id, vat_category_id, description, exclude_listed, vat_ids, created_at,
                                     modified_at) values (1, 'FOOD', 'Food', false, '{FOOD}', now(), now())""",
        "update vat_zone set vat_ids = array_append(vat_ids, 'FOOD')",
    )
    clerk.day = APRIL
    return clerk


async def march(grocer: Clerk, **fields: Any) -> Record:
    """The invoice over 1,120 of the last day at 12 per cent."""
    return await grocer.issue(INVOICE, documentDate=MARCH, lines=[FOOD], **fields)


def vat_address(document: Record) -> str:
    kind = {"Invoice": INVOICE, "CreditNote": CREDIT_NOTE, "DebitNote": DEBIT_NOTE}[document["documentType"]]
    return f"reskontra/{kind}/{document.number}/vat"


async def vat_of(clerk: Clerk, document: Record) -> dict[str, Any]:
    found: dict[str, Any] = await clerk.get(vat_address(document))
    return found


async def set_vat(clerk: Clerk, document: Record, **fields: Any) -> Record:
    answer = await clerk.put(vat_address(document), **fields)
    assert (answer.status_code, answer.text) == (204, "")
    shown: Record = await clerk.get(document)
    return shown


def context_of(clerk: Clerk) -> Context:
    return Context(company_id=1, actor="test", request_id="", now=clerk.clock.now(), clock=clerk.clock)


# What a credit note has


@pytest.mark.parametrize("how", ["applied", "dated", "said"])
async def test_a_credit_note_gives_back_the_vat_of_what_it_corrects(grocer: Clerk, how: str) -> None:
    invoice = await march(grocer)
    assert invoice["vatTotal"] == 120
    fields: dict[str, dict[str, Any]] = {
        "applied": {"applicationLines": [application(invoice, 1120)]},
        "dated": {"origInvoiceDate": MARCH},
        "said": {},
    }
    note = await grocer.credit_note(lines=[FOOD], **fields[how])
    if how == "said":
        assert note["vatTotal"] == 60
        note = await set_vat(grocer, note, corrects={"referenceNumber": invoice.number})
    assert (note["vatTotal"], note["amount"]) == (120, 1120)
    shown = await vat_of(grocer, note)
    assert shown["vatDate"] == f"{MARCH}T00:00:00"
    assert [(row["vatRate"], row["vatAmount"]) for row in shown["vat"]] == [(12, 120)]
    released = await grocer.release(note)
    assert ("2711", 120) in [(entry[0], entry[3]) for entry in await grocer.entries(released)]


async def test_a_credit_note_that_names_nothing_has_the_vat_of_its_own_day(grocer: Clerk) -> None:
    note = await grocer.credit_note(lines=[FOOD])
    assert note["vatTotal"] == 60
    assert (await grocer.change(note, documentDate=MARCH))["vatTotal"] == 120
    assert (await grocer.change(note, origInvoiceDate=APRIL))["vatTotal"] == 60


async def test_the_date_that_was_sent_counts_more_than_the_invoice_and_is_given_up_when_cleared(grocer: Clerk) -> None:
    invoice = await march(grocer)
    note = await grocer.credit_note(
        lines=[FOOD], applicationLines=[application(invoice, 1000)], origInvoiceDate="2025-04-02"
    )
    assert note["vatTotal"] == 60
    assert (await grocer.change(note, origInvoiceDate=None))["vatTotal"] == 120
    note = await set_vat(grocer, note, vatDate=APRIL)
    assert note["vatTotal"] == 60
    note = await grocer.change(note, documentDate="2025-04-20")
    assert note["vatTotal"] == 60
    note = await set_vat(grocer, note, vatDate={"value": None})
    assert note["vatTotal"] == 120


async def test_documents_of_several_days_give_a_credit_note_the_latest_of_them(grocer: Clerk) -> None:
    invoices = [
        await grocer.issue(INVOICE, documentDate=day, lines=[FOOD]) for day in (MARCH, "2025-03-05", "2025-04-02")
    ]
    both = [application(invoice, 100) for invoice in invoices[:2]]
    note = await grocer.credit_note(lines=[FOOD], applicationLines=both)
    assert (await vat_of(grocer, note))["vatDate"] == f"{MARCH}T00:00:00"
    note = await grocer.change(note, applicationLines=[application(invoices[2], 100)])
    assert note["vatTotal"] == 60


async def test_the_vat_date_follows_the_invoices_own_and_not_its_document_date(grocer: Clerk) -> None:
    draft = await grocer.invoice(lines=[FOOD])
    late = await grocer.release(await set_vat(grocer, draft, vatDate=MARCH))
    note = await grocer.credit_note(lines=[FOOD], applicationLines=[application(late, 1120)], documentDate="2025-05-05")
    assert note["vatTotal"] == 120


# What is set


async def test_an_invoice_of_april_for_goods_of_march_has_the_vat_of_march(grocer: Clerk) -> None:
    invoice = await grocer.invoice(lines=[FOOD])
    assert (await vat_of(grocer, invoice))["vatDate"] == f"{APRIL}T00:00:00"
    changed = await set_vat(grocer, invoice, vatDate=MARCH)
    assert (changed["vatTotal"], changed["documentDate"]) == (120, f"{APRIL}T00:00:00")
    assert (await grocer.change(changed, documentDate="2025-04-20"))["vatTotal"] == 120
    assert (await grocer.release(changed))["amount"] == 1120


async def test_lines_of_two_days_have_vat_at_two_rates(grocer: Clerk) -> None:
    invoice = await grocer.invoice(lines=[FOOD, {**FOOD, "unitPriceInCurrency": 500}])
    changed = await set_vat(grocer, invoice, lines=[{"lineNumber": 1, "vatDate": MARCH}])
    assert [
        (row["taxId"], row["vatRate"], row["taxableAmount"], row["vatAmount"]) for row in changed["taxDetails"]
    ] == [
        ("FOOD", 6, 500, 30),
        ("FOOD", 12, 1000, 120),
    ]
    shown = await vat_of(grocer, changed)
    assert shown["lines"] == [{"lineNumber": 1, "vatDate": f"{MARCH}T00:00:00"}]
    text = await grocer.refuse_change(changed, taxDetailLines=[{"taxId": "FOOD", "vatAmount": 150}])
    assert "The VAT id 'FOOD' has lines at 2 rates." in text
    released = await grocer.release(changed)
    assert (released["vatTotal"], released["amount"]) == (150, 1650)
    issued = await grocer.get(f"reskontra/issuedDocument/Invoice/{released.number}")
    assert [text["vatId"] for text in issued["vatTexts"]] == ["FOOD"]
    edits = await grocer.rows(
        "select detail from change where entity = 'Invoice' and event = 'updated' order by change_id desc limit 1"
    )
    before, after = json.loads(edits[0][0])["vat"]
    assert [len(before), len(after)] == [1, 2]
    async with grocer.database.transaction() as connection:
        await credit_whole(connection, context_of(grocer), kinds.INVOICE, released.number, date(2025, 6, 1), origin="x")
    assert (await grocer.get(released))["status"] == "Closed"
    assert await grocer.sql("select sum(debit_base - credit_base) from journal_entry where vat_id = 'FOOD'") == 0


async def test_a_line_gives_its_day_up_when_it_is_cleared(grocer: Clerk) -> None:
    invoice = await set_vat(grocer, await grocer.invoice(lines=[FOOD]), lines=[{"lineNumber": 1, "vatDate": MARCH}])
    assert invoice["vatTotal"] == 120
    cleared = [{"lineNumber": 1, "vatDate": {"value": None}}]
    assert (await set_vat(grocer, invoice, lines=cleared))["vatTotal"] == 60
    assert "lines" not in await vat_of(grocer, invoice)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"vatDate": "2019-12-31"}, "The VAT id 'FOOD' has no rate on 2019-12-31. Field: vatDate."),
        ({"lines": [{"lineNumber": 1, "vatDate": "2019-12-31"}]}, "Field: lines[0].vatDate."),
        ({"lines": [{"lineNumber": 9, "vatDate": MARCH}]}, "The document has these lines: 1."),
        ({"corrects": {"referenceNumber": "000001"}}, "An invoice corrects nothing. Field: corrects."),
    ],
)
async def test_what_cannot_be_set_is_refused_and_named(grocer: Clerk, fields: dict[str, Any], named: str) -> None:
    invoice = await grocer.invoice(lines=[FOOD])
    assert named in await grocer.refuse_change(vat_address(invoice), **fields)


async def test_after_release_it_is_frozen_and_an_echo_passes(grocer: Clerk) -> None:
    invoice = await march(grocer)
    note = await grocer.issue(CREDIT_NOTE, lines=[FOOD], applicationLines=[application(invoice, 1120)])
    named = {"documentType": "Invoice", "referenceNumber": invoice.number}
    echo: dict[str, Any] = {"vatDate": MARCH, "corrects": named, "lines": [{"lineNumber": 1, "vatDate": None}]}
    assert (await grocer.put(vat_address(note), **echo)).status_code == 204
    other = await march(grocer)
    for change, field in (
        ({"vatDate": APRIL}, "vatDate"),
        ({"corrects": {**named, "referenceNumber": other.number}}, "corrects"),
        ({"corrects": {"value": None}}, "corrects"),
        ({"lines": [{"lineNumber": 1, "vatDate": MARCH}]}, "lines[0].vatDate"),
    ):
        assert f"Field: {field}." in await grocer.refuse_change(vat_address(note), **change)


# What a credit note corrects


async def test_a_credit_note_corrects_the_one_invoice_that_it_is_applied_to(grocer: Clerk) -> None:
    first, second = await march(grocer), await march(grocer)
    note = await grocer.credit_note(lines=[FOOD], applicationLines=[application(first, 500)])
    assert (await vat_of(grocer, note))["corrects"] == {"documentType": "Invoice", "referenceNumber": first.number}
    await grocer.change(note, applicationLines=[application(second, 500)])
    assert "corrects" not in await vat_of(grocer, note)
    await grocer.change(note, applicationLines=[application(first, 500, "Delete")])
    assert (await vat_of(grocer, note))["corrects"]["referenceNumber"] == second.number
    await set_vat(grocer, note, corrects={"referenceNumber": first.number})
    await grocer.change(note, applicationLines=[application(second, 400)])
    assert (await vat_of(grocer, note))["corrects"]["referenceNumber"] == first.number
    await set_vat(grocer, note, corrects={"value": None})
    assert (await vat_of(grocer, note))["corrects"]["referenceNumber"] == second.number


async def test_what_it_was_said_to_correct_stays_when_it_no_longer_settles_that(grocer: Clerk) -> None:
    """Decision 0027: said before or after it is also applied to the same invoice."""
    invoice = await march(grocer)
    note = await grocer.credit_note(lines=[FOOD], applicationLines=[application(invoice, 500)])
    said = await set_vat(grocer, note, corrects={"referenceNumber": invoice.number})
    assert said.etag != note.etag
    for _ in range(2):
        await grocer.change(note, applicationLines=[application(invoice, 500, "Delete")])
        assert (await vat_of(grocer, note))["corrects"]["referenceNumber"] == invoice.number
        await grocer.change(note, applicationLines=[application(invoice, 500)])
    await set_vat(grocer, note, corrects={"value": None})
    await grocer.change(note, applicationLines=[application(invoice, 500, "Delete")])
    assert "corrects" not in await vat_of(grocer, note)


async def test_what_a_credit_note_cannot_correct_is_refused_and_named(grocer: Clerk) -> None:
    note = await grocer.credit_note(lines=[FOOD])
    draft = await grocer.invoice(lines=[FOOD])
    another = await grocer.issue(CREDIT_NOTE, lines=[FOOD])
    foreign = await grocer.issue(INVOICE, await grocer.customer(), lines=[FOOD])
    for named, text in (
        ({"referenceNumber": draft.number}, f"{draft.number} has the status Balanced and cannot be corrected."),
        (
            {"documentType": "CreditNote", "referenceNumber": another.number},
            "Send one of: DebitNote, FinCharge, Invoice.",
        ),
        ({"referenceNumber": foreign.number}, "Send a released document of the same customer."),
        ({"referenceNumber": "NONE"}, "Send a released document of the same customer."),
    ):
        assert text in await grocer.refuse_change(vat_address(note), corrects=named)


async def test_a_debit_note_may_correct_an_invoice_and_then_has_its_vat(grocer: Clerk) -> None:
    invoice = await march(grocer)
    debit = await set_vat(grocer, await grocer.debit_note(lines=[FOOD]), corrects={"referenceNumber": invoice.number})
    assert debit["vatTotal"] == 120
    assert "warnings" not in await vat_of(grocer, debit)


async def test_a_credit_note_that_names_nothing_is_released_with_a_warning(grocer: Clerk) -> None:
    note = await grocer.credit_note(lines=[FOOD])
    with structlog.testing.capture_logs() as logged:
        released = await grocer.release(note)
    says = "The credit note does not say which invoice it corrects."
    assert [it["warning"] for it in logged if it["event"] == "released"] == [says]
    assert (await vat_of(grocer, released))["warnings"] == [says]
    invoice = await march(grocer)
    with structlog.testing.capture_logs() as logged:
        named = await grocer.issue(CREDIT_NOTE, lines=[FOOD], applicationLines=[application(invoice, 1)])
    assert [it for it in logged if it["event"] == "released"] == []
    assert "warnings" not in await vat_of(grocer, named)


# Its exchange rate

EURO: dict[str, Any] = {
    "currencyId": "EUR",
    "lines": [{"description": "Advice", "quantity": 1, "unitPriceInCurrency": 1000, "vatCodeId": "3"}],
}


@pytest.mark.parametrize("agreed", [None, "10.7"])
async def test_an_invoice_and_its_credit_note_without_a_rate_net_to_nothing(clerk: Clerk, agreed: str | None) -> None:
    rate: dict[str, Any] = {"exchangeRate": Decimal(agreed)} if agreed else {}
    invoice = await clerk.issue(INVOICE, **EURO, **rate)
    await clerk.sql("update currency_rate set rate = 12 where from_currency = 'EUR' and effective_date >= '2025-06-01'")
    settles = [application(invoice, 1250)]
    note = await clerk.issue(CREDIT_NOTE, **EURO, documentDate="2025-06-20", applicationLines=settles)
    assert note["exchangeRate"] == invoice["exchangeRate"]
    assert (await clerk.get(invoice))["status"] == note["status"] == "Closed"
    left = await clerk.rows(
        """select purpose from journal_entry where currency_id = 'EUR' and purpose <> 'exchange_gain_loss'
            group by purpose having sum(debit_base) <> sum(credit_base)"""
    )
    gained = "select coalesce(sum(debit_base - credit_base), 0) from journal_entry where purpose = 'exchange_gain_loss'"
    assert (left, await clerk.sql(gained)) == ([], 0)


async def test_the_rate_follows_the_applications_of_a_draft(clerk: Clerk) -> None:
    first = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("10.1"))
    second = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("10.2"))
    note = await clerk.credit_note(**EURO, applicationLines=[application(first, 100)])
    assert note["exchangeRate"] == Decimal("10.1")
    note = await clerk.change(note, applicationLines=[application(second, 100)])
    assert note["exchangeRate"] == Decimal("10.4")
    note = await clerk.change(note, applicationLines=[application(first, 100, "Delete")])
    assert note["exchangeRate"] == Decimal("10.2")
    note = await clerk.change(note, applicationLines=[application(second, 100, "Delete")])
    assert note["exchangeRate"] == Decimal("10.4")


async def test_a_rate_that_was_sent_stays_and_is_warned_of(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, **EURO, exchangeRate=Decimal("10.1"))
    sent = {**EURO, "exchangeRate": Decimal("10.4"), "applicationLines": [application(invoice, 100)]}
    note = await clerk.credit_note(**sent)
    note = await clerk.change(note, note="x", applicationLines=[application(invoice, 50)])
    assert note["exchangeRate"] == Decimal("10.4")
    (warning,) = (await vat_of(clerk, note))["warnings"]
    assert "The credit note has the exchange rate 10.4, but what it corrects has 10.1" in warning
    with structlog.testing.capture_logs() as logged:
        await clerk.release(note)
    assert [it["warning"] for it in logged if it["event"] == "released"] == [warning]
    cleared = await clerk.credit_note(**sent | {"applicationLines": [application(invoice, 100)]})
    assert (await clerk.change(cleared, exchangeRate=None))["exchangeRate"] == Decimal("10.1")


# What takes a whole document back


async def test_what_takes_a_document_back_has_its_figures_whatever_became_of_the_rates(grocer: Clerk) -> None:
    invoice = await march(grocer)
    await grocer.execute(
        "update vat_rate set percent = 99 where vat_id = 'FOOD'",
        "update vat_category set active = false where vat_category_id = 'FOOD'",
    )
    async with grocer.database.transaction() as connection:
        made = await credit_whole(
            connection, context_of(grocer), kinds.INVOICE, invoice.number, date(2025, 6, 1), origin="x"
        )
    note = await grocer.get(f"{CREDIT_NOTE}/{made.number}")
    same = ("amount", "vatTotal", "detailTotal", "taxDetails", "vatTaxableTotal")
    assert {name: note[name] for name in same} == {name: invoice[name] for name in same}
    assert note["status"] == (await grocer.get(invoice))["status"] == "Closed"
    shown = await vat_of(grocer, note)
    assert (shown["corrects"]["referenceNumber"], shown["vatDate"]) == (invoice.number, f"{MARCH}T00:00:00")


async def test_a_vat_date_of_nothing_is_not_found(clerk: Clerk) -> None:
    refusal(await clerk.put(f"reskontra/{INVOICE}/NONE/vat", vatDate=MARCH), 404)
