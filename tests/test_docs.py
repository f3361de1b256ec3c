"""The documents tell the truth: the README's examples run as printed, and what it lists exists."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from datetime import date, timedelta
from pathlib import Path

import pytest

from reskontra import demo, demo_year
from reskontra.clock import Clock, Context
from reskontra.command_line.app import app
from reskontra.company_file.commands.creating import create_company
from reskontra.config import VARIABLES
from reskontra.db.pool import Database
from reskontra.numbering.rules import Mode
from tests import citations
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


MARK = "--- the end of an example ---"


async def run_as_one_session(commands: list[str]) -> list[str]:
    """What each command prints, typed one after the other into one shell."""
    script = "\n".join(f"{command}\necho; echo '{MARK}'" for command in commands)
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", script, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await shell.communicate()
    return output.decode().replace("\r\n", "\n").split(f"\n{MARK}\n")


@pytest.fixture
async def sandbox(server: RunningServer, clock: Clock) -> RunningServer:
    """A server with the companies of the sandbox: the demo's, and an empty one."""
    context = Context(0, "test", "test", clock.now(), clock)
    database = await Database.connect(server.dsn)
    async with database.transaction() as connection:
        number = await create_company(
            connection, "no", code="empty", name="Empty AS", numbering=Mode.AUTOMATIC, context=context
        )
    await database.close()
    assert number == 2
    return server


async def test_the_examples_run_in_order_as_printed_and_again(sandbox: RunningServer) -> None:
    examples = consoles(README)
    assert len(examples) >= 16
    for _ in range(2):
        outputs = await run_as_one_session([command.replace(BASE, sandbox.url) for command, _ in examples])
        for (command, printed), output in zip(examples, outputs, strict=False):
            shown = output.replace(sandbox.url, BASE)
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


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs" / "OPERATING.md").read_text(encoding="utf-8")
    assert [variable for variable, _ in VARIABLES.values() if f"`{variable}`" not in page] == []


