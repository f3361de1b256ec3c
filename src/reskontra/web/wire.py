"""What rooms use to read bodies and write answers: the types, `decode`, `changes` and the encoder.

A body is decoded on a fast path (exact names, msgspec alone); whatever that refuses is read again on the careful
path, which forgives spelling and names the fault. `changes` turns the result into a plain dict in our own names.
"""

from __future__ import annotations

from binascii import b2a_base64
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType, field
from msgspec.structs import astuple

from reskontra.errors import Malformed
from reskontra.web import careful
from reskontra.web.scalars import (
    Amount,
    Day,
    DayOut,
    Flag,
    Id,
    Moment,
    MomentOut,
    OneOf,
    Percent,
    Quantity,
    Rate,
    Text15,
    Text30,
    Text40,
    Text60,
    Text255,
    Text256,
    Text512,
    Text32000,
    Unfit,
    UnitPrice,
    Whole,
    read_moment,
    shown,
)
from reskontra.web.shapes import Answer, Body, Kind, Plan, Sent, Shape, V, plan_of, sent

__all__ = [
    "UNSET", "Amount", "Answer", "Body", "Day", "DayOut", "Flag", "Id", "Moment", "MomentOut", "OneOf", "Percent",
    "Quantity", "Rate", "Sent", "Text15", "Text30", "Text40", "Text60", "Text255", "Text256", "Text512",
    "Text32000", "UnitPrice", "UnsetType", "V", "Whole", "changes", "changes_apart", "completed", "day_text", "decode",
    "encode", "etag_of", "field", "ignored_names", "local_text", "names_of", "read_moment", "sent",
]  # fmt: skip

