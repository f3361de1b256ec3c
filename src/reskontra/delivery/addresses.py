"""Mail addresses as people write them: several in one text, with letters of any alphabet in the domain."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from reskontra.errors import FieldPath, Refused

MOST_ADDRESSES = 20


def read_addresses(text: str, field: FieldPath = ()) -> tuple[str, ...]:
    """The addresses in a text, with a semicolon or comma between them, as mail servers want them. Raises `Refused`.

    A domain in another alphabet becomes its `xn--` form. Nothing is asked over the network.
    """
    found = dict.fromkeys(_address(part, text, field) for part in re.split("[;,]", text) if part.strip())
    if not found:
        raise _refusal(text, field, "There is no mail address.")
    if len(found) > MOST_ADDRESSES:
        raise _refusal(text, field, f"{len(found)} mail addresses are too many.", f"Send at most {MOST_ADDRESSES}.")
    return tuple(found)


def _address(part: str, text: str, field: FieldPath) -> str:
    try:
        found = validate_email(
            part.strip(), allow_smtputf8=False, check_deliverability=False, globally_deliverable=False
        ).ascii_email
    except EmailNotValidError as error:
        raise _refusal(text, field, f"'{part.strip()}' is not a mail address.", f"{error}") from None
    if found is None:
        raise _refusal(text, field, f"'{part.strip()}' is not a mail address.")
    return found


def _refusal(text: str, field: FieldPath, reason: str, hint: str = "") -> Refused:
    usual = "Send an address such as name@example.com, or several with a semicolon between them."
    return Refused(reason, field=field, value=text, hint=hint or usual)
