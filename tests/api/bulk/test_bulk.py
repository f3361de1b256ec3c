"""Many requests in one: each does what it would do alone, and is answered where it stands."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from reskontra.config import Settings
from reskontra.web.bulk import lines as receiving
from tests.api.bulk.sending import BULK, NDJSON, answers, drafting, line, reason, send, statuses, text_of
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, KINDS, STALE, TYPES, Clerk, body, refusal, sale
from tests.conftest import open_client

WRONG_ITEM = drafting(lines=[{"inventoryNumber": "NONE", "quantity": 1}])


async def test_each_line_is_answered_as_its_request_would_be(clerk: Clerk) -> None:
    draft = await clerk.invoice()
    address = f"/v1/{INVOICE}/{draft.number}"
    found = await answers(
        clerk,
        [
            drafting(),
            line("PUT", address, body(INVOICE, note="Hello"), ifMatch=draft.etag),
            line("PUT", address, body(INVOICE, note="Again"), ifMatch=draft.etag),
            line("POST", f"{address}/action/release"),
            "",
            "not JSON",
            line("POST", "/v1/customer", body("customer", name="Somebody")),
            drafting(customerNumber="99999"),
            line("DELETE", f"/v1/{INVOICE}/nowhere"),
        ],
    )
    assert [it["line"] for it in found] == [1, 2, 3, 4, 6, 7, 8, 9]
    assert statuses(found) == [201, 204, 412, 200, 400, 201, 400, 404]
    made, changed, _, released, unread, customer, unknown, nowhere = found
    assert made["id"] == str(int(draft.number) + 1).zfill(6)
    assert made["resource"] == f"/v1/{INVOICE}/{made['id']}"
    read = await clerk.get(made["resource"])
    assert (read.etag, read["amount"]) == (made["etag"], 125)
    assert changed["resource"] == address
    assert released["content"]["actionResult"] == "Done"
    assert (await clerk.get(address))["status"] == "Open"
    assert (await clerk.get(address))["note"] == "Hello"
    assert reason(unread).startswith("The body is not valid JSON")
    assert (await clerk.get(customer["resource"]))["name"] == "Somebody"
    alone = await clerk.post(INVOICE, **sale(customerNumber="99999"))
    assert reason(unknown) == refusal(alone)
    assert reason(nowhere) == refusal(await clerk.delete(f"{INVOICE}/nowhere"), 404)


@pytest.mark.parametrize("kind", KINDS)
async def test_lines_of_each_kind_get_the_numbers_of_their_series(clerk: Clerk, kind: str) -> None:
    first = (await clerk.document(kind)).number
    found = await answers(clerk, [drafting(kind) for _ in range(7)])
    assert [int(it["id"]) - int(first) for it in found] == [1, 2, 3, 4, 5, 6, 7]
    assert int((await clerk.document(kind)).number) == int(first) + 8


async def test_all_changes_of_one_request_have_its_id(clerk: Clerk) -> None:
    before = await clerk.newest_change()
    answer = await send(clerk, [drafting(), drafting(CREDIT_NOTE), drafting()])
    rows = await clerk.rows("select request_id, actor, event from change where change_id > $1", before)
    assert [tuple(row) for row in rows] == [(answer.headers["ipp-request-id"], "open", "created")] * 3


async def test_a_group_is_done_as_a_whole_or_not_at_all(clerk: Clerk) -> None:
    sent = [
        drafting(group="a"),
        drafting(DEBIT_NOTE, group="a"),
        drafting(group="b"),
        WRONG_ITEM | {"group": "b"},
        drafting(group="b"),
        drafting(customerNumber="99999"),
        drafting(),
        drafting(group="c"),
    ]
    (before,) = await clerk.rows("select count(*) from document")
    found = await answers(clerk, sent, atomic="group")
    assert statuses(found) == [201, 201, 424, 400, 424, 400, 201, 201]
    assert reason(found[3]).startswith("InventoryNumber 'NONE' cannot be found in the system.")
    for position in (2, 4):
        assert reason(found[position]) == (
            "Nothing of its group was done, because line 4 was refused. Mend that line and send the group again."
        )
    (after,) = await clerk.rows("select count(*) from document")
    assert after[0] - before[0] == 4
    invoices = [int(found[position]["id"]) for position in (0, 6, 7)]
    assert invoices == list(range(invoices[0], invoices[0] + 3))


async def test_lines_of_a_group_may_build_on_each_other(clerk: Clerk) -> None:
    number = "77001"
    found = await answers(
        clerk,
        [
            line("POST", "/v1/customer", body("customer", number=number, name="New"), group="x"),
            drafting(customerNumber=number, group="x"),
        ],
        atomic="group",
    )
    assert statuses(found) == [201, 201], found


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([drafting(group="a"), drafting(group="b"), drafting(group="a")], "Line 3: The group was ended before."),
        ([drafting(group="a"), drafting(), drafting(group="a")], "Line 3: The group was ended before."),
        ([drafting(group="a"), "{", drafting(group="a")], "Line 2: The body is not valid JSON"),
        ([drafting(), {"group": "a"}], "Line 2: This field is missing."),
    ],
)
async def test_groups_that_cannot_be_told_apart_are_refused_before_anything_is_done(
    clerk: Clerk, sent: list[Any], said: str
) -> None:
    before = await clerk.newest_change()
    text = refusal(await send(clerk, sent, atomic="group"))
    assert text.startswith(said)
    assert text.endswith("Nothing was done.")
    assert await clerk.newest_change() == before


async def test_all_lines_are_done_or_none(clerk: Clerk) -> None:
    before, free = await clerk.newest_change(), (await answers(clerk, [drafting()], dryRun=True))[0]["id"]
    for sent, status, said in (
        (WRONG_ITEM, 400, "Line 3: InventoryNumber 'NONE' cannot be found in the system. Field: invoiceLines[0]"),
        ("{", 400, "Line 3: The body is not valid JSON"),
        (line("DELETE", f"/v1/{INVOICE}/nowhere"), 404, "Line 3: The invoice 'nowhere' cannot be found"),
        (
            line("PUT", f"/v1/{INVOICE}/003547", {}, ifMatch=STALE["If-Match"]),
            412,
            "Line 3: The invoice 003547 has changed",
        ),
    ):
        answer = await send(clerk, [drafting(), drafting(CREDIT_NOTE), sent, drafting()], atomic="all")
        text = refusal(answer, status)
        assert text.startswith(said)
        assert text.endswith("Nothing was done.")
        assert await clerk.newest_change() == before
    found = await answers(clerk, [drafting(), drafting(CREDIT_NOTE), drafting()], atomic="all")
    assert statuses(found) == [201] * 3
    assert found[0]["id"] == free


@pytest.mark.parametrize("atomic", ["line", "group", "all"])
async def test_what_is_tried_is_told_and_rolled_back(clerk: Clerk, atomic: str) -> None:
    before = await clerk.newest_change()
    sent = [drafting(), drafting(), line("PUT", f"/v1/{INVOICE}/003547", body(INVOICE, note="x"))]
    tried = await answers(clerk, sent, atomic=atomic, dryRun="true")
    assert statuses(tried) == [201, 201, 204]
    assert int(tried[1]["id"]) == int(tried[0]["id"]) + 1
    assert await clerk.newest_change() == before
    if atomic != "all":
        tried = await answers(clerk, [drafting(), WRONG_ITEM, drafting()], atomic=atomic, dryRun="true")
        assert statuses(tried) == [201, 400, 201]
        assert int(tried[2]["id"]) == int(tried[0]["id"]) + 1
    assert await clerk.newest_change() == before
    assert (await clerk.invoice()).number == tried[0]["id"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (line("GET", f"/v1/{INVOICE}"), "'GET' is not"),
        (line("POST", "/v1/reskontra/run/dunning", {}), "POST /v1/reskontra/run/dunning cannot be one of many."),
        (line("POST", f"/v1/{INVOICE}/003547/attachment"), "cannot be one of many."),
        (line("POST", "/v1/reskontra/trial", {}), "cannot be one of many."),
        (line("POST", BULK), "cannot be one of many."),
        (line("POST", "/v1/reskontra/sandbox/reset"), "cannot be one of many."),
        (line("POST", "/v1/nowhere"), "cannot be one of many."),
        (line("POST", "customerinvoice"), "cannot be one of many."),
        (line("POST", f"/v1/{INVOICE}", {}, body={}), "'body' is not known here."),
        (line("POST", f"/v1/{INVOICE}", [1]), "A list stands where a JSON object is needed."),
        (line("POST", f"/v1/{INVOICE}/003547/action/release", {"a": [1]}, ifMatch=5), ""),
        (line("POST", f"/v1/{INVOICE}"), "The body is empty."),
        (drafting(group="a"), "A group is done as a whole only if that is asked for. Field: group."),
        ("[]", "A list stands where a JSON object is needed."),
        ("5", "'5' stands where a JSON object is needed."),
        ("[" * 5000, "The body is nested too deeply."),
    ],
    ids=lambda it: str(it)[:40],
)
async def test_what_cannot_be_a_line(clerk: Clerk, sent: Any, said: str) -> None:
    first, second, third = await answers(clerk, [drafting(), sent, drafting()])
    assert (first["statusCode"], third["statusCode"]) == (201, 201)
    if said:
        assert second["statusCode"] == 400, second
        assert said in reason(second)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ((b"", NDJSON, {}), "400 The body is empty. Send one JSON object a line."),
        ((b"\n \n\r\n", NDJSON, {}), "400 The body is empty."),
        ((text_of([drafting()]), {"Content-Type": "application/json"}, {}), "415 The content type 'application/json'"),
        ((text_of([drafting()]), {}, {}), "415 The content type '' is not served here. Send application/x-ndjson."),
        ((text_of([drafting()]), NDJSON, {"atomic": "none"}), "400 Send one of: line, group, all."),
        ((text_of([drafting()]), NDJSON, {"dryRun": "maybe"}), "400 Send true or false."),
        ((text_of([drafting()]), {**NDJSON, "Content-Encoding": "br"}, {}), "415 The Content-Encoding 'br'"),
        ((b"\n" * 6 + text_of([drafting()]), NDJSON, {}), "413 The body has too many lines. Send at most 6 lines"),
        ((text_of([drafting(), {"a": "x" * 1100}]), NDJSON, {}), "413 Line 2 is too long. A line may have 1000 bytes."),
        ((text_of([drafting()] * 9), NDJSON, {}), "413 The body is too large. At most 1500 bytes are read."),
    ],
)
async def test_what_is_refused_before_anything_is_done(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, sent: tuple[bytes, dict[str, str], dict[str, str]], told: str
) -> None:
    content, headers, query = sent
    status, _, said = told.partition(" ")
    monkeypatch.setattr(receiving, "LINES_MAX", 6)
    before = await clerk.newest_change()
    async with open_client(
        Settings(sandbox=True, bulk_limit=1500, body_limit=1000), clerk.database, clerk.clock
    ) as http:
        answer = await http.post(BULK, params=query, content=content, headers=headers)
    assert said in refusal(answer, int(status))
    assert await clerk.newest_change() == before


async def test_as_many_lines_as_may_be_are_taken_and_their_end_may_have_no_break(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LINES_MAX", 3)
    for content in (text_of([drafting()] * 3), text_of([drafting()] * 3)[:-1], b"\n\n" + text_of([drafting()])):
        answer = await clerk.http.post(BULK, content=content, headers=NDJSON)
        assert set(statuses(map(json.loads, answer.text.splitlines()))) == {201}
    answer = await clerk.http.post(BULK, content=text_of([drafting()] * 3) + b" ", headers=NDJSON)
    assert "too many lines" in refusal(answer, 413)


async def test_lines_may_be_compressed_and_end_as_windows_ends_them(clerk: Clerk) -> None:
    content = text_of([drafting()] * 3).replace(b"\n", b"\r\n")
    headers = {**NDJSON, "Content-Encoding": "gzip"}
    answer = await clerk.http.post(BULK, content=gzip.compress(content), headers=headers)
    assert statuses(map(json.loads, answer.text.splitlines())) == [201] * 3


async def test_each_line_needs_the_scope_of_its_operation(clerk: Clerk) -> None:
    await clerk.sql("update api_client set scopes = array['vismanet_erp_service_api:create']")
    async with open_client(Settings(sandbox=True, token_required=True), clerk.database, clerk.clock) as http:
        content = text_of([drafting(), line("PUT", f"/v1/{INVOICE}/003547", {}), drafting()])
        assert (await http.post(BULK, content=content, headers=NDJSON)).status_code == 401
        token = {"Authorization": f"Bearer {await _token(http)}"}
        answer = await http.post(BULK, content=content, headers=NDJSON | token)
        found = [json.loads(it) for it in answer.text.splitlines()]
        assert statuses(found) == [201, 403, 201]
        assert found[1]["content"] == {
            "statusCode": 403,
            "message": "The token lacks the scope vismanet_erp_service_api:update.",
        }
        answer = await http.post(BULK, params={"atomic": "all"}, content=content, headers=NDJSON | token)
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("Line 2: The token lacks the scope")


async def _token(http: httpx.AsyncClient) -> str:
    from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID

    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "tenant_id": str(TENANT_ID),
        "scope": "vismanet_erp_service_api:create",
    }
    answer = await http.post("/connect/token", data=form)
    token: str = answer.json()["access_token"]
    return token


async def test_lines_are_for_the_branch_that_the_request_chooses(clerk: Clerk) -> None:
    await clerk.execute(
        """insert into branch (company_id, branch_id, branch_number, name, active, modified_at)
           values (1, 12, 'E', 'East', true, now())"""
    )
    for it in await answers(clerk, [drafting()] * 2, {"branchid": "12"}):
        assert (await clerk.get(it["resource"]))["branchNumber"]["number"] == "E"
    text = refusal(await send(clerk, [drafting()], {"branchid": "99"}))
    assert "99" in text


async def test_a_closed_period_is_told_for_each_line_that_is_in_it(clerk: Clerk) -> None:
    rows = await clerk.rows("select document_type, number from document where released_at is null")
    kinds = {TYPES[kind]: kind for kind in KINDS}
    for row in rows:
        if row["document_type"] in kinds:
            await clerk.delete(f"{kinds[row['document_type']]}/{row['number']}")
    assert (await clerk.act("reskontra/financialPeriod/202401", "close")).status_code == 200
    day = "2024-01-05"
    found = await answers(clerk, [drafting(documentDate=day), drafting(), drafting(documentDate=day)])
    assert statuses(found) == [400, 201, 400]
    alone = refusal(await clerk.post(INVOICE, **sale(documentDate=day)))
    assert "202401" in alone
    assert reason(found[0]) == reason(found[2]) == alone
    text = refusal(await send(clerk, [drafting(), drafting(documentDate=day)], atomic="all"))
    assert text == f"Line 2: {alone} Nothing was done."


async def test_items_are_priced_and_lines_have_texts_as_of_their_own(clerk: Clerk) -> None:
    many = (await answers(clerk, [drafting(lines=[ITEM_A, {"inventoryNumber": "6", "quantity": 2}])] * 2))[1]
    alone = await clerk.invoice(lines=[ITEM_A, {"inventoryNumber": "6", "quantity": 2}])
    read = await clerk.get(many["resource"])
    assert read["invoiceLines"] == alone["invoiceLines"]
    assert read["taxDetails"] == alone["taxDetails"]
