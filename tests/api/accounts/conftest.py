"""A company with two segments and a subaccount for each source of the mask, and its clerk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk
from tests.conftest import new_company, open_client

TEMPLATE = Path(__file__).parents[3] / "src" / "reskontra" / "company_file" / "templates" / "no.yaml"

CHART = """dimensions:
  - dimension_id: SUBACCOUNT
    description: Department and place
    segments:
      - segment_id: 1
        description: Department
        length: 2
        values:
          - {value: "00", description: None}
          - {value: "10", description: Branch}
          - {value: "11", description: Other branch}
          - {value: "20", description: Item}
          - {value: "30", description: Location}
          - {value: "40", description: Seller}
          - {value: "41", description: Other seller}
          - {value: "99", description: Closed, active: false}
      - segment_id: 2
        description: Place
        length: 1
        values:
          - {value: "0", description: Nowhere}
          - {value: B, description: Branch}
          - {value: C, description: Other branch}
          - {value: I, description: Item}
          - {value: L, description: Location}
          - {value: S, description: Seller}

subaccounts:
  - {subaccount_id: 1, subaccount_number: "00-0", description: None}
  - {subaccount_id: 2, subaccount_number: 10-B}
  - {subaccount_id: 3, subaccount_number: 11-C}
  - {subaccount_id: 4, subaccount_number: 20-I}
  - {subaccount_id: 5, subaccount_number: 30-L}
  - {subaccount_id: 6, subaccount_number: 40-S}
  - {subaccount_id: 7, subaccount_number: 41-S}

branches:
  - {branch_number: "1", name: Head office, country_id: "NO", subaccount_id: 2}
  - {branch_number: "2", name: Abroad, country_id: "SE", subaccount_id: 3, vat_zone_id: EX}

salespersons:
  - {salesperson_id: 1, salesperson_cd: KARI, name: Kari, sales_subaccount_id: 6}
  - {salesperson_id: 2, salesperson_cd: OLA, name: Ola, sales_subaccount_id: 7}
"""
ITEM = """items:
  - item_id: 50
    item_number: OWN
    description: An item with a subaccount of its own
    item_class_id: SALG
    unit_id: STK
    unit_price: 10.00
    vat_category_id: "3"
    sales_account: "3000"
    sales_subaccount_id: 4
"""

OpenChart = Callable[..., Awaitable[Clerk]]


@pytest.fixture
async def open_chart(books: Database, clock: SeededClock, tmp_path: Path) -> AsyncIterator[OpenChart]:
    """Opens a new company whose mask is `mask`, and hires a clerk; its customer's location has subaccount 30-L."""
    async with AsyncExitStack() as clients:

        async def opened(mask: str | None = "LL-L", **replaced: str) -> Clerk:
            text = TEMPLATE.read_text(encoding="utf-8")
            start, end = text.index("dimensions:\n"), text.index("# No section `countries`")
            text = text[:start] + CHART + "\n" + text[end:]
            changes: dict[str, Any] = {
                "items:\n": ITEM,
                "  subaccount_mask: L\n": f"  subaccount_mask: {mask}\n" if mask else "",
                "    sales_subaccount_id: 1\n": "    sales_subaccount_id: 5\n",
            }
            for old, new in (changes | replaced).items():
                assert old in text, old
                text = text.replace(old, new, 1)
            file = tmp_path / "chart.yaml"
            file.write_text(text, encoding="utf-8")
            company_id = await new_company(books, clock, file)
            client = open_client(Settings(sandbox=True), books, clock, company_id=company_id)
            clerk = Clerk(await clients.enter_async_context(client), books, clock, company_id, customer_number="10000")
            await clerk.customer(number="10000")
            return clerk

        yield opened
