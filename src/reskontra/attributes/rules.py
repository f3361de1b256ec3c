"""What an attribute is, and how one is made from what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.operations import LineOperation

Sent = Mapping[str, Any]


class ControlType(StrEnum):
    """How a value is entered: Combo takes one of the options, MultiSelectCombo some, separated by commas."""

    TEXT = "Text"
    COMBO = "Combo"
    MULTI_SELECT = "MultiSelectCombo"
    LOOKUP = "Lookup"
    CHECKBOX = "Checkbox"
    DATE = "Datetime"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeOption:
    """A value of an attribute of control type Combo or MultiSelectCombo. Disabled ones cannot be chosen any more."""

    value: str
    description: str = ""
    sort_order: int = 0
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A field that a company adds to its customers and items.

    Entry mask and regular expression are for forms: stored and echoed.
    """

    attribute_id: str
    description: str
    control_type: ControlType = ControlType.TEXT
    internal: bool = False
    entry_mask: str | None = None
    regular_expression: str | None = None
    options: tuple[AttributeOption, ...] = ()


def attribute_value(attribute: Attribute, value: str, field: FieldPath, *, stored: str = "") -> str:
    """A sent value as it is stored: an option as the attribute spells it. Refuses what its control type cannot hold.

    The `stored` value always passes, even if its option is no longer in use.
    """
    if value == stored:
        return stored
    match attribute.control_type:
        case ControlType.COMBO:
            return _chosen(attribute, value, (stored,), field)
        case ControlType.MULTI_SELECT:
            kept = stored.split(",")
            return ",".join(_chosen(attribute, part.strip(), kept, field) for part in value.split(","))
        case ControlType.CHECKBOX if value.lower() not in ("true", "false", "1", "0"):
            raise Refused(f"'{value}' is not true or false.", field=field, value=value, hint="Send true or false.")
        case ControlType.DATE:
            _check_date(value, field)
    return value


def _chosen(attribute: Attribute, value: str, kept: Sequence[str], field: FieldPath) -> str:
    if value in kept:
        return value
    options = [option.value for option in attribute.options if not option.disabled]
    for option in options:
        if option.lower() == value.lower():
            return option
    raise Refused(
        f"'{value}' is not an option of the attribute {attribute.attribute_id}.",
        field=field,
        value=value,
        hint=f"Send one of: {', '.join(options) or 'none'}.",
    )


def _check_date(value: str, field: FieldPath) -> None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        hint = "Send a date such as 2025-01-27."
        raise Refused(f"'{value}' is not a date.", field=field, value=value, hint=hint) from None


def new_attribute(sent: Sent) -> Attribute:
    """An attribute from what was sent; its id and a description are needed."""
    attribute_id = (sent.get("attribute_id") or "").strip()
    if not attribute_id:
        raise Refused("An attribute needs an id.", field=("attribute_id",), hint="Send a text that is not blank.")
    return _with_sent(Attribute(attribute_id=attribute_id, description=attribute_id), sent)


def changed_attribute(stored: Attribute, sent: Sent) -> Attribute:
    """`stored` with what was sent; equal to it if nothing changes. The id stays."""
    attribute_id = (sent.get("attribute_id") or "").strip()
    if attribute_id and attribute_id.lower() != stored.attribute_id.lower():
        raise Refused(
            "An attribute keeps its id.",
            field=("attribute_id",),
            value=attribute_id,
            hint=f"Leave the field out or send {stored.attribute_id}.",
        )
    return _with_sent(stored, sent)


def _with_sent(attribute: Attribute, sent: Sent) -> Attribute:
    values: dict[str, Any] = {name: sent[name] or None for name in ("entry_mask", "regular_expression") if name in sent}
    if "description" in sent:
        values["description"] = _description(sent["description"])
    if "control_type" in sent:
        values["control_type"] = sent["control_type"] or ControlType.TEXT
    if "internal" in sent:
        values["internal"] = bool(sent["internal"])
    if sent.get("options"):
        values["options"] = _options(attribute.options, sent["options"])
    return replace(attribute, **values)


def _description(sent: str | None) -> str:
    if sent is None or not sent.strip():
        raise Refused(
            "An attribute needs a description.", field=("description",), hint="Send a text, or leave the field out."
        )
    return sent


def _options(stored: Sequence[AttributeOption], sent: Sequence[Sent]) -> tuple[AttributeOption, ...]:
    """The options by sort order after lines were inserted, updated and deleted by value.

    Without an operation a known value is updated and anything else inserted; Insert of a known value updates it.
    """
    options = {option.value.lower(): option for option in stored}
    for position, line in enumerate(sent):
        field: FieldPath = ("options", position, "value")
        value = (line.get("value") or "").strip()
        known = options.get(value.lower())
        operation = line.get("operation") or LineOperation.INSERT
        if operation is LineOperation.NOTHING:
            continue
        if not value or "," in value:
            raise Refused(
                "An option needs a value without a comma.", field=field, value=value or None, hint="Send such a text."
            )
        if known is None and operation is not LineOperation.INSERT:
            hint = f"The options are: {', '.join(option.value for option in options.values()) or 'none'}."
            raise UnknownReference(field=field, value=value, hint=hint)
        if operation is LineOperation.DELETE:
            del options[value.lower()]
        else:
            last = max((option.sort_order for option in options.values()), default=0)
            options[value.lower()] = _option(known or AttributeOption(value=value, sort_order=last + 1), line)
    return tuple(sorted(options.values(), key=lambda option: (option.sort_order, option.value)))


def _option(option: AttributeOption, line: Sent) -> AttributeOption:
    values: dict[str, Any] = {}
    if "description" in line:
        values["description"] = line["description"] or ""
    if line.get("sort_order") is not None:
        values["sort_order"] = line["sort_order"]
    if "disabled" in line:
        values["disabled"] = bool(line["disabled"])
    return replace(option, **values)
