"""The files that pages load: one style sheet, our script, htmx. Their names hold a hash, so browsers may keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from starlette.responses import Response

from reskontra.errors import NotFound

_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


class Asset(NamedTuple):
    """A file as it is served."""

    name: str
    body: bytes
    media: str


@cache
def _assets() -> dict[str, Asset]:
    """Plain name -> the asset."""
    found = {}
    for path in (files("reskontra.pages") / "assets").iterdir():
        stem, _, ending = path.name.rpartition(".")
        if ending in _MEDIA:
            body = path.read_bytes()
            name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
            found[path.name] = Asset(name, body, _MEDIA[ending])
    return found


def address(name: str) -> str:
    """The address of an asset below the pages' root, with its hash."""
    return f"assets/{_assets()[name].name}"


@cache
def _by_address() -> dict[str, Asset]:
    return {asset.name: asset for asset in _assets().values()}


def answer(name: str) -> Response:
    """The asset with this name, hash included."""
    asset = _by_address().get(name)
    if asset is None:
        raise NotFound(reason="There is no such file.")
    headers = {
        "Content-Type": asset.media,
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(asset.body, headers=headers)
