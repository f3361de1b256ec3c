"""What mails say, what they are called, and when they are tried again."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from reskontra.dunning.letters.rules.wording import fill
from reskontra.errors import Refused
from reskontra.mails.mail import Words
from reskontra.printing.languages import ENGLISH
from reskontra.reference.rules.mailing import MailText, MailType
from reskontra.yaml_file import Prose, read_shipped

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
PATIENCE = timedelta(days=1)
"""How long a mail is tried again."""

LONGEST_SUBJECT = 255
LARGEST_PDF_BYTES = 15 * 1024 * 1024
"""Many servers take no mail above 20 MB, and base64 adds a third."""


def pause_after(attempts: int) -> timedelta:
    """How long a mail waits that was not taken for the `attempts`th time: twice as long each time, up to 4 hours."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(timedelta(seconds=FIRST_PAUSE.total_seconds() * (1 << doublings)), LONGEST_PAUSE)


def next_attempt(attempts: int, asked_at: datetime, now: datetime) -> datetime | None:
    """When a mail is tried again; None if that would be a day after it was asked for."""
    then = now + pause_after(attempts)
    return then if then <= asked_at + PATIENCE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    subject: str
    body: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    language: str
    document: _Text
    letter: _Text
    statement: _Text


@dataclass(frozen=True, slots=True)
class _Shipped:
    wordings: tuple[_Wording, ...]


@cache
def _shipped() -> Mapping[str, _Wording]:
    return {wording.language: wording for wording in read_shipped("reskontra.mails", "wording.yaml", _Shipped).wordings}


def worded(mail_type: MailType, language: str, own: Sequence[MailText], values: Mapping[str, str]) -> Words:
    """What a mail says: the company's words in that language, else the shipped ones, else the English ones."""
    wording = _shipped().get(language) or _shipped()[ENGLISH]
    by_type = {MailType.LETTER: wording.letter, MailType.STATEMENT: wording.statement}
    shipped = by_type.get(mail_type, wording.document)
    said = next((it for it in own if (it.document_type, it.language) == (mail_type, language)), None)
    subject = said.subject if said and said.subject else shipped.subject
    body = said.body if said and said.body else shipped.body
    return Words(
        language=language,
        subject=_one_line(fill(subject, values))[:LONGEST_SUBJECT],
        body="\n".join(fill(line, values) for line in body.split("\n") if _says_something(line, values)).strip("\n"),
    )


def _says_something(line: str, values: Mapping[str, str]) -> bool:
    try:
        named = [name for _, name, *_ in string.Formatter().parse(line) if name]
    except ValueError:
        return True
    return all(values.get(name, name) for name in named)


def _one_line(text: str) -> str:
    return " ".join("".join(it if it.isprintable() else " " for it in text).split())


def check_subject(subject: str) -> None:
    """Refuse a subject that would be more than one header (MAI-03)."""
    if not subject.strip() or not subject.isprintable():
        raise Refused(
            "A subject is one line of printable characters.",
            field=("subject",),
            value=subject,
            hint="Leave out line breaks and control characters.",
        )


def check_sending(sending: int, last: int, what: str) -> None:
    """Refuse a sending that was asked for before, so that a second click sends nothing (MAI-01)."""
    if sending == last + 1:
        return
    if sending < 1:
        reason = f"There is no sending {sending}: they are counted from 1."
    elif sending <= last:
        reason = f"Sending {sending} of {what} was asked for already."
    else:
        reason = f"Sending {sending} of {what} cannot be before sending {last + 1}."
    raise Refused(reason, field=("sending",), value=sending, hint=f"To send it again, send {last + 1}.")


def message_id(noun: str, number: str, sending: int, *, company_id: int, domain: str) -> str:
    """The Message-ID by document and sending, without its brackets: `invoice.003547.1.of-1@example.com`."""
    what, which = (re.sub(r"[^A-Za-z0-9-]+", "-", part).strip("-") or "0" for part in (noun, number))
    return f"{what}.{which}.{sending}.of-{company_id}@{domain}"
