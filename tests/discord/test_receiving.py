"""What people do on Discord is heard: all of it, once, in order, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from adapters.chats.discord import backfill, shard
from bot.errors import LoginRejected, Unreachable
from bot.model import ChannelRef, Deleted, Edited, Reacted, Said, ThreadRef, Where
from bot.testing.chat_talk import saying
from tests.discord import permissions
from tests.discord.faults import Fail, Hold, Limit
from tests.discord.hearing import Hearing, heard, places, texts
from tests.discord.listener import until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn

pytestmark = pytest.mark.usefixtures("soon")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten messages: a short absence is then as good as a long one."""
    monkeypatch.setattr(backfill, "PAGE", 10)
    monkeypatch.setattr(shard, "PAGE", 7)


def ours(stand_in: StandIn, channel: Channel, text: str = "a post"):
    """A message of the bot's."""
    return stand_in.talk.say(channel, stand_in.world.bot, {"content": text})


async def left_off(hearing: Hearing, talk: Channel, ann: Person) -> str:
    """The cursor of a bot that heard everything up to now and does not listen any more."""
    ears = await hearing.ears()
    ann.says(talk, "before")
    await ears.until(saying("before"))
    await ears.close()
    return ears.cursor


# --------------------------------------------------------------------------------------------------------- what is said


async def test_words_in_threads_and_posts_say_where_they_stand(stand_in, hearing, talk, board, ann):
    """A thread is a channel to Discord; what opens a post of a forum stands in the forum."""
    root = ours(stand_in, talk)
    ears = await hearing.ears()
    thread = ann.opens_thread(root, "A thread")
    ann.says(thread, "in the thread")
    post = ann.posts(board, "A post", "what opens it")
    ann.says(post, "and what follows")
    told = await heard(ears, ann, talk)
    assert texts(told) == ["in the thread", "what opens it", "and what follows"]
    assert places(told) == [
        Where(ChannelRef(talk.id), ThreadRef(thread.id)),
        Where(ChannelRef(board.id)),
        Where(ChannelRef(board.id), ThreadRef(post.id)),
    ]


async def test_who_says_something_has_their_roles_by_name(stand_in, hearing, guild, talk, ann):
    """By these a mirror may say who answers it."""
    world = stand_in.world
    helpers, quiet = world.new_role(guild, "Helpers"), world.new_role(guild, "Quiet")
    world.give_roles(guild, ann.user, [helpers.id, quiet.id])
    ears = await hearing.ears()
    ann.says(talk, "one")
    world.give_roles(guild, ann.user, [quiet.id])
    ann.says(talk, "two")
    told = [one for one in await heard(ears, ann, talk) if isinstance(one, Said)]
    assert [one.person.roles for one in told[:2]] == [("Helpers", "Quiet"), ("Quiet",)]


async def test_roles_are_known_of_who_answered_while_nobody_listened(stand_in, hearing, guild, talk, ann):
    """What is read back does not tell them: a helper who answered during an update would be refused."""
    world = stand_in.world
    root = ours(stand_in, talk)
    cursor = await left_off(hearing, talk, ann)
    world.give_roles(guild, ann.user, [world.new_role(guild, "Helpers").id])
    thread = ann.opens_thread(root, "A thread")
    for number in range(3):
        ann.says(thread, f"in the thread {number}")
    ann.says(talk, "to nobody")
    ears = await hearing.ears(cursor)
    told = [one for one in await heard(ears, ann, talk) if isinstance(one, Said)]
    roles = {one.text: one.person.roles for one in told}
    assert [roles[f"in the thread {number}"] for number in range(3)] == [("Helpers",)] * 3
    assert roles["to nobody"] == (), "it cannot be an answer, and nobody is asked in vain"
    asked = [call for call in stand_in.rest.asked if f"/members/{ann.id}" in call.path]
    assert len(asked) == 1


async def test_programs_are_not_heard(stand_in, hearing, guild, talk, ann):
    """Neither we nor webhooks, ours or others', nor other bots, nor Discord's own remarks."""
    hook = stand_in.hooks.make(stand_in.world.bot, talk, "News")
    robot = stand_in.person("robot", guild)
    robot.user.bot = True
    ears = await hearing.ears()
    root = ours(stand_in, talk)
    stand_in.hooks.speak(hook, {"content": "by a webhook"}, [])
    robot.says(talk, "by a robot")
    ann.opens_thread(root, "A thread")
    assert await heard(ears, ann, talk) == []


