"""API clients get a secret once; what is stored lets them in and cannot be turned back."""

from __future__ import annotations

import pytest

from reskontra.clock import Context, SeededClock
from reskontra.companies import commands
from reskontra.company_file.commands import creating
from reskontra.db.pool import Connection
from reskontra.errors import Refused, UnknownReference
from reskontra.web.secrets import is_secret

SCOPE = "vismanet_erp_service_api"


@pytest.fixture
def context(clock: SeededClock) -> Context:
    return Context(0, "somebody", "request-1", clock.now(), clock)


@pytest.fixture
async def company_id(connection: Connection, context: Context) -> int:
    return await creating.create_company(connection, "no", code="one", context=context)


async def test_the_secret_opens_and_is_not_stored(connection: Connection, company_id: int, context: Context) -> None:
    made = await commands.create_client(connection, [company_id], [SCOPE], name="Acme Web Shop", context=context)
    assert made.client_id == "isv_acme_web_shop"
    row = await connection.fetchrow("select * from api_client where client_id = $1", made.client_id)
    assert row is not None
    assert is_secret(made.client_secret, row["secret_salt"], row["secret_hash"])
    assert not is_secret(made.client_secret + "x", row["secret_salt"], row["secret_hash"])
    assert made.client_secret not in repr(dict(row))
    assert (row["name"], row["scopes"], row["created_at"]) == ("Acme Web Shop", [SCOPE], context.now)
    granted = await connection.fetch(
        "select company_id, tenant_id from api_client_company join company using (company_id) where client_id = $1",
        made.client_id,
    )
    assert [tuple(row) for row in granted] == [(company_id, made.tenant_id)]


async def test_each_client_has_a_secret_and_a_salt_of_its_own(
    connection: Connection, company_id: int, context: Context
) -> None:
    first, second = [
        await commands.create_client(connection, [company_id], [f"{SCOPE}:read"], name=name, context=context)
        for name in ("one", "two")
    ]
    assert first.client_secret != second.client_secret
    assert await connection.fetchval("select count(distinct secret_salt) from api_client") >= 2


async def test_what_cannot_work_is_refused(connection: Connection, company_id: int, context: Context) -> None:
    await commands.create_client(connection, [company_id], [SCOPE], name="acme", context=context)
    with pytest.raises(Refused, match="There is an API client 'isv_acme' already"):
        await commands.create_client(connection, [company_id], [SCOPE], name="ACME", context=context)
    with pytest.raises(Refused, match="There is no scope 'everything'"):
        await commands.create_client(connection, [company_id], ["everything"], name="b", context=context)
    with pytest.raises(Refused, match="There is no scope ''"):
        await commands.create_client(connection, [company_id], [], name="b", context=context)
    with pytest.raises(Refused, match="at least one company"):
        await commands.create_client(connection, [], [SCOPE], name="b", context=context)
    with pytest.raises(UnknownReference):
        await commands.create_client(connection, [company_id, 2**31 - 1], [SCOPE], name="b", context=context)
    assert await connection.fetchval("select count(*) from api_client where name = 'b'") == 0
