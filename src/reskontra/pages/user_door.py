"""The door of a server: who signed in with a password, how they do it, and how often they may fail."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import parse_qsl

import structlog
from starlette.responses import Response

from reskontra.clock import Clock
from reskontra.config import Network
from reskontra.db.pool import Database
from reskontra.errors import Malformed, Refused
from reskontra.pages.formats import Formats
from reskontra.pages.people import Person
from reskontra.pages.screen import HEADERS, LANGUAGE_COOKIE, ROOT, Doorstep, Screen, cookies_of, render
from reskontra.pages.words import choose
from reskontra.users import store
from reskontra.users.commands import SignedIn, begin_session, hash_of, is_password
from reskontra.users.rules import User
from reskontra.web.auth import Access
from reskontra.web.pauses import Pauses
from reskontra.web.peers import address_of, home_of
from reskontra.web.visit import Visit

SESSION_COOKIE = "reskontra_session"
_FORM_LIMIT = 16 * 1024
_log = structlog.stdlib.get_logger("reskontra.pages")


@dataclass(slots=True)
class UserDoor:
    """Knows people by the cookie of their session. Passwords are guessed slowly: failures make growing pauses."""

    database: Database
    access: Access
    clock: Clock
    trusted_proxies: Sequence[Network]
    note_refused: Callable[[str], None]
    pauses: Pauses
    _names: tuple[int, Mapping[str, str]] = (0, {})
    """The newest user as of whom names were read, and what people are called."""

    async def person(self, headers: Mapping[str, str], peer: str | None) -> Person | None:
        """Whose session the cookie is of."""
        secret = cookies_of(headers).get(SESSION_COOKIE)
        if not secret:
            return None
        async with self.database.connection() as connection:
            found = await store.find_by_session(connection, hash_of(secret), self.clock.now())
        if found is None:
            return None
        companies = tuple(it for it in await self.access.companies() if it.company_id in found.company_ids)
        return Person(
            actor=found.email,
            name=found.name,
            role=found.role,
            companies=companies,
            seal=hash_of(secret).hex(),
            language=found.language,
            find_names=partial(self._find_names, found.newest_user_id),
        )

    def forget(self) -> None:
        """Forget names: the database may be another one now, with other users under the same ids."""
        self._names = 0, {}

    async def _find_names(self, newest_user_id: int) -> Mapping[str, str]:
        if self._names[0] != newest_user_id:
            async with self.database.connection() as connection:
                self._names = newest_user_id, await store.find_names(connection)
        return self._names[1]

    async def show_sign_in(self, visit: Visit) -> Response:
        """The form."""
        to = dict(parse_qsl(visit.query_string.decode("latin-1"))).get("to", "")
        return await self._form(visit, to=to)

    async def sign_in(self, visit: Visit) -> Response:
        """POST: who knows mail address and password gets a session and goes where they wanted to."""
        _refuse_foreign(visit)
        form = dict(parse_qsl((await visit.body(_FORM_LIMIT)).decode("utf-8", "replace"), max_num_fields=20))
        email, to = form.get("email", "").strip()[:254], form.get("to", "")
        home = home_of(address_of(visit.headers, visit.peer, self.trusted_proxies))
        keys = ((email.lower(), home), ("address", home), ("user", email.lower()))
        pause = self.pauses.seconds_left(*keys)
        formats = _formats(visit)
        if pause:
            said = formats.say(
                "Too many attempts. Try again in one second.|Too many attempts. Try again in {count} seconds.",
                count=pause,
            )
            return await self._form(visit, to=to, email=email, problem=said, status=429)
        async with self.database.connection() as connection:
            user = await store.find_user(connection, email) if "\x00" not in email else None
        if not await is_password(user, form.get("password", "")) or user is None:
            self.pauses.failed(*keys)
            self.note_refused("sign_in")
            _log.warning("sign-in refused", email=email[:80], address=home)
            said = formats.say("Mail address and password do not match a user.")
            return await self._form(visit, to=to, email=email, problem=said, status=403)
        self.pauses.forget(*keys)
        signed_in = await self._begin(user, keep=form.get("keep") == "on")
        return _welcome(visit, to, signed_in, keep=form.get("keep") == "on", now=self.clock.now())

    async def sign_out(self, screen: Screen) -> Response:
        """POST: end the session."""
        await screen.form()
        secret = screen.cookies.get(SESSION_COOKIE, "")
        async with self.database.transaction() as connection:
            await store.delete_session(connection, hash_of(secret))
        answer = screen.go(f"{ROOT}/sign-in")
        answer.delete_cookie(SESSION_COOKIE, path=ROOT)
        return answer

    async def _begin(self, user: User, *, keep: bool) -> SignedIn:
        async with self.database.transaction() as connection:
            return await begin_session(connection, user, self.clock.now(), keep=keep)

    async def _form(self, visit: Visit, *, to: str, email: str = "", problem: str = "", status: int = 200) -> Response:
        async with self.database.connection() as connection:
            has_users = await store.has_users(connection)
        step = Doorstep(visit, _formats(visit), cookies_of(visit.headers))
        body = render("sign_in.html", step, to=to, email=email, problem=problem, has_users=has_users)
        return Response(body, status, HEADERS)


def _formats(visit: Visit) -> Formats:
    chosen = cookies_of(visit.headers).get(LANGUAGE_COOKIE)
    return Formats(choose(chosen, visit.headers.get("accept-language", "")))


def _refuse_foreign(visit: Visit) -> None:
    """A form of another site signs nobody in."""
    site, origin = visit.headers.get("sec-fetch-site"), visit.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise Refused("This form was sent by another site.", hint="Sign in on the page of this server.")
    if origin not in (None, "null") and not hmac.compare_digest(origin.lower(), _origin(visit).lower()):
        raise Refused("This form was sent by another site.", hint="Sign in on the page of this server.")
    media = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise Malformed("A form was expected.", hint="Send application/x-www-form-urlencoded.")


def _origin(visit: Visit) -> str:
    scheme, _, rest = visit.base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _welcome(visit: Visit, to: str, signed_in: SignedIn, *, keep: bool, now: datetime) -> Response:
    """To the page that was wanted, if it is one of ours."""
    wanted = to if to.startswith(f"{ROOT}/") and "\\" not in to and "//" not in to and to.isprintable() else f"{ROOT}/"
    answer = Response(None, 303, {"Location": visit.base_url + wanted, "Cache-Control": "no-store"})
    answer.set_cookie(
        SESSION_COOKIE,
        signed_in.secret,
        max_age=int((signed_in.expires_at - now).total_seconds()) if keep else None,
        path=ROOT,
        httponly=True,
        samesite="lax",
        secure=visit.base_url.startswith("https:"),
    )
    return answer
