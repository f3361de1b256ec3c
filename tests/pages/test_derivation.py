"""Why a document's figures are what they are: nothing is written as a sum that does not add up."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from reskontra.pages.derivation import amounts_of
from reskontra.pages.document import Document
from reskontra.pages.formats import Formats
from tests.clerk import ITEM_A, Clerk
from tests.pages.conftest import Visitor

LINE = {"lineNumber": 1, "quantity": 3, "unitPriceInCurrency": 100, "manualAmountInCurrency": 300,
        "amountInCurrency": 300}  # fmt: skip
VAT = {"taxId": "3", "vatRate": 25, "taxableAmount": 300, "vatAmount": 75}
PLAIN = {
    "documentType": "Invoice", "referenceNumber": "1", "status": "Open", "customer": {"number": "1"},
    "currencyId": "EUR", "amountInCurrency": 375, "balanceInCurrency": 375, "amount": 375, "balance": 375,
    "detailTotalInCurrency": 300, "vatTotalInCurrency": 75, "invoiceLines": [LINE], "taxDetails": [VAT],
}  # fmt: skip


def told(**changes: Any) -> dict[str, str]:
    document = msgspec.convert({**PLAIN, **changes}, Document, strict=False)
    return dict(amounts_of(Formats("en"), document))


def test_what_adds_up_is_a_sum() -> None:
    assert told() == {
        "Line 1": "3 × 100.00 = 300.00 → 300.00",
        "VAT 3": "300.00 × 25 % = 75.00 (on the sum of the lines of that rate, rounded once)",
        "Total": "300.00 + 75.00 = 375.00 EUR",
    }
    assert told(roundingDiff="0.25", amountInCurrency="375.25")["Total"] == "300.00 + 75.00 + 0.25 = 375.25 EUR"
    less = told(detailTotalInCurrency=310, discountTotalInCurrency=10)
    assert less["Total"] == "310.00 − 10.00 + 75.00 = 375.00 EUR"
    assert told(discountTotalInCurrency=10)["Total"] == "300.00 + 75.00 = 375.00 EUR", "the lines' own discounts"
    assert told(exchangeRate=2, amount=750)["In the currency of the books"] == "375.00 × 2 = 750.00"


def test_what_was_entered_is_no_sum() -> None:
    entered = [{**LINE, "manualAmountInCurrency": 270, "amountInCurrency": 270}]
    assert told(invoiceLines=entered)["Line 1"] == "270.00, entered in place of 3 × 100.00 → 270.00"
    vat = told(taxDetails=[{**VAT, "vatAmount": 74}])["VAT 3"]
    assert vat == "74.00, as entered; 25 % of 300.00 would be 75.00"
    assert told(amountInCurrency=400)["Total"] == "400.00 EUR", "parts that do not come to it are left out"
    rounded = told(exchangeRate="11.3333", amount="4250.03")
    assert rounded["In the currency of the books"] == "4,250.03: the lines and the VAT, each at the rate 11.3333"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"documentDate": "2025-03-03"}, "2025-03-03 + 14 days net = 2025-03-17"),
        ({"documentDate": "2025-03-03", "documentDueDate": "2025-04-30"},
         "2025-04-30, as entered; 14 days net would be 2025-03-17"),
    ],
)  # fmt: skip
async def test_a_due_date_says_where_it_is_from(
    bookkeeper: Visitor, clerk: Clerk, fields: dict[str, str], said: str
) -> None:
    invoice = await clerk.invoice(creditTermsId="14", lines=[ITEM_A], **fields)
    await bookkeeper.go(f"documents/Invoice/{invoice.number}")
    assert said in bookkeeper.text
