"""What empty, zero and overlong values mean on a document: rounded, not sent, cleared or refused."""

from __future__ import annotations

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, LINES, Clerk

# One list, two names


@pytest.mark.parametrize("kind", KINDS)
async def test_lines_are_understood_under_both_their_names(clerk: Clerk, kind: str) -> None:
    line = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}
    customer = {"customerNumber": {"value": "20001"}}
    for name in ("lines", "invoiceLines", "INVOICELINES"):
        for version in ("v1", "v2"):
            answer = await clerk.http.post(f"/{version}/{kind}", json={**customer, name: [line]})
            document = (await clerk.http.get(answer.headers["Location"])).json()
            assert (document["amount"], len(document[LINES[kind]])) == (125, 1)
        address = f"/v1/{kind}/{document['referenceNumber']}"
        more = {"operation": "Insert", **line}
        assert (await clerk.http.put(address, json={name: [more, more]})).status_code == 204
        assert (await clerk.http.get(address)).json()["amount"] == 375


@pytest.mark.parametrize("kind", KINDS)
async def test_lines_under_both_names_at_once_are_refused(clerk: Clerk, kind: str) -> None:
    line = {"inventoryNumber": {"value": "A"}}
    body = {"customerNumber": {"value": "20001"}, "lines": [line], "invoiceLines": [line]}
    draft = await clerk.document(kind)
    before = await clerk.newest_change()
    for method, address in (("POST", kind), ("PUT", f"{kind}/{draft['referenceNumber']}")):
        answer = await clerk.http.request(method, f"/v1/{address}", json=body)
        assert answer.status_code == 400
        assert f"are the same field. Field: {LINES[kind]}. Send one of the two." in answer.json()["message"]
    assert await clerk.newest_change() == before
    only = {**body, "lines" if kind == INVOICE else "invoiceLines": []}
    assert (await clerk.http.post(f"/v1/{kind}", json=only)).status_code == 201


@pytest.mark.parametrize("kind", [CREDIT_NOTE, DEBIT_NOTE])
async def test_a_fault_in_lines_of_the_other_name_is_told_by_the_name_of_the_contract(
    bystander: Clerk, kind: str
) -> None:
    body = {"customerNumber": {"value": "20001"}, "invoiceLines": [{"inventoryNumber": {"value": "Z"}}]}
    answer = await bystander.http.post(f"/v1/{kind}", json=body)
    assert "Field: lines[0].inventoryNumber." in answer.json()["message"]
