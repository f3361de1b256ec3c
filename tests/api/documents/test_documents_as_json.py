"""Documents whose JSON the database writes in part: no name twice, texts as they were sent, numbers with all digits."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, Clerk

_TEXTS = [
    'say "no"',
    "back\\slash and / slash",
    "tab\tand\nline",
    "\u0001\u001fx",
    "ÆØÅ åäö €",
    "🧾",
    "</script>",
    "{}",
    "null",
]


def strict(answer: httpx.Response) -> Any:
    """The body of an answer in which no object has a name twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert sorted(names) == sorted(set(names))
        return dict(pairs)

    assert answer.status_code == 200, answer.text
    return json.loads(answer.content, object_pairs_hook=once, parse_float=str)


@pytest.mark.parametrize(
    "address",
    ["customerinvoice", "customercreditnote", "customerdebitnote", "customerdocument", "customer/20002/invoice"],
)
async def test_no_name_is_written_twice(bystander: Clerk, address: str) -> None:
    assert await rows_of(bystander, address)


async def test_no_name_is_written_twice_of_other_kinds(clerk: Clerk) -> None:
    clerk.customer_number = (await clerk.customer(name="Late AS")).number
    line = {"inventoryNumber": "A", "quantity": 1, "vatCodeId": "6"}
    day = {"documentDate": "2025-06-01", "documentDueDate": "2025-06-01"}
    await clerk.issue(INVOICE, **day, lines=[line | {"unitPriceInCurrency": 10_000}])
    await clerk.issue(CREDIT_NOTE, documentDate="2025-06-01", lines=[line | {"unitPriceInCurrency": 4}])
    await clerk.cash_sale()
    await clerk.charge("2025-07-31")
    of = {"customer": [clerk.customer_number], "kind": "credit"}
    assert (await clerk.post("reskontra/run/writeOff", asOf="2025-07-31", filters=of)).status_code == 200
    for address in ("cashsale", "customerOverdueCharge", "customerCreditWriteOff"):
        assert await rows_of(clerk, address), address


async def rows_of(clerk: Clerk, address: str) -> list[dict[str, Any]]:
    """A list, each of its documents read by itself too."""
    everything = {"expandApplications": True, "expandDunningInformation": True, "expandInvoiceAddress": True}
    rows: list[dict[str, Any]] = strict(await clerk.http.get(f"/v1/{address}", params=everything))
    for row in rows if "/" not in address and address != "customerdocument" else ():
        one = strict(await clerk.http.get(f"/v1/{address}/{row['referenceNumber']}"))
        assert one.items() >= {name: row[name] for name in ("amount", "status", "lastModifiedDateTime")}.items()
    return rows


@pytest.mark.parametrize("text", _TEXTS)
async def test_texts_are_answered_as_they_were_sent(clerk: Clerk, text: str) -> None:
    sent = {"customerRefNumber": text, "note": text, "invoiceText": text, "externalReference": text}
    made = await clerk.invoice("20001", **sent)

    one = strict(await clerk.http.get(f"/v1/customerinvoice/{made.number}"))
    (listed,) = strict(await clerk.http.get("/v1/customerinvoice", params={"customerRefNumber": text}))
    for answer in (one, listed):
        assert {name: answer[name] for name in sent} == sent


async def test_numbers_keep_their_digits_and_what_is_empty_is_left_out(clerk: Clerk) -> None:
    made = await clerk.invoice(
        "20001", invoiceLines=[{"inventoryNumber": "222", "quantity": 3, "unitPriceInCurrency": 12.5}]
    )
    rows = strict(await clerk.http.get("/v1/customerdocument"))
    (listed,) = (row for row in rows if row["referenceNumber"] == made.number)
    assert [listed[name] for name in ("amountInCurrency", "vatTotal", "balance")] == ["46.8800", "9.3800", "46.8800"]
    assert "closedFinancialPeriod" not in listed
    assert "note" not in listed
