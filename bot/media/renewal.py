"""For a file whose address has expired: the address that the post has now, and else one more reading of the post."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from bot import markup
from bot.errors import StoreStopped
from bot.media.found import media_of
from bot.media.lasting import same
from bot.media.port import ShownIn
from bot.model import HOUR, BodyState, Millis
from bot.store import Store
from bot.store.pictures import ShownPost, read_anew, shown_post

NOT_AGAIN = HOUR
"""Milliseconds during which a thread is read again once for its files: what is lost does not come back by reading."""

OF_A_POST = 500
"""Images and recordings of a post that are looked through: it may be shown by many messages."""

REMEMBERED = 1_000
"""Threads of which it is known when they were, the newest."""


class Renewal:
    """Obeys `bot.media.library.Renews` over the store; `wake` is told the forum of what became due."""

    def __init__(self, store: Store, now: Callable[[], Millis], wake: Callable[[str], None]) -> None:
        self._store = store
        self._now = now
        self._wake = wake
        self._asked: OrderedDict[int, Millis] = OrderedDict()

    async def current(self, chat: str, place: ShownIn, address: str) -> str:
        """The address under which the post that a message shows has this file now; empty where it has it no more."""
        post = await self._post(chat, place)
        if post is None or post.body.state is not BodyState.PRESENT:
            return ""
        return await asyncio.to_thread(_held_now, post, address)

    async def reread(self, chat: str, place: ShownIn) -> bool:
        """Let the thread of the post that a message shows be read again, once in a while."""
        post, now = await self._post(chat, place), self._now()
        if post is None or now < self._asked.get(post.thread, 0) + NOT_AGAIN:
            return False
        self._asked[post.thread] = now
        self._asked.move_to_end(post.thread)
        while len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        try:
            forum = await self._store.write(read_anew, post.thread, now)
        except StoreStopped:
            return False
        if forum:
            self._wake(forum)
        return bool(forum)

    async def _post(self, chat: str, place: ShownIn) -> ShownPost | None:
        try:
            return await self._store.read(shown_post, chat, place.where, place.message)
        except StoreStopped:
            return None


def _held_now(post: ShownPost, address: str) -> str:
    text = markup.read(post.body.text, post.body.format, post.link)
    return next((one.address for one in media_of(text, OF_A_POST) if same(one.address, address)), "")
