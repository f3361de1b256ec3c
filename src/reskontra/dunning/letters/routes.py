"""The addresses of existing dunning letters."""

from __future__ import annotations

import re

from starlette.responses import Response

from reskontra.changes.lists.wire import PAGING, choice, day, filtered, flag, matching, moment, whole
from reskontra.customers.store.fragments import id_of_number
from reskontra.db.lists import Window
from reskontra.dunning.letters import commands
from reskontra.dunning.letters.letter import LetterStatus
from reskontra.dunning.letters.store import lists
from reskontra.dunning.letters.store.lists import Found
from reskontra.dunning.letters.wire.answers import LetterActionAnswer, LetterAnswer
from reskontra.dunning.letters.wire.bodies import LetterUpdate, LetterVoid
from reskontra.dunning.letters.wire.rendering import letter_answer
from reskontra.errors import Malformed, NotFound
from reskontra.printing.answers import PDF, pdf_answer
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import answer_page, find
from reskontra.reference.store import remembered
from reskontra.web.addresses import Addresses
from reskontra.web.answers import deleted, done, no_content, one
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.routing import tryable
from reskontra.web.wire import changes

FILTERS = (
    matching("customer", f"letter.customer_id = {id_of_number('{}::text')}"),
    choice("status", LetterStatus, "letter.status"),
    whole("level", "letter.level = {}"),
    whole("firstNumber", "letter.letter_id >= {}"),
    whole("lastNumber", "letter.letter_id <= {}"),
    day("letterDate", "letter.letter_date"),
    matching("refNbr", lists.LISTS_DOCUMENT),
    flag("finalReminder", "letter.final_reminder"),
    moment("lastModifiedDateTime", lists.MODIFIED_AT),
)


async def get_letters(call: Call) -> Response:
    """GET a page of letters in the order of their numbers."""
    with_lines = call.query.flag("expandLines", default=True)
    return await answer_page(
        call,
        lists.letters(with_lines=with_lines),
        filtered(call),
        lambda letter, reference: letter_answer(letter, reference, with_lines=with_lines),
    )


async def get_letter(call: Call) -> Response:
    """GET one letter with its lines, totals and words."""
    found, reference = await _found(call)
    wording = commands.wording_of(found, reference)
    return one(call, letter_answer(found.letter, reference, wording=wording), found.letter.version)


async def print_letter(call: Call) -> Response:
    """GET the letter as a PDF: drafts and voided ones are marked as such."""
    return pdf_answer(await commands.print_letter(*await _found(call)))


async def print_letters(call: Call) -> Response:
    """GET the letters that the filters leave, in one PDF by number; voided ones only if `status` asks for them."""
    filters, most = filtered(call), commands.MOST_IN_ONE_FILE
    if call.query.text("status") is None:
        filters.add(f"letter.status <> '{LetterStatus.VOIDED.value}'")
    async with call.database.connection() as connection:
        listed = await lists.letters(with_lines=False).rows(connection, filters, Window(most + 1, 0))
        if len(listed.rows) > most:
            raise Malformed(
                f"There are more than {most} letters, which do not go into one file.",
                hint="Send firstNumber and lastNumber, or another filter, to print them in parts.",
            )
        found = await lists.find_letters(connection, call.company_id, [it.letter_id for it in listed.rows])
        if not found:
            raise NotFound(
                reason="There is no such dunning letter.", hint="Voided ones are printed with status=Voided."
            )
        reference = await remembered.at(connection, call.company_id, found[0].reference_version)
    return pdf_answer(await commands.print_together(found, reference))


async def change_letter(call: Call) -> Response:
    """PUT another fee, or documents that leave the letter."""
    letter_id = letter_id_of(call)
    update = changes(call.decode(LetterUpdate))
    async with call.database.transaction() as connection:
        version = await commands.change(connection, call.context, letter_id, update, call.if_match)
    return no_content(call, f"/v1/reskontra/dunningLetter/{letter_id}", version)


async def delete_letter(call: Call) -> Response:
    """DELETE a draft."""
    async with call.database.transaction() as connection:
        await commands.delete(connection, call.context, letter_id_of(call), call.if_match)
    return deleted()


async def release_letter(call: Call) -> Response:
    """POST the release action; a body is not needed and not read."""
    async with call.database.transaction() as connection:
        version = await commands.release(connection, call.context, letter_id_of(call), call.if_match)
    return done(call, version)


async def void_letter(call: Call) -> Response:
    """POST the void action."""
    letter_id = letter_id_of(call)
    sent = changes(call.decode(LetterVoid))
    async with call.database.transaction() as connection:
        version = await commands.void(connection, call.context, letter_id, sent, call.if_match)
    return done(call, version)


async def _found(call: Call) -> tuple[Found, Reference]:
    return await find(call, "dunning letter", lists.find_letter, letter_id_of(call))


_NUMBER = re.compile(r"[1-9][0-9]{0,9}")


def letter_id_of(call: Call) -> int:
    """The number in the address. What cannot be one is not found either (W6)."""
    number = call.params["letterNumber"]
    if not _NUMBER.fullmatch(number) or int(number) >= 2**31:
        raise NotFound("dunning letter", number[:40])
    return int(number)


_LETTERS = Addresses("/v1/reskontra/dunningLetter", "dunning letter", LetterAnswer, LetterUpdate)
_PARAMETERS = (Parameter("expandLines", "boolean"), *PAGING)
_ACTION = "{letterNumber}/action"

ROUTES = tryable(
    (
        _LETTERS.many("Reskontra_GetDunningLetters", get_letters, filters=FILTERS, query=_PARAMETERS),
        _LETTERS.one("Reskontra_GetDunningLetter", get_letter, "{letterNumber}"),
        _LETTERS.put("Reskontra_UpdateDunningLetter", change_letter, "{letterNumber}"),
        _LETTERS.delete("Reskontra_DeleteDunningLetter", delete_letter, "{letterNumber}"),
        _LETTERS.file("Reskontra_PrintDunningLetter", print_letter, "{letterNumber}/print", "printing", PDF),
        _LETTERS.file("Reskontra_PrintDunningLetters", print_letters, "print", "printing", PDF, filters=FILTERS),
        _LETTERS.act(
            "Reskontra_ReleaseDunningLetter",
            release_letter,
            f"{_ACTION}/release",
            "releasing",
            answer=LetterActionAnswer,
        ),
        _LETTERS.act(
            "Reskontra_VoidDunningLetter",
            void_letter,
            f"{_ACTION}/void",
            "voiding",
            body=LetterVoid,
            answer=LetterActionAnswer,
        ),
    )
)
