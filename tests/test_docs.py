"""The documents tell the truth: the README's examples run as printed, and what it lists exists."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from reskontra import demo, demo_year
from reskontra.config import VARIABLES
from tests.conftest import RunningServer

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BASE = "http://127.0.0.1:8080"


def consoles(text: str) -> list[tuple[str, str]]:
    """Each command of the console blocks with the output printed under it."""
    examples = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = command.partition("\n")
            examples.append((line, output))
    return examples


def pattern_of(output: str) -> re.Pattern[str]:
    """`…` stands for anything, also whole lines; the rest is literal."""
    pieces = [re.escape(piece) for piece in output.strip().split("…")]
    return re.compile(".*?".join(pieces), re.DOTALL)


async def test_the_examples_run_in_order_as_printed(server: RunningServer) -> None:
    examples = consoles(README)
    assert len(examples) >= 6
    for command, printed in examples:
        process = await asyncio.create_subprocess_shell(
            command.replace(BASE, server.url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        shown = output.decode().replace("\r\n", "\n").replace(server.url, BASE)
        assert pattern_of(printed).match(shown), f"$ {command}\n{shown}\ninstead of\n{printed}"
        if "/run/dunning" in command:
            assert json.loads(shown)["created"] != []


def test_who_is_reminded_in_the_readme_is_late_in_the_sandbox_too() -> None:
    """The examples run on the small demo; the sandbox's year is 2025 only."""
    (command,) = [command for command, _ in consoles(README) if "/run/dunning" in command]
    sent = json.loads(re.findall(r"-d '(.*)'", command)[0])
    last_day = date.fromisoformat(sent["asOf"]) - timedelta(days=14 + 14 + 1)  # terms, days past due of level 1
    steps = list(
        demo_year.steps(
            demo._SEED, {it for it in range(demo_year.CUSTOMERS) if it % demo._PAGE_CUSTOMERS in demo._ABROAD}
        )
    )
    settled = {step.repeats for step in steps if step.outcome == "settle"}
    invoices = [step for step in steps if step.document_type == "Invoice"]
    late = [
        step
        for position, step in enumerate(invoices)
        if demo._customer_number(step.customer) == sent["filters"]["customer"]
        and step.day <= last_day
        and step.outcome == "release"
        and position not in settled
    ]
    assert late


def test_every_setting_is_in_the_readme() -> None:
    assert [variable for variable, _ in VARIABLES.values() if variable not in README] == []


def test_every_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_room_is_on_the_map_and_in_the_chain() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = re.findall(r"```\nsrc/reskontra/\n(.*?)```", page, re.DOTALL)[0]
    chain = re.findall(r"`(app, demo >.*?)`", page, re.DOTALL)[0]
    rooms = {folder.parent.name for folder in (ROOT / "src" / "reskontra").glob("*/__init__.py")}
    assert set(re.findall(r"\b(\w+)/", drawn)) == rooms
    assert rooms - set(re.findall(r"\w+", chain)) == set()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.stem)
def test_files_that_the_documents_name_exist(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|tools)/[\w./*-]+)`", page.read_text(encoding="utf-8"))
    for name in named:
        assert list(ROOT.glob(name.rstrip("/"))), f"{page.name} names {name}"


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
