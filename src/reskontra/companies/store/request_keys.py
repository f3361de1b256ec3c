"""The keys of requests that may be sent again, and what those were answered (`web.repeats.Answers`, decision 0033)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.errors import Conflict
from reskontra.web.repeats import KEPT, KeptAnswer, KeptPart, KeyedRequest

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

# Of a request that is many transactions: the key, a character that no key has, and the place of the part. Who stores
# one holds the request's own row, so that parts are stored one after the other, and sees how many stand.
_OF_PARTS = r"""company_id = $1 and actor = $2
   and request_key > $3 || E'\n' and request_key < $3 || E'\x0b'"""

_PARTS = f"select body from request_key where {_OF_PARTS} order by request_key"

_HOLD = """
select true from request_key
 where company_id = $1 and actor = $2 and request_key = $3 and status is null
   for update"""

_KEEP_PART = rf"""
insert into request_key (company_id, actor, request_key, fingerprint, begun_at, status, headers, body)
select $1, $2, $3 || E'\n' || lpad($4::integer::text, 9, '0'), $5, $6, 200, '{{}}', $7
 where (select count(*) from request_key where {_OF_PARTS}) = $8
returning true"""

_FORGET_PARTS = f"delete from request_key where {_OF_PARTS}"

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

    async def parts(self, connection: Connection, request: KeyedRequest) -> list[bytes]:
        rows = await connection.fetch(_PARTS, request.company_id, request.actor, request.key)
        return [row["body"] for row in rows]

    async def keep_part(self, connection: Connection, request: KeyedRequest, part: KeptPart, now: datetime) -> None:
        key = request.company_id, request.actor, request.key
        more = part.place, request.fingerprint, now, part.answer, part.before
        is_under_way = await connection.fetchval(_HOLD, *key)
        if not is_under_way or not await connection.fetchval(_KEEP_PART, *key, *more):
            raise Conflict("Another request with this Idempotency-Key went on meanwhile.", hint="Send it again.")

    async def forget_parts(self, connection: Connection, request: KeyedRequest) -> None:
        await connection.execute(_FORGET_PARTS, request.company_id, request.actor, request.key)

    async def give_up(self, connection: Connection, request: KeyedRequest) -> None:
        await connection.execute(_GIVE_UP, request.company_id, request.actor, request.key)
