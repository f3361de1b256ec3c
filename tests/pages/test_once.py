"""A form that makes something makes one, however often it is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from bs4 import Tag
from playwright.async_api import Route, expect

from reskontra.companies.store.request_keys import StoredAnswers
from reskontra.db import pool
from reskontra.errors import OutcomeUnknown, Unavailable
from reskontra.pages import document_actions, once
from reskontra.pages.api import Api
from reskontra.pages.table import PAGES
from tests.clerk import Clerk
from tests.pages.conftest import OpenTab, Visitor

TEMPLATES = Path(once.__file__).parent / "templates"


async def _twice(bookkeeper: Visitor, form: str, **fields: str) -> list[httpx.Response]:
    """What two POSTs of the same form at once are answered."""
    found = bookkeeper.seen.select_one(form)
    assert found is not None
    hidden = {
        str(it["name"]): str(it.get("value", "")) for it in found.select("input[name]") if it.get("type") != "checkbox"
    }
    data = {**hidden, **{str(it["name"]): str(it["value"]) for it in found.select("input[checked]")}, **fields}
    address = str(found.get("action") or bookkeeper.http_path)
    return list(await asyncio.gather(*(bookkeeper.http.post(address, data=data) for _ in range(2))))


@pytest.mark.parametrize(
    ("path", "fields", "listed"),
    [
        ("documents/Invoice/new?customer=20001", {"line.0.description": "Twice?", "line.0.price": "5"}, "document"),
        ("documents/Payment/new?customer=20001", {"amount": "12"}, "document"),
        ("documents/Invoice/{invoice}/credit", {}, "document"),
        ("customers/new", {"name": "Once AS"}, "standing"),
    ],
)
async def test_a_form_sent_twice_makes_one(
    bookkeeper: Visitor, clerk: Clerk, path: str, fields: dict[str, str], listed: str
) -> None:
    async def count() -> int:
        rows: list[object] = (await bookkeeper.http.get(f"/v1/reskontra/{listed}")).json()
        return len(rows)

    invoice = await clerk.release(await clerk.invoice())
    await bookkeeper.go(path.format(invoice=invoice.number))
    before = await count()
    button = {} if path.startswith("customers") or path.endswith("credit") else {"do": "save"}
    form = "main form[method=post]"
    first, second = await _twice(bookkeeper, form, **fields, **button)
    assert (first.status_code, second.status_code) == (303, 303), "both lead on"
    assert first.headers["location"] == second.headers["location"]
    assert await count() == before + 1
    await _twice(bookkeeper, form, **fields, **button)
    assert await count() == before + 1, "also later"


@pytest.mark.parametrize("step", ["release", "delete"])
async def test_a_second_step_sent_twice_leads_to_one_place(bookkeeper: Visitor, clerk: Clerk, step: str) -> None:
    draft = await clerk.invoice()
    await bookkeeper.go(f"documents/Invoice/{draft.number}/{step}")
    first, second = await _twice(bookkeeper, "main form.save")
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    again, _ = await _twice(bookkeeper, "main form.save")
    assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])


def test_every_page_whose_form_has_a_key_looks_at_it() -> None:
    """Second steps all have one; the others are named where their templates have it."""
    steps = {page.path for page in PAGES if page.method == "GET" and page.make.__module__ == document_actions.__name__}
    others = {"documents/write-off", "reminding", "customers/new", "documents/{type}/new"}
    keyed = steps | others | {f"documents/{{type}}/{{number}}/{it}" for it in ("credit", "apply")}
    wrapped = {page.path for page in PAGES if page.method == "POST" and hasattr(page.make, "__wrapped__")}
    assert len(steps) == 6
    assert sorted(keyed ^ wrapped) == []
    with_key = {path.name for path in TEMPLATES.glob("*.html") if "m.once()" in path.read_text(encoding="utf-8")}
    assert with_key == {
        "reminding_confirm.html", "second_step.html", "apply.html", "write_off.html", "document_form.html",
        "customer_form.html", "payment_form.html", "credit.html",
    }, "a template with a key: its page is named above"  # fmt: skip


async def test_a_form_that_was_changed_or_refused_is_another(bookkeeper: Visitor) -> None:
    await bookkeeper.go("customers/new")
    form = bookkeeper.seen.select_one("main form[method=post]")
    assert form is not None
    await bookkeeper.send(form, 400, name="", corporateId="1")
    await bookkeeper.send(form, name="One AS")
    first = bookkeeper.http_path
    await bookkeeper.send(form, name="Other AS")
    assert bookkeeper.http_path != first


async def _send_again(bookkeeper: Visitor, form: Tag, fields: dict[str, str]) -> httpx.Response:
    """What the same form is answered when it is sent once more."""
    hidden = {str(it["name"]): str(it.get("value", "")) for it in form.select("input[type=hidden]")}
    return await bookkeeper.http.post("/ui/customers/new", data={**hidden, **fields})


async def _customers(bookkeeper: Visitor) -> int:
    rows: list[object] = (await bookkeeper.http.get("/v1/reskontra/standing")).json()
    return len(rows)


async def _customer_form(bookkeeper: Visitor) -> Tag:
    await bookkeeper.go("customers/new")
    form = bookkeeper.seen.select_one("main form[method=post]")
    assert form is not None
    return form


async def _check_made_once(bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch, patch: Any, told: str) -> None:
    """A form is sent again after one that was answered 503 under `patch`, though its customer was made."""
    form, before = await _customer_form(bookkeeper), await _customers(bookkeeper)
    with monkeypatch.context() as patched:
        patched.setattr(*patch)
        first = await _send_again(bookkeeper, form, {"name": "Once AS"})
    assert first.status_code == 503
    assert told in first.text
    monkeypatch.setattr(once, "_LOOKS", 1)
    again = await _send_again(bookkeeper, form, {"name": "Once AS"})
    assert again.status_code == 409
    assert "Look at what it has made" in again.text
    assert await _customers(bookkeeper) == before + 1


async def test_a_form_whose_outcome_is_unknown_is_not_carried_out_again(
    bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key was committed, and with the customer's commit the connection broke."""
    commit, committed = pool._commit, list[object]()

    async def broken(transaction: Any) -> None:
        await commit(transaction)
        committed.append(transaction)
        if len(committed) == 2:
            raise OutcomeUnknown

    told = "it is not known whether it was saved"
    await _check_made_once(bookkeeper, monkeypatch, (pool, "_commit", broken), told)


