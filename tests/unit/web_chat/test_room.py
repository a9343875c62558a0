"""What the chat keeps, and what it gives back after a restart."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.chats.web.chat import WebChat
from adapters.chats.web.room import Room
from bot.errors import Forbidden, Gone, OutcomeUnknown, Refused, Unparsable, Unreachable
from bot.model import Card, CardKind, ChannelRef, ChannelWish, MessageId, Reaction, ThreadRef, UserId, Where

LOUNGE = Where(ChannelRef("lounge"))


def card(words: str, **more):
    return Card(CardKind.POST, author="pscot", title=words, **more)


async def sent(chat: WebChat, words: str, key: str, where: Where = LOUNGE, **more) -> MessageId:
    return await chat.send(where, chat.render(card(words, **more))[0], key)


async def told(chat: WebChat, cursor: str = "", count: int = 1):
    """The first `count` events after a cursor, and the cursor behind them."""
    events: list[Any] = []
    async for batch in chat.events(cursor):
        events += batch.events
        cursor = batch.cursor
        if len(events) >= count:
            break
    return events, cursor


# ---------------------------------------------------------------------------------------------------------------- keys


async def test_an_equal_key_shows_nothing_twice_however_late_it_comes(chat, reopened, clock):
    """Recovery repeats a send whose outcome it does not know; readers must not see it."""
    first = await sent(chat, "China moves", "k1")
    assert await sent(chat, "China moves", "k1") == first
    clock.at += 10 * 365 * 86_400_000
    again = await reopened()
    assert await sent(again, "China moves", "k1") == first
    assert len(await again.read_back(LOUNGE, MessageId(""))) == 1


async def test_sends_with_one_key_at_the_same_time_show_one_message(chat):
    """The first send may still be on its way to the disk when it is repeated."""
    ids = await asyncio.gather(*(sent(chat, "once", "k1") for _ in range(20)))
    assert len(set(ids)) == 1
    assert len(await chat.read_back(LOUNGE, MessageId(""))) == 1


async def test_a_key_whose_message_was_removed_still_shows_nothing_new(chat):
    """A moderator's removal must not be undone by a retry."""
    first = await sent(chat, "gone", "k1")
    await chat.delete(LOUNGE, first)
    assert await sent(chat, "gone", "k1") == first
    assert await chat.read_back(LOUNGE, MessageId("")) == ()


async def test_messages_sent_at_the_same_time_stand_in_one_order_before_and_after_a_restart(chat, reopened):
    """Order is what people see; it may not change because a process ended."""
    await asyncio.gather(*(sent(chat, f"post {i}", f"k{i}") for i in range(50)))
    before = await chat.read_back(LOUNGE, MessageId(""))
    assert await (await reopened()).read_back(LOUNGE, MessageId("")) == before
    assert [f.message for f in before] == sorted((f.message for f in before), key=lambda m: int(m[1:]))


