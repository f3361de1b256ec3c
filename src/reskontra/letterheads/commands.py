"""Changing the logo of a branch."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from hashlib import sha256

from reskontra.changes.commands import lock_reference
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.errors import NotFound, Refused
from reskontra.letterheads.store import delete_logo, save_logo
from reskontra.printing.pdf import make_pdf
from reskontra.printing.pictures import picture_of
from reskontra.reference.rules.paper import LARGEST_LOGO_BYTES, Logo
from reskontra.reference.store import remembered
from reskontra.yaml_file import Base64

PROOF = "letterheads/proof.typ"
_PROOF_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
_HINT = f"Send a PNG, JPEG or SVG file of at most {LARGEST_LOGO_BYTES // 1024} KiB."


async def logo_of_file(branch_number: str, content: bytes) -> Logo:
    """A file as the logo of a branch. Raises `Refused` unless it is a picture that can be printed, which is tried."""
    if len(content) > LARGEST_LOGO_BYTES:
        raise Refused(f"The logo has {len(content)} bytes.", hint=_HINT)
    logo = Logo(branch_number=branch_number, content=Base64(b64encode(content).decode()))
    await check_printable(logo)
    return logo


async def check_printable(logo: Logo) -> None:
    """Raises `Refused` unless the logo is a picture that the typesetter takes."""
    try:
        await make_pdf(PROOF, lambda: {"logo": picture_of(b64decode(logo.content)).as_svg}, _PROOF_MOMENT, noun="logo")
    except ValueError as error:
        raise Refused(f"The logo cannot be used. {error}", hint=_HINT) from None
    except RuntimeError:
        raise Refused("The logo cannot be printed.", hint=_HINT) from None


async def put(connection: Connection, context: Context, logo: Logo) -> None:
    """Give a branch its logo. Run it in a transaction. Raises `NotFound` if there is no such branch."""
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    branch = reference.branches.find(logo.branch_number)
    if branch is None:
        raise NotFound("branch", logo.branch_number)
    before = reference.logos.get(branch.branch_number)
    await write(connection, context, Logo(branch_number=branch.branch_number, content=logo.content), before)


async def write(connection: Connection, context: Context, logo: Logo, before: Logo | None) -> None:
    """Write a logo in place of the one before, and tell the log which file it is."""
    if before == logo:
        return
    told = [_told(it) for it in (before, logo) if it is not None]
    await save_logo(connection, context, logo, "updated" if before else "created", {"sha256": told})


async def delete(connection: Connection, context: Context, branch_number: str) -> None:
    """Take a branch's own logo away. Run it in a transaction. Raises `NotFound` if it has none."""
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    logo = reference.logos.find(branch_number)
    if logo is None:
        raise NotFound(reason=f"The branch {branch_number} has no logo of its own.")
    await delete_logo(connection, context, logo.branch_number, {"sha256": [_told(logo)]})


def _told(logo: Logo) -> str:
    return sha256(b64decode(logo.content)).hexdigest()
