"""Who is to be reminded on a day, and the letters that come of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from starlette.responses import Response

from reskontra.errors import Refused
from reskontra.pages.customers import ClassRow, Name, Standing
from reskontra.pages.document_kinds import kind_named
from reskontra.pages.screen import ROOT, Form, Screen

_CARDS = 24
"""Customers of a page of the board."""

_LINES = 10
"""The most documents that a card opens to."""


class ProposedDocument(msgspec.Struct, rename="camel", kw_only=True):
    """A document on a letter that would be made."""

    document_type: str
    ref_nbr: str
    due_date: datetime | None = None
    days_overdue: int
    currency_id: str
    balance_in_currency: Decimal
    reminded: bool
    level_before: int
    level_after: int


class ProposedTotal(msgspec.Struct, rename="camel", kw_only=True):
    """What a letter would ask for in one currency."""

    currency_id: str
    interest: Decimal
    fee: Decimal
    total: Decimal


class ProposedLetter(msgspec.Struct, rename="camel", kw_only=True):
    """A letter that would be made."""

    level: int
    final_reminder: bool
    warnings: list[str]
    totals: list[ProposedTotal]
    documents: list[ProposedDocument]
    next_level: int | None = None
    next_letter_date: datetime | None = None

    @property
    def reminded(self) -> int:
        """How many documents it reminds of."""
        return sum(document.reminded for document in self.documents)

    @property
    def oldest(self) -> list[ProposedDocument]:
        """As many of its documents as a card shows, longest overdue first; what is only listed is last."""
        return sorted(self.documents, key=lambda it: (not it.reminded, -it.days_overdue))[:_LINES]

    @property
    def days(self) -> int:
        """How long the oldest of them has been due on the day of the letter."""
        return max((document.days_overdue for document in self.documents if document.reminded), default=0)


class BlockedDocument(msgspec.Struct, rename="camel", kw_only=True):
    """A document that would be on a letter if it were not blocked."""

    document_type: str
    ref_nbr: str
    reason: str
    until: datetime | None = None


class Proposal(msgspec.Struct, kw_only=True):
    """What one customer would get, or why it gets nothing."""

    customer: Name
    printed: bool
    emailed: bool
    language: str
    letters: list[ProposedLetter]
    reason: str | None = None
    blocked: list[BlockedDocument] = []

    @property
    def first_blocked(self) -> list[BlockedDocument]:
        """As many of the blocked documents as a card shows."""
        return self.blocked[:_LINES]


class Level(msgspec.Struct, rename="camel", kw_only=True):
    """A column of the board: how many customers there are in all."""

    level: int
    level_description: str
    final_reminder: bool
    customers: int = msgspec.field(name="customerCount")
    documents: int = msgspec.field(name="documentCount")


class NextDay(msgspec.Struct, rename="camel"):
    """The next day on which more documents are ready."""

    letter_date: datetime
    customers: int = msgspec.field(name="customerCount")


class Board(msgspec.Struct, rename="camel", kw_only=True):
    """Who is due a letter on a day: all by level, and the letters of one page of them."""

    levels: list[Level] = []
    left_out: int = 0
    total_count: int = 0
    next: NextDay | None = None
    proposals: list[Proposal] = []

    def cards(self, level: int) -> list[tuple[Proposal, ProposedLetter]]:
        """The letters of a level on this page, longest overdue first."""
        return [(it, letter) for it in self.proposals for letter in it.letters if letter.level == level]

    @property
    def silent(self) -> list[Proposal]:
        """Who gets none, on this page."""
        return [it for it in self.proposals if not it.letters]

    @property
    def reminded(self) -> int:
        """How many customers get letters, in all."""
        return self.total_count - self.left_out


class Made(msgspec.Struct, rename="camel", kw_only=True):
    """A letter that a run makes or would make."""

    letter_number: int | None = None
    customer: Name
    level: int
    payment_deadline: datetime
    documents: int
    currency_id: str
    fee: Decimal
    warnings: list[str]


class Skipped(msgspec.Struct):
    """Who gets no letter, and why."""

    ref: str
    reason: str
    name: str = ""


class Run(msgspec.Struct, kw_only=True):
    """What a run made or would make."""

    created: list[Made] = []
    skipped: list[Skipped] = []


async def show_board(screen: Screen) -> Response:
    """The letters that a run on that day would make, by level, and who is left out."""
    return await _board(screen, screen.query)


async def _board(
    screen: Screen, asked: Form, problems: Sequence[tuple[str, str]] = (), chosen: Sequence[str] | None = None
) -> Response:
    """The board that `asked` names: day, filters and page. `chosen` are the customers whose boxes are ticked."""
    day, board, refusals, page = _day(screen, asked), Board(), list(problems), screen.page_number
    try:
        board = await screen.api.get(
            Board,
            "/v1/reskontra/dunningProposal",
            asOf=day,
            levelFrom=asked.text("level"),
            levelTo=asked.text("level"),
            customerClass=asked.text("class"),
            customer=asked.text("customer") if chosen is None else None,
            way=asked.text("way"),
            pageNumber=page,
            pageSize=_CARDS,
        )
    except Refused as found:
        refusals.append(screen.problem(found, {"asOf": "asOf"}))
    return screen.show(
        "reminding.html",
        400 if refusals else 200,
        day=day,
        board=board,
        asked=asked,
        classes=await screen.api.get(list[ClassRow], "/v1/customer/customerClass"),
        filtered=sum(1 for name in ("level", "class", "way", "customer") if asked.text(name)),
        page=page,
        size=_CARDS,
        problems=refusals,
        kind_of=kind_named,
        chosen=chosen,
    )


def _day(screen: Screen, asked: Form) -> str:
    return asked.text("asOf") or str(screen.today.isoformat())


async def remind(screen: Screen) -> Response:
    """POST: first show what would be made for the customers that were chosen, or for all; then make it."""
    form = await screen.form()
    day, customers, everybody = _day(screen, form), form.all("customer"), form.text("everybody") is not None
    if not customers and not everybody:
        return await _board(screen, form, [("", screen.formats.say("Choose at least one customer."))], [])
    is_confirmed, level = form.text("confirmed") is not None, form.text("level")
    filters: dict[str, object] = {}
    if level:
        filters |= {"levelFrom": level, "levelTo": level}
    if everybody:
        filters |= {"customerClass": form.text("class")} if form.text("class") else {}
    else:
        filters["customer"] = customers
    try:
        run = await _run(screen, day, filters, dry=not is_confirmed)
        if not is_confirmed:
            told = {it.customer.number for it in run.created} | {it.ref for it in run.skipped}
            run.skipped += [await _passed_over(screen, day, level, it) for it in customers if it not in told]
    except Refused as refusal:
        return await _board(screen, form, [screen.problem(refusal, {"asOf": "asOf"}, elsewhere="asOf")], customers)
    if not is_confirmed:
        return screen.show(
            "reminding_confirm.html",
            day=day,
            is_ahead=day > screen.today.isoformat(),
            run=run,
            customers=[] if everybody else customers,
            asked=form,
        )
    made = [it.letter_number for it in run.created if it.letter_number is not None]
    if not made:
        return screen.go(f"{ROOT}/reminding?asOf={day}", "Nobody was reminded.")
    address = f"{ROOT}/letters?first={min(made)}&last={max(made)}"
    return screen.go(address, "1 letter was made.|{count} letters were made.", count=len(made))


async def _passed_over(screen: Screen, day: str, level: str | None, number: str) -> Skipped:
    """Why a customer that was chosen gets no letter, where the run has nothing to say of it."""
    say = screen.formats.say
    (stands,) = await screen.api.get(list[Standing], "/v1/reskontra/standing", number=number, pageSize=1)
    asked = {"asOf": day, "customer": number, "levelFrom": level, "levelTo": level}
    board = await screen.api.get(Board, "/v1/reskontra/dunningProposal", **asked, pageNumber=1, pageSize=1)
    if board.proposals:  # letters go to its parent, or it became due since the run was tried
        other = board.proposals[0].customer
        reason = say("Letters go to {customer}.", customer=f"{other.number} {other.name}")
    elif board.next:
        reason = say("Nothing is due for a letter before {day}.", day=screen.formats.day(board.next.letter_date))
    elif not stands.overdue:
        reason = say("Nothing is overdue.")
    else:
        reason = say("What is overdue had its last letter, is taken out of reminding, or is not of this level.")
    return Skipped(number, reason, stands.customer.name)


async def _run(screen: Screen, day: str, filters: dict[str, object], *, dry: bool) -> Run:
    body: dict[str, Any] = {"asOf": day, "dryRun": dry, "filters": filters}
    answer = await screen.api.send("POST", "/v1/reskontra/run/dunning", body)
    return msgspec.json.decode(answer.body, type=Run)
