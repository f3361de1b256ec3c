"""How attributes look on the wire: bodies and answers."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from reskontra.attributes.rules import Attribute, ControlType
from reskontra.operations import LineOperation
from reskontra.versions import Stored
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Flag,
    MomentOut,
    OneOf,
    Sent,
    Text30,
    Text255,
    UnsetType,
    Whole,
    field,
    local_text,
    sent,
)


class AttributeOptionUpdate(Body):
    """An option to insert, update or delete; `operation` travels bare."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    value: Sent[Text30] = sent("valueId")
    description: Sent[Text255] = UNSET
    sort_order: Sent[Whole] = UNSET
    disabled: Sent[Flag] = UNSET


class AttributeUpdate(Body):
    """The body of POST and PUT: absent is "not supplied", `{"value": null}` is "clear it"."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"attribute_id"})

    attribute_id: Sent[Text30] = sent("attributeID")
    description: Sent[Text255] = UNSET
    internal: Sent[Flag] = UNSET
    control_type: Sent[OneOf[ControlType]] = UNSET
    entry_mask: Sent[Text255] = UNSET
    regular_expression: Sent[Text255] = sent("regExp")
    options: list[AttributeOptionUpdate] | UnsetType | None = sent("details")


class AttributeOptionAnswer(Answer, kw_only=True):
    """An option."""

    value: str = field(name="valueId")
    description: str | None = None
    sort_order: int
    disabled: bool


class AttributeAnswer(Answer, kw_only=True):
    """An attribute as GET shows it."""

    attribute_id: str = field(name="attributeID")
    description: str
    control_type: ControlType
    internal: bool
    entry_mask: str | None = None
    regular_expression: str | None = field(default=None, name="regExp")
    options: list[AttributeOptionAnswer] = field(name="details")
    created_at: MomentOut = field(name="createdDateTime")
    modified_at: MomentOut = field(name="lastModifiedDateTime")


def attribute_answer(stored: Stored[Attribute], zone: ZoneInfo) -> AttributeAnswer:
    """A stored attribute as GET shows it; moments in the company's zone."""
    attribute = stored.record
    return AttributeAnswer(
        attribute_id=attribute.attribute_id,
        description=attribute.description,
        control_type=attribute.control_type,
        internal=attribute.internal,
        entry_mask=attribute.entry_mask,
        regular_expression=attribute.regular_expression,
        options=[
            AttributeOptionAnswer(
                value=option.value,
                description=option.description or None,
                sort_order=option.sort_order,
                disabled=option.disabled,
            )
            for option in attribute.options
        ],
        created_at=local_text(stored.created_at, zone),
        modified_at=local_text(stored.modified_at, zone),
    )
