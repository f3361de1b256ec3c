"""Pictures on pages: what may be one, and how a layout gets it.

A picture comes from outside, so only what is needed of PNG, JPEG and SVG is taken: an SVG must draw by itself, without
scripts, links or other pictures (PAP-06).
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from xml.etree import ElementTree

LARGEST_SIDE = 4000
"""In pixels."""

_MOST_ELEMENTS = 5000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_DRAWN = frozenset({
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs", "style", "clipPath", "mask",
    "linearGradient", "radialGradient", "stop", "title", "desc", "metadata", "text", "tspan",
})  # fmt: skip
_LOCAL = re.compile(r"\s*#")
_ELSEWHERE = re.compile(r"url\s*\(\s*['\"]?\s*(?!#)|@import|expression\s*\(", re.IGNORECASE)
# The markers of JPEG that begin a frame, which has the picture's size.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be printed; width and height in pixels, or in the units of an SVG."""

    media_type: str
    content: bytes
    width: int = 0
    height: int = 0

    @property
    def as_svg(self) -> str:
        """The picture as a layout takes it, since only text travels there."""
        if self.media_type == "image/svg+xml":
            return self.content.decode()
        size = f'width="{self.width}" height="{self.height}"'
        data = f"data:{self.media_type};base64,{b64encode(self.content).decode()}"
        return (
            f'<svg xmlns="{_SVG_NAMESPACE}" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>'
            f'<image {size} xlink:href="{data}"/></svg>'
        )


def picture_of(content: bytes) -> Picture:
    """The picture that a file is. Raises `ValueError`, which says what would pass."""
    if content.startswith(_PNG):
        size, media_type = _png_size(content), "image/png"
    elif content.startswith(_JPEG):
        size, media_type = _jpeg_size(content), "image/jpeg"
    else:
        _check_svg(content)
        return Picture("image/svg+xml", content)
    if size is None:
        raise ValueError("The picture is broken: send a whole PNG or JPEG file.")
    if not all(1 <= side <= LARGEST_SIDE for side in size):
        raise ValueError(f"The picture has {size[0]} x {size[1]} pixels: send at most {LARGEST_SIDE} on each side.")
    return Picture(media_type, content, *size)


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 33 or content[12:16] != b"IHDR" or b"IEND" not in content[-16:]:
        return None
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 < len(content) and content[position] == 0xFF:
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        if marker in _FRAMES:
            height, width = content[position + 5 : position + 7], content[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        position += 2 + length
    return None


def _check_svg(content: bytes) -> None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("This is no picture that can be printed: send PNG, JPEG or SVG.") from None
    if "<!" in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL) or "<?" in text.replace("<?xml", "", 1):
        raise ValueError(
            "The SVG has declarations: send one of plain elements, without DOCTYPE, CDATA or style sheets."
        )
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without declarations there are no entities
    except ElementTree.ParseError:
        raise ValueError("This is no picture that can be printed: send PNG, JPEG or SVG.") from None
    if root.tag != f"{{{_SVG_NAMESPACE}}}svg":
        raise ValueError("This is no picture that can be printed: send PNG, JPEG or SVG.")
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    if len(elements) > _MOST_ELEMENTS:
        raise ValueError(f"The SVG has {len(elements)} elements: send at most {_MOST_ELEMENTS}.")
    for element in elements:
        _check_element(element)


def _check_element(element: ElementTree.Element) -> None:
    namespace, _, name = element.tag.rpartition("}")
    if namespace == f"{{{_SVG_NAMESPACE}" and name not in _DRAWN:
        raise ValueError(f"The SVG has an element <{name}>: send one that only draws.")
    if _ELSEWHERE.search(element.text or ""):
        raise ValueError(f"The SVG has an element <{name}> that leads elsewhere: send one that draws by itself.")
    for attribute, value in element.attrib.items():
        plain = attribute.rpartition("}")[2].lower()
        if plain.startswith("on") or (plain == "href" and not _LOCAL.match(value)) or _ELSEWHERE.search(value):
            raise ValueError(f"The SVG has an attribute {plain} that leads elsewhere: send one that draws by itself.")
