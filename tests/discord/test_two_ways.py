"""What people write on Discord goes to the forum, and what becomes of it there shows on Discord."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import OPERATOR
from bot.commands import carry_out
from bot.listener import Listener
from bot.model import ChatName, ThreadKey
from bot.store import run
from bot.store.communities import set_notices
from bot.store.places import ensure_channel
from bot.testing.clock import FakeClock
from bot.testing.log import RecordingLog
from tests.discord import permissions
from tests.discord.components import every
from tests.discord.installed import Installed, mirror
from tests.discord.interactions import Use
from tests.discord.nouns import Channel, Message
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("soon")


class House:
    """The program, started and ended at will; what it knows stays."""

    def __init__(self, folder: Path, stand_in: StandIn) -> None:
        self._folder = folder
        self._clock = FakeClock()
        self._there = stand_in
        self.log = RecordingLog()

    @asynccontextmanager
    async def running(self, identity: str = "bot", content: bool = True) -> AsyncIterator[House]:
        """The program from its start to its end, listening."""
        installed = Installed(self._folder, self._there, identity, content=content)
        async with installed.opened(self.log, self._clock) as (app, board):
            self.app, self.board = app, board
            chat, carry = await app.chat("discord"), app.callers.carry
            listener = Listener(ChatName("discord"), chat, app.store, self._clock, self.log, carry, lambda: None)
            listening = asyncio.create_task(listener.run())
            try:
                await self.until("SELECT 1 FROM chat_cursor WHERE cursor<>''")
                yield self
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def mirror(self, channel: Channel) -> tuple[str, Channel]:
        """Show a thread in a channel; the thread of the forum, and that of the channel."""
        thread = await self.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        await mirror(self.app, thread, channel)
        await self.until("SELECT 1 FROM place WHERE parent IS NOT NULL AND thread_ref IS NOT NULL")
        [[ref]] = await self.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
        return thread, self._there.world.channel(str(ref))

    async def tell_admins_in(self, channel: Channel) -> None:
        """Say what admins have to know in a channel."""
        [[community]] = await self.rows("SELECT community FROM mirror")
        place = await self.app.store.write(ensure_channel, community, "discord", channel.id, channel.name)
        await self.app.store.write(set_notices, community, place)

    async def said(self, thread: str) -> list[str]:
        """What the forum's thread says."""
        state = await self.board.state()
        return [state.posts[key].text for key in state.threads[ThreadKey(thread)].posts]

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.app.store.write(run, sql, *params)]

    async def until(self, sql: str, *params: Any) -> None:
        """Work until a statement gives a row."""
        async with asyncio.timeout(30):
            while not await self.rows(sql, *params):
                await self.app.once()
                self._clock.advance(60_000)
                await asyncio.sleep(0.01)

    async def answered(self, use: Use) -> list[Message]:
        """Work until a command is answered."""
        async with asyncio.timeout(30):
            while not use.messages or not use.messages[0].content:
                await self.app.once()
                await asyncio.sleep(0.01)
        return use.messages


@pytest.fixture
def house(tmp_path: Path, stand_in: StandIn, talk: Channel, board: Channel, ann: Person) -> House:
    return House(tmp_path, stand_in)


POSTED = "SELECT 1 FROM reply WHERE message=$1 AND fate='posted' AND fate_shown='posted'"
EDITED = "SELECT 1 FROM delivery WHERE subject='reply' AND act='edit' AND state='sent'"
DELETED = "SELECT 1 FROM delivery WHERE subject='reply' AND act='delete' AND state='sent'"


def signs(stand_in: StandIn, message: Message) -> list[str]:
    """The bot's reactions on a message."""
    return [emoji for emoji, who in message.reactions.items() if stand_in.world.bot.id in who]


async def test_a_reply_its_edit_and_its_end_reach_the_forum_across_restarts(stand_in, house, talk, ann):
    """The channel is a way into the forum; a program that was away takes up where it stopped."""
    async with house.running():
        thread, inside = await house.mirror(talk)
        one = ann.says(inside, "first words")
        await house.until(POSTED, one.id)
        assert signs(stand_in, one) == ["✅"]
    [root] = [message for message in ann.sees(talk) if message.embeds]
    two = ann.says(talk, "second words", to=root)
    ann.edits(one, "better words")
    async with house.running():
        await house.until(POSTED, two.id)
        await house.until(EDITED)
        assert await house.said(thread) == ["The opening words", "better words", "second words"]
    ann.deletes(one)
    async with house.running():
        await house.until(DELETED)
        said = await house.said(thread)
    assert said == ["The opening words", "", "second words"], "what was deleted is a tombstone without words"


