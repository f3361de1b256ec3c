"""The filters of a list as a table: each parameter's name on the wire, and the condition it stands for.

The table is in the room's routes, where the wire's names and the columns meet, and goes to the list's address, which
declares its parameters. Conditions are SQL over the tables of the list's `found`; anything more than a comparison of
columns is a fragment of the room's store. A value that a parameter cannot take is `Malformed`, and a parameter that was
not sent adds no condition.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from reskontra.db.lists import Filters, Order, Sorted
from reskontra.errors import FieldPath, Malformed
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.query import Query
from reskontra.web.scalars import shown

_LOST_PLUS = " "
"""What a plus becomes that a client does not escape."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter, its kind as the contract writes it, and what it adds to the conditions."""

    name: str
    kind: str
    add: Callable[[Query, Filters], None]

    @property
    def parameters(self) -> Iterator[Parameter]:
        """The parameters that an operation declares for it. A date or moment also has one for its operator."""
        yield Parameter(self.name, self.kind)
        if self.kind == "datetime":
            yield Parameter(f"{self.name}Condition")


PAGING = (Parameter("pageNumber", "integer"), Parameter("pageSize", "integer"))
"""The paging parameters of an operation of our own."""

NEWEST_FIRST = Parameter("newestFirst", "boolean")
"""The parameter that turns a list of our own around."""


def filtered(call: Call, *parameters: object) -> Filters:
    """The conditions that were sent, by the filters of the address that was called.

    `parameters` are those of the list's own statement, after the company.
    """
    filters = Filters([call.company_id, *parameters])
    for known in call.route.filters:
        known.add(call.query, filters)
    return filters


def matching(name: str, condition: str) -> Filter:
    """A text for a condition with one `{}`."""
    return _text(name, lambda filters, value: filters.add(condition, value))


def equal(name: str, column: str) -> Filter:
    """A column is exactly this text."""
    return matching(name, f"{column} = {{}}")


def same(name: str, column: str) -> Filter:
    """A column is this text in any letter case."""
    return _text(name, lambda filters, value: filters.add_same(column, value))


def greater(name: str, column: str) -> Filter:
    """A code comes after this one in the list's order."""
    return matching(name, f'{column} > {{}}::text collate "C"')


def looking_like(name: str, condition: str) -> Filter:
    """A text for a condition with patterns of `ilike`: `{0}` begins with it, `{1}` contains it."""

    def add(filters: Filters, value: str) -> None:
        literal = re.sub(r"([%_\\])", r"\\\1", value)
        filters.add(condition, f"{literal}%", f"%{literal}%")

    return _text(name, add)


def phone(name: str, condition: str) -> Filter:
    """A phone number, for a condition with two `{}`: without its plus, if that arrived as a blank, and with it."""

    def add(query: Query, filters: Filters) -> None:
        value = query.text(name)
        if value is not None:
            number = value.strip()
            filters.add(condition, number, f"+{number}" if value.startswith(_LOST_PLUS) else number)

    return Filter(name, "string", add)


def mail(name: str, condition: str) -> Filter:
    """A mail address, for a condition with two `{}`: with blanks, and with pluses in their place."""

    def add(filters: Filters, value: str) -> None:
        filters.add(condition, value, value.replace(_LOST_PLUS, "+"))

    return _text(name, add)


def parsed(name: str, parse: Callable[[str, FieldPath], str], condition: str) -> Filter:
    """A text that `parse` reads; it also gets the parameter's name, for refusals."""
    return _text(name, lambda filters, value: filters.add(condition, parse(value, (name,))))


def _text(name: str, add: Callable[[Filters, str], None]) -> Filter:
    """Blanks around the text do not count (W26)."""

    def add_sent(query: Query, filters: Filters) -> None:
        value = query.text(name)
        if value is not None:
            add(filters, value.strip())

    return Filter(name, "string", add_sent)


def whole(name: str, condition: str) -> Filter:
    """A whole number for a condition with one `{}`."""

    def add(query: Query, filters: Filters) -> None:
        value = query.integer(name)
        if value is not None:
            filters.add(condition, value)

    return Filter(name, "integer", add)


def number(name: str, column: str) -> Filter:
    """A column is this number."""

    def add(query: Query, filters: Filters) -> None:
        value = query.number(name)
        if value is not None:
            filters.add(f"{column} = {{}}", value)

    return Filter(name, "number", add)


