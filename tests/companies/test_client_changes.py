"""What an operator may do with API clients once there are some, and what is written down of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from reskontra.clock import Context, SeededClock
from reskontra.companies import commands
from reskontra.companies.store import clients
from reskontra.company_file.commands import creating
from reskontra.db.pool import Connection
from reskontra.errors import Refused, UnknownReference
from reskontra.web.secrets import is_secret

SCOPE = "vismanet_erp_service_api"
READ = f"{SCOPE}:read"


@pytest.fixture
def context(clock: SeededClock) -> Context:
    return Context(0, "somebody", "request-1", clock.now(), clock)


@pytest.fixture
async def company_ids(connection: Connection, context: Context) -> list[int]:
    """The companies `one` and `two`."""
    return [
        await creating.create_company(connection, "no", code=code, name=code.title(), context=context)
        for code in ("one", "two")
    ]


@pytest.fixture
async def client_id(connection: Connection, company_ids: list[int], context: Context) -> str:
    """A client that may do everything in company `one`."""
    made = await commands.create_client(connection, company_ids[:1], [SCOPE], name="acme", context=context)
    return made.client_id


async def facts(connection: Connection, client_id: str) -> clients.ClientFacts:
    (found,) = [it for it in await clients.list_clients(connection) if it.client_id == client_id]
    return found


async def version(connection: Connection) -> int:
    found: int = await connection.fetchval("select version from access_version")
    return found


async def written_down(connection: Connection, client_id: str) -> list[tuple[int, str, str, Any]]:
    rows = await connection.fetch(
        "select company_id, event, actor, detail from change where entity = 'ApiClient' and entity_key = $1 "
        "order by change_id",
        client_id,
    )
    return [(row["company_id"], row["event"], row["actor"], json.loads(row["detail"])) for row in rows]


async def test_a_client_is_listed_with_what_it_may_and_never_with_its_secret(
    connection: Connection, company_ids: list[int], context: Context
) -> None:
    made = await commands.create_client(connection, company_ids, [READ], name="Report", context=context)
    found = await facts(connection, made.client_id)
    assert found == clients.ClientFacts(
        client_id="isv_report",
        name="Report",
        scopes=[READ],
        companies=["one", "two"],
        created_at=context.now,
        disabled_at=None,
    )
    assert made.client_secret not in str(found)


async def test_a_client_is_disabled_and_enabled_once(
    connection: Connection, client_id: str, company_ids: list[int], context: Context
) -> None:
    assert await commands.disable_client(connection, client_id, context) is True
    assert (await facts(connection, client_id)).disabled_at == context.now
    assert await commands.disable_client(connection, client_id, replace(context, actor="late")) is False
    assert await commands.enable_client(connection, client_id, context) is True
    assert (await facts(connection, client_id)).disabled_at is None
    assert await commands.enable_client(connection, client_id, replace(context, actor="late")) is False
    assert await written_down(connection, client_id) == [
        (company_ids[0], "created", "somebody", {"scopes": [SCOPE]}),
        (company_ids[0], "disabled", "somebody", {}),
        (company_ids[0], "enabled", "somebody", {}),
    ]


async def test_another_secret_takes_the_place_of_the_old_one(
    connection: Connection, client_id: str, company_ids: list[int], context: Context
) -> None:
    before = await connection.fetchrow(
        "select secret_salt, secret_hash from api_client where client_id = $1", client_id
    )
    made = await commands.rotate_secret(connection, client_id, context)
    row = await connection.fetchrow("select secret_salt, secret_hash from api_client where client_id = $1", client_id)
    assert before is not None
    assert row is not None
    assert is_secret(made.client_secret, row["secret_salt"], row["secret_hash"])
    assert not is_secret(made.client_secret, before["secret_salt"], before["secret_hash"])
    assert before["secret_salt"] != row["secret_salt"]  # by which tokens know the secret that they were got with
    tenant = await connection.fetchval("select tenant_id from company where company_id = $1", company_ids[0])
    assert (made.client_id, made.tenant_id) == (client_id, tenant)
    assert (await written_down(connection, client_id))[-1][1] == "rotated"


async def test_companies_and_scopes_are_said_anew(
    connection: Connection, client_id: str, company_ids: list[int], context: Context
) -> None:
    await commands.change_client(connection, client_id, context, company_ids=company_ids[1:])
    await commands.change_client(connection, client_id, context, scopes=[READ])
    found = await facts(connection, client_id)
    assert (found.companies, found.scopes) == (["two"], [READ])
    assert (await written_down(connection, client_id))[1:] == [
        (company_ids[0], "changed", "somebody", {"companies": company_ids[1:]}),
        (company_ids[1], "changed", "somebody", {"companies": company_ids[1:]}),
        (company_ids[1], "changed", "somebody", {"scopes": [READ]}),
    ]
    with pytest.raises(Refused, match="There is no scope 'all'"):
        await commands.change_client(connection, client_id, context, scopes=["all"])
    with pytest.raises(Refused, match="at least one company"):
        await commands.change_client(connection, client_id, context, company_ids=[])
    with pytest.raises(UnknownReference):
        await commands.change_client(connection, client_id, context, company_ids=[2**31 - 1])


async def test_a_deleted_client_is_gone_and_what_is_written_of_it_stays(
    connection: Connection, client_id: str, context: Context
) -> None:
    await commands.delete_client(connection, client_id, context)
    assert client_id not in [it.client_id for it in await clients.list_clients(connection)]
    assert [event for _, event, _, _ in await written_down(connection, client_id)] == ["created", "deleted"]


@pytest.mark.parametrize(
    "command",
    [commands.disable_client, commands.enable_client, commands.rotate_secret, commands.delete_client,
     commands.change_client],
)  # fmt: skip
async def test_a_client_that_is_not_there_is_named_with_those_that_are(
    connection: Connection, client_id: str, context: Context, command: Callable[..., Awaitable[Any]]
) -> None:
    with pytest.raises(UnknownReference) as caught:
        await command(connection, "isv_nobody", context)
    assert caught.value.value == "isv_nobody"
    assert client_id in caught.value.hint


async def test_whatever_changes_clients_or_the_key_moves_the_version_that_servers_ask_for(
    connection: Connection, client_id: str, company_ids: list[int], context: Context
) -> None:
    seen = [await version(connection)]
    await commands.disable_client(connection, client_id, context)
    seen.append(await version(connection))
    await commands.rotate_secret(connection, client_id, context)
    seen.append(await version(connection))
    await commands.change_client(connection, client_id, context, company_ids=company_ids)
    seen.append(await version(connection))
    await commands.rotate_signing_key(connection, context)
    seen.append(await version(connection))
    await connection.execute("update api_client set disabled_at = null where client_id = $1", client_id)
    seen.append(await version(connection))
    await commands.delete_client(connection, client_id, context)
    seen.append(await version(connection))
    assert seen == sorted(set(seen))


async def test_another_key_is_written_down_in_every_company(
    connection: Connection, company_ids: list[int], context: Context
) -> None:
    before = await connection.fetchval("select value from server_secret where name = 'token-signing'")
    await commands.rotate_signing_key(connection, context)
    after = await connection.fetchval("select value from server_secret where name = 'token-signing'")
    assert len(after) == 32
    assert after != before
    noted = await connection.fetch("select company_id from change where entity = 'SigningKey' and event = 'rotated'")
    assert set(company_ids) <= {row["company_id"] for row in noted}
