"""The contract's rigs over the fakes: they show that the laws can be obeyed, and what a rig looks like."""

from __future__ import annotations

from bot.model import PostKey, ThreadKey
from bot.testing.faults import Line
from bot.testing.forum_rig import ForumRig
from bot.testing.forums import FakeForum


class FakeForumRig(ForumRig):
    """A `FakeForum` and its people."""

    def __init__(self, forum: FakeForum) -> None:
        self.fake = forum
        self.board = forum.board

    async def forum(self) -> FakeForum:
        return self.fake

    async def reopen(self) -> FakeForum:
        await self.fake.close()
        return self.fake

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        return self.fake.start_thread(title, text, author)

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        return self.fake.post(thread, parent, author, text)

    async def edit(self, post: PostKey, text: str) -> None:
        self.fake.edit(post, text)

    async def delete(self, post: PostKey) -> None:
        self.fake.delete(post)

    async def unsee(self, post: PostKey) -> None:
        self.fake.unseen.add(post)

    async def garble(self, post: PostKey) -> None:
        self.fake.broken.add(post)

    async def moderate(self) -> None:
        self.fake.moderated = True

    async def approve(self, ticket: str) -> None:
        self.fake.approve(ticket)

    async def line(self, state: Line) -> None:
        self.fake.faults.line = state
