"""SQL that writes the values of a row as JSON, so that a list costs Python one value for a row and not one for a field.

PostgreSQL takes no longer to write forty values into one text than to send them in forty columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_ARGUMENTS_MAX = 100


def text(value: str) -> str:
    """A text, as JSON."""
    return f"to_json({value})::text"


def code(value: str) -> str:
    """A text in which nothing has to be escaped, such as a status or a period, as JSON."""
    return f"""'"' || {value} || '"'"""


def number(value: str) -> str:
    """A number with all the digits that it carries, as JSON; a flag too."""
    return f"{value}::text"


def midnight(day: str) -> str:
    """The beginning of a day, as JSON."""
    return f"to_json({day}::timestamp)::text"


def local_moment(moment: str) -> str:
    """A moment in the time zone of company $1, as JSON."""
    zone = "(select time_zone from company where company.company_id = $1)"
    return f"to_json({moment} at time zone {zone})::text"


def object_of(last: str, **values: str) -> str:
    """An object, as JSON, by the names that it has there: `values` are scalars that write JSON. Those that are null are
    left out; the one that is named `last` never is."""
    before = "".join(
        f"""coalesce('"{name}":' || {value} || ',', '') || """ for name, value in values.items() if name != last
    )
    return f"""'{{' || {before}'"{last}":' || {values[last]} || '}}'"""


def members(names: Iterable[tuple[str, str]] | None, values: Mapping[str, str]) -> str:
    """A scalar: members of a JSON object, with a comma after each. Those that are null are left out.

    `values` are scalars that write JSON, by our own name; `names` are pairs of our own name and the one in the object.
    Those without a value are left to whoever completes the object. None: all, under our own names.
    """
    if names is None:
        names = [(own, own) for own in values]
    written = [f"""'"{name}":' || {values[own]} || ','""" for own, name in names if own in values]
    if not 0 < len(written) <= _ARGUMENTS_MAX:
        raise ValueError(f"{len(written)} members cannot be written at once")
    return f"concat({', '.join(written)})"
