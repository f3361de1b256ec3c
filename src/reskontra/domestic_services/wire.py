"""How a kind of work looks on the wire."""

from __future__ import annotations

from reskontra.domestic_services.rules.work_types import WorkType
from reskontra.web.wire import Answer


class WorkTypeAnswer(Answer):
    """A kind of work that may be deducted."""

    rut_rot_type: str | None = None
    description: str | None = None
    xml_tag: str | None = None


def work_type_answer(work_type: WorkType) -> WorkTypeAnswer:
    return WorkTypeAnswer(work_type.deduction_type, work_type.description, work_type.xml_tag)
