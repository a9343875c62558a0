"""How a law talks: people's posts on one side, what a poller has read of them on the other."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, TypeVar, cast

import msgspec
import pytest

from bot import markup
from bot.changes import Changes, Known, compare, digest
from bot.errors import AdapterError
from bot.model import Accepted, Body, Bookmark, Draft, Post, PostKey, PostState, Thread, ThreadKey
from bot.ports import AcceptsPosts, Forum
from bot.testing.forum_rig import ForumRig

T = TypeVar("T")

JUNK = (
    "",
    "no such key",
    "../../etc/passwd",
    "a\x00b",
    "%00%2e%2e",
    "'; --",
    "http://127.0.0.1:1/",
    "http://[",
    "💥" * 200,
    "x" * 5000,
)
"""Keys that no forum and no chat mints, and that a database may still hold."""

TYPED = (*JUNK, "\ud800")
"""What people type and paste: half a surrogate pair too, which no database holds."""


class WritableForum(Forum, AcceptsPosts, Protocol):
    """A forum that takes posts."""


class Follower:
    """Reads a thread as the poller does, and remembers as the database does."""

    def __init__(self, forum: Forum, thread: ThreadKey) -> None:
        self.forum = forum
        self.key = thread
        self.known: dict[PostKey, Known] = {}
        self.posts: dict[PostKey, Post] = {}
        """The posts as they were last read, tombstones too, in the forum's order."""
        self.thread: Thread | None = None
        self.bookmark = Bookmark()
        self.complete = False
        """Whether a page of the last reading claimed to hold every post."""
        self.damaged = 0
        """Items of the last reading that could not be parsed."""

    async def read(self) -> Changes:
        """Read what is new since the last reading, following `more`; what changed by the core's own rules."""
        added: list[Post] = []
        edited: list[tuple[Known, Post]] = []
        others: list[Changes] = []
        self.complete, self.damaged = False, 0
        for count in range(1000):
            page = await self.forum.thread(self.key, self.bookmark)
            if page is None:
                break
            self.thread, self.bookmark = page.thread, page.bookmark
            self.complete = self.complete or page.complete
            self.damaged += len(page.damaged)
            if count == 0:
                self.posts = {}
            self.posts.update((post.key, post) for post in page.posts)
            changes = compare(self.known, page)
            added += changes.added
            edited += changes.edited
            others.append(changes)
            self._remember(changes)
            if not page.more:
                break
        else:
            pytest.fail("after 1000 pages the thread still has more: `more` must end")
        return Changes(
            tuple(added),
            tuple(edited),
            tuple(pair for one in others for pair in one.moved),
            tuple(pair for one in others for pair in one.deleted),
            tuple(known for one in others for known in one.losing),
        )

    def _remember(self, changes: Changes) -> None:
        for post in (*changes.added, *(post for _, post in (*changes.edited, *changes.moved))):
            self.known[post.key] = Known(
                len(self.known),
                post.key,
                digest(post),
                post.version,
                post.state,
                post.body.state,
                post.number,
                post.position,
            )
        for known, state in changes.deleted:
            self.known[known.key] = msgspec.structs.replace(known, state=state)

    @property
    def live(self) -> list[Post]:
        """The posts of the last reading that a guest can read, in the forum's order."""
        return [post for post in self.posts.values() if post.state is PostState.LIVE]

    def post(self, key: PostKey) -> Post:
        """One post as it was last read; fails where it was not."""
        assert key in self.posts, f"post {key} is not on the page; it holds {list(self.posts)[:20]}"
        return self.posts[key]


async def follow(forum: Forum, thread: ThreadKey) -> Follower:
    """A follower that has read a thread from its beginning."""
    made = Follower(forum, thread)
    await made.read()
    return made


def said(body: Body) -> str:
    """The words of a text in any format, white space folded."""
    return words(body.text, body.format)


def explained(error: AdapterError, what: str) -> None:
    """Fails where an error has no words for the person who will read it."""
    assert str(error).strip(), f"{what}: {type(error).__name__} says nothing; say what happened and what to do"


async def harmless(what: str, act: Awaitable[T]) -> T | None:
    """The result of an act, None where an `AdapterError` with words left it; anything else fails the law."""
    try:
        return await act
    except AdapterError as error:
        explained(error, what)
        return None
    except Exception as error:
        pytest.fail(f"{what}: {error!r} left the adapter; only AdapterError may (the core would call it a fault)")


class Talk:
    """A thread that a law talks about: an OP, two answers to it, and an answer to the first of them."""

    def __init__(self, rig: ForumRig, forum: Forum, thread: ThreadKey) -> None:
        self.rig = rig
        self.forum = forum
        self.thread = thread
        self.op = PostKey("")
        self.truth: dict[PostKey, tuple[str, str, str]] = {}
        """Author, text and parent of every reply, by its key."""

    async def post(self, author: str, text: str, parent: str = "") -> PostKey:
        """Somebody answers."""
        key = await self.rig.post(self.thread, parent, author, text)
        self.truth[key] = (author, text, parent)
        return key


async def talk(rig: ForumRig) -> Talk:
    """A new thread of four posts by three people."""
    forum = await rig.forum()
    made = Talk(rig, forum, await rig.start_thread("Plain talk", "The opening words", "ann"))
    page = await follow(forum, made.thread)
    made.op = next(iter(page.posts), PostKey(""))
    first = await made.post("ben", "First answer")
    await made.post("cleo", "Second answer", made.op)
    await made.post("ann", "Answer to the first answer", first)
    return made


async def writable(rig: ForumRig) -> WritableForum:
    """The forum, where it takes posts; else the law is skipped."""
    forum = await rig.forum()
    if forum.caps.write_identity == "none" or not isinstance(forum, AcceptsPosts):
        pytest.skip("this forum takes no posts (caps.write_identity)")
    return cast(WritableForum, forum)


def draft(forum: Forum, made: Talk, text: str, parent: str = "") -> Draft:
    """A reply by Zoe, who writes in the chat; titled where replies have titles."""
    title = "A title" if forum.caps.titled_replies else ""
    return Draft(made.thread, text, "zoe", title, PostKey(parent))


async def accepted(forum: WritableForum, draft: Draft, key: str) -> Accepted:
    """The answer to a submit that is shown at once."""
    answer = await forum.submit(draft, key)
    assert isinstance(answer, Accepted), "the rig's forum lets no post wait unless `moderate` was called"
    return answer


async def our_copies(made: Talk, text: str) -> int:
    """How many posts with these words the forum shows in the thread."""
    page = await follow(await made.rig.forum(), made.thread)
    return sum(said(post.body) == text for post in page.live)


def words(text: str, format: str) -> str:
    """The words of a text, white space folded."""
    return " ".join(markup.words(markup.read(text, format)).split())
