"""Writes docs/COVERAGE.md from the mounted routes: each operation of the contract, served or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from reskontra.web import contract
from reskontra.web.contract import Operation
from reskontra.web.routing import Route


def coverage_text(routes: Iterable[Route]) -> str:
    """The page as Markdown. `routes` are the mounted ones; those that answer 501 do not count as served."""
    served = {route.operation for route in routes if route.step is None}
    operations = list(contract.operations().values())
    by_step: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_step[str(operation.step)].append(operation)
    own = sorted({route.operation for route in routes} - {operation.name for operation in operations})
    lines = [
        "# Coverage",
        "",
        "Made by `python tools/write_coverage.py` from the public contract and the mounted routes; do not edit.",
        "",
        f"Served: {sum(operation.name in served for operation in operations)} of {len(operations)} operations. "
        "Every other operation answers 501 and names the step that brings it.",
        "",
        "| step | operations | served |",
        "|---|---|---|",
        *(_step_row(step, by_step[step], served) for step in sorted(by_step)),
    ]
    for step in sorted(by_step):
        lines += ["", f"## Step {step}", "", "| served | method | path | operation |", "|---|---|---|---|"]
        lines += [_row(operation, served) for operation in sorted(by_step[step], key=_by_address)]
    if own:
        lines += ["", "## Our own", "", *(f"- {name}" for name in own)]
    return "\n".join(lines) + "\n"


def _step_row(step: str, operations: list[Operation], served: set[str]) -> str:
    return f"| {step} | {len(operations)} | {sum(operation.name in served for operation in operations)} |"


def _row(operation: Operation, served: set[str]) -> str:
    mark = "yes" if operation.name in served else "no"
    return f"| {mark} | {operation.method} | `{operation.path}` | {operation.name} |"


def _by_address(operation: Operation) -> tuple[str, str]:
    return operation.path.lower(), operation.method