async def test_many_deletions_at_once_are_each_heard(stand_in, hearing, guild, talk, ann):
    """A moderator sweeps; each of the posts is withdrawn."""
    mod = stand_in.person("mod", guild, may=permissions.MANAGE_MESSAGES)
    ears = await hearing.ears()
    said = [ann.says(talk, f"line {n}") for n in range(3)]
    mod.deletes_many(said)
    told = await heard(ears, ann, talk)
    assert [one.message for one in told if isinstance(one, Deleted)] == [one.id for one in said]


async def test_what_we_take_away_ourselves_is_not_told(stand_in, hearing, talk, ann):
    """It would count as a moderator's decision; what a moderator takes away of ours is told."""
    opened = hearing.opened()
    ears = await hearing.ears(receiving=opened)
    mine, theirs = ours(stand_in, talk, "one"), ours(stand_in, talk, "two")
    opened.taking(mine.id)
    stand_in.talk.delete(mine)
    stand_in.talk.delete(theirs)
    told = await heard(ears, ann, talk)
    assert [one.message for one in told if isinstance(one, Deleted)] == [theirs.id]


async def test_equal_reactions_at_different_times_are_told_apart(stand_in, hearing, talk, ann):
    """Somebody takes one off and puts it on again."""
    post = ours(stand_in, talk)
    ears = await hearing.ears()
    for _ in range(2):
        ann.reacts(post, "📖")
        ann.unreacts(post, "📖")
    told = [one for one in await heard(ears, ann, talk) if isinstance(one, Reacted)]
    assert [one.on for one in told] == [True, False, True, False]
    assert len({one.id for one in told}) == 4


async def test_an_event_that_nobody_understands_stops_nobody(stand_in, hearing, talk, ann):
    """Discord adds kinds and fields as it likes."""
    ears = await hearing.ears()
    for name in ("SOMETHING_NEW", "THREAD_SOMETHING"):
        stand_in.gateway.say_nonsense(name, ["what", {"is": "this"}])
    ann.says(talk, "hello")
    assert texts(await ears.until(saying("hello"))) == ["hello"]


# ------------------------------------------------------------------------------------------------------ without content


async def test_without_the_content_intent_answers_that_ping_are_read(stand_in, hearing, talk, ann):
    """And mentions, and what is said in private; of all others it is said that they cannot be."""
    stand_in.take_content()
    hearing.content = False
    opened = hearing.opened()
    ears = await hearing.ears(receiving=opened)
    post = ours(stand_in, talk)
    ann.says(talk, "an answer that pings", to=post)
    ann.says(talk, "an answer that does not", to=post, ping=False)
    ann.edits(ann.says(talk, "nothing of ours"), "and is changed")
    ann.says(talk, f"<@{stand_in.world.bot.id}> a mention")
    ann.writes_to_bot("in private")
    told = await ears.until(saying("in private"))
    assert texts(told) == ["an answer that pings", "a mention", "in private"]
    assert not [one for one in told if isinstance(one, Edited)], "blank is not what she wrote"
    [remark] = opened.remarks
    assert remark.startswith("1 answers came without their words")


async def test_an_intent_that_is_not_allowed_says_where_it_is_switched_on(stand_in, hearing):
    """Discord closes the line with a number."""
    stand_in.take_content()
    ears = hearing.ears_unheard()
    with pytest.raises(LoginRejected, match=r"Message Content Intent.*developer portal"):
        await ears.batch(20)


# ------------------------------------------------------------------------------------------------------ what was missed


