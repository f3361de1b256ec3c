"""E-invoices on their way: refused or queued at release, sent once, into a folder or to an access point (EHF)."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from reskontra.config import SettingError, Settings
from reskontra.documents.commands import e_invoicing
from reskontra.e_invoices.commands.delivering import (
    ATTEMPTS_MAX,
    CLAIM,
    AccessPoint,
    Answer,
    Folder,
    deliver_waiting,
    keep_delivering,
)
from reskontra.e_invoices.store import Claimed
from reskontra.serve import channel_of
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, STALE, Clerk, Record
from tests.e_invoices.judges import all_of, parsed, peppol_faults, schema_faults, told

ORDER = {"customerRefNumber": "PO-7"}
LOCATION = "location/20001/Main"


async def takes_e_invoices(clerk: Clerk, **location: Any) -> None:
    """Let customer 20001 take them, at this address in the network."""
    await clerk.change("customer/20001", acceptAutoInvoices=True, mainAddress={"countryId": "NO"})
    await clerk.change(LOCATION, **({"corporateId": "988077917"} | location))


async def sold(clerk: Clerk, kind: str = INVOICE, **fields: Any) -> Record:
    draft = await clerk.document(kind, **(ORDER | fields))
    return await clerk.release(draft)


async def delivery(clerk: Clerk, document: Record, kind: str = "Invoice") -> Any:
    return await clerk.get(f"reskontra/eInvoice/{kind}/{document.number}")


def post_of(answers: list[int], taken: list[httpx.Request]) -> AccessPoint:
    """An access point that answers with these statuses, one after the other, and then takes everything."""

    def answer(request: httpx.Request) -> httpx.Response:
        taken.append(request)
        status = answers.pop(0) if answers else 202
        if status == 0:
            raise httpx.ConnectError("no route")
        return httpx.Response(status, text=f"said {status}")

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return AccessPoint("https://ap.example/outgoing", "secret", client)


# Release


async def test_release_refuses_what_cannot_be_sent_and_says_what_to_mend_where(clerk: Clerk) -> None:
    await takes_e_invoices(clerk, corporateId=None)
    draft = await clerk.invoice()
    text = await clerk.refuse_release(draft)
    assert text.startswith(f"The invoice {draft.number} cannot be sent as an e-invoice. [PEPPOL-EN16931-R003] ")
    assert "[PEPPOL-EN16931-R010] The buyer has no electronic address. Set peppolScheme.endpoint" in text
    assert "sendToAutoInvoice" in text
    await clerk.change(draft, **ORDER)
    await clerk.change(LOCATION, gln="7080000000013")
    assert "[PEPPOL-COMMON-R040] '7080000000013' is no global location number." in await clerk.refuse_release(draft)
    await clerk.change(LOCATION, gln="7080000000012")
    released = await clerk.release(draft)
    assert (await delivery(clerk, released))["receiver"] == "0088:7080000000012"


async def test_whoever_takes_none_and_whoever_says_no_is_not_refused(clerk: Clerk) -> None:
    await clerk.release(await clerk.invoice())
    await takes_e_invoices(clerk, corporateId=None)
    kept = await clerk.invoice(sendToAutoInvoice=False)
    assert (await clerk.invoice())["sendToAutoInvoice"] is True
    await clerk.release(kept)
    assert await clerk.sql("select count(*) from e_invoice_delivery") == 0


@pytest.mark.parametrize(
    ("kind", "document_type", "code"),
    [(INVOICE, "Invoice", "380"), (CREDIT_NOTE, "CreditNote", "381"), (DEBIT_NOTE, "DebitNote", "383")],
)
async def test_each_kind_is_queued_by_its_release_with_the_xml_that_is_sent(
    clerk: Clerk, kind: str, document_type: str, code: str
) -> None:
    await takes_e_invoices(clerk)
    released = await sold(clerk, kind)
    found = await delivery(clerk, released, document_type)
    assert found.pop("messageId")
    assert found.pop("queuedDateTime") == found.pop("lastModifiedDateTime") == found.pop("nextAttemptDateTime")
    assert found == {
        "documentType": document_type, "referenceNumber": released.number, "state": "Waiting", "attempts": 0,
        "sender": "0192:310000078", "receiver": "0192:988077917", "queuedBy": "open",
    }  # fmt: skip
    warnings = (await clerk.get(f"reskontra/issuedDocument/{document_type}/{released.number}"))["warnings"]
    assert "[NO-R-002] Most Norwegian companies must say Foretaksregisteret" in " ".join(warnings)
    answer = await clerk.http.get(f"/v1/reskontra/eInvoice/{document_type}/{released.number}/xml")
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert schema_faults(answer.text) == peppol_faults(answer.text) == []
    root = parsed(answer.text)
    assert told(root, "cbc:InvoiceTypeCode | cbc:CreditNoteTypeCode") == code
    assert told(root, "//cbc:PayableAmount") == "125.00"
    if kind != CREDIT_NOTE:
        assert told(root, "//cbc:PaymentID") == released["paymentReference"]


async def test_a_credit_note_names_what_it_settles_and_a_correction_what_it_takes_back(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk)
    answer = await clerk.act(invoice, "reverseandapplytonote")
    note = await clerk.get(f"{CREDIT_NOTE}/{answer.json()['referenceNumber']}")
    await clerk.release(note)
    xml = (await clerk.http.get(f"/v1/reskontra/eInvoice/CreditNote/{note.number}/xml")).text
    path = "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"
    assert [it.text for it in all_of(parsed(xml), path)] == [invoice.number]
    wrong = await sold(clerk)
    draft = await clerk.get(f"{INVOICE}/{(await clerk.act(wrong, 'correct')).json()['refNbr']}")
    await clerk.release(draft)
    queued = await clerk.page("reskontra/eInvoice", state="waiting")
    assert [it["documentType"] for it in queued] == ["CreditNote", "CreditNote", "Invoice", "Invoice", "Invoice"]


async def test_marked_files_go_with_it_and_those_that_the_network_does_not_take_refuse_it(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await takes_e_invoices(clerk)
    draft = await clerk.invoice(**ORDER)
    marked = {"metadata": (None, '{"sendToAutoInvoice": true}')}
    pdf = b"%PDF-1.7\n" + bytes(range(256)) * 2000
    for name, content, more in (("a.pdf", pdf, marked), ("b.txt", b"no", marked), ("c.png", b"unmarked", {})):
        sent = await clerk.http.post(f"{draft.address}/attachment", files={"file": (name, content), **more})
        assert sent.status_code == 201, sent.text
    text = await clerk.refuse_release(await clerk.get(draft))
    assert "[PEPPOL-EN16931-CL001] The file 'b.txt' is of no type" in text
    files = {file["name"]: file["id"] for file in (await clerk.get(draft))["attachments"]}
    assert await clerk.status("PUT", f"attachment/{files['b.txt']}", sendToAutoInvoice=False) == 204
    with monkeypatch.context() as limited:
        limited.setattr(e_invoicing, "LARGEST", len(pdf) - 1)
        assert f"[ATT-06] The files of the e-invoice have {len(pdf)} bytes" in await clerk.refuse_release(draft.address)
    await clerk.release(draft.address)
    xml = (await clerk.http.get(f"/v1/reskontra/eInvoice/Invoice/{draft.number}/xml")).text
    assert schema_faults(xml) == peppol_faults(xml) == []
    (enclosed,) = all_of(parsed(xml), "//cbc:EmbeddedDocumentBinaryObject")
    assert (enclosed.get("mimeCode"), enclosed.get("filename")) == ("application/pdf", "a.pdf")
    assert b64decode(enclosed.text) == pdf


# The action


async def test_a_released_document_is_sent_on_request_and_a_second_click_sends_nothing(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk, sendToAutoInvoice=False)
    assert (await clerk.http.get(f"/v1/reskontra/eInvoice/Invoice/{invoice.number}")).status_code == 404
    stale = await clerk.act(invoice, "sendToAutoInvoice", STALE)
    assert stale.status_code == 412
    answers = [(await clerk.act(invoice, "sendToAutoInvoice")).json() for _ in range(2)]
    for answer in answers:
        assert answer.pop("actionId")
        assert answer == {"actionResult": "Done", "refNbr": invoice.number, "documentType": "Invoice"}
    first = await delivery(clerk, invoice)
    taken: list[httpx.Request] = []
    assert await deliver_waiting(clerk.database, clerk.clock, post_of([], taken)) == 1
    await clerk.act(invoice, "sendToAutoInvoice")
    assert await deliver_waiting(clerk.database, clerk.clock, post_of([], taken)) == 0
    found = await delivery(clerk, invoice)
    assert (found["state"], found["messageId"], len(taken)) == ("Sent", first["messageId"], 1)


async def test_sending_is_tried_and_the_list_tells_whose_they_are(clerk: Clerk) -> None:
    first = await clerk.issue(INVOICE)
    await takes_e_invoices(clerk)
    path = f"/v1/customerinvoice/{first.number}/action/sendToAutoInvoice"
    trial = {"request": {"method": "POST", "path": path}, "reads": ["/v1/reskontra/eInvoice"]}
    assert "[PEPPOL-EN16931-R003]" in (await clerk.http.post("/v1/reskontra/trial", json=trial)).text
    second = await sold(clerk)
    tried = {**trial, "request": {"method": "POST", "path": path.replace(first.number, second.number)}}
    assert (await clerk.http.post("/v1/reskontra/trial", json=tried)).status_code == 200
    third = await sold(clerk)
    listed = await clerk.page("reskontra/eInvoice", newestFirst=True, customer="20001")
    assert [it["referenceNumber"] for it in listed] == [third.number, second.number]
    assert listed[0]["customer"] == {"number": "20001", "name": "Aurdal Bakeri AS"}
    assert await clerk.page("reskontra/eInvoice", customer="20002") == []
    assert await clerk.page("reskontra/eInvoice", to="2026-01-14") == []
    assert len(await clerk.page("reskontra/eInvoice", **{"from": "2026-01-15"})) == 2


async def test_what_cannot_be_sent_on_request_is_refused(clerk: Clerk) -> None:
    draft = await clerk.invoice(**ORDER)
    action = "action/sendToAutoInvoice"
    assert "is not released" in await clerk.refused("POST", f"{draft.address}/{action}")
    released = await clerk.release(draft)
    assert "acceptAutoInvoices" in await clerk.refused("POST", f"{released.address}/{action}")
    await takes_e_invoices(clerk, corporateId=None)
    assert "PEPPOL-EN16931-R010" in await clerk.refused("POST", f"{released.address}/{action}")
    assert await clerk.status("POST", f"{INVOICE}/none/{action}") == 404


async def test_parts_and_what_was_taken_over_are_not_sent(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    master = await sold(clerk, creditTermsId="RATE3")
    assert (await delivery(clerk, master))["state"] == "Waiting"
    (part, *_) = await clerk.page(INVOICE, externalReference=master.number)
    assert part["sendToAutoInvoice"] is False
    action = "action/sendToAutoInvoice"
    assert "is an instalment" in await clerk.refused("POST", f"{INVOICE}/{part['referenceNumber']}/{action}")
    old = {"documentType": "Invoice", "referenceNumber": "OLD-1", "customer": "20001", "documentDate": "2024-11-01",
           "dueDate": "2024-12-01", "balance": 100}  # fmt: skip
    taken = await clerk.post("reskontra/openItems", asOf="2024-12-31", items=[old])
    assert taken.status_code == 200, taken.text
    assert "taken over" in await clerk.refused("POST", f"{INVOICE}/OLD-1/{action}")


# Delivery


async def test_a_file_is_in_the_folder_whole_under_a_name_of_its_own(clerk: Clerk, tmp_path: Path) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk)
    assert await deliver_waiting(clerk.database, clerk.clock, Folder(tmp_path)) == 1
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    found = await delivery(clerk, invoice)
    assert path == tmp_path / "demo" / f"Invoice-{invoice.number}-{found['messageId']}.xml"
    xml = await clerk.http.get(f"/v1/reskontra/eInvoice/Invoice/{invoice.number}/xml")
    assert path.read_bytes() == xml.content
    assert (found["state"], found["answer"]) == ("Sent", f"Written to {path}.")
    log = await clerk.page("reskontra/change", entity="EInvoice")
    assert [change["event"] for change in log] == ["queued", "sent"]


async def test_a_folder_that_cannot_be_written_is_tried_again(clerk: Clerk, tmp_path: Path) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk)
    (tmp_path / "demo").write_text("in the way")
    await deliver_waiting(clerk.database, clerk.clock, Folder(tmp_path))
    found = await delivery(clerk, invoice)
    assert (found["state"], found["attempts"]) == ("Waiting", 1)
    assert found["answer"].startswith("The file cannot be written")


async def test_an_access_point_gets_the_xml_with_the_token_and_failures_are_tried_again_later(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk)
    taken: list[httpx.Request] = []
    point = post_of([503, 0, 429], taken)
    pauses = []
    for _ in range(4):
        assert await deliver_waiting(clerk.database, clerk.clock, point) == 1
        assert await deliver_waiting(clerk.database, clerk.clock, point) == 0, "not before its time"
        row = (await clerk.rows("select next_attempt_at, modified_at, answer_status from e_invoice_delivery"))[0]
        if row["next_attempt_at"]:
            pauses.append((row["next_attempt_at"] - row["modified_at"], row["answer_status"]))
            clerk.clock.move_to(row["next_attempt_at"])
    minutes = [round(pause / timedelta(minutes=1)) for pause, _ in pauses]
    assert (minutes, [status for _, status in pauses]) == ([1, 2, 4], [503, None, 429])
    found = await delivery(clerk, invoice)
    assert (found["state"], found["attempts"], found["answerStatus"], found["answer"]) == ("Sent", 4, 202, "said 202")
    assert "nextAttemptDateTime" not in found
    assert {request.headers["Idempotency-Key"] for request in taken} == {found["messageId"]}
    assert {request.headers["Authorization"] for request in taken} == {"Bearer secret"}
    assert len({request.content for request in taken}) == 1


async def test_what_an_access_point_refuses_is_kept_with_its_answer_and_sent_anew_on_request(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk)
    taken: list[httpx.Request] = []
    await deliver_waiting(clerk.database, clerk.clock, post_of([422], taken))
    found = await delivery(clerk, invoice)
    assert (found["state"], found["answerStatus"], found["answer"]) == ("Refused", 422, "said 422")
    assert [it["referenceNumber"] for it in await clerk.page("reskontra/eInvoice", state="Refused")] == [invoice.number]
    await clerk.change(LOCATION, peppolScheme={"endpoint": "0088:7080000000012"})
    await clerk.act(invoice, "sendToAutoInvoice")
    again = await delivery(clerk, invoice)
    assert (again["state"], again["attempts"], again["receiver"]) == ("Waiting", 0, "0088:7080000000012")
    assert again["messageId"] != found["messageId"]
    await deliver_waiting(clerk.database, clerk.clock, post_of([], taken))
    assert (await delivery(clerk, invoice))["state"] == "Sent"


async def test_attempts_end_after_two_days(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    await sold(clerk)
    await clerk.sql("update e_invoice_delivery set attempts = $1", ATTEMPTS_MAX - 1)
    await deliver_waiting(clerk.database, clerk.clock, post_of([500], []))
    (found,) = await clerk.page("reskontra/eInvoice")
    assert (found["state"], found["attempts"]) == ("Refused", ATTEMPTS_MAX)


class Counting:
    """Counts how often each e-invoice is sent, slowly."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, claimed: Claimed) -> Answer:
        self.sent.append(claimed.number)
        await asyncio.sleep(0.01)
        return Answer(is_taken=True, text="taken")


