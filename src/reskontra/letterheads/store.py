"""SQL of letterheads, which are kept once for all documents that were sent under them, and of logos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from reskontra.changes.store import insert_changes
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.db.tables import put_rows
from reskontra.letterheads.rules import Letterhead
from reskontra.reference.rules.paper import Logo
from reskontra.reference.store.tables import LOGO_TABLE


def keep_letterheads(source: str, content: str) -> str:
    """A CTE that keeps the letterheads of `source`; `content` is the jsonb of one, or null.

    What names one afterwards does so by `letterhead_digest` of that jsonb.
    """
    return f"""letterheads_kept as (
        insert into letterhead (company_id, digest, content, logo)
        select $1, said.digest, said.content,
               (select logo.content from logo
                 where logo.company_id = $1 and logo.branch_number = said.content -> 'logo' ->> 'branch_number')
          from (select distinct on (digest) digest, content
                  from (select letterhead_digest(content) as digest, content
                          from (select {content} as content from {source}) as sent) as digested
                 where digest is not null) as said
         where not exists (select from letterhead as kept
                            where kept.company_id = $1 and kept.digest = said.digest)
            on conflict do nothing)"""


def letterhead_json(digest: str) -> str:
    """A scalar: the kept letterhead with this digest as JSON text for `read_letterhead`; null if there is none."""
    return f"""(select json_build_object('letterhead', letterhead.content, 'logo', letterhead.logo)::text
                 from letterhead where letterhead.company_id = $1 and letterhead.digest = {digest})"""


class KeptLetterhead(msgspec.Struct, frozen=True):
    """A letterhead with its logo in base64."""

    letterhead: Letterhead
    logo: str | None = None


_kept = msgspec.json.Decoder(KeptLetterhead)


def read_letterhead(text: str | None) -> KeptLetterhead | None:
    """A column of `letterhead_json`."""
    return _kept.decode(text) if text else None


async def save_logo(
    connection: Connection, context: Context, logo: Logo, event: str, detail: Mapping[str, Any]
) -> None:
    """Write the logo of a branch."""
    await put_rows(connection, context.company_id, {LOGO_TABLE: [logo]}, context.now)
    await insert_changes(connection, context, LOGO_TABLE.entity, [(logo.branch_number, event, detail)])


async def delete_logo(connection: Connection, context: Context, branch_number: str, detail: Mapping[str, Any]) -> None:
    """Delete the logo of a branch. Letterheads that were kept with it keep it."""
    await connection.execute(
        "delete from logo where company_id = $1 and branch_number = $2", context.company_id, branch_number
    )
    await insert_changes(connection, context, LOGO_TABLE.entity, [(branch_number, "deleted", detail)])
