"""Threads and forum posts on the stand-in begin, sleep, are locked and end as on Discord."""

from __future__ import annotations

import discord
import pytest

from tests.discord import permissions
from tests.discord.listener import Listener, Listeners, intents, refused, until
from tests.discord.nouns import REQUIRE_TAG, Channel, Guild
from tests.discord.people import Person
from tests.discord.refusals import Refusal
from tests.discord.stand_in import StandIn


@pytest.fixture
def forum(client: Listener, board: Channel) -> discord.ForumChannel:
    found = client.get_channel(int(board.id))
    assert isinstance(found, discord.ForumChannel)
    return found


async def test_a_thread_hangs_on_a_message_once(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, ann: Person
) -> None:
    """It has the message's id: who asks again is told that it is there, which makes asking again safe."""
    opener = await room.send("OP")
    thread = await opener.create_thread(name="topic", auto_archive_duration=60)
    assert (thread.id, thread.parent_id, thread.owner_id) == (opener.id, room.id, client.me)
    with refused(160004, status=400):
        await opener.create_thread(name="again")
    sent = await thread.send("first reply")
    assert (sent.channel, client.get_channel(thread.id)) == (thread, thread)
    standing = stand_in.world.channel(str(thread.id))
    assert [one.kind for one in ann.sees(standing)] == [21, 0], "a thread begins with a pointer to its message"
    assert (standing.thread and standing.thread.messages) == 1
    assert (await client.hears("raw_message_edit")).message.flags.has_thread
    with refused(50021):
        await thread.get_partial_message(int(ann.sees(standing)[0].id)).delete()
    fetched = await room.fetch_message(opener.id)
    assert fetched.flags.has_thread
    assert fetched.thread == thread
    await opener.delete()
    assert (await client.fetch_channel(thread.id)).id == thread.id, "it outlives its message"


async def test_threads_may_be_free_or_private(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, guild: Guild, ann: Person
) -> None:
    """A public one leaves a note in its channel; a private one shows itself to those in it, and to who manages them."""
    public = await room.create_thread(name="public", type=discord.ChannelType.public_thread)
    private = await room.create_thread(name="private")
    assert [one.name for one in (await client.hears("thread_create"), await client.hears("thread_create", 2))] == [
        "public",
        "private",
    ]
    assert [one.kind for one in ann.sees(talk)] == [18]
    assert [one.id for one in ann.threads_in(talk)] == [str(public.id)]
    await private.add_user(discord.Object(int(ann.id)))
    assert [one.name for one in ann.threads_in(talk)] == ["public", "private"]
    assert {one.id for one in await private.fetch_members()} == {client.me, int(ann.id)}
    await private.remove_user(discord.Object(int(ann.id)))
    with pytest.raises(Refusal, match="50001"):
        ann.says(stand_in.world.channel(str(private.id)), "x")
    assert {one.name for one in await client.place(guild).active_threads()} == {"public", "private"}


async def test_a_post_is_a_thread_and_its_message(
    client: Listener, forum: discord.ForumChannel, board: Channel, ann: Person
) -> None:
    """Both have one id; the thread is told before its message; a post that comes again is a second post."""
    news = forum.available_tags[0]
    post = await forum.create_thread(name="title", content="body", applied_tags=[news])
    assert post.thread.id == post.message.id
    await client.hears("message")
    told = [event for event, _ in client.heard if event in ("thread_create", "message")]
    assert told == ["thread_create", "message"]
    assert [tag.name for tag in post.thread.applied_tags] == ["news"]
    await forum.create_thread(name="title", content="body")
    assert [one.name for one in ann.threads_in(board)] == ["title", "title"]
    hers = ann.posts(board, "hers", "what she says", tags=["help"])
    heard = await client.hears("thread_create", 3)
    assert (heard.name, [tag.name for tag in heard.applied_tags]) == ("hers", ["help"])
    assert ann.reads(hers) == ["what she says"]


async def test_a_post_that_cannot_be_is_not_there(
    stand_in: StandIn, client: Listener, forum: discord.ForumChannel, board: Channel, guild: Guild, ann: Person
) -> None:
    """Neither its thread nor its message, and no event tells of it: names, tags, texts."""
    path = f"/channels/{board.id}/threads"
    for where, body in (
        ("name", {"name": "x" * 101, "message": {"content": "x"}}),
        ("name", {"name": "", "message": {"content": "x"}}),
        ("message", {"name": "x"}),
        ("content", {"name": "x", "message": {"content": "x" * 2001}}),
        ("auto_archive_duration", {"name": "x", "message": {"content": "x"}, "auto_archive_duration": 61}),
        ("applied_tags", {"name": "x", "message": {"content": "x"}, "applied_tags": [board.tags[0].id] * 6}),
    ):
        with refused(50035, where):
            await client.ask("POST", path, body)
    with refused(50006):
        await client.ask("POST", path, {"name": "x", "message": {}})
    with refused(10087):
        await client.ask("POST", path, {"name": "x", "message": {"content": "x"}, "applied_tags": ["1"]})
    board.flags |= REQUIRE_TAG
    with refused(40067):
        await forum.create_thread(name="x", content="x")
    board.tags[0].moderated = True
    stand_in.bot_may(guild, permissions.ALL & ~permissions.MANAGE_THREADS)
    with refused(50013):
        await forum.create_thread(name="x", content="x", applied_tags=[forum.available_tags[0]])
    stand_in.deny(board, permissions.SEND_MESSAGES)
    with refused(50013):
        await forum.create_thread(name="x", content="x", applied_tags=[forum.available_tags[1]])
    assert ann.threads_in(board) == []
    assert client.of("thread_create") == []


