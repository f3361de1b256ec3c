"""The addresses that control number series."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.codes import known
from reskontra.db.lists import Filters
from reskontra.kinds import KINDS
from reskontra.reference.reference import Reference
from reskontra.reference.routes.answering import reference_of
from reskontra.reports.routes.answering import report, table
from reskontra.reports.store import numbers
from reskontra.reports.wire.numbers import FindingAnswer, SeriesUseAnswer, finding_answer, series_use_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import page
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.listing import MAXIMUM
from reskontra.web.table import wants_table

_SERIES = Parameter("series", description="Only this number series.")


async def get_numbers(call: Call) -> Response:
    """GET what each number series has given out, and the first of what is to be explained."""
    reference = await reference_of(call)
    drawing = _drawing(reference)
    wanted = _wanted(call, reference)
    async with call.database.connection() as connection:
        control = await numbers.find_control(connection, call.company_id, drawing, wanted, MAXIMUM)
    answers = [
        series_use_answer(
            series,
            control,
            {entity for series_id, entity, _ in drawing if series_id == series.series_id},
            call.zone,
        )
        for series in reference.series.values()
        if wanted in (None, series.series_id)
    ]
    return page(call, answers, len(answers))


async def get_number_findings(call: Call) -> Response:
    """GET all that is to be explained of number series, by series and number."""
    reference = await reference_of(call)
    drawing = _drawing(reference)
    wanted = _wanted(call, reference)
    if wants_table(call):
        return await table(call, "numbers", numbers.FINDING_TABLE, *numbers.arrays_of(drawing), wanted)
    filters = Filters([call.company_id, *numbers.arrays_of(drawing)])
    if wanted is not None:
        filters.add("found.series_id = {}", wanted)
    return await answer_page(call, numbers.FINDINGS, filters, lambda found: finding_answer(found, call.zone))


def _drawing(reference: Reference) -> numbers.Drawing:
    """Which entity draws its numbers from which series. An entity's usual series comes first."""
    keys = [(key, kind.document_type, key == kind.series[0]) for kind in KINDS.values() for key in kind.series]
    found: dict[tuple[str, str], bool] = {}
    others = [(entity.lower(), entity, True) for entity in ("Customer", "Project", "Batch")]
    for key, entity, is_usual in (*keys, *others):
        found.setdefault((reference.series_of(key).series_id, entity), is_usual)
    return [(series_id, entity, is_usual) for (series_id, entity), is_usual in found.items()]


def _wanted(call: Call, reference: Reference) -> str | None:
    """The series that was asked for."""
    sent = call.query.text(_SERIES.name)
    return None if sent is None else known(reference.series, sent, (_SERIES.name,), "number series").series_id


ROUTES = (
    Addresses("/v1/reskontra/numbers", "number series", SeriesUseAnswer, plural="number series").many(
        "Reskontra_GetNumbers", get_numbers, query=(_SERIES,)
    ),
    report("Reskontra_ReportNumbers", get_number_findings, "numbers", FindingAnswer, "number", _SERIES),
)
