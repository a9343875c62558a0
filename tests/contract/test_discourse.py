"""Discourse obeys the contract of a forum: read as a guest, written to with a key, over a stand-in on loopback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.discourse import adapter
from adapters.forums.discourse.settings import Settings
from bot.model import BoardKey, ForumName, Invitation, Millis, PostKey, ThreadKey
from bot.ports import Forum, Secret
from bot.testing.clock import FakeClock
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract
from bot.testing.forum_site import SiteRig
from tests.discourse.stand_in import StandIn


class Rig(SiteRig):
    """The adapter on a stand-in whose people write in one category."""

    board = BoardKey("c/7")

    def __init__(self, folder: Path, *, user_key: bool = False) -> None:
        clock = FakeClock()
        self.site = StandIn(clock)
        super().__init__(self.site.site, context(folder, "discourse", now=clock.now))
        self._user_key = user_key

    async def began(self) -> None:
        world = self.site.world
        world.category("Talk", "talk", id=7)
        world.user("threadline", moderator=not self._user_key)

    def opened(self) -> Forum:
        key: dict[str, object]
        if self._user_key:
            key = {"user_api_key": Secret(self.site.user_key("threadline"))}
        else:
            key = {"api_key": Secret(self.site.api_key()), "username": "threadline", "impersonate": "admins"}
        settings = Settings(address=self.site.address, requests=60_000.0, **key)  # type: ignore[arg-type]
        return adapter.open(ForumName("discourse"), settings, self.ours)

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        world = self.site.world
        return ThreadKey(str(world.start(world.user(author), title, text, 7).topic))

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        world = self.site.world
        to = world.posts[int(parent)].number if parent else None
        post = world.reply(world.user(author), int(thread), text, to)
        await self.site.stir()
        return PostKey(str(post.id))

    async def edit(self, post: PostKey, text: str) -> None:
        self.site.world.edit(self.site.world.posts[int(post)], text)

    async def delete(self, post: PostKey) -> None:
        self.site.world.delete(self.site.world.posts[int(post)])

    async def garble(self, post: PostKey) -> None:
        self.site.world.posts[int(post)].broken = True

    async def moderate(self) -> None:
        self.site.world.moderated = True

    async def approve(self, ticket: str) -> None:
        self.site.world.approve(int(ticket[1:]))

    async def reject(self, ticket: str) -> None:
        self.site.world.reject(int(ticket[1:]), "Not here")

    async def lock(self, thread: ThreadKey) -> None:
        self.site.world.users["threadline"].moderator = False  # who may write in closed threads
        self.site.world.topics[int(thread)].closed = True

    async def befall(self, thread: ThreadKey) -> None:
        world = self.site.world
        world.befall(world.topics[int(thread)], world.users["system"], "closed.enabled")
        world.topics[int(thread)].closed = False

    def goes_by(self, ms: Millis) -> None:
        self.site.clock.advance(ms)

    async def revoke(self, name: str) -> None:
        for key in [key for key, whose in self.site.user_keys.items() if whose == name]:
            del self.site.user_keys[key]

    async def answer(self, name: str, invitation: Invitation) -> str:
        return self.site.allow(name, invitation.link)

    async def user(self, name: str, staff: bool = False) -> None:
        self.site.world.user(name).moderator = staff


class TestDiscourse(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path) as rig:
            yield rig


class TestDiscourseWithAPersonsKey(ForumContract):
    """The account of the settings may be an ordinary one: the forum then remembers no equal posts of its."""

    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path, user_key=True) as rig:
            yield rig
