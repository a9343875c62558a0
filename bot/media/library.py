"""Fetches the images and files of posts, each once, and keeps them: what chats ask for goes through here."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote, urlsplit

from bot.errors import AdapterError, RateLimited, Unreachable
from bot.media.cache import Cache, Held
from bot.media.kinds import typed
from bot.media.lasting import fades
from bot.media.port import PATIENCE, Fetches, Media, Missing, Nothing, ShownIn
from bot.model import DAY, MINUTE, Millis
from bot.net import Net, raise_for_status, shown
from bot.ports import Log
from bot.redaction import reason_of
from bot.texts import say

UNUSED = 30 * DAY
"""Milliseconds after which a file leaves that nobody looked at: also those of posts that were deleted."""

AT_ONCE = 4
"""Files that are fetched at the same time: each is held in memory until it is whole."""

WAITING = 64
"""Files that may be on their way or wait for their turn; beyond it nothing more is begun."""

AGAIN = MINUTE
"""Milliseconds until a server is asked again that could not be reached."""

NOT_AGAIN = 10 * MINUTE
"""Milliseconds until a file is asked for again that was refused, or was none."""

REMEMBERED = 2_000
"""Addresses of which it is known that they give no file, the newest."""

REFUSALS = frozenset({403, 404, 410})
"""Answers to an address that has expired."""

ACCEPT = {"Accept": "image/*, video/*, audio/*, */*;q=0.5"}

_ODD = re.compile(r"[^A-Za-z0-9_-]+")


class Renews(Protocol):
    """Knows the posts that messages show."""

    async def current(self, chat: str, place: ShownIn, address: str) -> str:
        """The address under which the post that a message shows has this file now; empty where it has it no more."""

    async def reread(self, chat: str, place: ShownIn) -> bool:
        """Let the post be read again; False where that cannot help, or was tried lately."""


class Library:
    """One cache and the way into it; `of` gives each chat its door. `largest` bounds one file, in bytes.

    Where it is 0, nothing is fetched.
    """

    def __init__(
        self, net: Net, cache: Cache, now: Callable[[], Millis], log: Log, *, largest: int, renews: Renews
    ) -> None:
        self._net = net
        self._cache = cache
        self._now = now
        self._log = log
        self._largest = largest
        self._renews = renews
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, asyncio.Task[Media | Missing]] = {}
        self._without: OrderedDict[str, tuple[Millis, Missing]] = OrderedDict()
        self._closed = False

    def of(self, chat: str) -> Fetches:
        """What a chat is given."""
        return Door(self, self._renews, chat) if self._largest else Nothing()

    async def get(self, address: str, within: float) -> Media | Missing:
        """The file at an address, from the cache or from its server; whoever asks meanwhile shares the fetching."""
        kept = await self.kept(address)
        if kept is not None:
            return kept
        until, known = self._without.get(address, (0, None))
        if known is not None and self._now() < until:
            return known
        task = self._under_way.get(address)
        if task is None:
            if self._closed or len(self._under_way) >= WAITING:
                return Missing(say("media.too_many"), later=True)
            task = self._under_way[address] = asyncio.create_task(self._fetched(address))
            task.add_done_callback(lambda _: self._under_way.pop(address, None))
        done, _ = await asyncio.wait({task}, timeout=within)
        if not done or task.cancelled():
            return Missing(say("media.under_way"), later=True)
        return task.result()

    async def kept(self, address: str) -> Media | None:
        """The file that an address gave before, as long as it is in the cache."""
        try:
            return await asyncio.to_thread(self._cache.find, address, self._now())
        except OSError as error:
            self._log.warning("media cache fails", why=str(error.strerror))
            return None

    async def _fetched(self, address: str) -> Media | Missing:
        try:
            async with self._turns:
                found, wait = await self._from_server(address)
        except OSError as error:
            self._log.warning("media cache fails", why=str(error.strerror))
            return Missing(say("media.not_kept"), later=True)
        if isinstance(found, Missing):
            self._remember(address, found, min(wait, NOT_AGAIN))
        return found

    async def _from_server(self, address: str) -> tuple[Media | Missing, Millis]:
        """What a server gives, and for how long it is not asked again where that is no file."""
        status = 0
        try:
            answer = await self._net.get(address, headers=ACCEPT, max_bytes=self._largest)
            status = answer.status
            raise_for_status(answer, say("media.what"), write=False)
        except RateLimited as error:
            return Missing(_why(error), later=True), int(error.seconds * 1000)
        except Unreachable as error:
            return Missing(_why(error), later=True), AGAIN
        except AdapterError as error:
            return Missing(_why(error), refused=status in REFUSALS), NOT_AGAIN
        what = typed(answer.body) if status == 200 else None
        if what is None:
            return Missing(say("media.no_file", address=shown(address))), NOT_AGAIN
        return await asyncio.to_thread(self._cache.keep, address, answer.body, what, _stem(address), self._now()), 0

    def _remember(self, address: str, missing: Missing, wait: Millis) -> None:
        self._without[address] = self._now() + wait, missing
        self._without.move_to_end(address)
        while len(self._without) > REMEMBERED:
            self._without.popitem(last=False)

    async def held(self) -> Held:
        """How much is in the cache; nothing where its folder cannot be read."""
        try:
            return await asyncio.to_thread(self._cache.held)
        except OSError as error:
            self._log.warning("media cache fails", why=str(error.strerror))
            return Held()

    async def sweep(self, before: Millis) -> int:
        """Let leave what nobody has looked at since a time, and everything where nothing is fetched; how many files."""
        try:
            return await asyncio.to_thread(self._cache.sweep, before if self._largest else self._now() + 1)
        except OSError as error:
            self._log.warning("media cache fails", why=str(error.strerror))
            return 0

    async def close(self) -> None:
        """Give up what is on its way."""
        self._closed = True
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class Door:
    """What one chat sees of the library; obeys `bot.media.port.Fetches`."""

    def __init__(self, library: Library, renews: Renews, chat: str) -> None:
        self._library = library
        self._renews = renews
        self._chat = chat

    async def fetch(self, address: str, shown: ShownIn | None = None, within: float = PATIENCE) -> Media | Missing:
        """The file at an address, or why it is not there."""
        if shown is not None and fades(address):
            kept = await self._library.kept(address)  # it serves on when its address has expired
            if kept is not None:
                return kept
            address = await self._renews.current(self._chat, shown, address) or address
        found = await self._library.get(address, within)
        if isinstance(found, Media) or not found.refused or shown is None or not fades(address):
            return found
        if await self._renews.reread(self._chat, shown):
            return Missing(say("media.expired", why=found.why), True, later=True)
        return found


def _why(error: AdapterError) -> str:
    """What an error says; readers see which image is meant."""
    return reason_of(error).removeprefix(f"{say('media.what')}: ")


def _stem(address: str) -> str:
    """A harmless name after the last step of an address, without its ending."""
    last = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
    return _ODD.sub("-", last.rpartition(".")[0] or last)[:60].strip("-") or "file"
