"""phpBB obeys the contract of a forum: over a board that draws its pages as phpBB does, and takes its forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.phpbb import adapter, sessions, writing
from adapters.forums.phpbb.settings import Settings
from bot.model import BoardKey, ForumName, Invitation, Millis, PostKey, ThreadKey
from bot.ports import Forum, Secret
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract
from bot.testing.forum_site import SiteRig
from tests.phpbb.board import FORUM, Board
from tests.phpbb.drawing import PostRow


class Rig(SiteRig):
    """The adapter with an account on a board of its own."""

    board = BoardKey(str(FORUM))

    def __init__(self, folder: Path) -> None:
        self._board = Board()
        super().__init__(self._board.site, context(folder, "phpbb", now=lambda: self._board.now * 1000))

    def opened(self) -> Forum:
        settings = Settings(self._board.site.address, "bridge", Secret("over-the-river"))
        return adapter.open(ForumName("phpbb"), settings, self.ours)

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        return ThreadKey(str(self._board.start(title, text, author).id))

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        return PostKey(str(self._board.post(int(thread), author, text).id))

    async def edit(self, post: PostKey, text: str) -> None:
        row = self._board.posts[int(post)]
        row.raw, row.edits = text, row.edits + 1

    async def delete(self, post: PostKey) -> None:
        self._board.posts[int(post)].deleted = True

    async def garble(self, post: PostKey) -> None:
        self._board.posts[int(post)].garbled = True

    async def moderate(self) -> None:
        self._board.moderated = True

    async def approve(self, ticket: str) -> None:
        self._waiting().waits = False

    async def reject(self, ticket: str) -> None:
        self._waiting().deleted = True

    def _waiting(self) -> PostRow:
        """What waits: the board names no post by its ticket."""
        return next(row for row in self._board.posts.values() if row.waits and not row.deleted)

    def goes_by(self, ms: Millis) -> None:
        self._board.now += ms // 1000

    async def lock(self, thread: ThreadKey) -> None:
        self._board.topics[int(thread)].locked = True

    async def revoke(self, name: str) -> None:
        self._board.passwords[name] = "another one"
        self._board.sessions.clear()

    async def answer(self, name: str, invitation: Invitation) -> str:
        self._board.users.setdefault(name, 100 + len(self._board.users))
        self._board.passwords[name] = f"{name} has a password"
        return f"{name}\n{self._board.passwords[name]}"


class TestPhpbb(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
        for module in (sessions, writing):  # the board's clock goes on with every request
            monkeypatch.setattr(module, "SECOND", 0.0)
        async with Rig(tmp_path) as rig:
            yield rig