async def test_what_is_said_wakes_an_archived_thread(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, ann: Person
) -> None:
    """It leaves discord.py's cache when it falls asleep; edits and reactions have to wait, deletions have not."""
    opener = await room.send("OP")
    thread = await opener.create_thread(name="topic", auto_archive_duration=60)
    sent, other = await thread.send("one"), await thread.send("two")
    stand_in.forward(59 * 60)
    await thread.send("three")
    stand_in.forward(59 * 60)
    assert client.get_channel(thread.id) is not None
    stand_in.forward(60)
    await until(lambda: client.get_channel(thread.id) is None)
    handle = client.get_partial_messageable(thread.id)
    for refusing in (
        lambda: handle.get_partial_message(sent.id).edit(content="x"),
        lambda: handle.get_partial_message(sent.id).add_reaction("✅"),
        lambda: handle.get_partial_message(sent.id).remove_reaction("✅", discord.Object(client.me)),
        lambda: handle.get_partial_message(sent.id).clear_reactions(),
        lambda: handle.get_partial_message(sent.id).pin(),
        lambda: thread.join(),
        lambda: thread.leave(),
        lambda: thread.edit(name="x"),
    ):
        with refused(50083, status=400):
            await refusing()
    await handle.get_partial_message(other.id).delete()
    standing = stand_in.world.channel(str(thread.id))
    assert standing.thread is not None
    assert standing.thread.archived
    await handle.send("awake")
    await until(lambda: client.get_channel(thread.id) is not None)
    assert ann.reads(standing)[1:] == ["one", "three", "awake"]


async def test_a_locked_thread_is_opened_only_by_who_manages_threads(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, guild: Guild, ann: Person
) -> None:
    """Speaking there does not wake it, neither by the bot nor by a webhook."""
    opener = await room.send("OP")
    thread = await opener.create_thread(name="topic")
    hook = await room.create_webhook(name="hook")
    standing = stand_in.world.channel(str(thread.id))
    mod = stand_in.person("mod", guild, may=permissions.MANAGE_THREADS)
    mod.changes_thread(standing, locked=True)
    await thread.send("who manages threads may speak")
    with pytest.raises(Refusal, match="160005"):
        ann.says(standing, "x")
    with refused(160005):
        await hook.send("x", thread=thread)
    mod.changes_thread(standing, archived=True)
    for speaking in (lambda: thread.send("x"), lambda: hook.send("x", thread=thread)):
        with refused(50083):
            await speaking()
    stand_in.bot_may(guild, permissions.ALL & ~permissions.MANAGE_THREADS)
    with refused(50013):
        await thread.edit(archived=False)
    with refused(160005):
        mod.changes_thread(standing, archived=False)
        await thread.send("x")
    stand_in.bot_may(guild, permissions.MANAGE_THREADS)
    await thread.edit(locked=False, archived=True)
    stand_in.world.overwrite(stand_in.world.channel(str(room.id)), ann.id, deny=permissions.SEND_MESSAGES_IN_THREADS)
    with pytest.raises(Refusal, match="50013"):
        ann.changes_thread(standing, archived=False)
    stand_in.world.clear_overwrite(stand_in.world.channel(str(room.id)), ann.id)
    ann.changes_thread(standing, archived=False)
    ann.says(standing, "open")
    with pytest.raises(Refusal, match="50013"):
        ann.changes_thread(standing, archived=True)


async def test_archived_threads_are_listed_newest_first(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, forum: discord.ForumChannel, guild: Guild
) -> None:
    """In pages; active ones by guild."""
    posts = [(await forum.create_thread(name=str(number), content="x")).thread for number in range(5)]
    for post in posts[:4]:
        stand_in.forward(1)
        await post.edit(archived=True)
    listed = [one.name async for one in forum.archived_threads(limit=None)]
    assert listed == ["3", "2", "1", "0"]
    page = await client.ask("GET", f"/channels/{forum.id}/threads/archived/public", limit="2")
    assert ([one["name"] for one in page["threads"]], page["has_more"]) == (["3", "2"], True)
    assert {one["id"] for one in page["members"]} == {str(posts[3].id), str(posts[2].id)}
    assert [one.name for one in await client.place(guild).active_threads()] == ["4"]
    with refused(50013):
        stand_in.deny(stand_in.world.channel(str(room.id)), permissions.MANAGE_THREADS)
        await client.ask("GET", f"/channels/{room.id}/threads/archived/private")


