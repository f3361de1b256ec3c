"""Books that are written while the clock runs prove themselves: no two moments that must be one are taken twice.

Other tests give the time, so that a row's stamp and its settlement's are equal whatever they are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from tests.clerk import CREDIT_NOTE, INVOICE, Caller, application

if TYPE_CHECKING:
    from tests.conftest import ServerProcess


async def test_everything_that_settles_is_of_one_moment(server_process: Callable[..., ServerProcess]) -> None:
    """The fixture runs the self-check on these books."""
    server = server_process()
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as http:
        clerk = Caller(http)
        customer = (await clerk.customer(name="Payer AS")).number
        clerk.customer_number = customer

        divided = await clerk.issue(INVOICE, creditTermsId="RATE3")
        parts = (await clerk.get(f"reskontra/customerinvoice/{divided.number}/instalments"))["instalments"]
        lines = [application(part["referenceNumber"], part["amount"]) for part in parts]
        paid = await clerk.pay(130, *lines)
        assert (await clerk.post(f"customerPayment/{paid.number}/action/void", type="Payment")).status_code == 200
        assert (await clerk.http.post(f"{paid.address}/action/release?paymentType=VoidPayment")).status_code == 200

        corrected = await clerk.issue(INVOICE)
        copy = (await clerk.act(corrected, "correct")).json()["refNbr"]
        await clerk.release(f"customerinvoice/{copy}")
        note = await clerk.act(f"customerinvoice/{copy}", "reverseandapplytonote")
        await clerk.release(f"{CREDIT_NOTE}/{note.json()['referenceNumber']}")

        sold = await clerk.create("cashsale", **clerk.sale(paymentReference="Till"))
        assert (await clerk.act(sold, "release")).status_code == 200
        for amount in (3, 50):
            await clerk.pay(amount)
        await clerk.issue(INVOICE, documentDate="2024-01-10")
        for run, order in (
            ("overdueCharge", {"asOf": "2025-03-03"}),
            ("writeOff", {"asOf": "2025-03-31"}),
            ("autoApply", {"asOf": "2025-03-31"}),
            ("statements", {"asOf": "2025-03-31"}),
            ("dunning", {"asOf": "2025-03-31"}),
        ):
            answer = await clerk.http.post(
                f"/v1/reskontra/run/{run}", json=order | {"filters": {"customer": [customer]}}
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["created"], run
