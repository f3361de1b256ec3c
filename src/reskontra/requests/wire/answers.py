"""How recorded requests and coverage look as JSON, in the sandbox's own addresses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec

from reskontra.requests.recorded import Detail, Effect, Half, OperationUse, Page, Recorded, Start, Touched, Use
from reskontra.requests.rules.again import KeyUse
from reskontra.requests.rules.corrections import Fault
from reskontra.requests.rules.defaults import Default
from reskontra.web.auth import SCOPE
from reskontra.web.errors import path_text
from reskontra.web.secrets import PUBLISHED_CLIENT, PUBLISHED_SECRET, PUBLISHED_TENANT
from reskontra.web.shapes import wire_path
from reskontra.web.wire import Answer


class MarkAnswer(Answer, kw_only=True):
    """A remark of the linter. `explained` is its place in the documentation."""

    key: str
    label: str
    advice: str
    explained: str


class ThingAnswer(Answer, kw_only=True):
    """A thing that a request touched; `events` are words of the log of changes."""

    entity: str
    key: str
    events: list[str]


class EffectAnswer(Answer, kw_only=True):
    """What a request did, from the log of changes."""

    sentence: str
    documents: list[ThingAnswer]
    letters: list[ThingAnswer]
    others: list[ThingAnswer]
    batches: list[str]
    change_rows: int


class HeaderAnswer(Answer, kw_only=True):
    """A header, secrets masked."""

    name: str
    value: str


class HalfAnswer(Answer, kw_only=True):
    """The request or the answer as it went over the wire. `is_whole` is false if `body` is only its beginning."""

    headers: list[HeaderAnswer]
    body: str
    size: int
    is_whole: bool


class TimesAnswer(Answer, kw_only=True):
    """Milliseconds: in all, waiting for a connection to the database, in statements; and how many statements."""

    total: float
    waiting: float
    database: float
    statements: int
    brackets: int


class FaultAnswer(Answer, kw_only=True):
    """Why a request was refused. `path` leads to the field in the body, by the names that were sent; `corrected` is the
    body with a value that passes as far as this field goes."""

    sentence: str
    field: str | None = None
    path: list[str | int] | None = None
    hint: str | None = None
    corrected: Any = None


class RequestAnswer(Answer, kw_only=True):
    """A recorded request as a row. `number` counts up and can be sent as `after` or `before`."""

    id: str
    number: int
    at: str
    method: str
    path: str
    query: str
    operation: str
    status: int
    milliseconds: float
    bytes: int
    company: int | None = None
    company_rule: str
    client: str | None = None
    effect: EffectAnswer | None = None
    ignored: list[str]
    marks: list[MarkAnswer]


class PageAnswer(Answer, kw_only=True):
    """Some recorded requests, newest first. `kept` counts all of them, `newest` is the number of the newest."""

    requests: list[RequestAnswer]
    has_more: bool
    kept: int
    newest: int
    clients: list[str]


class CompanyAnswer(Answer, kw_only=True):
    """A company of the sandbox, and the date that it is there."""

    id: int
    code: str
    name: str
    customers: int
    documents: int
    today: str


class ClientAnswer(Answer, kw_only=True):
    """What a token is asked for with."""

    tenant_id: str
    client_id: str
    client_secret: str
    scope: str


_PUBLISHED = ClientAnswer(
    tenant_id=PUBLISHED_TENANT, client_id=PUBLISHED_CLIENT, client_secret=PUBLISHED_SECRET, scope=SCOPE
)


class StartAnswer(Answer, kw_only=True):
    """What one begins with. `open` says whether this machine needs no token, `canReset` whether its companies can be
    made as they were; `client` is absent unless its secret is the published one; `requests` are the last five."""

    base_url: str
    open: bool
    can_reset: bool
    client: ClientAnswer | None = None
    companies: list[CompanyAnswer]
    requests: list[RequestAnswer]


class DetailAnswer(RequestAnswer, kw_only=True):
    """A recorded request with all that is known about it."""

    sent: HalfAnswer
    answer: HalfAnswer
    times: TimesAnswer
    fault: FaultAnswer | None = None
    curl: str
    python: str
    why_not_again: str | None = None
    key_use: KeyUse


class AgainAnswer(Answer, kw_only=True):
    """A request that was sent again: the id that it has this time, and the status of its answer. `isReplayed`: it had
    been carried out under its Idempotency-Key, so nothing was done, and the answer of then came again."""

    id: str
    status_code: int
    is_replayed: bool


class DefaultAnswer(Answer, kw_only=True):
    """A field that was not sent, what it became, and where that came from; `at` is the field of the source."""

    field: str
    value: Any
    origin: str
    at: str | None = None


class DefaultsAnswer(Answer, kw_only=True):
    """The fields that a request left out. `isNewer`: what it made was changed since, and is shown as it is now."""

    address: str | None = None
    is_newer: bool
    fields: list[DefaultAnswer]


class OperationAnswer(Answer, kw_only=True):
    """An operation of the contract: whether it is served, and how often it was called.

    `known` and `chosen` count what is odd about it: certain, or our choice."""

    operation: str
    method: str
    path: str
    is_served: bool
    missing: str | None = None
    called: int
    succeeded: int
    last_status: int | None = None
    last_at: str | None = None
    marks: int
    known: int
    chosen: int


class CoverageAnswer(Answer, kw_only=True):
    """Coverage by use. Shares are those of the operations that are served."""

    operations_total: int
    served: int
    called: int
    share_called: float
    operations: list[OperationAnswer]


def request_answer(request: Recorded) -> RequestAnswer:
    """A row."""
    return RequestAnswer(**_row(request))


def page_answer(page: Page) -> PageAnswer:
    """A page of rows."""
    return PageAnswer(
        requests=list(map(request_answer, page.requests)),
        has_more=page.has_more,
        kept=page.kept,
        newest=page.newest,
        clients=list(page.clients),
    )


def start_answer(start: Start) -> StartAnswer:
    """What one begins with."""
    return StartAnswer(
        base_url=start.base_url,
        open=start.is_open,
        can_reset=start.can_reset,
        client=_PUBLISHED if start.has_published_client else None,
        companies=[
            CompanyAnswer(
                id=company.company_id,
                code=company.code,
                name=company.name,
                customers=company.customers,
                documents=company.documents,
                today=company.today.isoformat(),
            )
            for company in start.companies
        ],
        requests=list(map(request_answer, start.requests)),
    )


def detail_answer(detail: Detail) -> DetailAnswer:
    """All of a request."""
    request, work = detail.request, detail.request.work
    return DetailAnswer(
        **_row(request),
        sent=_half(request.sent),
        answer=_half(request.answer),
        times=TimesAnswer(
            total=request.milliseconds,
            waiting=round(work.waiting_seconds * 1000, 2),
            database=round(work.database_seconds * 1000, 2),
            statements=work.statements,
            brackets=work.brackets,
        ),
        fault=_fault(request.fault, detail) if request.fault else None,
        curl=detail.curl,
        python=detail.python,
        why_not_again=detail.why_not_again,
        key_use=detail.key_use,
    )


def _fault(fault: Fault, detail: Detail) -> FaultAnswer:
    return FaultAnswer(
        sentence=fault.sentence,
        field=path_text(fault.field) or None,
        path=list(detail.fault_path) if detail.fault_path else None,
        hint=fault.hint or None,
        corrected=detail.correction.body if detail.correction else None,
    )


def default_answer(default: Default, struct: type[msgspec.Struct]) -> DefaultAnswer:
    """A field by its name in the body `struct`."""
    path = (default.attribute,) if default.line is None else ("lines", default.line, default.attribute)
    return DefaultAnswer(
        field=path_text(wire_path(struct, path)), value=default.value, origin=default.origin.value, at=default.at
    )


def coverage_answer(use: Use) -> CoverageAnswer:
    """Coverage by use."""
    return CoverageAnswer(
        operations_total=len(use.operations),
        served=use.served,
        called=use.called,
        share_called=use.share_called,
        operations=[_operation(operation) for operation in use.operations],
    )


def _row(request: Recorded) -> dict[str, Any]:
    return {
        "id": request.request_id,
        "number": request.position,
        "at": request.at.isoformat(timespec="milliseconds"),
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "operation": request.operation,
        "status": request.status,
        "milliseconds": request.milliseconds,
        "bytes": request.answer.size,
        "company": request.company_id,
        "company_rule": request.company_rule,
        "client": request.client,
        "effect": _effect(request.effect) if request.effect else None,
        "ignored": [*request.idle, *request.ignored],
        "marks": [
            MarkAnswer(key=mark.key, label=mark.label, advice=mark.advice, explained=mark.anchor)
            for mark in request.marks
        ],
    }


def _effect(effect: Effect) -> EffectAnswer:
    return EffectAnswer(
        sentence=effect.sentence,
        documents=_things(effect.documents),
        letters=_things(effect.letters),
        others=_things(effect.others),
        batches=list(effect.batches),
        change_rows=effect.change_rows,
    )


def _things(things: tuple[Touched, ...]) -> list[ThingAnswer]:
    return [ThingAnswer(entity=thing.entity, key=thing.key, events=list(thing.events)) for thing in things]


def _half(half: Half) -> HalfAnswer:
    headers = [HeaderAnswer(name=name, value=value) for name, value in half.headers]
    return HalfAnswer(headers=headers, body=half.body.decode("utf-8", "replace"), size=half.size,
                      is_whole=half.is_whole)  # fmt: skip


def _operation(use: OperationUse) -> OperationAnswer:
    fields = {**asdict(use), "last_at": use.last_at and use.last_at.isoformat(timespec="milliseconds")}
    return OperationAnswer(**fields)
