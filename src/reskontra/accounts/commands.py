"""Creating and changing accounts and subaccounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.accounts.rules.accounts import changed_account, new_account
from reskontra.accounts.rules.subaccounts import changed_subaccount, new_subaccount
from reskontra.accounts.store import accounts, segments, subaccounts
from reskontra.changes.commands import follow_up_on, lock_reference
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.operations import supplied
from reskontra.records import differences
from reskontra.versions import Expected, Saved, check_expected


async def create_account(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new account from what was sent. Three round trips."""
    sent = supplied(sent)
    await lock_reference(connection, context.company_id)
    account = new_account(sent, await accounts.find_known(connection, context.company_id))
    detail = differences(None, account)
    return Saved(account.account_number, await accounts.insert_account(connection, context, account, detail))


async def change_account(
    connection: Connection, context: Context, number: str, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to an account; writes only if it changes. Raises `NotFound`, `Stale`, `Refused`."""
    await lock_reference(connection, context.company_id)
    found = await accounts.find_account(connection, context.company_id, number, locked=True)
    if found is None:
        raise NotFound("account", number)
    check_expected(expected_version, found.version)
    before = found.account
    account = changed_account(before, sent, await accounts.find_known(connection, context.company_id))
    if account == before:
        return Saved(before.account_number, found.version)
    detail = differences(before, account)
    version = await accounts.save_account(connection, context, account, detail)
    await follow_up_on(connection, context, "Account", account_number=before.account_number)
    return Saved(before.account_number, version)


async def create_subaccount(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new subaccount of segment values that exist and are in use (SUB-01). Three round trips."""
    sent = supplied(sent)
    await lock_reference(connection, context.company_id)
    subaccount = new_subaccount(sent, await segments.find_segments(connection, context.company_id))
    detail = differences(None, subaccount, without=("subaccount_id",))
    return Saved(
        subaccount.subaccount_number, await subaccounts.insert_subaccount(connection, context, subaccount, detail)
    )


async def change_subaccount(
    connection: Connection, context: Context, number: str, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to a subaccount. Raises `NotFound`, `Stale`, `Refused`."""
    await lock_reference(connection, context.company_id)
    found = await subaccounts.find_subaccount(connection, context.company_id, number, locked=True)
    if found is None:
        raise NotFound("subaccount", number)
    check_expected(expected_version, found.version)
    before = found.subaccount
    subaccount = changed_subaccount(before, sent)
    if subaccount == before:
        return Saved(before.subaccount_number, found.version)
    detail = differences(before, subaccount, without=("subaccount_id",))
    version = await subaccounts.save_subaccount(connection, context, subaccount, detail)
    await follow_up_on(connection, context, "Subaccount", subaccount_id=before.subaccount_id)
    return Saved(before.subaccount_number, version)
