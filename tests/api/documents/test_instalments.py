"""Documents that are paid in instalments: divided when they are released, each part an invoice (INS, IPL)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk, Record, application, refusal

APPLICATION = "reskontra/application"
APRIL = {"applicationDate": "2025-04-02"}


@pytest.fixture(autouse=True)
async def payer(clerk: Clerk) -> None:
    """A customer who owes nothing yet."""
    clerk.customer_number = (await clerk.customer(name="Payer AS")).number


async def agree(clerk: Clerk, **columns: Any) -> str:
    """Terms that differ from RATE3 in these columns."""
    await clerk.sql(
        """
        insert into credit_terms
        select (json_populate_record(standing, $1::json)).*
          from credit_terms as standing where company_id = 1 and terms_id = 'RATE3'
        """,
        json.dumps({"terms_id": "PARTS"} | columns),
    )
    return "PARTS"


def worth(price: Any, *, vat: str = "6", terms: str = "RATE3", **fields: Any) -> dict[str, Any]:
    """Fields of a document over exactly this amount, without VAT unless `vat` is another category."""
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": price, "vatCodeId": vat}
    return {"lines": [line], "creditTermsId": terms} | fields


async def parts_of(clerk: Clerk, master: Record) -> list[Record]:
    """The instalments of a document, as a client finds them (IPL-01)."""
    numbers = await clerk.numbers(INVOICE, externalReference=master.number)
    return [await clerk.get(f"{INVOICE}/{number}") for number in numbers]


def figures(parts: list[Record]) -> list[tuple[str, Any, Any]]:
    return [(it["documentDueDate"][:10], it["amountInCurrency"], it["balanceInCurrency"]) for it in parts]


async def moved(clerk: Clerk, batch_number: str) -> list[tuple[Any, ...]]:
    """The entries of a batch: account, debit, credit, and the number of the document that each moves."""
    rows = await clerk.rows(
        """
        select entry.account_number, entry.debit_base, entry.credit_base, document.number from journal_entry as entry
          left join document on document.company_id = $1 and document.document_id = entry.moves_document_id
         where entry.company_id = $1 and entry.batch_number = $2 order by entry.line_number
        """,
        clerk.company_id,
        batch_number,
    )
    return [tuple(row) for row in rows]


async def batch_of(clerk: Clerk, document: Record) -> str:
    batch: str = await clerk.sql(
        "select batch_number from document where company_id = 1 and number = $1 and customer_id = "
        "(select customer_id from customer where company_id = 1 and number = $2)",
        document.number,
        clerk.customer_number,
    )
    return batch


async def test_an_invoice_is_divided_when_it_is_released(clerk: Clerk) -> None:
    draft = await clerk.invoice(**worth(100, customerRefNumber="their order", invoiceText="A boat"))
    assert (draft["status"], draft["documentDueDate"][:10]) == ("Balanced", "2025-04-02")
    assert await parts_of(clerk, draft) == []
    assert await clerk.balance(clerk.customer_number) == (Decimal(0), Decimal(100))
    master = await clerk.release(draft)
    assert (master["status"], master["amount"], master["balance"]) == ("Closed", 100, 0)
    assert (master["closedFinancialPeriod"], master["applications"]) == ("202503", [])
    parts = await parts_of(clerk, master)
    assert figures(parts) == [
        ("2025-04-02", Decimal("33.33"), Decimal("33.33")),
        ("2025-05-02", Decimal("33.33"), Decimal("33.33")),
        ("2025-06-02", Decimal("33.34"), Decimal("33.34")),
    ]
    assert await clerk.balance(clerk.customer_number) == (Decimal(100), Decimal(0))
    first = int(master.number) + 1
    assert [int(part.number) for part in parts] == [first, first + 1, first + 2]


async def test_a_draft_tells_what_it_will_be_divided_into(clerk: Clerk) -> None:
    draft = await clerk.invoice(**worth(100))
    found = await clerk.get(f"reskontra/{INVOICE}/{draft.number}/instalments")
    assert found == {
        "documentType": "Invoice",
        "referenceNumber": draft.number,
        "currencyId": "NOK",
        "instalments": [
            {"instalmentNumber": 1, "documentDueDate": "2025-04-02T00:00:00", "amount": Decimal("33.33"),
             "amountInCurrency": Decimal("33.33")},
            {"instalmentNumber": 2, "documentDueDate": "2025-05-02T00:00:00", "amount": Decimal("33.33"),
             "amountInCurrency": Decimal("33.33")},
            {"instalmentNumber": 3, "documentDueDate": "2025-06-02T00:00:00", "amount": Decimal("33.34"),
             "amountInCurrency": Decimal("33.34")},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("kind", [INVOICE, DEBIT_NOTE])
async def test_a_document_and_its_parts_name_each_other(clerk: Clerk, kind: str) -> None:
    master = await clerk.issue(kind, **worth(100))
    first, second, third = await parts_of(clerk, master)
    await clerk.pay(3, {"operation": "Insert", "refNbr": third.number, "amountPaid": 3})
    whole = await clerk.get(f"reskontra/{kind}/{master.number}/instalments")
    assert whole.etag == (await clerk.get(master)).etag
    assert "master" not in whole
    assert [it["referenceNumber"] for it in whole["instalments"]] == [first.number, second.number, third.number]
    assert whole["instalments"][2] == {
        "instalmentNumber": 3, "referenceNumber": third.number, "status": "Open",
        "documentDueDate": "2025-06-02T00:00:00", "amount": Decimal("33.34"), "amountInCurrency": Decimal("33.34"),
        "balance": Decimal("30.34"), "balanceInCurrency": Decimal("30.34"),
    }  # fmt: skip
    part = await clerk.get(f"reskontra/{INVOICE}/{second.number}/instalments")
    assert part["master"] == {"documentType": whole["documentType"], "referenceNumber": master.number}
    assert (part["instalmentNumber"], part["instalments"]) == (2, [])


async def test_a_document_that_is_paid_at_once_has_no_instalments(clerk: Clerk) -> None:
    draft = await clerk.invoice(**worth(100, terms="30"))
    for document in (draft, await clerk.release(draft)):
        assert (await clerk.get(f"reskontra/{INVOICE}/{document.number}/instalments"))["instalments"] == []
    unknown = await clerk.http.get(f"/v1/reskontra/{INVOICE}/NONE/instalments")
    assert "NONE" in refusal(unknown, 404)


async def test_a_part_is_an_invoice_of_its_own(clerk: Clerk) -> None:
    more: dict[str, Any] = {"customerRefNumber": "their order", "invoiceText": "A boat", "sendToAutoInvoice": True}
    master = await clerk.issue(INVOICE, **worth(100, vat="3", **more))
    assert (master["amount"], master["vatTotal"], master["sendToAutoInvoice"]) == (125, 25, True)
    part = (await parts_of(clerk, master))[1]
    same = ("documentDate", "financialPeriod", "currencyId", "customerRefNumber", "invoiceText", "customer", "account")
    assert [part[name] for name in same] == [master[name] for name in same]
    assert part["paymentMethod"] == master["paymentMethod"]
    assert part["paymentReference"] not in (None, master["paymentReference"])
    assert "creditTerms" not in part
    assert (part["status"], part["externalReference"], part["documentType"]) == ("Open", master.number, "Invoice")
    assert (part["dontPrint"], part["dontEmail"], part["sendToAutoInvoice"]) == (True, True, False)
    assert (part["vatTotal"], part["taxDetails"], part["applications"]) == (0, [], [])
    (line,) = part["invoiceLines"]
    assert (line["quantity"], line["unitPrice"], line["amount"]) == (1, Decimal("41.67"), Decimal("41.67"))
    assert line["account"]["number"] == master["account"]["number"]
    assert line["description"] == f"Instalment 2 of 3 of invoice {master.number}"
    assert "inventoryNumber" not in line
    assert "vatCode" not in line


async def test_the_receivable_moves_to_the_parts_within_the_batch_of_the_whole(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100, vat="3"))
    first, second, third = await parts_of(clerk, master)
    batch = await batch_of(clerk, master)
    assert await moved(clerk, batch) == [
        ("1500", 125, 0, master.number),
        ("3000", 0, 100, None),
        ("2711", 0, 25, None),
        ("1500", 0, 125, master.number),
        ("1500", Decimal("41.67"), 0, first.number),
        ("1500", Decimal("41.67"), 0, second.number),
        ("1500", Decimal("41.66"), 0, third.number),
    ]
    assert {await batch_of(clerk, part) for part in (first, second, third)} == {batch}


@pytest.mark.parametrize(
    ("columns", "price", "expected"),
    [
        ({"instalment_count": 2, "instalment_method": "A"}, 1000, ["750.00", "500.00"]),
        (
            {
                "instalment_method": "S",
                "instalment_parts": [
                    {"days": 0, "percent": 20},
                    {"days": 10, "percent": 30},
                    {"days": 31, "percent": 50},
                ],
            },
            1000,
            ["250.00", "375.00", "625.00"],
        ),
    ],
    ids=["all VAT in the first", "by percents"],
)
async def test_the_total_is_divided_by_the_method_of_the_terms(
    clerk: Clerk, columns: dict[str, Any], price: int, expected: list[str]
) -> None:
    terms = await agree(clerk, **columns)
    master = await clerk.issue(INVOICE, **worth(price, vat="3", terms=terms))
    parts = await parts_of(clerk, master)
    assert [it["amount"] for it in parts] == [Decimal(amount) for amount in expected]


async def test_each_currency_is_divided_with_its_own_remainder(clerk: Clerk) -> None:
    await clerk.execute(
        """insert into currency_rate (company_id, currency_rate_id, rate_type, from_currency, to_currency,
                                      effective_date, operator, rate, modified_at)
           values (1, 9001, 'SPOT', 'EUR', 'NOK', '2025-03-03', 'D', 0.3, now())"""
    )
    terms = await agree(clerk, instalment_count=2)
    buyer = await clerk.customer(name="Käufer GmbH", currencyId="EUR")
    clerk.customer_number = buyer.number
    master = await clerk.issue(INVOICE, **worth(100, terms=terms, currencyId="EUR"))
    assert master["amount"] == Decimal("333.33")
    parts = await parts_of(clerk, master)
    assert [(it["amountInCurrency"], it["amount"]) for it in parts] == [
        (50, Decimal("166.67")),
        (50, Decimal("166.66")),
    ]
    assert [it["balance"] for it in parts] == [Decimal("166.67"), Decimal("166.66")]


@pytest.mark.parametrize(
    ("columns", "day", "expected"),
    [
        ({"due_day_1": 0}, "2025-01-31", ["2025-01-31", "2025-02-28", "2025-03-31"]),
        (
            {"due_day_1": 0, "instalment_frequency": "B", "instalment_count": 4},
            "2025-01-10",
            ["2025-01-10", "2025-01-25", "2025-02-10", "2025-02-25"],
        ),
        ({"due_day_1": 0, "instalment_frequency": "W"}, "2025-01-10", ["2025-01-10", "2025-01-17", "2025-01-24"]),
        # 10 May and 10 August are a Saturday and a Sunday.
        (
            {"due_day_1": 0, "weekend_rule": 3, "instalment_count": 5},
            "2025-04-10",
            ["2025-04-10", "2025-05-12", "2025-06-10", "2025-07-10", "2025-08-11"],
        ),
    ],
    ids=["month ends", "half months", "weeks", "weekends"],
)
async def test_parts_fall_due_one_after_the_other(
    clerk: Clerk, columns: dict[str, Any], day: str, expected: list[str]
) -> None:
    terms = await agree(clerk, **columns)
    master = await clerk.issue(INVOICE, **worth(100, terms=terms, documentDate=day))
    assert [it["documentDueDate"][:10] for it in await parts_of(clerk, master)] == expected
    assert master["documentDueDate"][:10] == expected[0]


async def test_an_entered_due_date_moves_all_parts(clerk: Clerk) -> None:
    draft = await clerk.invoice(**worth(90, documentDueDate="2025-03-20"))
    assert draft["documentDueDate"][:10] == "2025-03-20"
    master = await clerk.release(draft)
    due = [it["documentDueDate"][:10] for it in await parts_of(clerk, master)]
    assert due == ["2025-03-20", "2025-04-20", "2025-05-20"]


async def test_an_entered_due_date_moves_the_days_of_a_table(clerk: Clerk) -> None:
    table = [{"days": 5, "percent": 50}, {"days": 15, "percent": 50}]
    terms = await agree(clerk, instalment_method="S", instalment_count=2, instalment_parts=table)
    plain = await clerk.issue(INVOICE, **worth(90, terms=terms))
    assert plain["documentDueDate"][:10] == "2025-04-07"
    assert [it["documentDueDate"][:10] for it in await parts_of(clerk, plain)] == ["2025-04-07", "2025-04-17"]
    entered = await clerk.issue(INVOICE, **worth(90, terms=terms, documentDueDate="2025-03-20"))
    assert [it["documentDueDate"][:10] for it in await parts_of(clerk, entered)] == ["2025-03-20", "2025-03-30"]


async def test_a_part_that_would_be_worth_nothing_is_refused_at_save(clerk: Clerk) -> None:
    said = await clerk.refuse(INVOICE, **worth("0.01"))
    assert said.startswith("Instalment 1 of 3 would be 0.00 NOK.")
    assert "RATE3" in said
    draft = await clerk.invoice(**worth("0.02", terms="30"))
    assert "Instalment 3 of 3 would be 0.00 NOK" in await clerk.refuse_change(draft, creditTermsId="RATE3")
    terms = await agree(clerk, instalment_count=2, instalment_method="A")
    assert "Instalment 2 of 2 would be 0.00 NOK" in await clerk.refuse(INVOICE, **worth("0.01", terms=terms))


async def test_a_document_worth_nothing_is_not_divided(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(0))
    assert (master["status"], await parts_of(clerk, master)) == ("Closed", [])


async def test_a_debit_note_is_divided_into_invoices(clerk: Clerk) -> None:
    note = await clerk.issue(DEBIT_NOTE, **worth(100))
    assert (note["status"], note["balance"]) == ("Closed", 0)
    parts = await parts_of(clerk, note)
    assert [it["amount"] for it in parts] == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    assert parts[0]["invoiceLines"][0]["description"] == f"Instalment 1 of 3 of debit note {note.number}"


async def test_a_credit_note_is_never_divided(clerk: Clerk) -> None:
    await clerk.prefer(credit_terms_in_credit_notes=True)
    note = await clerk.issue(CREDIT_NOTE, **worth(100))
    assert (note["status"], note["balance"], await parts_of(clerk, note)) == ("Open", 100, [])


async def test_each_part_is_paid_by_itself(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100))
    first, second, _ = await parts_of(clerk, master)
    note = await clerk.issue(CREDIT_NOTE, **worth(20, terms="30", applicationLines=[application(second, 20)]))
    paid = [{"operation": "Insert", "refNbr": first.number, "amountPaid": "33.33"}]
    await clerk.pay("33.33", *paid)
    first, second = await clerk.get(first), await clerk.get(second)
    assert (first["status"], first["balance"]) == ("Closed", 0)
    assert (second["status"], second["balance"]) == ("Open", Decimal("13.33"))
    assert [it["refNbr"] for it in second["applications"]] == [note.number]
    assert await clerk.balance(clerk.customer_number) == (Decimal("46.67"), Decimal(0))
    assert (await clerk.get(master))["applications"] == []


async def test_the_whole_is_closed_to_payments(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100))
    line = {"operation": "Insert", "refNbr": master.number, "amountPaid": 10}
    said = refusal(await clerk.post("customerPayment", **clerk.paying(10, line)))
    assert master.number in said
    assert "Closed" in said


async def test_a_division_is_no_application_that_could_be_undone(clerk: Clerk, client: httpx.AsyncClient) -> None:
    listed = await clerk.get(APPLICATION)
    master = await clerk.issue(INVOICE, **worth(100))
    first, *_ = await parts_of(clerk, master)
    assert await clerk.get(APPLICATION) == listed
    division = await clerk.sql("select min(application_id) from application where is_split")
    said = refusal(await client.post(f"/v1/{APPLICATION}/{division}/action/undo", json={}))
    assert said.startswith(f"{first.number} is an instalment of {master.number}, which stays divided.")


async def test_parts_are_reminded_of_and_the_whole_is_not(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(300))
    first, second, _ = await parts_of(clerk, master)
    answer = await clerk.act(
        f"customer/{clerk.customer_number}", "createDunningLetter", dunningLetterDate="2025-05-20T09:00:00Z"
    )
    assert answer.json()["actionResult"] == "Done"
    levels = [(await clerk.get(it)).get("dunningLetterLevel") for it in (master, first, second)]
    assert levels == [None, 1, 1]


async def test_a_fee_is_never_divided_whatever_the_customers_terms(clerk: Clerk) -> None:
    await clerk.change(f"customer/{clerk.customer_number}", creditTermsId="RATE3")
    await clerk.prefer(dunning={"fee_terms_id": None})
    await clerk.issue(INVOICE, **worth(300))
    for day, level in (("2025-05-01", 1), ("2025-06-02", 2), ("2025-07-15", 3)):
        answer = await clerk.act(
            f"customer/{clerk.customer_number}",
            "createDunningLetter",
            dunningLetterDate=f"{day}T09:00:00Z",
            levelFrom=level,
            levelTo=level,
        )
        assert answer.json()["actionResult"] == "Done", answer.text
    fees = await clerk.rows(
        "select status, terms_id, master_document_id from document where company_id = 1 and origin = 'dunning_fee'"
    )
    assert [tuple(fee) for fee in fees] == [("Open", "RATE3", None)]


async def test_sales_count_the_whole_and_not_its_parts(clerk: Clerk) -> None:
    today = clerk.clock.now().date().isoformat()
    await clerk.issue(INVOICE, **worth(100, vat="3", documentDate=today))
    found = await clerk.get(f"customer/{clerk.customer_number}/balance")
    assert (found["balance"], found["totalSalePeriod"], found["totalSaleYear"]) == (125, 100, 100)


async def test_open_items_of_a_period_are_the_parts(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100))
    first, second, third = await parts_of(clerk, master)
    await clerk.pay("33.33", {"operation": "Insert", "refNbr": first.number, "amountPaid": "33.33"}, **APRIL)
    for period, expected in (("202503", [first, second, third]), ("202504", [second, third])):
        found = await clerk.get("reskontra/report/openItem", period=period, customer=clerk.customer_number)
        numbers = [item["referenceNumber"] for row in found for item in row["items"]]
        assert numbers == [part.number for part in expected], period


async def test_due_date_and_note_of_a_part_may_change_its_lines_may_not(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100))
    first, *_ = await parts_of(clerk, master)
    changed = await clerk.change(first, documentDueDate="2025-04-20", note="asked for more time")
    assert (changed["documentDueDate"][:10], changed["note"]) == ("2025-04-20", "asked for more time")
    said = await clerk.refuse_change(first, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 2}])
    assert "already released" in said


async def test_a_release_that_is_refused_leaves_no_part(clerk: Clerk) -> None:
    draft = await clerk.invoice(**worth(100))
    stale = await clerk.act(draft, "release", {"If-Match": '"AAAAAAAAAAE="'})
    assert stale.status_code == 412
    assert await parts_of(clerk, draft) == []
    master = await clerk.release(draft)
    assert "already released" in await clerk.refuse_release(master)
    assert len(await parts_of(clerk, master)) == 3


async def test_a_used_up_series_refuses_the_release(clerk: Clerk) -> None:
    draft = await clerk.invoice(**worth(100))
    last = f"{int(draft.number) + 2:06}"
    await clerk.sql(
        "update number_series_range set end_number = $1 where company_id = 1 and series_id = 'INVOICE'", last
    )
    assert "used up" in await clerk.refuse_release(draft)


async def test_every_document_has_its_change_rows(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100))
    first, *_ = await parts_of(clerk, master)
    rows = await clerk.rows(
        "select event from change where company_id = 1 and entity = 'Invoice' and entity_key = $1 order by change_id",
        first.number,
    )
    assert [row["event"] for row in rows] == ["created", "released"]


async def test_the_database_keeps_what_a_part_belongs_to(clerk: Clerk) -> None:
    master = await clerk.issue(INVOICE, **worth(100))
    first, *_ = await parts_of(clerk, master)
    with pytest.raises(Exception, match="released"):
        await clerk.sql("update document set instalment_number = 9 where company_id = 1 and number = $1", first.number)


@pytest.mark.parametrize("verb", ["reverse", "reverseandapplytonote"])
async def test_an_instalment_is_not_reversed_by_itself(clerk: Clerk, verb: str) -> None:
    """RVS-06: its master has the sales and the VAT, and says so before a note is made that cannot be released."""
    master = await clerk.issue(INVOICE, creditTermsId="RATE3")
    shown = await clerk.get(f"reskontra/customerinvoice/{master.number}/instalments")
    part = shown["instalments"][0]["referenceNumber"]
    said = refusal(await clerk.act(f"customerinvoice/{part}", verb))
    assert f"is an instalment of {master.number}" in said
    if verb == "reverseandapplytonote":
        assert "paid in instalments" in refusal(await clerk.act(master, verb))