async def test_a_cancelled_send_is_either_there_once_or_not_at_all(chat):
    """A caller that is cancelled during shutdown repeats its send afterwards."""
    task = asyncio.create_task(sent(chat, "half", "k1"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    message = await sent(chat, "half", "k1")
    assert await chat.read_back(LOUNGE, MessageId("")) == await chat.read_back(LOUNGE, MessageId(""))
    assert [f.message for f in await chat.read_back(LOUNGE, MessageId(""))] == [message]


# -------------------------------------------------------------------------------------------------------------- places


async def test_a_channel_made_twice_is_one_channel(chat, reopened):
    """`mirror add` may be repeated; two rooms of one name would split a community."""
    assert await chat.channel("# Book Club", make=ChannelWish()) == "book-club"
    assert await chat.channel("book club", make=ChannelWish()) == "book-club"
    assert await (await reopened()).channel("BOOK-CLUB", make=None) == "book-club"


async def test_a_channel_that_nobody_made_is_gone(chat):
    """A mirror into a place that is not there must say so."""
    with pytest.raises(Gone, match="attic"):
        await chat.channel("attic", make=None)
    with pytest.raises(Gone, match="attic"):
        await sent(chat, "x", "k1", Where(ChannelRef("attic")))
    with pytest.raises(Gone, match="m99"):
        await sent(chat, "x", "k1", Where(ChannelRef("lounge"), ThreadRef("m99")))


@pytest.mark.parametrize("name", ["", "###", "💥", "x" * 61])
async def test_a_name_that_makes_no_channel_is_refused(chat, name):
    """What cannot stand in an address would never be found again."""
    with pytest.raises(Refused):
        await chat.channel(name, make=ChannelWish())


async def test_a_chat_thread_opens_once_and_keeps_its_replies(chat, reopened):
    """Opening is repeated after a crash; the second opening may not hide what was said."""
    root = await sent(chat, "OP", "k1")
    thread = await chat.open_thread(LOUNGE, root, "OP", "t1")
    inside = Where(ChannelRef("lounge"), thread)
    reply = await sent(chat, "reply", "k2", inside)
    assert await chat.open_thread(LOUNGE, root, "OP", "t1") == thread == root
    again = await reopened()
    assert [f.message for f in await again.read_back(inside, MessageId(""))] == [reply]
    assert [f.message for f in await again.read_back(LOUNGE, MessageId(""))] == [root]
    with pytest.raises(Refused):
        await again.open_thread(inside, reply, "deeper", "t2")


async def test_a_chat_thread_outlives_the_message_it_hangs_on(chat):
    """Replies may not vanish because their OP was deleted."""
    root = await sent(chat, "OP", "k1")
    inside = Where(ChannelRef("lounge"), await chat.open_thread(LOUNGE, root, "OP", "t1"))
    await chat.delete(LOUNGE, root)
    await sent(chat, "later", "k2", inside)
    assert len(await chat.read_back(inside, MessageId(""))) == 1


# ------------------------------------------------------------------------------------------------------------- changes


async def test_a_removed_message_can_be_removed_again_but_not_edited(chat):
    """The core treats Gone as deleted, and repeats deletions freely."""
    message = await sent(chat, "x", "k1")
    await chat.delete(LOUNGE, message)
    await chat.delete(LOUNGE, message)
    await chat.delete(LOUNGE, MessageId("m99"))
    for act in (
        chat.edit(LOUNGE, message, chat.render(card("y"))[0]),
        chat.react(LOUNGE, message, Reaction.POSTED),
        chat.open_thread(LOUNGE, message, "", "t1"),
    ):
        with pytest.raises(Gone):
            await act


async def test_what_is_repeated_writes_nothing(chat):
    """Retries must not make the journal grow."""
    message = await sent(chat, "x", "k1")
    await chat.edit(LOUNGE, message, chat.render(card("y"))[0])
    await chat.react(LOUNGE, message, Reaction.PENDING)
    position = (await chat.room.state()).position
    await chat.edit(LOUNGE, message, chat.render(card("y"))[0])
    await chat.react(LOUNGE, message, Reaction.PENDING)
    await chat.channel("lounge", make=ChannelWish())
    assert (await chat.room.state()).position == position


async def test_the_bot_has_one_reaction_on_a_message(chat, reopened):
    """Waiting and posted at once would say nothing."""
    message = MessageId(await chat.room.say("lounge", "", "Ann", "hello"))
    await chat.react(LOUNGE, message, Reaction.PENDING)
    await chat.react(LOUNGE, message, Reaction.POSTED)
    again = await reopened()
    assert (await again.room.state()).messages[message].fate == "✅"
    await again.react(LOUNGE, message, None)
    assert (await again.room.state()).messages[message].fate == ""


async def test_read_back_tells_our_messages_after_one_with_their_keys(chat):
    """People's messages are never taken for ours."""
    first = await sent(chat, "one", "k1")
    await chat.room.say("lounge", "", "Ann", "between")
    second = await sent(chat, "two", "k2")
    assert [(f.message, f.marker) for f in await chat.read_back(LOUNGE, first)] == [(second, "k2")]
    assert [f.marker for f in await chat.read_back(LOUNGE, MessageId(""))] == ["k1", "k2"]


async def test_words_leave_the_memory_when_a_message_is_removed(chat):
    """A quote may not keep what was deleted."""
    message = await chat.room.say("lounge", "", "Ann", "regretted")
    await chat.room.delete(message, "Ann")
    kept = (await chat.room.state()).messages[message]
    assert (kept.text, kept.payload, kept.deleted) == ("", None, True)


# -------------------------------------------------------------------------------------------------------------- people


async def test_people_change_and_delete_only_what_is_theirs(chat):
    """A name at the door is all there is; at least it holds."""
    message = await chat.room.say("lounge", "", "Ann", "hello")
    ours = await sent(chat, "card", "k1")
    for act in (
        chat.room.edit(message, "Bob", "mine now"),
        chat.room.delete(message, "Bob"),
        chat.room.delete(ours, "Bob"),
        chat.room.edit(ours, "", "nobody"),
    ):
        with pytest.raises(Forbidden):
            await act
    await chat.room.edit(message, "Ann", "hello all")
    await chat.room.delete(message, "Ann")
    await chat.room.delete(message, "Ann")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("", "hi"),
        ("x" * 41, "hi"),
        ("Threadline", "hi"),
        ("t h r e a d l i n e", "hi"),
        ("Ann", " \n "),
        ("Ann", "x" * 8001),
    ],
)
async def test_names_and_texts_have_bounds(chat, name, text):
    """Every size has a bound, and nobody speaks as the bot."""
    with pytest.raises(Refused):
        await chat.room.say("lounge", "", name, text)
    assert (await chat.room.state()).position == 0


