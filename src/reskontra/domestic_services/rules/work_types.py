"""The kinds of work that may be deducted, as the schema of the tax authority names them (RRT-01)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeductionType(StrEnum):
    """What is deducted: work on a home (ROT) or in it (RUT)."""

    ROT = "Rot"
    RUT = "Rut"


@dataclass(frozen=True, slots=True)
class WorkType:
    """A kind of work. `xml_tag` is its element in the schema, version 6; it is described in the law's language."""

    deduction_type: DeductionType
    description: str
    xml_tag: str


_ROT = {
    "Bygg": "Bygg",
    "El": "El",
    "GlasPlatarbete": "Glas- och plåtarbete",
    "MarkDraneringarbete": "Mark- och dräneringsarbete",
    "Murning": "Murning",
    "MalningTapetsering": "Målning och tapetsering",
    "Vvs": "VVS",
}
_RUT = {
    "Stadning": "Städning",
    "KladOchTextilvard": "Kläd- och textilvård",
    "Snoskottning": "Snöskottning",
    "Tradgardsarbete": "Trädgårdsarbete",
    "Barnpassning": "Barnpassning",
    "Personligomsorg": "Personlig omsorg",
    "Flyttjanster": "Flyttjänster",
    "ItTjanster": "IT-tjänster",
    "ReparationAvVitvaror": "Reparation av vitvaror",
    "Moblering": "Möblering",
    "TillsynAvBostad": "Tillsyn av bostad",
    "TransportTillForsaljning": "Transport till försäljning",
    "TvattVidTvattinrattning": "Tvätt vid tvättinrättning",
}

WORK_TYPES = {
    xml_tag: WorkType(deduction_type, description, xml_tag)
    for deduction_type, described in ((DeductionType.ROT, _ROT), (DeductionType.RUT, _RUT))
    for xml_tag, description in described.items()
}
"""XML tag -> kind of work, those of ROT first. The list is the same for every company."""

_BY_NAME = {
    name.lower(): work_type for work_type in WORK_TYPES.values() for name in (work_type.description, work_type.xml_tag)
}


def find_work_type(sent: str) -> WorkType | None:
    """The kind of work with this tag or description, in any case (RRT-02)."""
    return _BY_NAME.get(sent.strip().lower())
