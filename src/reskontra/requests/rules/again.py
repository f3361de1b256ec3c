"""Whether a recorded request can be sent again as it was."""

from __future__ import annotations

from reskontra.requests.rules.masking import MASK, NOT_SHOWN


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
