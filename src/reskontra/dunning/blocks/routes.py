"""The addresses of blocks of reminding."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import PAGING, choice, filtered, matching
from reskontra.customers.store.fragments import id_of_number
from reskontra.dunning.blocks import commands
from reskontra.dunning.blocks.wire import BlockAnswer, BlockUpdate, block_answer
from reskontra.errors import NotFound
from reskontra.kinds import kind_spelled
from reskontra.receivables.store.blocks import BLOCKS, find_block
from reskontra.receivables.wire.items import DocumentType
from reskontra.web.addresses import Addresses
from reskontra.web.answers import deleted, no_content, one
from reskontra.web.call import Call
from reskontra.web.routing import tryable
from reskontra.web.wire import changes

FILTERS = (
    matching("customer", f"document.customer_id = {id_of_number('{}::text')}"),
    choice("documentType", DocumentType, "document.document_type"),
)


async def get_blocks(call: Call) -> Response:
    """GET a page of blocked documents that are open, by type and number."""
    return await answer_page(call, BLOCKS, filtered(call), block_answer)


async def get_block(call: Call) -> Response:
    """GET the block of one document."""
    found = await call.find("block of reminding", find_block, *_key(call))
    return one(call, block_answer(found), found.version)


async def put_block(call: Call) -> Response:
    """PUT a block on a document, or change the one it has. The version is the document's."""
    sent = changes(call.decode(BlockUpdate))
    async with call.database.transaction() as connection:
        saved = await commands.block(connection, call.context, _key(call), sent, call.if_match)
    return no_content(call, f"/v1/reskontra/remindingBlock/{saved.document_type}/{saved.number}", saved.version)


async def delete_block(call: Call) -> Response:
    """DELETE a block: letters remind of the document again."""
    async with call.database.transaction() as connection:
        await commands.free(connection, call.context, _key(call), call.if_match)
    return deleted()


def _key(call: Call) -> tuple[str, str]:
    kind = kind_spelled(call.params["documentType"])
    if kind is None:
        raise NotFound("document type", call.params["documentType"])
    return kind.document_type, call.params["referenceNumber"]


_BLOCKS = Addresses(
    "/v1/reskontra/remindingBlock", "block of reminding", BlockAnswer, BlockUpdate, "blocks of reminding"
)
_ONE = "{documentType}/{referenceNumber}"

ROUTES = tryable(
    (
        _BLOCKS.many("Reskontra_GetRemindingBlocks", get_blocks, filters=FILTERS, query=PAGING),
        _BLOCKS.one("Reskontra_GetRemindingBlock", get_block, _ONE),
        _BLOCKS.put("Reskontra_PutRemindingBlock", put_block, _ONE),
        _BLOCKS.delete("Reskontra_DeleteRemindingBlock", delete_block, _ONE),
    )
)
