"""Lines as clients send them, and what they are answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from tests.clerk import INVOICE, ITEM_A, Caller, body, sale

BULK = "/v1/reskontra/bulk"
NDJSON = {"Content-Type": "application/x-ndjson"}


def line(method: str, path: str, content: Any = None, **more: Any) -> dict[str, Any]:
    """One request."""
    return {"method": method, "path": path, **({} if content is None else {"content": content}), **more}


def drafting(kind: str = INVOICE, /, group: str | None = None, **fields: Any) -> dict[str, Any]:
    """A request that makes a draft which would be taken, but for `fields`."""
    more = {} if group is None else {"group": group}
    return line("POST", f"/v1/{kind}", body(kind, **sale(**{"lines": [ITEM_A]} | fields)), **more)


def text_of(lines: Iterable[Mapping[str, Any] | str]) -> bytes:
    """A body of these lines, of which some may be no JSON."""
    return "".join((it if isinstance(it, str) else json.dumps(it)) + "\n" for it in lines).encode()


async def send(
    caller: Caller, lines: Iterable[Mapping[str, Any] | str], headers: Mapping[str, str] | None = None, **query: Any
) -> httpx.Response:
    """Send them, with the parameters of the address."""
    return await caller.http.post(BULK, params=query, content=text_of(lines), headers={**NDJSON, **(headers or {})})


async def answers(
    caller: Caller, lines: Iterable[Mapping[str, Any] | str], headers: Mapping[str, str] | None = None, **query: Any
) -> list[dict[str, Any]]:
    """What the lines are answered."""
    return told(await send(caller, lines, headers, **query))


def told(answer: httpx.Response) -> list[dict[str, Any]]:
    """The lines of an answer."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(it) for it in answer.text.splitlines()]


def statuses(found: Iterable[Mapping[str, Any]]) -> list[int]:
    return [it["statusCode"] for it in found]


def reason(answer: Mapping[str, Any]) -> str:
    """Why a line was refused."""
    message: str = answer["content"]["message"]
    return message.partition(". Error: ")[2]
