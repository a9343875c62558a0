"""Reads threads: at first all of it, then what the forum says that changed.

Which posts are new, the list of all ids of a thread tells; which ones changed or left, its channel of the message bus
does, from the very message on that the thread's own page names: nothing can happen unseen in between. What is not
among the ids any more is asked for by itself, for it may have been moved. Where the bus cannot tell (it is closed to
us, keeps no more that far back, began anew), all of the thread is read again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from adapters.engines import bookmarks
from adapters.engines.bookmarks import remembered
from adapters.engines.guests import moved
from adapters.engines.lately import Lately
from adapters.engines.packing import packed, unpacked
from adapters.engines.working import made
from adapters.forums.discourse import addresses, bus, memory, parse
from adapters.forums.discourse.access import Access
from adapters.forums.discourse.boards import Boards
from adapters.forums.discourse.client import Client
from adapters.forums.discourse.memory import Mind
from adapters.forums.discourse.news import News, Told, news
from adapters.forums.discourse.parse import Chunk, Topic
from adapters.forums.discourse.posts import Around, post
from adapters.forums.discourse.rows import PostRow
from adapters.forums.discourse.taxonomy import Taxonomy
from bot.errors import Gone, NotAllowed, Refused, Unparsable
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

CHUNK = 20
"""Posts that Discourse gives at once."""

CHUNKS = 10
"""Requests for posts in one reading; the next one goes on."""

PROBES = 20
"""Posts that left a thread and are asked for by themselves in one reading."""

EVENTS = 1_000
"""What befell a thread, so much of it is kept in mind."""

REMEMBERS = 6 * DAY
"""Milliseconds for which the message bus certainly keeps its messages."""

KEPT = 1_000
"""Threads of which it is known which post has which number, for links that people give."""

RAW = ("include_raw", "1")


class Threads:
    """The threads of one forum."""

    def __init__(self, client: Client, access: Access, boards: Boards, taxonomy: Taxonomy, context: Context) -> None:
        self._client = client
        self._access = access
        self._boards = boards
        self._taxonomy = taxonomy
        self._context = context
        self._root = client.root
        self._name = secrets.token_hex(16)
        """Under which the message bus is asked what happened; nothing is held open for it."""
        self._posts = Lately[str, str](KEPT)
        """The posts of threads that were read lately, packed."""

    def ids(self, thread: str) -> dict[int, int]:
        """The ids of a thread's posts by their numbers, as far as it was read since the program was started."""
        return {number: id for id, number in unpacked(self._posts.get(thread, "")).items()}

    def lately(self) -> list[str]:
        """The threads that were read lately, the last one first."""
        return [*reversed(self._posts)]

    def _keep(self, thread: str, packed: str) -> str:
        if packed:
            self._posts.keep(thread, packed)
        return packed

    async def first(self, thread: str) -> tuple[bool, Topic]:
        """A thread that was never read, and whether our key was needed for it."""
        with_key, answer = await self._access.first(f"/t/{thread}.json", f"thread {thread}", params=[RAW])
        topic = await made(self._context, parse.topic, answer.body, self._root, {}, self._context.now())
        if topic.private:
            raise Gone(f"thread {thread} is deleted, or a personal message, which is not mirrored.")
        return with_key, topic

    async def thread(self, key: ThreadKey, since: Bookmark) -> ThreadPage | None:
        """What changed in a thread, None where nothing did."""
        if not addresses.is_id(key):
            raise Gone(f"{key[:80]!r} is no thread of a Discourse: its threads are numbers")
        mind = remembered(since.cursor, Mind)
        self._keep(key, mind.posts)
        if mind.after or mind.due or mind.lost:
            return await self._onward(key, mind)
        token = self._boards.token(key, mind.token)
        path, what = f"/t/{key}.json", f"thread {key}"
        if not since.cursor or not mind.at:
            guests = self._boards.public(key)
            with_key, answer = await self._access.first(path, what, params=[RAW], guests=guests)
        else:
            etag = since.etag if token == mind.token else ""
            again = await self._access.again(path, what, mind.key, params=[RAW], etag=etag)
            if again is None:
                return None
            with_key, answer = mind.key, again
        digest = bookmarks.digest(answer.body)
        if digest == since.digest and token == mind.token:
            return None
        now = self._context.now()
        known = unpacked(mind.posts)
        ids = {number: id for id, number in known.items()}
        topic = await made(self._context, parse.topic, answer.body, self._root, ids, now)
        if topic.private:
            raise Gone(f"{what}: it was deleted, or made a personal message.")
        await self._at_home(topic, mind, with_key)
        head = bookmarks.sign(topic.thread.title, topic.thread.closed, topic.category, topic.thread.tags)
        told = None
        if known and topic.bus is not None and topic.bus >= mind.bus >= 0:
            told = await self._happened(int(key), mind, topic.bus, with_key)
        found = news(topic, known, told)
        if found is None and token == mind.token and head == mind.head:
            return None
        found, stream = found or News(), set(topic.stream)
        known.update(topic.chunk.numbers)  # what is lost stays until it was asked for: its number goes with it
        mind = Mind(
            token=token,
            bus=-1 if topic.bus is None else topic.bus,
            at=now,
            head=head,
            key=with_key,
            category=topic.category or 0,
            slug=topic.slug,
            closed=topic.thread.closed,
            events=tuple(id for id in mind.events if id in stream),
            replies=-1 if topic.thread.replies is None else topic.thread.replies,
            posts=packed(known.items()),
            after=found.after,
            last=found.last,
            due=found.due,
            lost=found.lost,
        )
        # An answer that shows all of a thread to whoever knew nothing of it proves what is not there.
        complete = not since.cursor and not found.after and bool(stream)
        thread = await self._thread(topic.thread, topic.category, token, with_key)
        page = await self._rest(thread, mind, list(topic.chunk.posts), list(topic.chunk.damaged))
        etag = answer.headers.get("etag", "") if not page.more else ""
        bookmark = Bookmark(page.bookmark.cursor, etag, digest="" if page.more else digest)
        return ThreadPage(
            page.thread, page.posts, complete=complete, bookmark=bookmark, more=page.more, damaged=page.damaged
        )

    async def _onward(self, key: ThreadKey, mind: Mind) -> ThreadPage:
        """The next posts of a reading that takes several."""
        return await self._rest(Thread(key, "", closed=mind.closed, token=mind.token), mind, [], [])

    async def _rest(self, thread: Thread, mind: Mind, posts: list[Post], damaged: list[Damaged]) -> ThreadPage:
        """What is left to be read of a thread, as much of it as one reading takes."""
        known, asked = unpacked(mind.posts), 0
        after, due, lost = mind.after, mind.due, mind.lost
        while asked < CHUNKS and (after or due):
            asked += 1
            if due:
                now, due = memory.split(due, CHUNK)
                fields = [*(("post_ids[]", str(id)) for id in now), RAW]
            else:
                fields = [("post_number", str(after)), ("asc", "true"), RAW]
            chunk = await self._chunk(thread, mind, known, fields)
            posts += chunk.posts
            damaged += chunk.damaged
            known.update(chunk.numbers)
            if not mind.due:
                reached = max((number for _, number in chunk.numbers), default=0)
                after = reached if after < reached < mind.last else 0  # a page that repeats itself ends it
        if not after and not due and lost:
            now, lost = memory.split(lost, PROBES)
            for id in now:
                found = await self._probed(thread, mind, id, known)
                posts += [found] if found is not None else []
        more = bool(after or due or lost)
        gone = {post.key for post in posts if post.state is PostState.DELETED}
        told = dict.fromkeys([*mind.events, *(int(post.key) for post in posts if post.event)])
        events = tuple(id for id in told if str(id) not in gone)[-EVENTS:]
        if not more and mind.replies >= 0:
            self._boards.befell(thread.key, len(events))
            thread = msgspec.structs.replace(thread, replies=max(0, mind.replies - len(events)))
        else:
            thread = msgspec.structs.replace(thread, replies=None)
        kept = self._keep(thread.key, packed(known.items()))
        left = msgspec.structs.replace(
            mind, events=events, posts=kept, after=after, last=mind.last if after else 0, due=due, lost=lost
        )
        unique = {post.key: post for post in posts}
        ordered = tuple(sorted(unique.values(), key=lambda post: post.position))
        bookmark = Bookmark(bookmarks.written(left))
        return ThreadPage(thread, ordered, bookmark=bookmark, more=more, damaged=tuple(damaged))

    async def _chunk(
        self, thread: Thread, mind: Mind, known: dict[int, int], fields: Sequence[tuple[str, str]]
    ) -> Chunk:
        what = f"posts of thread {thread.key}"
        key = self._access.key(mind.key, what)
        answer = await self._access.asked(f"/t/{thread.key}/posts.json", what, key, fields)
        return await made(self._context, parse.posts, answer.body, self._around(thread, mind, known))

    def _around(self, thread: Thread, mind: Mind, known: dict[int, int]) -> Around:
        ids = {number: id for id, number in known.items()}
        return Around(self._root, int(thread.key), thread.title, mind.slug, ids, self._context.now())

    async def _probed(self, thread: Thread, mind: Mind, id: int, known: dict[int, int]) -> Post | None:
        """What became of a post that left its thread; None where it stands elsewhere, or nobody is to know."""
        key, number = self._access.key(mind.key, f"post {id}"), known.pop(id, 0)
        gone = Post(PostKey(str(id)), Author(""), at(mind.at), EMPTY, position=number, state=PostState.DELETED)
        try:
            row = await self._client.read(f"/posts/{id}.json", PostRow, f"post {id}", key)
        except Gone:
            return gone
        except NotAllowed:
            return None  # it was moved to where guests cannot follow
        except Unparsable:
            return None
        if row.user_deleted or row.deleted_at is not None:
            return gone
        if row.topic_id != int(thread.key):
            return None
        known[id] = row.post_number
        return post(row, self._around(thread, mind, known))

    async def _happened(self, thread: int, mind: Mind, newest: int, with_key: bool) -> Told | None:
        """The posts that changed and those that left since a reading; None where nothing can tell all of them."""
        if newest == mind.bus:
            return [], []
        if newest - mind.bus >= bus.KEPT or not 0 <= self._context.now() - mind.at < REMEMBERS:
            return None
        try:
            answer = await self._client.poll(
                f"/message-bus/{self._name}/poll",
                [(f"/topic/{thread}", str(mind.bus)), ("__seq", "1")],
                self._access.key(with_key, f"thread {thread}"),
                hold=20.0,
                query="?dlp=t",
            )
            found = bus.messages(answer.body)
        except (NotAllowed, Gone, Refused, Unparsable):
            return None
        return None if bus.began_anew(found) else bus.touched(found, thread)

    async def _at_home(self, topic: Topic, mind: Mind, with_key: bool) -> None:
        """Raises NotAllowed where a thread that is read with our key was moved to where other people read it."""
        if not with_key or not mind.category or mind.category == (topic.category or 0):
            return
        try:
            await self._client.get(f"/t/{topic.thread.key}.json", f"thread {topic.thread.key}")
        except (Gone, NotAllowed):
            raise moved(f"thread {topic.thread.key}", "category") from None

    async def _thread(self, thread: Thread, category: int | None, token: str, with_key: bool) -> Thread:
        board = await self._taxonomy.board(category, key=with_key)
        return Thread(thread.key, thread.title, thread.link, board, thread.replies, thread.closed, token, thread.tags)
