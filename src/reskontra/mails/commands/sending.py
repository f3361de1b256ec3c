"""Sending the mail that waits, one after another (MAI-02).

A mail is taken with `skip locked` and for a time, so that of many processes one sends it. Just before the mail server
gets it, that is noted: if the process ends before it knows the answer, the mail is not sent again by itself.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from reskontra.clock import Clock, Context
from reskontra.db.pool import Database
from reskontra.delivery.addresses import read_addresses
from reskontra.delivery.carriers import Carrier, Deferred, Rejected, Uncertain
from reskontra.delivery.message import Message
from reskontra.errors import Refusal, Refused, Unavailable
from reskontra.mails import store
from reskontra.mails.commands.matters import Matter, matter_of
from reskontra.mails.commands.post import Post
from reskontra.mails.mail import Mail, MailState
from reskontra.mails.rules import LARGEST_PDF_BYTES, message_id, next_attempt
from reskontra.mails.store import Taken

ACTOR = "mail"
LEASE = timedelta(minutes=30)
"""How long a process may take for one mail: longer than a mail server has for all its answers."""

_LOOK_SECONDS = 5.0
_SETTLE_TRIES = 5

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def keep_sending(database: Database, clock: Clock, post: Post) -> None:
    """Send what waits until `post` is stopped."""
    if post.carrier is None:
        return
    while not post.is_over:
        try:
            while not post.is_over and await send_next(database, clock, post.carrier):
                pass
        except Unavailable as refusal:
            _log.warning("mail waits", says=refusal.reason)
        except Exception:
            _log.exception("mail could not be sent")
        if not post.is_over:
            await post.rest(_LOOK_SECONDS)


async def send_next(database: Database, clock: Clock, carrier: Carrier) -> bool:
    """Send the mail that has been due for longest. False if there is none, or if the mail server is away."""
    now = clock.now()
    async with database.transaction() as connection:
        taken = await store.take_due(connection, now, now + LEASE)
    if taken is None:
        return False
    context = Context(taken.company_id, ACTOR, str(clock.new_id()), now, clock)
    if taken.mail.handed_at is not None:
        answer = "The server stopped while it handed the mail over, which may have arrived."
        await _settle(database, context, taken.mail, MailState.UNKNOWN, answer)
        return True
    try:
        message = await _made(database, context, taken, carrier)
        if message is None:
            return True
        answer = await carrier.carry(message)
    except Deferred as deferred:
        await _defer(database, context, taken.mail, str(deferred))
        return not deferred.is_server_away
    except Uncertain as uncertain:
        answer = f"The mail server did not say that it took the mail, which may have arrived: {uncertain}"
        await _settle(database, context, taken.mail, MailState.UNKNOWN, answer)
    except Rejected as rejected:
        await _settle(database, context, taken.mail, MailState.REFUSED, str(rejected))
    except Unavailable as refusal:
        await _defer(database, context, taken.mail, refusal.reason)
    except Refusal as refusal:
        await _settle(database, context, taken.mail, MailState.REFUSED, refusal.reason)
    else:
        await _settle(database, context, taken.mail, MailState.SENT, answer)
    return True


async def _made(database: Database, context: Context, taken: Taken, carrier: Carrier) -> Message | None:
    """The mail, noted as handed over; None if another process has it. Raises `Refusal`, and `Deferred` for a fault of
    ours: a mail that cannot be made must not be taken again and again for ever."""
    mail = taken.mail
    try:
        matter = await matter_of(database, context, mail)
        recipients = mail.recipients or matter.recipients()
        words = mail.words or matter.words
        pdf = await matter.print()
    except Refusal:
        raise
    except Exception as error:
        _log.exception("mail could not be made")
        raise Deferred("The mail could not be made; the server's log tells more.") from error
    if len(pdf.content) > LARGEST_PDF_BYTES:
        raise Refused(f"The PDF of {matter.what} has {len(pdf.content)} bytes, which is too much for a mail.")
    message = Message(
        message_id=message_id(
            matter.noun,
            matter.number,
            mail.sending,
            company_id=taken.company_id,
            domain=carrier.sender.rpartition("@")[2],
        ),
        moment=context.now,
        sender=carrier.sender,
        sender_name=matter.company,
        reply_to=_answers_to(matter),
        recipients=recipients,
        copies=mail.copies,
        subject=words.subject,
        text=words.body,
        language=words.language,
        is_automatic=mail.is_automatic,
        file_name=pdf.name,
        pdf=pdf.content,
    )
    async with database.transaction() as connection:
        is_ours = await store.set_handed(connection, context, mail, words, recipients)
    return message if is_ours else None


def _answers_to(matter: Matter) -> tuple[str, ...]:
    """Where answers go. What a branch has as its address may be no address: then they go to the sender."""
    try:
        return read_addresses(matter.answers_to) if matter.answers_to else ()
    except Refused:
        return ()


async def _defer(database: Database, context: Context, mail: Mail, answer: str) -> None:
    if mail.asked_at is None:
        raise LookupError("a stored mail was asked for")
    then = next_attempt(mail.attempts, mail.asked_at, context.now)
    if then is None:
        await _settle(database, context, mail, MailState.REFUSED, f"Given up after a day. The last answer: {answer}")
    else:
        await _settle(database, context, mail, MailState.WAITING, answer, due_at=then)


async def _settle(
    database: Database, context: Context, mail: Mail, state: MailState, answer: str, *, due_at: datetime | None = None
) -> None:
    """Note what became of a mail, also if the database is away for a moment: it is not to be sent twice."""
    for attempt in range(1, _SETTLE_TRIES + 1):
        try:
            async with database.transaction() as connection:
                await store.settle(connection, context, mail, state, answer, due_at=due_at)
            break
        except Unavailable:
            if attempt == _SETTLE_TRIES:
                raise
            await asyncio.sleep(attempt)
    _log.info("mail", mail=mail.mail_id, company=context.company_id, state=state.value, attempts=mail.attempts)
