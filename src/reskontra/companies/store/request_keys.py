"""The keys of requests that may be sent again, and what those were answered (`web.repeats.Answers`, decision 0033)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.web.repeats import KEPT, KeptAnswer, KeyedRequest

_SWEPT_AT_ONCE = 20

_BEGIN = """
insert into request_key (company_id, actor, request_key, fingerprint, begun_at)
values ($1, $2, $3, $4, $5)
on conflict (company_id, actor, request_key) do update
   set fingerprint = excluded.fingerprint, begun_at = excluded.begun_at, status = null, headers = null, body = null
 where request_key.begun_at <= $6
returning true"""

_STANDING = """
select fingerprint, status, headers, body from request_key
 where company_id = $1 and actor = $2 and request_key = $3"""

# It stands in the transaction's last statement and takes only what nobody holds, so nobody waits for anybody in a ring.
_FINISH = f"""
with swept as (
    delete from request_key
     where (company_id, actor, request_key) in (
        select company_id, actor, request_key from request_key
         where begun_at <= $7 order by begun_at limit {_SWEPT_AT_ONCE} for update skip locked))
update request_key set status = $4, headers = $5, body = $6
 where company_id = $1 and actor = $2 and request_key = $3"""

_GIVE_UP = "delete from request_key where company_id = $1 and actor = $2 and request_key = $3 and status is null"


class StoredAnswers:
    """The table `request_key`."""

    async def begin(self, connection: Connection, request: KeyedRequest, now: datetime) -> KeptAnswer | None:
        key = request.company_id, request.actor, request.key
        if await connection.fetchval(_BEGIN, *key, request.fingerprint, now, now - KEPT):
            return None
        row = await fetch_one(connection, _STANDING, *key)  # the insert has locked it, so nobody frees it meanwhile
        headers = msgspec.json.decode(row["headers"], type=dict[str, str]) if row["headers"] else {}
        return KeptAnswer(row["fingerprint"], row["status"], headers, row["body"] or b"")

    async def finish(self, connection: Connection, request: KeyedRequest, answer: KeptAnswer, now: datetime) -> None:
        await connection.execute(
            _FINISH,
            request.company_id,
            request.actor,
            request.key,
            answer.status,
            as_json(answer.headers),
            answer.body,
            now - KEPT,
        )

    async def give_up(self, connection: Connection, request: KeyedRequest) -> None:
        await connection.execute(_GIVE_UP, request.company_id, request.actor, request.key)
