"""The site around the comments: where its pages are, what they tell, and what the server says about itself."""

from __future__ import annotations

import msgspec

from adapters.forums.isso import addresses
from adapters.forums.isso.client import Client
from adapters.forums.isso.memory import Memory
from adapters.forums.isso.page import Page, read
from adapters.forums.isso.rows import Info
from adapters.forums.isso.settings import Rules
from bot.errors import AdapterError, Gone, NotAllowed, Unparsable, Unreachable
from bot.model import HOUR, Millis
from bot.ports import Context


class Site:
    """What is known of a site; the server is asked about it once an hour."""

    def __init__(self, client: Client, rules: Rules, context: Context) -> None:
        self._client = client
        self._rules = rules
        self._context = context
        self._info: Info | None = None
        self._informed: Millis = 0

    @property
    def origin(self) -> str:
        """Where the pages are, as far as that is known without asking; else empty."""
        return self._rules.site or (self._info.origin.rstrip("/") if self._info is not None else "")

    async def found(self) -> str:
        """Where the pages are; empty where neither the settings nor the server tell."""
        if not self._rules.site:
            await self.told()
        return self.origin

    async def told(self, *, anew: bool = False) -> Info:
        """What the server says about itself; nothing where it keeps that from us."""
        now = self._context.now()
        if anew or self._info is None or not 0 <= now - self._informed < HOUR:
            try:
                self._info = await self._client.info()
            except (Gone, NotAllowed, Unparsable):
                self._info = Info(origin=self.origin)
            self._informed = now
        return self._info

    def link(self, uri: str, *, astray: bool = False) -> str:
        """Where people read a page's comments."""
        return addresses.link(self._rules.base, self.origin, uri, astray)

    async def shown(self, address: str) -> Page | None:
        """What the page at an address tells; None where no page is there. Raises what a reading raises."""
        answer = await self._client.page(address)
        if answer.status in (404, 410):
            return None
        if answer.status >= 400:
            raise Unreachable(f"{address[:200]} answered {answer.status}; look at it in a browser")
        return await self._context.work(read, answer.body, address)

    async def below(self, uri: str) -> Page | None:
        """What the page tells below which comments stand; None where none is there, or nobody knows where."""
        link = self.link(uri)
        return None if link.startswith(f"{self._rules.base}/?") else await self.shown(link)

    def ours(self, page: Page) -> bool:
        """Whether a page's comments are kept here, or it does not say where."""
        return not page.server or addresses.same(page.server, self._rules.base)

    async def seen(self, memory: Memory, uri: str) -> Memory:
        """What a page tells about itself, for its first post; comments are read also where it tells nothing."""
        if memory.astray or not self.origin:
            return memory
        try:
            page = await self.below(uri)
        except AdapterError as error:
            self._context.log.debug("page not read", forum=self._context.name, why=str(error))
            return memory
        return msgspec.structs.replace(memory, page=page, astray=page is None)

    async def there(self, memory: Memory, uri: str) -> Memory:
        """What a page without comments tells; `Gone` where none is there: Isso says the same of both."""
        page = None if memory.astray else await self.below(uri)
        if page is None:
            raise Gone(f"{self.link(uri)[:300]} has no comments, and no page is there")
        return msgspec.structs.replace(memory, page=page)
