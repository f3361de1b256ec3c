"""Filters as tables: what each kind of filter makes of what was sent, and that somebody declares what it is called."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.responses import Response

import reskontra
from reskontra.app import mounted_routes
from reskontra.changes.lists import wire
from reskontra.changes.lists.wire import Filter
from reskontra.db.lists import Filters, Sorted, ordered_by
from reskontra.errors import FieldPath, Malformed
from reskontra.web.addresses import Addresses
from reskontra.web.call import Call
from reskontra.web.contract import Parameter, operations
from reskontra.web.query import Query
from reskontra.web.routing import complete


class Colour(enum.Enum):
    RED = "Red"


def backwards(text: str, field: FieldPath) -> str:
    if not text.isdigit():
        raise Malformed("This is no number.", field=field, value=text)
    return text[::-1]


SAME = 'lower(box.name collate "C") = lower($2::text collate "C")'

MADE: list[tuple[Filter, str, str, list[Any]]] = [
    (wire.equal("name", "box.name"), "name=a", "box.name = $2", ["a"]),
    (wire.same("name", "box.name"), "name=a", SAME, ["a"]),
    (wire.greater("after", "box.number"), "after=7", 'box.number > $2::text collate "C"', ["7"]),
    (wire.matching("near", "{} in (box.left, box.right)"), "near=x", "$2 in (box.left, box.right)", ["x"]),
    (wire.equal("name", "box.name"), "name=+a%20b++", "box.name = $2", ["a b"]),
    (wire.phone("call", "box.call in ({}, {})"), "call=%2B47+11", "box.call in ($2, $3)", ["+47 11", "+47 11"]),
    (wire.phone("call", "box.call in ({}, {})"), "call=+47+11", "box.call in ($2, $3)", ["47 11", "+47 11"]),
    (wire.mail("post", "box.post in ({}, {})"), "post=a%2Bb@c", "box.post in ($2, $3)", ["a+b@c", "a+b@c"]),
    (wire.mail("post", "box.post in ({}, {})"), "post=a+b@c", "box.post in ($2, $3)", ["a b@c", "a+b@c"]),
    (wire.parsed("period", backwards, "box.period >= {}"), "period=12", "box.period >= $2", ["21"]),
    (wire.whole("level", "box.level = {}"), "level=3", "box.level = $2", [3]),
    (wire.number("share", "box.share"), "share=1.50", "box.share = $2", [Decimal("1.50")]),
    (wire.flag("full", "box.full"), "full=1", "box.full", []),
    (wire.flag("full", "box.full"), "full=false", "not box.full", []),
    (wire.either("open", "box.closed is null", "box.closed is not null"), "open=0", "box.closed is not null", []),
    (wire.unless("all", "box.kept"), "", "box.kept", []),
    (wire.unless("all", "box.kept"), "all=true", "true", []),
    (wire.idle("all"), "all=true", "true", []),
    (wire.choice("colour", Colour, "box.colour"), "colour=RED", "box.colour = $2", ["Red"]),
    (wire.moment("at", "box.at"), "at=2025-01-02T03:00:00Z", "box.at >= $2", [datetime(2025, 1, 2, 3, tzinfo=UTC)]),
    (wire.moment("when", "box.at"), "when=2025-01-02", "true", []),
    (wire.day("on", "box.day"), "on=2025-01-02", "box.day >= $2", [date(2025, 1, 2)]),
    (wire.day("when", "box.day"), "when=2025-01-02&whenCondition=<", "box.day < $2", [date(2025, 1, 2)]),
    (wire.dated("when", "box.day <= {}"), "when=2025-01-02&whenCondition=>", "box.day <= $2", [date(2025, 1, 2)]),
    (
        wire.pairs("has", "has({0}, {1}, {2}) = all({0})"),
        'has={"A":"x,y","B":"x"}',
        "has($2, $3, $4) = all($2)",
        [["A", "B"], ["A", "A", "A", "B"], ["x,y", "x", "y", "x"]],
    ),
    (wire.nothing("stock", Query.integer), "stock=5", "false", []),
]  # fmt: skip


@pytest.mark.parametrize(("known", "sent", "where", "values"), MADE, ids=[f"{it[0].name}:{it[1]}" for it in MADE])
def test_each_kind_makes_its_condition(known: Filter, sent: str, where: str, values: list[Any]) -> None:
    filters = Filters([1])
    known.add(Query(sent.encode(), ("whencondition",), ZoneInfo("Europe/Oslo")), filters)
    assert filters.where == where
    assert filters.parameters == [1, *values]
    assert filters.is_empty == (where == "true")


@pytest.mark.parametrize("known", [it[0] for it in MADE if it[2] != "box.kept"], ids=lambda known: known.name)
def test_what_was_not_sent_is_no_condition(known: Filter) -> None:
    filters = Filters([1])
    query = Query(b"name=&after=&near=&call=&post=&all=1")
    known.add(query, filters)
    assert filters.is_empty
    assert filters.parameters == [1]


def test_a_value_that_is_refused_is_named_by_its_parameter() -> None:
    with pytest.raises(Malformed) as refused:
        wire.parsed("period", backwards, "box.period = {}").add(Query(b"period=x"), Filters([1]))
    assert refused.value.field == ("period",)


async def unheard_of(_: Call) -> Response:
    raise AssertionError


def declared(operation: str) -> list[tuple[str, str]]:
    """The parameters of a list of this name with the filters `name`, `full` and `on`, and the parameter `expandAll`."""
    filters = (wire.same("name", "box.name"), wire.flag("full", "box.full"), wire.day("on", "box.day"))
    (route, *_) = complete(
        [Addresses("/v1/box", "box").many(operation, unheard_of, filters=filters, query=(Parameter("expandAll"),))],
        unheard_of,
    )
    return [(parameter.name, parameter.kind) for parameter in route.query]


OWN = [("full", "boolean"), ("on", "datetime"), ("onCondition", "string"), ("expandAll", "string")]


def test_a_list_of_our_own_declares_its_filters_with_their_operators() -> None:
    assert declared("Box_List") == [("name", "string"), *OWN]


def test_a_filter_of_our_own_joins_the_parameters_that_the_contract_declares() -> None:
    """The contract has `name`, so it is not declared again."""
    of_contract = [(parameter.name, parameter.kind) for parameter in operations()["Customer_GetAll"].query]
    assert declared("Customer_GetAll") == [*of_contract, *OWN]


def test_a_date_that_the_contract_declares_without_an_operator_gets_none() -> None:
    """Else it would filter nothing where it is sent alone (W11)."""
    route = next(route for route in mounted_routes() if route.operation == "CurrencyRate_GetAll")
    assert {"fromdate", "todate"} <= route.declared
    assert not {"fromdatecondition", "todatecondition"} & route.declared


ORDERS = {"number": Sorted("box.number", may_be_null=False), "name": Sorted('box.name collate "C"')}


@pytest.mark.parametrize(
    ("sent", "order"),
    [
        ("", ""),
        ("orderBy=Name", 'box.name collate "C" nulls last, box.id'),
        ("orderBy=name%20asc", 'box.name collate "C" nulls last, box.id'),
        ("orderBy=number%20DESC", "box.number desc, box.id desc"),
    ],
)
def test_an_order_is_asked_for_by_name(sent: str, order: str) -> None:
    assert ordered_by(wire.ordered(Query(sent.encode()), ORDERS, tie="box.id")) == order


@pytest.mark.parametrize("sent", ["weight", "number up", "number asc asc"])
def test_an_unknown_order_is_told_the_known_ones(sent: str) -> None:
    with pytest.raises(Malformed) as refused:
        wire.ordered(Query(f"orderBy={sent}".encode()), ORDERS, tie="box.id")
    assert "number, name" in refused.value.hint


def tables() -> Iterator[tuple[str, tuple[Filter, ...]]]:
    """Each table of filters that a room has, with its name."""
    for module in pkgutil.walk_packages(reskontra.__path__, "reskontra."):
        if {"routes", "wire"} & set(module.name.split(".")):
            for name, value in vars(importlib.import_module(module.name)).items():
                if name.endswith("FILTERS") and isinstance(value, tuple):
                    yield f"{module.name}.{name}", value


def test_each_table_of_filters_belongs_to_a_list() -> None:
    found = list(tables())
    assert len(found) > 15
    used = [route.filters for route in mounted_routes()]
    idle = [name for name, table in found if table not in used]
    assert not idle, f"Hand these tables to the address of their list (many(..., filters=...)): {idle}"


def test_each_filter_of_a_list_is_one_of_its_own_parameters() -> None:
    filtered = [route for route in mounted_routes() if route.filters]
    assert len(filtered) > 30
    for route in filtered:
        names = [known.name for known in route.filters]
        assert len(set(names)) == len(names), f"{route.operation} filters twice by one of {names}"
        assert {name.lower() for name in names} <= route.declared, route.operation
