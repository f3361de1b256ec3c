"""The addresses of mail: sending a document, letter or statement, the log, and the outbox of a sandbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from email.parser import BytesHeaderParser
from email.policy import SMTP
from functools import partial
from urllib.parse import quote

from starlette.responses import Response

from reskontra.account_statements import routes as statements
from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import (
    NEWEST_FIRST,
    PAGING,
    choice,
    filtered,
    flag,
    matching,
    moment,
    on_day,
    same,
    since,
    until,
    whole,
)
from reskontra.customers.store.fragments import id_of_number
from reskontra.delivery.carriers import FolderCarrier
from reskontra.documents.cash_sales import routes as cash_sales
from reskontra.documents.wire.resources import RESOURCES, Resource
from reskontra.dunning.letters.routes import letter_id_of
from reskontra.errors import NotFound
from reskontra.mails import store
from reskontra.mails.commands.asking import ask
from reskontra.mails.commands.matters import LETTER_NOUN, Matter, document_matter, letter_matter, statement_matter
from reskontra.mails.commands.post import Post
from reskontra.mails.mail import MailState
from reskontra.mails.wire import MailActionAnswer, MailAnswer, MailRequest, OutboxMailAnswer, mail_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done, one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.query import declared_names
from reskontra.web.routing import Route, tryable
from reskontra.web.wire import changes

FILTERS = (
    matching("customer", f"mail.customer_id = {id_of_number('{}::text')}"),
    choice("state", MailState, "mail.state"),
    matching("documentType", store.IS_OF_TYPE),
    matching("refNbr", store.IS_OF_DOCUMENT),
    whole("letterNumber", "mail.letter_id = {}"),
    on_day("statementDate", store.IS_OF_STATEMENT),
    flag("automatic", "mail.is_automatic"),
    flag("sentAgain", store.WAS_SENT_AGAIN),
    same("createdBy", "mail.asked_by"),
    since("from", "mail.asked_at"),
    until("to", "mail.asked_at"),
    moment("lastModifiedDateTime", store.MODIFIED_AT),
)

OUTBOX = "/v1/reskontra/sandbox/outbox"


async def _email_document(post: Post, resource: Resource, call: Call) -> Response:
    sent = changes(call.decode(MailRequest))
    number = call.params[resource.parameter]
    return await _asked(post, call, await document_matter(call.database, call.context, resource.kind, number), sent)


async def _email_letter(post: Post, call: Call) -> Response:
    letter_id, sent = letter_id_of(call), changes(call.decode(MailRequest))
    return await _asked(post, call, await letter_matter(call.database, call.context, letter_id), sent)


async def _email_statement(post: Post, call: Call) -> Response:
    wanted, form = statements.wanted_of(call)
    sent, number = changes(call.decode(MailRequest)), call.params["customerCd"]
    matter = await statement_matter(call.database, call.context, number, wanted, **form)
    return await _asked(post, call, matter, sent)


async def _asked(post: Post, call: Call, matter: Matter, sent: dict[str, object]) -> Response:
    mail = await ask(call.database, call.context, post, matter, sent)
    return done(call, more={"mail": mail_answer(mail, call.zone)})


async def get_mails(call: Call) -> Response:
    """GET a page of mail in the order of its numbers, or the newest first."""
    is_turned = call.query.flag(NEWEST_FIRST.name)
    listed = replace(store.MAILS, order=store.BACKWARDS) if is_turned else store.MAILS
    return await answer_page(call, listed, filtered(call), lambda mail: mail_answer(mail, call.zone))


async def get_mail(call: Call) -> Response:
    """GET one mail."""
    mail = await call.find("mail", store.MAILS.find, call.internal_id("mailId"))
    return one(call, mail_answer(mail, call.zone), mail.version)


def routes_of(post: Post) -> list[Route]:
    """The addresses, for a server whose mail leaves so."""
    return [*tryable(_actions(post)), *_LOG]


def _actions(post: Post) -> Iterator[Route]:
    for resource in RESOURCES:
        yield _action(resource, partial(_email_document, post, resource))
    yield _action(cash_sales.RESOURCES[0], partial(cash_sales.at_number, partial(_email_document, post)))
    letters = Addresses("/v1/reskontra/dunningLetter", LETTER_NOUN, MailActionAnswer)
    handler = partial(_email_letter, post)
    below = "{letterNumber}/action/email"
    yield letters.act("Reskontra_EmailDunningLetter", handler, below, "sending", body=MailRequest)
    of_customer = Addresses("/v1/reskontra/customer/{customerCd}/statement", "statement", MailActionAnswer)
    handler, below = partial(_email_statement, post), "action/email"
    yield of_customer.act(
        "Reskontra_EmailStatement", handler, below, "sending", body=MailRequest, query=statements.QUERY
    )


def _action(resource: Resource, handler: Callable[[Call], Awaitable[Response]]) -> Route:
    addresses = Addresses(f"/v1/reskontra/{resource.path}", resource.kind.noun, MailActionAnswer)
    operation, below = f"Reskontra_Email{resource.operation}", f"{{{resource.parameter}}}/action/email"
    return addresses.act(operation, handler, below, "sending", body=MailRequest)


_MAILS = Addresses("/v1/reskontra/mail", "mail", MailAnswer, plural="mail")
_LOG = (
    _MAILS.many("Reskontra_GetMails", get_mails, filters=FILTERS, query=(NEWEST_FIRST, *PAGING)),
    _MAILS.one("Reskontra_GetMail", get_mail, "{mailId}"),
)


# The outbox of a sandbox


async def _list_outbox(carrier: FolderCarrier, call: Call) -> Response:
    listed = cut(carrier.names(), call.query)
    return page(call, [_outbox_answer(carrier, name, call) for name in listed.rows], listed.total)


def _outbox_answer(carrier: FolderCarrier, name: str, call: Call) -> OutboxMailAnswer:
    head, size = carrier.read_head(name)
    header = {name: str(text) for name, text in BytesHeaderParser(policy=SMTP).parsebytes(head).items()}
    return OutboxMailAnswer(
        name=name,
        address=call.url(f"{OUTBOX}/{quote(name, safe='')}"),
        message_id=header.get("Message-ID"),
        date=header.get("Date"),
        to=header.get("To"),
        cc=header.get("Cc"),
        subject=header.get("Subject"),
        size=size,
    )


async def _read_outbox(carrier: FolderCarrier, call: Call) -> Response:
    content = carrier.read(call.params["name"])
    if content is None:
        raise NotFound("mail", call.params["name"])
    return Response(content, media_type="message/rfc822")


def outbox_routes(post: Post) -> tuple[Route, ...]:
    """The addresses of the outbox, if mail goes into one."""
    carrier = post.carrier
    if not isinstance(carrier, FolderCarrier):
        return ()
    doing = "reading the outbox"
    return (
        Route(
            "Sandbox_GetOutbox",
            "GET",
            OUTBOX,
            partial(_list_outbox, carrier),
            doing,
            query=PAGING,
            declared=declared_names(PAGING),
        ),
        Route("Sandbox_GetOutboxMail", "GET", f"{OUTBOX}/{{name}}", partial(_read_outbox, carrier), doing),
    )
