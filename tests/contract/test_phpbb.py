"""phpBB obeys the contract of a forum: over a board that draws its pages as phpBB does, and takes its forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.phpbb import adapter, sessions, writing
from adapters.forums.phpbb.settings import Settings
from bot.model import BoardKey, ForumName, Invitation, PostKey, ThreadKey
from bot.ports import Forum, Secret
from bot.testing.context import context
from bot.testing.faults import Line
from bot.testing.forum_contract import ForumContract, ForumRig
from tests.phpbb.board import FORUM, Board


class Rig(ForumRig):
    """The adapter with an account on a board of its own."""

    board = BoardKey(str(FORUM))

    def __init__(self, folder: Path) -> None:
        self._board = Board()
        self._context = context(folder, "phpbb", now=lambda: self._board.now * 1000)
        self._forum: Forum | None = None

    async def forum(self) -> Forum:
        return self._forum or await self.reopen()

    async def reopen(self) -> Forum:
        if self._forum is None:
            await self._board.site.start()
        settings = Settings(self._board.site.address, "bridge", Secret("over-the-river"))
        self._forum = adapter.open(ForumName("phpbb"), settings, self._context)
        return self._forum

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

    async def answer(self, name: str, invitation: Invitation) -> str:
        self._board.users.setdefault(name, 100 + len(self._board.users))
        self._board.passwords[name] = f"{name} has a password"
        return f"{name}\n{self._board.passwords[name]}"

    async def line(self, state: Line) -> None:
        await self._board.site.line(state)

    async def close(self) -> None:
        await self._context.net.close()
        await self._board.site.close()


class TestPhpbb(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
        for module in (sessions, writing):  # the board's clock goes on with every request
            monkeypatch.setattr(module, "SECOND", 0.0)
        rig = Rig(tmp_path)
        yield rig
        await rig.close()
