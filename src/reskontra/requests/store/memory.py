"""The recorded requests in memory: bounded, searched from the newest on, watched by those who follow along."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reskontra.errors import Unavailable
from reskontra.requests.recorded import Recorded

REQUESTS_MAX = 1_000
WEIGHT_MAX = 64 * 1024 * 1024
WATCHERS_MAX = 32
QUEUE_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which requests somebody wants to see; what is not said does not matter."""

    method: str | None = None
    status_class: int | None = None
    """2 for 200 to 299, and so on."""
    path: str | None = None
    """A part of the path, in any letter case."""
    company_id: int | None = None
    client: str | None = None
    text: str | None = None
    """A part of either body, in any letter case."""
    only_failed: bool = False
    only_marked: bool = False
    after: int | None = None
    """Only those with a higher position: what came since."""
    before: int | None = None
    """Only those with a lower position: the next page."""

    def takes(self, request: Recorded) -> bool:
        """Whether a request is one of them. What costs most is asked last."""
        return (
            (self.method is None or request.method == self.method.upper())
            and (self.status_class is None or request.status // 100 == self.status_class)
            and (self.company_id is None or request.company_id == self.company_id)
            and (self.client is None or request.client == self.client)
            and (not self.only_failed or request.status >= 400)
            and (not self.only_marked or bool(request.marks))
            and (self.after is None or request.position > self.after)
            and (self.before is None or request.position < self.before)
            and (self.path is None or self.path.lower() in request.readable_path.lower())
            and (self.text is None or _is_in_a_body(self.text, request))
        )


def _is_in_a_body(text: str, request: Recorded) -> bool:
    looked_for = text.lower()
    return any(looked_for in half.body.decode("utf-8", "replace").lower() for half in (request.sent, request.answer))


class Watch:
    """What comes from now on, for one who follows along. Who is too slow misses the oldest, and is told how many."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Recorded | None] = asyncio.Queue(QUEUE_MAX)
        self._missed = 0
        self.is_over = False
        """Whether the server is stopping, so that nothing more will come."""

    async def next(self, seconds: float) -> Recorded | None:
        """The next request; None if there was none for so long, or if nothing more will come."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    def missed(self) -> int:
        """How many were dropped since the last time that this was asked."""
        missed, self._missed = self._missed, 0
        return missed

    def offer(self, request: Recorded | None) -> None:
        """One more; None wakes the one who follows. Never waits."""
        if self._queue.full():
            self._queue.get_nowait()
            self._missed += 1
        self._queue.put_nowait(request)


class Memory:
    """The last requests, at most `requests_max` that take at most `weight_max` bytes."""

    def __init__(self, requests_max: int = REQUESTS_MAX, weight_max: int = WEIGHT_MAX) -> None:
        self._requests_max = requests_max
        self._weight_max = weight_max
        self._requests: deque[Recorded] = deque()
        self._by_id: dict[str, Recorded] = {}
        self._weight = 0
        self._watches: set[Watch] = set()

    def keep(self, request: Recorded) -> None:
        """Keep a request, forget the oldest ones that there is no room for, and tell who follows along."""
        self._requests.append(request)
        self._by_id[request.request_id] = request
        self._weight += request.weight
        while len(self._requests) > self._requests_max or (self._weight > self._weight_max and len(self._requests) > 1):
            oldest = self._requests.popleft()
            self._by_id.pop(oldest.request_id, None)
            self._weight -= oldest.weight
        for watch in self._watches:
            watch.offer(request)

    def newest_first(self, wanted: Wanted) -> Iterator[Recorded]:
        """Those wanted, of what is kept now."""
        kept = tuple(self._requests)
        return (request for request in reversed(kept) if wanted.takes(request))

    def find(self, request_id: str) -> Recorded | None:
        """A request by its id; None if it is not kept (any more)."""
        return self._by_id.get(request_id.lower())

    def clear(self) -> None:
        """Forget all of them."""
        self._requests.clear()
        self._by_id.clear()
        self._weight = 0

    def end_watches(self) -> None:
        """Nothing more will come: those who follow along are to stop."""
        for watch in self._watches:
            watch.is_over = True
            watch.offer(None)

    def check_watchers(self) -> None:
        """Raises `Unavailable` if too many follow along already."""
        if len(self._watches) >= WATCHERS_MAX:
            raise Unavailable(f"{WATCHERS_MAX} programs follow the requests already; close one of them.")

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Follow along while the context is open. Raises `Unavailable` if too many already do."""
        self.check_watchers()
        watch = Watch()
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)
