"""The commands that may meet, as data, and the little company in which they do. Not how they meet: see `meetings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Caller, application, body, sale

DAY = "2025-05-05"
INVOICES, CREDIT_NOTES, CUSTOMERS = "/v1/customerinvoice", "/v1/customerCreditNote", "/v1/customer"
PERIODS = "/v1/reskontra/financialPeriod"

# What the company has (see `open_company`): two customers. The first owes all that follows, the second has a limit.
MAIN, OTHER = "20001", "20002"
REMINDED_TWICE, OWED, DRAFT, SECOND_DRAFT = "002001", "002002", "002003", "002004"
OWED_MORE = "002005"
IN_INSTALMENTS = "002006"
UNTOUCHED, CORRECTED, CORRECTION = "002007", "002008", "002009"
NEXT_INVOICE, NEXT_CUSTOMER = "002010", "20003"
NOTE = "010001"
OPEN_NOTE = "010002"
APPLICATIONS = "/v1/reskontra/application"
PAYMENTS = "/v1/customerPayment"
PAYMENT, OPEN_PAYMENT, VOIDED_PAYMENT = "500001", "500002", "500003"
CASH_SALES = "/v1/cashsale"
SOLD, TO_SELL = "040001", "040002"
SMALL_DEBT, SMALL_PAYMENT = "001001", "500004"
APPLIED_EARLIER = 2  # the application of OPEN_NOTE; that of NOTE has the id 1


@dataclass(frozen=True)
class Command:
    """One request. `of_draft` sends the ETag that the draft had at the start as If-Match."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    of_draft: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def line(number: int | None = None, operation: str = "Insert", **fields: Any) -> dict[str, Any]:
    return {"operation": operation} | ({"lineNumber": number} if number else {}) | fields


def invoice(customer: str = MAIN, day: str = DAY, quantity: int = 1, **more: Any) -> dict[str, Any]:
    lines = [line(inventoryNumber="A", quantity=quantity), line(inventoryNumber="6", quantity=1)]
    return sale(customer, documentDate=day, lines=lines, **more)


def credit_note(*applications: dict[str, Any], **more: Any) -> dict[str, Any]:
    lines = [line(inventoryNumber="A", quantity=4)]
    return sale(MAIN, documentDate="2025-06-06", lines=lines, applicationLines=list(applications), **more)


def later_application(debit: str, amount: int) -> Mapping[str, Any]:
    """What applies the open note to one more document."""
    settled = {"documentType": "Invoice", "referenceNumber": debit, "amountPaid": amount}
    return {"credit": {"documentType": "CreditNote", "referenceNumber": OPEN_NOTE}, "lines": [settled]}


def payment(amount: int, *numbers: str) -> dict[str, Any]:
    lines = [pays(number, amount) for number in numbers]
    return {"customer": MAIN, "applicationDate": "2025-06-06", "paymentAmount": amount, "paymentLines": lines}


def cash_sale() -> dict[str, Any]:
    return sale(MAIN, documentDate=DAY, lines=[line(inventoryNumber="A", quantity=1)], paymentReference="Receipt")


def pays(number: str, amount: int) -> dict[str, Any]:
    return {"operation": "Insert", "refNbr": number, "amountPaid": amount}


STEPS = [{"breakAmount": 0, "discountPercent": 5}]
"""The steps of a discount."""