def flag(name: str, column: str) -> Filter:
    """A column is true, or false."""
    return either(name, column, f"not {column}")


def either(name: str, when_true: str, when_false: str) -> Filter:
    """One condition or the other; neither if the parameter was not sent."""

    def add(query: Query, filters: Filters) -> None:
        if query.text(name) is not None:
            filters.add(when_true if query.flag(name) else when_false)

    return Filter(name, "boolean", add)


def unless(name: str, condition: str) -> Filter:
    """A condition of the list, unless this is sent as true."""

    def add(query: Query, filters: Filters) -> None:
        if not query.flag(name):
            filters.add(condition)

    return Filter(name, "boolean", add)


def idle(name: str) -> Filter:
    """A flag that is read but changes nothing here."""

    def add(query: Query, _: Filters) -> None:
        query.flag(name)

    return Filter(name, "boolean", add)


def choice(name: str, choices: type[enum.Enum], column: str) -> Filter:
    """A column is one of the values of an enum."""

    def add(query: Query, filters: Filters) -> None:
        member = query.choice(name, choices)
        if member is not None:
            filters.add(f"{column} = {{}}", member.value)

    return Filter(name, "string", add)


def moment(name: str, column: str) -> Filter:
    """When a row was created or modified last, in UTC, compared as the parameter's condition says."""

    def add(query: Query, filters: Filters) -> None:
        filters.add_stamp(column, query.moment(name))

    return Filter(name, "datetime", add)


def since(name: str, column: str) -> Filter:
    """A stamp is at or after this moment, of the company's time zone if it names none."""

    def add(query: Query, filters: Filters) -> None:
        filters.add_stamp(column, query.since(name))

    return Filter(name, "string", add)


def until(name: str, column: str) -> Filter:
    """A stamp is not after this moment, or within this day."""

    def add(query: Query, filters: Filters) -> None:
        filters.add_stamp(column, query.until(name))

    return Filter(name, "string", add)


def day(name: str, column: str) -> Filter:
    """A date, compared as the parameter's condition says."""

    def add(query: Query, filters: Filters) -> None:
        filters.add_comparison(column, query.day(name))

    return Filter(name, "datetime", add)


def on_day(name: str, condition: str) -> Filter:
    """A date for a condition with one `{}`, where no other parameter says how it compares."""
    return Filter(name, "string", dated(name, condition).add)


def dated(name: str, condition: str) -> Filter:
    """A date for a condition with one `{}`."""

    def add(query: Query, filters: Filters) -> None:
        comparison = query.day(name)
        if comparison is not None:
            filters.add(condition, comparison.value)

    return Filter(name, "datetime", add)


def pairs(name: str, condition: str) -> Filter:
    """An object of names and values, for one condition however many there are.

    `{0}` in it are the names; `{1}` and `{2}` are each name with each of its values, one of which must match.
    """

    def add(query: Query, filters: Filters) -> None:
        sent = query.values_by_name(name)
        if sent:
            named = [(key, value) for key, values in sent.items() for value in values]
            filters.add(condition, list(sent), [key for key, _ in named], [value for _, value in named])

    return Filter(name, "string", add)


def nothing(name: str, read: Callable[[Query, str], object]) -> Filter:
    """Something that no row has, so any value finds nothing. `read` says whether it was sent."""

    def add(query: Query, filters: Filters) -> None:
        if read(query, name) is not None:
            filters.add("false")

    return Filter(name, "string", add)


def ordered(query: Query, orders: Mapping[str, Sorted], tie: str) -> Order:
    """The order of `orderBy`: a name of `orders` alone or with asc or desc; empty if it was not sent.

    The column `tie` decides between equals, in the same direction.
    """
    text = query.text("orderBy")
    if text is None:
        return ()
    words = text.lower().split()
    term = next((term for name, term in orders.items() if words[:1] == [name.lower()]), None)
    if term is None or words[1:] not in ([], ["asc"], ["desc"]):
        raise Malformed(
            f"'{shown(text)}' is not a value that the parameter orderBy takes.",
            hint=f"Send one of {', '.join(orders)}, alone or with asc or desc.",
        )
    is_descending = words[1:] == ["desc"]
    return replace(term, is_descending=is_descending), Sorted(tie, is_descending, may_be_null=False)
