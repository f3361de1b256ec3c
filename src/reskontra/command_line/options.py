"""Options shared by several commands. Each is a setting that the environment can hold too: `config.VARIABLES`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from reskontra.config import (
    VARIABLES,
    LogFormat,
    Network,
    SettingError,
    Settings,
    read_mail_from,
    read_networks,
    read_smtp_url,
)

BOOKS = Group.create_ordered("Where the books are")
SERVER = Group.create_ordered("Server")
LIMITS = Group.create_ordered("Limits")
SENDING = Group.create_ordered("Sending")

_DEFAULTS = {field.name: field.default for field in fields(Settings)}


def option(setting: str, sentence: str, group: Group, *, name: str | None = None) -> Parameter:
    """The option of a setting; its help names the default and the environment variable.

    `Settings` reads the environment, not cyclopts: an empty variable counts as unset, and a flag can be `on` or `yes`.
    """
    default = _DEFAULTS[setting]
    taken = "" if default is None or default is False or default == () else f" [default: {default}]"
    return Parameter(
        name, group=group, negative="", show_default=False, help=f"{sentence}{taken} [env: {VARIABLES[setting][0]}]"
    )


def switch(sentence: str, group: Group | str = "Parameters") -> Parameter:
    """A flag, off by default."""
    return Parameter(group=group, negative="", show_default=False, help=sentence)


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "\n".join(("Examples:", "```", *lines, "```"))


AsJson = Annotated[
    bool, Parameter(name="--json", group="Parameters", negative="", show_default=False, help="Answer as JSON.")
]
"""For commands that list something."""


PgBindir = Annotated[Path | None, option("pg_bindir", "Folder of the PostgreSQL programs to run there.", BOOKS)]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Which database a command works on."""

    database_url: Annotated[
        str | None, option("database_url", "A postgresql:// URL, PostgreSQL 15 or newer.", BOOKS)
    ] = None
    data_dir: Annotated[Path | None, option("data_dir", "Folder of our own PostgreSQL.", BOOKS)] = None
    pg_bindir: PgBindir = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How a server listens, and its limits."""

    host: Annotated[str | None, option("host", "Address to listen on.", SERVER)] = None
    port: Annotated[int | None, option("port", "Port to listen on; 0 picks a free one.", SERVER)] = None
    trusted_proxies: Annotated[
        list[str] | None,
        option(
            "trusted_proxies",
            "Network whose X-Forwarded-* headers are trusted; repeatable.",
            SERVER,
            name="--trusted-proxy",
        ),
    ] = None
    tls_self_signed: Annotated[
        bool, option("tls_self_signed", "Serve https with a self-signed certificate.", SERVER)
    ] = False
    tls_cert: Annotated[
        Path | None, option("tls_cert", "Serve https with this certificate: a PEM file, with its chain.", SERVER)
    ] = None
    tls_key: Annotated[
        Path | None, option("tls_key", "Key of the certificate, if it is not in the same file.", SERVER)
    ] = None
    log_format: Annotated[LogFormat | None, option("log_format", "Format of log lines.", SERVER)] = None
    smtp: Annotated[
        str | None,
        option("smtp", "Mail server: smtp://user:password@host:587 or smtps://...", SENDING, name="--smtp-url"),
    ] = None
    mail_from: Annotated[str | None, option("mail_from", "Address that mail is sent from.", SENDING)] = None
    e_invoice_folder: Annotated[Path | None, option("e_invoice_folder", "Folder for e-invoices.", SENDING)] = None
    e_invoice_url: Annotated[
        str | None, option("e_invoice_url", "Access point that takes e-invoices, instead of a folder.", SENDING)
    ] = None
    e_invoice_token: Annotated[str | None, option("e_invoice_token", "Bearer token for the access point.", SENDING)] = (
        None
    )
    rate_limit: Annotated[
        int | None,
        option("rate_limit", "Requests per hour, for each client and company; unlimited by default.", LIMITS),
    ] = None
    body_limit: Annotated[int | None, option("body_limit", "Largest request body, in bytes.", LIMITS)] = None
    attachment_limit: Annotated[int | None, option("attachment_limit", "Largest attached file, in bytes.", LIMITS)] = (
        None
    )
    bulk_limit: Annotated[int | None, option("bulk_limit", "Largest body of many requests, in bytes.", LIMITS)] = None
    header_limit: Annotated[
        int | None, option("header_limit", "Largest request line and headers, in bytes.", LIMITS)
    ] = None
    header_timeout: Annotated[int | None, option("header_timeout", "Seconds for a request's headers.", LIMITS)] = None
    body_timeout: Annotated[int | None, option("body_timeout", "Seconds for a request's body.", LIMITS)] = None
    send_timeout: Annotated[
        int | None, option("send_timeout", "Seconds a client has to take the next 64 KiB of an answer.", LIMITS)
    ] = None
    connection_limit: Annotated[int | None, option("connection_limit", "Connections open at once.", LIMITS)] = None
    waiting_limit: Annotated[
        int | None, option("waiting_limit", "Bytes of bodies, and of answers, held for slow clients.", LIMITS)
    ] = None


def settings(*options: Books | Serving | None, environ: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Settings from the command line, then from the environment. Raises `SettingError`."""
    said = {name: value for group in options if group for name, value in asdict(group).items()} | given
    # A flag that is not given may be on in the environment.
    said = {name: None if value is False else value for name, value in said.items()}
    proxies = said.get("trusted_proxies")
    if isinstance(proxies, list):
        said["trusted_proxies"] = _networks(proxies)
    for name, read in (("smtp", read_smtp_url), ("mail_from", read_mail_from)):
        if isinstance(said.get(name), str):
            said[name] = _mail(name, str(said[name]), read)
    return Settings.from_environment(os.environ if environ is None else environ, **said)


def _mail(name: str, text: str, read: Callable[[str], object]) -> object:
    try:
        return read(text)
    except ValueError as error:  # the message does not repeat the text, which may hold a password
        raise SettingError(f"{VARIABLES[name][0]} cannot be used: {error}.") from error


def _networks(texts: list[str]) -> tuple[Network, ...]:
    try:
        return read_networks(",".join(texts))
    except ValueError as error:
        raise SettingError(f"--trusted-proxy wants a network such as 10.0.0.0/8: {error}.") from error
