"""Which new post is what somebody said in the chat: known by what was sent, and by whose account it was."""

from __future__ import annotations

from typing import Any

import pytest

from bot.acts import parts
from bot.clock import Moment
from bot.model import (
    Author,
    Batch,
    ChannelRef,
    ChatPerson,
    ForumCapabilities,
    MessageId,
    Post,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store.inbox import receive
from bot.store.jobs import head
from bot.store.recognising import recognise
from bot.store.turns import Claim, turn
from bot.testing.store_rig import StoreRig, op, post, text

SHARED = ForumCapabilities(write_identity="shared")
OWN = {"id": "17", "name": "ada", "secret": ""}


class Sent(StoreRig):
    """A message of Ada's that is being sent, and whose answer is not there."""

    async def begin(self, login: dict[str, str] | None) -> None:
        [[channel, thread]] = await self.rows("SELECT channel, thread_ref FROM place WHERE parent IS NOT NULL")
        where, who = Where(ChannelRef(channel), ThreadRef(thread)), ChatPerson(UserId("u1"), "Ada")
        said = Said("s1", where, MessageId("s1"), who, "+1", "plain", self.now)
        await self.store.write(receive, "web", Batch((said,), "1"), self.now)
        await self.store.write(_known_as, "threadline")
        queue = await self.value("SELECT queue FROM thread")
        job = await self.store.read(head, queue, self.now)
        assert job is not None
        words = "+1" if login else "Ada via web:\n\n+1"
        payload: dict[str, Any] = {"text": words, "thread": "t", "author": "Ada", "login": login}
        claim = Claim(job.id, parts(job, "shown", [payload], "home"), "shown", 1, Moment(self.now, 1, "boot"))
        assert (await self.store.write(turn, queue, None, claim, 0, self.now))[0]

    async def became(self, new: Post) -> bool:
        thread = await self.value("SELECT id FROM thread")
        await self.store.write(recognise, thread, [new], SHARED, self.now)
        return bool(await self.value("SELECT post_key FROM reply"))


def _known_as(name: str) -> Any:
    yield "UPDATE forum SET account=$1", (name,)


@pytest.fixture
async def sent(mirrored: StoreRig) -> Sent:
    await mirrored.arrive(op())
    await mirrored.send()
    there = Sent(mirrored.store)
    await there.furnish()
    return there


async def test_ones_own_account_is_known_though_it_is_called_otherwise_by_now(sent: Sent) -> None:
    """Forums let people take other names; the account stays."""
    await sent.begin(OWN)
    assert await sent.became(post("p7", author=Author("lovelace", "17"), body=text("+1")))


@pytest.mark.parametrize(
    ("login", "author"),
    [
        (OWN, Author("bob", "18")),
        (OWN, Author("threadline", "1")),
        (OWN, Author("Ada", "19")),
        (None, Author("Ada", "19")),
    ],
    ids=["another", "our account", "who is called as in the chat", "who is called as the speaker"],
)
async def test_the_same_words_by_somebody_else_are_theirs(
    sent: Sent, login: dict[str, str] | None, author: Author
) -> None:
    """Else what is waited for would never be sent, and theirs be shown nowhere."""
    await sent.begin(login)
    assert not await sent.became(post("p7", author=author, body=text("+1")))


async def test_what_our_account_says_for_somebody_is_known_by_its_words(sent: Sent) -> None:
    await sent.begin(None)
    assert await sent.became(post("p7", author=Author("threadline", "1"), body=text("Ada via web:\n\n+1")))
