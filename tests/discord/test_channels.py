"""Which channel is meant, what is missing there, and the images that are uploaded into one."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.chats.discord import adapter
from adapters.chats.discord.chat import DiscordChat
from bot.errors import Refused
from bot.model import ChannelRef, ChannelWish
from bot.ports import Secret
from bot.testing.context import context
from tests.discord import permissions
from tests.discord.cards import Files, Opener, only, place, post, send
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def test_channels_are_named_in_every_way_that_people_name_them(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel, board: Channel
) -> None:
    """Name, #name, mention, link and id; a forum channel too."""
    link = f"https://discord.com/channels/{guild.id}/{talk.id}"
    for name in ("talk", "#talk", "Talk", f"<#{talk.id}>", link, talk.id, f"{guild.name}/talk", f"{guild.id}/#talk"):
        assert await chat.channel(name, None) == talk.id
    assert await chat.channel("board", None) == board.id
    assert await chat.community(ChannelRef(talk.id)) == guild.id
    assert chat.channel_name(ChannelRef(talk.id)) == "talk"


async def test_a_name_that_several_channels_have_is_asked_about(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """What is meant for one community must not appear in another."""
    other = stand_in.guild("Others")
    there = stand_in.channel(other, "talk")
    with pytest.raises(Refused, match="2 channels"):
        await chat.channel("talk", None)
    assert await chat.channel("Others/talk", None) == there.id
    with pytest.raises(Refused, match="2 servers"):
        await chat.channel("new-one", ChannelWish())


async def test_check_names_what_is_missing_and_where_to_grant_it(
    stand_in: StandIn, chat: DiscordChat, guild: Guild, talk: Channel
) -> None:
    """Of the server as a whole, and of each channel."""
    assert [one.level for one in await chat.examine()] == ["ok", "ok"]
    everyone = guild.roles[guild.id]
    stand_in.world.change_role(guild, everyone, permissions.EVERYONE & ~permissions.ATTACH_FILES)
    stand_in.bot_may(guild, permissions.EVERYONE & ~permissions.ATTACH_FILES)
    stand_in.deny(talk, permissions.EMBED_LINKS)
    told = [(one.level, one.text) for one in await chat.examine()]
    assert [text for level, text in told if level == "bad" and "Attach Files" in text and "Roles" in text]
    assert [text for level, text in told if "#talk" in text and "Embed Links" in text and "Permissions" in text]
    [lacks] = await chat.lacking(ChannelRef(talk.id))
    assert "#talk" in lacks
    assert "Embed Links" in lacks


async def test_a_bot_that_is_in_no_server_says_how_to_let_it_in(
    stand_in: StandIn, chat: DiscordChat, tmp_path: Path
) -> None:
    """The exact address, wherever somebody runs into it: probe, check, naming a channel, and the command for it."""
    leads = f"https://discord.com/oauth2/authorize?client_id={stand_in.world.bot.id}&scope=bot+applications.commands"
    assert leads in await chat.probe()
    assert [one for one in await chat.examine() if leads in one.text]
    with pytest.raises(Refused) as caught:
        await chat.channel("talk", ChannelWish())
    assert leads in str(caught.value)
    [command] = adapter.subcommands
    given = context(tmp_path, "discord")
    told = await command.run(adapter.settings(token=Secret(stand_in.token)), given)
    await given.net.close()
    assert leads in told
    assert "Send Messages in Threads" in told
    assert "Manage Webhooks" not in told


# ------------------------------------------------------------------------------------------------------------ images


async def test_images_of_a_post_are_uploaded_and_kept_when_it_changes(
    chat: DiscordChat, talk: Channel, ann: Person, files: Files
) -> None:
    """Addresses of Discord's files expire, so they are given over; what stands there is not fetched again."""
    text = "before ![a kite](https://forum.example/1.png) and ![](https://forum.example/2.png) behind"
    sent = await send(chat, place(talk), post(text))
    message = only(ann, talk)
    assert [one.description for one in message.files] == ["a kite", None]
    assert [one["image"]["url"].partition(":")[0] for one in message.embeds] == ["attachment", "attachment"]
    assert len({one["url"] for one in message.embeds}) == 1
    assert "[a kite](<https://forum.example/1.png>)" in message.embeds[0]["description"]
    before = [one.id for one in message.files]
    await chat.edit(place(talk), sent, chat.render(post(text + " changed"))[0])
    assert [one.id for one in only(ann, talk).files] == before
    assert len(files.asked) == 2
    await chat.edit(place(talk), sent, chat.render(post("no images"))[0])
    assert (only(ann, talk).files, len(only(ann, talk).embeds)) == ([], 1)


async def test_an_image_that_cannot_be_had_leaves_its_link(
    chat: DiscordChat, talk: Channel, ann: Person, files: Files
) -> None:
    """And the other one is shown."""
    files.gone.add("https://forum.example/1.png")
    await send(chat, place(talk), post("![one](https://forum.example/1.png) ![two](https://forum.example/2.png)"))
    message = only(ann, talk)
    assert [one.description for one in message.files] == ["two"]
    assert "[one](<https://forum.example/1.png>)" in message.embeds[0]["description"]


async def test_only_so_many_images_are_shown_as_the_settings_say(
    opened: Opener, talk: Channel, board: Channel, ann: Person
) -> None:
    """The others stay links; the images of a forum post go with its first message."""
    chat = await opened(images=1)
    text = " ".join(f"![{n}](https://forum.example/{n}.png)" for n in range(3))
    await send(chat, place(talk), post(text))
    assert len(only(ann, talk).files) == 1
    await send(chat, place(board), post(text, title="T"))
    assert len(ann.sees(ann.threads_in(board)[0])[0].files) == 1
