"""Whole answers of our own addresses of dunning letters, kept as files like those of the API's operations."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from reskontra.db.pool import Database
from reskontra.dunning.letters.routes import ROUTES
from reskontra.reference.store import remembered
from tests.clerk import STALE, wrapped
from tests.golden.test_golden_answers import Scene, line, played

FILES = Path(__file__).parent / "letters"
LETTERS = "/v1/reskontra/dunningLetter"
INVOICE = wrapped(
    customerNumber="10000",
    documentDate="2025-01-01",
    invoiceLines=[line(inventoryNumber="A", quantity=2)],
)
TAKE_OFF = {"operation": "Delete", "refNbr": "003549"}


def remind(day: str) -> Scene:
    name = f"Customer_CreateDunningLetterActionBycustomer.{day}"
    return Scene(name, "POST", "/v1/customer/10000/action/createDunningLetter", {"dunningLetterDate": day})


PREPARED = (
    Scene("Customer_Post", "POST", "/v1/customer", wrapped(number="10000", name="Golden Gate AS")),
    Scene("CustomerInvoice_Create.1", "POST", "/v1/customerinvoice", INVOICE),
    Scene("CustomerInvoice_Create.2", "POST", "/v1/customerinvoice", INVOICE),
    Scene("CustomerInvoice_Release.1", "POST", "/v1/customerinvoice/003548/action/release"),
    Scene("CustomerInvoice_Release.2", "POST", "/v1/customerinvoice/003549/action/release"),
    remind("2025-01-30"),
)

PLAY = (
    Scene("Reskontra_GetDunningLetter", "GET", f"{LETTERS}/1"),
    Scene("Reskontra_GetDunningLetter.unknown", "GET", f"{LETTERS}/7"),
    Scene("Reskontra_UpdateDunningLetter", "PUT", f"{LETTERS}/1", {"fee": 35, "lines": [TAKE_OFF]}),
    Scene("Reskontra_UpdateDunningLetter.stale", "PUT", f"{LETTERS}/1", {"fee": 1}, STALE),
    Scene("Reskontra_UpdateDunningLetter.unknown", "PUT", f"{LETTERS}/1", {"lines": [TAKE_OFF]}),
    Scene("Reskontra_GetDunningLetter.changed", "GET", f"{LETTERS}/1"),
    Scene("Reskontra_VoidDunningLetter.draft", "POST", f"{LETTERS}/1/action/void"),
    Scene("Reskontra_ReleaseDunningLetter", "POST", f"{LETTERS}/1/action/release"),
    Scene("Reskontra_ReleaseDunningLetter.again", "POST", f"{LETTERS}/1/action/release"),
    Scene("Reskontra_GetDunningLetter.released", "GET", f"{LETTERS}/1"),
    Scene("Reskontra_DeleteDunningLetter.released", "DELETE", f"{LETTERS}/1"),
    Scene("Reskontra_VoidDunningLetter.early", "POST", f"{LETTERS}/1/action/void", {"voidDate": "2025-01-29"}),
    Scene("Reskontra_VoidDunningLetter", "POST", f"{LETTERS}/1/action/void", {"voidDate": "2025-02-03"}),
    Scene("Reskontra_VoidDunningLetter.again", "POST", f"{LETTERS}/1/action/void"),
    Scene("Reskontra_GetDunningLetter.voided", "GET", f"{LETTERS}/1"),
    remind("2025-02-05"),
    Scene("Reskontra_GetDunningLetters", "GET", f"{LETTERS}?customer=10000"),
    Scene("Reskontra_GetDunningLetters.bare", "GET", f"{LETTERS}?pageSize=1&expandLines=false"),
    Scene("Reskontra_GetDunningLetters.refused", "GET", f"{LETTERS}?level=high"),
    Scene("Reskontra_DeleteDunningLetter", "DELETE", f"{LETTERS}/2"),
    Scene("Reskontra_GetDunningLetters.empty", "GET", f"{LETTERS}?status=Draft"),
)


async def test_the_answers_are_those_on_file(
    client: httpx.AsyncClient, books: Database, pytestconfig: pytest.Config
) -> None:
    async with books.transaction() as connection:
        await connection.execute(
            "update company set preferences = jsonb_set(preferences, '{dunning,auto_release}', 'false')"
        )
    remembered.forget()
    await played(client, PREPARED, FILES / "none", update=False)
    differences = await played(client, PLAY, FILES, update=bool(pytestconfig.getoption("--update-golden")))
    assert not differences, "\n".join(differences[:200])


def test_no_file_is_left_over() -> None:
    assert sorted(path.name for path in FILES.iterdir()) == sorted(f"{scene.name}.txt" for scene in PLAY)


def test_every_address_of_letters_is_played() -> None:
    """All but printed pages, whose bytes the typesetter may change (tests/api/dunning/test_dunning_prints.py)."""
    played_operations = {scene.operation for scene in PLAY if scene.operation.startswith("Reskontra_")}
    assert played_operations == {route.operation for route in ROUTES if not route.media}
