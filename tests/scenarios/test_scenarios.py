"""Runs the scenarios beside it: bookkeeping told in prose, with requests in between and what must come of them.

Every `.md` file is one story of a company of its own: a new one of the Norwegian template, so that its first invoice
is 002001 and its first customer 20001, and nothing else is in its books. Afterwards the books must prove themselves.
What stands in fenced blocks is carried out from top to bottom:

    company [se]       what the company's file holds besides the template, the Norwegian one or the one that is named
                       (YAML; rows are added to its sections, but dunning levels take the place of the template's)
    http               a request: method and address, then its body; fields may stand bare (docs/QUIRKS.md)
    expect             the status of the answer, then facts of its JSON, or texts in quotes that must stand in it;
                       a request without it must succeed
    upload <name>      sends a file: the address, then its text; the same name at the same address must keep its id
    download <name>    the text of the file that was sent last under that name
    journal <number>   all entries of a document, in kroner: account, debit, credit
    balance            what customers owe, in kroner
    vat <period>       what documents of the period come to, by VAT id: taxed, VAT
    deleted            the record of numbers that no document has any more
"""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from reskontra.clock import Context, SeededClock
from reskontra.company_file.commands.creating import create_company
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.conftest import open_client

HERE = Path(__file__).parent
BLOCK = re.compile(r"^```(\w+) ?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
REQUESTS = ("http", "upload")
KINDS = {"customerinvoice": 1, "customerCreditNote": -1, "customerDebitNote": 1}


@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, what stands beside the kind, its text, and the line it begins on."""

    kind: str
    argument: str
    text: str
    line: int

    @property
    def table(self) -> list[list[str]]:
        """The rows of a table below its head, cells stripped."""
        rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in self.text.splitlines()]
        return rows[2:]


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    found = [
        Block(match[1], match[2].strip(), match[3], text.count("\n", 0, match.start()) + 1)
        for match in BLOCK.finditer(text)
    ]
    assert 2 * len(found) == text.count("```"), f"{path.name} has a block that is not understood"
    return found


class Story:
    """A company, and the last answer that was given about it."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.client = client
        self.database = database
        self.answer: httpx.Response | None = None
        self.files: dict[tuple[str, str], str] = {}
        """Where a file is that was sent to an address under a name, the last one last."""

    async def go_on(self, block: Block) -> None:
        if block.kind != "company":
            await getattr(self, block.kind)(block)

    def expect_success(self) -> None:
        """What every request must come to that is not followed by an `expect`."""
        assert self.answer is not None
        assert self.answer.is_success, self.answer.text

    async def http(self, block: Block) -> None:
        request, _, body = block.text.partition("\n")
        method, address = request.split()
        self.answer = await self.client.request(
            method, address, content=body.strip() or None, headers={"Content-Type": "application/json"}
        )

    async def upload(self, block: Block) -> None:
        address, _, text = block.text.partition("\n")
        self.answer = await self.client.post(address, files={"file": (block.argument, text.encode(), "text/plain")})
        if self.answer.is_success:
            key, location = (address, block.argument), self.answer.headers["Location"]
            assert self.files.pop(key, location) == location, "a new revision has the id of the file"
            assert location not in self.files.values(), "another file has an id of its own"
            self.files[key] = location

    async def download(self, block: Block) -> None:
        location = next(self.files[key] for key in reversed(self.files) if key[1] == block.argument)
        answer = await self.client.get(location)
        assert (answer.status_code, answer.text) == (200, block.text)

    async def expect(self, block: Block) -> None:
        assert self.answer is not None
        status, _, facts = block.text.partition("\n")
        assert self.answer.status_code == int(status), self.answer.text
        if facts.lstrip().startswith('"'):
            for said in facts.splitlines():
                assert said.strip().strip('"') in self.answer.text
        elif facts.strip():
            assert_holds(exact(facts), exact(self.answer.text), "answer")

    async def journal(self, block: Block) -> None:
        entries = await self.read("/v1/GeneralLedgerTransactions?fromPeriod=202001&toPeriod=203012")
        found = [
            (entry["account"]["number"], entry["debitAmount"], entry["creditAmount"])
            for entry in entries
            if entry["refNumber"] == block.argument
        ]
        expected = [(account.split()[0], amount(debit), amount(credit)) for account, debit, credit in block.table]
        assert sorted(found) == sorted(expected)
        assert sum(debit - credit for _, debit, credit in expected) == 0, "the table does not balance"

    async def balance(self, block: Block) -> None:
        for customer, owed in block.table:
            shown = await self.read(f"/v1/customer/{customer.split()[0]}/balance")
            assert shown["balance"] == amount(owed), customer

    async def vat(self, block: Block) -> None:
        sums: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for kind, sign in KINDS.items():
            for document in await self.read(f"/v1/{kind}?financialPeriod={block.argument}&released=1"):
                for row in document["taxDetails"]:
                    taxed, vat = sums[row["taxId"]]
                    sums[row["taxId"]] = taxed + sign * row["taxableAmount"], vat + sign * row["vatAmount"]
        assert dict(sums) == {vat_id.split()[0]: (amount(taxed), amount(vat)) for vat_id, taxed, vat in block.table}

    async def deleted(self, block: Block) -> None:
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "select entity, number, deleted_at, reason from deleted_number order by entity, number"
            )
        found = [[row["entity"], row["number"], f"{row['deleted_at']:%Y-%m-%d}", row["reason"]] for row in rows]
        assert found == block.table

    async def read(self, address: str) -> Any:
        answer = await self.client.get(address)
        assert answer.status_code == 200, answer.text
        return exact(answer.text)


