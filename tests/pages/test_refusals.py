"""What the API refuses is told at the field of the form, or by the API's name of it, and never by a name of ours."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, refusal
from tests.pages.conftest import Visitor

OURS = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b|Field: \w+(?:\[\d+\])?\.\w")
"""A name with an underscore, or a path with a dot."""
SOLD = [{"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 100, "vatCodeId": "5"}]
LONG = "x" * 10_000


@pytest.fixture
async def names(clerk: Clerk) -> dict[str, str]:
    """What the addresses and fields of the cases leave open."""
    customer = (await clerk.customer(name="Refused AS")).number
    invoice = await clerk.issue(INVOICE, customer, lines=SOLD)
    note = await clerk.issue(CREDIT_NOTE, customer, lines=SOLD)
    draft = await clerk.invoice(customer, lines=SOLD * 3)
    return {"customer": customer, "invoice": invoice.number, "note": note.number, "draft": draft.number}


def told(seen: BeautifulSoup) -> list[tuple[str, str]]:
    """Where each problem of the page leads, and its sentences."""
    links = [(it.select_one("a"), it.get_text(" ", strip=True)) for it in seen.select(".problems li")]
    return [(str(link["href"]) if link is not None else "", text) for link, text in links]


def check(seen: BeautifulSoup, field: str) -> None:
    """The problem is shown at a field, which it does not name. The field is there."""
    ((where, sentence),) = told(seen)
    assert where == (f"#{field}" if field else ""), sentence
    assert not OURS.search(sentence), sentence
    assert not field or (seen.find(id=field) is not None and "Field:" not in sentence), sentence


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("documents/write-off?customer=none", "customer"),
        ("documents/write-off?class=none", "class"),
        ("documents/write-off?document=Invoice/none", "document"),
        ("documents/write-off?kind=odd", "kind"),
        ("documents/write-off?limit=much", "limit"),
        ("documents/write-off?asOf=soon", "asOf"),
        ("reports/ageing?asOf=soon", "asOf"),
        ("reports/open-items?asOf=soon", "asOf"),
        ("reports/vat?period=soon", "period"),
        ("reports/vat?period=202502&toPeriod=202501", "toPeriod"),
        ("reports/movements?period=202502&toPeriod=202501", "toPeriod"),
        ("reports/sales?period=soon", "period"),
        ("reports/reconcile?period=209901", "period"),
        ("customers/{customer}/statement?asOf=soon", "asOf"),
        ("documents/Invoice/{invoice}/release", ""),
        ("documents/Invoice/{invoice}/e-invoice", ""),
    ],
)
async def test_what_an_address_asks_is_refused_at_the_field(
    bookkeeper: Visitor, names: dict[str, str], address: str, field: str
) -> None:
    answer = await bookkeeper.http.get(f"/ui/{address.format_map(names)}")
    check(BeautifulSoup(answer.text, "html.parser"), field)


@pytest.mark.parametrize(
    "case",
    [
        ("customers/new", None, {"name": ""}, "name"),
        ("customers/new", None, {"name": "A", "addressLine1": LONG}, "addressLine1"),
        ("customers/new", None, {"name": "A", "phone1": LONG}, "phone1"),
        ("customers/new", None, {"name": "A", "countryId": "ZZ"}, "countryId"),
        ("customers/new", None, {"name": "A", "creditTermsId": "none"}, "creditTermsId"),
        ("customers/{customer}/edit", None, {"customerClassId": "none"}, "customerClassId"),
        ("documents/Invoice/new", "save", {"customer": "nobody"}, "customer"),
        ("documents/Invoice/new", "save", {"customer": "{customer}", "terms": "none"}, "terms"),
        ("documents/Invoice/new", "save", {"customer": "{customer}", "date": "soon"}, "date"),
        ("documents/Invoice/new", "save", {"customer": "{customer}", "line.0.item": "none"}, "line.0.item"),
        ("documents/Invoice/{draft}/edit", "save", {"line.2.item": "none"}, "line.2.item"),
        ("documents/CashSale/new", "save", {"customer": "{customer}"}, "payment_reference"),
        ("documents/Payment/new", "save", {"customer": "nobody"}, "customer"),
        ("documents/Payment/new", "save", {"customer": "{customer}", "amount": "much"}, "amount"),
        ("documents/Payment/new", "save", {"customer": "{customer}", "amount": "9", "account": "none"}, "account"),
        (
            "documents/Payment/new?customer={customer}", "save", {"amount": "9", "paid.Invoice/{invoice}": "9999"},
            "paid.Invoice/{invoice}",
        ),
        ("documents/Refund/new?customer={customer}", "save", {"amount": "9"}, "paid.CreditNote/{note}"),
        ("documents/CreditNote/{note}/apply", "apply", {"paid.Invoice/{invoice}": "9999"}, "paid.Invoice/{invoice}"),
        ("documents/Invoice/{invoice}/credit", None, {"line": "1", "quantity.1": "99"}, "quantity.1"),
        ("documents/Invoice/{invoice}/send", None, {"to": "nowhere"}, "to"),
        ("documents/Invoice/{invoice}/send", None, {"to": "a@example.com", "subject": LONG}, "subject"),
        ("customers/{customer}/statement/send?asOf=2025-05-05", None, {"to": "nowhere"}, "to"),
        ("documents/Invoice/{invoice}/reminding", None, {"until": "soon", "reason": "Why not"}, "until"),
        ("documents/Invoice/{invoice}/reminding", None, {"until": "2035-01-01", "reason": LONG}, "reason"),
        ("periods/202501/reopen", None, {"reason": LONG}, "reason"),
    ],
)  # fmt: skip
async def test_what_a_form_sends_is_refused_at_the_field(
    bookkeeper: Visitor, names: dict[str, str], case: tuple[str, str | None, dict[str, str], str]
) -> None:
    page, (address, button, fields, field) = bookkeeper, case
    await page.go(address.format_map(names))
    filled = {name.format_map(names): value.format_map(names) for name, value in fields.items()}
    await page.send("main form", 400, button=button, **filled)
    check(page.seen, field.format_map(names))


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("Invoice", {"customer": "nobody"}, "No customer looks like 'nobody'."),
        ("Invoice", {"customer": "{customer}", "line.0.item": "none"}, "InventoryNumber 'none' cannot be found"),
        ("Payment", {"customer": "nobody", "amount": "9"}, "No customer looks like 'nobody'."),
        ("Payment", {"customer": "{customer}", "amount": "9", "account": "none"}, "CashAccount 'none' cannot be found"),
    ],
)
async def test_what_is_refused_while_typing_stands_at_the_field(
    bookkeeper: Visitor, names: dict[str, str], kind: str, fields: dict[str, str], said: str
) -> None:
    await bookkeeper.go(f"documents/{kind}/new")
    filled = {name: value.format_map(names) for name, value in fields.items()}
    await bookkeeper.send("main form", 200, "calculate", **filled)
    assert said in bookkeeper.text
    assert "Field:" not in bookkeeper.text


async def test_what_has_no_field_on_the_page_is_called_as_the_api_calls_it(
    bookkeeper: Visitor, names: dict[str, str]
) -> None:
    """Where a page offers nothing to mend, it says what a program is told."""
    page = bookkeeper
    asked = {"filters": {"document": ["none"]}, "dryRun": True}
    said = refusal(await page.http.post("/v1/reskontra/run/writeOff", json=asked))
    await page.go("documents/write-off?document=none", 400)
    assert told(page.seen) == [("", said)]
    assert "Field: filters.document[0]." in said
    said = refusal(await page.http.get("/v1/reskontra/dunningProposal?customer=none"))
    await page.go("reminding?customer=none", 400)
    assert told(page.seen) == [("", said)]
    assert "Field: customer." in said
    await page.go(f"documents/Invoice/{names['invoice']}")
    await page.send('form[action$="/note"]', 400, note=LONG * 5)
    ((_, sentence),) = told(page.seen)
    assert "Field: note." in sentence


async def test_the_documents_of_a_bulk_are_refused_without_names_of_ours(
    bookkeeper: Visitor, names: dict[str, str]
) -> None:
    named = "&".join(f"refused=Invoice/{it}" for it in (names["invoice"], "none"))
    await bookkeeper.go(f"documents/bulk/result?do=release&{named}")
    assert "already released" in bookkeeper.text
    assert not OURS.search(bookkeeper.text)
