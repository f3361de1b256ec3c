"""The addresses of dunning letters that stand."""

from __future__ import annotations

import re

from starlette.responses import Response

from reskontra.changes.lists.routes import read_page
from reskontra.db.lists import Slice, Total, Window
from reskontra.dunning.letters import commands
from reskontra.dunning.letters.letter import Letter
from reskontra.dunning.letters.rules.wording import worded
from reskontra.dunning.letters.store import lists
from reskontra.dunning.letters.store.lists import Found
from reskontra.dunning.letters.wire.answers import LetterActionAnswer, LetterAnswer
from reskontra.dunning.letters.wire.bodies import LetterUpdate, LetterVoid
from reskontra.dunning.letters.wire.page import printed
from reskontra.dunning.letters.wire.rendering import letter_answer
from reskontra.errors import NotFound
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.web.answers import deleted, done, no_content, one, page
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.listing import page_of
from reskontra.web.routing import Route
from reskontra.web.wire import changes

_PDF = "application/pdf"


async def get_letters(call: Call) -> Response:
    """GET a page of letters in the order of their numbers."""
    query = call.query
    filters = lists.letter_filters(query, call.company_id)
    with_lines = query.flag("expandLines", default=True)
    async with call.database.connection() as connection:

        async def rows(window: Window) -> Slice[Letter]:
            return await lists.list_letters(connection, filters, window, with_lines=with_lines)

        async def total() -> Total:
            return await lists.count_letters(connection, filters)

        key = (call.company_id, "DunningLetter", filters.key)
        listed = await read_page(
            call.lists, key, page_of(query), rows=rows, total=total, sort_key=lambda letter: (letter.letter_id,)
        )
        reference = await remembered.at(connection, call.company_id, None)
    return page(call, (letter_answer(letter, reference, with_lines=with_lines) for letter in listed.rows), listed.total)


async def get_letter(call: Call) -> Response:
    """GET one letter with its lines, totals and words."""
    found, reference = await _found(call)
    wording = worded(found.letter, found.debtor, reference)
    return one(call, letter_answer(found.letter, reference, wording=wording), found.letter.version)


async def print_letter(call: Call) -> Response:
    """GET the letter as a PDF: drafts and voided ones are marked as such."""
    found, reference = await _found(call)
    wording = worded(found.letter, found.debtor, reference)
    pdf = await printed(found.letter, wording, found.debtor, reference)
    name = f"dunning-letter-{found.letter.letter_id}.pdf"
    return Response(pdf, 200, {"Content-Disposition": f'inline; filename="{name}"'}, media_type=_PDF)


async def change_letter(call: Call) -> Response:
    """PUT another fee, or documents that leave the letter."""
    letter_id = _letter_id(call)
    update = changes(call.decode(LetterUpdate))
    async with call.database.transaction() as connection:
        version = await commands.change(connection, call.context, letter_id, update, call.if_match)
    return no_content(call, f"/v1/reskontra/dunningLetter/{letter_id}", version)


async def delete_letter(call: Call) -> Response:
    """DELETE a draft."""
    async with call.database.transaction() as connection:
        await commands.delete(connection, call.context, _letter_id(call), call.if_match)
    return deleted()


async def release_letter(call: Call) -> Response:
    """POST the release action; a body is not needed and not read."""
    async with call.database.transaction() as connection:
        version = await commands.release(connection, call.context, _letter_id(call), call.if_match)
    return done(call, version)


async def void_letter(call: Call) -> Response:
    """POST the void action."""
    letter_id = _letter_id(call)
    sent = changes(call.decode(LetterVoid))
    async with call.database.transaction() as connection:
        version = await commands.void(connection, call.context, letter_id, sent, call.if_match)
    return done(call, version)


async def _found(call: Call) -> tuple[Found, Reference]:
    letter_id = _letter_id(call)
    async with call.database.connection() as connection:
        found = await lists.find_letter(connection, call.company_id, letter_id)
        if found is None:
            raise NotFound("dunning letter", letter_id)
        return found, await remembered.at(connection, call.company_id, found.reference_version)


_NUMBER = re.compile(r"[1-9][0-9]{0,9}")


def _letter_id(call: Call) -> int:
    """The number in the address. What cannot be one is not found either (W6)."""
    number = call.params["letterNumber"]
    if not _NUMBER.fullmatch(number) or int(number) >= 2**31:
        raise NotFound("dunning letter", number[:40])
    return int(number)


def _parameters(**kinds: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind, "") for name, kind in kinds.items())


_FILTERS = _parameters(
    customer="string",
    status="string",
    level="integer",
    letterDate="datetime",
    letterDateCondition="string",
    refNbr="string",
    finalReminder="boolean",
    lastModifiedDateTime="datetime",
    lastModifiedDateTimeCondition="string",
    expandLines="boolean",
    pageNumber="integer",
    pageSize="integer",
)
_COLLECTION = "/v1/reskontra/dunningLetter"
_SINGLE = f"{_COLLECTION}/{{letterNumber}}"

ROUTES = (
    Route("Reskontra_GetDunningLetters", "GET", _COLLECTION, get_letters, "reading dunning letters",
          answer=LetterAnswer, lists=True, query=_FILTERS),
    Route("Reskontra_GetDunningLetter", "GET", _SINGLE, get_letter, "reading dunning letter", answer=LetterAnswer),
    Route("Reskontra_UpdateDunningLetter", "PUT", _SINGLE, change_letter, "updating dunning letter",
          body=LetterUpdate),
    Route("Reskontra_DeleteDunningLetter", "DELETE", _SINGLE, delete_letter, "deleting dunning letter"),
    Route("Reskontra_PrintDunningLetter", "GET", f"{_SINGLE}/print", print_letter, "printing dunning letter",
          media=_PDF),
    Route("Reskontra_ReleaseDunningLetter", "POST", f"{_SINGLE}/action/release", release_letter,
          "releasing dunning letter", answer=LetterActionAnswer, spelling=LetterUpdate),
    Route("Reskontra_VoidDunningLetter", "POST", f"{_SINGLE}/action/void", void_letter, "voiding dunning letter",
          body=LetterVoid, answer=LetterActionAnswer),
)  # fmt: skip
