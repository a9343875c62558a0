"""Flarum obeys the contract of a forum: read as a guest, written to with a token, over a stand-in on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.flarum import adapter
from adapters.forums.flarum.forum import Flarum
from adapters.forums.flarum.settings import Settings
from bot.model import BoardKey, ForumName, Invitation, Millis, PostKey, ThreadKey
from bot.ports import Forum, Secret
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract
from bot.testing.forum_site import SiteRig
from tests.flarum.stand_in import StandIn

KEY = "a-key-of-the-site"


class Rig(SiteRig):
    """The adapter on a stand-in whose people write under one tag."""

    board = BoardKey("t/2")

    def __init__(self, folder: Path, *, token: bool = False, board: str = "t/2") -> None:
        self.site = StandIn()
        self.board = BoardKey(board)
        super().__init__(self.site.site, context(folder, "flarum", now=lambda: self.site.world.now * 1000))
        self._token = token

    async def began(self) -> None:
        world = self.site.world
        world.approval = True
        world.keys.add(KEY)
        world.tag("Computers", "computers", position=0)
        world.tag("Talk", "talk", position=0, parent=1)
        world.user("threadline")
        if self._token:
            world.tags.clear()  # a site without the extension that knows tags
        self.site.throttles = not self._token  # it would take ten seconds between any two of our posts
        forum = await self.reopen()
        assert isinstance(forum, Flarum)
        await forum.boards()  # threads are started where a board is mirrored: its tags were read then

    def opened(self) -> Forum:
        world = self.site.world
        token = world.token(world.user("threadline"), session=False).value if self._token else KEY
        settings = Settings(self.site.address, Secret(token), str(world.user("threadline").id), requests=600_000.0)
        return adapter.open(ForumName("flarum"), settings, self.ours)

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        world = self.site.world
        return ThreadKey(str(world.start(world.user(author), title, text, *world.tags).discussion))

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        world = self.site.world
        user = world.user(author)
        post = world.answer(user, int(parent), text) if parent else world.reply(user, int(thread), text)
        return PostKey(str(post.id))

    async def edit(self, post: PostKey, text: str) -> None:
        self.site.world.edit(int(post), text)

    async def delete(self, post: PostKey) -> None:
        self.site.world.delete(int(post))

    async def garble(self, post: PostKey) -> None:
        self.site.world.posts[int(post)].broken = True

    async def moderate(self) -> None:
        self.site.world.moderated = True

    async def approve(self, ticket: str) -> None:
        row = self.site.world.posts[int(ticket)]
        row.approved = True
        if row.number == 1:
            self.site.world.discussions[row.discussion].approved = True

    async def reject(self, ticket: str) -> None:
        self.site.world.delete(int(ticket))

    async def lock(self, thread: ThreadKey) -> None:
        self.site.world.discussions[int(thread)].locked = True

    async def befall(self, thread: ThreadKey) -> None:
        world = self.site.world
        world.rename(int(thread), "Another title", world.user("mod", moderator=True))

    def goes_by(self, ms: Millis) -> None:
        self.site.world.now += ms // 1000

    async def revoke(self, name: str) -> None:
        world = self.site.world
        world.user(name).password = "another one"
        for token in [token for token, made in world.tokens.items() if made.user == world.user(name).id]:
            del world.tokens[token]

    async def answer(self, name: str, invitation: Invitation) -> str:
        user = self.site.world.user(name)
        return f"{name}\n{user.password}"


class TestFlarum(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path) as rig:
            yield rig


class TestFlarumWithATokenOfTheAccount(ForumContract):
    """The account may come with a token of its own instead of a key of the site; then all discussions are read."""

    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path, token=True, board="all") as rig:
            yield rig
