"""Statements of account: open items or a balance brought forward, on demand, and kept as they were made."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest

from tests.api.reports.years import FIRST, Year
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, refusal

RUN, FORWARD = "reskontra/run/statements", "BalanceBroughtForward"
EUROS = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "5"}


def address(customer: str) -> str:
    return f"reskontra/customer/{customer}/statement"


def at(clerk: Clerk, moment: str) -> None:
    clerk.clock.move_to(datetime.fromisoformat(moment))


def sold(price: Any) -> list[dict[str, Any]]:
    return [EUROS | {"unitPriceInCurrency": price}]


async def make(clerk: Clerk, as_of: str, customer: str, **fields: Any) -> dict[str, Any]:
    answer = await clerk.post(RUN, asOf=as_of, filters={"customer": [customer]}, **fields)
    assert (answer.status_code, answer.json().get("actionResult")) == (200, "Done"), answer.text
    made: dict[str, Any] = answer.json()
    return made


def told(block: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Day, what it is, amount and balance of each line."""
    return [(it["date"][5:10], it["lineType"], it["amount"], it["balance"]) for it in block["lines"]]


def balances(statement: dict[str, Any], name: str) -> dict[str, Decimal]:
    """Balances by currency: those that are not zero."""
    return {block["currency"]: block[name] for block in statement["currencies"] if block[name]}


async def lived(clerk: Clerk, **fields: Any) -> str:
    """A customer with an invoice that was paid with a discount, one with a write-off, a note, and an open invoice."""
    customer = (await clerk.customer(name="Stated AS", **fields)).number
    first = await clerk.issue(INVOICE, customer, documentDate="2025-03-01", creditTermsId="30D2", lines=sold(1000))
    paid = {"documentType": "Invoice", "refNbr": first.number, "amountPaid": 980, "cashDiscountTaken": 20}
    await clerk.pay(980, paid, customer=customer, applicationDate="2025-03-08")
    second = await clerk.issue(INVOICE, customer, documentDate="2025-03-10", creditTermsId="30", lines=sold(500))
    rest = {"balanceWriteOff": 1, "writeOffReasonCode": "BALANCEWO"}
    part = {"documentType": "Invoice", "refNbr": second.number, "amountPaid": 499, **rest}
    await clerk.pay(499, part, customer=customer, applicationDate="2025-04-05")
    await clerk.issue(INVOICE, customer, documentDate="2025-04-10", creditTermsId="14", lines=sold(300))
    await clerk.issue(CREDIT_NOTE, customer, documentDate="2025-04-12", lines=sold(40))
    return customer


async def test_open_items_are_listed_with_what_is_open(clerk: Clerk) -> None:
    customer = await lived(clerk)
    found = await clerk.get(address(customer), asOf="2025-03-31")
    assert (found["customer"]["number"], found["type"], found["balance"]) == (customer, "OpenItem", 500)
    (block,) = found["currencies"]
    assert "openingBalance" not in block
    assert told(block) == [("03-10", "Document", 500, 500)]
    assert block["lines"][0]["dueDate"] == "2025-04-09T00:00:00"
    assert block["closingBalance"] == 500
    found = await clerk.get(address(customer), asOf="2025-04-30")
    (block,) = found["currencies"]
    assert told(block) == [("04-10", "Document", 300, 300), ("04-12", "Document", -40, -40)]
    assert [bucket["amount"] for bucket in block["buckets"]] == [-40, 300, 0, 0, 0]
    assert found["balance"] == block["closingBalance"] == 260
    assert (await clerk.get(address(customer), asOf="2025-02-28"))["currencies"] == []


async def test_a_balance_is_brought_forward_through_every_movement(clerk: Clerk) -> None:
    customer = await lived(clerk)
    found = await clerk.get(address(customer), asOf="2025-04-30", type=FORWARD)
    (block,) = found["currencies"]
    assert "from" not in found
    assert (block["openingBalance"], block["closingBalance"]) == (0, 260)
    assert told(block) == [
        ("03-01", "Document", 1000, 1000),
        ("03-08", "Document", -980, 20),
        ("03-08", "Discount", -20, 0),
        ("03-10", "Document", 500, 500),
        ("04-05", "Document", -499, 1),
        ("04-05", "WriteOff", -1, 0),
        ("04-10", "Document", 300, 300),
        ("04-12", "Document", -40, 260),
    ]
    april = await clerk.get(address(customer), asOf="2025-04-30", type=FORWARD, **{"from": "2025-04-01"})
    assert april["from"] == "2025-04-01T00:00:00"
    assert (april["currencies"][0]["openingBalance"], april["currencies"][0]["closingBalance"]) == (500, 260)
    assert april["currencies"][0]["lines"] == block["lines"][4:]


