"""Who is to be reminded on a day, the letters that come of it, and each letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from reskontra.dunning.letters.commands import MOST_IN_ONE_FILE
from reskontra.errors import NotFound, Refusal, Refused
from reskontra.pages.customers import ROWS, Letter, Name, Standing
from reskontra.pages.formats import plain_number
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.sent import sent_of_letter
from reskontra.pages.words import later
from reskontra.web.errors import status_of


class Made(msgspec.Struct, rename="camel", kw_only=True):
    """A letter that a run makes or would make."""

    letter_number: int | None = None
    customer: Name
    level: int
    letter_date: datetime
    payment_deadline: datetime
    documents: int
    oldest_due_date: datetime | None = None
    currency_id: str
    fee: Decimal
    final_reminder: bool
    warnings: list[str]

    @property
    def days(self) -> int:
        """How long the oldest document has been due on the day of the letter."""
        return (self.letter_date - self.oldest_due_date).days if self.oldest_due_date else 0


class Skipped(msgspec.Struct):
    """Who gets no letter, and why."""

    ref: str
    reason: str


class Run(msgspec.Struct, kw_only=True):
    """What a run made or would make."""

    created: list[Made] = []
    skipped: list[Skipped] = []


class Level(msgspec.Struct):
    """A column of the board."""

    level: int
    is_final: bool
    cards: list[Made]

    @property
    def documents(self) -> int:
        """How many documents its letters remind of."""
        return sum(card.documents for card in self.cards)

    @property
    def fees(self) -> Decimal:
        """The fees of its letters, if they are in one currency."""
        return sum((card.fee for card in self.cards), Decimal(0))


async def show_board(screen: Screen) -> Response:
    """The letters that a run on that day would make, by level, and who is left out."""
    day = screen.query.text("asOf") or screen.today.isoformat()
    wanted = screen.query.text("customer")
    return await _board(screen, day, [wanted] if wanted else [])


async def _board(
    screen: Screen, day: str, customers: Sequence[str], problems: Sequence[tuple[str, str]] = ()
) -> Response:
    run, refusal = Run(), list(problems)
    try:
        run = await _run(screen, day, customers, dry=True)
    except Refused as found:
        refusal.append(("asOf", screen.why(found)))
    owing = await screen.api.list(
        Standing, "/v1/reskontra/standing", overdue=True, orderBy="overdue desc", pageNumber=1, pageSize=1000
    )
    return screen.show(
        "reminding.html",
        400 if refusal else 200,
        day=day,
        levels=_levels(run.created),
        run=run,
        owed={it.customer.number: it.overdue for it in owing.rows},
        problems=refusal,
        chosen=set(customers),
    )


def _levels(created: Sequence[Made]) -> list[Level]:
    columns: dict[int, Level] = {}
    for made in sorted(created, key=lambda it: (it.level, -it.days)):
        column = columns.setdefault(made.level, Level(made.level, made.final_reminder, []))
        column.cards.append(made)
    return list(columns.values())


async def remind(screen: Screen) -> Response:
    """POST: first show what would be made for the customers that were chosen, then make it."""
    form = await screen.form()
    day, customers = form.text("asOf") or screen.today.isoformat(), form.all("customer")
    if not customers:
        return await _board(screen, day, [], [("", screen.formats.say("Choose at least one customer."))])
    try:
        run = await _run(screen, day, customers, dry=form.text("confirmed") is None)
    except Refused as refusal:
        return await _board(screen, day, customers, [("asOf", screen.why(refusal))])
    if form.text("confirmed") is None:
        return screen.show("reminding_confirm.html", day=day, run=run, customers=customers)
    made = [it.letter_number for it in run.created if it.letter_number is not None]
    if not made:
        return screen.go(f"{ROOT}/reminding?asOf={day}", "Nobody was reminded.")
    return screen.go(
        f"{ROOT}/letters?first={min(made)}&last={max(made)}", "{count} letters were made.", count=len(made)
    )


async def _run(screen: Screen, day: str, customers: Sequence[str], *, dry: bool) -> Run:
    body: dict[str, Any] = {"asOf": day, "dryRun": dry}
    if customers:
        body["filters"] = {"customer": list(customers)}
    answer = await screen.api.send("POST", "/v1/reskontra/run/dunning", body)
    return msgspec.json.decode(answer.body, type=Run)


# --- letters


class Total(msgspec.Struct, rename="camel"):
    """What a letter asks for in one currency."""

    currency_id: str
    claims: Decimal
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


class Text(msgspec.Struct):
    """What the letter says."""

    subject: str
    opening: str
    closing: str


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
    sent = await sent_of_letter(screen, found.thing.letter_number, found.thing.status)
    return screen.show("letter.html", status, letter=found.thing, etag=found.etag, problems=list(problems), sent=sent)


def _path(screen: Screen) -> str:
    number = screen.path["number"]
    return f"/v1/reskontra/dunningLetter/{int(number) if number.isdecimal() else 0}"


async def act_on_letter(screen: Screen) -> Response:
    """POST: release, change, void or delete a letter; a void is shown first."""
    form, action, path = await screen.form(), screen.path["action"], _path(screen)
    number, version = screen.path["number"], form.text("version")
    if action == "void" and form.text("confirmed") is None:
        found = await screen.api.read(WholeLetter, path)
        return screen.show("letter_void.html", letter=found.thing, etag=found.etag, day=screen.today)
    void = {"voidDate": form.text("voidDate") or screen.today.isoformat()}
    actions: dict[str, tuple[str, str, object, str]] = {
        "release": ("POST", f"{path}/action/release", {}, later("Letter {number} released.")),
        "fee": (
            "PUT",
            path,
            {"fee": plain_number(form.text("fee") or "0", screen.formats.language)},
            later("The fee of letter {number} was changed."),
        ),
        "delete": ("DELETE", path, None, later("Letter {number} deleted.")),
        "void": ("POST", f"{path}/action/void", void, later("Letter {number} voided.")),
    }
    if action not in actions:
        raise NotFound(reason="There is no such action.")
    method, address, body, said = actions[action]
    try:
        await screen.api.send(method, address, body, if_match=version)
    except Refusal as refusal:
        return await _letter(screen, [("", screen.why(refusal))], status_of(refusal))
    return screen.go(f"{ROOT}/letters" if action == "delete" else f"{ROOT}/letters/{number}", said, number=number)