@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_what_the_forum_makes_of_a_reply_is_told_beneath_it_by_one_message(stand_in, house, talk, ann, identity):
    """It is kept up to date, and leaves when both say the same again; whatever the forum does, nothing is echoed."""
    async with house.running(identity):
        thread, inside = await house.mirror(talk)
        said = ann.says(inside, "first words")
        await house.until(POSTED, said.id)
        _, post = (await house.board.state()).threads[ThreadKey(thread)].posts
        await house.board.edit(post, "", "moderated words")
        await house.until("SELECT 1 FROM copy WHERE note<>''")
        [note] = beneath(ann, said, inside)
        assert "moderated words" in shows(note)
        await house.board.edit(post, "", "moderated twice")
        await house.until(
            "SELECT 1 FROM delivery WHERE subject='note' AND state='sent' GROUP BY subject HAVING count(*)=2"
        )
        [same] = beneath(ann, said, inside)
        assert (same.id, "moderated twice" in shows(same)) == (note.id, True)
        ann.edits(said, "my words")
        await house.until("SELECT 1 FROM copy WHERE reply IS NOT NULL AND note=''")
        assert await house.said(thread) == ["The opening words", "my words"]
        assert beneath(ann, said, inside) == []
        await house.board.delete(post)
        await house.until("SELECT 1 FROM copy WHERE note<>''")
        [note] = beneath(ann, said, inside)
        assert "deleted on the forum" in shows(note)
        ann.deletes(said)
        await house.until("SELECT 1 FROM copy WHERE reply IS NOT NULL AND note=''")
        assert [one for one in ann.sees(inside) if "forum" in shows(one)] == []
        assert await house.said(thread) == ["The opening words", ""], "none of it became a post"


def beneath(who: Person, said: Message, inside: Channel) -> list[Message]:
    """What answers a message, by whomever: natively, or in a link, which is how webhooks answer."""
    there = who.sees(inside)
    return [one for one in there if (one.reference or {}).get("message_id") == said.id or f"/{said.id}>" in shows(one)]


def shows(message: Message) -> str:
    """All the words of a message."""
    return f"{message.content} {message.embeds}"


async def test_a_post_of_a_forum_channel_is_answered_like_a_thread(stand_in, house, board, ann):
    """By words in it, and by answers to what opens it."""
    async with house.running():
        thread, post = await house.mirror(board)
        [root] = [message for message in ann.sees(post) if message.embeds]
        one = ann.says(post, "first words")
        await house.until(POSTED, one.id)
        two = ann.says(post, "second words", to=root)
        await house.until(POSTED, two.id)
        assert await house.said(thread) == ["The opening words", "first words", "second words"]


@pytest.mark.parametrize("way", ["menu", "button"])
@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_the_form_is_a_way_into_the_forum_without_any_intent(stand_in, house, talk, ann, identity, way):
    """And what became of it shows on the message that it stands in, which is not shown a second time."""
    stand_in.take_content()
    async with house.running(identity, content=False):
        thread, inside = await house.mirror(talk)
        [root] = [message for message in ann.sees(talk) if message.embeds]
        opening = ann.uses_on(root, "Reply on forum") if way == "menu" else ann.presses(root, "Reply")
        use = await opening.answered()
        sent = ann.submits(use, {"text": "my answer"})
        await sent.answered()
        assert sent.original is not None
        await house.until(POSTED, sent.original.id)
        assert await house.said(thread) == ["The opening words", "my answer"]
        assert signs(stand_in, sent.original) == ["✅"]
        await house.until("SELECT 1 FROM copy WHERE reply IS NOT NULL")
        everything = [*ann.sees(talk), *ann.sees(inside)]
        assert sum("my answer" in str(one.embeds) for one in everything) == 1


@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_a_post_of_a_forum_channel_can_be_answered_by_its_button(house, board, ann, identity):
    """Where a forum channel's posts open, and after they were changed."""
    async with house.running(identity):
        thread, post = await house.mirror(board)
        [opener] = (await house.board.state()).threads[ThreadKey(thread)].posts
        await house.board.edit(opener, "Talk", "Better opening words")
        await house.until("SELECT 1 FROM delivery WHERE act='edit' AND state='sent'")
        [root] = [message for message in ann.sees(post) if message.embeds]
        assert "Better" in str(root.embeds)
        use = await ann.presses(root, "Reply").answered()
        sent = await ann.submits(use, {"text": "my answer"}).answered()
        await house.until(POSTED, sent.original.id)
        assert await house.said(thread) == ["Better opening words", "my answer"]


@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_the_buttons_of_an_opening_post_leave_with_it(house, talk, ann, identity):
    """Replies have none, and what is deleted has nothing to be answered."""
    async with house.running(identity):
        thread, inside = await house.mirror(talk)
        await house.board.post(thread, "", "Max", "", "a reply")
        await house.until("SELECT 1 FROM delivery GROUP BY 1 HAVING sum(act='create' AND state='sent')=2")
        [root] = [message for message in ann.sees(talk) if message.embeds]
        assert [one.get("label") for one in every(root.components)][1:] == ["Read to here", "Reply", "Open"]
        assert [message.components for message in ann.sees(inside) if message.embeds] == [[]]
        [opener, _] = (await house.board.state()).threads[ThreadKey(thread)].posts
        await house.board.delete(opener)
        await house.until("SELECT 1 FROM copy WHERE state='tombstone'")
        assert root.components == []


