"""Reads all of a thread, some pages in each reading, and finds out what became of posts that are not there any more."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from adapters.engines.bookmarks import written
from adapters.engines.packing import REMEMBERED
from adapters.forums.nodebb import addresses, memory
from adapters.forums.nodebb.access import Access
from adapters.forums.nodebb.client import Client
from adapters.forums.nodebb.memory import Mind
from adapters.forums.nodebb.pages import OLDEST, Pages
from adapters.forums.nodebb.parse import Topic
from adapters.forums.nodebb.posts import housed
from adapters.forums.nodebb.rows import Single, on
from bot.errors import Gone, NotAllowed
from bot.model import EMPTY, Author, Bookmark, Damaged, Post, PostKey, PostState, Thread, ThreadKey, ThreadPage, at
from bot.ports import Context

PAGES = 10
"""Pages of one thread in one reading; the next one goes on."""

PROBES = 20
"""Posts that are missing and are asked for by themselves in one reading."""


class Whole:
    """Readings of all of a thread."""

    def __init__(self, client: Client, access: Access, pages: Pages, context: Context) -> None:
        self._client = client
        self._access = access
        self._pages = pages
        self._context = context

    async def thread(self, key: ThreadKey, mind: Mind) -> ThreadPage:
        """The next pages, from `mind.page` on; the last ones say what is missing."""
        begins, number = mind.page <= 1, max(1, mind.page)
        seen = memory.unpacked(mind.seen)
        topics: list[Topic] = []
        before = mind.count if mind.page > 1 else 0
        over = False
        while not over and len(topics) < PAGES:
            try:
                if not mind.at:
                    with_key, topic = await self._pages.first(key)
                    mind = msgspec.structs.replace(mind, key=with_key, at=self._context.now(), cid=topic.cid)
                else:
                    topic = await self._pages.page(key, mind, OLDEST, number)
            except Gone:
                if number == 1:
                    raise
                break  # there are fewer pages by now
            repeats = bool(topics) and topic.ids.keys() <= topics[-1].ids.keys()
            over = number >= topic.pages or not topic.ids or repeats
            topics.append(topic)
            number += 1
            if topic.count < before and not mind.again:
                return self._anew(key, mind, topics, seen)
            before = topic.count
        else:
            if not over:
                return self._onward(key, mind, topics, seen, number)
        if topics:
            await self._pages.at_home(topics[0], mind)
        for topic in topics:
            seen.update(dict.fromkeys(topic.ids))
        last = topics[-1] if topics else None
        count, pages = (last.count, last.pages) if last is not None else (mind.count, mind.pages)
        everything = len(seen) < REMEMBERED
        if pages > 1 and everything and len(seen) < count and not mind.again:
            return self._anew(key, mind, topics, seen)
        # One page is what stood there at one moment: what it does not show is not there.
        complete = begins and pages == 1 and last is not None and len(last.ids) >= count
        known = memory.unpacked(mind.posts)
        lost = [id for id in known if id not in seen] if everything and mind.all and not complete else []
        done = Mind(
            at=self._context.now(),
            key=mind.key,
            cid=last.cid if last is not None else mind.cid,
            closed=last.thread.closed if last is not None else mind.closed,
            count=count,
            pages=pages,
            sign=last.sign if complete and last is not None else "",
            posts=memory.packed(seen),
            all=everything,
            swept=self._context.now(),
            lost=tuple(lost),
        )
        page = told(key, topics, done, seen if everything else None, complete=complete)
        return await self.probed(page.thread, done, page.posts, page.damaged) if lost else page

    def _anew(self, key: ThreadKey, mind: Mind, topics: Sequence[Topic], seen: dict[str, None]) -> ThreadPage:
        """The pages shifted while they were read: once more, which finds what slipped through."""
        return self._onward(key, msgspec.structs.replace(mind, again=True), topics, seen, 1)

    def _onward(
        self, key: ThreadKey, mind: Mind, topics: Sequence[Topic], seen: dict[str, None], number: int
    ) -> ThreadPage:
        """What was read so far of a reading that takes several."""
        for topic in topics:
            seen.update(dict.fromkeys(topic.ids))
        count = topics[-1].count if topics else mind.count
        left = msgspec.structs.replace(mind, page=number, seen=memory.packed(seen), count=count)
        ids = seen if len(seen) < REMEMBERED else None
        return told(key, topics, left, ids, more=True)

    async def probed(self, thread: Thread, mind: Mind, posts: Sequence[Post], damaged: Sequence[Damaged]) -> ThreadPage:
        """What became of posts that a reading of all of the thread did not meet."""
        found = list(posts)
        for id in mind.lost[:PROBES]:
            if await self._purged(thread.key, id, mind):
                now = at(self._context.now())
                found.append(Post(PostKey(id), Author(""), now, EMPTY, state=PostState.DELETED))
        left = msgspec.structs.replace(mind, lost=mind.lost[PROBES:])
        bookmark = Bookmark(written(left))
        return ThreadPage(thread, tuple(found), bookmark=bookmark, more=bool(left.lost), damaged=tuple(damaged))

    async def _purged(self, thread: str, id: str, mind: Mind) -> bool:
        """Whether a post is not there any more, rather than in another thread or out of sight."""
        if not addresses.is_id(id):
            return False
        keys = [self._access.key(mind.key, f"post {id}")]
        if keys[0] is None and self._access.ours is not None:
            keys.append(self._access.ours)  # guests are told the same of what stands where they cannot read
        for key in keys:
            try:
                single = await self._client.read(f"/posts/{addresses.escaped(id)}", Single, f"post {id}", key)
            except Gone:
                continue
            except NotAllowed:
                return False
            return on(single.deleted) and str(single.tid) == thread
        return True


def told(
    key: ThreadKey,
    topics: Sequence[Topic],
    mind: Mind,
    ids: dict[str, None] | None,
    *,
    bookmark: Bookmark | None = None,
    complete: bool = False,
    more: bool = False,
) -> ThreadPage:
    """What several pages of one thread tell together; `ids` are those of its posts, None where not all are known."""
    posts = {post.key: post for topic in reversed(topics) for post in topic.posts}
    ordered = sorted(posts.values(), key=lambda post: post.position)
    return ThreadPage(
        topics[0].thread if topics else Thread(key, "", closed=mind.closed),
        tuple(ordered if ids is None else housed(ordered, ids)),
        complete=complete,
        bookmark=msgspec.structs.replace(bookmark or Bookmark(), cursor=written(mind)),
        more=more,
        damaged=tuple(one for topic in topics for one in topic.damaged),
    )
