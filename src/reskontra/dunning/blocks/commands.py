"""Blocking a document from reminding, and freeing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.dunning.rules.blocks import asked_block, check_blockable
from reskontra.errors import NotFound
from reskontra.kinds import KINDS
from reskontra.receivables.commands import locks
from reskontra.receivables.store.blocks import Blockable, find_blockable, save_block
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected


async def block(
    connection: Connection,
    context: Context,
    named: tuple[str, str],
    changes: Mapping[str, Any],
    expected_version: Expected = None,
) -> Blockable:
    """Block a document, or change until when and why (DUN-08).

    `named` is type and number, `changes` holds reason and perhaps until.

    Returns it with its new version; it is written only if something changed. Raises `NotFound`, `Stale`, and `Refused`
    for what no letter reminds of, and for a day that is over.
    """
    found, reference = await _locked(connection, context, named, expected_version)
    check_blockable(found)
    until, reason = asked_block(changes, reference.today(context.now))
    if (until, reason) == (found.until, found.reason):
        return found
    return await _saved(connection, context, found, until, reason)


async def free(
    connection: Connection, context: Context, named: tuple[str, str], expected_version: Expected = None
) -> Blockable:
    """Take a block away, of an open document or a settled one. Raises `NotFound` and `Stale`."""
    found, _ = await _locked(connection, context, named, expected_version)
    if found.until is None:
        kind = KINDS[found.document_type]
        raise NotFound(reason=f"The {kind.noun} {found.number} is not blocked from reminding.")
    return await _saved(connection, context, found, None, None)


async def _locked(
    connection: Connection, context: Context, named: tuple[str, str], expected_version: Expected
) -> tuple[Blockable, Reference]:
    reference = await remembered.held(connection, context.company_id)
    await locks.take_documents(connection, context, [named])
    found = await find_blockable(connection, context.company_id, *named)
    if found is None:
        raise NotFound(KINDS[named[0]].noun, named[1])
    check_expected(expected_version, found.version)
    return found, reference


async def _saved(
    connection: Connection, context: Context, found: Blockable, until: date | None, reason: str | None
) -> Blockable:
    version = await save_block(connection, context, found, until, reason)
    return replace(found, until=until, reason=reason, version=version)
