"""What somebody's own message becomes on the forum: seen by nobody else before it is sent, let go, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR
from bot.commands import carry_out
from bot.errors import RateLimited
from bot.model import Answer, Caller, ChannelRef, ChatName, ThreadKey, ThreadRef, UserId, Where
from bot.store import run
from bot.store.persons import ensure_person
from bot.testing.clock import FakeClock
from tests.house import CHANNEL, PATIENCE, House, found, has, settled

FORUM = """
[forums.sandbox]
adapter = "sandbox"
opening = false
"""


class Talk(House):
    """A thread with a reply that stands in the chat, in which messages within half a minute are one post."""

    async def furnish(self) -> Talk:
        sandbox = (await self.app.forum("sandbox")).forum
        assert isinstance(sandbox, SandboxForum)
        self.sandbox, self.board = sandbox, sandbox.board
        self.thread = ThreadKey(await self.board.start_thread("b1", "Max", "Talk", "The opening words"))
        await self.mirror(f"sandbox:{self.thread}")
        await self.board.post(self.thread, "", "Max", "", "One")
        self.one = found(await self.until(has("One")), "One")
        await self.rules("--merge", "30s")
        self.place = Where(ChannelRef(CHANNEL), ThreadRef(await self.root()))
        return self

    async def rules(self, *words: str) -> None:
        """Give the mirror other rules."""
        answer = await carry_out(self.app, OPERATOR, "mirror", ["replies", "1", *words])
        assert answer.ok, answer.text

    def who(self, name: str) -> Caller:
        return Caller(ChatName("web"), 1, name, where=self.place, id=UserId(name), anybody=True)

    async def did(self, name: str, *words: str) -> Answer:
        """What somebody is answered to `/forum draft`."""
        return await carry_out(self.app, self.who(name), "forum", ["draft", *words])

    async def looks(self, name: str, message: str, on: bool = True) -> list[str]:
        """Somebody puts the sign on a message; what they are told in private since."""
        before = await self.rows("SELECT count(*) FROM inbox")
        told = len(await self.told(name))
        await self.chat.room.react(message, name, "👀", on)
        async with asyncio.timeout(PATIENCE):
            while await self.rows("SELECT count(*) FROM inbox") == before or await self.rows(
                "SELECT 1 FROM inbox WHERE state='waiting'"
            ):
                await asyncio.sleep(0.01)
        await self.app.once()
        return (await self.told(name))[told:]

    async def told(self, name: str) -> list[str]:
        """What somebody was told in private."""
        state = await self.chat.room.state()
        return [note.text for note in state.pane(name, CHANNEL) if not note.command]

    async def posts(self) -> list[str]:
        """The texts that stand on the forum."""
        return [row.text for row in (await self.board.state()).posts.values()]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    house = Talk(tmp_path / "home", settled(tmp_path, FORUM), FakeClock())
    async with house.running():
        yield await house.furnish()


async def test_who_looks_at_their_own_message_sees_what_the_forum_is_to_be_given(talk: Talk) -> None:
    """Where, as whom, under which title, in answer to whom, and in the forum's own format."""
    said = await talk.say("a **bold** word", talk.one)
    [told] = await talk.looks("Zoe", said)
    assert "sandbox" in told
    assert "“Talk”" in told
    assert "As Zoe" in told
    assert "Re: Talk" in told
    assert "In answer to Max" in told
    assert "a **bold** word" in told
    assert "for more messages of the same person" in told


async def test_nobody_else_sees_it(talk: Talk) -> None:
    """And who looks at what somebody else says, or at what stands there of the forum, sees nothing."""
    said = await talk.say("a word")
    assert await talk.looks("Ben", said) == []
    assert await talk.looks("Zoe", talk.one) == []
    assert len(await talk.looks("Zoe", said)) == 1
    assert await talk.told("Ben") == []
    assert not (await talk.did("Ben", said)).ok


async def test_each_look_is_answered(talk: Talk) -> None:
    said = await talk.say("a word")
    assert len(await talk.looks("Zoe", said)) == 1
    assert await talk.looks("Zoe", said, on=False) == []
    assert len(await talk.looks("Zoe", said)) == 1


async def test_what_is_said_in_several_messages_is_seen_as_one_post(talk: Talk) -> None:
    await talk.say("a word")
    second = await talk.say("another")
    [told] = await talk.looks("Zoe", second)
    assert "a word\n\nanother" in told


