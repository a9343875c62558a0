"""Reads threads: at first all of it, then its newest page, back to what is known.

NodeBB tells of each post when it was edited and whether it is deleted, but nowhere which posts that happened to: of a
thread of several pages the older ones are looked through in turn (`SWEEP`). That posts were purged, or came or went
with a moderator, its count of posts tells; then all of it is read again, and what is missing is asked for by itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

import msgspec

from adapters.engines.bookmarks import digest, remembered
from adapters.engines.packing import REMEMBERED
from adapters.forums.nodebb import addresses, memory
from adapters.forums.nodebb.memory import Mind
from adapters.forums.nodebb.pages import NEWEST, OLDEST, Pages
from adapters.forums.nodebb.parse import Topic
from adapters.forums.nodebb.whole import PAGES, Whole, told
from bot.errors import Gone
from bot.model import MINUTE, Bookmark, Millis, Thread, ThreadKey, ThreadPage
from bot.ports import Context

SWEEP = 10 * MINUTE
"""Milliseconds after which older pages of a thread are looked through again, when the thread is read at all."""

SWEPT = 2
"""Pages that are looked through at once."""


class Threads:
    """The threads of one forum."""

    def __init__(self, pages: Pages, whole: Whole, context: Context) -> None:
        self._pages = pages
        self._whole = whole
        self._context = context

    async def thread(self, key: ThreadKey, since: Bookmark) -> ThreadPage | None:
        """What changed in a thread, None where nothing did."""
        if not addresses.THREAD.fullmatch(key):
            raise Gone(f"{key[:80]!r} is no thread of a NodeBB: its threads are numbers or UUIDs")
        mind = remembered(since.cursor, Mind)
        if mind.lost:
            return await self._whole.probed(Thread(key, "", closed=mind.closed), mind, (), ())
        if not mind.at or mind.page:
            return await self._whole.thread(key, mind)
        now = self._context.now()
        sweeps = mind.pages > 1 and not 0 <= now - mind.swept < SWEEP
        answer = await self._pages.asked(key, mind, NEWEST, 1, since.etag)
        if answer is None:
            return await self._swept(key, [], mind, since, now) if sweeps else None
        topic = await self._pages.read(answer, key)
        bookmark = Bookmark(etag=answer.headers.get("etag", ""), digest=digest(answer.body))
        if topic.sign == mind.sign:
            return await self._swept(key, [topic], mind, bookmark, now) if sweeps else None
        await self._pages.at_home(topic, mind)
        known, topics = memory.unpacked(mind.posts), [topic]
        while not (met := _met(topics[-1], known)) and len(topics) < min(topic.pages, PAGES):
            topics.append(await self._pages.page(key, mind, NEWEST, len(topics) + 1))
        fresh = [id for one in topics for id in one.ids if id not in known and id != one.main]
        if topic.pages == 1 and len(topic.ids) >= topic.count:
            left = _after(mind, topic, topic.ids, now, everything=True)
            return told(key, topics, left, dict.fromkeys(topic.ids), bookmark=bookmark, complete=True)
        if not (met or len(topics) >= topic.pages) or topic.count != mind.count + len(fresh):
            return await self._whole.thread(key, msgspec.structs.replace(mind, page=1))
        ids = [*known, *_ordered(topics, fresh)]
        everything = mind.all and len(ids) < REMEMBERED
        mind = _after(mind, topic, ids, now, everything=everything)
        if sweeps:
            return await self._swept(key, topics, mind, bookmark, now)
        return told(key, topics, mind, dict.fromkeys(ids) if everything else None, bookmark=bookmark)

    async def _swept(
        self, key: ThreadKey, topics: list[Topic], mind: Mind, bookmark: Bookmark, now: Millis
    ) -> ThreadPage:
        """What was read, and some older pages besides; the next ones at the next time."""
        page = mind.sweep
        for _ in range(min(SWEPT, mind.pages)):
            try:
                topics.append(await self._pages.page(key, mind, OLDEST, page))
            except Gone:
                if page == 1:
                    raise
                page = 1  # there are fewer pages by now
                break
            page = page % mind.pages + 1
        mind = msgspec.structs.replace(mind, swept=now, sweep=page)
        return told(key, topics, mind, memory.unpacked(mind.posts) if mind.all else None, bookmark=bookmark)


def _after(mind: Mind, topic: Topic, ids: Iterable[str], now: Millis, *, everything: bool) -> Mind:
    return msgspec.structs.replace(
        mind,
        at=now,
        cid=topic.cid,
        closed=topic.thread.closed,
        count=topic.count,
        pages=topic.pages,
        sign=topic.sign,
        posts=memory.packed(ids),
        all=everything,
    )


def _met(topic: Topic, known: Container[str]) -> bool:
    """Whether a page going backwards has come to a post that is known; the one that opened the thread tells nothing."""
    return any(id in known for id in topic.ids if id != topic.main)


def _ordered(topics: list[Topic], ids: list[str]) -> list[str]:
    """Ids of several pages in the forum's order."""
    places = {id: index for topic in topics for id, index in topic.ids.items()}
    return sorted(ids, key=lambda id: places[id])
