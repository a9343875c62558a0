"""What readers write on our own pages: on the forum once, in every channel once, and nowhere as an echo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.forums.sandbox import SandboxForum
from bot.app import OPERATOR
from bot.commands import carry_out
from bot.model import Caller, ChannelRef, ChatName, ThreadKey, UserId, Where
from bot.store import run
from bot.store.discussion import unread_posts
from bot.store.page_leave import Leave, leave_to_answer
from bot.store.page_replies import page_replies, write_reply
from bot.store.said import forget_older_said
from bot.store.sessions import SignedIn, session, sign_in
from bot.store.sight import thread_seen
from bot.testing.clock import FakeClock
from tests.house import CHANNEL, PATIENCE, House, found, has, settled

FORUM = """
[forums.sandbox]
adapter = "sandbox"
opening = false
"""


class Pages(House):
    """A mirrored thread with one reply, and Ann, who is signed in on a page."""

    async def furnish(self) -> Pages:
        sandbox = (await self.app.forum("sandbox")).forum
        assert isinstance(sandbox, SandboxForum)
        self.board = sandbox.board
        self.thread = ThreadKey(await self.board.start_thread("b1", "Max", "Talk", "The opening words"))
        await self.mirror(f"sandbox:{self.thread}")
        await self.board.post(self.thread, "", "Max", "", "One")
        await self.until(has("One"))
        [[community]] = await self.rows("SELECT community FROM mirror")
        ann = Caller(ChatName("web"), community, "Ann", where=Where(ChannelRef(CHANNEL)), id=UserId("Ann"))
        assert (await carry_out(self.app, ann, "forum", ["web"])).ok
        await self.app.store.write(sign_in, "web", "Ann", community, "s", self.app.clock.now())
        signed = await self.app.store.read(session, "s", self.app.clock.now())
        assert signed is not None
        self.ann: SignedIn = signed.who
        return self

    async def write(self, text: str, form: str = "one", to: str = "") -> None:
        """Ann answers the thread, or the post that holds some words."""
        rows = await self.rows("SELECT id FROM post WHERE body=$1", to)
        parent = rows[0][0] if rows else None
        taken = await self.app.store.write(write_reply, self.ann, 1, parent, text, form, self.app.clock.now())
        assert taken

    async def fates(self) -> list[tuple[str, str]]:
        """What Ann's page says of what she wrote."""
        [[shown]] = await self.rows("SELECT next_seq-1 FROM forum")
        replies = await self.app.store.read(page_replies, self.ann.person, 1, shown, self.app.clock.now())
        return [(reply.fate, reply.reason) for reply in replies]

    async def on_forum(self, words: str) -> int:
        """How many posts of the forum hold some words."""
        state = await self.board.state()
        return sum(words in post.text for post in state.posts.values())

    async def told(self) -> list[str]:
        """What Ann was told in private."""
        state = await self.chat.room.state()
        return [note.text for note in state.pane("Ann", CHANNEL) if not note.command]


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    house = Pages(tmp_path / "home", settled(tmp_path, FORUM), FakeClock())
    async with house.running():
        yield await house.furnish()


async def test_a_reply_becomes_a_post_that_every_channel_shows_once(pages: Pages) -> None:
    """No message stands for it in a chat: it is shown like anybody's post, under what it answers."""
    await pages.write("From *a page*", to="One")
    shown = await pages.until(has("From a page"))
    assert await pages.on_forum("a page") == 1
    assert sum("From a page" in text for text in shown.values()) == 1
    assert "Ann" in shown[found(shown, "From a page")]
    assert await pages.fates() == [], "it stands there as a post"
    pages.goes_by(1000)
    await pages.app.once()
    assert sum("From a page" in text for text in (await pages.shown()).values()) == 1


async def test_what_one_wrote_oneself_is_not_new(pages: Pages) -> None:
    """Nor is what one answered; what others say afterwards is."""
    await pages.write("From a page", to="One")
    await pages.until(has("From a page"))
    await pages.board.post(pages.thread, "", "Max", "", "Two")
    await pages.until(has("Two"))
    new = {post.id for post in await pages.app.store.read(unread_posts, pages.ann.person, 1)}
    assert [text for id, text in await pages.rows("SELECT id, body FROM post ORDER BY n") if id in new] == ["Two"]
    assert await pages.rows("SELECT person, level FROM follow") == [(pages.ann.person, "follow")]