async def test_a_text_that_no_file_can_hold_is_mended(chat):
    """Half a surrogate pair can be typed into a script, not written to a disk."""
    message = await chat.room.say("lounge", "", "Ann", "a\ud800b\0\r\nc")
    assert (await chat.room.state()).messages[message].text == "a?b\nc"


async def test_a_reply_to_what_is_not_there_is_refused(chat):
    """A reply that lost its parent must not be posted as something else."""
    await chat.channel("other", make=ChannelWish())
    elsewhere = await chat.room.say("other", "", "Ann", "hello")
    for target in ("m99", elsewhere):
        with pytest.raises(Gone):
            await chat.room.say("lounge", "", "Ann", "reply", reply_to=target)


async def test_only_the_reactions_of_this_chat_are_taken(chat):
    """The set is small so that each means something."""
    message = await chat.room.say("lounge", "", "Ann", "hello")
    await chat.room.react(message, "Bob", "👍", True)
    with pytest.raises(Refused):
        await chat.room.react(message, "Bob", "💣", True)
    assert (await chat.room.state()).messages[message].reactions == {"👍": {"Bob": "Bob"}}
    await chat.room.react(message, "Bob", "👍", False)
    assert (await chat.room.state()).messages[message].reactions == {}


# -------------------------------------------------------------------------------------------------------------- events


async def test_events_tell_what_people_did_and_never_what_the_bot_did(chat):
    """The bot must not answer itself."""
    ours = await sent(chat, "OP", "k1")
    said = await chat.room.say("lounge", "", "Ann", "hello", reply_to=ours)
    await chat.edit(LOUNGE, MessageId(said), chat.render(card("shown"))[0])
    await chat.room.edit(said, "Ann", "hello all")
    await chat.room.react(said, "Bob", "📖", True)
    await chat.react(LOUNGE, MessageId(said), Reaction.POSTED)
    await chat.room.delete(said, "Ann")
    events, _ = await told(chat, count=4)
    assert [type(e).__name__ for e in events] == ["Said", "Edited", "Reacted", "Deleted"]
    assert [e.message for e in events] == [said] * 4
    assert (events[0].text, events[0].format, events[0].reply_to) == ("hello", "markdown", ours)
    assert (events[2].reaction, events[2].on, events[2].person.name) == ("📖", True, "Bob")
    assert len({e.id for e in events}) == 4


async def test_a_cursor_misses_nothing_and_repeats_nothing_across_a_restart(chat, reopened):
    """The listener stores the cursor with what it did; both ends must agree."""
    for number in range(250):
        await chat.room.say("lounge", "", "Ann", f"line {number}")
    first, cursor = await told(chat, count=120)
    again = await reopened()
    rest, _ = await told(again, cursor, count=250 - len(first))
    assert [e.text for e in first + rest] == [f"line {n}" for n in range(250)]


async def test_events_wait_for_people(chat):
    """`events` is asked once and goes on for ever."""
    stream = chat.events("")
    waiting = asyncio.create_task(anext(stream))
    await sent(chat, "ours", "k1")
    await chat.room.say("lounge", "", "Ann", "theirs")
    assert [e.text for e in (await waiting).events] == ["theirs"]
    ended = asyncio.create_task(anext(stream, None))
    await asyncio.sleep(0)
    await chat.close()
    assert await ended is None


async def test_a_cursor_beyond_the_journal_is_said_to_be_wrong(chat):
    """With another file in its place, ids would name other messages, and people would be ignored."""
    await chat.room.say("lounge", "", "Ann", "hello")
    for cursor in ("7", "x"):
        with pytest.raises(Unparsable):
            await anext(chat.events(cursor))


async def test_admins_are_everybody_or_those_who_are_named(tmp_path, clock):
    """`*` is for loopback; a list is for those who know each other's names."""
    room = Room(tmp_path / "chat.jsonl", clock, ("lounge",), ("Ann",))
    state = await room.state()
    assert [(p.name, p.admin) for p in map(state.person, ("Ann", "Bob"))] == [("Ann", True), ("Bob", False)]
    await room.close()


# ------------------------------------------------------------------------------------------------------------ commands


