"""A mail with one PDF as the bytes that go over the wire (RFC 5322). The same mail is the same bytes.

Signing (DKIM) is the mail server's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail with a PDF. Addresses are as `read_addresses` returns them; header texts have no line breaks."""

    message_id: str
    """Without the angle brackets."""

    moment: datetime
    sender: str
    sender_name: str
    reply_to: Sequence[str] = ()
    recipients: Sequence[str]
    copies: Sequence[str] = ()
    subject: str
    text: str
    language: str
    is_automatic: bool
    """Whether nobody asked for this very mail, so that no machine answers it (RFC 3834)."""

    file_name: str
    pdf: bytes

    @property
    def everybody(self) -> tuple[str, ...]:
        """All whom it goes to."""
        return tuple(dict.fromkeys((*self.recipients, *self.copies)))


def encoded(mail: Message) -> bytes:
    """The mail, all of it ASCII: UTF-8 text as quoted-printable, the PDF in base64."""
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(mail.moment)
    message["From"] = Address(display_name=mail.sender_name, addr_spec=mail.sender)
    if mail.reply_to:
        message["Reply-To"] = _listed(mail.reply_to)
    message["To"] = _listed(mail.recipients)
    if mail.copies:
        message["Cc"] = _listed(mail.copies)
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.message_id}>"
    if mail.is_automatic:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text.rstrip("\n") + "\n", cte="quoted-printable")
    message["Content-Language"] = mail.language  # goes with the text into its part
    message.add_attachment(mail.pdf, maintype="application", subtype="pdf", filename=mail.file_name)
    message.set_boundary(f"=_{sha256(mail.message_id.encode()).hexdigest()[:40]}")
    return message.as_bytes()


def _listed(addresses: Sequence[str]) -> tuple[Address, ...]:
    return tuple(Address(addr_spec=address) for address in addresses)
