"""What `sentences.toml` says of tags, operations, parameters and fields: one sentence per distinct name (T5)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def sentences() -> dict[str, dict[str, str]]:
    """The tables `tags`, `operations`, `parameters` and `fields`: name -> sentence."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        files("reskontra.web").joinpath("sentences.toml").read_text(encoding="utf-8")
    )
    return found