async def test_two_replies_with_the_same_words_are_two_posts(pages: Pages) -> None:
    """Each is recognised as itself, on the page and in the chat."""
    await pages.write("Same words", "one")
    await pages.write("Same words", "two")
    await pages.say("Same words", name="Ann")
    await pages.until(lambda shown: sum("Same words" in text for text in shown.values()) == 2)
    assert await pages.on_forum("Same words") == 3
    assert [fate for (fate,) in await pages.rows("SELECT fate FROM reply")] == ["posted"] * 3
    keys = {key for (key,) in await pages.rows("SELECT post_key FROM reply")}
    assert len(keys) == 3


async def test_a_refusal_is_told_on_the_page_and_in_private(pages: Pages) -> None:
    """Who went on reading elsewhere hears of it too."""
    await pages.board.close_thread(pages.thread)
    await pages.write("Too late")
    await pages.app.once()
    [[fate, reason]] = await pages.fates()
    assert fate == "refused"
    assert reason
    assert [text for text in await pages.told() if "Too late" in text]
    assert await pages.on_forum("Too late") == 0


async def test_one_that_waits_for_a_moderator_is_shown_once_it_is_let_through(pages: Pages) -> None:
    """Until then the page says that it waits."""
    await pages.board.set_moderation(True)
    await pages.write("Patience")
    await pages.app.once()
    assert await pages.fates() == [("queued", "")]
    state = await pages.board.state()
    [waiting] = [post for post in state.posts.values() if "Patience" in post.text]
    await pages.board.approve(waiting.key)
    shown = await pages.until(has("Patience"))
    assert sum("Patience" in text for text in shown.values()) == 1
    assert await pages.fates() == []


async def test_words_leave_the_database_by_their_age_as_others_do(pages: Pages) -> None:
    """They are needed on their way, and not for ever."""
    await pages.write("For a while")
    await pages.until(has("For a while"))
    assert await pages.app.store.write(forget_older_said, pages.app.clock.now() + 1) == 1
    assert await pages.rows("SELECT text FROM reply") == [("",)]


# ------------------------------------------------------------------------------------------------- rules of the house


async def rule(pages: Pages, *words: str) -> None:
    answer = await carry_out(pages.app, OPERATOR, "mirror", ["replies", "1", *words])
    assert answer.ok, answer.text


async def test_where_only_some_may_answer_nobody_does_on_a_page(pages: Pages) -> None:
    """Pages do not know who has which role; whoever has one answers in the chat."""
    await rule(pages, "--from", "Helpers")
    now = pages.app.clock.now()
    assert not await pages.app.store.write(write_reply, pages.ann, 1, None, "May I?", "one", now)
    await rule(pages, "--from", "anybody")
    await pages.write("May I?", "two")
    await pages.until(has("May I?"))


async def test_who_may_not_answer_is_told_before_they_type(pages: Pages) -> None:
    """Nobody writes half an hour to hear then that it was for nothing."""

    async def leave() -> Leave:
        seen = await pages.app.store.read(thread_seen, 1, pages.ann.sight)
        assert seen is not None
        return await pages.app.store.read(leave_to_answer, pages.ann, seen)

    assert await leave() == Leave(True)
    await rule(pages, "--from", "Helpers")
    assert await leave() == Leave(False, among="Helpers")
    await pages.app.store.write(run, "UPDATE mirror SET answering=$1", '{"accounts": "own"}')
    assert await leave() == Leave(False, connect="sandbox")
    await rule(pages, "--take", "none")
    assert await leave() == Leave(False)


async def test_a_page_lets_nobody_send_more_than_a_chat(pages: Pages) -> None:
    """What was said there counts here, and the page says why it stays away from the forum."""
    await rule(pages, "--at-most", "1")
    await pages.write("One of mine", "one")
    await pages.write("Two of mine", "two")
    [*_, (fate, reason)] = await pages.fates()
    assert fate == "refused"
    assert "try again" in reason
    assert await pages.on_forum("Two of mine") == 0


async def test_a_bare_name_signed_in_on_a_page_has_no_account_either(pages: Pages) -> None:
    """A link for the browser makes nobody of a name that anybody may take."""
    await pages.chat.room.say(CHANNEL, "", "Ann", "/forum web")
    async with asyncio.timeout(PATIENCE):
        while not await pages.rows("SELECT 1 FROM member WHERE user_id='Ann' AND bare=1"):
            await asyncio.sleep(0.01)
    await pages.write("Who is it?")
    assert await pages.rows("SELECT bare FROM reply") == [(1,)]
