"""Recorded requests as an HTTP archive (HAR 1.2), which browsers and other tools open."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from reskontra.requests.recorded import Half, Recorded

JSON_OBJECT = dict[str, Any]
_UNKNOWN = -1


def archive(requests: Iterable[Recorded], version: str) -> JSON_OBJECT:
    """The archive of requests, in the order in which they came. `version` is that of the program."""
    creator = {"name": "Reskontra", "version": version}
    return {"log": {"version": "1.2", "creator": creator, "entries": [_entry(request) for request in requests]}}


def _entry(request: Recorded) -> JSON_OBJECT:
    waiting = round(request.work.waiting_seconds * 1000, 2)
    return {
        "startedDateTime": request.at.isoformat(timespec="milliseconds"),
        "time": request.milliseconds,
        "request": _request(request),
        "response": _response(request),
        "cache": {},
        "timings": {"blocked": waiting, "send": 0, "wait": max(0.0, request.milliseconds - waiting), "receive": 0},
        "comment": request.request_id,
    }


def _request(request: Recorded) -> JSON_OBJECT:
    sent = request.sent
    shown: JSON_OBJECT = {
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(sent.headers),
        "queryString": _pairs(parse_qsl(request.query, keep_blank_values=True)),
        "headersSize": _UNKNOWN,
        "bodySize": sent.size,
    }
    if sent.body:
        shown["postData"] = {
            "mimeType": sent.header("content-type") or "",
            "text": sent.body.decode("utf-8", "replace"),
            **_cut(sent),
        }
    return shown


def _response(request: Recorded) -> JSON_OBJECT:
    answer = request.answer
    content: JSON_OBJECT = {"size": len(answer.body), "mimeType": answer.header("content-type") or "", **_cut(answer)}
    try:
        content["text"] = answer.body.decode("utf-8")
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(answer.body).decode(), "encoding": "base64"}
    return {
        "status": request.status,
        "statusText": _phrase(request.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(answer.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": _UNKNOWN,
        "bodySize": answer.size,
    }


def _cut(half: Half) -> JSON_OBJECT:
    return {} if half.is_whole else {"comment": "only the beginning is kept"}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[JSON_OBJECT]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
