"""The pages of customers: all of them, and one."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from reskontra.pages.screen import Screen

ROWS = 50


class ClassOfRow(msgspec.Struct):
    """The customer's class."""

    id: str
    description: str | None = None


class CustomerRow(msgspec.Struct, rename="camel"):
    """A customer as the list shows it."""

    number: str
    name: str
    status: str
    customer_class: ClassOfRow


async def show_customers(screen: Screen) -> Response:
    """B3: all customers."""
    query = screen.query
    page = screen.page_number
    found = await screen.api.list(
        CustomerRow, "/v1/customer", name=query.text("q"), status=query.text("status"), pageNumber=page, pageSize=ROWS
    )
    return screen.show("customers.html", found=found, page=page, size=ROWS)
