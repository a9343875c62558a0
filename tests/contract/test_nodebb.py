"""NodeBB obeys the contract of a forum: read as a guest, written to with a token, over a stand-in on loopback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.nodebb import adapter
from adapters.forums.nodebb.settings import Settings
from bot.model import BoardKey, ForumName, Invitation, Millis, PostKey, ThreadKey
from bot.ports import Forum, Secret
from bot.testing.clock import FakeClock
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract
from bot.testing.forum_site import SiteRig
from tests.nodebb.stand_in import StandIn


class Rig(SiteRig):
    """The adapter on a stand-in whose people write on one board."""

    board = BoardKey("c/5")
    missing_board = BoardKey("c/999999999")

    def __init__(self, folder: Path, *, master: bool = False) -> None:
        clock = FakeClock()
        self.site = StandIn(clock)
        super().__init__(self.site.site, context(folder, "nodebb", now=clock.now))
        self._master = master

    async def began(self) -> None:
        self.site.world.category("Talk", 5)
        self.site.world.category("Small talk", 6, parent=5)
        self.site.world.user("threadline")

    def opened(self) -> Forum:
        token = self.site.token("" if self._master else "threadline")
        uid = self.site.world.users["threadline"].uid if self._master else 0
        leave = "admins" if self._master else ""
        settings = Settings(address=self.site.address, token=Secret(token), uid=uid, impersonate=leave, spacing=0.0)
        return adapter.open(ForumName("nodebb"), settings, self.ours)

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        world = self.site.world
        return ThreadKey(str(world.start(world.user(author), title, text, 5).tid))

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        world = self.site.world
        return PostKey(str(world.reply(world.user(author), thread, text, parent or None).pid))

    async def edit(self, post: PostKey, text: str) -> None:
        self.site.world.edit(self.site.world.posts[post], text)

    async def delete(self, post: PostKey) -> None:
        self.site.world.delete(self.site.world.posts[post])

    async def garble(self, post: PostKey) -> None:
        self.site.world.posts[post].broken = True

    async def moderate(self) -> None:
        self.site.world.moderated = True

    async def approve(self, ticket: str) -> None:
        self.site.world.approve(ticket.split("/")[2])

    async def reject(self, ticket: str) -> None:
        del self.site.world.queue[ticket.split("/")[2]]

    async def lock(self, thread: ThreadKey) -> None:
        self.site.world.topics[thread].locked = True

    async def befall(self, thread: ThreadKey) -> None:
        world = self.site.world
        world.befall(world.topics[thread], "lock", world.user("mod", staff=True))

    def goes_by(self, ms: Millis) -> None:
        self.site.clock.advance(ms)

    async def revoke(self, name: str) -> None:
        for token in [token for token, whose in self.site.tokens.items() if whose == name]:
            del self.site.tokens[token]

    async def answer(self, name: str, invitation: Invitation) -> str:
        return self.site.token(name)

    async def user(self, name: str, staff: bool = False) -> None:
        self.site.world.user(name).staff = staff


class TestNodeBB(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path) as rig:
            yield rig


class TestNodeBBWithAMasterToken(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with Rig(tmp_path, master=True) as rig:
            yield rig
