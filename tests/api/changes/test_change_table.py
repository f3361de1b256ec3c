"""The log of changes as CSV: a row for each attribute, all that the filters leave."""

from __future__ import annotations

import csv
import io
from typing import Any

from tests.clerk import INVOICE, ITEM_A, Clerk

LOG = "/v1/reskontra/change"


async def rows(clerk: Clerk, **query: Any) -> list[dict[str, str]]:
    answer = await clerk.http.get(LOG, params={"format": "csv"} | query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="log.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_each_attribute_of_a_change_is_a_row_as_json_tells_it(clerk: Clerk) -> None:
    customer = await clerk.customer(name='Logged, "and" kept AS')
    await clerk.change(customer, name="Renamed AS", parentRecordNumber="20001")
    invoice = await clerk.invoice(customer.number, lines=[ITEM_A])
    await clerk.change(invoice, note="Ring\nagain")
    assert (await clerk.delete(invoice)).status_code == 204
    for query in ({"key": customer.number}, {"key": invoice.number, "entity": "Invoice"}):
        told = await clerk.page("reskontra/change", **query)
        found = await rows(clerk, **query)
        assert [(it["changeId"], it["field"]) for it in found] == [
            (str(change["changeId"]), field["field"])
            for change in told
            for field in change["fields"] or [{"field": ""}]
        ]
        plain = {
            (str(change["changeId"]), field["field"]): (field.get("old"), field.get("new"))
            for change in told
            for field in change["fields"]
        }
        for row in found:
            for side, value in zip(("old", "new"), plain.get((row["changeId"], row["field"]), ()), strict=False):
                if value is None or isinstance(value, str):
                    assert row[side] == (value or ""), row
    renamed = next(it for it in await rows(clerk, key=customer.number, event="updated") if it["field"] == "name")
    assert (renamed["old"], renamed["new"]) == ('Logged, "and" kept AS', "Renamed AS")
    assert (renamed["actor"], renamed["entity"], renamed["key"]) == ("open", "Customer", customer.number)
    assert renamed["changedDateTime"].startswith("2026-01-15T12:")
    assert renamed["changedDateTime"].endswith("Z")


async def test_it_holds_all_that_the_filters_leave_in_either_order(clerk: Clerk) -> None:
    everything = await rows(clerk, entity="Invoice", event="released")
    told = await clerk.page("reskontra/change", entity="Invoice", event="released", pageSize=1000)
    assert len({it["changeId"] for it in everything}) == told[0]["metadata"]["totalCount"]
    backwards = await rows(clerk, entity="Invoice", event="released", newestFirst="true")
    assert [it["changeId"] for it in backwards[:1]] == [it["changeId"] for it in everything[-1:]]
    assert await rows(clerk, actor="nobody") == []
    before = await clerk.newest_change()
    await clerk.issue(INVOICE)
    after = await clerk.page("reskontra/change", after=str(before), pageSize=1000)
    assert after
    found = await rows(clerk, after=str(before))
    assert list(dict.fromkeys(int(it["changeId"]) for it in found)) == [it["changeId"] for it in after]
    refused = await clerk.http.get(LOG, params={"format": "xls"})
    assert refused.status_code == 400
    assert "json" in refused.text
