"""What the forum contract needs of an author: the adapter opened, and the forum's people to play with."""

from __future__ import annotations

from typing import NoReturn

import pytest

from bot.model import BoardKey, Invitation, Login, PostKey, ThreadKey
from bot.ports import ConnectsAccounts, Forum
from bot.testing.faults import Line


def unable(what: str) -> NoReturn:
    """Skip a law for which the rig lacks a hook."""
    pytest.skip(f"the rig cannot {what}")


class ForumRig:
    """An adapter opened on a forum of its own, and the hands of that forum's people; override what you can.

    `forum`, `start_thread` and `post` are needed. A hook that is not overridden skips the laws that need it, each
    saying so. The forum need not be empty, but nobody else may write to it meanwhile.
    """

    board: BoardKey = BoardKey("")
    """The board on which `start_thread` starts; empty skips the laws of listings."""
    missing_thread: ThreadKey = ThreadKey("999999999")
    """A key as the adapter mints them, of a thread that is not there."""
    missing_board: BoardKey = BoardKey("999999999")
    """A key as the adapter mints them, of a board that is not there."""
    missing_post: PostKey = PostKey("999999999")
    """A key as the adapter mints them, of a post that is not there."""
    foreign_address = "https://elsewhere.example/t/1"
    """An address that is not of this forum."""
    many = 25
    """Replies that make a thread long: more than fit on one page of the engine."""
    window = False
    """True where the forum shows only its newest posts, as a feed does."""

    async def forum(self) -> Forum:
        """The adapter's forum, opened; the same one at every call until `reopen`."""
        raise NotImplementedError

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        """Somebody starts a thread on `board`."""
        raise NotImplementedError

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        """Somebody answers a post, or the thread where `parent` is empty."""
        raise NotImplementedError

    async def edit(self, post: PostKey, text: str) -> None:
        """The author of a post replaces its text."""
        unable("edit posts as a person")

    async def delete(self, post: PostKey) -> None:
        """The author of a post deletes it."""
        unable("delete posts as a person")

    async def reopen(self) -> Forum:
        """The forum closed and opened again, as after a restart of the program."""
        unable("open the forum a second time")

    async def unsee(self, post: PostKey) -> None:
        """From now on the forum lists this post without its text, as an outline does."""
        unable("list a post without its text")

    async def garble(self, post: PostKey) -> None:
        """From now on this one post cannot be parsed, while its neighbours can."""
        unable("make one post unreadable")

    async def moderate(self) -> None:
        """From now on what the adapter submits waits for a moderator."""
        unable("let posts wait for a moderator")

    async def approve(self, ticket: str) -> None:
        """A moderator lets a waiting post through."""
        unable("approve posts")

    async def reject(self, ticket: str) -> None:
        """A moderator rejects a waiting post for good."""
        unable("reject posts")

    async def lock(self, thread: ThreadKey) -> None:
        """A moderator closes a thread: it takes no more replies."""
        unable("close a thread")

    async def befall(self, thread: ThreadKey) -> None:
        """A moderator does something to a thread that the forum tells among its posts, such as renaming it."""
        unable("let something befall a thread")

    async def answer(self, name: str, invitation: Invitation) -> str:
        """What a person of that name answers who does what an invitation says."""
        unable("answer an invitation as a person")

    async def login(self, name: str) -> Login:
        """The account of a person of that name, lent to us; the same person's again at every call."""
        forum = await self.forum()
        if not isinstance(forum, ConnectsAccounts):
            unable("lend us a person's account")
        invitation = await forum.invite()
        return await forum.connect(invitation.secret, await self.answer(name, invitation))

    async def user(self, name: str, staff: bool = False) -> None:
        """Somebody of that name has an account on the forum, and is of its staff or is not, whatever they were."""
        unable("give people accounts on the forum")

    async def revoke(self, name: str) -> None:
        """That person makes what they lent us worth nothing: a key revoked, a password changed."""
        unable("revoke a person's key")

    async def line(self, state: Line) -> None:
        """Put the line between adapter and forum into a state."""
        unable("disturb the line to the forum")

    async def close(self) -> None:
        """Let go of everything; the fixture that makes the rig calls it at the end."""
