"""What the shipped templates say of law and practice: each value as it should be on its day, read by an accountant."""

from __future__ import annotations

import pytest

from reskontra.company_file.file import Template, read_template
from reskontra.db.pool import Connection
from reskontra.demo import CODE

BOTH = pytest.mark.parametrize("template", ["no", "se"])


def read(template: str) -> Template:
    return read_template(template).content


@BOTH
def test_numbers_of_documents_are_given_by_the_machine_in_a_real_company(template: str) -> None:
    modes = {series.series_id: str(series.mode) for series in read(template).series}
    assert modes.pop("CUSTOMER") == "automatic"
    assert modes.keys() == {"INVOICE", "CREDITNOTE", "DEBITNOTE", "PAYMENT", "BATCH"}
    assert set(modes.values()) == {"strict"}


async def test_clients_of_the_demo_may_bring_their_own_numbers(connection: Connection) -> None:
    modes = await connection.fetch(
        "select distinct mode from number_series join company using (company_id) where code = $1", CODE
    )
    assert [row["mode"] for row in modes] == ["automatic"]
