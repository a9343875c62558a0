"""Reads threads: at first all of it, then what changed.

The page of a discussion tells the ids of all its posts, and shows some of them: so one question says what is new, what
has left, and what the last posts say now. What has left is asked for once more, for it may have been moved. An older
post that was edited the forum tells nobody of: threads that are not too long are read whole once a day.
"""

from __future__ import annotations

import msgspec

from adapters.engines import bookmarks
from adapters.engines.access import Params
from adapters.engines.bookmarks import remembered
from adapters.engines.guests import moved
from adapters.engines.lately import Lately
from adapters.engines.packing import fresh, packed, unpacked
from adapters.engines.working import made
from adapters.forums.flarum import addresses, parse
from adapters.forums.flarum.access import Access
from adapters.forums.flarum.boards import Boards
from adapters.forums.flarum.client import Client
from adapters.forums.flarum.memory import Mind
from adapters.forums.flarum.parse import Chunk, Topic
from adapters.forums.flarum.posts import Around
from adapters.forums.flarum.taxonomy import Taxonomy
from bot.errors import Gone, NotAllowed
from bot.model import (
    DAY,
    EMPTY,
    Author,
    Bookmark,
    Damaged,
    Post,
    PostKey,
    PostState,
    Thread,
    ThreadKey,
    ThreadPage,
    at,
)
from bot.ports import Context

CHUNK = 50
"""Posts that Flarum gives at once, whatever is asked for."""

CHUNKS = 10
"""Requests for posts in one reading; the next one goes on."""

SWEPT = 500
"""Posts of a thread that is read whole once a day."""

KEPT = 1_000
"""Threads of which it is known which post has which number, for links that people give."""


