"""How often each operation waits for PostgreSQL: counted on the wire, kept in a file, so that no trip is added unseen.

Counted is a warm request: statements are prepared, the reference data is remembered. The file has, for each
operation, the round trips of its statements and those that begin and end its transaction. What comes after a dot
tells how a request differs from the plain one. `pytest tests/trips --update-golden` writes the file anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from reskontra.app import served_routes
from reskontra.clock import Clock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import NEEDED, application, wrapped
from tests.conftest import open_client
from tests.trips.traffic import Traffic, tapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FILE = Path(__file__).parent / "round_trips.txt"
PASSES = 3
"""Of the writes; the last one is counted."""

Body = Mapping[str, Any]


LINE = {"operation": "Insert", **wrapped(inventoryNumber="A", quantity=2)}
FIRST_LINE = {"operation": "Update", **wrapped(lineNumber=1, quantity=3)}


def owed(customer: str = "20001", lines: str = "lines", **more: Any) -> dict[str, Any]:
    return wrapped(customerNumber=customer, documentDate="2025-05-05", **{lines: [LINE]}, **more)


def paying(invoice: str | None = None) -> dict[str, Any]:
    lines = [wrapped(refNbr=invoice, amountPaid=10)] if invoice else []
    return wrapped(customer="20001", applicationDate="2025-05-05", paymentAmount=10) | {"paymentLines": lines}


def settling(number: str) -> dict[str, Any]:
    return wrapped(applicationLines=[application(number, 50)])


@dataclass(frozen=True)
class Step:
    """One request of a pass. Braces in address and body are filled from what was kept; `keeps` names what is new.

    A step without a name is not counted: others need what it does.
    """

    name: str
    method: str
    target: str
    body: Body | None = None
    keeps: str = ""
    file: bytes | None = None
    """What is sent instead of a body."""

    lines: int = 0
    """So often the body is sent, one a line."""


INVOICE, NOTE, DEBIT = "/v1/customerinvoice", "/v1/customerCreditNote", "/v1/customerDebitNote"
CASH, CHARGE = "/v1/cashsale", "/v1/customerOverdueCharge"
APPLICATION = "/v1/reskontra/application"
LETTER, PERIOD = "/v1/reskontra/dunningLetter", "/v1/reskontra/financialPeriod"
BULK = "/v1/reskontra/bulk"
LOGO, SVG = "/v1/reskontra/branch/1/logo", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
BLOCK = "/v1/reskontra/remindingBlock/Invoice/{electronic}"
REMIND = "/v1/customer/{debtor}/action/createDunningLetter"
DUE = "2025-03-01"
ELECTRONIC = wrapped(
    name="Reached AS", corporateId="988077917", acceptAutoInvoices=True, mainAddress={"countryId": "NO"}
)
MAILED = {"to": "post@example.com"}
LIMITED = wrapped(name="Limited AS", creditVerification="CreditLimit", creditLimit=100000)

WRITES = (
    Step("Account_Post", "POST", "/v1/account",
         wrapped(accountCD="{account}", type="Income", accountClass="SALES", description="New")),
    Step("Account_PutByaccountCd", "PUT", "/v1/account/{account}", wrapped(description="Of pass {pass}")),
    Step("Account_PutByaccountCd.shown by documents", "PUT", "/v1/account/3000", wrapped(description="Sales {pass}")),
    Step("Subaccount_Post", "POST", "/v1/subaccount", wrapped(subaccountNumber="{pass}")),
    Step("Subaccount_PutBysubAccountNumber", "PUT", "/v1/subaccount/{pass}", wrapped(description="Of {pass}")),
    Step("Attribute_Post", "POST", "/v1/attribute",
         wrapped(attributeID="A{pass}", description="New", controlType="Text")),
    Step("Attribute_PutByattributeId", "PUT", "/v1/attribute/A{pass}", wrapped(description="Newer")),
    Step("Attribute_DeleteByattributeId", "DELETE", "/v1/attribute/A{pass}"),
    Step("", "POST", "/v1/attribute", wrapped(attributeID="K{pass}", description="Kept", controlType="Text")),
    Step("Customer_Post", "POST", "/v1/customer", wrapped(name="New AS"), keeps="customer"),
    Step("Customer_PutBycustomerCd", "PUT", "/v1/customer/{customer}", wrapped(name="Newer AS")),
    Step("Customer_PutByinternalID", "PUT", "/v1/customer/internal/2", wrapped(name="Bjerke {pass}")),
    Step("Customer_ChangeCustomerNrActionByinternalId", "POST", "/v1/customer/action/changeCustomerCd/3",
         {"customerCd": "R{pass}"}),
    Step("Location_Create", "POST", "/v1/location",
         wrapped(baccountId="20001", locationId="P{pass}", locationName="Place")),
    Step("Location_UpdateBybAccountIdlocationId", "PUT", "/v1/location/20001/P{pass}", wrapped(locationName="Yard")),
    Step("Contact_CreateContact", "POST", "/v1/contact", wrapped(lastName="Lie"), keeps="contact"),
    Step("Contact_PutBycontactId", "PUT", "/v1/contact/{contact}", wrapped(lastName="Dahl")),
    Step("SalesPerson_CreateSalesperson", "POST", "/v1/salesperson", wrapped(salespersonID="S{pass}", name="Anne")),
    Step("SalesPerson_UpdateSalespersonBysalespersonCd", "PUT", "/v1/salesperson/S{pass}", wrapped(name="Anna")),
    Step("Inventory_Post", "POST", "/v1/inventory",
         wrapped(inventoryNumber="I{pass}", itemClass="SALG", description="Bolt"), keeps="item"),
    Step("Inventory_PutByinventoryNumber", "PUT", "/v1/inventory/I{pass}", wrapped(description="Nut")),
    Step("Inventory_PutByinventoryID", "PUT", "/v1/inventory/internal/2", wrapped(description="Service {pass}")),
    Step("CurrencyRate_PostCurrencyRate", "POST", "/v2/currencyrate",
         wrapped(fromCurrencyId="EUR", toCurrencyId="NOK", rateType="SPOT", effectiveDate="2025-03-1{pass}",
                 rate=11.5), keeps="rate"),
    Step("CurrencyRate_PutCurrencyRateBycurrencyRateId", "PUT", "/v2/currencyrate/{rate}", wrapped(rate=11.6)),
    Step("CustomerSalesPrice_PostCustomerSalesPrice", "POST", "/v1/customerSalesPrice",
         wrapped(inventoryId="I{pass}", price=90), keeps="price"),
    Step("CustomerSalesPrice_PutCustomerSalesPriceByrecordId", "PUT", "/v1/customerSalesPrice/{price}",
         wrapped(price=80)),
    Step("Discount_Post", "POST", "/v1/discount",
         wrapped(discountCode="RABATT", series="S{pass}", discountBreakpoints=[wrapped(discountPercent=5)])),
    Step("Discount_PutBydiscountCodeseries", "PUT", "/v1/discount/RABATT/S{pass}", wrapped(description="Pass {pass}")),
    Step("Discount_DeleteBydiscountCodeseries", "DELETE", "/v1/discount/RABATT/S{pass}"),
    Step("Project_Post", "POST", "/v1/project", wrapped(projectID="3{pass}", description="Dock", customer="20001")),
    Step("Project_PutByprojectId", "PUT", "/v1/project/3{pass}", wrapped(description="Quay")),
    Step("Project_PutByinternalId", "PUT", "/v1/project/internal/1", wrapped(description="Pass {pass}")),
    Step("CustomerPaymentMethod_CreateCustomerPaymentMethod", "POST", "/v1/customerpaymentmethod",
         wrapped(customerId="2001{pass}", paymentMethodId="2")),
    Step("CustomerPaymentMethod_UpdateCustomerPaymentMethodBycustomerIdcustomerPaymentMethodId", "PUT",
         "/v1/customerpaymentmethod/2001{pass}/2", wrapped(cashAccountId="1920")),
    # Documents
    Step("CustomerInvoice_Create", "POST", INVOICE, owed(lines="invoiceLines"), keeps="invoice"),
    Step("CustomerInvoice_Create.under a sent number", "POST", INVOICE,
         owed(lines="invoiceLines", referenceNumber="N{pass}")),
    Step("", "POST", "/v1/customer", LIMITED, keeps="limited"),
    Step("CustomerInvoice_Create.with a credit limit", "POST", INVOICE, owed("{limited}", "invoiceLines"),
         keeps="checked"),
    Step("CustomerInvoiceV2_Create", "POST", "/v2/customerinvoice", owed(lines="invoiceLines"), keeps="second"),
    Step("CustomerInvoice_UpdateByinvoiceNumber", "PUT", f"{INVOICE}/{{invoice}}",
         wrapped(invoiceLines=[FIRST_LINE])),
    Step("CustomerInvoice_UpdateByinvoiceNumber.of the header", "PUT", f"{INVOICE}/{{invoice}}",
         wrapped(invoiceText="anew")),
    Step("Reskontra_UpdateCustomerInvoiceVat", "PUT", "/v1/reskontra/customerinvoice/{invoice}/vat",
         wrapped(vatDate="2025-05-04")),
    Step("CustomerInvoice_ReleaseInvoiceByinvoiceNumber", "POST", f"{INVOICE}/{{invoice}}/action/release"),
    Step("Reskontra_EmailCustomerInvoice", "POST", "/v1/reskontra/customerinvoice/{invoice}/action/email", MAILED),
    Step("CustomerInvoice_ReleaseInvoiceByinvoiceNumber.with a credit limit", "POST",
         f"{INVOICE}/{{checked}}/action/release"),
    Step("", "POST", INVOICE, owed(lines="invoiceLines", creditTermsId="RATE3"), keeps="divided"),
    Step("CustomerInvoice_ReleaseInvoiceByinvoiceNumber.in instalments", "POST",
         f"{INVOICE}/{{divided}}/action/release"),
    *(step for name, path, verb in (
        ("ReverseInvoice", "reverse", "reversed"),
        ("ReverseInvoiceAndApplyToNote", "reverseandapplytonote", "applied"),
        ("CorrectInvoice", "correct", "corrected"),
    ) for step in (
        Step("", "POST", INVOICE, owed(lines="invoiceLines"), keeps=verb),
        Step("", "POST", f"{INVOICE}/{{{verb}}}/action/release"),
        Step(f"CustomerInvoice_{name}ByinvoiceNumber", "POST", f"{INVOICE}/{{{verb}}}/action/{path}", {}),
    )),
    Step("", "GET", f"{INVOICE}?released=0&greaterThanValue={{corrected}}&pageSize=1", keeps="copy"),
    Step("CustomerInvoice_ReleaseInvoiceByinvoiceNumber.of a copy", "POST", f"{INVOICE}/{{copy}}/action/release"),
    Step("CustomerInvoice_DeleteByinvoiceNumber", "DELETE", f"{INVOICE}/{{second}}"),
    Step("CustomerCreditNote_Create", "POST", NOTE, owed(), keeps="note"),
    Step("CustomerCreditNoteV2_Create", "POST", "/v2/customerCreditNote", owed(), keeps="second note"),
    Step("CustomerCreditNote_Create.that settles", "POST", NOTE, owed() | settling("{invoice}"), keeps="settling"),
    Step("CustomerCreditNote_UpdateBycreditNoteNumber", "PUT", f"{NOTE}/{{note}}", wrapped(lines=[FIRST_LINE])),
    Step("Reskontra_UpdateCustomerCreditNoteVat", "PUT", "/v1/reskontra/customerCreditNote/{note}/vat",
         wrapped(corrects={"referenceNumber": "{invoice}"})),
    Step("CustomerCreditNote_ReleaseDocumentBycreditNoteNumber", "POST", f"{NOTE}/{{note}}/action/release"),
    Step("Reskontra_EmailCustomerCreditNote", "POST", "/v1/reskontra/customerCreditNote/{note}/action/email", MAILED),
    Step("CustomerCreditNote_ReleaseDocumentBycreditNoteNumber.that settles", "POST",
         f"{NOTE}/{{settling}}/action/release"),
    Step("Reskontra_CreateApplication", "POST", APPLICATION,
         {"credit": {"referenceNumber": "{note}"}, "lines": [{"referenceNumber": "{invoice}", "amountPaid": 10}]}),
    Step("", "GET", f"{APPLICATION}?referenceNumber={{note}}", keeps="application"),
    Step("Reskontra_UndoApplication", "POST", f"{APPLICATION}/{{application}}/action/undo", {}),
    Step("CustomerCreditNote_DeleteBycreditNoteNumber", "DELETE", f"{NOTE}/{{second note}}"),
    Step("CustomerDebitNote_Create", "POST", DEBIT, owed(), keeps="debit"),
    Step("CustomerDebitNoteV2_Create", "POST", "/v2/customerDebitNote", owed(), keeps="second debit"),
    Step("Reskontra_DeleteCustomerDebitNote", "DELETE", "/v1/reskontra/customerDebitNote/{second debit}"),
    Step("CustomerDebitNote_UpdateBydebitNoteNumber", "PUT", f"{DEBIT}/{{debit}}", wrapped(lines=[FIRST_LINE])),
    Step("Reskontra_UpdateCustomerDebitNoteVat", "PUT", "/v1/reskontra/customerDebitNote/{debit}/vat",
         wrapped(vatDate="2025-05-04")),
    Step("CustomerDebitNote_ReleaseDocumentBydebitNoteNumber", "POST", f"{DEBIT}/{{debit}}/action/release"),
    Step("Reskontra_EmailCustomerDebitNote", "POST", "/v1/reskontra/customerDebitNote/{debit}/action/email", MAILED),
    Step("", "POST", "/v1/customer", ELECTRONIC, keeps="reached"),
    *(step for name, path, lines in (
        ("CustomerInvoice_SendToAutoInvoiceByinvoiceNumber", INVOICE, "invoiceLines"),
        ("CustomerCreditNote_SendToAutoInvoiceBycreditNoteNumber", NOTE, "lines"),
        ("CustomerDebitNote_SendToAutoInvoiceBydebitNoteNumber", DEBIT, "lines"),
    ) for step in (
        Step("", "PUT", "/v1/customer/{reached}", wrapped(acceptAutoInvoices=False)),
        Step("", "POST", path, owed("{reached}", lines, customerRefNumber="PO"), keeps="to send"),
        Step("", "POST", f"{path}/{{to send}}/action/release"),
        Step("", "PUT", "/v1/customer/{reached}", wrapped(acceptAutoInvoices=True)),
        Step(name, "POST", f"{path}/{{to send}}/action/sendToAutoInvoice"),
        Step(f"{name}.again", "POST", f"{path}/{{to send}}/action/sendToAutoInvoice"),
    )),
    Step("", "POST", INVOICE, owed("{reached}", "invoiceLines", customerRefNumber="PO"), keeps="electronic"),
    Step("CustomerInvoice_ReleaseInvoiceByinvoiceNumber.as an e-invoice", "POST",
         f"{INVOICE}/{{electronic}}/action/release"),
    Step("CashSale_Post", "POST", CASH, owed(lines="cashSaleLines", paymentReference="Receipt"), keeps="sold"),
    Step("CashSale_PutBydocumentNumber", "PUT", f"{CASH}/{{sold}}", wrapped(cashSaleLines=[FIRST_LINE])),
    Step("Reskontra_UpdateCashSaleVat", "PUT", "/v1/reskontra/cashsale/{sold}/vat", wrapped(vatDate="2025-05-04")),
    Step("Reskontra_ReleaseCashSale", "POST", f"{CASH}/{{sold}}/action/release"),
    Step("Reskontra_EmailStatement", "POST",
         "/v1/reskontra/customer/20001/statement/action/email?asOf=2025-06-1{pass}", MAILED),
    Step("Reskontra_EmailCashSale", "POST", "/v1/reskontra/cashsale/{sold}/action/email", MAILED),
    Step("Reskontra_ReverseCashSale", "POST", f"{CASH}/{{sold}}/action/reverse"),
    Step("", "GET", f"{CASH}?documentType=CashReturn", keeps="returned"),
    Step("Reskontra_ReleaseCashSale.of a return", "POST", f"{CASH}/{{returned}}/action/release"),
    Step("", "POST", CASH, owed(lines="cashSaleLines", paymentReference="Receipt"), keeps="unsold"),
    Step("Reskontra_DeleteCashSale", "DELETE", "/v1/reskontra/cashsale/{unsold}"),
    # Payments, under both of their names
    *(step for name, path in (("CustomerPayment", "customerPayment"), ("Payment", "payment")) for step in (
        Step("", "POST", INVOICE, owed(lines="invoiceLines"), keeps="to pay"),
        Step("", "POST", f"{INVOICE}/{{to pay}}/action/release"),
        Step(f"{name}_CreatePayment", "POST", f"/v1/{path}", paying("{to pay}"), keeps="payment"),
        Step(f"{name}_PutBypaymentNumber", "PUT", f"/v1/{path}/{{payment}}", wrapped(invoiceText="anew {pass}")),
        Step(f"{name}_ReleasePaymentBypaymentNumber", "POST", f"/v1/{path}/{{payment}}/action/release", {}),
        Step(f"{name}_VoidPaymentBypaymentNumber", "POST", f"/v1/{path}/{{payment}}/action/void", {}),
        Step(f"{name}_ReleasePaymentBypaymentNumber.of a void", "POST", f"/v1/{path}/{{payment}}/action/release", {}),
    )),
    *(step for name, path, document, parameter in (
        ("CustomerInvoice", INVOICE, "003547", "invoiceNumber"),
        ("CustomerCreditNote", NOTE, "010001", "creditNoteNumber"),
        ("CustomerDebitNote", DEBIT, "001001", "debitNoteNumber"),
    ) for step in (
        Step(f"{name}_CreateLineAttachmentBy{parameter}lineNumber", "POST", f"{path}/{document}/1/attachment",
             file=b"x"),
        Step(f"{name}_CreateHeaderAttachmentBy{parameter}", "POST", f"{path}/{document}/attachment", keeps="file",
             file=b"x"),
    )),
    Step("Attachment_PutByattachmentId", "PUT", "/v1/attachment/{file}", wrapped(sendToAutoinvoice=True)),
    Step("", "POST", "/v1/payment", paying(), keeps="payment"),
    Step("Reskontra_DeletePayment", "DELETE", "/v1/reskontra/customerPayment/{payment}"),
    # Reminding: drafts, since nothing is released at once here
    *(step for letter in ("first", "other") for step in (
        Step("", "POST", "/v1/customer", wrapped(name="Late AS"), keeps="debtor"),
        Step("", "POST", INVOICE, wrapped(customerNumber="{debtor}", documentDate="2025-01-01", invoiceLines=[LINE]),
             keeps="late"),
        Step("", "POST", f"{INVOICE}/{{late}}/action/release"),
        Step("Customer_CreateDunningLetterActionBycustomer", "POST", REMIND, {"dunningLetterDate": DUE}),
        Step("", "GET", f"{LETTER}?customer={{debtor}}", keeps=f"{letter} letter"),
    )),
    Step("Reskontra_UpdateDunningLetter", "PUT", f"{LETTER}/{{first letter}}",
         {"paymentDeadline": "2025-04-10"}),
    Step("Reskontra_ReleaseDunningLetter", "POST", f"{LETTER}/{{first letter}}/action/release", {}),
    Step("Reskontra_EmailDunningLetter", "POST", f"{LETTER}/{{first letter}}/action/email", MAILED),
    Step("Reskontra_VoidDunningLetter", "POST", f"{LETTER}/{{first letter}}/action/void", {}),
    Step("Reskontra_DeleteDunningLetter", "DELETE", f"{LETTER}/{{other letter}}"),
    Step("Reskontra_RunDunning", "POST", "/v1/reskontra/run/dunning",
         {"asOf": DUE, "filters": {"customer": ["{debtor}"]}}),
    Step("Reskontra_PutRemindingBlock", "PUT", BLOCK, {"until": "2027-04-01", "reason": "Disputed"}),
    Step("Reskontra_DeleteRemindingBlock", "DELETE", BLOCK),
    Step("", "PUT", BLOCK, {"reason": "Disputed"}),
    Step("Reskontra_SealChanges", "POST", "/v1/reskontra/change/action/seal"),
    Step("Reskontra_RunAutoApply", "POST", "/v1/reskontra/run/autoApply",
         {"asOf": "2025-06-06", "filters": {"customer": ["20001"]}}),
    # Charging for late payment: two drafts, one deleted, one released
    *(step for end in (
        (Step("Reskontra_DeleteCustomerOverdueCharge", "DELETE", "/v1/reskontra/customerOverdueCharge/{charge}"),),
        (
            Step("CustomerOverdueCharge_UpdateByoverdueChargeNumber", "PUT", f"{CHARGE}/{{charge}}",
                 wrapped(invoiceText="anew")),
            Step("CustomerOverdueCharge_CreateLineAttachmentByoverdueChargeNumberlineNumber", "POST",
                 f"{CHARGE}/{{charge}}/1/attachment", file=b"x"),
            Step("CustomerOverdueCharge_CreateHeaderAttachmentByoverdueChargeNumber", "POST",
                 f"{CHARGE}/{{charge}}/attachment", file=b"x"),
            Step("CustomerOverdueCharge_ReleaseDocumentByoverdueChargeNumber", "POST",
                 f"{CHARGE}/{{charge}}/action/release"),
            Step("Reskontra_EmailCustomerOverdueCharge", "POST",
                 "/v1/reskontra/customerOverdueCharge/{charge}/action/email", MAILED),
        ),
    ) for step in (
        Step("Reskontra_RunOverdueCharge", "POST", "/v1/reskontra/run/overdueCharge",
             {"asOf": DUE, "filters": {"customer": ["{debtor}"]}}),
        Step("", "GET", f"{CHARGE}?customer={{debtor}}", keeps="charge"),
        *end,
    )),
    Step("Reskontra_PutLogo", "PUT", LOGO, file=SVG + b"<!-- other -->"),
    Step("Reskontra_DeleteLogo", "DELETE", LOGO),
    Step("", "PUT", LOGO, file=SVG),
    Step("Reskontra_RunStatements", "POST", "/v1/reskontra/run/statements",
         {"asOf": "203{pass}-06-30", "filters": {"customer": ["20001"]}}),
    Step("", "POST", "/v1/customerPayment", wrapped(customer="20001", applicationDate="2025-06-06", paymentAmount=3),
         keeps="small"),
    Step("", "POST", "/v1/customerPayment/{small}/action/release", {}),
    Step("Reskontra_RunWriteOff", "POST", "/v1/reskontra/run/writeOff",
         {"asOf": "2025-06-06", "filters": {"customer": ["20001"]}}),
    Step("Reskontra_TakeOverOpenItems", "POST", "/v1/reskontra/openItems",
         {"asOf": "2025-06-06", "items": [
             {"documentType": "Payment", "referenceNumber": "OLD-{pass}", "customer": "20002",
              "documentDate": "2025-01-01", "balance": 1},
             {"documentType": "Invoice", "referenceNumber": "OLD-{pass}", "customer": "20002",
              "documentDate": "2025-01-01", "dueDate": "2025-01-31", "balance": 1}]}),
    Step("Reskontra_Try", "POST", "/v1/reskontra/trial",
         {"request": {"method": "PUT", "path": f"{NOTE}/010001", "content": wrapped(documentDate="2025-05-05")}}),
    Step("Reskontra_Bulk", "POST", BULK, {"method": "POST", "path": INVOICE, "content": owed(lines="invoiceLines")},
         lines=50),
    Step("Reskontra_Bulk.all", "POST", f"{BULK}?atomic=all",
         {"method": "POST", "path": INVOICE, "content": owed(lines="invoiceLines")}, lines=50),
    # Periods
    Step("Reskontra_OpenFinancialPeriod", "POST", f"{PERIOD}/20300{{pass}}/action/open"),
    Step("", "PUT", f"{NOTE}/010001", wrapped(documentDate="2025-05-05")),  # the only draft in the month
    Step("Reskontra_CloseFinancialPeriod", "POST", f"{PERIOD}/202001/action/close", {}),
    Step("Reskontra_ReopenFinancialPeriod", "POST", f"{PERIOD}/202001/action/reopen", {}),
)  # fmt: skip

READ: Mapping[str, str] = {
    "customerId": "20001", "customerPaymentMethodId": "1",
    "customerCd": "20001", "customerNumber": "20001", "bAccountId": "20001", "locationId": "Main", "internalId": "1",
    "contactId": "{contact}", "salespersonCd": "S1", "attributeId": "K1", "invoiceNumber": "003547", "refNbr": "003547",
    "creditWriteOffNumber": "600001",
    "creditNoteNumber": "010001", "debitNoteNumber": "001001", "documentNumber": "{sold}",
    "overdueChargeNumber": "{charge}",
    "journalTransactionNumber": "AR000001",
    "accountCd": "3000", "subAccountNumber": "0", "dimensionId": "SUBACCOUNT", "segmentId": "1", "valueId": "0",
    "branchNumber": "1", "organizationNumber": "{organisation}", "countryId": "NO", "customerClassId": "1",
    "inventoryId": "1", "inventoryNumber": "A", "itemClassNumber": "SALG", "vatId": "3", "taxCategoryId": "3",
    "vatZoneId": "NO", "curyId": "EUR", "financialPeriodId": "202501", "numberingId": "INVOICE",
    "attachmentId": "{file}", "paymentMethodNumber": "1", "accountNumber": "1920", "paymentNumber": "500001",
    "recordId": "1", "projectId": "20", "letterNumber": "{first letter}", "publicId": "{public id}", "mailId": "1",
    "documentType": "Invoice", "referenceNumber": "{electronic}",
}  # fmt: skip
"""What reads name in their addresses."""

PREPARED = """
    update company set preferences = jsonb_set(preferences, '{dunning,auto_release}', 'false') where code = 'demo';
    insert into segment_value (company_id, dimension_id, segment_id, value, description, active, modified_at)
    select company_id, dimension_id, segment_id, pass::text, 'Of pass ' || pass, active, modified_at
      from segment_value, generate_series(1, 3) as pass where value = '0';
    update financial_period set active = false where period_id >= '203001';
    """


@pytest.fixture
async def traffic(tmp_path: Path, fresh_dsn: Callable[[], Awaitable[str]]) -> AsyncIterator[tuple[str, Traffic]]:
    """The URL of a fresh clone whose connections are tapped, and what the tap has counted."""
    url = urlsplit(await fresh_dsn())
    folder = parse_qs(url.query)["host"][0]
    async with tapped(tmp_path, Path(folder)) as counted:
        yield url._replace(query=f"host={tmp_path}").geturl(), counted


@pytest.fixture
async def counted(traffic: tuple[str, Traffic], clock: Clock) -> dict[str, tuple[int, int]]:
    """Round trips of every step and every read: statements, and brackets of the transaction."""
    dsn, tap = traffic
    trips: dict[str, tuple[int, int]] = {}
    database = await Database.connect(dsn, size_max=1)
    async with database.connection() as connection:
        await connection.execute(PREPARED)
    async with open_client(Settings(sandbox=True), database, clock) as client:
        kept: dict[str, str] = {}
        for turn in range(1, PASSES + 1):
            kept |= {"pass": str(turn), "account": f"300{turn}"}
            for step in WRITES:
                trips[step.name] = await _count(client, tap, step, kept)
        segment = (await client.get("/v1/dimension/SUBACCOUNT/1")).json()
        kept["public id"] = segment["segmentValues"][0]["publicId"]
        kept["organisation"] = (await client.get("/v1/organization")).json()[0]["organizationCd"]
        for route in served_routes():
            if route.method == "GET":
                target = re.sub(r"\{(\w+)\}", lambda name: READ[name[1]].format_map(kept), route.path)
                if route.operation in NEEDED:
                    target += f"?{urlencode(NEEDED[route.operation])}"
                for _ in range(2):
                    trips[route.operation] = await _count(client, tap, Step("", "GET", target), kept)
    await database.close()
    trips.pop("")
    return trips


async def _count(client: httpx.AsyncClient, tap: Traffic, step: Step, kept: dict[str, str]) -> tuple[int, int]:
    await client.get(f"{INVOICE}/003547")  # remembers the reference data, if the step before has changed it
    tap.reset()
    await carry_out(client, step, kept)
    return tap.statements, tap.brackets


async def carry_out(client: httpx.AsyncClient, step: Step, kept: dict[str, str]) -> None:
    """One request, and what it keeps."""
    answer = await client.request(step.method, step.target.format_map(kept), **_content(step, kept))
    assert answer.is_success, (step, answer.text)
    if step.keeps:
        location = answer.headers.get("location")
        kept[step.keeps] = location.rpartition("/")[2] if location else _last_listed(answer.json())


def _content(step: Step, kept: Mapping[str, str]) -> dict[str, Any]:
    if step.lines:
        line = json.dumps(_filled(step.body, kept)) + "\n"
        return {"content": line * step.lines, "headers": {"Content-Type": "application/x-ndjson"}}
    return {"files": {"file": ("a.txt", step.file)}} if step.file else {"json": _filled(step.body, kept)}


def _last_listed(rows: list[dict[str, Any]]) -> str:
    named = ("letterNumber", "referenceNumber", "id")
    return next(str(rows[-1][name]) for name in named if name in rows[-1])


def _filled(body: Any, kept: Mapping[str, str]) -> Any:
    if isinstance(body, str):
        return body.format_map(kept)
    if isinstance(body, Mapping):
        return {name: _filled(value, kept) for name, value in body.items()}
    return [_filled(value, kept) for value in body] if isinstance(body, list) else body


_ONE_READ, _READ_AND_WRITE = (1, 0), (2, 0)
HOT = {
    "CustomerInvoice_GetByinvoiceNumber": _ONE_READ,
    "CustomerInvoice_GetAll": _ONE_READ,
    "CustomerCreditNote_GetBycreditNoteNumber": _ONE_READ,
    "CustomerCreditNote_GetAll": _ONE_READ,
    "CustomerDebitNote_GetBydebitNoteNumber": _ONE_READ,
    "CustomerDebitNote_GetAll": _ONE_READ,
    "CustomerDocument_GetAllDocuments": _ONE_READ,
    "Customer_GetBycustomerCd": _ONE_READ,
    "Customer_GetAll": _ONE_READ,
    "Customer_GetCustomerBalanceBycustomerCd": _ONE_READ,
    "CustomerInvoice_Create": _READ_AND_WRITE,
    "CustomerInvoice_UpdateByinvoiceNumber": _READ_AND_WRITE,
    "CustomerInvoice_ReleaseInvoiceByinvoiceNumber": _READ_AND_WRITE,
    "CustomerCreditNote_Create": _READ_AND_WRITE,
    "CustomerCreditNote_UpdateBycreditNoteNumber": _READ_AND_WRITE,
    "CustomerCreditNote_ReleaseDocumentBycreditNoteNumber": _READ_AND_WRITE,
    "CustomerDebitNote_Create": _READ_AND_WRITE,
    "CustomerDebitNote_UpdateBydebitNoteNumber": _READ_AND_WRITE,
    "CustomerDebitNote_ReleaseDocumentBydebitNoteNumber": _READ_AND_WRITE,
    "CustomerPayment_CreatePayment": _READ_AND_WRITE,
    "CustomerPayment_PutBypaymentNumber": _READ_AND_WRITE,
    "CustomerPayment_ReleasePaymentBypaymentNumber": _READ_AND_WRITE,
}
"""What waits no more often, whatever the file says."""


async def test_the_round_trips_are_those_on_file(
    counted: Mapping[str, tuple[int, int]], pytestconfig: pytest.Config
) -> None:
    missing = {route.operation for route in served_routes()} - {name.partition(".")[0] for name in counted}
    assert not missing, f"not counted: {sorted(missing)}"
    assert {name: counted[name] for name in HOT} == HOT
    now = {name: f"{statements} + {brackets}" for name, (statements, brackets) in counted.items()}
    if pytestconfig.getoption("--update-golden"):
        FILE.write_text("".join(f"{name}: {now[name]}\n" for name in sorted(now)), encoding="utf-8")
    filed = dict(line.split(": ") for line in FILE.read_text(encoding="utf-8").splitlines())
    changed = {name: (filed.get(name), now.get(name)) for name in {*filed, *now} if filed.get(name) != now.get(name)}
    assert not changed, f"on file, and now: {changed}"
