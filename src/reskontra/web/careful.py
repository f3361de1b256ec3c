"""The careful way to read a body, taken when the fast one fails. It follows the same plan.

It matches names in any case, takes a value wrapped or bare, reads "5" for 5 and 6 for "6" and an empty text for null
where a number or one of a few words is expected, ignores unknown names, and says exactly what is wrong and where
(W2, W7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from reskontra.errors import Malformed
from reskontra.web.scalars import Unfit, shown
from reskontra.web.shapes import Kind, Plan, Shape, Slot, V, plan_of

_NUMBER = re.compile(r"[+-]?(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][+-]?\d{1,3})?", re.ASCII)
_WRAPPER = "value"
_READ_AS = {"country": "countryid", "invoiceaddress": "billingaddress", "employeenumber": "employeeid"}
"""An answer's name -> the body's name for the same thing, for clients that send back what they read. Beside the body's
own name it says nothing."""


class _Fraction(str):
    """The text of a JSON number that is not whole, kept until a field says what to make of it."""


_generic = msgspec.json.Decoder(float_hook=_Fraction)


BODY = "The body"


def read(body: bytes, struct: type[msgspec.Struct], called: str = BODY) -> Any:
    """`body` as `struct`, or `Malformed` with the path, the value and what would pass."""
    try:
        return nested(_parse(body, called), plan_of(struct))
    except Unfit as unfit:
        is_part = called != BODY and not unfit.path
        raise Malformed(
            f"{called} is no object: {unfit.reason}" if is_part else unfit.reason,
            field=unfit.path,
            value=unfit.value,
            hint=unfit.hint,
        ) from None


def parsed(raw: object) -> object:
    """A value as this path reads JSON; a field that may be anything has its text where the fast path read the body."""
    return _parse(bytes(raw)) if isinstance(raw, msgspec.Raw) else raw


def _parse(body: bytes, called: str = BODY) -> object:
    try:
        return _generic.decode(body)
    except RecursionError:
        raise Malformed(f"{called} is nested too deeply.", hint="Send a flat JSON object.") from None
    except UnicodeDecodeError:
        raise Malformed(f"{called} is not UTF-8.", hint="Send JSON in UTF-8.") from None
    except msgspec.ValidationError:
        raise Malformed(
            f"A whole number in {called[0].lower()}{called[1:]} has too many digits.",
            hint="Send numbers of at most 60 digits.",
        ) from None
    except msgspec.DecodeError as error:
        detail = str(error).removeprefix("JSON is malformed: ").rstrip(".")
        raise Malformed(f"{called} is not valid JSON: {detail}.", hint="Send one JSON object.") from None


def nested(raw: object, plan: Plan) -> msgspec.Struct:
    """An object as the struct of the plan. Raises `Unfit`."""
    if not isinstance(raw, dict):
        raise Unfit(f"{_described(raw)} stands where a JSON object is needed.", 'Send an object: {"name": ...}.')
    found: dict[str, Any] = {}
    called_otherwise: dict[str, tuple[Slot, str, Any]] = {}
    as_read: list[tuple[Slot, object]] = []
    for name, value in raw.items():
        slot, is_as_read = _slot_of(name, plan)
        if slot is None:
            _check_unknown(name, value, plan)
            continue
        if is_as_read:
            as_read.append((slot, value))
            continue
        inner = _inside(slot, value, plan)
        if name.lower() in plan.by_other_name:
            called_otherwise[name.lower()] = (slot, name, inner)
        else:
            found[slot.attribute] = inner
    _add_called_otherwise(found, called_otherwise.values())
    for slot, value in as_read:  # beside the body's own name it says nothing, so it is not even read
        if not _is_said(found.get(slot.attribute, UNSET)):
            found[slot.attribute] = _inside(slot, value, plan)
    for slot in plan.slots:
        if slot.required and slot.attribute not in found:
            raise Unfit("This field is missing.", "Send it.").inside(slot.attribute)
    return plan.struct(**found)


def _inside(slot: Slot, value: object, plan: Plan) -> Any:
    """A field of an object. Raises `Unfit`."""
    try:
        if plan.refuses_unknown:
            _check_says_something(value, slot.shape)
        return _field(value, slot, plan)
    except Unfit as unfit:
        raise unfit.inside(slot.attribute) from None


def _check_unknown(name: str, value: object, plan: Plan) -> None:
    """Refuse a name that is no field, where passing over it would do harm."""
    if plan.refuses_unknown:
        known = ", ".join(known.wire for known in plan.slots)
        raise Unfit(f"'{shown(name)}' is not known here.", f"Send {known}.", name).inside(name)
    reason = plan.refused_names.get(name.lower())
    if reason is not None and _asks_for_something(value):
        raise Unfit(reason, "Leave it out.").inside(name)


def _asks_for_something(raw: object) -> bool:
    """Whether a value is more than what typed clients send for a field that was not set."""
    if isinstance(raw, dict):
        return any(_asks_for_something(inner) for inner in raw.values())
    if isinstance(raw, list):
        return any(_asks_for_something(inner) for inner in raw)
    return raw not in (None, "", "0001-01-01", "0001-01-01T00:00:00", 0) and str(raw).strip("0.") != ""


def _slot_of(name: str, plan: Plan) -> tuple[Slot | None, bool]:
    """The field that is meant by `name`, if any, and whether that is what answers call it."""
    slot = plan.by_lower_name.get(name.lower()) or plan.by_other_name.get(name.lower())
    if slot is not None:
        return slot, False
    return plan.by_lower_name.get(_READ_AS.get(name.lower(), "")), True


def ignored(body: bytes, struct: type[msgspec.Struct]) -> list[tuple[str | int, ...]]:
    """The paths of what `read` passes over because no field is called so, as they were spelled. Raises `Malformed`."""
    return list(_ignored(_parse(body), struct))


def _ignored(raw: object, struct: type[msgspec.Struct]) -> Iterator[tuple[str | int, ...]]:
    if not isinstance(raw, dict):
        return
    plan = plan_of(struct)
    for name, value in raw.items():
        slot, _ = _slot_of(name, plan)
        if slot is None:
            yield (name,)
        else:
            yield from ((name, *path) for path in _ignored_inside(value, slot.shape))


def _ignored_inside(raw: object, shape: Shape) -> Iterator[tuple[str | int, ...]]:
    inner = _unwrapped(raw, shape)
    if isinstance(raw, dict) and inner is not raw and isinstance(inner, dict | list):
        wrapper = next(name for name, value in raw.items() if value is inner)
        yield from ((wrapper, *path) for path in _ignored_inside(inner, shape))
    elif shape.kind is Kind.NESTED and shape.struct is not None:
        yield from _ignored(inner, shape.struct)
    elif shape.kind is Kind.LIST and shape.item is not None and isinstance(inner, list):
        for position, element in enumerate(inner):
            yield from ((position, *path) for path in _ignored_inside(element, shape.item))


def _add_called_otherwise(found: dict[str, Any], called_otherwise: Iterable[tuple[Slot, str, Any]]) -> None:
    """Add the fields that came under another of their names; refuse a field that has values under two names."""
    names: dict[str, str] = {}
    for slot, name, value in called_otherwise:
        if not _is_said(value):
            continue
        if _is_said(found.get(slot.attribute, UNSET)):
            first = names.get(slot.attribute, slot.wire)
            reason = f"'{shown(first)}' and '{shown(name)}' are the same field."
            raise Unfit(reason, "Send one of the two.").inside(slot.attribute)
        found[slot.attribute], names[slot.attribute] = value, name


def _is_said(value: Any) -> bool:
    """Whether a field holds anything. An empty list does not: typed clients send one for a list that was not set."""
    return value is not UNSET and value is not None and value != []


def _check_says_something(raw: object, shape: Shape) -> None:
    """Where overlooking a value does harm, null and an object without a value do not count as "not sent"."""
    if shape.kind is Kind.ANY:
        return
    is_wrapper = isinstance(raw, dict) and {str(name).lower() for name in raw} == {_WRAPPER}
    if raw is None or (isinstance(raw, dict) and shape.kind is not Kind.NESTED and not is_wrapper):
        raise Unfit(f"{_described(raw)} stands where a value is needed.", "Send a value, or leave the field out.", raw)
    if is_wrapper and isinstance(raw, dict):
        _check_says_something(next(iter(raw.values())), shape)


_NOT_EMPTY = (Kind.NUMBER, Kind.CHOICE)
"""Where an empty text can only mean null (EDT-01, X7): typed clients send it for a field that was not set."""


def _field(raw: object, slot: Slot, plan: Plan) -> Any:
    """The attribute's value: `V(...)` for a wrapped field, else bare; None and UNSET both mean "not sent"."""
    inner = _unwrapped(raw, slot.shape)
    if inner == "" and slot.shape.kind in _NOT_EMPTY and not plan.refuses_unknown:
        inner = None
    if raw is None or inner is UNSET:
        return UNSET
    if inner is None:
        return V(None) if slot.wrapped else UNSET
    if slot.attribute in plan.sums and isinstance(inner, int | str):
        return _sum(inner, slot.shape)
    value = _value(inner, slot.shape)
    return V(value) if slot.wrapped else value


