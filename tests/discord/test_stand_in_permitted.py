"""Who may say and read what on the stand-in: permissions, intents, slow mode, moderation, closed doors."""

from __future__ import annotations

import io

import discord
import pytest

from tests.discord import permissions
from tests.discord.listener import Listener, Listeners, asked, intents, refused, until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.refusals import Refusal
from tests.discord.stand_in import StandIn


def at(talk: Channel) -> str:
    return f"/channels/{talk.id}/messages"


async def test_what_the_bot_may_not_it_is_told(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, talk: Channel, guild: Guild, ann: Person
) -> None:
    """Where it sees nothing it has no access; where it sees, it lacks a permission."""
    said = ann.says(talk, "hello")
    message = room.get_partial_message(int(said.id))
    stand_in.bot_may(guild, 0)
    with refused(50013):
        await message.pin()
    stand_in.deny(talk, permissions.SEND_MESSAGES)
    with refused(50013, status=403):
        await room.send("x")
    stand_in.deny(talk, permissions.EMBED_LINKS, permissions.ATTACH_FILES)
    ours = await room.send("x")
    with refused(50013):
        await room.send(embed=discord.Embed(title="x"))
    with refused(50013):
        await room.send(file=discord.File(io.BytesIO(b"x"), "x.txt"))
    stand_in.deny(talk, permissions.READ_MESSAGE_HISTORY)
    assert [one async for one in room.history()] == []
    with refused(160002):
        await message.reply("x")
    stand_in.deny(talk, permissions.VIEW_CHANNEL)
    for doing in (lambda: room.send("x"), lambda: ours.edit(content="y"), ours.delete):
        with refused(50001, status=403):
            await doing()
    ann.says(talk, "unheard")
    stand_in.world.clear_overwrite(talk, stand_in.world.bot.id)
    ann.says(talk, "heard")
    await until(lambda: client.of("message")[-1].content == "heard")
    assert "unheard" not in [one.content for one in client.of("message")]
    with refused(10003, status=404):
        await client.get_partial_messageable(1).send("x")
    forum = stand_in.forum(guild)
    with refused(50008):
        await client.get_partial_messageable(int(forum.id)).send("x")


async def test_roles_and_members_overwrite_what_everybody_may(stand_in: StandIn, guild: Guild, talk: Channel) -> None:
    """Everybody's overwrite first, then the roles' together, then the member's own; administrators may all."""
    may = permissions
    bea = stand_in.person("bea", guild, may=may.MANAGE_THREADS)
    (role,) = guild.members[bea.id].roles
    for target, allow, deny, sends in (
        (guild.id, 0, may.SEND_MESSAGES, False),
        (role, may.SEND_MESSAGES, 0, True),
        (bea.id, 0, may.SEND_MESSAGES, False),
    ):
        stand_in.world.overwrite(talk, target, allow, deny)
        assert bool(stand_in.world.may(bea.id, talk) & may.SEND_MESSAGES) is sends
    assert not stand_in.world.may(bea.id, talk) & may.EMBED_LINKS, "who may not speak may not embed"
    stand_in.world.change_role(guild, guild.roles[role], may.ADMINISTRATOR)
    assert stand_in.world.may(bea.id, talk) == may.ALL


@pytest.mark.parametrize("listens", [True, False])
async def test_without_the_content_intent_others_words_are_blank(
    stand_in: StandIn, listener: Listeners, guild: Guild, talk: Channel, ann: Person, listens: bool
) -> None:
    """But for those that mention the bot, are its own or come in private; history goes by what was granted."""
    if not listens:
        stand_in.take_content()
    client = await listener(intents=intents(message_content=False))
    room = client.room(talk)
    ours = await room.send("ours")
    standing = stand_in.world.message(talk.id, str(ours.id))
    ann.says(talk, "hidden", files={"a.txt": b"x"})
    ann.says(talk, f"<@{client.me}> mentions")
    ann.says(talk, "answers", to=standing)
    ann.says(talk, "answers quietly", to=standing, ping=False)
    ann.writes_to_bot("private")
    await client.hears("message", 6)
    heard = ["ours", "", f"<@{client.me}> mentions", "answers", "", "private"]
    assert [one.content for one in client.of("message")] == heard
    assert client.of("message")[1].attachments == []
    assert client.of("message")[4].reference.resolved.content == "ours"
    read = [one.content async for one in room.history(oldest_first=True)]
    assert read == (ann.reads(talk) if listens else heard[:5])


async def test_private_words_need_a_way(stand_in: StandIn, client: Listener, guild: Guild, ann: Person) -> None:
    """Who shares no guild with the bot, or closed the door, is not reached."""
    user = await client.fetch_user(int(ann.id))
    sent = await user.send("psst")
    assert ann.reads(stand_in.world.direct(ann.user)) == ["psst"]
    await sent.edit(content="psst!")
    with refused(50003):
        await client.http.delete_message(sent.channel.id, int(ann.writes_to_bot("hers").id))
    ann.user.closed = True
    with refused(50007):
        await user.send("x")
    stranger = await client.fetch_user(int(stand_in.person("zoe").id))
    with refused(50007):
        await stranger.send("x")


async def test_slow_mode_binds_people_and_on_demand_bots(
    stand_in: StandIn, client: Listener, guild: Guild, talk: Channel, ann: Person
) -> None:
    """Discord says that bots are free of it; where they are not, 20016 says how long."""
    talk.slow = 60
    ann.says(talk, "one")
    with pytest.raises(Refusal, match="20016"):
        ann.says(talk, "two")
    stand_in.forward(61)
    ann.says(talk, "two")
    stand_in.bot_may(guild, 0)
    for _ in range(2):
        await client.ask("POST", at(talk), {"content": "x"})
    stand_in.world.slow_mode_binds_bots = True
    await client.ask("POST", at(talk), {"content": "x"})
    status, _, said = await asked(stand_in, "POST", at(talk), {"content": "x"})
    assert (status, said["code"], 59 < said["retry_after"] <= 60) == (429, 20016, True)


async def test_automatic_moderation_keeps_words_out(
    stand_in: StandIn, client: Listener, room: discord.TextChannel, guild: Guild
) -> None:
    """What the guild forbids is refused, with a code of its own."""
    guild.banned_words.add("forbidden")
    with refused(200000):
        await room.send("a forbidden word")
    sent = await room.send("a word")
    with refused(200000):
        await sent.edit(content="a forbidden one")
