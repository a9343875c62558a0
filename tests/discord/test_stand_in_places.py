"""Guilds and channels of the stand-in are shown, changed and refused as Discord's are."""

from __future__ import annotations

import discord
import pytest

from tests.discord import permissions
from tests.discord.listener import Listener, refused
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_where_the_bot_is_not_it_has_no_access(
    stand_in: StandIn, client: Listener, guild: Guild, talk: Channel, ann: Person
) -> None:
    """Not to the guild, not to what is in it; what is not there at all is unknown."""
    said = ann.says(talk, "hello")
    stand_in.world.leave(guild, stand_in.world.bot)
    for path in ("", "/channels", "/roles", f"/members/{ann.id}", "/threads/active", "/webhooks"):
        with refused(50001, status=403):
            await client.ask("GET", f"/guilds/{guild.id}{path}")
    for path in ("", "/messages", f"/messages/{said.id}", "/webhooks", "/threads/archived/public"):
        with refused(50001, status=403):
            await client.ask("GET", f"/channels/{talk.id}{path}")
    for path, body in (("/messages", {"content": "x"}), ("/typing", None), ("/threads", {"name": "x"})):
        with refused(50001):
            await client.ask("POST", f"/channels/{talk.id}{path}", body)
    with refused(50001):
        await client.ask("PUT", f"/applications/{client.me}/guilds/{guild.id}/commands", [])
    with refused(10004, status=404):
        await client.ask("GET", "/guilds/1")
    with refused(0, status=404):
        await client.ask("GET", "/nowhere")
    assert await client.ask("GET", "/users/@me/guilds") == []


async def test_a_guild_is_shown_part_by_part(
    stand_in: StandIn, client: Listener, guild: Guild, talk: Channel, board: Channel, ann: Person
) -> None:
    """Its channels, its roles, who is in it and who is not."""
    assert (await client.fetch_guild(int(guild.id))).name == "Readers"
    place = client.place(guild)
    assert {one.name for one in await place.fetch_channels()} == {"talk", "board"}
    assert {one.name for one in await place.fetch_roles()} == {"@everyone", "threadline"}
    assert (await place.fetch_member(int(ann.id))).name == "ann"
    (mine,) = await client.ask("GET", "/users/@me/guilds")
    assert (mine["id"], int(mine["permissions"]) & permissions.MANAGE_WEBHOOKS > 0) == (guild.id, True)
    zoe = stand_in.person("zoe")
    with refused(10007):
        await place.fetch_member(int(zoe.id))
    with refused(10013):
        await place.fetch_member(1)
    with refused(10013):
        await client.fetch_user(1)
    with refused(10013):
        await client.ask("POST", "/users/@me/channels", {"recipient_id": "1"})
    await place.leave()
    await client.hears("guild_remove")
    assert stand_in.world.bot.id not in guild.members


async def test_channels_are_made_and_changed_by_who_manages_them(
    stand_in: StandIn, client: Listener, guild: Guild, room: discord.TextChannel, talk: Channel
) -> None:
    """Names, topics and slow mode have bounds; overwrites need the permission to manage roles."""
    place = client.place(guild)
    category = await place.create_category("category")
    made = await place.create_text_channel("made", topic="about", category=category)
    assert (made.topic, made.category_id) == ("about", category.id)
    await made.set_permissions(place.default_role, send_messages=False)
    overwrite = stand_in.world.channel(str(made.id)).overwrites[guild.id]
    assert overwrite.deny == permissions.SEND_MESSAGES
    await made.set_permissions(place.default_role, overwrite=None)
    assert not stand_in.world.channel(str(made.id)).overwrites
    for where, body in (
        ("name", {"name": "x" * 101}),
        ("name", {"name": ""}),
        ("topic", {"topic": "x" * 1025}),
        ("rate_limit_per_user", {"rate_limit_per_user": 21_601}),
        ("available_tags", {"available_tags": []}),
    ):
        with refused(50035, where):
            await client.ask("PATCH", f"/channels/{talk.id}", body)
    stand_in.bot_may(guild, 0)
    for changing in (
        lambda: place.create_text_channel("x"),
        lambda: room.edit(name="x"),
        lambda: room.delete(),
        lambda: room.set_permissions(place.default_role, send_messages=False),
        lambda: room.set_permissions(place.default_role, overwrite=None),
        lambda: client.ask("GET", f"/channels/{talk.id}/webhooks"),
        lambda: client.ask("GET", f"/guilds/{guild.id}/webhooks"),
    ):
        with refused(50013, status=403):
            await changing()
    stand_in.deny(talk, permissions.READ_MESSAGE_HISTORY)
    with refused(50013):
        await client.ask("GET", f"/channels/{talk.id}/threads/archived/public")
    sent = await room.send("x")
    with refused(50013):
        await room.fetch_message(sent.id)
    await room.typing()
    stand_in.world.remove_channel(stand_in.world.channel(str(category.id)))
    assert stand_in.world.channel(str(made.id)).parent is None


async def test_forums_have_so_many_tags(client: Listener, board: Channel) -> None:
    """Twenty at most, with names of twenty characters; those that bring their id stay."""
    many = [{"name": str(number)} for number in range(20)]
    kept = [{"id": board.tags[0].id, "name": "news!"}]
    path, first = f"/channels/{board.id}", board.tags[0].id
    told = await client.ask("PATCH", path, {"available_tags": kept + many[:19]})
    assert told["available_tags"][0]["id"] == first
    for where, body in (
        ("available_tags", {"available_tags": kept + many}),
        ("available_tags", {"available_tags": [{"name": "x" * 21}]}),
        ("topic", {"topic": "x" * 4097}),
    ):
        with refused(50035, where):
            await client.ask("PATCH", path, body)


@pytest.mark.parametrize("kind", ["talk", "board"])
async def test_what_is_deleted_is_unknown(
    stand_in: StandIn, client: Listener, talk: Channel, board: Channel, kind: str
) -> None:
    """To every request."""
    channel = {"talk": talk, "board": board}[kind]
    await client.http.delete_channel(int(channel.id))
    await client.hears("guild_channel_delete")
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/messages"), ("POST", "/threads")):
        with refused(10003, status=404):
            await client.ask(method, f"/channels/{channel.id}{path}", None if method == "GET" else {"name": "x"})
