"""Random companies, kept by the program and by an accountant of the tests' own: every figure must be the same.

The accountant's books (`tests/books/accountant/`) import nothing of the program and ask over HTTP only.
500 documents, 10,000 in `make test-all`. RESKONTRA_ACCOUNTANT_DOCUMENTS asks for more or fewer,
RESKONTRA_ACCOUNTANT_SEED for other ones; a failure tells both.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import httpx

from tests.books.accountant.as_of import as_of_differences
from tests.books.accountant.bookkeeper import PATH, Bookkeeper
from tests.books.accountant.books import Application, Books, Document
from tests.books.accountant.company import Company, drawn, file_of
from tests.books.accountant.comparing import (
    application_differences,
    assert_same,
    document_differences,
    journal_differences,
    vat_differences,
)

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

SEED = os.environ.get("RESKONTRA_ACCOUNTANT_SEED", "2026")


def test_the_accountant_knows_nothing_of_the_program() -> None:
    modules = list((Path(__file__).parent / "accountant").glob("*.py"))
    assert len(modules) > 3
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [it.name for it in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith("reskontra") for name in names), path.name


async def test_the_accountants_books_say_the_same(
    server_process: Callable[..., ServerProcess], tmp_path: Path, whole: bool
) -> None:
    server = server_process()
    documents = int(os.environ.get("RESKONTRA_ACCOUNTANT_DOCUMENTS", "10000" if whole else "500"))
    companies = [drawn(Random(f"{SEED}/{number}"), f"C{number}") for number in range(3 + documents // 2000)]
    token, ids = create(companies, server, tmp_path)
    made: list[Application] = []
    documents_of_all: list[Document] = []
    try:
        with localcontext(prec=60):
            for company in companies:
                headers = {"Authorization": f"Bearer {token}", "ipp-company-id": ids[company.code]}
                async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as http:
                    keeper = Bookkeeper(http, Random(f"{SEED}/{company.code}"), Books(company))
                    await keeper.work(documents // len(companies))
                    await compare(keeper)
                    made += keeper.books.applications
                    documents_of_all += keeper.books.documents
    except BaseException as error:
        error.add_note(f"Again: RESKONTRA_ACCOUNTANT_SEED={SEED} RESKONTRA_ACCOUNTANT_DOCUMENTS={documents}")
        raise
    assert any(it.gain > 0 for it in made)
    assert any(it.gain < 0 for it in made)
    assert any(it.is_posted and not it.gain for it in made), "from one receivables account to another"
    assert any(it.undone_by and it.debit.status == "Closed" for it in made), "undone and settled again"
    released = [it for it in documents_of_all if it.released]
    assert any(not it.figures.amount for it in released), "worth nothing"
    assert any(it.rate != it.vat_rate and it.figures.vat_total for it in released), "VAT at another rate than agreed"
    assert any(it.is_foreign and it.figures.rounding for it in released), "rounded in a currency of its own"
    assert any(has_vat_of_another_day(it) for it in released if it.kind == "CreditNote")


def has_vat_of_another_day(document: Document) -> bool:
    dated = document.company.vat["DATED"]
    return "DATED" in document.figures.vat and dated.percent(document.vat_day) != dated.percent(document.day)


def create(companies: list[Company], server: ServerProcess, folder: Path) -> tuple[str, dict[str, str]]:
    """Make the companies of their files; returns a token for all of them, and their ids."""
    ids, options = {}, []
    for company in companies:
        path = folder / f"{company.code}.yaml"
        path.write_text(json.dumps(file_of(company), default=str))
        said = run("company", "create", "--template", str(path), "--code", company.code, "--database-url", server.dsn)
        ids[company.code] = said.strip().rstrip(".").rpartition(" ")[2]
        options += ["--company", company.code]
    said = run("client", "create", *options, "--database-url", server.dsn)
    form = dict(line.split("=", 1) for line in said.splitlines())
    del form["tenant_id"]  # it would narrow the token to one company
    form |= {"grant_type": "client_credentials", "scope": "vismanet_erp_service_api"}
    return httpx.post(f"{server.url}/connect/token", data=form).json()["access_token"], ids


def run(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "reskontra", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def compare(keeper: Bookkeeper) -> None:
    """All that can be read of the company, at the end."""
    books = keeper.books
    for kind, path in PATH.items():
        own = {it.number: it for it in books.documents if it.kind == kind}
        shown = {row["referenceNumber"]: row for row in await keeper.pages(f"/v1/{path}?")}
        assert shown.keys() == own.keys()
        assert_same(text for number, it in own.items() for text in document_differences(it, shown[number]))
        for number, it in own.items():
            assert_same(vat_differences(it, await keeper.read(f"/v1/reskontra/{path}/{number}/vat")))
    settled = {row["id"]: row for row in await keeper.pages("/v1/reskontra/application?released=true&")}
    assert settled.keys() == {it.id for it in books.applications}
    assert_same(text for it in books.applications for text in application_differences(it, settled[it.id]))
    for customer in books.customers:
        owed = sum((it.sign * it.open_base for it in books.documents if it.customer is customer), Decimal(0))
        assert (await keeper.read(f"/v1/customer/{customer.number}/balance"))["balance"] == owed, customer.number
    batches = await keeper.pages("/v2/journaltransaction?")
    assert_same(journal_differences(books, batches))
    assert_same(as_of_differences(books, batches))