def post(path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> Command:
    return Command("POST", path, None if fields is None else body(path, **fields), **more)


def put(path: str, *, of_draft: bool = False, **fields: Any) -> Command:
    return Command("PUT", path, body(path, **fields), of_draft)


def reminder(level: int, day: str) -> Mapping[str, Any]:
    return {"dunningLetterDate": f"{day}T09:00:00Z", "levelFrom": level, "levelTo": level}


_DRAFT = f"{INVOICES}/{DRAFT}"
_NOTE = f"{CREDIT_NOTES}/{NOTE}"
_MAIN = f"{CUSTOMERS}/{MAIN}"
_REMIND = f"{_MAIN}/action/createDunningLetter"

COMMANDS: Mapping[str, Command] = {
    # Invoices and their series
    "create": post(INVOICES, invoice()),
    "create the largest that credit allows": post(INVOICES, invoice(OTHER, quantity=40)),
    "create under the next number": post(INVOICES, invoice(referenceNumber=NEXT_INVOICE)),
    "create under a number of its own": post(INVOICES, invoice(referenceNumber="X-1")),
    "create for the other customer": post(INVOICES, invoice(OTHER)),
    "create in the closed month": post(INVOICES, invoice(day="2024-12-20")),
    "change the header of what was read": put(_DRAFT, invoiceText="anew, as read", of_draft=True),
    "change a line": put(_DRAFT, lines=[line(1, "Update", quantity=3)]),
    "add a line": put(_DRAFT, lines=[line(inventoryNumber="222", quantity=2)]),
    "delete a line": put(_DRAFT, lines=[line(2, "Delete")]),
    "change the customer": put(_DRAFT, customerNumber=OTHER),
    "delete": Command("DELETE", _DRAFT),
    "release": post(f"{_DRAFT}/action/release"),
    "release what was read": post(f"{_DRAFT}/action/release", of_draft=True),
    "release another one": post(f"{INVOICES}/{SECOND_DRAFT}/action/release"),
    "release what is paid in instalments": post(f"{INVOICES}/{IN_INSTALMENTS}/action/release"),
    "change what is paid in instalments": put(f"{INVOICES}/{IN_INSTALMENTS}", lines=[line(1, "Update", quantity=2)]),
    "change the note of what is owed": put(f"{INVOICES}/{OWED}", note="called them"),
    # Taking back
    "reverse and apply": post(f"{INVOICES}/{UNTOUCHED}/action/reverseandapplytonote", {}),
    "correct": post(f"{INVOICES}/{UNTOUCHED}/action/correct"),
    "release a correction": post(f"{INVOICES}/{CORRECTION}/action/release"),
    "delete a correction": Command("DELETE", f"{INVOICES}/{CORRECTION}"),
    "pay what is corrected": post(PAYMENTS, payment(35, CORRECTED)),
    "pay the untouched": post(PAYMENTS, payment(45, UNTOUCHED)),
    # Settlement
    "create a note that settles": post(CREDIT_NOTES, credit_note(application(OWED, 50))),
    "settle another one too": put(_NOTE, applicationLines=[application(OWED, 70)]),
    "delete the note": Command("DELETE", _NOTE),
    "release the note": post(f"{_NOTE}/action/release"),
    "apply the open note": post(APPLICATIONS, later_application(OWED, 150)),
    "undo an application": post(f"{APPLICATIONS}/{APPLIED_EARLIER}/action/undo", {}),
    # Payments
    "enter a payment": post(PAYMENTS, payment(40, OWED)),
    "release the payment": post(f"{PAYMENTS}/{PAYMENT}/action/release", {}),
    "add a line to the payment": put(f"{PAYMENTS}/{PAYMENT}", paymentLines=[pays(OWED, 5)]),
    "delete the payment": Command("DELETE", f"/v1/reskontra/customerPayment/{PAYMENT}"),
    "add a line to the open payment": put(f"{PAYMENTS}/{OPEN_PAYMENT}", paymentLines=[pays(OWED, 15)]),
    "void the open payment": post(f"{PAYMENTS}/{OPEN_PAYMENT}/action/void", {}),
    "release a void": post(f"{PAYMENTS}/{VOIDED_PAYMENT}/action/release", {}),
    "make the statements": post("/v1/reskontra/run/statements", {"asOf": "2025-06-30"}),
    "apply by itself": post("/v1/reskontra/run/autoApply", {"asOf": "2025-06-06"}),
    "pay the small debt": post(
        PAYMENTS,
        payment(4) | {"paymentLines": [pays(SMALL_DEBT, 4) | {"documentType": "DebitNote"}]},
    ),
    "void the small payment": post(f"{PAYMENTS}/{SMALL_PAYMENT}/action/void", {}),
    "write off what is small": post("/v1/reskontra/run/writeOff", {"asOf": "2025-06-06"}),
    "take open items over": post(
        "/v1/reskontra/openItems",
        {
            "asOf": "2025-06-06",
            "items": [
                {
                    "documentType": kind,
                    "referenceNumber": number,
                    "customer": MAIN,
                    "documentDate": "2025-05-05",
                    "dueDate": "2025-05-19",
                    "balance": 70,
                }
                for kind, number in (("Invoice", "OLD-1"), ("CreditNote", "OLD-2"), ("Payment", "OLD-3"))
            ],
        },
    ),
    # Cash sales
    "sell for cash": post(CASH_SALES, cash_sale()),
    "release the cash sale": post(f"{CASH_SALES}/{TO_SELL}/action/release"),
    "reverse what was sold": post(f"{CASH_SALES}/{SOLD}/action/reverse"),
    # Reminding
    "remind": post(_REMIND, reminder(1, "2025-03-10")),
    "remind for a fee": post(_REMIND, reminder(3, "2025-04-15")),
    "block what is owed": Command(
        "PUT", f"/v1/reskontra/remindingBlock/Invoice/{OWED}", {"until": "2027-01-01", "reason": "Disputed"}
    ),
    # Charging for late payment
    "charge for late payment": post("/v1/reskontra/run/overdueCharge", {"asOf": "2025-06-06"}),
    # Customers and their series
    "create a customer": post(CUSTOMERS, {"name": "New AS"}),
    "create a customer under the next number": post(CUSTOMERS, {"number": NEXT_CUSTOMER, "name": "Next AS"}),
    "create a child": post(CUSTOMERS, {"name": "Child AS", "parentRecordNumber": MAIN}),
    "rename the customer": put(_MAIN, name="Renamed AS"),
    "renumber to the next number": post(f"{CUSTOMERS}/action/changeCustomerCd/1", {"customerCd": NEXT_CUSTOMER}),
    "hold the customer's credit": put(_MAIN, status="CreditHold"),
    "take the other class": put(_MAIN, customerClassId="2", overrideWithClassValues=True),
    "give the invoices an address": put(_MAIN, invoiceAddress={"addressLine1": "Box 1"}),
    "end the other customer": put(f"{CUSTOMERS}/{OTHER}", status="Inactive"),
    "give the customer a payment method": post(
        "/v1/customerpaymentmethod", {"customerId": MAIN, "paymentMethodId": "2", "cashAccountId": "1920"}
    ),
    "close the customer's payment method": put(f"/v1/customerpaymentmethod/{MAIN}/1", active=False),
    "rename the place": put(f"/v1/location/{MAIN}/Main", locationName="The yard"),
    # What documents show and stand on
    "change the item": put("/v1/inventory/A", description="Advice", defaultPrice=120),
    "give the item a price": post("/v1/customerSalesPrice", {"inventoryId": "A", "price": 77}),
    "give a discount": post("/v1/discount", {"discountCode": "RABATT", "series": "NEW", "discountBreakpoints": STEPS}),
    "change the discount": put("/v1/discount/RABATT/S1", discountBreakpoints=[{"lineNbr": 1, "discountPercent": 7}]),
    "stop the discount": Command("DELETE", "/v1/discount/RABATT/S1"),
    "sell at a discount": put(_DRAFT, lines=[line(1, "Update", discountCode="RABATT")]),
    "start the next project": post("/v1/project", {"description": "Next harbour"}),
    "start a project under the next number": post("/v1/project", {"projectID": "P00001", "description": "Harbour"}),
    "rename the project": put("/v1/project/20", description="Old warehouse"),
    "sell on the project": put(_DRAFT, project="20"),
    "rename the account": put("/v1/account/3000", description="Sales, all of them"),
    "change rules and words by the file": Command("APPLY", ""),
    "close the month": post(f"{PERIODS}/202505/action/close"),
    "reopen the closed month": post(f"{PERIODS}/202412/action/reopen"),
}
"""Each may meet any other, and itself."""

APPLIED = """
series:
  - series_id: INVOICE
    ranges:
      - {start_number: "002001", end_number: "888888", warn_number: "880000"}
vat:
  - vat_id: "3"
    description: Domestic VAT, full rate
"""
"""The company file of "change rules and words by the file"."""


OTHER_CLASS = """
    insert into customer_class
    select (json_populate_record(standing, '{"customer_class_id": "2", "terms_id": "30"}')).*
      from customer_class as standing where company_id = $1"""
"""The class of "take the other class"."""


async def open_company(clerk: Caller) -> None:
    """Make what the commands name, in an empty company whose year 2024 is closed."""
    await clerk.customer(name="Main AS")
    await clerk.customer(name="Other AS", creditVerification="CreditLimit", creditLimit=6000)
    assert (await clerk.act(f"{PERIODS}/202412", "close")).status_code == 200
    for day in ("2025-01-01", "2025-02-01"):
        await clerk.issue(INVOICE, **invoice(day=day))
        if day == "2025-01-01":
            for level, reminded in ((1, "2025-02-01"), (2, "2025-03-01")):
                answer = await clerk.act(f"customer/{MAIN}", "createDunningLetter", **reminder(level, reminded))
                assert answer.status_code == 200, answer.text
    answer = await clerk.post("/v1/discount", discountCode="RABATT", series="S1", discountBreakpoints=STEPS)
    assert answer.status_code == 201, answer.text
    await clerk.create("/v1/project", projectID="20", description="New warehouse")
    await clerk.create(INVOICE, **invoice())
    await clerk.create(INVOICE, **invoice(day="2025-06-01"))
    await clerk.create(CREDIT_NOTE, **credit_note(application(REMINDED_TWICE, 100)))
    await clerk.issue(CREDIT_NOTE, **credit_note(application(OWED, 30)))
    await clerk.issue(INVOICE, **invoice(day="2025-02-01"))
    await clerk.create(INVOICE, **invoice(day="2025-06-03", creditTermsId="RATE3"))
    await clerk.release(await clerk.create(CASH_SALES, **cash_sale()))
    await clerk.create(CASH_SALES, **cash_sale())
    for _ in (UNTOUCHED, CORRECTED):
        await clerk.issue(INVOICE, **invoice(day="2025-03-01"))
    assert (await clerk.act(f"{INVOICES}/{CORRECTED}", "correct")).json()["refNbr"] == CORRECTION
    await clerk.create(PAYMENTS, **payment(60, OWED_MORE))
    await clerk.release(await clerk.create(PAYMENTS, **payment(90)))
    await clerk.change(f"{PAYMENTS}/{PAYMENT}", paymentLines=[pays(OWED_MORE, 60) | {"operation": "Delete"}])
    voided = await clerk.release(await clerk.create(PAYMENTS, **payment(20, OWED_MORE)))
    assert (await clerk.act(voided, "void")).status_code == 200
    await clerk.change(f"{PAYMENTS}/{PAYMENT}", paymentLines=[pays(OWED_MORE, 60)])
    small = [line(description="Fee", quantity=1, unitPriceInCurrency=4, vatCodeId="6")]
    await clerk.issue(DEBIT_NOTE, **sale(MAIN, documentDate="2025-06-01", lines=small))
    await clerk.release(await clerk.create(PAYMENTS, **payment(3)))