class Threads:
    """The threads of one forum."""

    def __init__(self, client: Client, access: Access, boards: Boards, taxonomy: Taxonomy, context: Context) -> None:
        self._client = client
        self._access = access
        self._boards = boards
        self._taxonomy = taxonomy
        self._context = context
        self._root = client.root
        self._posts = Lately[str, str](KEPT)
        """The posts of threads that were read lately, packed."""

    def ids(self, thread: str) -> dict[int, int]:
        """The ids of a thread's posts by their numbers, as far as it was read since the program was started."""
        return {number: id for id, number in unpacked(self._posts.get(thread, "")).items()}

    async def first(self, thread: str) -> tuple[bool, Topic]:
        """A thread that was never read, and whether our token was needed for it."""
        with_key, answer = await self._access.first(*_page(thread), params=[("page[limit]", "1")])
        topic = await self._topic(answer.body, with_key)
        return with_key, topic

    async def thread(self, key: ThreadKey, since: Bookmark) -> ThreadPage | None:
        """What changed in a thread, None where nothing did."""
        if not addresses.is_id(key):
            raise Gone(f"{key[:80]!r} is no thread of a Flarum: its threads are numbers.")
        mind = remembered(since.cursor, Mind)
        self._keep(key, mind.posts)
        if mind.sweeps or mind.due or mind.lost:
            link = addresses.thread_link(self._root, mind.slug or key)
            thread = Thread(key, mind.title, link, closed=mind.closed, token=mind.token)
            return await self._rest(thread, mind, [], [])
        known = unpacked(mind.posts)
        params = _window(known)
        if not mind.at:
            with_key, answer = await self._access.first(*_page(key), params=params, guests=self._boards.public(key))
        else:
            with_key, answer = mind.key, await self._access.again(*_page(key), mind.key, params)
        digest = bookmarks.digest(answer.body)
        if digest == since.digest and not self._is_overdue(mind, len(known)):
            return None
        topic = await self._topic(answer.body, with_key)
        await self._at_home(topic, mind, with_key)
        return await self._compared(key, mind, known, topic, with_key, digest)

    async def _compared(
        self, key: ThreadKey, mind: Mind, known: dict[int, int], topic: Topic, with_key: bool, digest: str
    ) -> ThreadPage | None:
        """What a thread's page tells, against what is known of it."""
        now, stream, shown = self._context.now(), set(topic.stream), {id for id, _ in topic.chunk.numbers}
        lost = tuple(id for id in known if id not in stream)
        new = fresh(topic.stream, known)
        head = bookmarks.sign(
            [topic.thread.title, topic.thread.closed, topic.thread.board, topic.thread.tags],
            [(post.key, post.version, post.state) for post in topic.chunk.posts],
        )
        swept = stream <= shown
        sweeps = not swept and (not known or self._is_overdue(mind, len(stream)))
        if known and not lost and not new and not sweeps and head == mind.head and topic.thread.token == mind.token:
            return None
        due = tuple(id for id in new if id not in shown)
        known.update(topic.chunk.numbers)  # what is lost stays until it was asked for: its number goes with it
        after = offset = 0
        if sweeps and not mind.at:  # the window is the beginning then, and need not be read again
            after, offset = max((number for _, number in topic.chunk.numbers), default=0), CHUNK
        elif len(due) > SWEPT:
            sweeps, offset = True, topic.stream.index(due[0])
            after = known.get(topic.stream[offset - 1], 0) if offset else 0
        mind = Mind(
            head=head,
            token=topic.thread.token,
            title=topic.thread.title,
            slug=topic.slug,
            closed=topic.thread.closed,
            board=topic.thread.board.key if with_key and topic.thread.board else "",
            key=with_key,
            at=now,
            whole=now if swept or (sweeps and not after) or not mind.at else mind.whole,
            posts=packed(known.items()),
            after=after,
            offset=offset,
            due=() if sweeps else due,
            lost=lost,
            sweeps=sweeps,
        )
        page = await self._rest(topic.thread, mind, list(topic.chunk.posts), list(topic.chunk.damaged))
        # What the answer does not show is not there; what left since the last reading was asked for by itself.
        complete = swept and not lost and not page.more
        bookmark = msgspec.structs.replace(page.bookmark, digest="" if page.more else digest)
        return msgspec.structs.replace(page, complete=complete, bookmark=bookmark)

    async def _rest(self, thread: Thread, mind: Mind, posts: list[Post], damaged: list[Damaged]) -> ThreadPage:
        """What is left to be read of a thread, as much of it as one reading takes."""
        known = unpacked(mind.posts)
        for _ in range(CHUNKS):
            if mind.due:
                now = mind.due[:CHUNK]
                chunk = await self._asked(thread, mind, [("filter[id]", ",".join(map(str, now)))])
                mind = msgspec.structs.replace(mind, due=mind.due[CHUNK:])
            elif mind.sweeps:
                chunk = await self._asked(thread, mind, _from(thread.key, mind))
                mind = _onward(mind, chunk)
            else:
                break
            posts += chunk.posts
            damaged += chunk.damaged
            known.update(chunk.numbers)
        if not mind.sweeps and not mind.due and mind.lost:
            posts += await self._probed(thread, mind, known)
            mind = msgspec.structs.replace(mind, lost=mind.lost[CHUNK:])
        more = bool(mind.sweeps or mind.due or mind.lost)
        mind = msgspec.structs.replace(mind, posts=self._keep(thread.key, packed(known.items())))
        unique = {post.key: post for post in posts}
        ordered = tuple(sorted(unique.values(), key=lambda post: post.position))
        return ThreadPage(
            thread, ordered, bookmark=Bookmark(bookmarks.written(mind)), more=more, damaged=_each_once(damaged)
        )

    async def _probed(self, thread: Thread, mind: Mind, known: dict[int, int]) -> list[Post]:
        """What became of posts that left their thread: those that stand elsewhere are told there."""
        now = mind.lost[:CHUNK]
        # To a guest none of them might be there.
        await self._client.sure(self._access.key(mind.key, f"thread {thread.key}"))
        chunk = await self._asked(thread, mind, [("filter[id]", ",".join(map(str, now)))])
        back, there = {id for id, _ in chunk.numbers}, {str(row.id) for row in chunk.rows}
        there |= {one.key for one in chunk.damaged}
        found = [post for post in chunk.posts if int(post.key) in back]
        for id in now:
            if id in back:
                continue
            number = known.pop(id, 0)
            if str(id) not in there:
                key = PostKey(str(id))
                found.append(Post(key, Author(""), at(mind.at), EMPTY, position=number, state=PostState.DELETED))
        known.update(chunk.numbers)
        return found

    async def _asked(self, thread: Thread, mind: Mind, params: Params) -> Chunk:
        what = f"posts of thread {thread.key}"
        key = self._access.key(mind.key, what)
        answer = await self._client.get("/posts", what, key, params=[*params, ("page[limit]", str(CHUNK))])
        tags = await self._taxonomy.all(key=mind.key)
        around = Around(self._root, thread.key, mind.title, mind.slug, self._context.now(), tags.names)
        return await made(self._context, parse.posts, answer.body, around)

    async def _topic(self, body: bytes, with_key: bool) -> Topic:
        tags = await self._taxonomy.all(key=with_key)
        topic = await made(self._context, parse.topic, body, self._root, tags, self._context.now())
        if not topic.shown:
            raise Gone(f"thread {topic.thread.key} is hidden, or waits for a moderator.")
        return topic

    async def _at_home(self, topic: Topic, mind: Mind, with_key: bool) -> None:
        """Raises NotAllowed where a thread that is read with our token was moved to where other people read it."""
        home = topic.thread.board.key if topic.thread.board else ""
        if not with_key or not mind.board or mind.board == home:
            return
        try:
            await self._client.get(f"/discussions/{topic.thread.key}", f"thread {topic.thread.key}")
        except (Gone, NotAllowed):
            raise moved(f"thread {topic.thread.key}", "tag") from None

    def _is_overdue(self, mind: Mind, posts: int) -> bool:
        """Whether a thread of so many posts is to be read whole, for the sake of edits of its older ones."""
        return CHUNK < posts <= SWEPT and not 0 <= self._context.now() - mind.whole < DAY

    def _keep(self, thread: str, packed: str) -> str:
        if packed:
            self._posts.keep(thread, packed)
        return packed


