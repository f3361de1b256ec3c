"""What was sent by e-mail and as e-invoices: on the page of what was sent, in lists, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from reskontra.pages.api import segment
from reskontra.pages.customers import Name
from reskontra.pages.document_kinds import DRAFTS, DocumentKind, kind_named
from reskontra.pages.screen import ROOT, Screen

ROWS = 50
MAILS, E_INVOICES = "/v1/reskontra/mail", "/v1/reskontra/eInvoice"
LETTER, STATEMENT = "DunningLetter", "Statement"
_MANY = 100

MAIL_STATES = ("Waiting", "Sent", "Refused", "Unknown")
E_INVOICE_STATES = ("Waiting", "Sent", "Refused")


class StatementSent(msgspec.Struct, rename="camel", kw_only=True):
    """Which statement of its customer a mail brought."""

    as_of: datetime
    type: str = ""
    since: datetime | None = msgspec.field(name="from", default=None)
    known_at: datetime | None = None

    @property
    def query(self) -> str:
        """What the address of its page says."""
        known = {
            "asOf": self.as_of.date().isoformat(),
            "type": self.type,
            "from": self.since.date().isoformat() if self.since else "",
            "known": "then" if self.known_at else "",
        }
        return urlencode({name: text for name, text in known.items() if text})


class Mail(msgspec.Struct, rename="camel", kw_only=True):
    """A mail, or one that a dry run shows: that has neither number nor state."""

    state: str = ""
    document_type: str
    reference_number: str = ""
    statement: StatementSent | None = None
    customer: Name
    sending: int
    automatic: bool = False
    to: list[str] = []
    cc: list[str] = []
    subject: str = ""
    text: str = ""
    attachment: str = ""
    server_answer: str = ""
    next_attempt_date_time: datetime | None = None
    sent_date_time: datetime | None = None
    created_date_time: datetime | None = None
    created_by: str = ""

    @property
    def page(self) -> str:
        """The page of what it brought, below the root."""
        if self.is_letter:
            return f"letters/{segment(self.reference_number)}"
        if self.statement is not None:
            return f"customers/{segment(self.customer.number)}/statement?{self.statement.query}"
        return f"documents/{self.document_type}/{segment(self.reference_number)}"

    @property
    def is_letter(self) -> bool:
        """Whether it brought a letter, and no document."""
        return self.document_type == LETTER

    @property
    def words(self) -> str:
        """What a document is called that it brought."""
        return kind_named(self.document_type).words


class EInvoice(msgspec.Struct, rename="camel", kw_only=True):
    """What became of an e-invoice."""

    document_type: str
    reference_number: str
    customer: Name | None = None
    state: str
    receiver: str
    attempts: int
    answer: str = ""
    next_attempt_date_time: datetime | None = None
    queued_date_time: datetime
    queued_by: str
    finished_date_time: datetime | None = None

    @property
    def page(self) -> str:
        """The page of its document, below the root."""
        return f"documents/{self.document_type}/{segment(self.reference_number)}"

    @property
    def words(self) -> str:
        """What its document is called."""
        return kind_named(self.document_type).words


@dataclass(frozen=True, slots=True)
class Sent:
    """How a document, letter or statement went out, and whether it may go out now. `mails` begin with the newest."""

    mails: Sequence[Mail]
    e_invoice: EInvoice | None = None
    may_go: bool = False
    may_go_as_e_invoice: bool = False


async def sent_of_document(
    screen: Screen, kind: DocumentKind, number: str, *, status: str, customer: str
) -> Sent | None:
    """How a document went out; None if it cannot be sent, or not yet."""
    if not kind.is_mailed or status in DRAFTS:
        return None
    stands = status != "Voided" and screen.api.may("bookkeeper")
    e_invoice = await _e_invoice_of(screen, kind, number)
    takes = stands and kind.rules.e_invoice_type is not None and (e_invoice is None or e_invoice.state == "Refused")
    return Sent(
        mails=await _mails(screen, documentType=kind.document_type, refNbr=number),
        e_invoice=e_invoice,
        may_go=stands,
        may_go_as_e_invoice=takes and await takes_e_invoices(screen, customer),
    )


async def sent_of_letter(screen: Screen, number: int, status: str) -> Sent | None:
    """How a letter went out; None if it is a draft."""
    if status == "Draft":
        return None
    stands = status == "Released" and screen.api.may("bookkeeper")
    return Sent(await _mails(screen, letterNumber=number), may_go=stands)


async def sent_of_statement(screen: Screen, number: str, day: date) -> Sent:
    """How a customer's statements as of a day went out."""
    mails = await _mails(screen, documentType=STATEMENT, customer=number, statementDate=day.isoformat())
    return Sent(mails, may_go=screen.api.may("bookkeeper"))


class _Taker(msgspec.Struct, rename="camel"):
    accept_auto_invoices: bool = False


async def takes_e_invoices(screen: Screen, customer: str) -> bool:
    """Whether a customer takes e-invoices."""
    return (await screen.api.get(_Taker, f"/v1/customer/{segment(customer)}")).accept_auto_invoices


async def _mails(screen: Screen, **query: object) -> list[Mail]:
    await screen.learn_names()
    return (await screen.api.list(Mail, MAILS, **query, newestFirst=True, pageNumber=1, pageSize=_MANY)).rows


async def _e_invoice_of(screen: Screen, kind: DocumentKind, number: str) -> EInvoice | None:
    if kind.rules.e_invoice_type is None:
        return None
    return await screen.api.find(EInvoice, f"{E_INVOICES}/{kind.document_type}/{segment(number)}")


# --- lists


_FILTERS = ("state", "customer", "from", "to")


async def show_mails(screen: Screen) -> Response:
    """All mail, the newest first. `last=true` leaves out what was sent again."""
    asked = {name: screen.query.text(name) for name in (*_FILTERS, "last")}
    selection: dict[str, object] = {name: asked[name] for name in _FILTERS if asked[name]}
    if asked["last"]:
        selection["sentAgain"] = "false"
    page = screen.page_number
    found = await screen.api.list(Mail, MAILS, **selection, newestFirst=True, pageNumber=page, pageSize=ROWS)
    return screen.show(
        "mails.html",
        found=found,
        asked=asked,
        selection=selection,
        filtered=sum(1 for text in asked.values() if text),
        states=MAIL_STATES,
        page=page,
        size=ROWS,
        problems=[],
    )


async def show_e_invoices(screen: Screen) -> Response:
    """All e-invoices, the newest first."""
    asked = {name: screen.query.text(name) for name in _FILTERS}
    selection = {name: text for name, text in asked.items() if text}
    page = screen.page_number
    found = await screen.api.list(EInvoice, E_INVOICES, **selection, newestFirst=True, pageNumber=page, pageSize=ROWS)
    return screen.show(
        "e_invoices.html",
        found=found,
        asked=asked,
        selection=selection,
        filtered=len(selection),
        states=E_INVOICE_STATES,
        page=page,
        size=ROWS,
    )


async def refused(screen: Screen) -> list[tuple[str, int, str]]:
    """What the overview says of mail and e-invoices that were refused and not sent since: words, count, address."""
    mails = await screen.api.list(Mail, MAILS, state="Refused", sentAgain=False, pageNumber=1, pageSize=1)
    e_invoices = await screen.api.list(EInvoice, E_INVOICES, state="Refused", pageNumber=1, pageSize=1)
    where = "mails?state=Refused&last=true" if mails.total else "e-invoices?state=Refused"
    count, words = mails.total + e_invoices.total, screen.formats.say("Mails and e-invoices refused")
    return [(words, count, f"{screen.base}{ROOT}/{where}")] if count else []
