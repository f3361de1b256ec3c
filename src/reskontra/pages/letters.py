"""Dunning letters: the list, one letter, and what is done with it in a second step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.dunning.letters.commands import MOST_IN_ONE_FILE
from reskontra.errors import NotFound, Objection, Refusal, Stale
from reskontra.pages.api import Trial, segment
from reskontra.pages.changes import last_change
from reskontra.pages.customers import ROWS, Letter, Name
from reskontra.pages.document import Entry
from reskontra.pages.document_kinds import kind_named
from reskontra.pages.formats import plain_number
from reskontra.pages.screen import ROOT, Form, Screen
from reskontra.pages.sent import sent_of_letter
from reskontra.pages.words import later
from reskontra.web.errors import status_of

_MANY = 200


class Total(msgspec.Struct, rename="camel"):
    """What a letter asks for in one currency."""

    currency_id: str
    credits: Decimal
    fee: Decimal
    total: Decimal


class Line(msgspec.Struct, rename="camel", kw_only=True):
    """A document on a letter."""

    document_type: str
    ref_nbr: str
    document_date: datetime | None = None
    due_date: datetime | None = None
    days_overdue: int | None = None
    currency_id: str
    balance_in_currency: Decimal
    reminded: bool
    level_before: int
    level_after: int


class Text(msgspec.Struct, rename="camel"):
    """What the letter says."""

    subject: str
    opening: str
    closing: str
    in_favour: str = ""


class Reference(msgspec.Struct, rename="camel", kw_only=True):
    """The fee invoice of a letter, or what took it back."""

    document_type: str
    ref_nbr: str
    status: str


class WholeLetter(msgspec.Struct, rename="camel", kw_only=True):
    """A letter as its page shows it."""

    letter_number: int
    status: str
    customer: Name
    level: int
    level_description: str | None = None
    final_reminder: bool
    letter_date: datetime
    payment_deadline: datetime
    currency_id: str
    fee: Decimal
    fee_invoice: Reference | None = None
    fee_credit_note: Reference | None = None
    warnings: list[str] = []
    lines: list[Line]
    totals: list[Total]
    text: Text | None = None
    void_date: datetime | None = None
    created_by: str | None = None
    created_date_time: datetime | None = None
    released_date_time: datetime | None = None
    voided_date_time: datetime | None = None

    def was_released_before(self, other: WholeLetter) -> bool:
        """Whether both are released, this one first."""
        if self.released_date_time is None or other.released_date_time is None:
            return False
        return (self.released_date_time, self.letter_number) < (other.released_date_time, other.letter_number)


class ListedLetter(Letter, kw_only=True):
    """A letter in the list of all."""

    customer: Name


async def show_letters(screen: Screen) -> Response:
    """All letters, or those of a run."""
    query, page = screen.query, screen.page_number
    letters = await screen.api.list(
        ListedLetter,
        "/v1/reskontra/dunningLetter",
        firstNumber=query.text("first"),
        lastNumber=query.text("last"),
        status=query.text("status"),
        level=query.text("level"),
        pageNumber=page,
        pageSize=ROWS,
    )
    return screen.show("letters.html", letters=letters, page=page, size=ROWS, most_in_one=MOST_IN_ONE_FILE)


async def show_letter(screen: Screen) -> Response:
    """A letter, its facts and what it says."""
    return await _letter(screen)


async def _letter(screen: Screen, problems: Sequence[tuple[str, str]] = (), status: int = 200) -> Response:
    found = await screen.api.read(WholeLetter, _path(screen))
    await screen.learn_names()
    letter = found.thing
    may_void = letter.status == "Released" and screen.api.may("controller")
    return screen.show(
        "letter.html",
        status,
        letter=letter,
        etag=found.etag,
        problems=list(problems),
        sent=await sent_of_letter(screen, letter.letter_number, letter.status),
        later=await later_letters(screen, letter) if may_void else [],
    )


def _path(screen: Screen) -> str:
    number = screen.path["number"]
    return f"/v1/reskontra/dunningLetter/{int(number) if number.isdecimal() else 0}"


# --- what is done with a letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a second step asks. All are English keys."""

    heading: str
    question: str
    button: str
    done: str
    is_dangerous: bool = False


_STEPS = {
    "release": Step(
        heading=later("Release letter {number}?"),
        question=later(
            "The levels of its documents move and its fee is invoiced. The way back is a void, which credits the fee."
        ),
        button=later("Release letter {number}"),
        done=later("Letter {number} released."),
    ),
    "delete": Step(
        heading=later("Delete letter {number}?"),
        question=later("The draft goes for good. Its documents may stand on another letter then."),
        button=later("Delete letter {number}"),
        done=later("Letter {number} deleted."),
        is_dangerous=True,
    ),
    "void": Step(
        heading=later("Void letter {number}?"),
        question=later("A void stays: it cannot be taken back."),
        button=later("Void letter {number}"),
        done=later("Letter {number} voided."),
        is_dangerous=True,
    ),
}


async def show_step(screen: Screen) -> Response:
    """What a release, a void or a deletion would do."""
    step = _step(screen)
    return await _ask(screen, step, screen.query)