async def test_what_was_said_meanwhile_is_heard_in_its_order(stand_in, hearing, talk, board, ann, short):
    """In channels, threads and posts; also where it is more than a page."""
    thread = ann.opens_thread(ours(stand_in, talk), "A thread")
    cursor = await left_off(hearing, talk, ann)
    for n in range(25):
        ann.says(talk, f"line {n}")
    ann.says(thread, "in the thread")
    post = ann.posts(board, "A post", "what opens it")
    again = await hearing.ears(cursor)
    ann.says(talk, "afterwards")
    told = await again.until(saying("afterwards"))
    assert [text for text in texts(told) if text.startswith("line")] == [f"line {n}" for n in range(25)]
    assert sorted(texts(told)[25:]) == ["afterwards", "in the thread", "what opens it"]
    assert Where(ChannelRef(board.id)) in places(told)
    assert Where(ChannelRef(talk.id), ThreadRef(thread.id)) in places(told)
    assert post.id in {one.message for one in told if isinstance(one, Said)}


async def test_a_start_that_ends_half_way_through_loses_and_repeats_nothing(stand_in, hearing, guild, talk, ann, short):
    """Each batch is stored with a cursor that goes on behind it, though other channels are not read yet."""
    other = stand_in.channel(guild, "other")
    cursor = await left_off(hearing, talk, ann)
    for n in range(20):
        ann.says(talk, f"talk {n}")
        ann.says(other, f"other {n}")
    told: list[str] = []
    while len(told) < 40:
        one = await hearing.ears(cursor)
        batch = await one.batch(20)
        assert batch is not None
        told += texts(list(batch.events))
        cursor = batch.cursor
        await one.close()
    assert sorted(told) == sorted([*(f"talk {n}" for n in range(20)), *(f"other {n}" for n in range(20))])


async def test_what_is_said_while_the_past_is_read_is_heard_once(stand_in, hearing, talk, ann):
    """It stands in the channel, and the gateway tells of it too."""
    cursor = await left_off(hearing, talk, ann)
    ann.says(talk, "missed")
    held = stand_in.faults.rule(Hold(done=False), "GET", "/messages")
    again = await hearing.ears(cursor)
    assert await again.batch(0) is None
    await until(lambda: held.met)
    ann.says(talk, "meanwhile")
    stand_in.faults.mend()
    told = await again.until(saying("meanwhile"))
    told += await heard(again, ann, talk)
    assert texts(told) == ["missed", "meanwhile"]


async def test_what_was_changed_meanwhile_is_heard(stand_in, hearing, talk, ann):
    """Discord does not tell of it again; it is found in the channels that were spoken in last."""
    ears = await hearing.ears()
    said = ann.says(talk, "as it was")
    await ears.until(saying("as it was"))
    await ears.close()
    ann.edits(said, "as it is")
    again = await hearing.ears(ears.cursor)
    told = await heard(again, ann, talk)
    assert [(one.message, one.text) for one in told if isinstance(one, Edited)] == [(said.id, "as it is")]


async def test_what_was_taken_away_between_two_sessions_is_heard(stand_in, hearing, talk, ann):
    """What she regrets is withdrawn, though nobody told of it: it was heard, and does not stand any more."""
    ears = await hearing.ears()
    said = [ann.says(talk, f"line {n}") for n in range(3)]
    await ears.until(saying("line 2"))
    stand_in.gateway.forget()
    ann.deletes(said[1])
    told = await heard(ears, ann, talk)
    assert [one.message for one in told if isinstance(one, Deleted)] == [said[1].id]


async def test_what_was_taken_away_while_nobody_listened_is_heard(stand_in, hearing, talk, ann):
    """Of what people said last it is seen whether it still stands."""
    ears = await hearing.ears()
    said = [ann.says(talk, f"line {n}") for n in range(3)]
    await ears.until(saying("line 2"))
    await ears.close()
    ann.deletes(said[2])
    again = await hearing.ears(ears.cursor)
    told = await heard(again, ann, talk)
    assert [one.message for one in told if isinstance(one, Deleted)] == [said[2].id]


async def test_an_empty_page_of_a_channel_that_may_not_be_read_proves_nothing(stand_in, hearing, talk, ann):
    """Without its history Discord shows an empty channel, and everything would be withdrawn."""
    ears = await hearing.ears()
    ann.says(talk, "line")
    await ears.until(saying("line"))
    await ears.close()
    stand_in.deny(talk, permissions.READ_MESSAGE_HISTORY)
    again = await hearing.ears(ears.cursor)
    there = await again.batch(20)
    assert there is not None
    assert there.events == ()
    assert await heard(again, ann, talk) == []


