"""The addresses of logos."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import quote

from starlette.responses import Response

from reskontra.attachments.rules import UNKNOWN
from reskontra.errors import NotFound
from reskontra.letterheads import commands
from reskontra.letterheads.rules import logo_of
from reskontra.printing.pictures import picture_of
from reskontra.reference.routes.answering import addressed, reference_of
from reskontra.reference.rules.paper import LARGEST_LOGO_BYTES
from reskontra.web.addresses import Addresses
from reskontra.web.answers import deleted, no_content
from reskontra.web.call import Call

_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


async def get_logo(call: Call) -> Response:
    """GET the logo that documents of a branch have, byte for byte."""
    reference = await reference_of(call)
    branch = addressed(reference.branches, "branch", call.params["branchNumber"])
    logo = logo_of(reference, branch.branch_number)
    if logo is None:
        raise NotFound(reason=f"The branch {branch.branch_number} has no logo.")
    picture = picture_of(b64decode(logo.content))
    return Response(picture.content, 200, {**_HARMLESS, "Content-Type": picture.media_type})


async def put_logo(call: Call) -> Response:
    """PUT a file as the logo of a branch."""
    number = call.params["branchNumber"]
    async with call.upload() as upload:
        content = upload.file.read(LARGEST_LOGO_BYTES + 1)
    logo = await commands.logo_of_file(number, content)
    async with call.database.transaction() as connection:
        await commands.put(connection, call.context, logo)
    return no_content(call, f"/v1/reskontra/branch/{quote(number, safe='')}/logo")


async def delete_logo(call: Call) -> Response:
    """DELETE the logo of a branch."""
    async with call.database.transaction() as connection:
        await commands.delete(connection, call.context, call.params["branchNumber"])
    return deleted()


_LOGOS = Addresses("/v1/reskontra/branch", "logo")
_LOGO = "{branchNumber}/logo"

ROUTES = (
    _LOGOS.file("Reskontra_GetLogo", get_logo, _LOGO, "reading", UNKNOWN),
    _LOGOS.put_file("Reskontra_PutLogo", put_logo, _LOGO),
    _LOGOS.delete("Reskontra_DeleteLogo", delete_logo, _LOGO),
)
