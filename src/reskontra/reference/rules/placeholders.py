"""Placeholders like `{deadline}` in a company's own texts. `{{` is a brace."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping


def faults_of_words(words: str, placeholders: Mapping[str, str], *, knows_account: bool) -> Iterator[tuple[str, str]]:
    """What is wrong with the placeholders of a text: what is there, and what would pass.

    `knows_account`: a branch has a bank, so that `{account}` can be filled in.
    """
    known = ", ".join(f"{{{name}}}" for name in placeholders)
    for number, line in enumerate(words.split("\n"), 1):
        where = f"In line {number} of the text: " if "\n" in words else ""
        try:
            found = [name for _, name, *_ in string.Formatter().parse(line) if name is not None]
        except ValueError:
            yield line, f"{where}Write braces around placeholders only, and {{{{ for a brace."
            continue
        for name in found:
            if name not in placeholders or not _is_bare(line, name):
                yield f"{{{name}}}", f"{where}This is no placeholder. Known placeholders: {known}."
            elif name == "account" and not knows_account:
                yield "{account}", f"{where}No branch has a bank account: give one an iban or bban first."


def _is_bare(line: str, name: str) -> bool:
    """Whether a placeholder has no conversion or format of Python's."""
    return f"{{{name}}}" in line and not re.search(rf"\{{{re.escape(name)}[!:]", line)
