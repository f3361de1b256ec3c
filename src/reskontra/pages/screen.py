"""One request for a page: who asks, for which company, in which language, and how a page is answered."""

from __future__ import annotations

import hashlib
import hmac
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from http.cookies import CookieError, SimpleCookie
from importlib.metadata import version
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import Response

from reskontra.db.selfcheck import LastCheck
from reskontra.errors import Malformed, NotAllowed, Refusal
from reskontra.pages import assets
from reskontra.pages.api import Api, Asked, segment
from reskontra.pages.formats import Formats, Mistyped
from reskontra.pages.last_check import schema
from reskontra.pages.people import Person
from reskontra.pages.reasons import reason
from reskontra.pages.words import KIND_WORDS, LANGUAGES, words_of
from reskontra.web.auth import Company
from reskontra.web.errors import sentences
from reskontra.web.visit import Visit

ROOT = "/ui"
"""Where all pages are."""

ONCE = "once"
"""The field of the one-time key of a form that makes something."""

FORM_LIMIT = 2 * 1024 * 1024
_FIELDS_MAX = 20_000
_HTML = "text/html; charset=utf-8"
COMPANY_COOKIE, THEME_COOKIE, LANGUAGE_COOKIE, KEYS_COOKIE, STATUS_COOKIE = (
    "reskontra_company", "reskontra_theme", "reskontra_language", "reskontra_keys", "reskontra_status",
)  # fmt: skip
THEMES = ("system", "light", "dark")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Type": _HTML,
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Form(Mapping[str, str]):
    """What a form sent: the last value of each name; `all` gives every value of one."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.pairs = tuple(pairs)
        self._last = dict(pairs)

    def __getitem__(self, name: str) -> str:
        return self._last[name]

    def __iter__(self) -> Any:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def text(self, name: str) -> str | None:
        """The value without blanks around it; None if it is empty or was not sent."""
        return self._last.get(name, "").strip() or None

    def all(self, name: str) -> list[str]:
        """Every value that was sent under `name`, in order."""
        return [value for key, value in self.pairs if key == name]


@dataclass
class Doorstep:
    """What every template may ask, also the one for people who are not signed in."""

    visit: Visit
    formats: Formats
    cookies: Mapping[str, str]

    @property
    def base(self) -> str:
        """The prefix that a proxy cut off, if any: what stands before `/ui` in the addresses of links."""
        scheme_end = self.visit.base_url.find("://") + 3
        slash = self.visit.base_url.find("/", scheme_end)
        return "" if slash < 0 else self.visit.base_url[slash:]

    @property
    def is_secure(self) -> bool:
        return self.visit.base_url.startswith("https:")

    @property
    def theme(self) -> str:
        chosen = self.cookies.get(THEME_COOKIE, "system")
        return chosen if chosen in THEMES else "system"

    @property
    def has_keys(self) -> bool:
        """Whether single keys do something (WCAG 2.1.4)."""
        return self.cookies.get(KEYS_COOKIE) != "off"


@dataclass
class Screen(Doorstep):
    """What a page knows about the request it answers. `path` holds the parts of the address, decoded."""

    path: Mapping[str, str]
    person: Person
    company: Company
    api: Api
    server_key: bytes = field(repr=False)
    is_sandbox: bool
    today: Any
    """The date at the ledger's clock, in the company's time zone."""
    last_check: LastCheck | None
    names: Mapping[str, str] = field(default_factory=dict)
    """What people are called, by how the log names them; empty until a page learns them."""
    _form: Form | None = None

    # --- what was asked

    @cached_property
    def query(self) -> Form:
        """The parameters in the address. `Form.text` reads one."""
        return Form(_pairs(self.visit.query_string))

    @property
    def here(self) -> str:
        """The address of this page, parameters included, from the root of the server on."""
        query = self.visit.query_string.decode("latin-1")
        return self.visit.raw_path.decode("latin-1") + (f"?{query}" if query else "")

    @property
    def typed(self) -> Sequence[tuple[str, str]]:
        """What a form sent, if the page has read it."""
        return () if self._form is None else self._form.pairs

    @property
    def page_number(self) -> int:
        """Which page of a list is asked for, from 1 on."""
        text = self.query.text("page") or ""
        return max(int(text), 1) if text.isdecimal() and len(text) < 8 else 1

    def with_query(self, **changes: object) -> str:
        """The address of this page with other parameters; those that become None or empty are left out."""
        kept = {name: value for name, value in self.query.pairs if name not in changes}
        words = {**kept, **{name: str(value) for name, value in changes.items() if value not in (None, "")}}
        return f"?{urlencode({name: value for name, value in words.items() if value})}"

    async def form(self) -> Form:
        """What was posted by a form of ours, for this session and company. Raises `NotAllowed` if it was not."""
        if self._form is None:
            media = self.visit.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/x-www-form-urlencoded":
                raise Malformed("A form was expected.", hint="Send application/x-www-form-urlencoded.")
            sent = Form(_pairs(await self.visit.body(FORM_LIMIT)))
            self.check_seal(sent.get("seal", ""))
            self._form = sent
        return self._form

    def check_seal(self, seal: str) -> None:
        """Raises `NotAllowed` unless a page of ours made the form, for this session and company."""
        if not hmac.compare_digest(seal.encode(), self.seal.encode()):
            raise NotAllowed(
                self.formats.say(
                    "This form belongs to another session or another company, so nothing was done. "
                    "Go back, reload the page, and try again."
                )
            )

    @property
    def seal(self) -> str:
        """What every form carries: proof that a page of ours made it, for this session and this company."""
        words = f"form {self.person.seal} {self.company.company_id}".encode()
        return hmac.new(self.server_key, words, hashlib.sha256).hexdigest()

    # --- who others are

    async def learn_names(self) -> None:
        """Find out what people are called. Whoever reads actors for a page calls it."""
        self.names = await self.person.find_names()

    def name_of(self, actor: str) -> str:
        """What somebody whom the log names is called: a program has no other name."""
        return self.names.get(actor, actor)

    def actor_called(self, name: str | None) -> str | None:
        """How the log names somebody with this name; what is nobody's stays as it is."""
        return next((actor for actor, known in self.names.items() if name and known.lower() == name.lower()), name)

    # --- what is answered

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """A page made of a template in `pages/templates`."""
        response = Response(render(template, self, **values), status, HEADERS)
        if STATUS_COOKIE in self.cookies:
            response.delete_cookie(STATUS_COOKIE, path=ROOT)
        return response

    def go(self, address: str, status: str | None = None, **values: object) -> Response:
        """Redirect to another page (below the root), which shows `status`, a sentence, in its status line.

        A `[text](address)` in the sentence becomes a link, where the address is a value and begins with the root.
        """
        # A script would follow a redirect by itself, and put one page into another.
        status_code, header = (200, "HX-Redirect") if self.visit.headers.get("hx-request") else (303, "Location")
        response = Response(None, status_code, {header: f"{self.base}{address}", "Cache-Control": "no-store"})
        if status is not None:
            said = self.formats.say(status, **values)
            packed = msgspec.json.encode(said).hex()
            response.set_cookie(
                STATUS_COOKIE, packed[:3500], path=ROOT, httponly=True, samesite="lax", secure=self.is_secure
            )
        return response

    @property
    def status(self) -> str:
        """The sentence about what was just done; empty if nothing was."""
        try:
            return str(msgspec.json.decode(bytes.fromhex(self.cookies.get(STATUS_COOKIE, ""))))
        except (ValueError, msgspec.DecodeError):
            return ""

    def why(self, refusal: Refusal, field: str = "") -> str:
        """The server's own sentences about a refusal; `field` is that of the form at which they are shown, if any."""
        if isinstance(refusal, Mistyped):
            return refusal.reason
        return sentences(refusal, None, is_at_field=bool(field))

    def problem(
        self, refusal: Refusal, fields: Mapping[str | int, str] = {}, *, elsewhere: str = ""
    ) -> tuple[str, str]:
        """The field of the form that a refusal is about, and why. `fields` are the form's by the API's names.

        A refusal about none of them stands `elsewhere`, and says what the API calls it.
        """
        field = next((fields[step] for step in reversed(refusal.field) if step in fields), "")
        return field or elsewhere, self.why(refusal, field)