def test_the_readme_counts_what_is_served() -> None:
    served = re.findall(r"Served: (\d+ of )(\d+)", (ROOT / "docs" / "COVERAGE.md").read_text(encoding="utf-8"))[0]
    assert f"It serves {served[0]}the {served[1]} operations" in README


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_every_link_leads_somewhere() -> None:
    links = [
        (page, target)
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 20
    for page, target in links:
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_documents_can_be_typed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    for line in lines:
        for part in re.split(r"&&|;", line.partition(" #")[0]):
            words = shlex.split(part)
            if words[:1] == ["reskontra"]:
                app.parse_args(words[1:], exit_on_error=False, print_error=False)


def test_every_room_is_on_the_map_and_in_the_chain() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    drawn = re.findall(r"```\nsrc/reskontra/\n(.*?)```", page, re.DOTALL)[0]
    chain = re.findall(r"`(command_line > app, demo >.*?)`", page, re.DOTALL)[0]
    rooms = {folder.parent.name for folder in (ROOT / "src" / "reskontra").glob("*/__init__.py")}
    assert set(re.findall(r"\b(\w+)/", drawn)) == rooms
    assert rooms - set(re.findall(r"\w+", chain)) == set()


def test_files_that_the_documents_name_exist() -> None:
    missing = [
        f"{page.name} names {name}"
        for page in sorted((ROOT / "docs").rglob("*.md"))
        for name in re.findall(r"`((?:src|tests|tools)/[\w./*-]+)`", page.read_text(encoding="utf-8"))
        if not list(ROOT.glob(name.rstrip("/")))
    ]
    assert missing == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(page.name[:4]) for page in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


# Applied migrations are held to their checksums, so these keep the names of the notes they were written from.
APPLIED = {"0001_companies.sql", "0005_dunning.sql", "0009_settlement.sql", "0013_letters.sql"}


def test_every_rule_that_is_cited_is_in_the_book() -> None:
    assert len(citations.citations()) > 100
    assert citations.unknown(citations.citations(), citations.rules()) == []
    assert citations.ids_in(citations.BOOK.read_text(encoding="utf-8")) == set(citations.rules())


def test_every_rule_in_the_book_is_cited_or_not_served_yet() -> None:
    assert citations.idle(citations.citations(), citations.rules()) == []


def test_no_code_and_no_test_claims_a_rule_that_is_not_served_yet() -> None:
    assert citations.premature(citations.citations(), citations.rules()) == []


def test_every_invariant_that_is_cited_is_listed() -> None:
    listed = citations.invariants_listed((ROOT / "docs" / "INVARIANTS.md").read_text(encoding="utf-8"))
    cited = {path: citations.invariants_in(path, citations.text_of(path) or "") for path in citations.files()}
    assert {path.name: sorted(numbers - listed) for path, numbers in cited.items() if numbers - listed} == {}
    assert {24, 40} <= set().union(*cited.values())


def test_no_file_names_notes_that_a_reader_cannot_open() -> None:
    naming = {path for path in citations.files() if citations.NOTES.search(citations.text_of(path) or "")}
    assert citations.NOTES.search(citations.BOOK.read_text(encoding="utf-8")) is None
    assert naming == {citations.MIGRATIONS / name for name in APPLIED}


@pytest.mark.parametrize(
    ("suffix", "text", "cited"),
    [
        (".py", '"""A docstring (VAT-09, W12)."""\n', {"VAT-09", "W12"}),
        (".py", 'x = 1\n"""What x is (D7)."""\n', {"D7"}),
        (".py", "x = 1  # REL-01.4, not W5\n", {"REL-01", "W5"}),
        (".py", "# APP-07 to\n# APP-09: all three\n", {"APP-07", "APP-08", "APP-09"}),
        (".py", 'x = f("D1", "REF-01")\n', set()),
        (".py", "# NOK-1, SHA-256, UTF-8, ISO-8859-1, PL/pgSQL, T00:00:00, 0x7265736B, PO-77-2, D365X\n", set()),
        (".sql", "select 'A1' as x; -- Exact (W12)\n", {"W12"}),
        (".md", "Row `LNE-09b`, W1 to W3; decision 0016\n", {"LNE-09b", "W1", "W2", "W3"}),
        (".txt", "customer D1", set()),
    ],
)  # fmt: skip
def test_a_citation_is_an_id_in_prose(suffix: str, text: str, cited: set[str]) -> None:
    assert set().union(*map(citations.ids_in, citations.prose(suffix, text))) == cited


def test_faults_of_the_book_would_be_found() -> None:
    rules = citations.rules_in("# Rules\n\n- **VAT-01** One.\n- **W12** Two.\n- **PAY-01** *Not served yet.* Three.\n")
    cited = {
        "VAT-02": [(Path("bench/rounds.py"), "VAT-02")],
        "PAY-01": [(Path("docs/ROADMAP.md"), "PAY-01"), (Path("src/a.py"), "PAY-01 is not served yet.")],
        "W12": [(Path("src/a.py"), "W12")],
    }  # fmt: skip
    assert citations.unknown(cited, rules) == ["VAT-02 in bench/rounds.py"]
    assert citations.idle(cited, rules) == ["VAT-01"]
    assert citations.premature(cited, rules) == []
    assert citations.premature({"PAY-01": [(Path("src/a.py"), "Payments (PAY-01)")]}, rules) == ["PAY-01 in src/a.py"]
    for page in ("- **VAT-01** One.\n- **VAT-01** Two.\n", "- **VAT01:** One.\n"):
        with pytest.raises(ValueError, match="VAT"):
            citations.rules_in(page)


def test_invariants_are_read_as_they_are_written() -> None:
    said = "-- (invariants 7 to 9 and 23; invariant 40)\n\n-- 25, 26\n-- name: customer-balance\n"
    assert citations.invariants_in(Path("selfcheck.sql"), said) == {7, 8, 9, 23, 25, 26, 40}
    assert citations.invariants_in(Path("0001_companies.sql"), said) == {7, 8, 9, 23, 40}
    assert citations.invariants_listed("| 3, 4 | closed |\n| no. | 5 |\n") == {3, 4}


@pytest.mark.parametrize("name", ["ledger", "wire", "payments", "decisions"])
def test_notes_are_known_by_their_names(name: str) -> None:
    assert citations.NOTES.search(f"as {name}.md 4.1 says")
    assert citations.NOTES.search("/".join(("..", "shared", name)))
    assert citations.NOTES.search(f"docs/{name}/0004-reading-bodies.md, web/{name}.py, tests/howto/") is None
