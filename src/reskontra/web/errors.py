"""The one table from refusals to HTTP answers, and the wording of their texts.

Shape A `{"message": "VismaId: <guid>. Error <doing>. Error: <reason>"}` is the wire's business error. 401, 403 and
429 carry `statusCode` and `message`; a wrong company is the integration platform's shape B (W21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec
from starlette.responses import Response

from reskontra.errors import (
    Conflict,
    Malformed,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotServed,
    Objection,
    OutcomeUnknown,
    Refusal,
    Refused,
    Stale,
    Unavailable,
    UnknownReference,
)
from reskontra.web.answers import json_answer
from reskontra.web.scalars import shown
from reskontra.web.shapes import wire_path


class NoSuchMethod(Objection):
    """The address exists, but not for this method."""

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__("This address does not take that method.", hint=f"Use {', '.join(methods)}.")
        self.methods = methods


class TooLarge(Objection):
    """The body is larger than the limit."""


class UnsupportedMedia(Objection):
    """The body is not of a media type that the address takes."""


class UnsupportedCoding(UnsupportedMedia):
    """The body has a Content-Encoding that is not one of `served`."""

    def __init__(self, reason: str, served: Sequence[str]) -> None:
        super().__init__(reason, hint=f"Send the body plain, or compressed with {' or '.join(served)}.")
        self.served = served


class TooMany(Objection):
    """The caller's window is used up; a new one begins in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Rate limit is exceeded. Try again in {seconds} seconds.")
        self.seconds = seconds


class WrongCompany(Objection):
    """The company header is missing, not a number, or names a company that the token does not see."""

    def __init__(self, reason: str, code: str = "12002") -> None:
        super().__init__(reason)
        self.code = code


STATUS: dict[type[Refusal], int] = {
    Malformed: 400,
    Refused: 400,
    UnknownReference: 400,
    WrongCompany: 400,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    NoSuchMethod: 405,
    Conflict: 409,
    Stale: 412,
    TooLarge: 413,
    UnsupportedMedia: 415,
    TooMany: 429,
    NotServed: 501,
    Unavailable: 503,
}

_GATEWAY_SHAPE = frozenset({401, 403, 429})

_WORDS: dict[type[Refusal], str] = {
    NotFound: "The resource was not found.",
    Stale: "The resource has been changed since it was read (If-Match does not name its present version).",
    NotAuthenticated: "Access denied due to a missing or invalid token.",
    NotAllowed: "Access denied: the token does not allow this.",
    Conflict: "Another request changed the same data; send it again.",
    OutcomeUnknown: (
        "The connection to the database was lost while the change was being confirmed, so it is not known whether it "
        "was saved; read it back before sending it again."
    ),
    Unavailable: "The service is busy; try again later.",
}
"""What is said if a refusal has no reason of its own."""

MEASURED_NAMES: dict[tuple[str, ...], str] = {
    ("vatCodeId",): "TaxCategoryID",
    ("taxId",): "TaxID",
    ("vatId",): "TaxID",
    ("inventoryId",): "InventoryID",
    ("uoM",): "UOM",
    ("applicationLines", "refNbr"): "AdjdRefNbr",
    ("paymentLines", "refNbr"): "AdjdRefNbr",
}
"""How the real API calls some fields in "cannot be found" (W7): the end of the wire path -> its name there."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return next(status for kind in type(refusal).__mro__ if (status := STATUS.get(kind)) is not None)


def refusal_answer(
    refusal: Refusal, error_id: UUID, doing: str, body: type[msgspec.Struct] | None = None, realm: str = "reskontra"
) -> Response:
    """The answer for `refusal`. `doing` is the route's wording; `body` its struct, which spells the field names."""
    status = status_of(refusal)
    headers = _headers(refusal, realm)
    if isinstance(refusal, WrongCompany):
        return json_answer(_platform_error(refusal, error_id), status, headers)
    if status in _GATEWAY_SHAPE:
        return json_answer({"statusCode": status, "message": _reason(refusal, body)}, status, headers)
    return json_answer({"message": message(error_id, doing, sentences(refusal, body))}, status, headers)


