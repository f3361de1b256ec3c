"""Sending from pages: documents and letters by e-mail, e-invoices, what went out, and the outbox of a sandbox."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.delivery.carriers import Rejected
from reskontra.delivery.message import Message
from reskontra.mails.commands.post import Post, post_of
from reskontra.mails.commands.sending import send_next
from tests.api.dunning.debtors import INVOICED, debtor, late, numbered, reminded
from tests.clerk import INVOICE, Clerk
from tests.conftest import open_client
from tests.pages.conftest import Visitor

KARI = {"mainContact": {"name": "Kari", "email": "kari@kunde.example"}}


@dataclass
class Refuser:
    """A mail server that takes nothing."""

    sender = "invoices@demo.example"

    async def carry(self, mail: Message) -> str:
        raise Rejected("550 no such user")


@dataclass
class Office:
    """A bookkeeper at the pages of a sandbox with an outbox, a clerk at its API, and who sends the mail."""

    visitor: Visitor
    clerk: Clerk
    database: Database
    clock: SeededClock
    post: Post

    async def carry(self, carrier: Refuser | None = None) -> None:
        """Send what waits."""
        assert self.post.carrier is not None
        while await send_next(self.database, self.clock, carrier or self.post.carrier):
            pass


@pytest.fixture
async def office(books: Database, clock: SeededClock, tmp_path: Path) -> AsyncIterator[Office]:
    settings = Settings(sandbox=True, data_dir=tmp_path)
    async with open_client(settings, books, clock) as http:
        yield Office(Visitor(http), Clerk(http, books, clock), books, clock, post_of(settings))


async def mailed(clerk: Clerk) -> list[dict[str, object]]:
    return await clerk.page("reskontra/mail")


async def test_a_mail_is_shown_edited_and_sent_once(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    number = await debtor(clerk, **KARI)
    invoice = await clerk.issue(INVOICE, number)
    await visitor.go(f"documents/Invoice/{invoice.number}")
    assert "Nothing was sent yet." in visitor.text
    link = visitor.seen.select_one(".actions a[href$='/send']")
    assert link is not None
    await visitor.go(str(link["href"]))
    shown = {str(it["name"]): str(it.get("value")) for it in visitor.seen.select("main input[name]")}
    assert (shown["to"], shown["cc"], shown["sending"]) == ("kari@kunde.example", "", "1")
    assert shown["subject"] == f"Faktura {invoice.number} fra Demo AS"
    pdf = visitor.seen.select_one("main form a[href$='/print']")
    assert pdf is not None
    assert pdf.get_text() == f"invoice-{invoice.number}.pdf"
    assert (await visitor.http.get(str(pdf["href"]))).content.startswith(b"%PDF")
    assert await mailed(clerk) == [], "nothing is sent by looking"

    form = visitor.seen.select_one("main form")
    assert form is not None
    await visitor.send(form, 400, cc="boss", subject="Påminnelse <b>")
    assert "'boss' is not a mail address." in visitor.text
    typed = {str(it["name"]): str(it.get("value")) for it in visitor.seen.select("main input[name]")}
    assert (typed["cc"], typed["subject"]) == ("boss", "Påminnelse <b>"), "what was typed stays"
    assert visitor.seen.select_one("#cc[aria-invalid]")
    await visitor.send("main form", cc="boss@kunde.example", text="Hei!\r\nTo linjer.")
    assert visitor.said == f"Invoice {invoice.number} goes to kari@kunde.example."
    assert "E-mail Waiting" in visitor.text
    (mail,) = await mailed(clerk)
    assert (mail["subject"], mail["text"], mail["cc"]) == ("Påminnelse <b>", "Hei!\nTo linjer.", ["boss@kunde.example"])

    await visitor.send(form)
    assert "Nothing was sent" in visitor.said, "a double click sends nothing twice"
    assert len(await mailed(clerk)) == 1
    await office.carry()
    await visitor.go(f"documents/Invoice/{invoice.number}")
    assert "E-mail Sent kari@kunde.example written to" in visitor.text
    await visitor.go(f"documents/Invoice/{invoice.number}/send")
    assert f"Send Invoice {invoice.number} again" in visitor.text
    await visitor.send("main form")
    assert [it["sending"] for it in await mailed(clerk)] == [1, 2]


async def test_who_has_no_address_gets_one_typed(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    invoice = await clerk.issue(INVOICE, await debtor(clerk))
    await visitor.go(f"documents/Invoice/{invoice.number}/send")
    assert "The customer has no mail address" in visitor.text
    assert "Faktura" in str(visitor.seen.select_one("#subject"))
    await visitor.send("main form", 400)
    assert "has no mail address for invoices" in visitor.text
    await visitor.send("main form", to="a@kunde.example; b@kunde.example")
    assert "goes to a@kunde.example, b@kunde.example." in visitor.said


async def test_what_is_not_released_is_not_sent(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    draft = await clerk.invoice()
    await visitor.go(f"documents/Invoice/{draft.number}")
    assert not visitor.seen.select("#sent, a[href$='/send']")
    await visitor.go(f"documents/Invoice/{draft.number}/send")
    assert "is not released" in visitor.text
    assert not visitor.seen.select("main form")
    await visitor.go("documents/Payment/500001/send", 404)
    await visitor.go("documents/Invoice/nowhere/send", 404)
    await visitor.go("letters/77/send", 404)


async def test_a_letter_is_sent_from_its_page(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    number = await debtor(clerk, **KARI)
    await clerk.issue(INVOICE, number, documentDate=INVOICED.isoformat())
    (letter,) = await reminded(clerk, number, late(15))
    at = letter["letterNumber"]
    await visitor.go(f"letters/{at}")
    assert "Nothing was sent yet." in visitor.text
    await visitor.go(f"letters/{at}/send")
    await visitor.send("main form")
    assert visitor.said == f"Letter {at} goes to kari@kunde.example."
    assert visitor.http_path == f"/ui/letters/{at}"
    await office.carry()
    await visitor.go(f"letters/{at}")
    assert "E-mail Sent" in visitor.text
    await visitor.go("mails")
    assert visitor.rows()[0][1] == f"Letter {at}"
    assert visitor.seen.select_one(f"tbody a[href='/ui/letters/{at}']")
    await visitor.go("letters")
    bundle = visitor.seen.select_one("a[href*='/dunningLetter/print']")
    assert bundle is not None
    assert (await visitor.http.get(str(bundle["href"]))).content.startswith(b"%PDF")
    await clerk.act(numbered(at), "void")
    await visitor.go(f"letters/{at}")
    assert not visitor.seen.select("a[href$='/send']")


async def test_a_statement_is_sent_from_its_page(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    number = await debtor(clerk, **KARI)
    await clerk.issue(INVOICE, number, documentDate=INVOICED.isoformat())
    await clerk.issue(INVOICE, number)
    day = "2025-12-31"
    asked = f"asOf={day}&type=BalanceBroughtForward&from=2025-01-01"
    await visitor.go(f"customers/{number}/statement?{asked}")
    assert "Nothing was sent yet." in visitor.text
    link = visitor.seen.select_one(".downloads a[href*='/send']")
    assert link is not None
    await visitor.go(str(link["href"]))
    shown = {str(it["name"]): str(it.get("value")) for it in visitor.seen.select("main input[name]")}
    assert (shown["to"], shown["sending"]) == ("kari@kunde.example", "1")
    assert shown["subject"] == "Kontoutdrag per 31.12.2025 fra Demo AS"
    pdf = visitor.seen.select_one("main form a[href*='/print']")
    assert pdf is not None
    assert pdf.get_text() == f"statement-{number}-{day}.pdf"
    content = (await visitor.http.get(str(pdf["href"]))).content
    printed = await visitor.http.get(f"/v1/reskontra/customer/{number}/statement/print?{asked}&byCurrency=true")
    assert content == printed.content
    assert await mailed(clerk) == [], "nothing is sent by looking"

    form = visitor.seen.select_one("main form")
    assert form is not None
    await visitor.send(form, 400, to="boss")
    assert "'boss' is not a mail address." in visitor.text
    await visitor.send("main form", to="boss@kunde.example", subject="Saldo")
    assert visitor.said == f"Statement as of {day} goes to boss@kunde.example."
    assert "E-mail Waiting" in visitor.text
    assert "2025-01-01 Balance brought forward" in visitor.text, "the same statement is shown"
    await visitor.send(form)
    assert "Nothing was sent" in visitor.said, "a double click sends nothing twice"
    await office.carry()
    (mail,) = await mailed(clerk)
    assert (mail["state"], mail["subject"], mail["to"]) == ("Sent", "Saldo", ["boss@kunde.example"])
    assert mail["statement"] == {
        "asOf": f"{day}T00:00:00", "type": "BalanceBroughtForward", "from": "2025-01-01T00:00:00", "byCurrency": True
    }  # fmt: skip

    await visitor.go("mails")
    assert visitor.rows()[0][1:5] == [f"Statement as of {day}", "Late payer AS", "boss@kunde.example", "Sent"]
    place = visitor.seen.select_one("tbody a")
    assert place is not None
    await visitor.go(str(place["href"]))
    assert "E-mail Sent boss@kunde.example" in visitor.text
    assert "2025-01-01 Balance brought forward" in visitor.text
    await visitor.go(f"customers/{number}/statement?asOf=2026-01-15")
    assert "Nothing was sent yet." in visitor.text, "another day's"
    await visitor.go(f"customers/{number}/statement/send?asOf={day}")
    assert f"Send Statement as of {day} again" in visitor.text
    await visitor.go(f"customers/{number}/statement/send?asOf=someday", 400)
    await visitor.go("customers/nobody/statement/send", 404)


async def test_a_statement_that_was_known_then_is_sent_so(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    number = await debtor(clerk, **KARI)
    await clerk.issue(INVOICE, number, documentDate=INVOICED.isoformat())
    day = INVOICED.isoformat()
    await visitor.go(f"customers/{number}/statement?asOf={day}&known=then")
    link = visitor.seen.select_one(".downloads a[href*='/send']")
    assert link is not None
    await visitor.go(str(link["href"]))
    assert "Saldo" not in visitor.text, "it was posted later"
    await visitor.send("main form")
    (mail,) = await mailed(clerk)
    assert str(mail["statement"]["knownAt"]).startswith((INVOICED + timedelta(days=1)).isoformat())  # type: ignore[index]
    assert visitor.seen.select_one("input[name=known][checked]"), "back on the same statement"


async def test_an_e_invoice_names_the_fields_to_mend_and_is_sent_once(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    number = await debtor(clerk, **KARI)
    first = await clerk.issue(INVOICE, number, customerRefNumber="PO-7")
    await visitor.go(f"documents/Invoice/{first.number}")
    assert not visitor.seen.select("a[href$='/e-invoice']"), "the customer takes none"
    await clerk.change(f"customer/{number}", acceptAutoInvoices=True)
    await visitor.go(f"documents/Invoice/{first.number}")
    link = visitor.seen.select_one("#sent ~ p a[href$='/e-invoice']")
    assert link is not None
    await visitor.go(str(link["href"]))
    assert "The buyer has no electronic address." in visitor.text
    assert not visitor.seen.select("main form")
    field = visitor.seen.select_one(".problems a")
    assert field is not None
    assert str(field["href"]) == f"/ui/customers/{number}/edit#corporateId"
    await visitor.go(str(field["href"]))
    assert visitor.seen.select_one("#corporateId")
    await visitor.send("main form", corporateId="988077917")
    await visitor.go(str(link["href"]))
    assert "0192:988077917" in visitor.text
    assert await clerk.page("reskontra/eInvoice") == [], "nothing is sent by looking"
    await visitor.send("main form")
    assert visitor.said == f"Invoice {first.number} goes as an e-invoice."
    assert "E-invoice Waiting 0192:988077917" in visitor.text
    assert not visitor.seen.select("a[href$='/e-invoice']")
    await visitor.go(str(link["href"]))
    await visitor.go("e-invoices")
    assert [row[1:5] for row in visitor.rows()] == [
        [f"Invoice {first.number}", "Late payer AS", "0192:988077917", "Waiting"]
    ]
    await visitor.go("e-invoices?state=Refused")
    assert "No e-invoice matches." in visitor.text


async def test_lists_and_the_overview_tell_what_was_refused(office: Office) -> None:
    visitor, clerk = office.visitor, office.clerk
    await visitor.go("mails")
    assert "No mail yet." in visitor.text
    await visitor.go("")
    assert "Mails and e-invoices refused" not in visitor.text
    number = await debtor(clerk, **KARI)
    invoices = [await clerk.issue(INVOICE, number) for _ in range(2)]
    for invoice in invoices:
        await visitor.go(f"documents/Invoice/{invoice.number}/send")
        await visitor.send("main form")
    await office.carry(Refuser())
    await visitor.go("")
    link = next(it for it in visitor.seen.select(".todo a") if it.get_text() == "Mails and e-invoices refused")
    assert link.parent is not None
    assert link.parent.get_text(" ", strip=True).endswith(" 2")
    await visitor.go(str(link["href"]))
    assert [row[1:] for row in visitor.rows()] == [
        [f"Invoice {it.number} 550 no such user", "Late payer AS", "kari@kunde.example", "Refused", "550 no such user"]
        for it in reversed(invoices)
    ]
    await visitor.go(f"documents/Invoice/{invoices[0].number}/send")
    assert "550 no such user" in visitor.text
    await visitor.send("main form")
    await office.carry()
    await visitor.go(str(link["href"]))
    assert [row[1] for row in visitor.rows()] == [f"Invoice {invoices[1].number} 550 no such user"], (
        "one was sent again"
    )
    await visitor.go(f"mails?customer={number}&from=2026-01-15&to=2026-01-15")
    assert len(visitor.rows()) == 3
    await visitor.go("mails?customer=20001")
    assert "No mail matches." in visitor.text


async def test_the_outbox_is_read_as_a_mail_program_would(office: Office, tmp_path: Path) -> None:
    visitor, clerk = office.visitor, office.clerk
    await visitor.go("sandbox/outbox")
    assert "Nothing was sent yet." in visitor.text
    invoice = await clerk.issue(INVOICE, await debtor(clerk, **KARI))
    await visitor.go(f"documents/Invoice/{invoice.number}/send")
    await visitor.send("main form", text="Hei <script>alert(1)</script>")
    await office.carry()
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Æ <b>"
    message.set_content("plain")
    message.add_alternative("<p>rich</p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"a,b", maintype="text", subtype="html", filename='"evil".html')
    (tmp_path / "outbox" / "99990101T000000000000-other.eml").write_bytes(message.as_bytes())
    (tmp_path / "outbox" / "00000101T000000000000-broken.eml").write_bytes(b"\xff\xfe no mail at all")

    await visitor.go("sandbox/outbox")
    assert [row[1] for row in visitor.rows()] == [
        "Æ <b>", f"Faktura {invoice.number} fra Demo AS", "00000101T000000000000-broken.eml"
    ]  # fmt: skip
    pages = [str(it["href"]) for it in visitor.seen.select("tbody a")]
    await visitor.go(pages[1])
    assert "kari@kunde.example" in visitor.text
    assert "Hei <script>alert(1)</script>" in visitor.text, "what people type is text"
    file = visitor.seen.select_one("main ul a")
    assert file is not None
    assert file.get_text() == f"invoice-{invoice.number}.pdf"
    answer = await visitor.http.get(str(file["href"]))
    assert answer.content == (await visitor.http.get(f"{invoice.address}/print")).content
    assert answer.headers["content-disposition"].startswith("attachment;")

    await visitor.go(pages[0])
    frame = visitor.seen.select_one("iframe")
    assert frame is not None
    assert not frame["sandbox"], "nothing is allowed in it"
    for address in (str(frame["src"]), str(visitor.seen.select("main ul a")[0]["href"])):
        answer = await visitor.http.get(address)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert policy.endswith("; sandbox")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"[\r\n]", answer.headers.get("content-disposition", ""))
    await visitor.go(pages[2])
    await visitor.go("sandbox/outbox/nothing.eml", 404)
    await visitor.go(f"{pages[0]}/files/7", 404)
    await visitor.go(f"{pages[1]}/html", 404)


async def test_a_sandbox_without_a_folder_has_an_empty_outbox(bookkeeper: Visitor) -> None:
    await bookkeeper.go("sandbox/outbox")
    assert "Nothing was sent yet." in bookkeeper.text
