"""What an attribute is. Pure. Which values a customer has of it is the customers' own."""

from __future__ import annotations

from dataclasses import dataclass


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
