"""Files on documents and their lines: revisions, limits, safe downloads (ATT)."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from reskontra.attachments.rules import file_name, media_type_of
from reskontra.attachments.wire import disposition
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.errors import Refused
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, KINDS, STALE, Caller, Clerk, Record, refusal
from tests.conftest import RunningServer, open_client

PDF = b"%PDF-1.7 a contract"
Parts = dict[str, Any] | list[tuple[str, Any]]


async def attach(
    clerk: Caller,
    document: Record | str,
    name: str = "contract.pdf",
    content: bytes = PDF,
    *,
    line: int | None = None,
    part: str = "file",
    metadata: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """POST a file to a document, or to a line of it."""
    parts: dict[str, Any] = {part: (name, content, "application/x-anything")}
    if metadata is not None:
        parts["metadata"] = (None, metadata, "application/json")
    return await post_form(clerk, document, parts, line=line, headers=headers)


async def post_form(
    clerk: Caller, document: Record | str, parts: Parts, *, line: int | None = None, headers: Any = None
) -> httpx.Response:
    address = document.address if isinstance(document, Record) else document
    below = "attachment" if line is None else f"{line}/attachment"
    return await clerk.http.post(f"{address}/{below}", files=parts, headers=headers)


async def attached(clerk: Caller, document: Record | str, *args: Any, **more: Any) -> str:
    """The address of a file that was taken."""
    answer = await attach(clerk, document, *args, **more)
    assert (answer.status_code, answer.content) == (201, b""), answer.text
    return str(answer.headers["Location"])


async def post_raw(clerk: Clerk, document: Record, content: Any, boundary: str = "b") -> httpx.Response:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return await clerk.http.post(f"{document.address}/attachment", content=content, headers=headers)


def form(disposition: str, content: bytes = PDF) -> bytes:
    return b"--b\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n--b--\r\n"


# Attaching


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_comes_back_byte_for_byte_and_is_listed(clerk: Clerk, kind: str):
    document = await clerk.document(kind)
    content = PDF + bytes(range(256)) * 4000  # more than one piece
    answer = await attach(clerk, document, content=content)
    assert answer.status_code == 201
    read = await clerk.get(document)
    assert read["attachments"] == [
        {"name": "contract.pdf", "id": answer.headers["Location"].rpartition("/")[2], "revision": 1}
    ]
    assert answer.headers["ETag"] == f'"{read["timeStamp"]}"' != document.etag
    assert read["lastModifiedDateTime"] >= document["lastModifiedDateTime"]
    download = await clerk.http.get(answer.headers["Location"])
    assert (download.status_code, download.content) == (200, content)
    assert {name: download.headers[name] for name in (
        "content-type", "content-disposition", "content-length", "x-content-type-options", "content-security-policy",
    )} == {
        "content-type": "application/pdf",
        "content-disposition": "attachment; filename=\"contract.pdf\"; filename*=UTF-8''contract.pdf",
        "content-length": str(len(content)),
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
    }  # fmt: skip


async def test_the_same_name_in_any_case_is_a_new_revision_of_the_same_file(clerk: Clerk):
    invoice = await clerk.invoice()
    first = await attached(clerk, invoice, "Map.txt", b"one")
    assert await attached(clerk, invoice, "MAP.TXT", b"two, longer") == first
    (listed,) = (await clerk.get(invoice))["attachments"]
    assert (listed["name"], listed["revision"]) == ("MAP.TXT", 2)
    assert (await clerk.http.get(first)).content == b"two, longer"
    kept = await clerk.rows("select revision, size from attachment_revision order by revision")
    assert kept == [(1, 3), (2, 11)]


async def test_the_log_tells_which_file_came_to_which_document(clerk: Clerk):
    invoice = await clerk.invoice()
    for content in (b"one", b"other"):
        file = await attached(clerk, invoice, "map.txt", content)
    await clerk.put(file, sendToAutoinvoice=True)
    log = [(row["entity"], row["event"], {it["field"]: (it.get("old"), it["new"]) for it in row["fields"]})
           for row in await clerk.get("reskontra/change", **{"from": "2000-01-01"})
           if row["event"] == "attached" or row["entity"] == "Attachment"]  # fmt: skip
    id_ = file.rpartition("/")[2]
    assert [it for it in log if it[0] == "Invoice"] == [
        ("Invoice", "attached", {"attachment": (None, id_), "name": (None, "map.txt"), "revision": (None, turn)})
        for turn in (1, 2)
    ]
    stored, again, marked = (fields for entity, _, fields in log if entity == "Attachment")
    assert stored["sha256"] == (None, hashlib.sha256(b"one").hexdigest())
    assert again["revision"] == (1, 2)
    assert marked == {"send_to_auto_invoice": (False, True)}


async def test_another_owner_or_name_is_another_file(clerk: Clerk):
    invoice, other = await clerk.invoice(lines=[ITEM_A, ITEM_A]), await clerk.invoice()
    line = invoice["invoiceLines"][0]["lineNumber"]
    files = {
        await attached(clerk, invoice),
        await attached(clerk, invoice, "other.pdf"),
        await attached(clerk, invoice, line=line),
        await attached(clerk, other),
    }
    assert len(files) == 4


async def test_files_are_listed_where_they_are_in_the_order_added(clerk: Clerk):
    invoice = await clerk.invoice(lines=[ITEM_A | {"description": '"attachments":[],'}, ITEM_A])
    first, second = (line["lineNumber"] for line in invoice["invoiceLines"])
    for name, line in (("z.txt", None), ("a.txt", None), ("line.txt", second), ("z.txt", None)):
        await attached(clerk, invoice, name, b"x", line=line)
    (in_list,) = [it for it in await clerk.page(INVOICE) if it["referenceNumber"] == invoice.number]
    for read in (await clerk.get(invoice), in_list):
        assert [(it["name"], it["revision"]) for it in read["attachments"]] == [("z.txt", 2), ("a.txt", 1)]
        on_lines = {line["lineNumber"]: line["attachments"] for line in read["invoiceLines"]}
        assert on_lines[first] == []
        assert [(it["name"], it["revision"]) for it in on_lines[second]] == [("line.txt", 1)]
        assert [set(line) for line in read["invoiceLines"]] == [set(line) for line in invoice["invoiceLines"]]
        assert read["invoiceLines"][0]["description"] == '"attachments":[],'
    (without,) = [
        it for it in await clerk.page(INVOICE, expandAttachments=False) if it["referenceNumber"] == invoice.number
    ]
    assert "attachments" not in without
    assert all("attachments" not in line for line in without["invoiceLines"])
    assert without["invoiceLines"][0]["description"] == '"attachments":[],'


async def test_files_are_taken_in_every_status(clerk: Clerk):
    held = await clerk.invoice(hold=True)
    opened = await clerk.issue(INVOICE)
    note = await clerk.credit_note(applicationLines=[{"documentType": "Invoice", "refNbr": opened.number,
                                                      "amountPaid": 125}])  # fmt: skip
    await attached(clerk, opened, line=opened["invoiceLines"][0]["lineNumber"])
    closed = await clerk.release(note)
    assert (await clerk.get(opened))["status"] == closed["status"] == "Closed"
    for document in (held, opened, closed):
        await attached(clerk, document)


@pytest.mark.parametrize("part", ["file", "v", "", "metadata"])
async def test_the_file_is_the_part_with_a_file_name_whatever_it_is_called(clerk: Clerk, part: str):
    invoice = await clerk.invoice()
    sent = form(f'form-data; name="{part}"; filename="a.txt"', b"x")
    assert (await post_raw(clerk, invoice, sent)).status_code == 201


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ('filename="plain.txt"', "plain.txt"),
        ("filename=bare.txt", "bare.txt"),
        ("filename=\"x.txt\"; filename*=UTF-8''bl%C3%A5b%C3%A6r.txt", "blåbær.txt"),
        ("filename*=UTF-8''bl%C3%A5b%C3%A6r.txt; filename=\"x.txt\"", "blåbær.txt"),
        ('filename="blåbær.txt"', "blåbær.txt"),
        ('filename="=?utf-8?B?YmzDpWLDpnIudHh0?="', "blåbær.txt"),
        ('filename="C:\\\\temp\\\\a.txt"', "a.txt"),
        ('filename="../../etc/passwd.txt"', "passwd.txt"),
        ('filename="a;b \\"c\\".txt"', 'a;b "c".txt'),
        ('filename="a\tb.txt"', "a b.txt"),
        ('filename="a  b.txt"', "a  b.txt"),
    ],
)
async def test_names_are_read_as_clients_write_them(clerk: Clerk, parameters: str, name: str):
    invoice = await clerk.invoice()
    answer = await post_raw(clerk, invoice, form(f'form-data; name="file"; {parameters}'))
    assert answer.status_code == 201, answer.text
    assert [it["name"] for it in (await clerk.get(invoice))["attachments"]] == [name]


def test_a_name_is_the_last_segment_without_what_cannot_be_seen():
    assert file_name("a/b\\c\u0007d.txt") == "cd.txt"
    assert file_name("bla\u030a.txt") == "bl\u00e5.txt"
    assert file_name(f"{'x' * 251}.txt") == f"{'x' * 251}.txt"
    for wrong in (f"{'x' * 252}.txt", "noextension", ".hidden", "dot.", "a.txt/"):
        with pytest.raises(Refused):
            file_name(wrong)


def test_a_download_names_the_file_for_old_and_new_clients():
    assert disposition('blå "x".txt') == "attachment; filename=\"bl_ _x_.txt\"; filename*=UTF-8''bl%C3%A5%20%22x%22.txt"


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (b"%PDF-1.4", "application/pdf"), (b"\x89PNG\r\n\x1a\n..", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"), (b"II*\x00", "image/tiff"), (b"MM\x00*", "image/tiff"),
        (b"PK\x03\x04", "application/zip"), (b"<?xml version='1.0'?><a/>", "text/plain"),
        (b"<html><script>alert(1)</script>", "text/plain"), (b"<svg xmlns='x'/>", "text/plain"),
        ("blåbær".encode()[:-1], "text/plain"), ("blåbær".encode("utf-16"), "text/plain"),
        (b"MZ\x90\x00", "application/octet-stream"), (b"a\x00b", "application/octet-stream"),
        (b"\xe5\xe6\xf8", "application/octet-stream"),
    ],
)  # fmt: skip
def test_a_file_is_shown_as_what_it_is_and_never_as_something_that_runs(start: bytes, media_type: str):
    assert media_type_of(start) == media_type


# Metadata


async def test_metadata_is_kept_and_a_new_revision_changes_what_it_says(clerk: Clerk):
    invoice = await clerk.invoice()
    await attached(clerk, invoice, metadata='{"includeAttachmentInvoiceEmail": true, "more": [1]}')
    flags = "select include_in_mail, send_to_auto_invoice from attachment"
    assert await clerk.rows(flags) == [(True, False)]
    await attached(clerk, invoice, metadata='{"SendToAutoInvoice": {"value": true}}')
    assert await clerk.rows(flags) == [(True, True)]
    await attached(clerk, invoice)
    assert await clerk.rows(flags) == [(True, True)]


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ("{", "The part metadata is not valid JSON"),
        ("[]", "The part metadata is no object: "),
        ('{"sendToAutoInvoice": "x"}', "sendToAutoInvoice"),
    ],
)
async def test_metadata_that_cannot_be_read_is_refused(clerk: Clerk, metadata: str, says: str):
    invoice = await clerk.invoice()
    before = await clerk.newest_change()
    assert says in refusal(await attach(clerk, invoice, metadata=metadata))
    assert await clerk.newest_change() == before


@pytest.mark.parametrize("name", ["sendToAutoinvoice", "sendToAutoInvoice"])
async def test_a_file_is_marked_for_the_electronic_invoice(clerk: Clerk, name: str):
    file = await attached(clerk, await clerk.invoice())
    etag = (await clerk.http.get(file)).headers["ETag"]
    answer = await clerk.put(file, {"If-Match": etag}, **{name: True})
    assert (answer.status_code, answer.headers["Location"]) == (204, file)
    assert answer.headers["ETag"] != etag
    assert await clerk.sql("select send_to_auto_invoice from attachment")
    again = await clerk.put(file, **{name: True})
    assert (again.status_code, again.headers["ETag"]) == (204, answer.headers["ETag"])
    assert (await clerk.put(file, STALE, **{name: False})).status_code == 412


# What is refused


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([("note", (None, "text"))], "no file. Its parts: note."),
        ([("a", ("a.txt", b"x")), ("b", ("b.txt", b"y"))], "more than one file. Its parts: a (a.txt), b (b.txt)."),
        ([("a", ("a.txt", b""))], "'a.txt' is empty"),
        ([("a", ("name", b"x"))], "'name' has no extension"),
    ],
)
async def test_a_form_without_exactly_one_good_file_is_refused(clerk: Clerk, parts: Parts, says: str):
    invoice = await clerk.invoice()
    before = await clerk.newest_change()
    assert says in refusal(await post_form(clerk, invoice, parts))
    assert await clerk.newest_change() == before


@pytest.mark.parametrize(
    "sent",
    [b"", b"--b--\r\n", b"nothing", form('form-data; filename="a.txt"')[:-9], b"--b\r\n\x00: x\r\n\r\n--b--"],
)
async def test_a_broken_form_is_refused(clerk: Clerk, sent: bytes):
    assert "form" in refusal(await post_raw(clerk, await clerk.invoice(), sent))


@pytest.mark.parametrize(
    "disposition",
    [
        'form-data; filename*=a; filename*1="b.txt"',
        f"form-data; filename*{'9' * 5000}*=a.txt",
    ],
)
async def test_a_header_that_trips_the_parser_is_refused(clerk: Clerk, disposition: str):
    assert "cannot be read" in refusal(await post_raw(clerk, await clerk.invoice(), form(disposition)))


async def test_a_boundary_that_trips_the_parser_is_refused(clerk: Clerk):
    invoice = await clerk.invoice()
    for boundary in ("\xe9", '"=?utf-8?B?w6k=?="'):
        headers = {b"Content-Type": f"multipart/form-data; boundary={boundary}".encode("latin-1")}
        answer = await clerk.http.post(f"{invoice.address}/attachment", content=form("form-data"), headers=headers)
        assert "form" in refusal(answer)


async def test_a_form_of_very_many_parts_is_refused(clerk: Clerk):
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n'
    invoice = await clerk.invoice()
    assert "at most 100 parts" in refusal(await post_raw(clerk, invoice, part * 1001 + b"--b--\r\n"))
    assert (await post_raw(clerk, invoice, part * 99 + form('form-data; filename="a.txt"'))).status_code == 201


async def test_another_media_type_is_refused(clerk: Clerk):
    invoice = await clerk.invoice()
    for headers in ({"Content-Type": "application/json"}, {"Content-Type": "application/pdf"}, {}):
        answer = await clerk.http.post(f"{invoice.address}/attachment", content=b"{}", headers=headers)
        assert "multipart/form-data" in refusal(answer, 415)
    answer = await clerk.http.post(
        f"{invoice.address}/attachment", content=b"x", headers={"Content-Type": "multipart/form-data"}
    )
    assert "boundary" in refusal(answer)


async def test_an_unknown_document_line_or_file_is_not_found(clerk: Clerk):
    invoice = await clerk.invoice()
    line = invoice["invoiceLines"][0]["lineNumber"]
    for answer in (
        await attach(clerk, f"/v1/{INVOICE}/none"),
        await attach(clerk, f"/v1/{CREDIT_NOTE}/{invoice.number}"),
        await attach(clerk, invoice, line=line + 1),
        await clerk.http.post(f"{invoice.address}/x/attachment", files={"f": ("a.txt", b"x")}),
        await clerk.http.get(f"/v1/attachment/{uuid4()}"),
        await clerk.http.get("/v1/attachment/none"),
        await clerk.put(f"attachment/{uuid4()}", sendToAutoinvoice=True),
    ):
        assert answer.status_code == 404, answer.text
    assert await clerk.sql("select count(*) from attachment") == 0


async def test_an_outdated_version_stores_nothing(clerk: Clerk):
    debit_note = await clerk.document(DEBIT_NOTE)
    assert (await attach(clerk, debit_note, headers=STALE)).status_code == 412
    assert (await clerk.get(debit_note))["attachments"] == []
    assert (await attach(clerk, debit_note, headers=debit_note.if_match)).status_code == 201


async def test_a_file_over_the_limit_is_refused_before_it_is_read_further(books: Database, clerk: Clerk):
    invoice = await clerk.invoice()
    async with open_client(Settings(sandbox=True, attachment_limit=1000), books, clerk.clock) as http:
        caller = Caller(http)
        assert (await attach(caller, invoice, content=b"x" * 1000)).status_code == 201
        text = refusal(await attach(caller, invoice, content=b"x" * 1001), 413)
        assert "contract.pdf" in text
        assert "1000 bytes" in text

        async def endless() -> AsyncIterator[bytes]:
            yield form('form-data; filename="a.txt"')[:-9]
            for _ in range(3):
                yield b"x" * 1000
            raise AssertionError("read further than the limit")

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await http.post(f"{invoice.address}/attachment", content=endless(), headers=headers)
        assert answer.status_code == 413


async def test_a_company_may_limit_all_its_files_together(clerk: Clerk):
    await clerk.prefer(attachments={"max_total": 100})
    invoice = await clerk.invoice()
    await attached(clerk, invoice, content=b"x" * 60)
    text = refusal(await attach(clerk, invoice, "b.txt", b"x" * 41))
    assert all(figure in text for figure in ("60", "41", "100"))
    await attached(clerk, invoice, content=b"x" * 40)


# What goes with what


async def test_files_go_with_the_draft_or_the_line_that_is_deleted(clerk: Clerk):
    invoice = await clerk.invoice(lines=[ITEM_A, ITEM_A])
    first, second = (line["lineNumber"] for line in invoice["invoiceLines"])
    of_line, of_other = await attached(clerk, invoice, line=first), await attached(clerk, invoice, line=second)
    await clerk.change(invoice, lines=[{"operation": "Delete", "lineNumber": first}, {"operation": "Update",
                                        "lineNumber": second, "quantity": 2}])  # fmt: skip
    assert (await clerk.http.get(of_line)).status_code == 404
    assert (await clerk.http.get(of_other)).status_code == 200
    assert (await clerk.delete(invoice)).status_code == 204
    assert (await clerk.http.get(of_other)).status_code == 404
    assert await clerk.sql("select count(*) from attachment_piece") == 0


async def test_two_files_of_one_name_at_once_are_two_revisions(clerk: Clerk):
    invoice = await clerk.invoice()
    files = await asyncio.gather(*(attached(clerk, invoice, content=b"%d" % turn) for turn in range(4)))
    assert len(set(files)) == 1
    assert (await clerk.get(invoice))["attachments"][0]["revision"] == 4


async def test_a_stored_file_cannot_be_changed(clerk: Clerk):
    await attached(clerk, await clerk.invoice())
    for statement in ("update attachment_piece set bytes = 'x'", "update attachment_revision set size = 1"):
        with pytest.raises(Exception, match="cannot change"):
            await clerk.execute(statement)


# On a real server


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_memory_does_not_grow_with_the_file(server: RunningServer, coding: str):
    """24 MiB go in and out of a server in this process; plain, and from 24 KiB of gzip."""
    piece, count = bytes(range(256)) * 256, 384
    head, tail = form('form-data; name="f"; filename="a.bin"', b"\x00|").split(b"|")
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)

    async def sent() -> AsyncIterator[bytes]:
        for part in (head, *[piece] * count, tail):
            yield part if coding == "identity" else packer.compress(part)
        if coding == "gzip":
            yield packer.flush()

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Encoding": coding}
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        tracemalloc.start()
        try:
            answer = await http.post(f"/v1/{INVOICE}/003547/attachment", content=sent(), headers=headers)
            assert answer.status_code == 201, answer.text
            size, digest = 0, hashlib.sha256()
            async with http.stream("GET", answer.headers["Location"]) as download:
                async for part in download.aiter_bytes():
                    digest.update(part)
                    size += len(part)
            assert size == 1 + count * len(piece)
            assert tracemalloc.get_traced_memory()[1] < 6 * 1024 * 1024
        finally:
            tracemalloc.stop()
    assert digest.digest() == hashlib.sha256(b"\x00" + piece * count).digest()


async def test_a_connection_that_is_cut_stores_nothing(server: RunningServer):
    address = httpx.URL(server.url)
    head = f"POST /v1/{INVOICE}/003547/attachment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
    with socket.create_connection((address.host, address.port)) as connection:
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode())
        connection.sendall(form('form-data; filename="a.txt"', b"x" * 50_000)[:-9])
    async with httpx.AsyncClient(base_url=server.url) as http:
        read = (await http.get(f"/v1/{INVOICE}/003547")).json()
        assert read["attachments"] == []
        # The server still takes files, and what it held of the broken one is given back.
        files = {"f": ("a.txt", b"x")}
        assert (await http.post(f"/v1/{INVOICE}/003547/attachment", files=files)).status_code == 201
