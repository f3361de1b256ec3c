"""What a room is made of: layers, at most one record, and rooms within. import-linter holds who may know whom."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "reskontra"

LAYERS = {"routes", "commands", "wire", "store", "rules"}
MECHANICS = {"web", "db", "printing", "delivery", "runs", "command_line", "pages"}
"""Folders that are no rooms and have no layers: what rooms stand on, and the command line above them."""

FILE_OF_A_LAYER = 300
"""Lines of a layer that is one file; beyond them it becomes a folder of the same name."""

# What predates the limit, with its size. Lower it, never raise it.
LONG_LAYERS: dict[str, int] = {}

RECORDS = {
    "customers": "customer", "documents": "document", "payments": "payment",
    "charges": "charge", "e_invoices": "e_invoice",
    "dunning": "new_letter", "dunning.letters": "letter",
    "reference": "reference", "company_file": "file", "requests": "recorded", "mails": "mail",
}  # fmt: skip
"""Room -> the module that says what its thing is, for those that have one."""

ROOMS = {
    path.relative_to(SOURCE).as_posix().replace("/", "."): path
    for path in [SOURCE, *SOURCE.rglob("*")]
    if path.is_dir()
    and path != SOURCE
    and (path / "__init__.py").exists()
    and path.name not in LAYERS
    and not MECHANICS & set(path.relative_to(SOURCE).parts)
}


def modules(room: Path) -> list[str]:
    return sorted(
        path.stem
        for path in room.iterdir()
        if path.name not in ("__init__.py", "__pycache__") and (path.suffix == ".py" or (path / "__init__.py").exists())
    )


def test_a_room_holds_layers_and_its_record_and_nothing_else() -> None:
    odd = {
        f"{name}.{module}"
        for name, path in ROOMS.items()
        for module in modules(path)
        if module not in LAYERS and module != RECORDS.get(name) and f"{name}.{module}" not in ROOMS
    }
    assert odd == set(), "move it into the folder of its layer, or make it a room within"


def test_every_room_is_under_the_contract_of_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (inside,) = (contract for contract in contracts if contract["id"] == "inside-a-room")
    assert sorted(inside["containers"]) == sorted(f"reskontra.{name}" for name in ROOMS)


def test_a_layer_beyond_300_lines_is_a_folder() -> None:
    long = {
        f"{name}.{layer}": lines
        for name, path in ROOMS.items()
        for layer in sorted(LAYERS)
        if (path / f"{layer}.py").exists()
        and (lines := (path / f"{layer}.py").read_text(encoding="utf-8").count("\n"))
        > LONG_LAYERS.get(f"{name}.{layer}", FILE_OF_A_LAYER)
    }
    assert long == {}


LOCKS = SOURCE / "receivables" / "commands" / "locks.py"
TAKES_LOCKS = re.compile(
    r"\b(?:keep_customers|lock_balances?|lock_named_items|lock_open_items|lock_unsettled|lock_ranges|lock_tallies"
    r"|wait_for_turn)\("
)
# Customers number themselves, below the rooms that write documents; the rest is where the functions are defined.
MAY_TAKE_LOCKS = {"customers/commands.py"}


def test_one_module_takes_the_locks_of_whoever_writes_documents() -> None:
    callers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if TAKES_LOCKS.search(line) and not re.match(r"\s*(?:async )?def ", line)
    }
    assert LOCKS.relative_to(SOURCE).as_posix() in callers
    assert callers - MAY_TAKE_LOCKS == {LOCKS.relative_to(SOURCE).as_posix()}, "say what is needed to locks.take"
