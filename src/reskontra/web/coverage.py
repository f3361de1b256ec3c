"""Writes docs/COVERAGE.md from the mounted routes: each operation of the contract, served or not."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable

from reskontra.web import contract
from reskontra.web.contract import Operation
from reskontra.web.not_served import group_of, groups
from reskontra.web.routing import Route


def coverage_text(routes: Iterable[Route]) -> str:
    """The page as Markdown. `routes` are the mounted ones; those that answer 501 do not count as served."""
    routes = list(routes)
    served = {route.operation for route in routes if route.missing is None}
    operations = list(contract.operations().values())
    absent = [operation for operation in operations if operation.name not in served]
    by_resource: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.name in served:
            by_resource[operation.path.split("/")[2].lower()].append(operation)
    own = sorted({route.operation for route in routes} - {operation.name for operation in operations})
    lines = [
        "# Coverage",
        "",
        "Made by `python tools/write_coverage.py` from the public contract and the mounted routes; do not edit.",
        "",
        f"Served: {len(operations) - len(absent)} of {len(operations)} operations. Every other operation answers 501 "
        "and says what is missing and what to do instead.",
        "",
        "## Not served",
    ]
    for group in groups():
        members = [operation for operation in absent if group_of(operation) is group]
        if members:
            lines += ["", f"### {group.name[0].upper()}{group.name[1:]}", "", *_wrapped(group.sentences), ""]
            lines += _table(members)
    others = [operation for operation in absent if group_of(operation) is None]
    if others:
        lines += ["", "### Others", "", *_table(others)]
    lines += ["", "## Served"]
    for resource in sorted(by_resource):
        lines += ["", f"### {by_resource[resource][0].path.split('/')[2]}", "", *_table(by_resource[resource])]
    if own:
        lines += ["", "## Our own", "", *(f"- {name}" for name in own)]
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)


def _table(operations: Iterable[Operation]) -> list[str]:
    rows = [f"| {it.method} | `{it.path}` | {it.name} |" for it in sorted(operations, key=_by_address)]
    return ["| method | path | operation |", "|---|---|---|", *rows]


def _by_address(operation: Operation) -> tuple[str, str]:
    return operation.path.lower(), operation.method
