"""Checks for postal and mail addresses, for customers, locations, contacts and documents. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reskontra.codes import kept_or
from reskontra.errors import FieldPath, Refused

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


def country_after(sent: str | None, standing: str | None, reference: Reference, field: FieldPath) -> str | None:
    """The country of an address after `sent`. It can be changed, but not emptied (CUS-08)."""
    if standing is not None and not (sent or "").strip():
        raise Refused(
            "An address cannot lose its country.",
            field=field,
            value=sent,
            hint=f"Send a country, or leave the field out to keep {standing}.",
        )
    return kept_or(reference.country_id, sent, standing, field)


def check_mail(sent: str | None, standing: str | None, field: FieldPath) -> None:
    """Refuse what mail cannot be sent to, loosely (CUS-09): one address, or several with a semicolon or comma between.

    What is stored already passes.
    """
    if not sent or sent == standing:
        return
    addresses = [part.strip() for part in re.split("[;,]", sent)]
    if not all(_MAIL.fullmatch(address) for address in addresses if address) or not any(addresses):
        raise Refused(
            f"'{sent}' is not a mail address.",
            field=field,
            value=sent,
            hint="Send an address such as name@example.com, or several with a semicolon between them.",
        )