@pytest.mark.parametrize(
    ("text", "group", "words"),
    [
        ("/forum", "forum", ()),
        ("/forum unread", "forum", ("unread",)),
        (
            "/Mirror add  https://x.example/t/1 --in lounge",
            "mirror",
            ("add", "https://x.example/t/1", "--in", "lounge"),
        ),
        ('/mirror add "two words"', "mirror", ("add", "two words")),
        ("/forum alert don't\nstop", "forum", ("alert", "don't", "stop")),
        ('/forum alert "open', "forum", ("alert", '"open')),
    ],
)
async def test_a_command_reaches_the_listener_and_nobody_sees_it(chat, text, group, words):
    """Commands are for the bot; their words may be private."""
    assert await chat.room.say("lounge", "", "Ann", text) == ""
    (event,), _ = await told(chat)
    assert (event.group, event.words, event.person.name) == (group, words, "Ann")
    state = await chat.room.state()
    assert state.messages == {}
    assert [note.text for note in state.pane("Ann", "lounge")] == [text]
    assert state.pane("Bob", "lounge") == ()


@pytest.mark.parametrize("text", ["/forums are nice", "/", "say /forum unread", "//forum"])
async def test_what_only_looks_like_a_command_is_a_message(chat, text):
    """Swallowing what people write would be worse than showing it."""
    assert await chat.room.say("lounge", "", "Ann", text)


async def test_a_message_cannot_be_edited_into_a_command(chat):
    """It stands on the forum already."""
    message = await chat.room.say("lounge", "", "Ann", "hello")
    with pytest.raises(Refused):
        await chat.room.edit(message, "Ann", "/mirror remove all")


async def test_an_answer_is_seen_by_its_asker_alone_and_once_per_key(chat, reopened):
    """An answer is repeated after a crash, and may show what only this person may see."""
    await chat.room.say("lounge", "", "Ann", "/forum unread")
    (command,), _ = await told(chat)
    await chat.tell(command.where, command.person.id, "3 new", "a1")
    again = await reopened()
    await again.tell(command.where, command.person.id, "3 new", "a1")
    state = await again.room.state()
    assert [note.text for note in state.pane("Ann", "lounge")] == ["/forum unread", "3 new"]
    assert state.pane("Bob", "lounge") == ()
    assert state.messages == {}


async def test_a_reason_in_the_private_pane_says_which_message_it_is_about(chat):
    """The pane stands beside all of the channel; of a message that is gone nothing comes up again."""
    kept = await chat.room.say("lounge", "", "Ann", "my *first* remark")
    gone = await chat.room.say("lounge", "", "Ann", "my regretted remark")
    await chat.room.delete(gone, "Ann")
    for n, about in enumerate((kept, gone, "m99")):
        await chat.tell(LOUNGE, UserId("Ann"), "It was refused.", f"a{n}", MessageId(about))
    state = await chat.room.state()
    reason = "It was refused."
    assert [note.text for note in state.pane("Ann", "lounge")] == [f"> my first remark\n\n{reason}", reason, reason]


# ------------------------------------------------------------------------------------------------------------ the disk


async def test_nothing_is_acknowledged_that_could_not_be_written(chat, monkeypatch):
    """A full disk must stop the sender, not lose a post; what failed can be repeated."""
    await sent(chat, "before", "k0")
    journal = chat.room._journal

    async def full(entry):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "append", full)
        with pytest.raises(Unreachable, match="Make room"):
            await sent(chat, "x", "k1")
        broken.setattr(journal, "unsure", True)
        with pytest.raises(OutcomeUnknown):
            await sent(chat, "x", "k1")
    assert len(await chat.read_back(LOUNGE, MessageId(""))) == 1
    await sent(chat, "x", "k1")
    assert [f.marker for f in await chat.read_back(LOUNGE, MessageId(""))] == ["k0", "k1"]


@pytest.fixture
def foreign(tmp_path: Path):
    """A journal that removes a message it never showed."""
    path = tmp_path / "foreign.jsonl"
    line = msgspec.json.encode([{"kind": "removed", "n": 1, "at": 0, "message": "m77"}]) + b"\n"
    path.write_bytes(line)
    yield path
    assert path.read_bytes() == line


async def test_a_journal_with_foreign_entries_is_left_alone(foreign, clock):
    """Guessing at a damaged chat would show people a past that never was."""
    room = Room(foreign, clock)
    with pytest.raises(Unparsable, match="backup"):
        await room.state()
    await room.close()


async def test_a_closed_chat_takes_nothing_more(chat):
    """What is acknowledged during shutdown must be on the disk."""
    await chat.close()
    with pytest.raises(Unreachable):
        await chat.room.say("lounge", "", "Ann", "too late")
