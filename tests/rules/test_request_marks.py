"""What the linter of a sandbox remarks on, each remark with the request beside it that it lets pass."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reskontra.requests.rules.marks import MANY_READS, MARKS, OFTEN, Linter, Seen

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
LIST = frozenset({"pagenumber", "pagesize", "lastmodifieddatetime", "status"})


def seen(method: str = "GET", address: str = "/v1/customer/20001", after: float = 0, **said: Any) -> Seen:
    return Seen(
        **{
            "at": NOON + timedelta(seconds=after), "caller": ("isv_demo", 1), "method": method,
            "operation": f"{method} customer", "address": address, "status": 200, **said,
        }
    )  # fmt: skip


def a_list(after: float = 0, *parameters: tuple[str, str], **said: Any) -> Seen:
    return seen(address="/v1/customer", after=after, is_list=True, declared=LIST, parameters=parameters, **said)


def a_post(after: float = 0, **said: Any) -> Seen:
    return seen("POST", "/v1/customerinvoice", after, **{"is_creation": True, "status": 201, "body": b"sent", **said})


def marks(*requests: Seen) -> list[str]:
    """The keys of the marks of the last request."""
    linter = Linter()
    return [[mark.key for mark in linter.look(request)] for request in requests][-1]


def test_a_long_list_without_paging() -> None:
    assert marks(a_list(total=50)) == ["no-paging"]
    assert marks(a_list(total=49)) == []
    assert marks(a_list(0, ("pagenumber", "1"), total=50)) == []
    assert marks(a_list(0, ("pagesize", "1000"), total=50)) == []
    assert marks(seen(is_list=True, total=50)) == [], "a list that has no pages"


def test_a_list_that_is_asked_again_without_a_moment() -> None:
    page = ("pagenumber", "1")
    assert marks(a_list(0, page), a_list(600, page)) == ["no-last-modified"]
    assert marks(a_list(0, page), a_list(1, ("pagenumber", "2"))) == [], "a walk from page to page"
    moved = ("lastmodifieddatetime", "2026-01-01")
    assert marks(a_list(0, page, moved), a_list(600, page, moved)) == []
    assert marks(a_list(0, page), a_list(1, page, caller=("another", 1))) == []
    assert marks(seen(is_list=True), seen(after=600, is_list=True)) == [], "a list that has no such filter"


def test_the_same_list_that_has_not_changed() -> None:
    moved = ("lastmodifieddatetime", "2026-01-01")
    often = [a_list(place, moved, answer=b"rows") for place in range(OFTEN)]
    assert marks(*often) == ["same-list"]
    assert marks(*often[:-1]) == []
    assert marks(*often[:-1], a_list(OFTEN, moved, answer=b"others")) == [], "it had changed"
    assert marks(*often[:-1], a_list(61, moved, answer=b"rows")) == [], "it was a while ago"


def test_reading_one_by_one() -> None:
    reads = [seen(address=f"/v1/customer/{number}", after=number, has_list=True) for number in range(MANY_READS)]
    assert marks(*reads) == ["one-by-one"]
    assert marks(*reads[:-1]) == []
    assert marks(*[seen(after=place, has_list=True) for place in range(MANY_READS)]) == [], "the same one"
    assert marks(*[seen(address=f"/{place}") for place in range(MANY_READS)]) == [], "there is no list of these"
    assert marks(*reads[:-1], seen(address="/v1/customer/9", after=61, has_list=True)) == [], "it took its time"


def test_a_change_without_the_version() -> None:
    put = seen("PUT", status=204)
    assert marks(put) == ["no-if-match"]
    assert marks(seen("PUT", status=204, if_match="*")) == ["no-if-match"]
    assert marks(seen("PUT", status=204, if_match='"AAAA"')) == []
    assert marks(seen("PUT", status=400)) == [], "it was refused"


def test_a_version_that_was_given_and_not_used() -> None:
    put = seen("PUT", status=204)
    assert marks(seen(etag='"AAAA"'), put) == ["ignores-etag"]
    made = a_post(location="/v1/customer/20001", etag='"AAAA"')
    assert marks(made, put) == ["ignores-etag"], "the answer of the POST told it"
    assert marks(seen(etag='"AAAA"'), seen("PUT", status=204, if_match='"AAAA"')) == []
    assert marks(seen(etag='"AAAA"', caller=("another", 1)), put) == ["no-if-match"]


def test_a_retry_that_made_a_second_document() -> None:
    first, second = a_post(location="/v1/customerinvoice/1"), a_post(5, location="/v1/customerinvoice/2")
    assert marks(first, second) == ["second-document"]
    assert marks(first, a_post(5, location="/v1/customerinvoice/2", body=b"another")) == []
    assert marks(a_post(status=503), second) == [], "the first one made nothing"
    assert marks(first, a_post(601, location="/v1/customerinvoice/2")) == [], "it was a while ago"
    assert marks(first, a_post(5, location="/v1/customerinvoice/2", is_creation=False)) == [], "an action"


def test_names_that_are_passed_over() -> None:
    assert marks(seen(ignored=("invoiceLines[0].quantty",))) == ["unknown-field"]
    assert marks(seen(ignored=("x",), status=400)) == [], "the refusal says enough"


def test_a_filter_that_filters_nothing_is_remarked_on_first() -> None:
    idle = {"idle": ("?lastModifiedDateTime",), "ignored": ("?foo",), "total": 50}
    assert marks(a_list(0, ("lastmodifieddatetime", "2026-01-01"), **idle)) == [
        "idle-filter", "unknown-field", "no-paging",
    ]  # fmt: skip


def test_a_linter_forgets_and_does_not_grow() -> None:
    linter = Linter()
    linter.look(seen(etag='"AAAA"'))
    linter.forget()
    assert [mark.key for mark in linter.look(seen("PUT", status=204))] == ["no-if-match"]
    for number in range(3_000):
        linter.look(seen(address=f"/v1/customer/{number}", etag='"AAAA"'))
    assert [mark.key for mark in linter.look(seen("PUT", "/v1/customer/0", status=204))] == ["no-if-match"]
    assert [mark.key for mark in linter.look(seen("PUT", "/v1/customer/2999", status=204))] == ["ignores-etag"]


def test_each_mark_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "MARKS.md").read_text(encoding="utf-8")
    anchors = ["MARKS.md#" + re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
               for title in re.findall(r"^## (.+)$", page, re.MULTILINE)]  # fmt: skip
    assert [mark.anchor for mark in MARKS] == anchors
    assert all(mark.advice.endswith(".") for mark in MARKS)
