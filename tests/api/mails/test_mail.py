"""Documents and letters by mail: asked for once, sent once by a real mail server, and told in the log."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings, SmtpServer
from reskontra.db.pool import Database
from reskontra.delivery.carriers import FolderCarrier
from reskontra.mails.commands.post import Post, post_of
from reskontra.mails.commands.sending import LEASE, keep_sending, send_next
from tests.api.dunning.debtors import INVOICED, late, numbered, reminded
from tests.api.mails.conftest import SENDER, MailServer, Office, action_of, customer
from tests.clerk import CASH_SALE, CREDIT_NOTE, INVOICE, Clerk, Record, refusal
from tests.conftest import open_client


async def test_a_document_is_sent_once_and_a_second_click_is_refused(office: Office, mail_server: MailServer) -> None:
    invoice = await office.clerk.issue(INVOICE, await customer(office))
    shown = await office.asked(invoice, dryRun=True)
    assert (shown.get("mailId"), shown.get("state"), shown["sending"]) == (None, None, 1)
    assert await office.log() == []

    mail = await office.asked(invoice)
    assert (mail["mailId"], mail["state"], mail["sending"]) == (1, "Waiting", 1)
    assert {name: mail[name] for name in ("to", "subject", "text")} == {
        name: shown[name] for name in ("to", "subject", "text")
    }
    assert "was asked for already" in refusal(await office.email(invoice))
    assert "To send it again, send 2." in (await office.email(invoice, sending=3)).text

    assert await office.send()
    assert not await office.send()
    (message,) = mail_server.messages
    assert message["To"] == "kari@xn--bcher-kva.example, ola@kunde.example"
    assert message["From"] == f"Demo AS <{SENDER}>"
    assert message["Subject"] == f"Faktura {invoice.number} fra Demo AS"
    assert message["Message-ID"] == f"<invoice.{invoice.number}.1.of-1@demo.example>"
    assert message["Date"].startswith("Thu, 15 Jan 2026 12:00:")
    assert message["Reply-To"] == "regnskap@demo.example"
    assert message["Auto-Submitted"] is None
    text = message.get_body()
    assert text is not None
    assert (text["Content-Transfer-Encoding"], text["Content-Language"]) == ("quoted-printable", "nb")
    assert text.get_content().splitlines() == mail["text"].splitlines()
    assert "Beløp: 125,00" in mail["text"]
    (pdf,) = message.iter_attachments()
    assert pdf.get_filename() == f"invoice-{invoice.number}.pdf" == shown["attachment"] == mail["attachment"]
    assert pdf.get_content() == (await office.clerk.http.get(f"{invoice.address}/print")).content
    assert mail_server.taken[0].content.isascii()  # type: ignore[union-attr]

    (told,) = await office.log()
    assert (told["state"], told["attempts"], told["serverAnswer"]) == ("Sent", 1, "250 queued")
    assert told["sentDateTime"]
    assert await office.clerk.get("reskontra/mail/1") == {k: v for k, v in told.items() if k != "metadata"}
    again = await office.asked(
        invoice, sending=2, to="boss@kunde.example", cc="x@y.example,z@y.example", subject="Påminnelse", text="Hei"
    )
    assert again["to"] == ["boss@kunde.example"]
    assert await office.send()
    assert mail_server.taken[1].rcpt_tos == ["boss@kunde.example", "x@y.example", "z@y.example"]
    assert mail_server.messages[1]["Message-ID"] == f"<invoice.{invoice.number}.2.of-1@demo.example>"


async def test_what_cannot_be_sent_is_refused_and_queues_nothing(office: Office) -> None:
    number = await customer(office)
    invoice, draft = await office.clerk.issue(INVOICE, number), await office.clerk.invoice(number)
    nowhere = await office.clerk.issue(INVOICE, await customer(office, None))
    assert "is not released" in refusal(await office.email(draft))
    assert "has no mail address" in refusal(await office.email(nowhere))
    injected = "Faktura\r\nBcc: everybody@evil.example"
    for fields, says in (
        ({"subject": injected}, "one line"),
        ({"to": "kari@kunde.example\r\nBcc: a@evil.example"}, "is not a mail address"),
        ({"to": "kari"}, "'kari' is not a mail address"),
        ({"to": "kåre@kunde.example"}, "is not a mail address"),
        ({"cc": "; ,"}, "There is no mail address"),
        ({"to": ";".join(f"a{n}@b.example" for n in range(21))}, "21 mail addresses are too many"),
        ({"bcc": "a@b.example"}, "bcc"),
        ({"sending": 0}, "sending"),
    ):
        answer = await office.email(invoice, **fields)
        assert answer.status_code == 400, answer.text
        assert says in answer.text, answer.text
    assert (await office.email("/v1/customerinvoice/999999")).status_code == 404
    assert (await office.email("/v1/dunningLetter/77")).status_code == 404
    assert await office.log() == []
    async with open_client(Settings(), office.database, office.clock) as http:
        assert (await http.post(action_of(invoice), json={})).status_code == 401


async def test_a_server_without_a_mail_server_says_so(books: Database, clock: SeededClock) -> None:
    from reskontra.errors import Refused
    from reskontra.mails.commands.asking import ask

    with pytest.raises(Refused, match="knows no mail server"):
        await ask(books, None, post_of(Settings()), None, {})  # type: ignore[arg-type]


async def test_a_letter_a_credit_note_and_a_cash_sale_go_out_too(office: Office, mail_server: MailServer) -> None:
    number = await customer(office)
    await office.clerk.issue(INVOICE, number, documentDate=INVOICED.isoformat())
    note = await office.clerk.issue(CREDIT_NOTE, number)
    sold = await office.clerk.cash_sale(number)
    await office.clerk.release(sold)
    (letter,) = await reminded(office.clerk, number, late(15))
    mails = [
        await office.asked(note),
        await office.asked(sold),
        await office.asked(numbered(letter["letterNumber"])),
    ]
    assert [it["documentType"] for it in mails] == ["CreditNote", "CashSale", "DunningLetter"]
    while await office.send():
        pass
    assert [it["Subject"] for it in mail_server.messages] == [
        f"Kreditnota {note.number} fra Demo AS",
        f"{mails[1]['subject']}",
        "Betalingspåminnelse fra Demo AS",
    ]
    assert "Kontonummer" not in mails[0]["text"]
    assert "13.02.2025" in mails[2]["text"]
    assert [it["referenceNumber"] for it in await office.log(letterNumber=letter["letterNumber"])] == ["1"]
    assert [it["mailId"] for it in await office.log(refNbr=note.number)] == [1]
    assert len(await office.log(customer=number, state="Sent", automatic="false")) == 3
    await office.clerk.act(numbered(letter["letterNumber"]), "void")
    assert "is voided" in refusal(await office.email(numbered(letter["letterNumber"]), sending=2))
    assert CASH_SALE in sold.address


async def test_the_mail_servers_answer_decides(office: Office, mail_server: MailServer) -> None:
    number = await customer(office, "a@k.example;b@k.example")
    invoices = [await office.clerk.issue(INVOICE, number) for _ in range(4)]

    async def told(invoice: Record) -> tuple[str, str]:
        (mail,) = await office.log(refNbr=invoice.number)
        return mail["state"], mail.get("serverAnswer", "")

    mail_server.answers = {"a@k.example": "550 no such user"}
    await office.asked(invoices[0])
    assert await office.send()
    assert await told(invoices[0]) == ("Sent", "250 queued; not to a@k.example: 550 no such user")
    assert mail_server.taken.pop().rcpt_tos == ["b@k.example"]

    mail_server.answers["b@k.example"] = "550 nor this one"
    await office.asked(invoices[1])
    assert await office.send()
    state, answer = await told(invoices[1])
    assert (state, "no such user" in answer, "nor this one" in answer) == ("Refused", True, True)

    mail_server.answers = {"b@k.example": "451 greylisted"}
    await office.asked(invoices[2])
    pauses = []
    while (await told(invoices[2]))[0] == "Waiting":
        assert await office.send()
        row = (await office.clerk.rows("select due_at - $1 as pause from mail where mail_id = 3", office.clock.now()))[
            0
        ]
        if row["pause"] is not None:
            pauses.append(round(row["pause"].total_seconds() / 60))
            assert not await office.send()
            office.wait(row["pause"] + timedelta(seconds=1))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240, 240][: len(pauses)]
    assert sum(pauses) > 18 * 60
    assert await told(invoices[2]) == ("Refused", "Given up after a day. The last answer: b@k.example: 451 greylisted")

    mail_server.answers, mail_server.of_content = {}, "554 looks like spam"
    await office.asked(invoices[3])
    assert await office.send()
    assert await told(invoices[3]) == ("Refused", "554 looks like spam")
    mail_server.of_content, mail_server.hangs_up = "", True
    await office.asked(invoices[3], sending=2)
    assert await office.send()
    assert not await office.send()
    newest = (await office.log(refNbr=invoices[3].number))[-1]
    assert newest["state"] == "Unknown"
    assert "which may have arrived" in newest["serverAnswer"]


async def test_mail_waits_for_a_mail_server_that_is_away(office: Office, mail_server: MailServer) -> None:
    invoice = await office.clerk.issue(INVOICE, await customer(office))
    await office.asked(invoice)
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = free.getsockname()[1]
    away = post_of(Settings(smtp=SmtpServer(host="127.0.0.1", port=nobody, tls="none"), mail_from=SENDER))
    assert away.carrier is not None
    assert not await send_next(office.database, office.clock, away.carrier)
    (mail,) = await office.log()
    assert (mail["state"], mail["attempts"]) == ("Waiting", 1)
    assert mail["nextAttemptDateTime"]
    office.wait(timedelta(minutes=2))
    assert await office.send()
    assert len(mail_server.taken) == 1


async def test_of_two_workers_one_sends_each_mail(office: Office, mail_server: MailServer) -> None:
    number = await customer(office)
    invoices = [await office.clerk.issue(INVOICE, number) for _ in range(5)]
    for invoice in invoices:
        await office.asked(invoice)
    posts = [Post(office.post.carrier), Post(office.post.carrier)]
    workers = [asyncio.create_task(keep_sending(office.database, office.clock, it)) for it in posts]
    async with asyncio.timeout(60):
        while len(await office.log(state="Sent")) < len(invoices):
            await asyncio.sleep(0.1)
    for it in posts:
        it.stop()
    await asyncio.gather(*workers)
    assert sorted(it["Message-ID"] for it in mail_server.messages) == [
        f"<invoice.{it.number}.1.of-1@demo.example>" for it in invoices
    ]


async def test_after_a_restart_what_waits_is_sent_and_what_was_handed_over_is_not(
    office: Office, mail_server: MailServer
) -> None:
    number = await customer(office)
    invoices = [await office.clerk.issue(INVOICE, number) for _ in range(3)]
    for invoice in invoices:
        await office.asked(invoice)
    # The process ended with the first mail on its way and with the second one taken.
    now = office.clock.now()
    await office.clerk.sql("update mail set attempts = 1, due_at = $1 where mail_id in (1, 2)", now + LEASE)
    await office.clerk.sql("update mail set handed_at = $1 where mail_id = 1", now)
    assert await office.send()
    assert not await office.send()
    office.wait(LEASE)
    while await office.send():
        pass
    assert [it["state"] for it in await office.log()] == ["Unknown", "Sent", "Sent"]
    assert len(mail_server.taken) == 2


async def test_what_is_released_goes_out_by_itself_where_company_and_customer_want_it(
    office: Office, mail_server: MailServer
) -> None:
    wants = await customer(office, sendInvoicesByEmail=True, sendDunningLettersViaEMail=True)
    other = await customer(office)
    await office.clerk.issue(INVOICE, wants)
    assert await office.log() == []
    texts = [{"document_type": "Invoice", "language": "nb", "subject": "{number} til {customer}", "body": None}]
    await office.clerk.prefer(mail={"documents_at_release": True, "letters_at_release": True, "texts": texts})
    for number in (wants, other):
        await office.clerk.issue(INVOICE, number, documentDate=INVOICED.isoformat())
    await office.clerk.issue(INVOICE, wants, dontEmail=True)
    nowhere = await customer(office, None, sendInvoicesByEmail=True)
    await office.clerk.issue(INVOICE, nowhere)
    await reminded(office.clerk, wants, late(15))
    await reminded(office.clerk, other, late(15))
    waiting = await office.log()
    assert [(it["documentType"], it["automatic"], it.get("to")) for it in waiting] == [
        ("Invoice", True, None),
        ("Invoice", True, None),
        ("DunningLetter", True, None),
    ]
    while await office.send():
        pass
    assert [it["state"] for it in await office.log()] == ["Sent", "Refused", "Sent"]
    assert [it["Auto-Submitted"] for it in mail_server.messages] == ["auto-generated"] * 2
    assert mail_server.messages[0]["Subject"] == f"{waiting[0]['referenceNumber']} til Ærlig Øl AS"
    assert "has no mail address" in (await office.log(state="Refused"))[0]["serverAnswer"]


async def test_a_sandbox_writes_mail_into_its_outbox(books: Database, clock: SeededClock, tmp_path: Path) -> None:
    settings = Settings(sandbox=True, data_dir=tmp_path, smtp=SmtpServer(host="192.0.2.1", port=25, tls="none"),
                        mail_from=SENDER)  # fmt: skip
    async with open_client(settings, books, clock) as http:
        office = Office(Clerk(http, books, clock), books, clock, post_of(settings))
        invoice = await office.clerk.issue(INVOICE, await customer(office))
        await office.asked(invoice)
        assert (await http.get("/v1/reskontra/sandbox/outbox")).json() == []
        assert await office.send()
        (shown,) = (await http.get("/v1/reskontra/sandbox/outbox")).json()
        assert shown["subject"] == f"Faktura {invoice.number} fra Demo AS"
        assert [it.name for it in (tmp_path / "outbox").iterdir()] == [shown["name"]]
        content = await http.get(shown["address"])
        assert content.headers["Content-Type"] == "message/rfc822"
        assert content.content == (tmp_path / "outbox" / shown["name"]).read_bytes()
        assert (await http.get("/v1/reskontra/sandbox/outbox/..%2Fx.eml")).status_code == 404
        await office.asked(invoice, sending=2, subject="Zweite Æ", cc="boss@kunde.example")
        assert await office.send()
        listed = (await http.get("/v1/reskontra/sandbox/outbox?pageNumber=1&pageSize=1")).json()
        assert [(it["subject"], it["cc"], it["size"]) for it in listed] == [
            ("Zweite Æ", "boss@kunde.example", (tmp_path / "outbox" / listed[0]["name"]).stat().st_size)
        ]
        assert listed[0]["metadata"]["totalCount"] == 2
        (older,) = (await http.get("/v1/reskontra/sandbox/outbox?pageNumber=2&pageSize=1")).json()
        assert older["name"] == shown["name"]


def test_the_outbox_is_listed_without_reading_whole_mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = FolderCarrier(tmp_path, SENDER)
    (tmp_path / "1.eml").write_bytes(
        b"Subject: =?utf-8?q?=C3=A6?=\r\n  1\r\nTo: a@b.example\r\n\r\n" + b"x" * 5_000_000
    )
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("a whole mail is read"))
    head, size = carrier.read_head("1.eml")
    assert (len(head), size) == (51, 5_000_053)
    assert carrier.read_head("gone.eml") == (b"", 0)


async def test_the_log_is_searched_by_document_and_day_and_turned_around(
    office: Office, mail_server: MailServer
) -> None:
    number = await customer(office)
    invoice, note = await office.clerk.issue(INVOICE, number), await office.clerk.issue(CREDIT_NOTE, number)
    for thing, sending in ((invoice, 1), (invoice, 2), (note, 1)):
        await office.asked(thing, sending=sending)
    assert [it["mailId"] for it in await office.log(newestFirst=True)] == [3, 2, 1]
    assert [it["mailId"] for it in await office.log(documentType="invoice", newestFirst=True, pageSize=1)] == [2]
    assert await office.log(documentType="Payment") == []
    assert [it["mailId"] for it in await office.log(sentAgain=False)] == [2, 3]
    assert [it["mailId"] for it in await office.log(sentAgain=True)] == [1]
    assert len(await office.log(**{"from": "2026-01-15", "to": "2026-01-15"})) == 3
    assert await office.log(**{"from": "2026-01-16"}) == []
    assert await office.log(to="2026-01-14") == []


async def test_a_dry_run_shows_a_mail_that_nobody_would_get_yet(office: Office) -> None:
    invoice = await office.clerk.issue(INVOICE, await customer(office, None))
    shown = await office.asked(invoice, dryRun=True)
    assert "to" not in shown
    assert shown["subject"] == f"Faktura {invoice.number} fra Demo AS"
    assert "has no mail address" in refusal(await office.email(invoice))


async def test_whoever_sends_mail_is_woken_when_it_is_committed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def wake() -> None:
        seen.append(1)

    invoice = await office.clerk.issue(INVOICE, await customer(office))
    monkeypatch.setattr(Post, "wake", lambda _: wake())
    for key in ("one", "one"):
        answer = await office.clerk.http.post(action_of(invoice), json={}, headers={"Idempotency-Key": key})
        assert answer.status_code == 200, answer.text
    assert len(seen) == 1, "what was asked for twice was queued once"
    async with office.database.trial() as tried:
        tried.after_commit(wake)
    assert len(seen) == 1, "nothing is told of what is rolled back"
    async with office.database.together() as database:
        database.after_commit(wake)
        assert len(seen) == 1, "not before the commit"
    assert len(seen) == 2
