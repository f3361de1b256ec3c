"""What is measured: the requests of each workload, the script that is its ceiling, and what is to be reached."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from bench import seeding
from bench.load import Plan, Request
from bench.seeding import Size
from bench.stock import DRAFT, OPEN_INVOICE, PAYMENT, Article, Stock
from reskontra.web.wire import etag_of

_INVOICES = "/v1/customerinvoice"
_PAYMENTS = "/v1/customerPayment"
_DISTINCT = 5000
_LINES = 10
_FIRST_PAGES = 5
_WALKED_PAGES = 20
_AGEING_DAYS = 50
DEEP_PAGE = 1000


@dataclass(slots=True)
class Scene:
    """The books that a run works on, as far as a plan must know them."""

    size: Size
    stocks: Mapping[Article, Stock]
    today: date
    chance: random.Random
    rounds_done: int = 0

    @property
    def deep_page_size(self) -> int:
        """As large as page 1,000 of the large company's list can be, 50 at most."""
        return min(50, self.size.large_documents // DEEP_PAGE or 1)


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached at a number of clients: a ratio to the ceiling, a rate, or a median of milliseconds."""

    clients: int
    ratio: float | None = None
    rate: float | None = None
    milliseconds: float | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request. `plan` makes the requests of a round of which about `count` will be sent."""

    name: str
    title: str
    plan: Callable[[Scene, int], Plan]
    script: str
    values: Callable[[Scene], Mapping[str, object]] = lambda _: {}
    clients: Sequence[int] = (1, 16, 64)
    short_clients: Sequence[int] = (16,)
    target: Target | None = None
    uses: Article | None = None
    """What each request uses one of."""


def _company(scene: Scene) -> int:
    """The large company every second time."""
    return seeding.LARGE_COMPANY if scene.chance.random() < 0.5 else _small_company(scene)


def _small_company(scene: Scene) -> int:
    return scene.chance.randint(2, scene.size.companies)


def _customer(scene: Scene, company_id: int) -> str:
    customers = scene.size.large_customers if company_id == seeding.LARGE_COMPANY else scene.size.small_customers
    return str(seeding.CUSTOMER_BEFORE_FIRST + scene.chance.randint(1, customers))


# Reading


def _get(scene: Scene, _: int) -> Plan:
    requests = []
    for _ in range(_DISTINCT):
        company_id = _company(scene)
        released = scene.size.large_documents if company_id == seeding.LARGE_COMPANY else scene.size.small_released
        number = seeding.NUMBER_BEFORE_FIRST + 4 * scene.chance.randint(1, released // 4)
        requests.append(Request("GET", f"{_INVOICES}/{number:06d}", company_id))
    return Plan(requests)


def _page(number: int, size: int) -> Request:
    return Request("GET", f"{_INVOICES}?pageNumber={number}&pageSize={size}", seeding.LARGE_COMPANY)


def _pages_of(size: int) -> Callable[[Scene, int], Plan]:
    def plan(scene: Scene, _: int) -> Plan:
        pages = [_page(number, size) for number in range(1, _first_pages(scene, size) + 1)]
        scene.chance.shuffle(pages)
        return Plan(pages)

    return plan


def _first_pages(scene: Scene, size: int) -> int:
    return max(1, min(_FIRST_PAGES, scene.size.large_documents // size))


def _first_page(scene: Scene, _: int) -> Plan:
    return Plan([_page(1, scene.deep_page_size)])


def _cold_page(scene: Scene, _: int) -> Plan:
    """Always the same page: since nobody asks for the one before it, its place is not known but counted off."""
    return Plan([_page(_deep_page(scene), scene.deep_page_size)])


def _walked_pages(scene: Scene, _: int) -> Plan:
    """The pages before page 1,000 in their order, so that each ends where the next one begins."""
    last = _deep_page(scene)
    return Plan([_page(number, scene.deep_page_size) for number in range(max(1, last - _WALKED_PAGES), last + 1)])


def _deep_page(scene: Scene) -> int:
    return min(DEEP_PAGE, scene.size.large_documents // scene.deep_page_size)


def _modified(scene: Scene, _: int) -> Plan:
    """Each with a moment of its own, so that no total is remembered from another request."""
    longest = _longest_ago(scene.size)
    last = datetime(seeding.LAST_DAY.year, seeding.LAST_DAY.month, seeding.LAST_DAY.day, 17, tzinfo=UTC)
    moments = [
        last - timedelta(seconds=seconds) for seconds in scene.chance.sample(range(longest // 8, longest), _DISTINCT)
    ]
    return Plan(
        [
            Request(
                "GET",
                f"{_INVOICES}?lastModifiedDateTime={moment:%Y-%m-%dT%H:%M:%S}Z&lastModifiedDateTimeCondition=%3E"
                "&pageNumber=1&pageSize=100",
                seeding.LARGE_COMPANY,
            )
            for moment in moments
        ]
    )


def _longest_ago(size: Size) -> int:
    """Seconds before the last change within which the large company has 1,600 documents, if it has as many."""
    days = seeding.SPREAD_DAYS * min(1, 1600 / size.large_documents)
    return int(days * 86_400)


def _balance(scene: Scene, _: int) -> Plan:
    requests = []
    for _ in range(_DISTINCT):
        company_id = _company(scene)
        requests.append(Request("GET", f"/v1/customer/{_customer(scene, company_id)}/balance", company_id))
    return Plan(requests)


def _ageing(scene: Scene, _: int) -> Plan:
    """Each as of a day and with buckets of its own, so that no total is remembered from another request."""
    days = [seeding.LAST_DAY + timedelta(days=ahead) for ahead in range(_AGEING_DAYS)]
    lasts = range(90, 90 + _DISTINCT // _AGEING_DAYS)
    requests = [
        Request(
            "GET",
            f"/v1/reskontra/ageing?asOf={day}&buckets=0,30,60,{last}&pageNumber=1&pageSize=100",
            seeding.LARGE_COMPANY,
        )
        for day in days
        for last in lasts
    ]
    scene.chance.shuffle(requests)
    return Plan(requests)


# Writing


def _invoice_body(customer_number: str, lines: int = _LINES) -> str:
    sent = [
        {
            "operation": "Insert",
            **({"inventoryNumber": {"value": line["item_number"]}} if "item_number" in line else {}),
            **({"description": {"value": line["description"]}} if "description" in line else {}),
            "quantity": {"value": line["quantity"]},
            **({"unitPriceInCurrency": {"value": line["unit_price"]}} if "unit_price" in line else {}),
        }
        for line in seeding.ten_lines()[:lines]
    ]
    body = {"customerNumber": {"value": customer_number}, "invoiceLines": sent}
    return _json(body)


def _json(body: object) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(body).decode()


def _post_spread(scene: Scene, _: int) -> Plan:
    requests = []
    for _ in range(_DISTINCT // 5):
        company_id = _small_company(scene)
        requests.append(Request("POST", _INVOICES, company_id, body=_invoice_body(_customer(scene, company_id))))
    return Plan(requests)


def post_hot(scene: Scene, _: int, *, lines: int = _LINES) -> Plan:
    """New invoices of the large company, of up to ten lines."""
    company_id = seeding.LARGE_COMPANY
    customers = [_customer(scene, company_id) for _ in range(_DISTINCT // 5)]
    return Plan([Request("POST", _INVOICES, company_id, body=_invoice_body(customer, lines)) for customer in customers])


def _put_line(scene: Scene, count: int) -> Plan:
    """Another quantity on the first line, each time another one, under the ETag that the draft has now."""
    line = {"operation": "Update", "lineNumber": {"value": 1}, "quantity": {"value": 2 + scene.rounds_done}}
    body = msgspec.json.encode({"invoiceLines": [line]}).decode()
    return Plan(
        [
            Request("PUT", f"{_INVOICES}/{draft['number']}", draft["company_id"], etag_of(draft["version"]), body)
            for draft in scene.stocks[DRAFT].next(count)
        ],
        once=True,
    )


def _release(scene: Scene, count: int) -> Plan:
    return Plan(
        [
            Request(
                "POST",
                f"{_INVOICES}/{draft['number']}/action/release",
                draft["company_id"],
                etag_of(draft["version"]),
            )
            for draft in scene.stocks[DRAFT].next(count)
        ],
        once=True,
    )


def _post_payment(scene: Scene, count: int) -> Plan:
    """A payment of one invoice in full, of its own each time: nobody may pay what another payment proposes to."""
    requests = []
    for invoice in scene.stocks[OPEN_INVOICE].next(count):
        line = {
            "operation": "Insert",
            "documentType": {"value": "Invoice"},
            "refNbr": {"value": invoice["number"]},
            "amountPaid": {"value": invoice["amount"]},
        }
        body = {
            "type": {"value": "Payment"},
            "customer": {"value": invoice["customer_number"]},
            "paymentAmount": {"value": invoice["amount"]},
            "paymentLines": [line],
        }
        requests.append(Request("POST", _PAYMENTS, invoice["company_id"], body=_json(body)))
    return Plan(requests, once=True)


def _release_payment(scene: Scene, count: int) -> Plan:
    return Plan(
        [
            Request(
                "POST",
                f"{_PAYMENTS}/{payment['number']}/action/release",
                payment["company_id"],
                etag_of(payment["version"]),
                _json({"type": {"value": "Payment"}}),
            )
            for payment in scene.stocks[PAYMENT].next(count)
        ],
        once=True,
    )


# What pgbench is told


def _of_page(size: int) -> Callable[[Scene], Mapping[str, object]]:
    return lambda scene: {"size": size, "pages": _first_pages(scene, size)}


def _of_first_page(scene: Scene) -> Mapping[str, object]:
    return {"size": scene.deep_page_size, "page": 1}


def _of_deep_page(scene: Scene) -> Mapping[str, object]:
    return {"size": scene.deep_page_size, "page": _deep_page(scene)}


def _of_modified(scene: Scene) -> Mapping[str, object]:
    return {"since_max": _longest_ago(scene.size)}


def _of_stock(article: Article) -> Callable[[Scene], Mapping[str, object]]:
    def values(scene: Scene) -> Mapping[str, object]:
        stock = scene.stocks[article]
        return {"first_document": stock.first, "start": stock.used, "step": -1, "made": stock.made}

    return values


WORKLOADS = (
    Workload("get", "get one invoice, 10 lines", _get, "get_one", target=Target(16, ratio=0.15)),
    Workload("page100", "page of 100 with lines", _pages_of(100), "page", _of_page(100), target=Target(16, ratio=0.30)),
    Workload("page1000", "page of 1,000 with lines", _pages_of(1000), "page", _of_page(1000),
             clients=(1, 16), short_clients=(1,), target=Target(1, ratio=0.60)),
    Workload("first", "page 1 of a list", _first_page, "deep_page", _of_first_page, clients=(1, 16)),
    Workload("cold", "page 1,000, cold jump", _cold_page, "deep_page", _of_deep_page,
             clients=(1, 16)),
    Workload("walk", "page 1,000, walked to", _walked_pages, "deep_page", _of_deep_page,
             clients=(1, 16)),
    Workload("modified", "page of 100, lastModified filter", _modified, "modified", _of_modified),
    Workload("balance", "customer balance", _balance, "balance"),
    Workload("ageing", "ageing of all, first 100 customers", _ageing, "ageing",
             lambda _: {"as_of": seeding.LAST_DAY}, clients=(1,), short_clients=(1,),
             target=Target(1, milliseconds=1000)),
    Workload("post", "post 10 lines, spread", _post_spread, "post_spread", target=Target(16, ratio=0.45)),
    Workload("hot", "post 10 lines, one company", post_hot, "post_hot", short_clients=(1, 64)),
    Workload("put", "put a line", _put_line, "put_line", _of_stock(DRAFT), uses=DRAFT),
    Workload("release", "release, 10 lines", _release, "release", _of_stock(DRAFT), target=Target(16, ratio=0.45),
             uses=DRAFT),
    Workload("pay-post", "post a payment of an invoice", _post_payment, "pay_post", _of_stock(OPEN_INVOICE),
             target=Target(16, ratio=0.40), uses=OPEN_INVOICE),
    Workload("pay-release", "release a payment", _release_payment, "pay_release", _of_stock(PAYMENT),
             target=Target(16, ratio=0.40), uses=PAYMENT),
)  # fmt: skip