async def test_a_form_that_failed_after_it_made_something_is_not_carried_out_again(
    bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Api.send

    async def broken(*what: Any, **how: Any) -> Any:
        await send(*what, **how)
        raise Unavailable

    told = "The database went away after some of it was done."
    await _check_made_once(bookkeeper, monkeypatch, (Api, "send", broken), told)


async def test_what_was_made_leads_on_though_the_answer_cannot_be_kept(
    bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    form, before = await _customer_form(bookkeeper), await _customers(bookkeeper)
    monkeypatch.setattr(StoredAnswers, "finish", away)
    assert (await _send_again(bookkeeper, form, {"name": "Once AS"})).status_code == 303
    assert await _customers(bookkeeper) == before + 1


async def test_a_refusal_is_told_though_the_key_cannot_be_given_up(
    bookkeeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable

    form = await _customer_form(bookkeeper)
    monkeypatch.setattr(StoredAnswers, "give_up", away)
    assert (await _send_again(bookkeeper, form, {"name": ""})).status_code == 400


async def test_buttons_of_such_a_form_sleep_until_it_is_answered(tab: OpenTab) -> None:
    page = await tab("documents/Invoice/new?customer=20001")
    await page.fill("[id='line.0.description']", "Once")
    await page.fill("[id='line.0.price']", "5")

    async def hold(route: Route) -> None:
        if "do=save" not in (route.request.post_data or ""):
            await route.continue_()

    await page.route("**/new*", hold)
    await page.click("[data-save]")
    await expect(page.locator("[data-save]")).to_be_disabled()
    await page.unroute_all(behavior="ignoreErrors")
