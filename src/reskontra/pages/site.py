"""Answers every address below `/ui/`: finds the page, lets in who may see it, and makes errors pages too."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlencode

import structlog
from starlette.responses import Response

from reskontra.clock import local_date
from reskontra.errors import Malformed, NotAllowed, NotFound, Refusal
from reskontra.pages import assets, outside
from reskontra.pages.api import Api, Engine
from reskontra.pages.formats import Formats
from reskontra.pages.frame_first import Early, frame_first, is_for
from reskontra.pages.last_check import Checks
from reskontra.pages.people import Door, Person
from reskontra.pages.screen import COMPANY_COOKIE, LANGUAGE_COOKIE, ROOT, Screen, cookies_of
from reskontra.pages.words import choose
from reskontra.users.rules import Role
from reskontra.web.auth import Company
from reskontra.web.errors import NoSuchMethod, allow, status_of
from reskontra.web.visit import ClientGone, Visit

PageOf = Callable[[Screen], Awaitable[Response]]
OpenPage = Callable[[Visit], Awaitable[Response]]

_log = structlog.stdlib.get_logger("reskontra.pages")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: method, path below the root with `{names}`, and what makes it. `role` is the least that may see it.

    Whose figures are over all documents has `early`, what is shown of it while they are added up.
    """

    method: str
    path: str
    make: PageOf
    role: Role = Role.READER
    early: Early | None = None