async def take_step(screen: Screen) -> Response:
    """POST: do it, if the page that showed it was confirmed."""
    step, form = _step(screen), await screen.form()
    if form.text("confirmed") is None:
        return await _ask(screen, step, form)
    day = form.text("voidDate")
    if screen.path["action"] == "void" and not day:
        day = _void_day(screen, (await screen.api.read(WholeLetter, _path(screen))).thing)
    method, path, body = _request(screen, day)
    try:
        await screen.api.send(method, path, body, if_match=form.text("version"))
    except NotFound:
        raise
    except Objection as refusal:
        return await _ask(screen, step, form, refusal)
    number = screen.path["number"]
    is_gone = screen.path["action"] == "delete"
    return screen.go(f"{ROOT}/letters" if is_gone else f"{ROOT}/letters/{number}", step.done, number=number)


def _step(screen: Screen) -> Step:
    step = _STEPS.get(screen.path["action"])
    if step is None:
        raise NotFound(reason="There is no such action.")
    return step


def _request(screen: Screen, void_day: str | None) -> tuple[str, str, object]:
    """Method, address and body of what the step is for."""
    action, path = screen.path["action"], _path(screen)
    if action == "delete":
        return "DELETE", path, None
    if action == "void":
        return "POST", f"{path}/action/void", {"voidDate": void_day}
    return "POST", f"{path}/action/release", {}


def _void_day(screen: Screen, letter: WholeLetter) -> str:
    """The day that is proposed: today, or that of a letter which is dated ahead."""
    day: date = max(screen.today, letter.letter_date.date())
    return day.isoformat()


async def _ask(screen: Screen, step: Step, form: Form, refusal: Refusal | None = None) -> Response:
    """The page that shows what would happen; `refusal` is why it did not when it was tried for good."""
    found = await screen.api.read(WholeLetter, _path(screen))
    day = form.text("voidDate") or _void_day(screen, found.thing)
    why = refusal
    after: WholeLetter | None = None
    entries: Sequence[Entry] = ()
    try:
        after, entries = await _foreseen(screen, day)
    except Objection as refused:
        why = refusal or refused
    action, number = screen.path["action"], found.thing.letter_number
    return screen.show(
        "letter_step.html",
        status_of(refusal) if refusal else 200,
        kind_of=kind_named,
        step=step,
        action=action,
        letter=found.thing,
        etag=found.etag,
        after=after,
        can=why is None or (refusal is not None and (after is not None or action == "delete")),
        entries=entries,
        day=day,
        later=await later_letters(screen, found.thing) if action == "void" else [],
        changed=await last_change(screen, "DunningLetter", number) if isinstance(refusal, Stale) else None,
        problems=[screen.problem(why, {"voidDate": "voidDate"})] if why else [],
    )


async def _foreseen(screen: Screen, void_day: str) -> tuple[WholeLetter | None, Sequence[Entry]]:
    """The letter as it would be, and what would be posted. Raises `Refusal` as the step would.

    Postings are asked for by the number of their document, which only a trial tells.
    """
    method, path, body = _request(screen, void_day)
    if method == "DELETE":
        await screen.api.tried(Trial(method, path))
        return None, ()
    after = (await screen.api.tried(Trial(method, path, body, [_path(screen)]))).read(0, WholeLetter)
    made = after.fee_credit_note if screen.path["action"] == "void" else after.fee_invoice
    if made is None:
        return after, ()
    named = f"documentType={made.document_type}&referenceNumber={segment(made.ref_nbr)}"
    tried = await screen.api.tried(Trial(method, path, body, [f"/v1/reskontra/report/journal?{named}"]))
    return after, tried.read(0, list[Entry])


async def later_letters(screen: Screen, letter: WholeLetter) -> list[WholeLetter]:
    """The letters after this one that bear on the same documents, and so keep it from being voided (VLT-03)."""
    listed = await screen.api.list(
        WholeLetter, "/v1/reskontra/dunningLetter", customer=letter.customer.number, pageSize=_MANY
    )
    ours = {(line.document_type, line.ref_nbr) for line in letter.lines if line.reminded}

    def bears_on_it(other: WholeLetter) -> bool:
        if other.status != "Draft" and not (other.status == "Released" and letter.was_released_before(other)):
            return False
        lines = [line for line in other.lines if line.reminded or other.status == "Released"]
        return bool(ours & {(line.document_type, line.ref_nbr) for line in lines})

    return [it for it in listed.rows if it.letter_number != letter.letter_number and bears_on_it(it)]


async def change_letter(screen: Screen) -> Response:
    """POST: another fee for a draft, or a document less on it."""
    form, number = await screen.form(), screen.path["number"]
    is_fee = screen.path["what"] == "fee"
    said = later("The fee of letter {number} was changed.")
    if not is_fee:
        said = later("A document was taken off letter {number}.")
    try:
        if is_fee:
            body: dict[str, object] = {"fee": plain_number(form.text("fee") or "0", screen.formats.language, "fee")}
        else:
            document_type, _, reference = (form.text("document") or "").partition("/")
            body = {"lines": [{"operation": "Delete", "documentType": document_type, "refNbr": reference}]}
        await screen.api.send("PUT", _path(screen), body, if_match=form.text("version"))
    except NotFound:
        raise
    except Objection as refusal:
        return await _letter(
            screen, [screen.problem(refusal, {"fee": "fee"}, elsewhere="fee" if is_fee else "")], status_of(refusal)
        )
    return screen.go(f"{ROOT}/letters/{number}", said, number=number)
