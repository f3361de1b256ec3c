"""The CSV file of open items: how it is read, what is wrong with it, and the command that takes it over (OPN-04)."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from reskontra.errors import Refused
from reskontra.payments.openings.rules.csv_file import read_file, read_rows
from reskontra.payments.openings.rules.rows import COLUMNS, Fault, RowFaults
from tests.clerk import INVOICE, Caller
from tests.conftest import ServerProcess

OPERATING = Path(__file__).resolve().parents[3] / "docs" / "OPERATING.md"
TITLES = "documentType;referenceNumber;customer;documentDate;dueDate;balance"


def example() -> str:
    """The file that docs/OPERATING.md shows."""
    found = re.search(r"```csv\n(.*?)```", OPERATING.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def faults_of(text: str) -> list[Fault]:
    """What is wrong with a file, or with fields of its rows; the latter is told with what else is wrong with rows."""
    try:
        rows = read_rows(text)
    except RowFaults as refused:
        return list(refused.faults)
    return [fault for row in rows for fault in row.unread]


def test_the_example_in_the_documentation_is_read() -> None:
    rows = read_rows(example())
    assert example().splitlines()[0].split(";") == list(COLUMNS.values())
    assert [row.number for row in rows] == ["4711", "D-12", "C-7", "B1088", "B1091"]
    invoice = rows[0]
    assert (invoice.place, invoice.document_date, invoice.due_date) == (
        "line 2",
        date(2025, 11, 15),
        date(2025, 12, 15),
    )
    assert (invoice.original_amount, invoice.balance) == (Decimal("12500.00"), Decimal("4500.00"))
    assert (invoice.currency_id, invoice.exchange_rate, invoice.branch_number) == (None, None, None)


@pytest.mark.parametrize("divider", [";", ",", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_each_divider_ending_and_mark_is_understood(divider: str, mark: str, ending: str) -> None:
    lines = [TITLES.upper(), 'Invoice;"0;1";20001;2024-11-15;;1234.50', ";;;;;"]
    (row,) = read_rows(mark + ending.join(lines).replace(";", divider) + ending)
    assert (row.number, row.balance) == (f"0{divider}1", Decimal("1234.50"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: titles: Write the titles of the columns"),
        (TITLES, "line 2: line: Write a line for each open item."),
        ("documentType;colour", "line 1: title 'colour': The titles are: documentType;"),
        ("documentType;documentType", "Write each title once."),
        ("documentType;customer", "Add the column balance."),
        (f"{TITLES}\nInvoice;1;2;3;4;5;6", "line 2: line: The line has 7 fields and there are 6 columns."),
        (f"{TITLES}\nInvoice;1;2;31.12.2024;;1", "documentDate '31.12.2024': Write a date as 2025-12-31."),
        (f"{TITLES}\nInvoice;1;2;2024-02-30;;1", "documentDate '2024-02-30': Write a date"),
        (f"{TITLES}\nInvoice;1;2;2024-02-20;;1 234,50", "balance '1 234,50': Write a number as 1234.50 or 1234,50"),
        (f"{TITLES}\nInvoice;1;2;2024-02-20;;1.234,50", "balance '1.234,50': Write a number"),
        (f'{TITLES}\nInvoice;"1;2;2024-02-20;;1', "This is not CSV"),
    ],
)
def test_what_is_wrong_with_a_file(text: str, words: str) -> None:
    assert words in "\n".join(map(str, faults_of(text)))


def test_all_faults_of_form_are_told_at_once() -> None:
    faults = faults_of(f"{TITLES}\nInvoice;1;2;x;y;z\nInvoice;2;2;2024-02-20;;1\nInvoice;3;2;2024-02-20;;z")
    assert [(it.place, it.attribute) for it in faults] == [
        ("line 2", "document_date"), ("line 2", "due_date"), ("line 2", "balance"), ("line 4", "balance"),
    ]  # fmt: skip


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read_file(tmp_path / "missing.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(f"{TITLES};text\nInvoice;1;2;2024-02-20;;1;Båt".encode("latin-1"))
    with pytest.raises(Refused, match="is not in UTF-8") as refused:
        read_file(latin)
    assert refused.value.hint == "Save it as CSV UTF-8."


async def test_the_command_tries_takes_over_and_refuses_a_second_run(
    server_process: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """With the file that docs/OPERATING.md shows, beside a running server."""
    server = server_process()
    path = tmp_path / "open.csv"
    path.write_text(example(), encoding="utf-8")

    async def command(*more: str) -> subprocess.CompletedProcess[str]:
        words = [str(path), "--company", "demo", "--as-of", "2026-01-01", "--database-url", server.dsn, *more]
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "reskontra", "company", "open-items", *words],
            capture_output=True,
            text=True,
            check=False,
        )

    trial = await command("--dry-run")
    assert trial.returncode == 0, trial.stderr
    assert re.search(r"^Invoice +1 +4500.00$", trial.stdout, re.MULTILINE)
    assert trial.stdout.endswith("Nothing was changed: this was a trial.\n")
    taken = await command()
    assert "Taken over by batch" in taken.stdout, taken.stderr
    assert "of period 202601 against 9990" in taken.stdout
    again = await command()
    assert again.returncode == 2
    faults = re.findall(
        r"^line [0-9]: referenceNumber '(.*)': A document has this number already.$", again.stderr, re.M
    )
    assert faults == ["4711", "D-12", "C-7", "B1088", "B1091"]
    headers = {"Authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        assert (await Caller(client).get(f"{INVOICE}/4711"))["balance"] == 4500