S = TypeVar("S", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode
"""A struct, dict or list as JSON bytes: decimals as numbers with all the digits they carry."""


@cache
def names_of(struct: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Our own name and the wire's of each field of an answer."""
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(struct))


def members(part: msgspec.Struct) -> bytes:
    """The members of a JSON object that a struct has, with a comma after each."""
    encoded = encode(part)
    return encoded[1:-1] + b"," if len(encoded) > 2 else b""


def completed(written: str, made: bytes, rest: msgspec.Struct) -> bytes:
    """An object as JSON bytes, of which some members are there already, each with a comma after it: those that the
    database has `written` (`db/json_text.py`), and those that were `made` before. `rest` has the others."""
    joined = b"".join((b"{", written.encode(), made, memoryview(encode(rest))[1:]))
    return joined[:-2] + b"}" if joined.endswith(b",}") else joined


@cache
def _fast_decoder(struct: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(struct)


_CROWDED_FROM = 256 * 1024
_OPENINGS_MAX = 200_000  # 5,000 lines with every field sent and wrapped open some 150,000
_COMMAS_MAX = 1_000_000


def decode(body: bytes, struct: type[S], called: str = careful.BODY) -> S:
    """`body` (UTF-8 JSON, one object) as `struct`. Raises `Malformed`; unknown names are ignored.

    `called` is what refusals call it, if it is a part of a body.
    """
    if len(body) > _CROWDED_FROM:
        _check_crowd(body)
    if body.startswith(b"\xef\xbb\xbf"):
        body = body[3:]
    if b"\\u0000" not in body:
        try:
            decoded: S = _fast_decoder(struct).decode(body)
            return decoded
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass  # the careful path decides whether anything is wrong at all
    read: S = careful.read(body, struct, called)
    return read


def ignored_names(body: bytes, struct: type[msgspec.Struct]) -> list[tuple[str | int, ...]]:
    """The paths of what `decode` passes over in a body, as they were spelled. Raises `Malformed`."""
    try:
        _fast_decoder(struct).decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return careful.ignored(body, struct)
    return []  # this decoder lets no unknown name pass


def _check_crowd(body: bytes) -> None:
    """Refuses millions of tiny values: reading them takes seconds and a hundred times their size in memory."""
    if body.count(b"{") + body.count(b"[") > _OPENINGS_MAX or body.count(b",") > _COMMAS_MAX:
        raise Malformed(
            "The body holds too many objects, lists or values.",
            hint=f"At most {_OPENINGS_MAX} objects and lists are read at once.",
        )


def changes(update: msgspec.Struct) -> dict[str, Any]:
    """What was sent, in our names: attribute -> value, None where the field is to be cleared.

    Dates become `date`, numbers `Decimal` within their column's limits, enums members, nested objects dicts,
    lists lists of dicts. What was absent, null as a whole, `{}` or what stands for no date is not in the dict. Raises
    `Malformed`.
    """
    try:
        struct: type[msgspec.Struct] = type(update)
        return _collect(update, plan_of(struct))
    except Unfit as unfit:
        raise Malformed(unfit.reason, field=unfit.path, value=unfit.value, hint=unfit.hint) from None


def changes_apart(raw: object, struct: type[msgspec.Struct]) -> tuple[dict[str, Any], list[Malformed]]:
    """The `changes` of one object in a body, and what is wrong with each field that cannot be read.

    For a body that is told all its faults at once. `raw` is the object in a field that may hold anything.
    """
    plan, content = plan_of(struct), careful.parsed({} if raw is UNSET else raw)
    fields = [{name: value} for name, value in content.items()] if isinstance(content, dict) else [content]
    collected: dict[str, Any] = {}
    faults: list[Malformed] = []
    for one in fields:
        try:
            collected |= _collect(careful.nested(one, plan), plan)
        except Unfit as unfit:
            faults.append(Malformed(unfit.reason, field=unfit.path, value=unfit.value, hint=unfit.hint))
    return collected, faults


def _collect(update: msgspec.Struct, plan: Plan) -> dict[str, Any]:
    collected: dict[str, Any] = {}
    for slot, found in zip(plan.slots, astuple(update), strict=True):
        if found is UNSET or found is None:
            continue
        value = found.value if slot.wrapped else found
        if value is UNSET:
            continue
        if value is not None and not slot.shape.is_plain:
            try:
                value = _converted(value, slot.shape)
                if value is UNSET and plan.refuses_unknown:
                    raise Unfit(f"'{shown(found)}' is no date.", "Send a date, or leave the field out.", found)
            except Unfit as unfit:
                raise unfit.inside(slot.attribute) from None
            if value is UNSET:
                continue
        collected[slot.attribute] = value
    return collected


def _converted(value: Any, shape: Shape) -> Any:
    if shape.rule is not None:
        return shape.rule(value)
    if shape.kind is Kind.NESTED:
        struct: type[msgspec.Struct] = type(value)
        return _collect(value, plan_of(struct))
    if shape.kind is not Kind.LIST or shape.item is None or shape.item.is_plain or isinstance(value, Decimal):
        return value
    items = []
    for position, item in enumerate(value):
        try:
            items.append(_converted(item, shape.item))
        except Unfit as unfit:
            raise unfit.inside(position) from None
    return items


def etag_of(version: int) -> str:
    """The row version as the wire shows it, in `ETag` (there in quotes) and `timeStamp` (W8)."""
    return b2a_base64(version.to_bytes(8, "big"), newline=False).decode("ascii")


def local_text(moment: datetime, zone: ZoneInfo) -> str:
    """`moment` in the company's zone without an offset; up to 3 fraction digits, trailing zeros trimmed."""
    text = moment.astimezone(zone).isoformat(timespec="milliseconds")[:23]
    return text.rstrip("0") if text[20:] != "000" else text[:19]


@lru_cache(maxsize=10_000)
def day_text(day: date) -> str:
    """A date as the wire writes it, with an empty time."""
    return f"{day.isoformat()}T00:00:00"


def day_answer(day: date | None) -> str | None:
    """The same where there may be none."""
    return None if day is None else day_text(day)
