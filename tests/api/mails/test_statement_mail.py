"""Statements of account by mail: the PDF that print gives, asked for once by customer and day, and told in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.mails.conftest import MailServer, Office, customer
from tests.clerk import CREDIT_NOTE, INVOICE, refusal

FORWARD = "BalanceBroughtForward"
DAY = "2026-01-15"


def statement(number: str) -> str:
    return f"/v1/reskontra/customer/{number}/statement"


async def asked(office: Office, number: str, query: str = "", **fields: Any) -> dict[str, Any]:
    answer = await office.clerk.http.post(f"{statement(number)}/action/email{query}", json=fields)
    assert answer.status_code == 200, answer.text
    mail: dict[str, Any] = answer.json()["mail"]
    return mail


async def printed(office: Office, number: str, query: str = "") -> bytes:
    answer = await office.clerk.http.get(f"{statement(number)}/print{query}")
    assert answer.status_code == 200, answer.text
    return answer.content


def attached(mail_server: MailServer) -> bytes:
    """The PDF in the newest mail."""
    (pdf,) = mail_server.messages[-1].iter_attachments()
    content: bytes = pdf.get_content()
    return content


async def test_a_statement_by_currency_goes_as_it_was_asked_for(office: Office, mail_server: MailServer) -> None:
    number = await customer(office, "kari@kunde.example")
    hours = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "5"}
    await office.clerk.issue(INVOICE, number, currencyId="EUR", lines=[hours])
    mail = await asked(office, number, "?byCurrency=true")
    assert mail["statement"] == {"asOf": f"{DAY}T00:00:00", "byCurrency": True}
    assert await office.send()
    pdf = await printed(office, number, "?byCurrency=true")
    assert attached(mail_server) == pdf
    assert pdf != await printed(office, number)


async def test_a_statement_is_sent_once_as_its_print(office: Office, mail_server: MailServer) -> None:
    number = await customer(office, "kari@kunde.example")
    await office.clerk.issue(INVOICE, number)
    shown = await asked(office, number, dryRun=True)
    assert (shown.get("mailId"), shown["sending"]) == (None, 1)
    assert await office.log() == []

    mail = await asked(office, number)
    assert (mail["mailId"], mail["state"], mail["documentType"], mail["sending"]) == (1, "Waiting", "Statement", 1)
    assert mail["statement"] == {"asOf": f"{DAY}T00:00:00"}
    assert "referenceNumber" not in mail
    for name in ("to", "subject", "text", "attachment"):
        assert mail[name] == shown[name], name
    again = await office.email(statement(number))
    assert f"Sending 1 of statement {number} as of {DAY} was asked for already." in refusal(again)

    assert await office.send()
    assert not await office.send()
    (message,) = mail_server.messages
    assert message["To"] == "kari@kunde.example"
    assert message["Subject"] == "Kontoutdrag per 15.01.2026 fra Demo AS"
    assert message["Message-ID"] == f"<statement.{number}-as-of-{DAY}.1.of-1@demo.example>"
    assert "Saldo: 125,00" in mail["text"]
    assert "Kontonummer: " in mail["text"]
    (pdf,) = message.iter_attachments()
    assert pdf.get_filename() == f"statement-{number}-{DAY}.pdf" == mail["attachment"]
    assert pdf.get_content() == await printed(office, number)
    (told,) = await office.log(documentType="Statement", statementDate=DAY, customer=number)
    assert (told["state"], told["statement"]) == ("Sent", mail["statement"])
    assert await office.log(statementDate="2026-01-14") == []
    assert await office.log(documentType="Invoice") == []


async def test_it_is_of_the_moment_at_which_it_was_asked_for(office: Office, mail_server: MailServer) -> None:
    """A mail server that is away for hours changes neither the balance on the PDF nor what the mail says of it."""
    number = await customer(office)
    await office.clerk.issue(INVOICE, number)
    before = await printed(office, number)
    mail = await asked(office, number)
    office.wait(timedelta(hours=2))
    await office.clerk.issue(CREDIT_NOTE, number)
    await office.clerk.post(
        "reskontra/run/statements", asOf=DAY, filters={"customer": [number]}
    )  # kept of the same day, with the note
    after = await printed(office, number)
    assert after != before
    assert await office.send()
    assert attached(mail_server) == before
    assert "125,00" in mail["text"]
    await asked(office, number, sending=2)
    assert await office.send()
    assert attached(mail_server) == after, "the kept one"


async def test_what_is_kept_of_an_earlier_day_meanwhile_moves_no_beginning(
    office: Office, mail_server: MailServer
) -> None:
    """A balance is brought forward from the last statement that there was when the mail was asked for (MAI-05)."""
    number = await customer(office)
    await office.clerk.issue(INVOICE, number, documentDate="2025-12-10")
    query = f"?asOf={DAY}&type={FORWARD}"
    before = await printed(office, number, query)
    await asked(office, number, query)
    office.wait(timedelta(hours=2))
    kept = await office.clerk.post("reskontra/run/statements", asOf="2025-12-31", filters={"customer": [number]})
    assert len(kept.json()["created"]) == 1, kept.text
    assert await printed(office, number, query) != before, "it begins after the one that was kept"
    assert await office.send()
    assert attached(mail_server) == before


@pytest.mark.parametrize(
    "query",
    [
        f"?asOf={DAY}&type={FORWARD}&from=2026-01-01",
        "?asOf=2025-12-31",
        f"?asOf={DAY}&knownAt=2026-01-15T12:30:00Z",
        f"?asOf={DAY}&type=OpenItem",
    ],
)
async def test_it_is_the_statement_that_was_asked_for(office: Office, mail_server: MailServer, query: str) -> None:
    number = await customer(office)
    await office.clerk.issue(INVOICE, number, documentDate="2025-12-10")
    await office.clerk.issue(INVOICE, number)
    office.wait(timedelta(hours=1))
    await office.clerk.issue(CREDIT_NOTE, number)
    mail = await asked(office, number, query)
    sent = dict(part.split("=") for part in query[1:].split("&"))
    told = mail["statement"]
    assert (told["asOf"][:10], told.get("type")) == (sent["asOf"], sent.get("type"))
    assert (told.get("from", "")[:10], "knownAt" in told) == (sent.get("from", ""), "knownAt" in sent)
    expected = await printed(office, number, query)
    assert await office.send()
    assert attached(mail_server) == expected
    if "type=OpenItem" not in query:
        assert expected != await printed(office, number), "another than the one of today"


async def test_statements_are_counted_by_customer_and_day(office: Office) -> None:
    first, second = await customer(office), await customer(office)
    for number, query, sending in (
        (first, f"?asOf={DAY}", 1),
        (first, "?asOf=2025-12-31", 1),
        (second, f"?asOf={DAY}", 1),
        (first, f"?asOf={DAY}&type={FORWARD}", 2),
    ):
        await asked(office, number, query, sending=sending)
    assert [it["mailId"] for it in await office.log(sentAgain=True)] == [1]
    assert [it["mailId"] for it in await office.log(sentAgain=False)] == [2, 3, 4]


async def test_what_is_wrong_with_it_is_refused(office: Office) -> None:
    number = await customer(office, None)
    assert "has no mail address" in refusal(await office.email(statement(number)))
    for query, says in (
        (f"?from={DAY}", "brings a balance forward"),
        (f"?asOf=2026-01-01&type={FORWARD}&from={DAY}", "after it ends"),
        ("?type=Round", "type"),
        ("?asOf=someday", "asOf"),
    ):
        answer = await office.clerk.http.post(f"{statement(number)}/action/email{query}", json={"to": "a@b.example"})
        assert answer.status_code == 400, answer.text
        assert says in answer.text
    assert (await office.email(statement("nobody"), to="a@b.example")).status_code == 404
    assert (await office.email(statement(number), to="a@b.example", asOf=DAY)).status_code == 400
    assert await office.log() == []


async def test_a_company_has_words_of_its_own_and_an_empty_statement_names_no_account(office: Office) -> None:
    number = await customer(office)
    mail = await asked(office, number, dryRun=True)
    assert ("Saldo" in mail["text"], "Kontonummer" in mail["text"]) == (False, False)
    await office.clerk.sql("update customer set locale = 'sv' where number = $1", number)
    assert (await asked(office, number, dryRun=True))["subject"] == "Kontoutdrag per 2026-01-15 från Demo AS"
    texts = [{"document_type": "Statement", "language": "sv", "subject": "{customer} {date}", "body": "Saldo {amount}"}]
    await office.clerk.prefer(mail={"texts": texts})
    await office.clerk.issue(INVOICE, number)
    mail = await asked(office, number, dryRun=True)
    assert (mail["subject"], mail["language"]) == ("Ærlig Øl AS 2026-01-15", "sv")
    assert mail["text"].startswith("Saldo 125,00")