async def test_without_a_message_it_is_the_last_one(talk: Talk) -> None:
    """On a chat without reactions, by hand."""
    await talk.say("a word", talk.one)
    await talk.say("another", talk.one, name="Ben")
    assert "a word" in (await talk.did("Zoe")).text
    assert "another" in (await talk.did("Ben")).text
    assert not (await talk.did("Max")).ok


async def test_who_cannot_wait_lets_it_go_at_once(talk: Talk) -> None:
    said = await talk.say("a word")
    await talk.app.once()
    assert "a word" not in await talk.posts()
    answer = await talk.did("Zoe", said)
    assert [offer.label for offer in answer.offers] == ["Post now", "Do not post"]
    for _ in range(2):  # a press may come twice
        assert (await talk.did("Zoe", *answer.offers[0].words[1:])).ok
    await talk.app.once()
    assert "a word" in await talk.posts()
    seen = await talk.did("Zoe", said)
    assert "Posted" in seen.text
    assert seen.offers == ()


async def test_who_thinks_better_of_it_takes_it_back(talk: Talk) -> None:
    said = await talk.say("a word")
    second = await talk.say("another")
    answer = await talk.did("Zoe", second)
    for _ in range(2):
        assert (await talk.did("Zoe", *answer.offers[1].words[1:])).ok
    talk.goes_by(60_000)
    await talk.app.once()
    assert "a word" not in " ".join(await talk.posts())
    assert await talk.rows("SELECT fate FROM reply") == [("dropped",), ("dropped",)]
    assert [message.fate for message in await talk.messages() if message.id in (said, second)] == ["", ""]
    assert "took it back" in (await talk.did("Zoe", said)).text
    third = await talk.say("third")
    talk.goes_by(60_000)
    await talk.app.once()
    assert "third" in await talk.posts()
    assert third


async def test_what_is_posted_is_not_taken_back_but_deleted(talk: Talk) -> None:
    said = await talk.say("a word")
    talk.goes_by(60_000)
    await talk.app.once()
    answer = await talk.did("Zoe", said, "--drop", "yes")
    assert not answer.ok
    assert "Delete your message" in answer.text
    assert "a word" in await talk.posts()


async def test_what_a_slow_mode_holds_up_can_be_taken_back_and_not_hastened(talk: Talk) -> None:
    """The forum says when it takes the next post, and nobody else."""

    async def slow(*_: object) -> None:
        raise RateLimited("one post in five minutes", 300.0)

    submit, talk.sandbox.submit = talk.sandbox.submit, slow  # type: ignore[method-assign, assignment]
    said = await talk.say("a word")
    talk.goes_by(60_000)
    await talk.app.once()
    answer = await talk.did("Zoe", said)
    assert "five minutes" in answer.text
    assert [offer.label for offer in answer.offers] == ["Do not post"]
    assert (await talk.did("Zoe", said, "--drop", "yes")).ok
    talk.sandbox.submit = submit  # type: ignore[method-assign]
    talk.goes_by(600_000)
    await talk.app.once()
    assert "a word" not in await talk.posts()


async def test_of_what_the_forum_did_not_take_the_reason_is_told(talk: Talk) -> None:
    await talk.board.close_thread(talk.thread)
    said = await talk.say("a word")
    talk.goes_by(60_000)
    await talk.app.once()
    [told] = await talk.looks("Zoe", said)
    assert "Refused, and not posted" in told
    assert "closed" in told


async def test_what_is_never_posted_says_so_before(talk: Talk) -> None:
    """Here people's own accounts alone may answer, and she has let us use none."""
    await talk.app.store.write(run, "UPDATE mirror SET answering=$1", '{"merge":30,"accounts":"own"}')
    said = await talk.say("a word")
    [told] = await talk.looks("Zoe", said)
    assert "own accounts" in told


async def test_who_speaks_by_another_login_of_theirs_is_the_author_too(talk: Talk) -> None:
    """But for a name that anybody may take: that is nobody's."""
    said = await talk.say("a word")
    person = await talk.app.store.write(ensure_person, "web", "Zoe", "Zoe", 0)
    identity = "INSERT INTO identity (chat, user_id, person, name) VALUES ('other', 'u1', $1, 'Zoe')"
    await talk.app.store.write(run, identity, person)
    await talk.app.store.write(run, "UPDATE reply SET identity_chat='other', identity_user='u1'")
    bare = talk.who("Zoe")
    signed = msgspec.structs.replace(bare, anybody=False)
    assert "a word" in (await carry_out(talk.app, signed, "forum", ["draft", said])).text
    assert not (await carry_out(talk.app, bare, "forum", ["draft", said])).ok
