"""The list of kinds of work (RRT-01). It is the law's, so every company has it."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_rows
from reskontra.domestic_services.rules.work_types import WORK_TYPES
from reskontra.domestic_services.wire import WorkTypeAnswer, work_type_answer
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call


async def get_work_types(call: Call) -> Response:
    """All kinds of work, those of ROT first."""
    return answer_rows(call, WORK_TYPES.values(), work_type_answer)


ROUTES = [
    Addresses("/v1/customerinvoice/worktypes", "kind of work", WorkTypeAnswer, plural="kinds of work").many(
        "CustomerInvoice_GetWorkTypes", get_work_types
    )
]
