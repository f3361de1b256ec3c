"""Documents whose JSON the database writes in part: no name twice, texts as they were sent, numbers with all digits."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.clerk import Clerk

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
    ["customerinvoice", "customercreditnote", "customerdebitnote", "cashsale", "customerdocument",
     "customerOverdueCharge", "customerCreditWriteOff", "customer/20002/invoice", "customer/20002/document"],
)  # fmt: skip
async def test_no_name_is_written_twice(bystander: Clerk, address: str) -> None:
    everything = {"expandApplications": True, "expandDunningInformation": True, "expandInvoiceAddress": True}
    rows = strict(await bystander.http.get(f"/v1/{address}", params=everything))
    if "customer/" in address or address == "customerdocument":
        return
    for row in rows:
        one = strict(await bystander.http.get(f"/v1/{address}/{row['referenceNumber']}"))
        assert one.items() >= {name: row[name] for name in ("amount", "status", "lastModifiedDateTime")}.items()


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
