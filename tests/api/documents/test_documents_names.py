"""What is called differently by another kind of document: understood, refused, or known to be ignored."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from reskontra.documents.wire.bodies import (
    CashSaleUpdate,
    CreditNoteUpdate,
    DebitNoteUpdate,
    InvoiceUpdate,
    OverdueChargeUpdate,
    SaleUpdate,
)
from reskontra.web.shapes import Plan, plan_of
from reskontra.web.wire import encode
from tests.clerk import CASH_SALE, CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, LINES, OVERDUE_CHARGE, Clerk

QUIRKS = (Path(__file__).parents[3] / "docs" / "QUIRKS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [*KINDS, CASH_SALE])
async def test_lines_are_understood_under_all_their_names(clerk: Clerk, kind: str) -> None:
    line = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}
    sale = {"customerNumber": {"value": "20001"}, "paymentReference": {"value": "Receipt 1"}}
    for name in ("lines", "invoiceLines", "cashSaleLines", "INVOICELINES"):
        for version in ("v1",) if kind == CASH_SALE else ("v1", "v2"):
            answer = await clerk.http.post(f"/{version}/{kind}", json={**sale, name: [line]})
            document = (await clerk.http.get(answer.headers["Location"])).json()
            assert (document["amount"], len(document[LINES[kind]])) == (125, 1)
        address = f"/v1/{kind}/{document['referenceNumber']}"
        more = {"operation": "Insert", **line}
        assert (await clerk.http.put(address, json={name: [more, more]})).status_code == 204
        assert (await clerk.http.get(address)).json()["amount"] == 375


@pytest.mark.parametrize("kind", [*KINDS, CASH_SALE])
@pytest.mark.parametrize("names", list(combinations(("lines", "invoiceLines", "cashSaleLines"), 2)))
async def test_lines_under_two_names_at_once_are_refused(clerk: Clerk, kind: str, names: tuple[str, str]) -> None:
    line = {"inventoryNumber": {"value": "A"}}
    body = {"customerNumber": {"value": "20001"}, "paymentReference": {"value": "Receipt 1"}, names[0]: [line]}
    draft = await clerk.document(kind, paymentReference="Receipt 1")
    before = await clerk.newest_change()
    for method, address in (("POST", kind), ("PUT", f"{kind}/{draft['referenceNumber']}")):
        answer = await clerk.http.request(method, f"/v1/{address}", json={**body, names[1]: [line]})
        assert answer.status_code == 400
        said = answer.json()["message"]
        assert f"are the same field. Field: {LINES[kind]}. Send one of the two." in said
        assert all(f"'{name}'" in said for name in names)
    assert await clerk.newest_change() == before
    assert (await clerk.http.post(f"/v1/{kind}", json={**body, names[1]: []})).status_code == 201


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["taxDetails", "taxDetailLines"])
async def test_vat_rows_are_understood_under_both_their_names(clerk: Clerk, kind: str, name: str) -> None:
    thirds = [{"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": "33.33"}] * 3
    row = {"taxId": {"value": "3"}, "vatAmount": {"value": Decimal("24.99")}}
    draft = await clerk.document(kind, lines=thirds)
    assert draft["vatTotal"] == 25
    assert (await clerk.document(kind, None, lines=thirds, **{name: [row]}))["vatTotal"] == Decimal("24.99")
    assert (await clerk.change(draft, **{name: [row]}))["vatTotal"] == Decimal("24.99")
    text = await clerk.refuse(kind, taxDetails=[row], taxDetailLines=[row])
    assert (
        "'taxDetailLines' and 'taxDetails' are the same field." in text or "'taxDetails' and 'taxDetailLines'" in text
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["invoiceAddress", "billingAddress"])
async def test_the_address_is_understood_under_both_its_names(clerk: Clerk, kind: str, name: str) -> None:
    address = {"overrideAddress": True, "city": "Hamar", "countryId": "NO"}
    document = await clerk.document(kind, None, **{name: address})
    assert document["invoiceAddress"]["city"] == "Hamar"
    assert (await clerk.change(document, **{name: {"city": "Moss"}}))["invoiceAddress"]["city"] == "Moss"
    both = {"billingAddress": {"city": "Voss"}, "invoiceAddress": {"city": "Bodø"}}
    if kind == INVOICE:  # there, `invoiceAddress` is what was read
        assert (await clerk.change(document, **both))["invoiceAddress"]["city"] == "Voss"
        turned = dict(reversed(both.items())) | {"billingAddress": {"city": "Oslo"}}
        assert (await clerk.change(document, **turned))["invoiceAddress"]["city"] == "Oslo"
        unread = {"billingAddress": {"city": "Røst"}, "invoiceAddress": "as text"}
        assert (await clerk.change(document, **unread))["invoiceAddress"]["city"] == "Røst"
    else:
        assert "are the same field. Field: invoiceAddress." in await clerk.refuse_change(document, **both)


@pytest.mark.parametrize("kind", [*KINDS, CASH_SALE])
async def test_a_document_may_be_sent_back_as_it_was_read(clerk: Clerk, kind: str) -> None:
    document = await clerk.document(kind, paymentReference="Receipt 1")
    address = f"/v1/{kind}/{document['referenceNumber']}"
    back = {name: value for name, value in document.items() if name != LINES[kind]}
    for lines, times in ([], 1), ([{"operation": "Update", "lineNumber": 1, "quantity": 2}], 2):
        answer = await clerk.http.put(address, content=encode(back | {LINES[kind]: lines}))
        assert answer.status_code == 204, answer.text
        changed = (await clerk.http.get(address)).json()
        assert changed["amount"] == times * document["amount"]
        assert changed["invoiceAddress"] == document["invoiceAddress"]


async def test_a_cash_sale_is_in_the_currency_that_is_sent(clerk: Clerk) -> None:
    line = {"description": "x", "quantity": 1, "unitPriceInCurrency": 100}
    plain = await clerk.document(CASH_SALE, lines=[line], paymentReference="x")
    named = await clerk.document(CASH_SALE, lines=[line], paymentReference="x", currencyId="NOK")
    assert named["amount"] == plain["amount"]
    foreign = await clerk.document(CASH_SALE, lines=[line], paymentReference="x", currencyId="EUR", exchangeRate="10.5")
    assert (foreign["currencyId"], foreign["detailTotalInCurrency"], foreign["detailTotal"]) == ("EUR", 100, 1050)
    text = await clerk.refuse(CASH_SALE, lines=[line], paymentReference="x", currencyId="XXX")
    assert "Field: currencyId." in text


async def test_a_payment_goes_by_the_names_that_documents_have(clerk: Clerk) -> None:
    names = {
        "customerNumber": "20001",
        "documentDate": "2025-05-05",
        "documentType": "Prepayment",
        "currencyId": "EUR",
        "locationId": "MAIN",
        "branchNumber": "1",
        "paymentMethodId": "2",
        "paymentReference": "Receipt 7",
    }
    answer = await clerk.http.post("/v1/customerPayment", json={**names, "paymentAmount": 100})
    payment = (await clerk.http.get(answer.headers["Location"])).json()
    shown = {
        "applicationDate": "2025-05-05T00:00:00",
        "type": "Prepayment",
        "currency": "EUR",
        "paymentRef": "Receipt 7",
    }
    assert {name: payment[name] for name in shown} == shown
    text = await clerk.http.post("/v1/customerPayment", json={**names, "currency": "NOK", "paymentAmount": 100})
    assert "'currency' and 'currencyId' are the same field." in text.json()["message"]


# What another kind of document has

SAID: dict[str, Any] = {
    "applicationLines": [{"documentType": "Invoice", "refNbr": "000001", "amountPaid": 10}],
    "rotRutDetails": {"type": "Rot"},
    "domesticServicesDeductibleDocument": True,
    "domesticServicesDeductible": True,
    "customerVatZoneId": "02",
    "taxDetails": [{"taxId": "3", "vatAmount": 24}],
    "taxDetailLines": [{"taxId": "3", "vatAmount": 24}],
    "discountCode": "RABATT",
}
NOTHING: tuple[Any, ...] = (None, "", 0, "0.00", False, [], {}, {"value": None}, [{"taxId": {"value": None}}])

INVOICES_ONLY = (
    "accountingCostRef contractDocRef customerProject debtCollectionCaseNbr debtCollectionCaseStatus "
    "debtCollectionCaseType debtCollectionCaseUrl directDebitMandateId endDate excludeDebtCollection originatorDocRef "
    "revoked startDate "
)
ADDRESS = "billingAddress invoiceAddress invoiceContact overrideNumberSeries project sendToAutoInvoice "
IGNORED = {
    INVOICE: "",
    CREDIT_NOTE: INVOICES_ONLY + "cashDiscountDate creditTermsId documentDueDate paymentMethodId paymentReference",
    DEBIT_NOTE: INVOICES_ONLY + "project sendToAutoInvoice",
    CASH_SALE: INVOICES_ONLY + ADDRESS + "cashDiscountDate contact customerRefNumber documentDueDate externalReference",
    OVERDUE_CHARGE: INVOICES_ONLY + ADDRESS + "taxDetails",
}
IGNORED_ON_LINES = {
    INVOICE: "",
    CREDIT_NOTE: "endDate itemType startDate typeOfWork",
    DEBIT_NOTE: "endDate startDate taskId",
    CASH_SALE: "endDate itemType startDate taskId typeOfWork",
    OVERDUE_CHARGE: "endDate startDate taskId",
}
"""Names that another kind of document has, that are ignored, and cost nobody money. docs/QUIRKS.md has them."""

BODIES: dict[str, type[SaleUpdate]] = {
    INVOICE: InvoiceUpdate,
    CREDIT_NOTE: CreditNoteUpdate,
    DEBIT_NOTE: DebitNoteUpdate,
    CASH_SALE: CashSaleUpdate,
    OVERDUE_CHARGE: OverdueChargeUpdate,
}


def line_plan(kind: str) -> Plan:
    item = plan_of(BODIES[kind]).by_attribute["lines"].shape.item
    assert item is not None
    assert item.struct is not None
    return plan_of(item.struct)


@pytest.mark.parametrize("kind", BODIES)
def test_what_another_kind_of_document_has_is_understood_refused_or_known_to_be_ignored(kind: str) -> None:
    for plan_for, ignored in ((lambda other: plan_of(BODIES[other]), IGNORED), (line_plan, IGNORED_ON_LINES)):
        plan = plan_for(kind)
        names = {slot.wire for other in BODIES for slot in plan_for(other).slots}
        silent = {
            name
            for name in names
            if not {name.lower()} & {*plan.by_lower_name, *plan.by_other_name, *plan.refused_names}
            and not (kind == INVOICE and name == "invoiceAddress")
        }
        assert silent == set(ignored[kind].split())
        for name in silent:
            assert f"`{name}`" in QUIRKS, f"say in docs/QUIRKS.md that {name} is ignored on a {kind}"


@pytest.mark.parametrize(
    ("kind", "name", "on_line"),
    [
        (kind, name, on_line)
        for kind in (*KINDS, CASH_SALE)
        for on_line, plan in ((False, plan_of(BODIES[kind])), (True, line_plan(kind)))
        for name in SAID
        if name.lower() in plan.refused_names
    ],
)
async def test_what_would_change_what_is_owed_is_refused(clerk: Clerk, kind: str, name: str, on_line: bool) -> None:
    before = await clerk.newest_change()
    for value in (SAID[name], {"value": SAID[name]}, *NOTHING):
        line = {"inventoryNumber": "A"}
        sent = {"lines": [line | {name: value}]} if on_line else {"lines": [line], name: value}
        answer = await clerk.http.post(f"/v1/{kind}", json={"customerNumber": "20001", "paymentReference": "x", **sent})
        if value not in NOTHING:
            assert answer.status_code == 400, value
            where = f"{LINES[kind]}[0].{name}" if on_line else name
            assert f"Field: {where}. Leave it out." in answer.json()["message"]
            assert await clerk.newest_change() == before
        else:
            assert answer.status_code == 201, (value, answer.text)
            document = (await clerk.http.get(answer.headers["Location"])).json()
            assert document["amount"] == 125


@pytest.mark.parametrize("kind", [CREDIT_NOTE, DEBIT_NOTE])
async def test_a_fault_in_lines_of_the_other_name_is_told_by_the_name_of_the_contract(
    bystander: Clerk, kind: str
) -> None:
    body = {"customerNumber": {"value": "20001"}, "invoiceLines": [{"inventoryNumber": {"value": "Z"}}]}
    answer = await bystander.http.post(f"/v1/{kind}", json=body)
    assert "Field: lines[0].inventoryNumber." in answer.json()["message"]