async def test_a_statement_is_taken_along_as_a_table(clerk: Clerk) -> None:
    path = f"/v1/{address(await lived(clerk))}"
    for query in ({"asOf": "2025-04-30"}, {"asOf": "2025-04-30", "type": FORWARD, "from": "2025-04-01"}):
        shown = (await clerk.http.get(path, params=query)).json()
        answer = await clerk.http.get(path, params={**query, "format": "csv"})
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        (block,) = shown["currencies"]
        lines = [it for it in rows if not it["lineType"].endswith("Balance")]
        assert [(it["date"], it["referenceNumber"], Decimal(it["amount"]), Decimal(it["balance"])) for it in lines] == [
            (it["date"][:10], it["referenceNumber"], Decimal(str(it["amount"])), Decimal(str(it["balance"])))
            for it in block["lines"]
        ]
        assert Decimal(rows[-1]["balance"]) == Decimal(str(block["closingBalance"]))
        assert [Decimal(it["balance"]) for it in rows if it["lineType"] == "OpeningBalance"] == [
            Decimal(str(block[name])) for name in ("openingBalance",) if name in block
        ]


async def test_currencies_stand_apart_if_the_customer_wants_it(clerk: Clerk) -> None:
    for apart in (False, True):
        customer = (await clerk.customer(name="Euro AS")).number
        await clerk.sql(
            "update customer set multi_currency_statements = $2 where company_id = 1 and number = $1", customer, apart
        )
        euros = await clerk.issue(INVOICE, customer, currencyId="EUR", documentDate="2025-03-15", lines=[EUROS])
        await clerk.issue(INVOICE, customer, documentDate="2025-03-16", lines=sold(100))
        line = {"documentType": "Invoice", "refNbr": euros.number, "amountPaid": 10600, "crossRate": "10.60"}
        await clerk.pay(10600, line, customer=customer, applicationDate="2025-07-15")
        found = await clerk.get(address(customer), asOf="2025-07-31", type=FORWARD)
        assert found["balance"] == 100
        shown = {block["currency"]: told(block) for block in found["currencies"]}
        closing = {block["currency"]: block["closingBalance"] for block in found["currencies"]}
        if apart:
            assert shown["EUR"] == [("03-15", "Document", 1000, 1000), ("07-15", "Application", -1000, 0)]
            assert shown["NOK"] == [
                ("03-16", "Document", 100, 100),
                ("07-15", "Document", -10600, -10500),
                ("07-15", "Application", 10600, 100),
            ]
            assert closing == {"EUR": 0, "NOK": 100}
        else:
            assert shown["NOK"] == [
                ("03-15", "Document", 10400, 10400),
                ("03-16", "Document", 100, 10500),
                ("07-15", "Document", -10600, -100),
                ("07-15", "ExchangeDifference", 200, 100),
            ]
        items = await clerk.get(address(customer), asOf="2025-06-30")
        owed = {block["currency"]: block["closingBalance"] for block in items["currencies"]}
        assert owed == ({"EUR": 1000, "NOK": 100} if apart else {"NOK": 10500})
        for sent, wanted in ((True, {"EUR": 1000, "NOK": 100}), (False, {"NOK": 10500})):
            asked = await clerk.get(address(customer), asOf="2025-06-30", byCurrency=sent)
            assert {block["currency"]: block["closingBalance"] for block in asked["currencies"]} == wanted


