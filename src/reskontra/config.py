"""The settings of one run, from the environment and the command line. Nothing else reads the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

MEBIBYTE = 1024 * 1024

LogFormat = Literal["console", "json"]
Tls = Literal["starttls", "implicit", "none"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SetupError(Exception):
    """This run cannot continue as it is set up; the message is one sentence for the operator."""


class SettingError(SetupError):
    """A setting cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """The mail server that mail is handed to."""

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two runs of the same program."""

    # A postgresql:// URL. None: our own PostgreSQL in `data_dir`.
    database_url: str | None = None
    data_dir: Path | None = None
    # Folder with the programs of the PostgreSQL to run in `data_dir`. None: the one installed with Reskontra.
    pg_bindir: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    # Processes that serve. None: as many as leave PostgreSQL half of the cores. A sandbox has one.
    workers: int | None = None
    # Whether this is `reskontra sandbox`: a demo company, open on loopback unless `token_required`.
    sandbox: bool = False
    token_required: bool = False
    # The secret of the sandbox's API client. None: the published one, or a new one if others can reach the sandbox.
    sandbox_secret: str | None = None
    # Networks whose X-Forwarded-* headers are trusted.
    trusted_proxies: tuple[Network, ...] = ()
    # Requests per hour and client that are announced and enforced. None: no limit.
    rate_limit: int | None = None
    # Bytes of a request body that is not a file.
    body_limit: int = 10 * MEBIBYTE
    # Bytes of one attached file.
    attachment_limit: int = 25 * MEBIBYTE
    # Bytes of a body of many requests, one a line.
    bulk_limit: int = 256 * MEBIBYTE
    # Seconds that a client has for its headers, for its body, and for taking the next 64 KiB of an answer.
    header_timeout: int = 20
    body_timeout: int = 60
    send_timeout: int = 60
    # Bytes of a request's line and headers.
    header_limit: int = 64 * 1024
    # Connections open at once; fewer if the system allows fewer.
    connection_limit: int = 5000
    # Bytes of bodies, and of answers, that wait in memory for slow clients.
    waiting_limit: int = 256 * MEBIBYTE
    # Where mail goes. None: it is not sent. A sandbox never sends mail, it writes it into a folder.
    smtp: SmtpServer | None = None
    # The address that mail comes from.
    mail_from: str | None = None
    tls_self_signed: bool = False
    # PEM files of the server's own certificate, with its chain, and of its key. Key None: it is in the same file.
    tls_cert: Path | None = None
    tls_key: Path | None = None
    log_format: LogFormat = "console"
    # Where e-invoices go: files in a folder, or POSTs to an access point. Both None: they wait.
    e_invoice_folder: Path | None = None
    e_invoice_url: str | None = None
    # What the access point knows us by; it is sent as a bearer token.
    e_invoice_token: str | None = None
    # The data is deleted at the end and need not survive a power cut.
    throw_away: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingError(f"The port must lie between 0 and 65535, not {self.port}.")
        if self.rate_limit is not None and self.rate_limit < 1:
            raise SettingError(f"The rate limit must be at least 1 request per hour, not {self.rate_limit}.")
        if self.tls_key and not self.tls_cert:
            raise SettingError("A key without its certificate is of no use: give --tls-cert too.")
        if self.tls_cert and self.tls_self_signed:
            raise SettingError("Give either --tls-cert or --tls-self-signed, not both.")
        if self.e_invoice_folder and self.e_invoice_url:
            raise SettingError("E-invoices go to a folder or to an access point: give one of the two.")
        if self.e_invoice_url and not self.e_invoice_url.startswith(("https://", "http://")):
            raise SettingError(f"The access point for e-invoices is an http address, not {self.e_invoice_url}.")
        if self.e_invoice_token and not self.e_invoice_url:
            raise SettingError("A token for e-invoices is of no use without the access point: set its address too.")
        if self.body_limit < 1:
            raise SettingError(f"The body limit must be at least 1 byte, not {self.body_limit}.")
        if self.attachment_limit < 1:
            raise SettingError(f"The attachment limit must be at least 1 byte, not {self.attachment_limit}.")
        if self.smtp and not self.mail_from:
            raise SettingError("A mail server without an address to send from is of no use: set RESKONTRA_MAIL_FROM.")
        for name, smallest in SMALLEST.items():
            value = getattr(self, name)
            if value is not None and value < smallest:
                raise SettingError(f"{VARIABLES[name][0]} must be at least {smallest}, not {value}.")

    @property
    def worker_count(self) -> int:
        """How many processes serve."""
        if self.sandbox:
            return 1
        return self.workers or max(1, _usable_cores() // 2)

    @property
    def writes_at_once(self) -> int:
        """How many writes one process has at work in a database that shares the processors of this machine."""
        return max(2, (2 * _usable_cores() + 1) // self.worker_count)

    @property
    def open_mode(self) -> bool:
        """Whether requests without a token are served: only in a sandbox that nobody else can reach (A2)."""
        return self.sandbox and is_loopback(self.host) and not self.token_required

    @property
    def scheme(self) -> str:
        return "https" if self.tls_self_signed or self.tls_cert else "http"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **given: Any) -> Self:
        """Settings from `environ`, overridden by those `given` (on the command line) that are not None.

        Raises `SettingError`.
        """
        values: dict[str, Any] = {}
        for name, (variable, read) in VARIABLES.items():
            text = environ.get(variable, "").strip()
            if text:
                try:
                    values[name] = read(text)
                except ValueError as error:
                    shown = "what it is" if name in SECRET else f"'{text}'"
                    raise SettingError(f"{variable} cannot be {shown}: {error}.") from error
        values.update({name: value for name, value in given.items() if value is not None})
        return cls(**values)


def _usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_networks(text: str) -> tuple[Network, ...]:
    """`10.0.0.0/8, ::1` -> networks. Raises `ValueError`."""
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


def _read_flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return words[text.lower()]
    except KeyError:
        raise ValueError("say 'true' or 'false'") from None


def _read_log_format(text: str) -> str:
    if text not in ("console", "json"):
        raise ValueError("say 'console' or 'json'")
    return text


_SMTP_PORTS: Mapping[str, int] = {"smtp": 587, "smtps": 465}


def read_smtp_url(text: str) -> SmtpServer:
    """`smtp://user:password@host:587?tls=starttls`, or `smtps://...` for TLS from the start. Raises `ValueError`.

    The messages do not repeat the text, which holds a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # its message quotes the text
        raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465") from None
    if parts.scheme not in _SMTP_PORTS or not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465")
    asked = parse_qs(parts.query, keep_blank_values=True)
    choices = asked.pop("tls", ["implicit" if parts.scheme == "smtps" else "starttls"])
    fitting = ("implicit",) if parts.scheme == "smtps" else ("starttls", "none")
    if asked or len(choices) != 1 or choices[0] not in fitting:
        raise ValueError("the only option is tls=starttls or tls=none, and smtps:// has none")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("a user needs a password; special characters in either are written like %40")
    if choices[0] == "none" and parts.password and not is_loopback(parts.hostname):
        raise ValueError("a password may not leave this machine without TLS")
    tls: Mapping[str, Tls] = {"starttls": "starttls", "implicit": "implicit", "none": "none"}
    return SmtpServer(
        host=parts.hostname,
        port=port or _SMTP_PORTS[parts.scheme],
        tls=tls[choices[0]],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def read_mail_from(text: str) -> str:
    """An address such as `invoices@example.com`. Raises `ValueError`."""
    user, at, host = text.partition("@")
    if not at or not user or not host or "@" in host or any(it in " <>,;\r\n" for it in text) or not text.isascii():
        raise ValueError("write one address, such as invoices@example.com")
    return text


# setting -> (environment variable, how to read it)
VARIABLES: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "database_url": ("DATABASE_URL", str),
    "data_dir": ("RESKONTRA_DATA_DIR", Path),
    "pg_bindir": ("RESKONTRA_PG_BINDIR", Path),
    "host": ("RESKONTRA_HOST", str),
    "port": ("RESKONTRA_PORT", int),
    "workers": ("RESKONTRA_WORKERS", int),
    "token_required": ("RESKONTRA_TOKEN_REQUIRED", _read_flag),
    "sandbox_secret": ("RESKONTRA_SANDBOX_SECRET", str),
    "trusted_proxies": ("RESKONTRA_TRUSTED_PROXIES", read_networks),
    "rate_limit": ("RESKONTRA_RATE_LIMIT", int),
    "body_limit": ("RESKONTRA_BODY_LIMIT", int),
    "attachment_limit": ("RESKONTRA_ATTACHMENT_LIMIT", int),
    "bulk_limit": ("RESKONTRA_BULK_LIMIT", int),
    "header_timeout": ("RESKONTRA_HEADER_TIMEOUT", int),
    "body_timeout": ("RESKONTRA_BODY_TIMEOUT", int),
    "send_timeout": ("RESKONTRA_SEND_TIMEOUT", int),
    "header_limit": ("RESKONTRA_HEADER_LIMIT", int),
    "connection_limit": ("RESKONTRA_CONNECTION_LIMIT", int),
    "waiting_limit": ("RESKONTRA_WAITING_LIMIT", int),
    "smtp": ("RESKONTRA_SMTP_URL", read_smtp_url),
    "mail_from": ("RESKONTRA_MAIL_FROM", read_mail_from),
    "tls_self_signed": ("RESKONTRA_TLS_SELF_SIGNED", _read_flag),
    "tls_cert": ("RESKONTRA_TLS_CERT", Path),
    "tls_key": ("RESKONTRA_TLS_KEY", Path),
    "log_format": ("RESKONTRA_LOG_FORMAT", _read_log_format),
    "e_invoice_folder": ("RESKONTRA_E_INVOICE_FOLDER", Path),
    "e_invoice_url": ("RESKONTRA_E_INVOICE_URL", str),
    "e_invoice_token": ("RESKONTRA_E_INVOICE_TOKEN", str),
}

SECRET = frozenset({"smtp"})
"""Settings whose text no message shows."""

# Limits may be tight, but must leave a client room for a request.
SMALLEST: Mapping[str, int] = {
    "workers": 1,
    "bulk_limit": 1,
    "header_timeout": 1,
    "body_timeout": 1,
    "send_timeout": 1,
    "header_limit": 4096,
    "connection_limit": 10,
    "waiting_limit": MEBIBYTE,
}
