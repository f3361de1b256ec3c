"""What an attribute is. Pure. Which values a customer has of it is the customers' own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.errors import FieldPath, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeOption:
    """A value that an attribute of control type Combo or MultiSelectCombo may take."""

    value: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A field that a company adds to its customers."""

    attribute_id: str
    description: str
    control_type: str = "Text"
    options: tuple[AttributeOption, ...] = ()


def attribute_value(attribute: Attribute, value: str, field: FieldPath) -> str:
    """A sent value as it is stored: an option as the attribute spells it. Refuses what its control type cannot be."""
    kind = attribute.control_type.lower()
    if kind == "combo":
        return _option(attribute, value, field)
    if kind == "multiselectcombo":
        return ",".join(_option(attribute, part.strip(), field) for part in value.split(","))
    if kind == "checkbox" and value.lower() not in ("true", "false", "1", "0"):
        raise Refused(f"'{value}' is not true or false.", field=field, value=value, hint="Send true or false.")
    if kind == "datetime":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            hint = "Send a date such as 2025-01-27."
            raise Refused(f"'{value}' is not a date.", field=field, value=value, hint=hint) from None
    return value


def _option(attribute: Attribute, value: str, field: FieldPath) -> str:
    for option in attribute.options:
        if option.value.lower() == value.lower():
            return option.value
    raise Refused(
        f"'{value}' is not an option of the attribute {attribute.attribute_id}.",
        field=field,
        value=value,
        hint=f"Send one of: {', '.join(option.value for option in attribute.options)}.",
    )
