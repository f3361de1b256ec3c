"""How the log of changes looks on the wire, an address of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from reskontra.changes.lists.wire import Filter, equal, matching, since, until
from reskontra.changes.log.store import MENTIONS, Change
from reskontra.web.contract import Parameter
from reskontra.web.wire import Answer, MomentOut, field, local_text

AFTER = Parameter("after", "integer")
"""The parameter that goes on after a change, by its id."""

FILTERS: tuple[Filter, ...] = (
    equal("entity", "change.entity"),
    equal("key", "change.entity_key"),
    equal("actor", "change.actor"),
    equal("event", "change.event"),
    matching("field", MENTIONS),
    since("from", "change.changed_at"),
    until("to", "change.changed_at"),
)


class ChangedFieldAnswer(Answer, kw_only=True):
    """An attribute by its name in the ledger. `old` is missing where there was none or it is not known (what was
    changed before version 0025 of the schema), `new` where the thing was deleted."""

    field: str
    old: Any | UnsetType = UNSET
    new: Any | UnsetType = UNSET


class ChangeAnswer(Answer, kw_only=True):
    """One change of one thing. `fields` are empty where the event says it all."""

    change_id: int
    changed_at: MomentOut = field(name="changedDateTime")
    actor: str
    request_id: str
    entity: str
    key: str
    event: str
    fields: list[ChangedFieldAnswer]


def change_answer(change: Change, zone: ZoneInfo) -> ChangeAnswer:
    """A change row as it is shown."""
    return ChangeAnswer(
        change_id=change.change_id,
        changed_at=local_text(change.changed_at, zone),
        actor=change.actor,
        request_id=change.request_id,
        entity=change.entity,
        key=change.entity_key,
        event=change.event,
        fields=list(_fields(change)),
    )


def _fields(change: Change) -> Iterator[ChangedFieldAnswer]:
    for name, told in (change.detail or {}).items():
        if change.event == "created":
            yield ChangedFieldAnswer(field=name, new=told)
        elif change.event == "deleted":
            yield ChangedFieldAnswer(field=name, old=told)
        else:
            *old, new = told
            yield ChangedFieldAnswer(field=name, old=old[0] if old else UNSET, new=new)
