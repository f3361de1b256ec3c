"""Creates, changes, disables and deletes API clients, finds companies by their codes, and what of theirs runs out."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from reskontra.changes.store import insert_changes
from reskontra.clock import Context
from reskontra.companies.store import clients, companies
from reskontra.db.pool import Connection
from reskontra.errors import Refused, UnknownReference
from reskontra.reference.rules.expiry import Expiry, expiring
from reskontra.reference.store import remembered
from reskontra.web.auth import SCOPES
from reskontra.web.secrets import hash_secret, new_salt, new_secret

SIGNING_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What an API client needs for a token. The secret exists only here; only its hash is stored."""

    client_id: str
    client_secret: str
    tenant_id: uuid.UUID
    """The first company that the client sees; a token is for one company."""


async def find_expiring(connection: Connection, moment: datetime) -> list[tuple[str, Expiry]]:
    """What of the companies' reference data runs out at `moment` (UTC), each with the code of its company."""
    found: list[tuple[str, Expiry]] = []
    for company in await companies.list_companies(connection):
        reference = await remembered.at(connection, company.company_id, None)
        found.extend((company.code, it) for it in expiring(reference, reference.today(moment)))
    return found


async def company_ids(connection: Connection, codes: Iterable[str]) -> list[int]:
    """The ids of companies by code, each once, in the order of the codes. Raises `UnknownReference`."""
    known = {company.code: company.company_id for company in await companies.list_companies(connection)}
    found = []
    for code in dict.fromkeys(codes):
        if code not in known:
            hint = f"Known companies: {', '.join(known) or 'none'}."
            raise UnknownReference(field=("company",), value=code, hint=hint)
        found.append(known[code])
    return found


async def create_client(
    connection: Connection,
    company_ids: Sequence[int],
    scopes: Sequence[str],
    *,
    name: str,
    secret: str | None = None,
    salt: bytes | None = None,
    context: Context,
) -> ClientCredentials:
    """Create an API client that sees these companies. Refused: an unknown scope or company, a name that is taken.

    Give a `secret` and its `salt` only if they are meant to be public, like the demo's; otherwise they are made.
    """
    first = await _check_companies(connection, company_ids)
    _check_scopes(scopes)
    client_id = f"isv_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_') or 'client'}"
    secret, salt = secret or new_secret(), salt or new_salt()
    added = await clients.insert_client(
        connection,
        client_id=client_id,
        name=name,
        secret_salt=salt,
        secret_hash=hash_secret(secret, salt),
        scopes=scopes,
        company_ids=company_ids,
        moment=context.now,
    )
    if not added:
        reason = f"There is an API client '{client_id}' already."
        raise Refused(reason, field=("name",), value=name, hint="Choose another name.")
    await _note(connection, context, company_ids, client_id, "created", scopes=list(scopes))
    return ClientCredentials(client_id, secret, first.tenant_id)


async def disable_client(connection: Connection, client_id: str, context: Context) -> bool:
    """Disable a client and its tokens; False if it already is. Raises `UnknownReference`."""
    seen = await _locked(connection, client_id)
    changed = await clients.set_disabled(connection, client_id, context.now)
    if changed:
        await _note(connection, context, seen, client_id, "disabled")
    return changed


async def enable_client(connection: Connection, client_id: str, context: Context) -> bool:
    """Enable a disabled client; False if it is not disabled. Raises `UnknownReference`."""
    seen = await _locked(connection, client_id)
    changed = await clients.set_disabled(connection, client_id, None)
    if changed:
        await _note(connection, context, seen, client_id, "enabled")
    return changed


async def rotate_secret(
    connection: Connection, client_id: str, context: Context, *, secret: str | None = None
) -> ClientCredentials:
    """Replace a client's secret; the old one and its tokens stop working. Raises `UnknownReference`.

    A disabled client stays disabled. For `secret` see `create_client`.
    """
    seen = await _locked(connection, client_id)
    secret, salt = secret or new_secret(), new_salt()
    await clients.set_secret(connection, client_id, salt=salt, secret_hash=hash_secret(secret, salt))
    await _note(connection, context, seen, client_id, "rotated")
    return ClientCredentials(client_id, secret, (await _check_companies(connection, seen)).tenant_id)


async def change_client(
    connection: Connection,
    client_id: str,
    context: Context,
    *,
    company_ids: Sequence[int] | None = None,
    scopes: Sequence[str] | None = None,
) -> None:
    """Replace the companies or the scopes of a client; None leaves them. Its tokens follow.

    Refused: an unknown scope or company. Raises `UnknownReference` for an unknown client.
    """
    seen = await _locked(connection, client_id)
    detail: dict[str, Any] = {}
    if company_ids is not None:
        await _check_companies(connection, company_ids)
        await clients.set_companies(connection, client_id, company_ids)
        detail["companies"] = list(company_ids)
    if scopes is not None:
        _check_scopes(scopes)
        await clients.set_scopes(connection, client_id, scopes)
        detail["scopes"] = list(scopes)
    await _note(connection, context, sorted({*seen, *(company_ids or ())}), client_id, "changed", **detail)


async def delete_client(connection: Connection, client_id: str, context: Context) -> None:
    """Delete a client. The change log keeps its client id. Raises `UnknownReference`."""
    seen = await _locked(connection, client_id)
    await clients.delete_client(connection, client_id)
    await _note(connection, context, seen, client_id, "deleted")


async def rotate_signing_key(connection: Connection, context: Context) -> None:
    """Replace the key that signs tokens; all tokens signed with the old one stop working."""
    await clients.put_signing_key(connection, secrets.token_bytes(SIGNING_KEY_BYTES))
    for company in await companies.list_companies(connection):
        whose = replace(context, company_id=company.company_id)
        await insert_changes(connection, whose, "SigningKey", [("token-signing", "rotated", {})])


async def _locked(connection: Connection, client_id: str) -> list[int]:
    seen = await clients.lock_client(connection, client_id)
    if seen is None:
        known = ", ".join(client.client_id for client in await clients.list_clients(connection))
        raise UnknownReference(field=("client",), value=client_id, hint=f"Known clients: {known or 'none'}.")
    return seen


async def _check_companies(connection: Connection, company_ids: Sequence[int]) -> companies.Company:
    """The first of them. Raises `Refused` and `UnknownReference`."""
    known = {company.company_id: company for company in await companies.list_companies(connection)}
    if not company_ids:
        raise Refused("A client sees at least one company.", field=("company",), hint="Name a company.")
    for company_id in company_ids:
        if company_id not in known:
            raise UnknownReference(field=("company",), value=company_id, hint="Name the id of an existing company.")
    return known[company_ids[0]]


def _check_scopes(scopes: Sequence[str]) -> None:
    for scope in scopes or ("",):
        if scope not in SCOPES:
            hint = f"Choose among {', '.join(sorted(SCOPES))}."
            raise Refused(f"There is no scope '{scope}'.", field=("scope",), value=scope, hint=hint)


async def _note(
    connection: Connection,
    context: Context,
    company_ids: Sequence[int],
    client_id: str,
    event: str,
    **detail: object,
) -> None:
    """Write the event into the change log of each of these companies."""
    for company_id in company_ids:
        whose = replace(context, company_id=company_id)
        await insert_changes(connection, whose, "ApiClient", [(client_id, event, detail)])