async def test_what_was_said_in_a_thread_that_fell_asleep_is_heard(stand_in, hearing, talk, ann):
    """The gateway does not tell of it when we come back."""
    thread = ann.opens_thread(ours(stand_in, talk), "A thread")
    ears = await hearing.ears()
    ann.says(thread, "before")
    await ears.until(saying("before"))
    await ears.close()
    ann.says(thread, "good night")
    stand_in.threads.change(stand_in.world.bot, thread, {"archived": True})
    again = await hearing.ears(ears.cursor)
    told = await heard(again, ann, talk)
    assert [(one.text, one.where.thread) for one in told if isinstance(one, Said)] == [("good night", thread.id)]


async def test_of_a_guild_that_lets_us_in_the_past_is_not_heard(stand_in, hearing, talk, ann):
    """It was not said to us."""
    ears = await hearing.ears()
    elsewhere = stand_in.guild("Elsewhere", bot=False)
    plaza = stand_in.channel(elsewhere, "plaza")
    ben = stand_in.person("ben", elsewhere)
    ben.says(plaza, "long ago")
    stand_in.forward(60)
    stand_in.world.enter(elsewhere, stand_in.world.bot)
    ben.says(plaza, "now")
    assert texts(await ears.until(saying("now"))) == ["now"]
    await ears.close()
    again = await hearing.ears(ears.cursor)
    assert await heard(again, ann, talk) == []


@pytest.mark.parametrize("restarts", [True, False])
async def test_of_a_guild_that_was_out_of_sight_nothing_is_lost(stand_in, hearing, talk, ann, restarts):
    """Discord cannot show it for hours; what is said elsewhere meanwhile does not count for it."""
    elsewhere = stand_in.guild("Elsewhere")
    plaza, ben = stand_in.channel(elsewhere, "plaza"), stand_in.person("ben", elsewhere)
    cursor = await left_off(hearing, talk, ann)
    ben.says(plaza, "missed")
    stand_in.world.outage(elsewhere)
    again = await hearing.ears(cursor)
    for n in range(3):
        stand_in.forward(3600)
        assert texts(await heard(again, ann, talk, f"line {n}")) == []
    if restarts:
        await again.close()
    stand_in.world.outage(elsewhere, over=True)
    last = await hearing.ears(again.cursor) if restarts else again
    assert texts(await last.until(saying("missed"))) == ["missed"]
    assert texts(await heard(last, ann, talk)) == []


async def test_a_channel_that_cannot_be_read_keeps_nobody_from_being_heard(stand_in, hearing, guild, talk, ann):
    """And is not even asked for: refusals are counted."""
    secret = stand_in.channel(guild, "secret")
    cursor = await left_off(hearing, talk, ann)
    stand_in.deny(secret, permissions.VIEW_CHANNEL)
    ann.says(secret, "not for us")
    ann.says(talk, "for us")
    again = await hearing.ears(cursor)
    assert texts(await heard(again, ann, talk)) == ["for us"]
    assert not [one for one in stand_in.rest.asked if secret.id in one.path]


async def test_a_pause_while_reading_is_waited_out(stand_in, hearing, talk, ann):
    """The reading goes on where it stopped."""
    cursor = await left_off(hearing, talk, ann)
    ann.says(talk, "missed")
    stand_in.faults.rule(Limit(0.05), "GET", "/messages")
    again = await hearing.ears(cursor)
    assert texts(await heard(again, ann, talk)) == ["missed"]


async def test_a_reading_that_fails_is_begun_again_from_the_cursor(stand_in, hearing, talk, ann):
    """Nothing behind it is heard before it."""
    cursor = await left_off(hearing, talk, ann)
    ann.says(talk, "missed")
    stand_in.faults.rule(Fail(502), "GET", "/messages")
    again = await hearing.ears(cursor)
    with pytest.raises(Unreachable):
        await again.batch(20)
    once_more = await hearing.ears(again.cursor)
    assert texts(await heard(once_more, ann, talk)) == ["missed"]


async def test_a_quiet_bot_stops_at_once(hearing: Hearing, talk: Channel, ann: Person, guild: Guild):
    """Nobody waits for a goodbye that does not come."""
    ears = await hearing.ears()
    waiting = asyncio.ensure_future(ears.batch(20))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        waiting.cancel()
        await ears.close()
