"""The control of number series: what is missing and why, and which numbers were made by hand."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.clerk import CREDIT_NOTE, INVOICE, Clerk

NUMBERS, FINDINGS = "reskontra/numbers", "reskontra/report/number"


async def of_series(clerk: Clerk, series: str = "INVOICE") -> dict[str, Any]:
    (found,) = await clerk.page(NUMBERS, series=series)
    return found


async def findings(clerk: Clerk, series: str = "INVOICE", **query: Any) -> list[tuple[Any, ...]]:
    rows = await clerk.page(FINDINGS, series=series, **query)
    return [(row["kind"], row["number"], row["toNumber"], row["count"]) for row in rows]


async def test_a_series_without_gaps_has_nothing_to_explain(clerk: Clerk) -> None:
    before = await of_series(clerk)
    assert (before["draws"], before["mode"]) == (["Invoice"], "automatic")
    for _ in range(2):
        await clerk.invoice()
    after = await of_series(clerk)
    assert after["ranges"][0]["used"] == before["ranges"][0]["used"] + 2
    assert int(after["ranges"][0]["lastNbr"]) == int(before["ranges"][0]["lastNbr"]) + 2
    assert {name: after[name] for name in ("deleted", "neverUsed", "outOfForm", "findings")} == {
        "deleted": 0, "neverUsed": 0, "outOfForm": 0, "findings": before["findings"],
    }  # fmt: skip


async def test_a_deleted_number_says_who_deleted_it_and_when(clerk: Clerk) -> None:
    kept = await clerk.invoice()
    gone = await clerk.invoice()
    await clerk.invoice()
    assert (await clerk.delete(gone)).status_code == 204
    found = await of_series(clerk)
    assert (found["deleted"], found["ranges"][0]["deleted"]) == (1, 1)
    (deleted,) = [it for it in found["findings"] if it["kind"] == "Deleted"]
    assert deleted["dateTime"] > kept["lastModifiedDateTime"]
    assert {name: deleted[name] for name in ("number", "toNumber", "count", "entity", "actor", "explanation")} == {
        "number": gone.number, "toNumber": gone.number, "count": 1, "entity": "Invoice", "actor": "open",
        "explanation": "deleted before release",
    }  # fmt: skip
    again = await clerk.invoice(referenceNumber=gone.number)
    assert again.number == gone.number
    after = await of_series(clerk)
    assert after["deleted"] == 0
    assert ("HandMade", gone.number) in [(it["kind"], it["number"]) for it in after["findings"]]


async def test_a_number_that_was_deleted_and_drawn_again_needs_no_words(clerk: Clerk) -> None:
    coming = f"{int((await of_series(clerk))['ranges'][0]['lastNbr']) + 1:06d}"
    sent = await clerk.invoice(referenceNumber=coming)
    assert ("HandMade", coming, coming, 1) in await findings(clerk)
    assert (await clerk.delete(sent)).status_code == 204
    drawn = await clerk.invoice()
    assert drawn.number == coming
    assert coming not in [number for _, number, *_ in await findings(clerk)]


async def test_numbers_that_were_never_used_are_told_as_spans(clerk: Clerk) -> None:
    last = int((await of_series(clerk))["ranges"][0]["lastNbr"])
    await clerk.sql(
        "update number_series_range set last_number = $1 where company_id = 1 and series_id = 'INVOICE'",
        f"{last + 10:06d}",
    )
    sent = await clerk.invoice(referenceNumber=f"{last + 4:06d}")
    found = await of_series(clerk)
    assert (found["neverUsed"], found["ranges"][0]["neverUsed"]) == (9, 9)
    spans = [it for it in await findings(clerk) if it[0] == "NeverUsed"]
    assert spans == [
        ("NeverUsed", f"{last + 1:06d}", f"{last + 3:06d}", 3),
        ("NeverUsed", f"{last + 5:06d}", f"{last + 10:06d}", 6),
    ]
    # So that the books prove themselves: nothing is missing.
    await clerk.sql(
        "update number_series_range set last_number = $1 where company_id = 1 and series_id = 'INVOICE'",
        f"{last:06d}",
    )
    assert [it for it in await findings(clerk) if it[0] == "NeverUsed"] == []
    assert ("HandMade", sent.number, sent.number, 1) in await findings(clerk)


async def test_numbers_made_by_hand_and_out_of_form_are_named_with_who_made_them(clerk: Clerk) -> None:
    odd = await clerk.invoice(referenceNumber="F-2026-1")
    ahead = await clerk.invoice(referenceNumber="900000")
    short = await clerk.invoice(referenceNumber="7")
    await clerk.credit_note()
    rows = {row["number"]: row for row in await clerk.page(FINDINGS, series="INVOICE")}
    assert {number: rows[number]["kind"] for number in (odd.number, ahead.number, short.number)} == {
        "F-2026-1": "OutOfForm", "900000": "HandMade", "7": "OutOfForm",
    }  # fmt: skip
    assert (rows["900000"]["actor"], rows["900000"]["entity"]) == ("open", "Invoice")
    found = await of_series(clerk)
    assert found["outOfForm"] == 2
    assert found["handMade"] == sum(row["kind"] == "HandMade" for row in rows.values())


async def test_a_customer_with_another_number_leaves_a_gap_and_has_one_made_by_hand(clerk: Clerk) -> None:
    customer = await clerk.customer()
    await clerk.customer()
    answer = await clerk.post(f"customer/action/changeCustomerCd/{customer['internalId']}", customerCd="ACME")
    assert answer.status_code == 200, answer.text
    rows = {row["number"]: row for row in await clerk.page(FINDINGS, series="CUSTOMER")}
    assert rows["ACME"]["kind"] == "OutOfForm"
    gone = rows[customer.number]
    assert (gone["kind"], gone["explanation"]) == ("Deleted", "the customer got another number")


async def test_an_invoice_number_is_not_odd_in_the_series_of_fees(clerk: Clerk) -> None:
    await clerk.execute(
        "insert into number_series (company_id, series_id, description, mode) values (1, 'FEE', 'Fees', 'automatic')",
        "insert into number_series_range (company_id, series_id, range_id, start_number, end_number, last_number,"
        " step, start_date) values (1, 'FEE', 1, 'G0001', 'G9999', 'G0000', 1, '2000-01-01')",
        """update company set preferences = jsonb_set(preferences, '{series,dunning_fee}', '"FEE"')""",
    )
    odd = await clerk.invoice(referenceNumber="X-1")
    fee = await of_series(clerk, "fee")
    assert (fee["draws"], fee["findings"], fee["ranges"][0]["used"]) == (["Invoice"], [], 0)
    assert ("OutOfForm", odd.number, odd.number, 1) in await findings(clerk, "INVOICE")


async def test_all_series_are_told_and_each_alone_says_the_same(clerk: Clerk) -> None:
    await clerk.invoice(referenceNumber="F-1")
    await clerk.document(CREDIT_NOTE, referenceNumber="F-1")
    everything = await clerk.page(NUMBERS)
    assert {"INVOICE", "CREDITNOTE", "CUSTOMER", "BATCH"} <= {row["series"] for row in everything}
    for row in everything:
        alone = await of_series(clerk, row["series"])
        assert {**alone, "metadata": None} == {**row, "metadata": None}
    assert await clerk.status("GET", f"{NUMBERS}?series=nope") == 400
    assert await clerk.status("GET", f"{FINDINGS}?series=nope") == 400


async def test_findings_as_a_table_say_the_same(clerk: Clerk) -> None:
    for number in ("F-1", "F-2", "900000"):
        await clerk.document(INVOICE, referenceNumber=number)
    answer = await clerk.http.get(f"/v1/{FINDINGS}", params={"format": "csv", "series": "INVOICE"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["kind"], row["number"], row["toNumber"], int(row["count"])) for row in rows] == await findings(clerk)
