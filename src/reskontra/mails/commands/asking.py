"""Queueing mail: of a document, letter or statement on request, and of what is released where the company wants it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.delivery.addresses import read_addresses
from reskontra.errors import Refused
from reskontra.mails import store
from reskontra.mails.commands.matters import Matter
from reskontra.mails.commands.post import Post
from reskontra.mails.mail import Mail
from reskontra.mails.rules import check_sending, check_subject
from reskontra.mails.store import Asked
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.web.call import Database


async def ask(database: Database, context: Context, post: Post, matter: Matter, sent: Mapping[str, Any]) -> Mail:
    """Queue a mail with a document, letter or statement (MAI-01); returns it as it waits.

    `sent` may hold to, cc (addresses), subject, text, sending and dry_run. A dry run queues nothing, and
    shows a mail to nobody where no address is sent and the customer has none. Raises `Refused`.
    """
    if not (post.takes_mail or sent.get("dry_run")):
        raise Refused(
            "This server sends no mail: it knows no mail server.",
            hint="Whoever runs it sets RESKONTRA_SMTP_URL and RESKONTRA_MAIL_FROM.",
        )
    words = matter.words
    if sent.get("subject") is not None:
        check_subject(sent["subject"])
        words = replace(words, subject=sent["subject"].strip())
    if sent.get("text") is not None:
        words = replace(words, body=sent["text"])
    asked = Asked(
        document_id=matter.document_id,
        letter_id=matter.letter_id,
        statement=matter.statement,
        customer_id=matter.customer_id,
        recipients=_recipients(matter, sent),
        copies=read_addresses(sent["cc"], ("cc",)) if sent.get("cc") else (),
        words=words,
    )
    async with database.transaction() as connection:
        last = await store.last_sending(connection, context.company_id, asked)
        sending = sent.get("sending", last + 1 if sent.get("dry_run") else 1)
        check_sending(sending, last, matter.what)
        if sent.get("dry_run"):
            return Mail(
                document_type=matter.document_type,
                document_number=matter.number if matter.document_type else None,
                letter_id=matter.letter_id,
                statement=matter.statement,
                customer_number=matter.customer_number,
                customer_name=matter.customer_name,
                sending=sending,
                language=words.language,
                recipients=asked.recipients,
                copies=asked.copies,
                subject=words.subject,
                body=words.body,
            )
        mail_id = await store.queue(connection, context, dataclasses.replace(asked, sending=sending))
        found = await store.MAILS.find(connection, context.company_id, mail_id)
        if found is None:
            raise LookupError("a mail that was queued is there")
    database.after_commit(post.wake)
    return found


def _recipients(matter: Matter, sent: Mapping[str, Any]) -> tuple[str, ...] | None:
    if sent.get("to"):
        return read_addresses(sent["to"], ("to",))
    try:
        return matter.recipients()
    except Refused:
        if sent.get("dry_run"):
            return None
        raise


async def queue_released_document(
    connection: Connection, context: Context, *, document_id: int, customer_id: int
) -> None:
    """Queue the mail of a document that is being released."""
    await store.queue(connection, context, Asked(document_id=document_id, customer_id=customer_id, is_automatic=True))


async def queue_released_letters(connection: Connection, context: Context, *, letter_ids: Sequence[int]) -> None:
    """Queue the mail of those letters that are being released whose customer wants them so."""
    await store.queue_letters(connection, context, letter_ids)