def _page(thread: str) -> tuple[str, str]:
    """Where a thread's page stands, and what it is called."""
    return f"/discussions/{thread}", f"thread {thread}"


def _window(known: dict[int, int]) -> Params:
    """Which posts a thread's page is to show: its first ones while it is short, else those about the last known."""
    params = [("page[limit]", str(CHUNK))]
    if len(known) >= CHUNK:
        params.append(("page[near]", str(max(known.values()) + 1)))
    return params


def _from(thread: str, mind: Mind) -> Params:
    """The next page of a reading of all posts; it begins with the last one of the page before."""
    return [("filter[discussion]", thread), ("sort", "number"), ("page[offset]", str(max(0, mind.offset - 1)))]


def _onward(mind: Mind, chunk: Chunk) -> Mind:
    """Where such a reading goes on behind a page, or that it is over.

    A page that does not begin with what was read before shows that something before it was deleted meanwhile: then it
    takes a step back. One that brings nothing new ends it.
    """
    if mind.offset and chunk.first > mind.after and not mind.back:
        return msgspec.structs.replace(mind, offset=max(1, mind.offset - CHUNK), back=True)
    reached = max((number for _, number in chunk.numbers), default=0)
    if not chunk.more or not chunk.count or (reached <= mind.after and not mind.back):
        return msgspec.structs.replace(mind, after=0, offset=0, back=False, sweeps=False)
    offset = max(0, mind.offset - 1) + chunk.count
    return msgspec.structs.replace(mind, after=max(reached, mind.after), offset=offset, back=False)


def _each_once(damaged: list[Damaged]) -> tuple[Damaged, ...]:
    return tuple({(one.key, one.sample): one for one in damaged}.values())
