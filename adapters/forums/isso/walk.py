"""Reads all comments of a page, with as many questions as that takes and no more than are good for one reading."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from adapters.engines.bookmarks import digest
from adapters.engines.working import made
from adapters.forums.isso import parse
from adapters.forums.isso.addresses import parts_of
from adapters.forums.isso.client import Client
from adapters.forums.isso.parse import Branch, Short, Where
from bot.errors import Unparsable
from bot.model import Damaged, Post, PostKey
from bot.ports import Context

TOPS = 400
"""Comments at the top that are asked for at once, and answers to one of them that are asked for by themselves."""
BELOW = 100
"""Answers to each comment at the top that are asked for with it."""
FEW = 20
"""How many of both, where an answer of that size is none: the longest comments have 64 KiB."""

REQUESTS = 12
"""Questions of one reading; what is left is read next."""

FARTHEST = 1_000_000
"""Comments behind which nothing is read: answers that say for ever that there are more end here at the latest."""

CHANGED = "comments were deleted while they were read; some may have been missed until the next reading"


ENDLESS = "the server says that there are more comments and tells none; some may have been missed"


class Stop(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a reading stopped that is not at its end."""

    offset: int = 0
    """So many comments at the top were read."""
    last: str = ""
    """The sign of the last one of them."""
    done: bool = False
    """Whether those were all."""
    todo: tuple[Short, ...] = ()
    """Comments below which more stand than were read."""
    anew: bool = False
    """Whether it was begun anew, because something was deleted meanwhile."""
    later: bool = False
    """Whether there was a reading before it that ended here."""


BEGIN = Stop()


@dataclass(slots=True)
class Found:
    """What one reading of a page's comments brought."""

    posts: dict[PostKey, Post] = field(default_factory=dict)
    damaged: list[Damaged] = field(default_factory=list)
    whole: bool = False
    """Whether all comments are here."""
    stop: Stop = BEGIN
    """Where to read on; the beginning, where everything was read."""
    digest: str = ""
    """Of the answer, where there was only one."""
    gap: str = ""


class Walk:
    """Reads comments, answer after answer."""

    def __init__(self, client: Client, context: Context) -> None:
        self._client = client
        self._context = context
        self._sizes = TOPS, BELOW

    async def read(self, where: Where, stop: Stop = BEGIN, known: str = "", most: int = REQUESTS) -> Found | None:
        """The comments of a page from where a reading stopped; None where the answer has the digest `known`.

        Each question but the first asks for the last comment once more. Where another one stands in its place, one
        before it was deleted meanwhile, and everything is read anew, once.
        """
        found = Found(stop=stop)
        self._sizes = TOPS, BELOW
        for n in range(most):
            now = found.stop
            if now.todo:
                await self._below(found, where)
            elif not now.done:
                raw = await self._asked(where.uri, now.offset)
                if not now.offset and n == 0:
                    found.digest = digest(raw)
                    if known and found.digest == known:
                        return None
                self._take(found, await self._parsed(raw, where))
            if (found.stop.done and not found.stop.todo) or found.stop.offset > FARTHEST:
                found.whole = found.stop.done and not found.gap and not found.stop.later
                found.stop = BEGIN
                break
            found.digest = ""
        else:
            found.stop = msgspec.structs.replace(found.stop, later=True)
        return found

    def _take(self, found: Found, branch: Branch) -> None:
        """The next comments at the top."""
        now = found.stop
        back = 1 if now.offset else 0
        if back and branch.first != now.last:
            if now.anew:
                found.gap, found.stop = CHANGED, Stop(done=True)
            else:
                found.posts, found.damaged, found.gap = {}, [], ""
                found.stop = Stop(anew=True)
            return
        self._keep(found, branch)
        fresh = branch.count - back
        if branch.rest and fresh <= 0:
            found.gap = ENDLESS
        found.stop = msgspec.structs.replace(
            now,
            offset=now.offset + fresh,
            last=branch.last or now.last,
            done=not branch.rest or fresh <= 0,
            todo=tuple(short for short in branch.short if not back or short.top != branch.top),
        )

    async def _below(self, found: Found, where: Where) -> None:
        """The next answers to the first comment of which some are missing."""
        short, *others = found.stop.todo
        top = parts_of(short.top)
        back = 1 if short.read else 0
        raw = await self._asked(where.uri, short.read, top.id if top else 0)
        branch = await self._parsed(raw, where, short.top)
        if back and branch.first != short.last:
            found.gap = CHANGED
        else:
            self._keep(found, branch)
            fresh = branch.count - back
            if branch.rest and fresh <= 0:
                found.gap = ENDLESS
            elif branch.rest:
                others.insert(0, Short(short.top, short.read + fresh, branch.last))
        found.stop = msgspec.structs.replace(found.stop, todo=tuple(others))

    def _keep(self, found: Found, branch: Branch) -> None:
        found.posts.update((post.key, post) for post in branch.posts)
        found.damaged += branch.damaged

    async def _asked(self, uri: str, offset: int, root: int | None = None) -> bytes:
        """An answer that begins with the last comment that is known; a smaller one where that is too large."""
        begin = max(offset - 1, 0)
        try:
            return await self._client.tree(uri, *self._sizes, begin, root)
        except Unparsable:
            if self._sizes == (FEW, FEW):
                raise
            self._sizes = FEW, FEW
            return await self._client.tree(uri, *self._sizes, begin, root)

    async def _parsed(self, raw: bytes, where: Where, top: PostKey = parse.NONE) -> Branch:
        return await made(self._context, parse.branch, raw, where, top)