async def test_who_answers_by_the_form_where_nothing_goes_back_any_more_hears_so(stand_in, house, talk, ann):
    """The post stands there, and its mirror ended: their words must not seem to have been said."""
    async with house.running():
        thread, _ = await house.mirror(talk)
        await carry_out(house.app, OPERATOR, "mirror", ("remove", "1"))
        [root] = [message for message in ann.sees(talk) if message.embeds]
        use = await ann.presses(root, "Reply").answered()
        sent = await ann.submits(use, {"text": "my answer"}).answered()
        await house.until("SELECT 1 FROM whisper WHERE state='sent'")
        below = [one for one in ann.sees(talk) if (one.reference or {}).get("message_id") == sent.original.id]
        assert ["did not go to the forum" in one.content for one in below] == [True]
        assert await house.said(thread) == ["The opening words"]


async def test_a_notice_is_decided_by_a_press_also_of_a_program_that_was_started_anew(
    stand_in, house, guild, talk, ann
):
    """By an admin, once; others are told what they may try, and a second press that it is done."""
    mod, admins = stand_in.person("mod", guild, may=permissions.MANAGE_CHANNELS), stand_in.channel(guild, "admins")
    async with house.running():
        thread, inside = await house.mirror(talk)
        await house.tell_admins_in(admins)
        for n in range(30):
            await house.board.post(thread, "", "Max", "", f"line {n}")
        await house.until("SELECT 1 FROM delivery WHERE subject='notice' AND state='sent'")
    [notice] = mod.sees(admins)
    async with house.running():
        ann.says(inside, "I wait")
        await house.until("SELECT 1 FROM reply")  # presses are not told again to who was not there
        [answer] = await house.answered(ann.presses(notice, "Show all"))
        assert "type `/mirror flood 1 all`" in answer.content
        [answer] = await house.answered(mod.presses(notice, "Show all"))
        assert "30 messages will be posted" in answer.content
        await house.until("SELECT 1 FROM delivery GROUP BY 1 HAVING sum(subject='post' AND state='sent')=31")
        assert "line 29" in str(mod.sees(inside)[-1].embeds)
        [answer] = await house.answered(mod.presses(notice, "One list"))
        assert "`all` was chosen of the last one" in answer.content


async def test_an_admin_mirrors_looks_and_ends_by_slash_commands(stand_in, house, guild, talk, ann):
    """Each answer is for their eyes alone; completion knows the mirror, and nobody else is offered anything."""
    mod = stand_in.person("mod", guild, may=permissions.MANAGE_CHANNELS)
    async with house.running():
        async with asyncio.timeout(30):
            while not stand_in.commands.synced:  # they are told beside what is heard
                await asyncio.sleep(0.02)
        thread = await house.board.start_thread("b1", "Zoe", "Talk", "The opening words")
        use = mod.uses(talk, "mirror add", address=f"sandbox:{thread}")
        [answer] = await house.answered(use)
        assert use.ephemeral
        assert "The opening words" in answer.content
        assert await house.rows("SELECT 1 FROM mirror") == []
        [answer] = await house.answered(mod.uses(talk, "mirror start", proposal="1"))
        assert "Talk" in answer.content
        await house.until("SELECT 1 FROM delivery WHERE state='sent'")
        typing = await mod.completes(talk, "mirror remove", "mirror", "talk").answered()
        assert [choice["value"] for choice in typing.choices or []] == ["1"]
        [answer] = await house.answered(mod.uses(talk, "mirror remove", mirror="1"))
        assert "not mirrored" in answer.content
        assert await house.rows(
            "SELECT DISTINCT c.chat, c.native FROM mirror m JOIN community c ON c.id=m.community"
        ) == [("discord", guild.id)]
        assert "The opening words" in str([message.embeds for message in ann.sees(talk)])
        assert stand_in.pinged == []


async def test_live_replies_reach_the_forum_once_and_in_order_while_the_gateway_fails(
    stand_in, house, guild, talk, ann
):
    """The line is cut, made anew, loses events, and tells nonsense, all the while people speak."""
    people = [ann, stand_in.person("bea", guild)]  # one alone would say more than one may
    async with house.running():
        thread, inside = await house.mirror(talk)
        there = stand_in.gateway
        faults = [there.cut, there.reconnect, there.invalidate, lambda: there.audience.lose(2), there.say_nonsense]
        for n in range(30):
            last = people[n % 2].says(inside, f"line {n}")
            if n % 6 == 3:
                faults[n // 6]()
            await asyncio.sleep(0.02)
        await house.until(POSTED, last.id)
        assert await house.said(thread) == ["The opening words", *(f"line {n}" for n in range(30))]
