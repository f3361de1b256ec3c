"""What `web/protocol.py` uses of uvicorn's internals. An update of uvicorn that changes them fails here, by name."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httptools
import pytest
import uvicorn
from uvicorn.protocols.http import flow_control, httptools_impl
from uvicorn.server import ServerState

from reskontra.web import protocol
from reskontra.web.protocol import JsonProtocol

INHERITED = {
    "_start_asgi_task",
    "client",
    "cycle",
    "expect_100_continue",
    "flow",
    "headers",
    "loop",
    "parser",
    "pipeline",
    "scheme",
    "scope",
    "server_state",
    "transport",
    "url",
}
"""Members of uvicorn's protocol that ours reads, writes or calls."""

EXTENDED = {
    "connection_lost",
    "connection_made",
    "on_body",
    "on_headers_complete",
    "on_message_begin",
    "on_message_complete",
    "pause_writing",
    "shutdown",
}
"""Methods that ours overrides and calls."""

REPLACED = {"data_received", "eof_received", "on_header", "on_response_complete"}
"""Methods of uvicorn's that ours overrides and does not call."""

OF_A_CYCLE = {
    "disconnected",
    "keep_alive",
    "message_event",
    "more_body",
    "response_complete",
    "response_started",
    "scope",
    "send",
    "waiting_for_100_continue",
}
"""Members of the request that is being answered."""

OF_THE_FLOW = {"pause_reading", "read_paused", "resume_reading"}


def tree() -> ast.Module:
    return ast.parse(Path(inspect.getfile(protocol)).read_text(encoding="utf-8"))


def members_of(name: str) -> set[str]:
    """What our protocol asks of `self.<name>`, or of a variable of that name."""
    found = set()
    for node in ast.walk(tree()):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if (isinstance(owner, ast.Attribute) and owner.attr == name) or (
                isinstance(owner, ast.Name) and owner.id == name
            ):
                found.add(node.attr)
    return found


@pytest.fixture
def made() -> httptools_impl.HttpToolsProtocol:
    """uvicorn's own protocol, as uvicorn makes it."""

    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None)
    made = httptools_impl.HttpToolsProtocol(config, ServerState(), {}, asyncio.new_event_loop())
    made.on_message_begin()
    return made


def test_every_inherited_member_is_listed_and_still_uvicorns(made: httptools_impl.HttpToolsProtocol) -> None:
    own = {name for name in vars(JsonProtocol) if not name.startswith("__")}
    kept_by_us = set(re.findall(r"self\.(\w+)(?:: [^=\n]+)? = ", inspect.getsource(JsonProtocol.__init__)))
    kept_by_us |= set(re.findall(r"self\.(_\w+) = ", inspect.getsource(JsonProtocol)))
    used = members_of("self") - {"is_full"}  # of our own flow control
    assert used - own - (kept_by_us - {"parser"}) == INHERITED
    assert {name for name in INHERITED if not hasattr(made, name)} == set()
    assert {name for name in kept_by_us - {"parser"} if hasattr(made, name)} == set(), "uvicorn uses a name of ours"


def test_every_overridden_method_is_listed_and_still_called_so() -> None:
    theirs = {name for name in vars(httptools_impl.HttpToolsProtocol) if not name.startswith("__")}
    overridden = {name for name in vars(JsonProtocol) if name in theirs}
    called = {
        node.attr
        for node in ast.walk(tree())
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    }
    assert overridden == EXTENDED | REPLACED
    assert called & overridden == EXTENDED
    for name in EXTENDED:
        ours, base = (
            list(inspect.signature(getattr(kind, name)).parameters)
            for kind in (JsonProtocol, httptools_impl.HttpToolsProtocol)
        )
        assert ours == base, name


def test_every_member_of_cycle_and_flow_is_listed_and_still_there() -> None:
    asked = members_of("cycle") | members_of("_answered")
    assert asked == OF_A_CYCLE
    source = inspect.getsource(httptools_impl.RequestResponseCycle)
    assert {name for name in OF_A_CYCLE if not re.search(rf"self\.{name}\b|def {name}\(", source)} == set()
    assert members_of("flow") | {"resume_reading"} == OF_THE_FLOW | {"is_full"}
    assert {name for name in OF_THE_FLOW if not hasattr(flow_control.FlowControl, name)} - {"read_paused"} == set()
    assert "self.read_paused" in inspect.getsource(flow_control.FlowControl)


def test_the_parser_tells_where_a_head_with_upgrade_ends() -> None:
    parser = httptools.HttpRequestParser(object.__new__(_Deaf))
    head = b"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n"
    with pytest.raises(httptools.HttpParserUpgrade) as stopped:
        parser.feed_data(head + b"abc")
    assert stopped.value.args == (len(head),)


class _Deaf:
    def on_message_begin(self) -> None: ...


def test_only_the_proven_version_of_uvicorn_is_taken() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'"uvicorn>=0\.(\d+),<0\.(\d+)"', text)
    assert found is not None
    lowest, beyond = map(int, found.groups())
    assert beyond == lowest + 1 == int(version("uvicorn").split(".")[1]) + 1
