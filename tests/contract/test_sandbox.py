"""The sandbox obeys the contract of a forum."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.sandbox import SandboxForum, SandboxSettings, adapter
from bot.model import BoardKey, ForumName, PostKey, ThreadKey
from bot.testing.context import context
from bot.testing.forum_contract import ForumContract, ForumRig


class SandboxRig(ForumRig):
    """A sandbox in a folder of its own; its people act on the board itself, as its pages do. There is no wire."""

    board = BoardKey("b1")

    def __init__(self, folder: Path) -> None:
        self._context = context(folder, "sandbox")
        self._sandbox = self._opened()

    def _opened(self) -> SandboxForum:
        return adapter.open(ForumName("sandbox"), SandboxSettings(opening=False), self._context)

    async def forum(self) -> SandboxForum:
        return self._sandbox

    async def reopen(self) -> SandboxForum:
        await self._sandbox.close()
        self._sandbox = self._opened()
        return self._sandbox

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        return await self._sandbox.board.start_thread(self.board, author, title, text)

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        return await self._sandbox.board.post(thread, parent, author, "", text)

    async def edit(self, post: PostKey, text: str) -> None:
        await self._sandbox.board.edit(post, "", text)

    async def delete(self, post: PostKey) -> None:
        await self._sandbox.board.delete(post)

    async def moderate(self) -> None:
        await self._sandbox.board.set_moderation(True)

    async def approve(self, ticket: str) -> None:
        await self._sandbox.board.approve(ticket)

    async def reject(self, ticket: str) -> None:
        await self._sandbox.board.reject(ticket, "Off topic.")

    async def lock(self, thread: ThreadKey) -> None:
        await self._sandbox.board.close_thread(thread)

    async def close(self) -> None:
        await self._sandbox.close()
        await self._context.net.close()


class TestSandbox(ForumContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[SandboxRig]:
        rig = SandboxRig(tmp_path)
        yield rig
        await rig.close()