def bug_answer(error_id: UUID, doing: str) -> Response:
    """500: something broke here, before or after the commit. The log has the details under the same id."""
    text = "An unexpected failure; the server's log tells more under this id. Read back what it was about."
    return json_answer({"message": message(error_id, doing, text)}, 500)


def message(error_id: UUID, doing: str, text: str) -> str:
    """The wire's frame around an error text."""
    return f"VismaId: {error_id}. Error {doing}. Error: {text}"


def sentences(refusal: Refusal, body: type[msgspec.Struct] | None, *, is_at_field: bool = False) -> str:
    """Why, where, with which value, and what would pass. What is shown at the field itself need not say where."""
    reason = _reason(refusal, body)
    parts = [reason]
    if refusal.field:
        if not is_at_field:
            parts.append(f"Field: {path_text(wire_path(body, refusal.field))}.")
        if _is_quotable(refusal.value) and shown(refusal.value) not in reason:
            parts.append(f"Sent: '{shown(refusal.value)}'.")
    if refusal.hint:
        parts.append(refusal.hint)
    return " ".join(parts)


def _is_quotable(value: object) -> bool:
    """Whether there is a value short enough to quote: for an object or a list, the path says enough."""
    return value is not None and not isinstance(value, dict | list | tuple)


def path_text(path: Sequence[str | int]) -> str:
    """`["invoiceLines", 0, "quantity"]` -> `invoiceLines[0].quantity`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _reason(refusal: Refusal, body: type[msgspec.Struct] | None) -> str:
    if isinstance(refusal, UnknownReference):
        name = field_name(wire_path(None, (refusal.subject,)) if refusal.subject else wire_path(body, refusal.field))
        return f"{name} '{shown(refusal.value)}' cannot be found in the system."
    return refusal.reason or next((_WORDS[kind] for kind in type(refusal).__mro__ if kind in _WORDS), "It was refused.")


def field_name(path: Sequence[str | int]) -> str:
    """The name that stands in "cannot be found": the measured one, or the wire's with a capital."""
    names = tuple(step for step in path if isinstance(step, str))
    for end in (names[-2:], names[-1:]):
        if end in MEASURED_NAMES:
            return MEASURED_NAMES[end]
    name = names[-1] if names else "value"
    return name[:1].upper() + name[1:]


def allow(methods: Iterable[str]) -> str:
    """The Allow header of an address with these methods. GET implies HEAD, and every address has OPTIONS."""
    named = {*methods, "OPTIONS"}
    return ", ".join(sorted(named | {"HEAD"} if "GET" in named else named))


def _headers(refusal: Refusal, realm: str) -> Mapping[str, str]:
    if isinstance(refusal, NotAuthenticated):
        problem = ', error="invalid_token"' if refusal.value is not None else ""
        return {"WWW-Authenticate": f'Bearer realm="{realm}"{problem}'}
    if isinstance(refusal, NoSuchMethod):
        return {"Allow": allow(refusal.methods)}
    if isinstance(refusal, UnsupportedCoding):
        return {"Accept-Encoding": ", ".join(refusal.served)}
    if isinstance(refusal, TooMany | Unavailable | Conflict):
        return {"Retry-After": str(refusal.seconds if isinstance(refusal, TooMany) else 1)}
    if isinstance(refusal, TooLarge):
        return {"Connection": "close"}
    return {}


def _platform_error(refusal: WrongCompany, error_id: UUID) -> dict[str, str]:
    prefix = f"{refusal.code}_{refusal.code}" if refusal.code == "12002" else refusal.code
    return {
        "ExceptionType": "IPPException",
        "ExceptionMessage": refusal.reason,
        "ExceptionFaultCode": refusal.code,
        "ExceptionMessageID": f"{prefix}_{error_id}",
        "ExceptionDetails": "",
    }
