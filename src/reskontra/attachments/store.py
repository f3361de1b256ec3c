"""SQL of attachments, their revisions and their bytes, which are kept in pieces so that nobody holds a whole file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from reskontra.attachments.rules import Owner, ReceivedFile, name_key
from reskontra.changes.store import change_row, parameters
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True)
class Named:
    """A revision of a file."""

    attachment_id: UUID
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as its newest revision is. `version` is that of the file, `size` in bytes."""

    attachment_id: UUID
    name: str
    revision: int
    version: int
    send_to_auto_invoice: bool
    media_type: str
    size: int


def attachments_of(document: str) -> str:
    """A scalar: the files of a document and its lines as JSON, for `wire.files_by_line`; null if there are none.

    `document` is the name of a row of the table `document`.
    """
    return f"""case when {document}.has_attachments then (
        select json_agg(json_build_object('line_number', attachment.line_number, 'name', attachment.name,
                                          'id', attachment.attachment_id, 'revision', attachment.revision)
                        order by attachment.added_id)
          from attachment
         where attachment.company_id = $1 and attachment.document_id = {document}.document_id) end"""


PIECE_BYTES = 256 * 1024

_TOTAL_LOCK = 1
"""An advisory lock of the company beside 0, its reference data, and the periods' yyyymm. A negative one would be taken
for a write under way (`stamp_horizon`)."""

_FIND_NAMED = """
    select attachment_id, revision from attachment
     where company_id = $1 and document_id = $2 and line_number is not distinct from $3 and name_key = $4"""


async def find_named(connection: Connection, company_id: int, owner: Owner, name: str) -> Named | None:
    """The file of that name, in any case, on a document or line. The document's lock keeps it from changing."""
    row = await connection.fetchrow(_FIND_NAMED, company_id, owner.document_id, owner.line_number, name_key(name))
    return Named(**row) if row else None


_STORE = f"""
    with source as (select $5::uuid as attachment_id),
    {change_row("'Attachment'", "stored", "attachment_id::text", "source", detail="$15::jsonb")},
    saved as (
        insert into attachment (company_id, attachment_id, document_id, line_number, name, name_key, revision,
                                send_to_auto_invoice, include_in_mail, modified_at, version)
        select $1, $5, $6, $7, $8, $9, $10, coalesce($11::boolean, false), coalesce($12::boolean, false), stamp,
               change_id
          from changed
        on conflict on constraint attachment_pk do update
           set name = excluded.name, revision = excluded.revision,
               send_to_auto_invoice = coalesce($11, attachment.send_to_auto_invoice),
               include_in_mail = coalesce($12, attachment.include_in_mail),
               modified_at = excluded.modified_at, version = excluded.version
        returning attachment_id, revision, modified_at)
    insert into attachment_revision (company_id, attachment_id, revision, media_type, size, sha256, stored_at,
                                     stored_by)
    select $1, attachment_id, revision, $13, $14, $16, modified_at, $3 from saved"""


async def store_revision(
    connection: Connection, context: Context, owner: Owner, file: ReceivedFile, named: Named
) -> None:
    """Write a revision of a file, a new file if it is the first, and its bytes from where `file.content` stands."""
    await connection.execute(
        _STORE,
        *parameters(context),
        named.attachment_id,
        owner.document_id,
        owner.line_number,
        file.name,
        name_key(file.name),
        named.revision,
        file.send_to_auto_invoice,
        file.include_in_mail,
        file.media_type,
        file.size,
        as_json(_told(owner, file, named)),
        file.sha256,
    )
    await connection.copy_records_to_table(
        "attachment_piece",
        columns=("company_id", "attachment_id", "revision", "position", "bytes"),
        records=_pieces_of(context.company_id, file, named),
    )


