"""The pages of customers: all of them, and one with its documents, letters and changes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.pages.ages import Ages, Bucket, ages_of, open_credits
from reskontra.pages.api import segment
from reskontra.pages.changes import list_changes
from reskontra.pages.countries import order as in_order
from reskontra.pages.documents import DocumentRow, Sums
from reskontra.pages.screen import Screen

ROWS = 50


class Name(msgspec.Struct):
    """Number and name of a customer."""

    number: str
    name: str


class Standing(msgspec.Struct, rename="camel", kw_only=True):
    """How a customer stands."""

    customer: Name
    status: str
    customer_class: str
    currency: str
    balance: Decimal
    overdue: Decimal
    overdue_days: int
    dunning_level: int
    credit_limit: Decimal | None = None
    credit_left: Decimal | None = None
    buckets: list[Bucket]


class StandingTotal(msgspec.Struct, rename="camel"):
    """How customers stand together."""

    count: int
    balance: Decimal
    overdue: Decimal
    buckets: list[Bucket]


class IdName(msgspec.Struct, kw_only=True):
    """A code and its name."""

    id: str
    description: str | None = None
    name: str | None = None


class Address(msgspec.Struct, rename="camel"):
    """A postal address."""

    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: IdName | None = None


class Contact(msgspec.Struct):
    """How to reach a customer."""

    name: str | None = None
    attention: str | None = None
    email: str | None = None
    phone1: str | None = None
    web: str | None = None


class Customer(msgspec.Struct, rename="camel", kw_only=True):
    """A customer, as its page shows it."""

    number: str
    name: str
    status: str
    main_address: Address
    main_contact: Contact
    invoice_address: Address
    delivery_address: Address
    customer_class: IdName
    credit_terms: IdName
    currency_id: str
    credit_verification: str
    credit_limit: Decimal
    corporate_id: str | None = None
    vat_registration_id: str | None = None
    account_reference: str | None = None
    print_invoices: bool
    send_invoices_by_email: bool
    accept_auto_invoices: bool
    print_dunning_letters: bool = False
    email_dunning_letters: bool = msgspec.field(name="sendDunningLettersViaEMail", default=False)
    note: str | None = None

    @property
    def is_reminded(self) -> bool:
        """Whether letters are made for it: it takes them on paper or by e-mail, and is not inactive (DUN-02)."""
        return self.status != "Inactive" and (self.print_dunning_letters or self.email_dunning_letters)


class ClassRow(msgspec.Struct):
    """A class of customers."""

    id: str
    description: str | None = None


class Seller(msgspec.Struct):
    """A salesperson."""

    code: str = msgspec.field(name="salespersonID")
    name: str
    is_active: bool = msgspec.field(name="isActive")


def _standing_filters(screen: Screen) -> dict[str, object]:
    query = screen.query
    return {
        "text": query.text("q"),
        "status": query.text("status"),
        "customerClass": query.text("class"),
        "currency": query.text("currency"),
        "salesPerson": query.text("salesperson"),
        "overdue": query.text("overdue"),
        "exceedsCredit": query.text("exceeds"),
    }


async def show_customers(screen: Screen) -> Response:
    """All customers, how they stand, and the sums of the selection. `format=csv` gives it all as a file."""
    filters, order = _standing_filters(screen), screen.query.text("order") or "number"
    if screen.query.text("format") == "csv":
        asked = {**filters, "orderBy": order, "format": "csv"}
        return await screen.api.request("GET", "/v1/reskontra/standing", query=asked)
    page = screen.page_number
    found = await screen.api.list(
        Standing, "/v1/reskontra/standing", **filters, orderBy=order, pageNumber=page, pageSize=ROWS
    )
    total = await screen.api.get(StandingTotal, "/v1/reskontra/standing/total", **filters)
    classes = await screen.api.get(list[ClassRow], "/v1/customer/customerClass")
    return screen.show(
        "customers.html",
        selection={name: value for name, value in filters.items() if value},
        found=found,
        total=total,
        classes=classes,
        currencies=await screen.api.get(list[IdName], "/v1/currency"),
        sellers=await _sellers(screen),
        order=order,
        page=page,
        size=ROWS,
        filtered=sum(1 for value in filters.values() if value),
    )


async def _sellers(screen: Screen) -> list[Seller]:
    """Who can be chosen: the salespersons in use, and the one that is chosen already, by name."""
    chosen = (screen.query.text("salesperson") or "").lower()
    found = await screen.api.get(list[Seller], "/v1/salesperson", expandCustomers=False)
    shown = (it for it in found if it.is_active or it.code.lower() == chosen)
    return sorted(shown, key=lambda it: in_order(screen.formats.language, it.name))


async def show_customer(screen: Screen) -> Response:
    """A customer, and its documents: the open ones, the oldest due first, or all, the newest first."""
    number, page = screen.path["number"], screen.page_number
    customer, standing, ages = await head_of(screen, number)
    shows_all = screen.query.text("all") == "1"
    order = screen.query.text("order") or ("documentDate desc" if shows_all else "documentDueDate")
    documents = await screen.api.list(
        DocumentRow,
        "/v1/reskontra/document",
        customer=customer.number,
        open=None if shows_all else True,
        orderBy=order,
        pageNumber=page,
        pageSize=ROWS,
    )
    sums = await screen.api.get(
        Sums, "/v1/reskontra/documentSum", customer=customer.number, open=None if shows_all else True
    )
    return screen.show(
        "customer.html",
        tab="documents",
        customer=customer,
        standing=standing,
        ages=ages,
        documents=documents,
        shows_all=shows_all,
        order=order,
        sums=sums,
        page=page,
        size=ROWS,
    )


async def show_details(screen: Screen) -> Response:
    """Addresses, contacts, terms and credit."""
    customer, standing, ages = await head_of(screen, screen.path["number"])
    return screen.show("customer_details.html", tab="details", customer=customer, standing=standing, ages=ages)


class Place(msgspec.Struct, rename="camel", kw_only=True):
    """A location of a customer."""

    location_id: str
    location_name: str | None = None
    active: bool
    corporate_id: str | None = None
    vat_registration_id: str | None = None


class Person(msgspec.Struct, rename="camel", kw_only=True):
    """A person at a customer."""

    display_name: str | None = None
    email: str | None = None
    phone1: str | None = None
    active: bool = True


async def show_places(screen: Screen) -> Response:
    """Locations and contacts of a customer."""
    number = screen.path["number"]
    customer, standing, ages = await head_of(screen, number)
    places = await screen.api.list(Place, f"/v1/location/{segment(number)}")
    people = await screen.api.list(Person, f"/v1/customer/{segment(number)}/contact")
    return screen.show(
        "customer_places.html",
        tab="places",
        customer=customer,
        standing=standing,
        ages=ages,
        places=places,
        people=people,
    )


class LetterTotal(msgspec.Struct, rename="camel"):
    """What a letter claims in one currency."""

    currency_id: str
    total: Decimal


class Letter(msgspec.Struct, rename="camel", kw_only=True):
    """A dunning letter of a customer."""

    letter_number: int
    letter_date: datetime
    payment_deadline: datetime | None = None
    level: int
    level_description: str | None = None
    status: str
    currency_id: str
    fee: Decimal
    totals: list[LetterTotal]


async def show_letters(screen: Screen) -> Response:
    """What the customer was reminded of."""
    customer, standing, ages = await head_of(screen, screen.path["number"])
    page = screen.page_number
    letters = await screen.api.list(
        Letter,
        "/v1/reskontra/dunningLetter",
        customer=customer.number,
        pageNumber=page,
        pageSize=ROWS,
    )
    return screen.show(
        "customer_letters.html",
        tab="letters",
        customer=customer,
        standing=standing,
        ages=ages,
        letters=letters,
        page=page,
        size=ROWS,
    )


async def show_log(screen: Screen) -> Response:
    """Who changed the customer, and when."""
    customer, standing, ages = await head_of(screen, screen.path["number"])
    page = screen.page_number
    changes = await list_changes(
        screen, entity="Customer", key=customer.number, newestFirst=True, pageNumber=page, pageSize=ROWS
    )
    return screen.show(
        "customer_log.html",
        tab="log",
        customer=customer,
        standing=standing,
        ages=ages,
        changes=changes,
        page=page,
        size=ROWS,
    )


async def head_of(screen: Screen, number: str) -> tuple[Customer, Standing, Ages]:
    """What the head of all pages of a customer shows. Raises `NotFound`."""
    customer = await screen.api.get(Customer, f"/v1/customer/{segment(number)}")
    standing = await screen.api.get(list[Standing], "/v1/reskontra/standing", number=customer.number, pageSize=1)
    credit = await open_credits(screen, customer.number)
    return customer, standing[0], ages_of(screen, standing[0].buckets, credit, customer.number)