async def test_a_guild_has_room_for_so_many_active_threads(
    client: Listener, forum: discord.ForumChannel, guild: Guild, room: discord.TextChannel
) -> None:
    """What is archived does not count."""
    guild.most_threads = 1
    first = (await forum.create_thread(name="one", content="x")).thread
    with refused(160006):
        await forum.create_thread(name="two", content="x")
    await first.edit(archived=True)
    await (await room.send("x")).create_thread(name="two")


async def test_threads_need_permissions_of_their_own(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, guild: Guild, ann: Person
) -> None:
    """To open one, to speak in one, to delete one."""
    said = ann.says(talk, "hello")
    message = room.get_partial_message(int(said.id))
    stand_in.bot_may(guild, 0)
    stand_in.deny(talk, permissions.CREATE_PUBLIC_THREADS)
    with refused(50013):
        await message.create_thread(name="x")
    stand_in.deny(talk, permissions.CREATE_PRIVATE_THREADS)
    with refused(50013):
        await room.create_thread(name="x")
    thread = ann.opens_thread(said, "hers")
    handle = client.get_partial_messageable(int(thread.id))
    stand_in.deny(talk, permissions.SEND_MESSAGES)
    await handle.send("in a thread one needs another permission than in its channel")
    stand_in.deny(talk, permissions.SEND_MESSAGES_IN_THREADS)
    with refused(50013):
        await handle.send("x")
    with refused(50013):
        await client.http.delete_channel(int(thread.id))


async def test_threads_are_where_they_may_be(
    client: Listener, room: discord.TextChannel, board: Channel, talk: Channel, ann: Person
) -> None:
    """None in a thread, none of another kind, no post outside a forum; a name is a name later too."""
    thread = await (await room.send("OP")).create_thread(name="topic")
    with refused(50024):
        await (await thread.send("x")).create_thread(name="x")
    with refused(50035, "type"):
        await client.ask("POST", f"/channels/{talk.id}/threads", {"name": "x", "type": 0})
    with pytest.raises(Refusal, match="50024"):
        ann.posts(talk, "x", "x")
    with refused(50035, "name"):
        await thread.edit(name="x" * 101)
    with refused(50024):
        await client.ask("POST", f"/channels/{thread.id}/webhooks", {"name": "x"})


async def test_who_is_in_a_thread_is_told(
    stand_in: StandIn, client: Listener, talk: Channel, guild: Guild, ann: Person
) -> None:
    """To the bot, when it is the bot; to bring somebody one has to speak there, to throw somebody out, to manage it."""
    thread = ann.opens_thread(talk, "hers")
    await client.hears("thread_create")
    path = f"/channels/{thread.id}/thread-members"
    await client.ask("PUT", f"{path}/@me")
    assert (await client.hears("thread_join")).id == int(thread.id)
    bea = stand_in.person("bea", guild)
    await client.ask("PUT", f"{path}/{bea.id}")
    assert {one["user_id"] for one in await client.ask("GET", path)} == {ann.id, bea.id, str(client.me)}
    stand_in.bot_may(guild, 0)
    with refused(50013):
        await client.ask("DELETE", f"{path}/{bea.id}")
    await client.ask("DELETE", f"{path}/@me")
    await client.hears("thread_remove")
    stand_in.deny(talk, permissions.SEND_MESSAGES_IN_THREADS)
    with refused(50013):
        await client.ask("PUT", f"{path}/{bea.id}")
    with refused(50024):
        await client.ask("PUT", f"/channels/{talk.id}/thread-members/@me")
    with refused(50024):
        await client.ask("DELETE", f"/channels/{talk.id}/thread-members/@me")
    with refused(10013):
        await client.ask("PUT", f"{path}/1")


async def test_what_ends_is_told(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, ann: Person
) -> None:
    """A thread, then the channel with all that is in it."""
    thread = await (await room.send("OP")).create_thread(name="topic")
    await thread.edit(name="another name")
    assert (await client.hears("raw_thread_update")).data["name"] == "another name"
    await thread.delete()
    assert (await client.hears("raw_thread_delete")).thread_id == thread.id
    last = await (await room.send("OP")).create_thread(name="last")
    await room.edit(topic="about")
    assert (await client.hears("guild_channel_update")) is not None
    stand_in.world.remove_channel(talk)
    assert (await client.hears("guild_channel_delete")).id == room.id
    for gone in (room, last):
        with refused(10003):
            await gone.send("x")


async def test_who_is_not_in_a_thread_hears_of_it_by_its_channel(
    stand_in: StandIn, listener: Listeners, talk: Channel, guild: Guild, ann: Person
) -> None:
    """A guild comes with its active threads and with the newest message of each; without that intent, with nothing."""
    said = ann.says(talk, "hello")
    thread = ann.opens_thread(said, "hers")
    answer = ann.says(thread, "answer")
    client = await listener()
    found = client.get_channel(int(thread.id))
    assert isinstance(found, discord.Thread)
    assert (found.me, found.last_message_id) == (None, int(answer.id))
    assert client.room(talk).last_message_id == int(said.id)
    ann.says(thread, "more")
    await client.hears("message")
    without = await listener(intents=intents(guilds=False))
    assert without.get_channel(int(talk.id)) is None
