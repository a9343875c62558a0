"""What chats tell of less than a message: its channel alone, how far somebody has read, where a channel went."""

from __future__ import annotations

import pytest

from bot.model import (
    Batch,
    ChannelRef,
    ChatPerson,
    Deleted,
    Edited,
    MessageId,
    Moved,
    Receipt,
    Said,
    ThreadRef,
    UserId,
    Where,
)
from bot.store.endings import taken_away
from bot.store.inbox import cursor, receive
from bot.store.turns import turn
from bot.testing.store_rig import BEGINNING, op, post

ADA = ChatPerson(UserId("u1"), "Ada")
CHANNEL = Where(ChannelRef("lounge"))


@pytest.fixture
async def talking(mirrored):
    """A thread with a reply that stands in the chat, in whose chat thread Ada says something."""
    await mirrored.arrive(op(), post("p1"))
    await mirrored.send()
    [[thread]] = await mirrored.rows("SELECT thread_ref FROM place WHERE parent IS NOT NULL")
    inside = Where(CHANNEL.channel, ThreadRef(thread))
    await happens(mirrored, Said("s1", inside, MessageId("s1"), ADA, "words", "plain", BEGINNING))
    return mirrored


async def happens(house, event):
    return await house.store.write(receive, "web", Batch((event,), event.id), BEGINNING)


async def acts(house):
    return [act for (act,) in await house.rows("SELECT act FROM delivery WHERE subject='reply' ORDER BY id")]


async def test_an_edit_of_which_only_the_channel_is_known_is_one_of_the_message_in_its_chat_thread(talking):
    """Some chats do not say in which chat thread a message stands that somebody changed."""
    await happens(talking, Edited("e1", CHANNEL, MessageId("s1"), ADA, "newer words", "plain", BEGINNING))
    assert await talking.value("SELECT text FROM reply") == "newer words"
    assert await acts(talking) == ["create", "edit"]


async def test_a_deletion_of_which_only_the_channel_is_known_withdraws_the_message_in_its_chat_thread(talking):
    """Of what was deleted some chats keep the id alone."""
    await happens(talking, Deleted("d1", CHANNEL, MessageId("s1"), BEGINNING))
    assert await acts(talking) == ["create", "delete"]


async def test_a_copy_that_a_moderator_removed_stays_removed_though_only_its_channel_is_known(talking):
    """Wherever it stood."""
    [[message]] = await talking.rows(
        "SELECT m.message FROM copy_message m JOIN copy c ON c.id=m.copy JOIN post o ON o.id=c.post WHERE o.key='p1'"
    )
    await happens(talking, Deleted("d1", CHANNEL, MessageId(message), BEGINNING))
    assert await talking.rows(
        "SELECT o.key FROM copy c JOIN post o ON o.id=c.post WHERE c.state='removed' AND c.reply IS NULL"
    ) == [("p1",)]


async def test_another_channel_changes_nothing(talking):
    """A message of the same id elsewhere is another one."""
    elsewhere = Where(ChannelRef("kitchen"))
    await happens(talking, Deleted("d1", elsewhere, MessageId("s1"), BEGINNING))
    assert await acts(talking) == ["create"]


async def test_how_far_people_have_read_is_kept_of_nobody_who_was_not_asked(talking):
    """Law 8, and nobody's business: reading moves the cursor and leaves no row."""
    before = await talking.value("SELECT count(*) FROM inbox")
    read = Receipt("r1", CHANNEL, MessageId("s1"), ADA, BEGINNING, everywhere=True)
    assert await happens(talking, read) == 0
    assert await talking.value("SELECT count(*) FROM inbox") == before
    assert await talking.store.read(cursor, "web") == "r1"


async def test_a_channel_that_moved_is_told_of_once(talking):
    """Law 11: nothing can be shown there any more, and only an admin knows what shall be shown in the new one."""
    moved = Moved("m1", CHANNEL, ADA, ChannelRef("lounge-2"), BEGINNING)
    assert await happens(talking, moved) == 1
    assert await happens(talking, moved) == 0
    [[text]] = await talking.rows("SELECT text FROM notice")
    assert "lounge-2" in text
    assert "Ada" in text


async def test_a_channel_of_which_nothing_is_known_moves_without_a_word(talking):
    """It concerns nobody here."""
    await happens(talking, Moved("m1", Where(ChannelRef("kitchen")), ADA, ChannelRef("kitchen-2"), BEGINNING))
    assert await talking.value("SELECT count(*) FROM notice") == 0


async def test_what_a_person_takes_away_while_it_is_changed_stays_away(mirrored):
    """The change was accepted a moment before: its answer must not make the copy stand again."""
    await mirrored.arrive(op())
    await mirrored.send()
    await mirrored.read_thread(op(words="other words"))
    [[copy, message]] = await mirrored.rows("SELECT copy, message FROM copy_message")
    write, turns = mirrored.store.write, []

    async def between(unit, *params):
        turns.extend([unit] if unit is turn else [])
        if unit is turn and len(turns) == 2:  # the first one claims, the second one settles
            await write(taken_away, copy, message)
        return await write(unit, *params)

    mirrored.store.write = between
    await mirrored.send()
    assert await mirrored.rows("SELECT state, revision FROM copy") == [("removed", 2)]