def _told(owner: Owner, file: ReceivedFile, named: Named) -> dict[str, list[object]]:
    """For the log: what a new revision is, and the one before it (decision 0025)."""
    revision = [named.revision - 1, named.revision] if named.revision > 1 else [1]
    line: dict[str, list[object]] = {"line_number": [owner.line_number]} if owner.line_number is not None else {}
    return {"document_id": [owner.document_id], **line, "name": [file.name], "revision": [*revision],
            "size": [file.size], "sha256": [file.sha256]}  # fmt: skip


async def _pieces_of(company_id: int, file: ReceivedFile, named: Named) -> AsyncIterator[tuple[object, ...]]:
    position = 0
    while piece := file.content.read(PIECE_BYTES):
        yield company_id, named.attachment_id, named.revision, position, piece
        position += 1


async def lock_total(connection: Connection, company_id: int) -> int:
    """The bytes of all revisions of all files of a company; nobody else adds to them until the transaction ends."""
    await connection.execute("select pg_advisory_xact_lock($1, $2)", company_id, _TOTAL_LOCK)
    total: int = await connection.fetchval(
        "select coalesce(sum(size), 0)::bigint from attachment_revision where company_id = $1", company_id
    )
    return total


_FIND = """
    select attachment_id, name, revision, version, send_to_auto_invoice, media_type, size
      from attachment
      join attachment_revision using (company_id, attachment_id, revision)
     where company_id = $1 and attachment_id = $2"""


async def find_file(connection: Connection, company_id: int, attachment_id: UUID) -> Found | None:
    """A file as its newest revision is."""
    row = await connection.fetchrow(_FIND, company_id, attachment_id)
    return Found(**row) if row else None


async def lock_file(connection: Connection, company_id: int, attachment_id: UUID) -> Found | None:
    """The same, locked until the transaction ends."""
    row = await connection.fetchrow(f"{_FIND} for update of attachment", company_id, attachment_id)
    return Found(**row) if row else None


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file that goes with the electronic invoice; its bytes are None if all of them together are too many."""

    name: str
    size: int
    content: bytes | None


_FIND_ENCLOSED = """
    with file as (
        select attachment_id, revision, name, size, added_id, sum(size) over () as total
          from attachment
          join attachment_revision using (company_id, attachment_id, revision)
         where company_id = $1 and document_id = $2 and send_to_auto_invoice)
    select name, size,
           case when total <= $3 then (
               select string_agg(piece.bytes, ''::bytea order by piece.position) from attachment_piece as piece
                where piece.company_id = $1 and piece.attachment_id = file.attachment_id
                  and piece.revision = file.revision) end as content
      from file
     order by added_id"""


async def find_enclosed(connection: Connection, company_id: int, document_id: int, *, most: int) -> list[Enclosed]:
    """The files of a document and its lines that go with the electronic invoice, with at most so many bytes in all."""
    rows = await connection.fetch(_FIND_ENCLOSED, company_id, document_id, most)
    return [Enclosed(**row) for row in rows]


async def find_piece(
    connection: Connection, company_id: int, attachment_id: UUID, revision: int, position: int
) -> bytes | None:
    """A piece of a revision, counted from 0; None behind the last one."""
    piece: bytes | None = await connection.fetchval(
        """
        select bytes from attachment_piece
         where company_id = $1 and attachment_id = $2 and revision = $3 and position = $4
        """,
        company_id,
        attachment_id,
        revision,
        position,
    )
    return piece


_MARK = f"""
    with source as (select $5::uuid as attachment_id),
    {change_row("'Attachment'", "updated", "attachment_id::text", "source", detail="$7::jsonb")}
    update attachment set send_to_auto_invoice = $6, modified_at = stamp, version = change_id
      from changed
     where company_id = $1 and attachment_id = $5
    returning version"""


async def mark_file(
    connection: Connection, context: Context, attachment_id: UUID, *, send_to_auto_invoice: bool
) -> int:
    """Say whether a file goes with the electronic invoice; returns its new version."""
    detail = as_json({"send_to_auto_invoice": [not send_to_auto_invoice, send_to_auto_invoice]})
    version: int = await connection.fetchval(_MARK, *parameters(context), attachment_id, send_to_auto_invoice, detail)
    return version
