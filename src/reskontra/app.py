"""Puts the rooms together: their routes, their constraint tables, the lookup of callers, and the server around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from starlette.responses import Response
from starlette.types import ASGIApp

from reskontra.account_statements import routes as account_statements
from reskontra.accounts import routes as accounts
from reskontra.accounts.store import accounts as accounts_store
from reskontra.attachments import routes as attachments
from reskontra.attributes import routes as attributes
from reskontra.attributes import store as attributes_store
from reskontra.balances import routes as balances
from reskontra.changes.commands import FollowUp, register_follow_up
from reskontra.changes.log import routes as log
from reskontra.changes.seals import routes as seals
from reskontra.charges import routes as charges
from reskontra.charges import store as charges_store
from reskontra.clock import Clock, SystemClock
from reskontra.closing import routes as closing
from reskontra.companies.store.access import StoredAccess
from reskontra.companies.store.request_keys import StoredAnswers
from reskontra.config import Settings, is_loopback
from reskontra.contacts import routes as contacts
from reskontra.currencies import routes as currencies
from reskontra.currencies import store as currencies_store
from reskontra.customers import routes as customers
from reskontra.customers.locations import routes as locations
from reskontra.customers.locations import store as locations_store
from reskontra.customers.payment_methods import routes as customer_payment_methods
from reskontra.customers.store import writing as customers_store
from reskontra.db.constraints import RefusalFactory, register_constraints
from reskontra.db.pool import Database
from reskontra.discounts import routes as discounts
from reskontra.discounts import store as discounts_store
from reskontra.documents import routes as documents
from reskontra.documents.cash_sales import routes as cash_sales
from reskontra.documents.commands.texts import rewrite_texts
from reskontra.documents.deductions import routes as deductions
from reskontra.documents.e_invoicing import routes as e_invoicing
from reskontra.documents.paper import routes as paper
from reskontra.documents.reversals import routes as reversals
from reskontra.documents.store import writing as documents_store
from reskontra.domestic_services import routes as domestic_services
from reskontra.dunning import routes as dunning
from reskontra.e_invoices import routes as e_invoices
from reskontra.errors import NotServed
from reskontra.items import routes as items
from reskontra.items import store as items_store
from reskontra.letterheads import routes as letterheads
from reskontra.mails import routes as mails
from reskontra.mails import store as mails_store
from reskontra.mails.commands.asking import queue_released_document, queue_released_letters
from reskontra.mails.commands.post import Post, post_of
from reskontra.numbering import routes as numbering
from reskontra.pages.api import Engine
from reskontra.pages.sandbox_door import SandboxDoor
from reskontra.pages.site import Page, Site
from reskontra.pages.table import PAGES, SANDBOX_PAGES
from reskontra.pages.user_door import UserDoor
from reskontra.payment_methods import routes as payment_methods
from reskontra.payments import routes as payments
from reskontra.payments.openings import routes as openings
from reskontra.payments.store import writing as payments_store
from reskontra.payments.write_offs import routes as write_offs
from reskontra.periods import routes as periods
from reskontra.posting import routes as posting
from reskontra.prices import routes as prices
from reskontra.prices import store as prices_store
from reskontra.printed_reports import routes as printed_reports
from reskontra.projects import routes as projects
from reskontra.projects.store import projects as projects_store
from reskontra.receivables import routes as receivables
from reskontra.reference.routes import branches
from reskontra.reference.store import remembered
from reskontra.reports.routes import numbers, reports
from reskontra.requests import routes as requests
from reskontra.requests.commands.desk import Desk
from reskontra.salespersons import routes as salespersons
from reskontra.salespersons import store as salespersons_store
from reskontra.terms import routes as terms
from reskontra.vat import routes as vat
from reskontra.web import trials
from reskontra.web.auth import Guard
from reskontra.web.bulk import routes as bulk
from reskontra.web.call import Call
from reskontra.web.limits import Limiter
from reskontra.web.listing import Memory
from reskontra.web.metrics import Metrics
from reskontra.web.openapi import Reference
from reskontra.web.pages import pages
from reskontra.web.pauses import Pauses
from reskontra.web.recording import Recording
from reskontra.web.routing import Route, Router, complete
from reskontra.web.secrets import PUBLISHED_SECRET
from reskontra.web.server import Server
from reskontra.web.table import in_turn
from reskontra.web.tokens import TokenDesk

ROUTES: tuple[Sequence[Route], ...] = (
    accounts.ROUTES,
    branches.ROUTES,
    attributes.ROUTES,
    customers.ROUTES,
    locations.ROUTES,
    customer_payment_methods.ROUTES,
    contacts.ROUTES,
    salespersons.ROUTES,
    prices.ROUTES,
    discounts.ROUTES,
    projects.ROUTES,
    documents.ROUTES,
    cash_sales.ROUTES,
    reversals.ROUTES,
    deductions.ROUTES,
    domestic_services.ROUTES,
    paper.ROUTES,
    e_invoicing.ROUTES,
    e_invoices.ROUTES,
    attachments.ROUTES,
    payments.ROUTES,
    write_offs.ROUTES,
    openings.ROUTES,
    receivables.ROUTES,
    posting.ROUTES,
    dunning.ROUTES,
    charges.ROUTES,
    closing.ROUTES,
    items.ROUTES,
    vat.ROUTES,
    terms.ROUTES,
    currencies.ROUTES,
    periods.ROUTES,
    numbering.ROUTES,
    payment_methods.ROUTES,
    balances.ROUTES,
    printed_reports.ROUTES,
    account_statements.ROUTES,
    letterheads.ROUTES,
    log.ROUTES,
    seals.ROUTES,
    numbers.ROUTES,
    reports.ROUTES,
    trials.ROUTES,
)
"""What the rooms serve."""

CONSTRAINTS: tuple[Mapping[str, RefusalFactory], ...] = (
    accounts_store.CONSTRAINTS,
    attributes_store.CONSTRAINTS,
    customers_store.CONSTRAINTS,
    locations_store.CONSTRAINTS,
    salespersons_store.CONSTRAINTS,
    documents_store.CONSTRAINTS,
    payments_store.CONSTRAINTS,
    charges_store.CONSTRAINTS,
    mails_store.CONSTRAINTS,
    items_store.CONSTRAINTS,
    prices_store.CONSTRAINTS,
    discounts_store.CONSTRAINTS,
    projects_store.CONSTRAINTS,
    currencies_store.CONSTRAINTS,
)
"""What a violated constraint of the database means, by its name."""


FOLLOW_UPS: tuple[tuple[str, FollowUp], ...] = (
    ("Account", rewrite_texts),
    ("Subaccount", rewrite_texts),
    ("VatCategory", rewrite_texts),
    ("Vat", rewrite_texts),
    ("Branch", rewrite_texts),
    ("Salesperson", rewrite_texts),
    ("ReleasedDocument", queue_released_document),
    ("ReleasedLetters", queue_released_letters),
)
"""What must follow in the same transaction when a row of an entity changes (decision 0009), and what is mailed when it
is released."""


def connect_rooms() -> None:
    """Register what constraints mean and what follows which change. Call it before this process writes anything."""
    remembered.forget()  # it may stem from another database that this process used
    for table in CONSTRAINTS:
        register_constraints(table)
    for entity, follow_up in FOLLOW_UPS:
        register_follow_up(entity, follow_up)


def create_app(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    reset: Callable[[], Awaitable[None]] | None = None,
    post: Post | None = None,
    limiter: Limiter | None = None,
) -> ASGIApp:
    """The ASGI application. The caller opens and closes the database.

    A sandbox records the requests to it, and has addresses that show them; a server of real books has neither. `reset`
    makes its books as they were when it was new. `post` takes the mail that is asked for; others send it. `limiter`
    counts the requests of this process, or of several.
    """
    connect_rooms()
    access = StoredAccess(database)
    guard = Guard(access, open_mode=settings.open_mode)
    metrics = Metrics()
    post = post or post_of(settings)
    mounted = mounted_routes(post)
    wiped = partial(_reset, reset, post) if reset else None
    desk = _desk_of(settings, database, clock, mounted, wiped) if settings.sandbox else None
    sandbox_routes = [*requests.routes_of(desk), *mails.outbox_routes(post)] if desk else []
    router, lists, answers = Router([*mounted, *sandbox_routes]), Memory(), StoredAnswers()
    users = UserDoor(database, access, SystemClock(), settings.trusted_proxies, metrics.note_refused_token, Pauses())
    signing_in = {("GET", "sign-in"): users.show_sign_in, ("POST", "sign-in"): users.sign_in}
    site = Site(
        (*PAGES, *(SANDBOX_PAGES if settings.sandbox else ()), Page("POST", "sign-out", users.sign_out)),
        engine=Engine(router, database, clock, lists, settings.attachment_limit, answers),
        door=SandboxDoor(guard) if settings.open_mode else users,
        server_key=access.server_secret,
        is_sandbox=settings.sandbox,
        open_pages={} if settings.open_mode else signing_in,
    )
    server = Server(
        router=router,
        pages=pages(
            guard=guard,
            tokens=_token_desk(settings, access, metrics),
            metrics=metrics,
            is_ready=access.is_ready,
            reference=Reference(mounted, is_open=settings.open_mode),
            front="/ui/sandbox" if settings.sandbox else "/ui/",
        ),
        site=site.answer,
        guard=guard,
        choose_branch=branches.choose_branch,
        database=database,
        clock=clock,
        settings=settings,
        metrics=metrics,
        lists=lists,
        answers=answers,
        limiter=limiter,
    )
    database.when_connected += (remembered.forget, lists.forget, guard.forget, users.forget)
    return _recorded(server, desk) if desk else server


def _token_desk(settings: Settings, access: StoredAccess, metrics: Metrics) -> TokenDesk:
    return TokenDesk(
        access,
        note=metrics.note_refused_token,
        takes_published=is_loopback(settings.host) or settings.sandbox_secret == PUBLISHED_SECRET,
        trusted_proxies=settings.trusted_proxies,
    )


async def _reset(reset: Callable[[], Awaitable[None]], post: Post) -> None:
    """Reset the books, and with them the outbox. Raises `Refused` and `Unavailable`."""
    await reset()
    await post.empty_outbox()


def _recorded(server: Server, desk: Desk) -> ASGIApp:
    desk.app = Recording(server, desk.recorder, desk.stop)
    return desk.app


def _desk_of(
    settings: Settings,
    database: Database,
    clock: Clock,
    mounted: Sequence[Route],
    reset: Callable[[], Awaitable[None]] | None,
) -> Desk:
    is_published = settings.sandbox_secret == PUBLISHED_SECRET or (
        not settings.sandbox_secret and is_loopback(settings.host)
    )
    return Desk(database, mounted, clock, is_open=settings.open_mode, has_published_client=is_published, reset=reset)


def served_routes(post: Post | None = None) -> list[Route]:
    """What the rooms serve. Without a `post` that carries mail, sending it is refused."""
    return [route for routes in (*ROUTES, bulk.routes_of(), mails.routes_of(post or Post())) for route in routes]


def mounted_routes(post: Post | None = None) -> list[Route]:
    """What is mounted: the served routes, their version 2 aliases, and 501 for the rest of the contract."""
    return complete(in_turn(served_routes(post)), not_served)


async def not_served(call: Call) -> Response:
    """Refuses an operation that is in the contract but not in this version."""
    raise NotServed(
        f"{call.route.operation} is part of the API but not served by this version.",
        hint=f"{call.route.missing} What is served is listed at /docs.",
    )