def cookies_of(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The cookies that were sent; none if the header cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError:
        raise Malformed("The form or the address cannot be read.", hint="Send UTF-8.") from None


def render(template: str, screen: Doorstep, **values: object) -> bytes:
    """A template of `pages/templates`, filled."""
    return _environment().get_template(template).render(screen=screen, **values).encode()


_FORMATS = ("amount", "number", "price", "day", "moment", "month", "country")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reskontra.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(
        _=_say,
        thing=_thing,
        KIND_WORDS=KIND_WORDS,
        named=_named,
        ui=_address,
        asset=_asset,
        segment=segment,
        one_time_key=lambda: token_hex(16),
        LANGUAGES=LANGUAGES,
        url=_url,
        curl_of=_curl_of,
        VERSION=version("reskontra"),
        SCHEMA=schema(),
    )
    environment.filters.update(
        linked=_linked, curl=_curl, reason=_reason, **{name: _written(name) for name in _FORMATS}
    )
    return environment


@pass_context
def _say(context: Context, sentence: str, **values: object) -> str:
    said: str = context["screen"].formats.say(sentence, **values)
    return said


@pass_context
def _thing(context: Context, entity: str) -> str:
    """What people call a document of a type, or a thing of the log."""
    return _say(context, words_of(entity))


def _named(filters: Sequence[tuple[str, str | None]]) -> str:
    """The filters that are set, as a sentence names them: `Status = Open, From = 2025-05-01`."""
    return ", ".join(f"{words} = {value}" for words, value in filters if value)


@pass_context
def _address(context: Context, path: str = "", /, **query: object) -> str:
    """The address of a page: `ui("customers", status="Active")`."""
    words = urlencode({name.rstrip("_"): value for name, value in query.items() if value not in (None, "")})
    address = f"{context['screen'].base}{ROOT}/{path}"
    return f"{address}?{words}" if words else address


@pass_context
def _url(context: Context, path: str) -> str:
    """Any address of this server, behind the prefix of its proxy."""
    return f"{context['screen'].base}{path}"


@pass_context
def _asset(context: Context, name: str) -> str:
    return f"{context['screen'].base}{ROOT}/{assets.address(name)}"


@pass_context
def _reason(context: Context, text: str) -> str:
    return reason(context["screen"].formats, text)


def _written(name: str) -> Any:
    """A filter that writes as the `Formats` of the page do."""

    @pass_context
    def write(context: Context, *values: Any) -> Any:
        return getattr(context["screen"].formats, name)(*values)

    return write


@pass_context
def _curl(context: Context, asked: Asked) -> str:
    """A request as a curl line. In a company beside others a program names it in a header."""
    screen: Screen = context["screen"]
    words: list[str] = []
    if asked.method != "GET":
        words += ["-X", asked.method]
    if len(screen.person.companies) > 1:
        words += ["-H", f"ipp-company-id: {screen.company.company_id}"]
    if asked.if_match:
        words += ["-H", f"If-Match: {asked.if_match}"]
    if asked.body:
        words += ["-H", "Content-Type: application/json", "-d", asked.body]
    words.append(screen.visit.base_url + asked.address)
    token = "" if screen.person.is_sandbox else '-H "Authorization: Bearer $TOKEN" '  # all else is quoted whole
    return f"curl {token}{shlex.join(words)}"


@pass_context
def _curl_of(context: Context, method: str, address: str, body: str = "") -> str:
    """The curl line of a request that a page tells to try: `curl_of("POST", "/v1/customer", '{"name": ...}')`."""
    return _curl(context, Asked(method, address, body))


@pass_context
def _linked(context: Context, text: str) -> Markup:
    """`[Invoice 003548](/ui/...)` in a status line as a link behind the prefix of a proxy; all else is text."""
    parts = re.split(r"\[([^\]]*)\]\((/[^)\s]*)\)", text)
    made = Markup()
    for index in range(0, len(parts), 3):
        made += escape(parts[index])
        if index + 2 < len(parts):
            made += Markup('<a href="{}">{}</a>').format(_url(context, parts[index + 2]), parts[index + 1])
    return made