async def test_many_workers_send_each_e_invoice_once(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    numbers = [(await sold(clerk)).number for _ in range(6)]
    channel = Counting()
    attempts = await asyncio.gather(*(deliver_waiting(clerk.database, clerk.clock, channel) for _ in range(5)))
    assert sorted(channel.sent) == sorted(numbers)
    assert sum(attempts) == len(numbers)


async def test_a_worker_that_died_leaves_its_claim_to_run_out_and_what_it_says_later_does_not_count(
    clerk: Clerk,
) -> None:
    await takes_e_invoices(clerk)
    invoice = await sold(clerk)
    taken: list[httpx.Request] = []

    class Dying:
        async def send(self, claimed: Claimed) -> Answer:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await deliver_waiting(clerk.database, clerk.clock, Dying())
    assert await deliver_waiting(clerk.database, clerk.clock, post_of([], taken)) == 0
    clerk.clock.move_to(clerk.clock.now() + CLAIM)
    assert await deliver_waiting(clerk.database, clerk.clock, post_of([], taken)) == 1
    assert (await delivery(clerk, invoice))["attempts"] == 2


@pytest.mark.plants_fault
async def test_what_was_sent_cannot_be_changed_in_the_database(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    await sold(clerk)
    await deliver_waiting(clerk.database, clerk.clock, Counting())
    for statement in ("update e_invoice_delivery set state = 'Refused'", "delete from e_invoice_delivery"):
        with pytest.raises(Exception, match="an e-invoice that was sent does not change"):
            await clerk.sql(statement)


async def test_a_server_sends_what_waits_while_it_runs(clerk: Clerk) -> None:
    await takes_e_invoices(clerk)
    channel = Counting()
    invoice = await sold(clerk)
    async with keep_delivering(clerk.database, clerk.clock, channel):
        async with asyncio.timeout(20):
            while (await delivery(clerk, invoice))["state"] != "Sent":
                await asyncio.sleep(0.02)
    async with keep_delivering(clerk.database, clerk.clock, None):
        pass
    assert channel.sent == [invoice.number]


# Settings


async def test_the_settings_say_where_e_invoices_go(tmp_path: Path) -> None:
    async def channel(**settings: Any) -> Any:
        async with channel_of(Settings(**settings)) as found:
            return found

    assert await channel(data_dir=tmp_path) is None
    assert await channel(data_dir=tmp_path, sandbox=True) == Folder(tmp_path / "outbox" / "e-invoices")
    assert await channel(e_invoice_folder=tmp_path) == Folder(tmp_path)
    point = await channel(e_invoice_url="https://ap.example", e_invoice_token="t")
    assert (point.url, point.token) == ("https://ap.example", "t")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"e_invoice_url": "ap.example"}, "http address"),
        ({"e_invoice_token": "t"}, "without the access point"),
        ({"e_invoice_url": "https://ap.example", "e_invoice_folder": Path("x")}, "one of the two"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Settings(**settings)