async def test_a_kept_statement_stays_as_the_customer_wants_it_whatever_is_asked_for(clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Euro AS")).number
    await clerk.issue(INVOICE, customer, currencyId="EUR", documentDate="2025-03-15", lines=[EUROS])
    await make(clerk, "2025-06-30", customer)
    kept = (await clerk.http.get(f"/v1/{address(customer)}?asOf=2025-06-30")).content
    assert b'"currency":"NOK"' in kept
    assert (await clerk.http.get(f"/v1/{address(customer)}?asOf=2025-06-30&byCurrency=true")).content == kept
    other = await clerk.get(address(customer), asOf="2025-07-01", byCurrency=True)
    assert [block["currency"] for block in other["currencies"]] == ["EUR"]
    assert "Send true or false" in refusal(await clerk.http.get(f"/v1/{address(customer)}?byCurrency=both"))


async def test_what_is_brought_forward_closes_with_what_is_open(random_year: Year) -> None:
    clerk = random_year.clerk
    for by_currency in (False, True):
        await clerk.sql("update customer set multi_currency_statements = $1 where company_id = 1", by_currency)
        for customer in random_year.customers * 3:
            day = random_year.day()
            first = FIRST + timedelta(days=random_year.chance.randrange((day - FIRST).days + 1))
            items = await clerk.get(address(customer), asOf=str(day))
            query = {"asOf": str(day), "type": FORWARD, "from": str(first)}
            forward = await clerk.get(address(customer), **query)
            assert balances(forward, "closingBalance") == balances(items, "closingBalance")
            for block in (*items["currencies"], *forward["currencies"]):
                assert sum(bucket["amount"] for bucket in block["buckets"]) == block["closingBalance"]
            before = await clerk.get(address(customer), asOf=str(first - timedelta(days=1)))
            assert balances(forward, "openingBalance") == balances(before, "closingBalance")


# Those that are kept


async def test_a_kept_statement_comes_back_byte_for_byte(clerk: Clerk) -> None:
    at(clerk, "2025-05-02T09:00:00+00:00")
    customer = await lived(clerk)
    trial = await make(clerk, "2025-04-30", customer, dryRun=True)
    made = await make(clerk, "2025-04-30", customer)
    assert made["created"] == [{"customer": customer, "asOf": "2025-04-30T00:00:00", "balance": 260}]
    assert (trial["created"], made["skipped"]) == (made["created"], [])
    url = f"/v1/{address(customer)}?asOf=2025-04-30"
    kept = (await clerk.http.get(url)).content
    at(clerk, "2025-05-09T09:00:00+00:00")
    await clerk.issue(INVOICE, customer, documentDate="2025-04-29", lines=sold(77))
    await clerk.change(f"customer/{customer}", name="Renamed AS")
    assert (await clerk.http.get(url)).content == kept
    assert (await clerk.http.get(f"{url}&type=openitem")).content == kept
    anew = await clerk.get(address(customer), asOf="2025-04-30", knownAt="2025-06-01")
    assert (anew["balance"], anew["customer"]["name"]) == (337, "Renamed AS")
    then = await clerk.get(address(customer), asOf="2025-04-30", knownAt="2025-05-05")
    assert then["currencies"] == (await clerk.get(address(customer), asOf="2025-04-30"))["currencies"]
    again = await make(clerk, "2025-04-30", customer)
    assert (again["created"], again["skipped"]) == (
        [], [{"ref": customer, "reason": "There is a statement of 2025-04-30 already."}]
    )  # fmt: skip
    assert (await make(clerk, "2025-03-31", customer))["created"] == []
    (change,) = await clerk.page("reskontra/change", entity="Statement")
    assert (change["event"], change["key"]) == ("created", f"{customer} 2025-04-30")


async def test_a_statement_is_printed_and_a_kept_one_stays_as_it_was(clerk: Clerk) -> None:
    at(clerk, "2025-05-02T09:00:00+00:00")
    customer = await lived(clerk)
    base = f"/v1/{address(customer)}/print?asOf=2025-04-30"

    async def printed(query: str = "") -> tuple[bytes, str]:
        answer = await clerk.http.get(base + query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Disposition"] == f'inline; filename="statement-{customer}-2025-04-30.pdf"'
        pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
        return answer.content, " ".join(" ".join(page.extract_text() for page in pages).split())

    _, items = await printed()
    for said in ("Kontoutdrag 30.04.2025", "Stated AS", "Bilag Dato Forfall Beløp Utestående", "10.04.2025 24.04.2025",
                 "300,00 300,00", "-40,00", "Sum utestående 260,00 NOK",
                 "Ikke forfalt 1–30 dager 31–60 dager 61–90 dager Over 90 dager"):  # fmt: skip
        assert said in items, said
    _, forward = await printed(f"&type={FORWARD}&from=2025-03-10")
    for said in ("Fra 10.03.2025", "Inngående saldo 0,00", "Avskrevet: ", "Innbetaling ",
                 "Utgående saldo 260,00 NOK"):  # fmt: skip
        assert said in forward, said
    await make(clerk, "2025-04-30", customer)
    kept, _ = await printed()
    await clerk.change(f"customer/{customer}", name="Renamed AS")
    await clerk.sql("update customer set locale = 'en' where number = $1", customer)
    await clerk.prefer(paper={"footer": ["New"]})
    assert (await printed())[0] == kept
    _, anew = await printed("&knownAt=2025-06-01")
    assert ("Renamed AS" in anew, "Statement of account 2025-04-30" in anew, "New" in anew) == (True, True, True)
    assert (await clerk.http.get(f"/v1/{address('nobody')}/print")).status_code == 404


async def test_what_was_entered_late_is_on_the_next_statement(clerk: Clerk) -> None:
    at(clerk, "2025-04-01T09:00:00+00:00")
    customer = (await clerk.customer(name="Forward AS")).number
    await clerk.sql("update customer set statement_type = $2 where company_id = 1 and number = $1", customer, FORWARD)
    await clerk.issue(INVOICE, customer, documentDate="2025-03-10", lines=sold(100))
    await make(clerk, "2025-03-31", customer)
    at(clerk, "2025-04-05T09:00:00+00:00")
    await clerk.issue(INVOICE, customer, documentDate="2025-03-20", lines=sold(30))
    await clerk.issue(INVOICE, customer, documentDate="2025-04-20", lines=sold(7))
    shown = await clerk.get(address(customer), asOf="2025-04-30")
    assert [made["balance"] for made in (await make(clerk, "2025-04-30", customer))["created"]] == [137]
    kept = await clerk.get(address(customer), asOf="2025-04-30")
    assert kept["currencies"] == shown["currencies"]
    (block,) = kept["currencies"]
    assert (kept["from"], block["openingBalance"], block["closingBalance"]) == ("2025-04-01T00:00:00", 100, 137)
    assert told(block) == [("03-20", "Document", 30, 130), ("04-20", "Document", 7, 137)]


async def test_customers_without_balance_and_movement_are_passed_over(clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Quiet AS")).number
    assert (await make(clerk, "2025-03-31", customer))["created"] == []
    invoice = await clerk.issue(INVOICE, customer, documentDate="2025-03-10", lines=sold(100))
    line = {"documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 100}
    await clerk.pay(100, line, customer=customer, applicationDate="2025-04-10")
    for day, balances in (("2025-03-31", [100]), ("2025-04-30", [0]), ("2025-05-31", [])):
        assert [made["balance"] for made in (await make(clerk, day, customer))["created"]] == balances, day
    await clerk.sql(
        "update statement_cycle set detail = detail || '{\"print_empty_statements\": true}' where company_id = 1"
    )
    assert [made["balance"] for made in (await make(clerk, "2025-06-30", customer))["created"]] == [0]


async def test_a_run_takes_classes_and_cycles_and_refuses_what_it_does_not_know(clerk: Clerk) -> None:
    await clerk.issue(INVOICE, "20001")
    for filters in ({"customerClass": "1"}, {"statementCycle": "MONTHLY"}, {}):
        answer = await clerk.post(RUN, asOf="2025-12-31", filters=filters, dryRun=True)
        assert "20001" in [made["customer"] for made in answer.json()["created"]], filters
    assert not await clerk.sql("select count(*) from account_statement")
    assert "nobody" in await clerk.refused("POST", RUN, filters={"customer": ["nobody"]})
    assert "nope" in await clerk.refused("POST", RUN, filters={"customerClass": "nope"})
    assert "nope" in await clerk.refused("POST", RUN, filters={"statementCycle": "nope"})
    assert "colour" in await clerk.refused("POST", RUN, filters={"colour": "red"})
    assert "dryrun" in refusal(await clerk.http.post(f"/v1/{RUN}?dryRun=true", json={}))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"from": "2025-01-01"}, "type=BalanceBroughtForward"),
        ({"from": "2025-01-01", "type": "OpenItem"}, "type=BalanceBroughtForward"),
        ({"from": "2025-05-02", "asOf": "2025-05-01", "type": FORWARD}, "after it ends"),
        ({"type": "Poem"}, "type"),
        ({"asOf": "soon"}, "asOf"),
        ({"knownAt": "soon"}, "knownAt"),
    ],
)
async def test_statements_that_cannot_be_made_are_refused(bystander: Clerk, query: dict[str, str], says: str) -> None:
    assert says in refusal(await bystander.http.get(f"/v1/{address('20001')}", params=query))


async def test_nobody_has_no_statement(bystander: Clerk) -> None:
    assert "nobody" in refusal(await bystander.http.get(f"/v1/{address('nobody')}"), 404)
