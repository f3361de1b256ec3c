"""The SQL that stores compose, by name, so that it can be read whole, explained and timed in psql.

Nothing is listed here. The statements are all texts of stores, also in tables of texts, that begin like a statement;
every paged list, with all that it can show and without a filter; and the reading and writing of small tables.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType

import reskontra
from reskontra.changes.lists.store import Paged
from reskontra.db.lists import Filters
from reskontra.db.tables import Table, writing_statement

_BEGINS = re.compile(r"\s*(?:with|select|insert|update|delete)\b")
_PARAMETER = re.compile(r"\$(\d+)")
_WORD = re.compile(r"[^a-z0-9]+")


@cache
def statements() -> dict[str, str]:
    """Name -> statement, in the order of the names. A name consists of room, module and name in the module."""
    found = sorted(pair for module in _stores() for pair in _statements_of(module))
    names = [name for name, _ in found]
    if len(names) != len(set(names)):
        raise ValueError(f"two statements have one name: {sorted({it for it in names if names.count(it) > 1})}")
    return dict(found)


def for_psql(name: str) -> str:
    """The statement of that name, prepared under it, and how to run it. Raises `KeyError`."""
    statement = textwrap.dedent(statements()[name]).strip()
    prepared = _WORD.sub("_", name)
    parameters = sorted({int(number) for number in _PARAMETER.findall(statement)})
    passed = f" ({', '.join(f'<${number}>' for number in parameters)})" if parameters else ""
    return f"prepare {prepared} as\n{statement};\n-- explain (analyze, buffers) execute {prepared}{passed};"


def _stores() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(reskontra.__path__, "reskontra."):
        if "store" in module.name.split("."):
            yield importlib.import_module(module.name)


def _statements_of(module: ModuleType) -> Iterator[tuple[str, str]]:
    place = module.__name__.removeprefix("reskontra.").replace(".store", "")
    for name in _own_names(module):
        label = f"{place}.{_WORD.sub('_', name.lower()).strip('_')}"
        kept = getattr(module, name)
        if inspect.isfunction(inspect.unwrap(kept)) and _makes_one(kept):
            parameters = inspect.signature(kept).parameters.values()
            shown = {it.name: value for it in parameters for value in _everything(module, it.annotation)}
            kept = kept(**shown) if len(shown) == len(parameters) else None
        if isinstance(kept, str) and _BEGINS.match(kept):
            yield label, kept
        elif isinstance(kept, Mapping):
            for key, text in kept.items():
                if isinstance(text, str) and _BEGINS.match(text):
                    yield f"{label}.{_WORD.sub('_', str(key).lower()).strip('_')}", text
        elif isinstance(kept, Table) and kept.entity:
            yield f"{label}.rows", kept.rows
            yield f"{label}.put", writing_statement((kept,), anew=True)
        elif isinstance(kept, Paged):
            yield f"{label}.page", kept.page_statement(_unfiltered(kept))
            yield f"{label}.total", kept.total_statement(_unfiltered(kept))


def _own_names(module: ModuleType) -> Iterator[str]:
    """What the module itself defines at its top, so that imported statements are not listed twice."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def _makes_one(function: object) -> bool:
    """Whether a function makes a list, or a statement that is kept."""
    makes = str(inspect.signature(function).return_annotation)  # type: ignore[arg-type]
    return makes.startswith("Paged[") or (makes == "str" and hasattr(function, "cache_info"))


def _everything(module: ModuleType, annotation: str) -> Iterator[object]:
    """What a parameter of this type is given so that all is shown: a flag, names, or a form of flags; else nothing."""
    kind = getattr(module, annotation, None)
    if annotation == "bool":
        yield True
    elif annotation == "Names":
        yield None
    elif is_dataclass(kind) and all(it.type == "bool" for it in fields(kind)):
        yield kind(**{it.name: True for it in fields(kind)})  # type: ignore[operator]


def _unfiltered(paged: Paged[object]) -> Filters:
    """No filter, but as many parameters as the list itself uses."""
    count = max(2 if paged.kind else 1, *(int(number) for number in _PARAMETER.findall(paged.found)))
    return Filters([None] * count)
