"""Invoices and debit notes that deduct for domestic services, in a Swedish company (RRT)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk, Record, refusal
from tests.conftest import new_company, open_client

ANNA, BO = "198112189876", "191212121212"


@pytest.fixture
async def swede(books: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """The clerk of a new Swedish company with one customer."""
    company_id = await new_company(books, clock, "se")
    async with open_client(Settings(sandbox=True), books, clock, company_id=company_id) as http:
        clerk = Clerk(http, books, clock, company_id)
        await clerk.customer(name="Anna Alm", creditTermsId="30")
        yield clerk


def work(price: Any, kind: str | None = "Bygg", **fields: Any) -> dict[str, Any]:
    """A deductible line over that price, with VAT of 25 per cent on top."""
    line = {"description": "Work", "unitPriceInCurrency": price, "vatCodeId": "25", "itemType": "Service"}
    return line | {"domesticServicesDeductible": True, "typeOfWork": kind} | fields


def cost(price: Any, kind: str = "MaterialCost") -> dict[str, Any]:
    return {"description": "Wood", "unitPriceInCurrency": price, "vatCodeId": "25", "itemType": kind}


def rot(*persons: str, **fields: Any) -> dict[str, Any]:
    """What makes a document deduct ROT for those persons."""
    shares = [{"operation": "Insert", "personalId": person} for person in persons or (ANNA,)]
    details = {"type": "Rot", "estate": "Näs 1:7", "distribution": shares} | fields
    return {"domesticServicesDeductibleDocument": True, "rotRutDetails": details}


async def claim_of(clerk: Clerk, of: Record) -> Record:
    """The credit note that takes the deduction off an invoice, as its applications name it."""
    (applied,) = [it for it in (await clerk.get(of))["applications"] if it["docType"] == "CreditNote"]
    note: Record = await clerk.get(f"{CREDIT_NOTE}/{applied['refNbr']}")
    return note


async def test_the_authority_pays_its_part_of_an_invoice(swede: Clerk) -> None:
    draft = await swede.invoice(
        documentDate="2025-06-01", lines=[work(10_000), cost(2_000), cost(400, "OtherCost")], **rot(ANNA, BO)
    )
    assert (draft["isRotRutDeductible"], draft["amount"], draft["balance"]) == (True, 15_500, 15_500)
    first, second, _ = draft["invoiceLines"]
    assert (first["isRotRutDeductible"], first["itemType"], first["deductableAmount"]) == (True, "Service", 6_250)
    assert first["typeOfWork"] == {"rutRotType": "Rot", "description": "Bygg", "xmlTag": "Bygg"}
    assert (second["isRotRutDeductible"], second.get("typeOfWork")) == (False, None)
    assert [row["isRotRutDeductible"] for row in await swede.page(INVOICE)] == [True]

    told = await swede.get(f"{INVOICE}/{draft.number}/rotrut")
    assert told.etag == draft.etag
    assert told == {
        "docType": "Invoice", "refNbr": draft.number, "distributedAutomaticaly": True, "type": "Rot",
        "totalDeductableAmount": 6_250, "otherCost": 500, "materialCost": 2_500, "workPrice": 12_500,
        "distributedAmount": 6_250, "estate": "Näs 1:7",
        "distribution": [
            {"lineNbr": 1, "personalId": ANNA, "amount": 3_125, "extra": False},
            {"lineNbr": 2, "personalId": BO, "amount": 3_125, "extra": False},
        ],
    }  # fmt: skip

    answer = await swede.act(draft, "release", draft.if_match)
    released = await swede.get(draft)
    assert answer.headers["ETag"] == released.etag
    assert (released["status"], released["amount"], released["balance"]) == ("Open", 15_500, 9_250)
    assert await swede.balance() == (Decimal(9_250), Decimal(0))
    assert [entry[:3] for entry in await swede.entries(released)] == [
        ("1510", 15_500, 0), ("3001", 0, 12_400), ("2611", 0, 3_100),
    ]  # fmt: skip
    note = await claim_of(swede, released)
    assert (note["status"], note["amount"], note["vatTotal"], note["isRotRutDeductible"]) == (
        "Closed", 6_250, 0, False,
    )  # fmt: skip
    assert note["documentDate"][:10] == "2025-06-01"
    assert [entry[:3] for entry in await swede.entries(note)] == [("1510", 0, 6_250), ("1513", 6_250, 0)]
    assert note["lines"][0]["description"] == f"Deduction for domestic services (ROT) on invoice {released.number}"

    # What was released is frozen, and may be sent back as it is.
    echo = rot(type="Rot", distribution=[{"operation": "Update", "lineNbr": 1, "personalId": ANNA, "amount": 3_125}])
    same = await swede.change(released, lines=[work(10_000, lineNumber=1, operation="Update")], **echo)
    assert same.etag == released.etag
    for other in (
        {"domesticServicesDeductibleDocument": False},
        {"rotRutDetails": {"estate": "Elsewhere"}},
        {"lines": [{"operation": "Update", "lineNumber": 1, "typeOfWork": "El"}]},
        {"lines": [{"operation": "Update", "lineNumber": 1, "domesticServicesDeductible": False}]},
    ):
        assert "already released" in await swede.refuse_change(released, **other)

    # The customer pays the rest; the claim can neither be undone nor the invoice corrected.
    text = refusal(await swede.act(released, "correct"))
    assert f"The invoice {released.number} has a claim on the tax authority (ROT) and cannot be corrected." in text
    (application,) = [it for it in await swede.get("reskontra/application") if it["amount"] == 6_250]
    undone = await swede.act(f"reskontra/application/{application['id']}", "undo")
    assert f"{note.number} is what the tax authority pays of {released.number}" in refusal(undone)
    await swede.pay(9_250, {"operation": "Insert", "documentType": "Invoice", "refNbr": released.number})
    assert (await swede.get(released))["status"] == "Closed"


async def test_a_draft_keeps_its_deduction_in_step_with_its_lines(swede: Clerk) -> None:
    draft = await swede.invoice(documentDate="2025-03-01", lines=[work(10_000, "bygg")], **rot(ANNA))

    async def told() -> tuple[Any, ...]:
        found = await swede.get(f"{INVOICE}/{draft.number}/rotrut")
        return found["totalDeductableAmount"], [it["amount"] for it in found["distribution"]]

    assert await told() == (3_750, [3_750])
    same = await swede.change(draft, lines=[work(10_000, "BYGG", operation="Update", lineNumber=1)])
    assert same.etag == draft.etag
    await swede.change(draft, documentDate="2025-06-01")
    assert await told() == (6_250, [6_250])
    await swede.change(draft, documentDate="2026-01-10")
    assert await told() == (3_750, [3_750])
    await swede.change(draft, lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 8_000}])
    assert await told() == (3_000, [3_000])
    await swede.change(draft, rotRutDetails={"distribution": [{"operation": "Insert", "personalId": BO}]})
    assert await told() == (3_000, [1_500, 1_500])
    amounts = [{"lineNbr": 1, "amount": 1_000}, {"lineNbr": 2, "amount": 2_000}]
    await swede.change(draft, rotRutDetails={"distribution": amounts})
    assert await told() == (3_000, [1_000, 2_000])
    text = await swede.refuse_change(
        draft, lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 10_000}]
    )
    assert "The distribution comes to 3000, the deduction to 3750." in text
    assert "Field: rotRutDetails.distribution." in text

    # ROT becomes RUT with its line.
    text = await swede.refuse_change(draft, rotRutDetails={"type": "Rut"})
    assert "Line 1 is Bygg, which is ROT." in text
    line = {"operation": "Update", "lineNumber": 1, "typeOfWork": "Städning"}
    await swede.change(draft, lines=[line], rotRutDetails={"type": "Rut", "distributedAutomaticaly": True})
    assert await told() == (5_000, [2_500, 2_500])

    # Off again, with all that hangs on it.
    off = await swede.change(draft, domesticServicesDeductibleDocument=False)
    assert (off["isRotRutDeductible"], off["invoiceLines"][0]["isRotRutDeductible"]) == (False, False)
    assert await told() == (0, [])
    released = await swede.release(off)
    assert (released["balance"], released["applications"]) == (10_000, [])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"domesticServicesDeductibleDocument": False}, "Field: rotRutDetails."),
    ({"rotRutDetails": {"distribution": [{"operation": "Insert", "personalId": ANNA}]}}, "Field: rotRutDetails.type."),
    (rot(estate=""), "Field: rotRutDetails.estate."),
    (rot(distribution=[]), "Field: rotRutDetails.distribution."),
    (rot(ANNA, "198112189877"), "Field: rotRutDetails.distribution[1].personalId. Sent: '198112189877'"),
    (rot(distribution=[{"personalId": ANNA, "amount": 100}]), "The distribution comes to 100, the deduction to 3750."),
    ({"lines": [cost(100)]}, "No line of the document is deductible work."),
    ({"lines": [work(100, None)]}, "Field: invoiceLines[0].typeOfWork."),
    ({"lines": [work(100, "Bakning")]}, "TypeOfWork 'Bakning' cannot be found in the system."),
    ({"lines": [work(100, "Stadning")]}, "Stadning is RUT, and the document deducts ROT."),
    ({"lines": [work(100, itemType="MaterialCost")]}, "Field: invoiceLines[0].itemType. Sent: 'MaterialCost'"),
    ({"lines": [work(100, domesticServicesDeductible=False)]}, "Only a deductible line has a kind of work."),
    ({"lines": [work(100), {**cost(-90), "itemType": "Service"}]}, "The deduction would be 37 of 12.50."),
    ({"lines": [work(-100)]}, "The document total is negative."),
    ({"documentDate": "2020-12-31"}, "No percent of ROT is known for 2020-12-31."),
    ({"creditTermsId": "RATE3"}, "Field: creditTermsId. Sent: 'RATE3'"),
]  # fmt: skip


async def test_what_cannot_be_claimed_is_refused(swede: Clerk) -> None:
    fine = {"lines": [work(10_000)], **rot()}
    for fields, said in REFUSED:
        assert said in await swede.refuse(INVOICE, **fine | fields), fields
    line = work(100)
    assert "Field: invoiceLines[0].domesticServicesDeductible." in await swede.refuse(INVOICE, lines=[line])
    euros = await swede.customer(name="Euro", currencyId="EUR")
    said = await swede.refuse(INVOICE, **fine | {"customerNumber": euros.number})
    assert "are in SEK; the invoice is in EUR" in said
    await swede.issue(INVOICE, documentDate="2025-01-07")
    charge = await swede.charged("2025-12-31")
    said = await swede.refuse_change(charge, domesticServicesDeductibleDocument=True)
    assert "An overdue charge is no domestic service." in said

    plain = await swede.invoice()
    zero = await swede.get(f"{INVOICE}/{plain.number}/rotrut")
    assert (zero["docType"], zero["refNbr"], zero["totalDeductableAmount"], zero["distribution"]) == (
        "Invoice", plain.number, 0, [],
    )  # fmt: skip
    assert (await swede.http.get(f"/v1/{INVOICE}/999/rotrut")).status_code == 404
    await swede.sql(
        "update company set preferences = preferences - 'tax_claim_account' where company_id = $1", swede.company_id
    )
    assert "no account for claims on the tax authority" in await swede.refuse(INVOICE, **fine)


async def test_a_reversed_invoice_takes_its_claim_back_first(swede: Clerk) -> None:
    invoice = await swede.issue(INVOICE, documentDate="2026-01-10", lines=[work(10_000)], **rot())
    note = await claim_of(swede, invoice)
    bought = await swede.get("customer/20001/balance")
    # It was sold for the full price: the authority's part is no sale that was taken back.
    assert (bought["balance"], bought["totalSaleYear"]) == (8_750, 10_000)
    answer = await swede.act(invoice, "reverseandapplytonote")
    assert answer.status_code == 200, answer.text
    back = await swede.get(f"{CREDIT_NOTE}/{answer.json()['referenceNumber']}")
    assert (back["amount"], back["isRotRutDeductible"], back["lines"][0]["isRotRutDeductible"]) == (
        12_500, False, False,
    )  # fmt: skip
    assert [it["amountPaid"] for it in back["applications"]] == [12_500]
    assert (await swede.get(invoice))["balance"] == 12_500
    (debit,) = await swede.page(DEBIT_NOTE)
    taken_back = await swede.get(f"{DEBIT_NOTE}/{debit['referenceNumber']}")
    assert (taken_back["status"], taken_back["amount"]) == ("Closed", 3_750)
    assert [entry[:3] for entry in await swede.entries(taken_back)] == [("1510", 3_750, 0), ("1513", 0, 3_750)]
    assert [it["refNbr"] for it in (await swede.get(note))["applications"] if not it["voided"]][-1] == debit[
        "referenceNumber"
    ]
    await swede.release(back)
    assert (await swede.get(invoice))["status"] == "Closed"
    bought = await swede.get("customer/20001/balance")
    assert (bought["balance"], bought["totalSaleYear"]) == (0, 0)

    # Once is enough: a paid invoice is reversed, and then once more.
    paid = await swede.issue(INVOICE, documentDate="2026-01-10", lines=[work(10_000)], **rot())
    await swede.pay(
        8_750, {"operation": "Insert", "documentType": "Invoice", "refNbr": paid.number}, applicationDate="2026-01-12"
    )
    for notes in (2, 2):
        answer = await swede.act(paid, "reverse")
        assert answer.status_code == 200, answer.text
        assert len(await swede.page(DEBIT_NOTE)) == notes
    assert (await swede.get(paid))["balance"] == 3_750


async def test_debit_notes_deduct_too_and_limits_are_told(swede: Clerk) -> None:
    shares = [{"personalId": ANNA, "amount": 40_000}, {"personalId": BO, "amount": 0}]
    rut = {"type": "Rut", "distribution": shares}
    moving: dict[str, Any] = {
        "lines": [work(64_000, "Flyttjanster")],
        "domesticServicesDeductibleDocument": True,
        "rotRutDetails": rut,
    }
    first = await swede.issue(DEBIT_NOTE, documentDate="2025-02-01", **moving)
    assert (first["isRotRutDeductible"], first["balance"]) == (True, 40_000)
    told = await swede.get(f"reskontra/{DEBIT_NOTE}/{first.number}/rotrut")
    assert (told["docType"], told["type"], told["distributedAmount"]) == ("DebitNote", "Rut", 40_000)
    assert (await swede.get(f"reskontra/issuedDocument/DebitNote/{first.number}"))["warnings"] == []

    # The law allows a person 75,000 kronor of ROT and RUT in a year, 50,000 of it ROT.
    second = await swede.issue(INVOICE, documentDate="2025-06-01", lines=[work(80_000)], **rot())
    issued = await swede.get(f"reskontra/issuedDocument/Invoice/{second.number}")
    assert issued["warnings"] == [
        "The person of distribution line 1 has 90000 kronor of ROT and RUT in 2025 from this company; the law allows a "
        "person 75000."
    ]
    nothing = await swede.issue(INVOICE, documentDate="2025-06-01", lines=[work("0.80")], **rot())
    assert (nothing["balance"], nothing["applications"]) == (1, [])
    await swede.act(second, "reverse")
    third = await swede.issue(INVOICE, documentDate="2025-07-01", lines=[work(40_000)], **rot())
    assert (await swede.get(f"reskontra/issuedDocument/Invoice/{third.number}"))["warnings"] == []


async def test_of_many_at_once_one_claims_and_one_takes_the_claim_back(swede: Clerk) -> None:
    fields = {"documentDate": "2025-06-01", "lines": [work(10_000)], **rot()}
    first, second = await swede.invoice(**fields), await swede.invoice(**fields)
    asked = [swede.act(it, "release") for it in (first, second) for _ in range(4)]
    assert sorted([answer.status_code for answer in await asyncio.gather(*asked)]) == [200] * 2 + [400] * 6
    assert [note["amount"] for note in await swede.page(CREDIT_NOTE)] == [6_250, 6_250]

    paying = await swede.payment(6_250, {"operation": "Insert", "documentType": "Invoice", "refNbr": second.number})
    asked = [swede.act(it, "reverse") for it in (first, second) for _ in range(3)]
    answers = await asyncio.gather(*asked, swede.act(paying, "release"))
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    assert answers[-1].status_code == 200
    # A proposal on an invoice keeps its claim from being taken back.
    taken_back = any(answer.status_code == 200 for answer in answers[3:6])
    assert len(await swede.page(DEBIT_NOTE)) == 1 + taken_back
    assert (await swede.get(first))["balance"] == 12_500
    assert (await swede.get(second))["balance"] == 6_250 * taken_back

    # A draft that begins to deduct while it is released is released without, or deducts.
    third = await swede.invoice(documentDate="2025-06-01", lines=[work(10_000, None, domesticServicesDeductible=False)])
    line = {"operation": "Update", "lineNumber": 1, "domesticServicesDeductible": True, "typeOfWork": "El"}
    changed, released = await asyncio.gather(swede.put(third, lines=[line], **rot()), swede.act(third, "release"))
    assert {changed.status_code, released.status_code} <= {204, 200, 400, 409}
    after = await swede.get(third)
    if released.status_code == 200:
        assert after["balance"] == (6_250 if after["isRotRutDeductible"] else 12_500)


# --- the kinds of work


async def test_the_kinds_of_work_are_listed_in_the_order_of_the_law(clerk: Clerk) -> None:
    """RRT-01. Those of ROT first, all at once, and the same for every company."""
    listed = await clerk.get("customerinvoice/worktypes")
    assert [(it["rutRotType"], it["xmlTag"]) for it in listed] == [
        *(("Rot", tag) for tag in ("Bygg", "El", "GlasPlatarbete", "MarkDraneringarbete", "Murning",
                                   "MalningTapetsering", "Vvs")),
        *(("Rut", tag) for tag in ("Stadning", "KladOchTextilvard", "Snoskottning", "Tradgardsarbete", "Barnpassning",
                                   "Personligomsorg", "Flyttjanster", "ItTjanster", "ReparationAvVitvaror",
                                   "Moblering", "TillsynAvBostad", "TransportTillForsaljning",
                                   "TvattVidTvattinrattning")),
    ]  # fmt: skip
    assert {it["xmlTag"]: it["description"] for it in listed}["MalningTapetsering"] == "Målning och tapetsering"
    assert {name for it in listed for name in it} == {"rutRotType", "description", "xmlTag", "metadata"}