class Site:
    """All pages. `open_pages` are those that nobody has to sign in for: exact path below the root -> handler."""

    def __init__(
        self,
        pages: Sequence[Page],
        *,
        engine: Engine,
        door: Door,
        server_key: Callable[[], Awaitable[bytes]],
        is_sandbox: bool,
        open_pages: Mapping[tuple[str, str], OpenPage] = {},
    ) -> None:
        self._pages = [(_pattern(page.path), page) for page in pages]
        self._engine = engine
        self._door = door
        self._server_key = server_key
        self._is_sandbox = is_sandbox
        self._open_pages = open_pages
        self._checks = Checks(engine.database)

    async def answer(self, visit: Visit) -> Response:
        """The answer to any request below the root. Raises only `ClientGone`."""
        path = visit.raw_path.decode("latin-1")[len(ROOT) :].strip("/")
        if visit.method == "OPTIONS" and (methods := self._methods(path)):
            return Response(None, 204, {"Allow": allow(methods)})
        if path.startswith("assets/"):
            return _asset(visit.method, path.removeprefix("assets/"))
        method = "GET" if visit.method == "HEAD" else visit.method
        open_page = self._open_pages.get((method, path))
        try:
            if open_page is not None:
                return await open_page(visit)
            person = await self._door.person(visit.headers, visit.peer)
            if person is None:
                return self._to_sign_in(visit, path)
            screen = await self._screen(visit, person)
        except ClientGone:
            raise
        except Refusal as refusal:
            return await outside.refused(visit, refusal, is_read=open_page is not None)
        return await self._shown(screen, method, path)

    async def _shown(self, screen: Screen, method: str, path: str) -> Response:
        making = self._made(screen, method, path)
        found = self._page_at(method, path)
        if found is not None and found[0].early is not None and is_for(screen):
            return await frame_first(screen, found[0].early, making)
        return await making

    async def _made(self, screen: Screen, method: str, path: str) -> Response:
        """The page, or one that says why it cannot be shown."""
        try:
            page, screen.path = self._find(method, path)
            if not screen.person.role.includes(page.role):
                raise NotAllowed(
                    screen.formats.say("This page needs the role {role}.", role=screen.formats.say(page.role.value))
                )
            return await page.make(screen)
        except ClientGone:
            raise
        except Refusal as refusal:
            answer = _error(screen, status_of(refusal), refusal)
            if isinstance(refusal, NoSuchMethod):
                answer.headers["Allow"] = allow(refusal.methods)
            return answer
        except Exception:
            _log.exception("unexpected failure on a page", path=path)
            return _error(screen, 500)

    def _page_at(self, method: str, path: str) -> tuple[Page, re.Match[str]] | None:
        for pattern, page in self._pages:
            found = pattern.fullmatch(path) if page.method == method else None
            if found is not None:
                return page, found
        return None

    def _find(self, method: str, path: str) -> tuple[Page, Mapping[str, str]]:
        found = self._page_at(method, path)
        if found is not None:
            return found[0], {name: _decoded(part) for name, part in found[1].groupdict().items()}
        allowed = self._methods(path)
        if allowed:
            raise NoSuchMethod(allowed)
        raise NotFound(reason="There is no such page.")

    def _methods(self, path: str) -> list[str]:
        """The methods of an address, if there is anything at it."""
        if path.startswith("assets/"):
            return ["GET"]
        found = {page.method for pattern, page in self._pages if pattern.fullmatch(path)}
        return sorted(found | {method for method, below in self._open_pages if below == path})

    def _to_sign_in(self, visit: Visit, path: str) -> Response:
        """To the form of the door. What a form or a script sends would be lost on the way, so that is told instead."""
        if visit.method == "POST" or "hx-request" in visit.headers:
            return outside.signed_out(visit, self._shown_at(path))
        here = outside.here_of(visit) if visit.method == "GET" else f"{ROOT}/"
        location = f"{visit.base_url}{ROOT}/sign-in?{urlencode({'to': here})}"
        return Response(None, 303, {"Location": location, "Cache-Control": "no-store"})

    def _shown_at(self, path: str) -> str:
        """The address of the page that has the form of an address: the nearest one above it that is read."""
        while path and (path.endswith("/change") or self._page_at("GET", path) is None):
            path = path.rpartition("/")[0]
        return f"{ROOT}/{path}"

    async def _screen(self, visit: Visit, person: Person) -> Screen:
        cookies = cookies_of(visit.headers)
        company = _company(person, cookies.get(COMPANY_COOKIE))
        language = choose(person.language or cookies.get(LANGUAGE_COOKIE), visit.headers.get("accept-language", ""))
        return Screen(
            visit=visit,
            path={},
            person=person,
            company=company,
            formats=Formats(language, company.zone),
            cookies=cookies,
            api=Api(self._engine, visit, person, company),
            server_key=await self._server_key(),
            is_sandbox=self._is_sandbox,
            today=local_date(self._engine.clock.now(), company.zone),
            last_check=await self._checks.last(),
        )


def _asset(method: str, name: str) -> Response:
    plain = {"Content-Type": "text/plain"}
    if method not in ("GET", "HEAD"):
        return Response("Files are only read.", 405, {**plain, "Allow": allow(["GET"])})
    try:
        return assets.answer(name)
    except NotFound as refusal:
        return Response(refusal.reason, 404, plain)


def _error(screen: Screen, status: int, refusal: Refusal | None = None) -> Response:
    return screen.show(
        "error.html",
        status,
        status_code=status,
        refusal=refusal,
        is_unchanged=outside.is_safe_to_repeat(refusal) and not screen.api.has_changed,
        is_begun=screen.api.has_changed,
        typed=outside.kept(screen.typed),
    )


def _company(person: Person, chosen: str | None) -> Company:
    for company in person.companies:
        if chosen == str(company.company_id):
            return company
    if not person.companies:
        raise NotFound(reason="There is no company yet.", hint="Create one: `reskontra company create`.")
    return person.companies[0]


def _pattern(path: str) -> re.Pattern[str]:
    """`{name}` is one segment, `{name:rest}` all that follows."""
    one_or_rest = re.sub(r"\\{(\w+):rest\\}", r"(?P<\1>.+)", re.escape(path))
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", one_or_rest))


def _decoded(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise Malformed("The address is not UTF-8.", hint="Percent-encode it.") from None
