"""Isso obeys the contract of a forum that is read and written to: over Isso itself, on loopback."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.isso import adapter
from adapters.forums.isso.addresses import PAGE, Key, key_of, moment_of, parts_of
from adapters.forums.isso.reading import ALL
from adapters.forums.isso.settings import Settings
from bot.errors import OutcomeUnknown, Refused
from bot.model import Bookmark, ForumName, PostKey, ThreadKey
from bot.ports import Forum
from bot.testing.context import context
from bot.testing.faults import Line
from bot.testing.forum_contract import ForumContract, ForumRig
from bot.testing.forum_site import IMPATIENT
from bot.testing.forum_talk import accepted, draft, follow, talk, writable
from tests.environment import NotInstalled, python_of
from tests.servers.blog import Article, Blog
from tests.servers.isso import Comment

PATIENT = 20.0
"""Seconds that an answer is waited for."""


class Rig(ForumRig):
    """The adapter on a site of articles, below which people comment."""

    board = ALL
    missing_thread = ThreadKey("/nowhere/")
    missing_board = "nothing"  # type: ignore[assignment]
    missing_post = PostKey("999999999:1795424444500000")

    def __init__(self, blog: Blog, folder: Path) -> None:
        self._blog = blog
        self._context = context(folder, "isso", now=lambda: int(time.time() * 1000))
        self._forum: Forum | None = None
        self._comments: dict[PostKey, tuple[Comment, str]] = {}

    async def forum(self) -> Forum:
        return self._forum or await self.reopen()

    async def reopen(self) -> Forum:
        self._forum = adapter.open(ForumName("isso"), Settings(address=self._blog.address), self._context)
        return self._forum

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        path = f"/{len(self._blog.articles)}/"
        self._blog.articles[path] = Article(title, author, text)
        return ThreadKey(path)

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        answered = parts_of(parent) if parent != PAGE else None
        said = await (await self._blog.ready()).answer(author, text, answered.id if answered else None, thread)
        key = key_of(Key(said.id, moment_of(said.created), said.parent))
        self._comments[key] = said, author
        return key

    async def edit(self, post: PostKey, text: str) -> None:
        comment, author = self._comments[post]
        await self._blog.isso.edit(comment, text, author)

    async def delete(self, post: PostKey) -> None:
        await self._blog.isso.delete(self._comments[post][0])

    async def garble(self, post: PostKey) -> None:
        parts = parts_of(post)
        assert parts is not None
        self._blog.write("UPDATE comments SET created='long ago' WHERE id=?", parts.id)

    async def moderate(self) -> None:
        await self._blog.run(moderated=True)

    async def approve(self, ticket: str) -> None:
        await self._decide(ticket, "activate")

    async def reject(self, ticket: str) -> None:
        await self._decide(ticket, "delete")

    async def _decide(self, ticket: str, action: str) -> None:
        parts = parts_of(ticket)
        assert parts is not None
        await self._blog.isso.moderate(parts.id, action)

    async def line(self, state: Line) -> None:
        self._context.net.total = IMPATIENT if state is Line.SILENT else PATIENT
        await self._blog.line(state)

    async def close(self) -> None:
        await self._context.net.close()


async def listed(forum: Forum) -> list[ThreadKey]:
    """The pages on the board, in its order."""
    listing = await forum.listing(ALL, Bookmark())
    assert listing is not None
    return [thread.key for thread in listing.threads]


class TestIsso(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        try:
            programs = python_of("servers", "isso").parent
        except NotInstalled as why:
            pytest.skip(str(why))
        async with Blog(programs, tmp_path / "isso") as blog:
            rig = Rig(blog, tmp_path)
            yield rig
            await rig.close()

    async def test_a_listing_has_the_newest_activity_first(self, rig: ForumRig) -> None:
        """A page stands on the board from its first comment on."""
        forum = await rig.forum()
        older = await rig.start_thread("The older thread", "words", "ann")
        newer = await rig.start_thread("The newer thread", "words", "ben")
        assert await listed(forum) == []
        for thread, there in ((older, [older]), (newer, [newer, older]), (older, [older, newer])):
            await rig.post(thread, "", "cleo", "Up again")
            assert await listed(forum) == there

    async def test_a_change_without_an_answer_can_be_repeated(self, rig: ForumRig) -> None:
        """As far as Isso lets us: an edit whose answer is lost takes along what the next change would need.

        It is repeated without an error; the deletion after it is refused in words, and that of another comment is not.
        """
        forum = await writable(rig)
        made = await talk(rig)
        edited, deleted = [await accepted(forum, draft(forum, made, f"Before {n}"), f"k-{n}") for n in (1, 2)]
        after = draft(forum, made, "Afterwards")
        await rig.line(Line.DEAF)
        with pytest.raises(OutcomeUnknown):
            await forum.revise(edited.post, after, "k-3")
        with pytest.raises(OutcomeUnknown):
            await forum.withdraw(made.thread, deleted.post, "k-4")
        await rig.line(Line.WHOLE)
        await forum.revise(edited.post, after, "k-3")
        await forum.withdraw(made.thread, deleted.post, "k-4")
        live = {post.key for post in (await follow(forum, made.thread)).live}
        assert edited.post in live
        assert deleted.post not in live
        with pytest.raises(Refused, match="The site's owner can change it"):
            await forum.withdraw(made.thread, edited.post, "k-5")
