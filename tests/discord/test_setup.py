"""`setup` with a Discord bot, from nothing to the first mirror."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checks import check
from bot.errors import ThreadlineError
from bot.home import Home
from bot.registry import Registry
from bot.setups import Answers, ask_all, set_up
from tests.discord import permissions
from tests.discord.nouns import Guild
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