def exact(text: str) -> Any:
    """JSON with its decimals as they stand."""
    return json.loads(text, parse_float=Decimal)


def amount(text: str) -> Decimal:
    """`12,345.60` as a number; an empty cell is zero."""
    return Decimal(text.replace(",", "") or 0)


def assert_holds(facts: Any, found: Any, where: str) -> None:
    """What `facts` names stands in `found` with that value; a list has as many items."""
    if isinstance(facts, dict):
        for name, fact in facts.items():
            assert name in found, f"{where} has no {name}"
            assert_holds(fact, found[name], f"{where}.{name}")
    elif isinstance(facts, list):
        assert len(facts) == len(found), f"{where} has {len(found)} items"
        for position, fact in enumerate(facts):
            assert_holds(fact, found[position], f"{where}[{position}]")
    else:
        assert found == facts, f"{where} is {found}, expected {facts}"


def joined(standing: Any, more: Any) -> Any:
    """What a template says, and what a story says besides."""
    if isinstance(standing, list):
        return [*standing, *more]
    if isinstance(standing, dict):
        return standing | {key: joined(standing.get(key), value) for key, value in more.items()}
    return more


async def new_company(database: Database, clock: SeededClock, blocks: list[Block], file: Path) -> int:
    told = [block for block in blocks if block.kind == "company"]
    template = next((block.argument for block in told if block.argument), "no")
    content = yaml.load(
        (files("reskontra.company_file") / "templates" / f"{template}.yaml").read_text("utf-8"), yaml.BaseLoader
    )
    for more in (yaml.load(block.text, yaml.BaseLoader) or {} for block in told):
        for section, rows in more.items():
            content[section] = rows if section == "dunning_levels" else joined(content[section], rows)
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    async with database.transaction() as connection:
        context = Context(0, "scenario", "scenario", clock.now(), clock)
        return await create_company(connection, file, code="story", context=context)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted(HERE.glob("*.md"))])
async def test_scenario(
    path: Path, fresh_database: Callable[[], Awaitable[Database]], clock: SeededClock, tmp_path: Path
) -> None:
    blocks, database = blocks_of(path), await fresh_database()
    company_id = await new_company(database, clock, blocks, tmp_path / "company.yaml")
    async with open_client(Settings(sandbox=True), database, clock) as client:
        client.headers["ipp-company-id"] = str(company_id)
        story = Story(client, database)
        for block, following in itertools.zip_longest(blocks, blocks[1:]):
            try:
                await story.go_on(block)
                if block.kind in REQUESTS and (following is None or following.kind != "expect"):
                    story.expect_success()
            except Exception as error:
                error.add_note(f"{path.name}, line {block.line}:\n{block.text}")
                raise
