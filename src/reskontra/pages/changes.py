"""A change of the log, as pages show it: who changed what, and from what to what."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from reskontra.pages.api import Rows
from reskontra.pages.screen import Screen


class ChangedField(msgspec.Struct):
    """What changed of a thing, by its name in the ledger. The values are JSON, as the log has them."""

    field: str
    old: msgspec.Raw = msgspec.Raw(b"")
    new: msgspec.Raw = msgspec.Raw(b"")

    @property
    def before(self) -> str:
        """The old value as text; empty if there was none."""
        return _text(self.old)

    @property
    def after(self) -> str:
        """The new value as text; empty if there is none."""
        return _text(self.new)


def _text(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode()
    return "" if text == "null" else text.strip('"')


class Change(msgspec.Struct, rename="camel"):
    """A line of the log."""

    change_id: int
    changed_date_time: datetime
    actor: str
    request_id: str
    entity: str
    key: str
    event: str
    fields: list[ChangedField] = []

    def new(self, name: str) -> str:
        """What a field became, as text; empty if it is not told."""
        return next((it.after for it in self.fields if it.field == name), "")

    @property
    def balance(self) -> Decimal | None:
        """What was left open after it, if it moved that."""
        new = self.new("balance")
        return Decimal(new) if new else None


async def list_changes(screen: Screen, **query: object) -> Rows[Change]:
    """A page of the log, with what the people in it are called. Raises `Refusal`."""
    await screen.learn_names()
    return await screen.api.list(Change, "/v1/reskontra/change", **query)


async def last_change(screen: Screen, entity: str, key: object) -> Change | None:
    """Who changed a thing last, by its entity and number in the log; None if nothing is logged of it."""
    found = await list_changes(screen, entity=entity, key=key, newestFirst=True, pageSize=1)
    return found.rows[0] if found.rows else None
