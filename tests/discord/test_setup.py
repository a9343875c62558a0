"""A Discord bot from nothing to the first mirror: by `setup`, and in which of several servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import OPERATOR, App
from bot.checks import check
from bot.commands import carry_out
from bot.errors import ThreadlineError
from bot.home import Home
from bot.model import Caller, ChannelRef, ChatName, UserId, Where
from bot.registry import Registry
from bot.setups import Answers, ask_all, set_up
from bot.store import run
from bot.store.communities import ensure_community
from bot.testing.log import RecordingLog
from tests.discord import permissions
from tests.discord.installed import Installed
from tests.discord.listener import until
from tests.discord.nouns import Channel, Guild
from tests.discord.people import Person
from tests.discord.stand_in import StandIn


async def given(home: Home, token: str, channel: str = "lounge") -> str:
    """What setup says."""
    registry = Registry()
    environ = {"THREADLINE_CHATS_DISCORD_TOKEN": token}
    wanted = ask_all(home.path, None, Answers("sandbox:b1", "discord", channel, "notices"), environ, registry)
    return await set_up(home, wanted, {}, registry)


async def test_setup_makes_the_channels_and_check_finds_them_well(
    stand_in: StandIn, guild: Guild, ann: Person, tmp_path: Path
) -> None:
    """The one for admins is shown to nobody else; the token is sealed, and stands nowhere."""
    home = Home(tmp_path / "home")
    said = await given(home, stand_in.token)
    assert "The Workshop is mirrored into discord:lounge now" in said
    made = {one.name: one for one in stand_in.world.channels.values()}
    assert (made["lounge"].topic or "").startswith("The Workshop: http://")
    assert set(made) == {"lounge", "notices"}
    assert [stand_in.world.may(ann.id, made[name]) > 0 for name in ("lounge", "notices")] == [True, False]
    stand_in.bot_may(guild, permissions.EVERYONE)
    assert stand_in.world.may(stand_in.world.bot.id, made["notices"])
    file = home.path / "threadline.toml"
    assert stand_in.token not in file.read_text("utf-8")
    told = {one.about: one for one in await check(home.path, file, {}, Registry())}
    assert not [one for one in told.values() if one.bad and "discord" in one.about]


async def test_a_channel_that_is_there_is_taken(stand_in: StandIn, guild: Guild, tmp_path: Path) -> None:
    """By its name, however it is written."""
    there = stand_in.channel(guild, "the-books")
    await given(Home(tmp_path / "home"), stand_in.token, "#the-books")
    assert sorted(one.name for one in stand_in.world.channels.values()) == ["notices", there.name]


async def test_setup_without_a_server_gives_the_invitation(stand_in: StandIn, tmp_path: Path) -> None:
    """Whoever made the bot a minute ago has let it in nowhere yet."""
    with pytest.raises(ThreadlineError, match=r"https://discord.com/oauth2/authorize\?client_id="):
        await given(Home(tmp_path / "home"), stand_in.token)


async def test_a_wrong_token_is_told_in_words_that_help(stand_in: StandIn, guild: Guild, tmp_path: Path) -> None:
    """Nothing is kept of it, so that setup can be given again."""
    home = Home(tmp_path / "home")
    with pytest.raises(ThreadlineError, match="Bot"):
        await given(home, "wrong.token")
    assert not home.path.exists()


# ---------------------------------------------------------------------------------------------------- several servers


class Shared:
    """The program with a bot that is in two servers, each with a channel #talk."""

    def __init__(self, app: App, there: StandIn, ours: Guild, others: Guild) -> None:
        self.app = app
        self.there, self.others = there, others
        self.talk, self.elsewhere = there.channel(ours, "talk"), there.channel(others, "talk")

    async def mirrored(self, into: str, caller: Caller = OPERATOR) -> Channel:
        """The channel that something is mirrored into, by whoever asks for it."""
        words = ("add", "sandbox:b1", "--into", f"discord:{into}", "--start", "yes")
        answer = await carry_out(self.app, caller, "mirror", words)
        assert answer.ok, answer.text
        [[channel]] = await self.app.store.read(
            run, "SELECT p.channel FROM mirror m JOIN place p ON p.id=m.place ORDER BY m.id DESC LIMIT 1"
        )
        return self.there.world.channel(str(channel))

    async def admin(self, of: Channel) -> Caller:
        """Somebody who gives a command in a channel, and is an admin there."""
        community = await self.app.store.write(ensure_community, "discord", of.guild, of.guild)
        where = Where(ChannelRef(of.id))
        return Caller(ChatName("discord"), community, "Mo", admin=True, where=where, id=UserId("1"))


@pytest.fixture
async def shared(stand_in: StandIn, guild: Guild, tmp_path: Path) -> AsyncIterator[Shared]:
    async with Installed(tmp_path, stand_in).opened(RecordingLog()) as (app, _):
        yield Shared(app, stand_in, guild, stand_in.guild("Others"))


async def test_an_operator_says_in_which_server_a_channel_is_made(shared: Shared) -> None:
    """It is found again by the same words; without a server, nobody can know which is meant."""
    made = await shared.mirrored("Others/+")
    assert made.guild == shared.others.id
    assert "workshop" in made.name
    assert await shared.mirrored("Others/+") is made
    answer = await carry_out(shared.app, OPERATOR, "mirror", ("add", "sandbox:b2", "--into", "discord:new-one"))
    assert "SERVER/new-one" in answer.text


async def test_what_an_admin_names_in_a_server_is_of_that_server(shared: Shared) -> None:
    """Law 12: neither is another one's channel meant, nor is anybody told that it has one of that name."""
    here, there = await shared.admin(shared.talk), await shared.admin(shared.elsewhere)
    assert await shared.mirrored("#talk", there) is shared.elsewhere
    assert await shared.mirrored("talk", here) is shared.talk
    assert (await shared.mirrored("+", here)).guild == shared.talk.guild
    assert (await shared.mirrored("+", there)).guild == shared.elsewhere.guild
    answer = await carry_out(shared.app, here, "mirror", ("add", "sandbox:b1", "--into", "discord:Others/talk"))
    assert not answer.ok


# --------------------------------------------------------------------------------------------------------- the start


async def test_a_start_tells_what_the_bot_lacks(stand_in: StandIn, guild: Guild, tmp_path: Path) -> None:
    """By the list that `check` and the invitation go by; whoever runs it need not wait for the first refusal."""
    stand_in.world.change_role(guild, guild.roles[guild.id], permissions.VIEW_CHANNEL | permissions.SEND_MESSAGES)
    stand_in.bot_may(guild, 0)
    log = RecordingLog()
    async with Installed(tmp_path, stand_in).opened(log) as (app, _):
        running = asyncio.create_task(app.run())
        try:
            await until(lambda: any("Embed Links" in str(line.values) for line in log.lines))
        finally:
            running.cancel()
            await asyncio.wait({running})
    told = [line.values["what"] for line in log.lines if line.event == "chat lacks something"]
    assert any("“Embed Links”" in one and "grant it in" in one for one in told)
    assert stand_in.token not in log.text()
