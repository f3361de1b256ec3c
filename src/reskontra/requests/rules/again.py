"""Whether a recorded request can be sent again as it was."""

from __future__ import annotations

from typing import Literal

from reskontra.requests.rules.masking import MASK, NOT_SHOWN

KeyUse = Literal["none", "replays", "foreign"]
"""`none`: it has no key, or one that says nothing. `replays`: it is answered as before, and done once. `foreign`: the
key is another client's, so it is carried out."""


def why_not_again(*, is_served: bool, is_whole: bool, body: bytes, query: str, media: str) -> str | None:
    """Why not, as a sentence; None if it can. `media` is the content type of its body, lower case or empty."""
    if not is_served:
        return "No operation has its address."
    if MASK.encode() in body or NOT_SHOWN in body or MASK in query:
        return "It carried a secret, which is not kept."
    if not is_whole:
        return "Its body was longer than what is kept of it."
    if media.startswith("multipart/"):
        return "It carried a file."
    return None


def key_use(*, method: str, key: str | None, is_same_client: bool) -> KeyUse:
    """What its `Idempotency-Key` does if it is sent again from here, where `is_same_client` says whether who sends it
    then is who sent it: a key counts for one client."""
    if key is None or method == "GET":
        return "none"
    return "replays" if is_same_client else "foreign"