def _unwrapped(raw: object, shape: Shape) -> object:
    """The content of `{"value": ...}`, or the thing itself if it came bare; UNSET for `{}` instead of a scalar."""
    if not isinstance(raw, dict):
        return raw
    if shape.struct is not None and _WRAPPER in plan_of(shape.struct).by_lower_name:
        return raw
    inside: object = UNSET
    for name, value in raw.items():
        if name.lower() == _WRAPPER:
            inside = value
    if inside is UNSET and shape.kind is Kind.NESTED:
        return raw
    return _as_read(raw, shape) if inside is UNSET and raw else inside


def _as_read(raw: dict[str, Any], shape: Shape) -> object:
    """What a client means that sends back what it read: an answer has `{"id": "1", "description": ...}` or
    `{"number": ...}` where a body wants the code, and an object around the list where a body wants the list."""
    if shape.kind is Kind.LIST:
        lists = [value for value in raw.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else raw
    names = {name.lower(): value for name, value in raw.items()}
    return names.get("number", names.get("id", raw)) if shape.kind is Kind.TEXT else raw


def _value(raw: object, shape: Shape) -> Any:
    if shape.kind is Kind.NESTED and shape.struct is not None:
        return nested(raw, plan_of(shape.struct))
    if shape.kind is Kind.LIST and shape.item is not None:
        return _list(raw, shape.item)
    return _READERS[shape.kind](raw, shape)


def _list(raw: object, item: Shape) -> list[Any]:
    if item.kind is Kind.TEXT and isinstance(raw, str | int):
        raw = [raw]  # a list of one code
    if not isinstance(raw, list):
        raise Unfit(f"{_described(raw)} stands where a list is needed.", "Send a JSON array: [ ... ].")
    values = []
    for position, element in enumerate(raw):
        try:
            values.append(_value(_unwrapped(element, item), item))
        except Unfit as unfit:
            raise unfit.inside(position) from None
    return values


def _sum(raw: object, shape: Shape) -> Decimal:
    """The sum that answers show in the place of a list."""
    try:
        return _number(raw, shape)
    except Unfit:
        raise Unfit(f"{_described(raw)} stands where a list is needed.", "Send a JSON array: [ ... ].", raw) from None


def _text(raw: object, shape: Shape) -> str:
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise Unfit(f"{_described(raw)} is not a text.", 'Send a text in quotes, for example "10000".', raw)
    text = str(raw)
    if "\x00" in text:
        raise Unfit("The text holds a NUL character.", "Send the text without \\u0000.", text)
    limit = shape.meta.max_length if shape.meta else None
    if limit is not None and len(text) > limit:
        raise Unfit(f"'{shown(text)}' is too long ({len(text)} characters).", f"At most {limit} characters fit.", text)
    return text


def _number(raw: object, shape: Shape) -> Decimal:
    hint = getattr(shape.rule, "hint", "Send a number, for example 12.5.")
    if isinstance(raw, bool) or not isinstance(raw, (str, int)):
        raise Unfit(f"{_described(raw)} is not a number.", hint, raw)
    text = str(raw).strip()
    if not _NUMBER.fullmatch(text):
        raise Unfit(f"'{shown(text)}' is not a number that can be stored.", hint, raw)
    return Decimal(text)


def _whole(raw: object, shape: Shape) -> int:
    hint = "Send a whole number, for example 1."
    try:
        number = _number(raw, shape)
    except Unfit as unfit:
        raise Unfit(unfit.reason, hint, raw) from None
    if (number and number.adjusted() > 18) or number != number.to_integral_value():
        raise Unfit(f"'{shown(raw)}' is not a whole number that can be stored.", hint, raw)
    low, high = (shape.meta.ge, shape.meta.le) if shape.meta else (None, None)
    if (low is not None and number < int(low)) or (high is not None and number > int(high)):
        raise Unfit(f"'{shown(raw)}' is out of range.", f"Send a whole number from {low} to {high}.", raw)
    return int(number)


def _flag(raw: object, shape: Shape) -> bool:
    known: dict[str, bool] = {"true": True, "false": False, "1": True, "0": False}
    value = known.get(str(raw).strip().lower()) if isinstance(raw, (bool, str, int)) else None
    if value is None:
        raise Unfit(f"'{shown(raw)}' is not true or false.", "Send true or false.", raw)
    return value


def _choice(raw: object, shape: Shape) -> Any:
    if shape.choices is None:
        raise TypeError("a choice needs its enum")
    if isinstance(raw, str):
        wanted = raw.strip().lower()
        for member in shape.choices:
            if str(member.value).lower() == wanted:
                return member
        try:
            return shape.choices(raw)  # the enum's own `_missing_` may know another spelling
        except ValueError:
            pass
    names = ", ".join(str(member.value) for member in shape.choices)
    raise Unfit(f"'{shown(raw)}' is not one of the values that this field takes.", f"Send one of: {names}.", raw)


def _any(raw: object, shape: Shape) -> object:
    return raw


_READERS: dict[Kind, Callable[[object, Shape], Any]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _number,
    Kind.WHOLE: _whole,
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.ANY: _any,
}


def _described(raw: object) -> str:
    if raw is None:
        return "null"
    if isinstance(raw, dict):
        return "An object"
    if isinstance(raw, list):
        return "A list"
    return f"'{shown(raw)}'"
